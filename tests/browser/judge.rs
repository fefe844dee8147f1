//! What every page must be.

use std::fs;

use serde_json::{Value, json};

use crate::chromium::Chromium;

/// The rules of axe-core, which `tests/browser/install.sh` fetches.
const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../.tools/browser/node_modules/axe-core/axe.min.js");
/// WCAG 2.1 at the levels A and AA, and what is good practice besides.
const RULES: [&str; 5] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"];
/// As many rules as apply to the smallest of the pages, or the judge has not looked at it.
const AT_LEAST: usize = 15;

/// What axe has against the page as it is shown now.
pub(crate) async fn found(browser: &Chromium) -> Vec<Value> {
    if browser.evaluate("return typeof axe").await == "undefined" {
        let axe = fs::read_to_string(AXE).expect("tests/browser/install.sh fetches axe-core");
        browser.driver().execute(axe, Vec::new()).await.unwrap();
    }
    let run = "const [rules, done] = arguments;
        axe.run(document, { runOnly: { type: 'tag', values: rules } }).then(done, (error) => done({ error: `${error}` }));";
    let report = browser.driver().execute_async(run, vec![json!(RULES)]).await.unwrap().json().clone();
    let passed = report["passes"].as_array().map_or(0, Vec::len);
    assert!(passed >= AT_LEAST, "axe has not run: {passed} rules passed, {}", report["error"]);
    report["violations"].as_array().unwrap().clone()
}

/// Makes sure that whoever cannot see well, or at all, is kept from nothing.
pub(crate) async fn accessible(browser: &Chromium) {
    let grave: Vec<_> = found(browser).await.into_iter().filter(is_grave).collect();
    assert!(grave.is_empty(), "{grave:#?}");
}

pub(crate) fn is_grave(violation: &Value) -> bool {
    ["serious", "critical"].iter().any(|impact| violation["impact"] == **impact)
}

/// Makes sure that nothing has to be scrolled for sideways, and that nothing is cut off.
pub(crate) async fn fits(browser: &Chromium) {
    let sticks_out = "
        const wide = document.documentElement.clientWidth;
        const out = [...document.querySelectorAll('body *')].filter((element) => {
            const box = element.getBoundingClientRect();
            const cut = element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0
                && getComputedStyle(element).display !== 'inline' && element.tagName !== 'INPUT';
            return box.width > 0 && (box.left < -0.5 || box.right > wide + 0.5 || cut);
        });
        return { scrolls: document.documentElement.scrollWidth > wide, out: out.map((element) => element.outerHTML) };";
    assert_eq!(browser.evaluate(sticks_out).await, json!({ "scrolls": false, "out": [] }));
}

/// Makes sure that the page as a whole does not have to be scrolled sideways; parts of it may.
pub(crate) async fn scrolls_down_only(browser: &Chromium) {
    let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert_eq!(browser.evaluate(wide).await, 0);
}

/// Makes sure that the browser has nothing to say against the page: no script of it fails, nothing is blocked.
pub(crate) async fn nothing_is_wrong(browser: &Chromium) {
    let log = browser.driver().browser_log().await.unwrap();
    // That the page was answered with a status is no fault of the page.
    let wrong: Vec<_> = log.iter().filter(|entry| entry.source.as_deref() != Some("network")).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
