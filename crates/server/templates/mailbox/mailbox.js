// Keeps the list of mails up to date while somebody looks at it. The mail that is read stays as it is.
"use strict";

const EVERY = 2000;
const LISTS = ["recipients", "mails"];
const state = document.getElementById("state");
let version = `"${document.body.dataset.version}"`;

const listed = () => new Set([...document.querySelectorAll("#mails time")].map((time) => time.closest("a").href));

async function update() {
  const answer = await fetch(location.href, { headers: { "If-None-Match": version } });
  if (answer.status === 304) return;
  if (!answer.ok) throw new Error(answer.statusText);
  version = answer.headers.get("ETag");
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const before = listed();
  const focused = document.activeElement.closest(LISTS.map((id) => `#${id}`).join())
    ? document.activeElement.getAttribute("href")
    : null;
  for (const id of LISTS) {
    document.getElementById(id).replaceChildren(...page.getElementById(id).childNodes);
  }
  document.title = page.title;
  for (const link of document.querySelectorAll("#mails ol a")) {
    if (!before.has(link.href)) link.classList.add("new");
    if (focused === link.getAttribute("href")) link.focus();
  }
}

async function follow() {
  if (!document.hidden) {
    try {
      await update();
      state.textContent = "";
    } catch {
      state.textContent = "No news from Relevo: what is shown may be out of date.";
    }
  }
  setTimeout(follow, EVERY);
}

setTimeout(follow, EVERY);
