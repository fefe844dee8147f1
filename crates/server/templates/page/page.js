// Takes the code that a link carries behind its # out of the address and into the form, and has it looked at. It never
// answers: that is for a person to do.
(() => {
  "use strict";
  const form = document.getElementById("answer");
  if (!form) return;
  const token = form.elements.namedItem("token");

  const look = () => {
    const code = location.hash.slice(1);
    if (!code) return;
    history.replaceState(null, "", location.pathname + location.search);
    token.value = code;
    // Without a button, and so without a step: that is to look.
    form.submit();
  };

  // A link to another language takes along what was typed in.
  for (const link of document.querySelectorAll("a[hreflang]")) {
    link.addEventListener("click", () => {
      link.hash = token.value;
    });
  }
  window.addEventListener("hashchange", look);
  look();
})();
