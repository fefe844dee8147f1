//! A real Chromium, driven as a person would: by what can be read, clicked and typed.

use std::{net::Ipv4Addr, path::Path, process::Stdio, time::Duration};

use relevo_tests::{Letter, TestServer, eventually};
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{
    By, ChromeCapabilities, ChromiumLikeCapabilities, DesiredCapabilities, Key, TypingData, WebDriver, WebElement,
    error::WebDriverResult,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::wire::Wire;

/// How long a page may take until it shows what it is to show.
pub(crate) const SOON: Duration = Duration::from_secs(20);
/// Where the links in the mails of a test lead.
const PUBLIC: &str = "127.0.0.1:8080";
/// A process that starts as itself only, and calls nobody.
const FLAGS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];

/// Windows to look through: pixels wide, pixels high, and how large each is.
pub(crate) const DESKTOP: [u32; 3] = [1280, 800, 1];
/// The narrowest screen that everything must fit on.
pub(crate) const PHONE: [u32; 3] = [320, 568, 2];

/// What a person's browser is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habits {
    /// What it asks pages to speak.
    pub(crate) language: &'static str,
    /// Whether it runs scripts.
    pub(crate) runs_scripts: bool,
    /// Where it is, as servers see.
    pub(crate) from: Ipv4Addr,
}

/// A browser in English that runs scripts.
pub(crate) const USUAL: Habits = Habits { language: "en", runs_scripts: true, from: Ipv4Addr::LOCALHOST };

/// A browser of its own, with a profile of its own, for which the links in the mails lead to the page of one server.
pub(crate) struct Chromium {
    // In the order in which they are to end.
    driver: WebDriver,
    _chromedriver: Child,
    _profile: TempDir,
    /// The way to the page, where there is but one.
    wire: Option<Wire>,
}

impl Chromium {
    /// Opens a browser that has not been anywhere.
    pub(crate) async fn opens(server: &TestServer) -> Self {
        Self::with(server, USUAL).await
    }

    /// Opens a browser with habits of its own.
    pub(crate) async fn with(server: &TestServer, habits: Habits) -> Self {
        let wire = Wire::to(server.page(), habits.from).await;
        // The link in a mail leads to the page of this test, and nothing leads anywhere else.
        let ways = format!("MAP {PUBLIC} {}, MAP * ~NOTFOUND", wire.address);
        Self::start(&ways, habits, Some(wire)).await
    }

    /// Opens a browser for which every address is what it says, as long as it is on this machine.
    pub(crate) async fn on_this_machine() -> Self {
        Self::start("MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", USUAL, None).await
    }

    async fn start(ways: &str, habits: Habits, wire: Option<Wire>) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let (chromedriver, port) = start_chromedriver(&profile).await;
        let wants = capabilities(&profile, ways, habits).unwrap();
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), wants).await.unwrap();
        Self { driver, _chromedriver: chromedriver, _profile: profile, wire }
    }

    /// The protocol below, for what no sentence says.
    pub(crate) fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// First lines and headers of all that it has asked the page.
    pub(crate) fn has_asked(&self) -> Vec<String> {
        self.wire.as_ref().unwrap().heads()
    }

    /// Follows the link in a mail.
    pub(crate) async fn follows(&self, letter: &Letter) {
        self.goes_to(&link_in(letter)).await;
    }

    /// Goes to an address, as somebody who types it.
    pub(crate) async fn goes_to(&self, address: &str) {
        self.driver.goto(address).await.unwrap();
    }

    /// Goes to a path of the page.
    pub(crate) async fn goes_to_path(&self, path: &str) {
        self.goes_to(&format!("http://{PUBLIC}{path}")).await;
    }

    /// Is lured by somebody's page into sending a form to ours.
    pub(crate) async fn is_lured_into(&self, change_id: &str, token: &str) {
        let page = format!(
            "<form method=post action='http://{PUBLIC}/changes/{change_id}'><input name=token value='{token}'>\
             <input name=step value=accept><button>Win a prize</button></form>"
        );
        self.goes_to(&format!("data:text/html,{}", page.replace('#', "%23"))).await;
        self.clicks("Win a prize").await;
    }

    /// Where it is, as its address bar shows.
    pub(crate) async fn address(&self) -> String {
        self.driver.current_url().await.unwrap().to_string()
    }

    /// Waits until the page has this as its main heading.
    pub(crate) async fn sees(&self, heading: &str) {
        let shown = timeout(SOON, async { while self.heading().await.ok().as_deref() != Some(heading) {} }).await;
        assert!(shown.is_ok(), "no page with the heading {heading:?}, but:\n{}", self.text().await);
    }

    /// The main heading of the page, if there is one.
    pub(crate) async fn heading(&self) -> WebDriverResult<String> {
        self.driver.find(By::Css("h1")).await?.text().await
    }

    /// All that can be read.
    pub(crate) async fn text(&self) -> String {
        let body = async || self.driver.find(By::Css("body")).await.ok()?.text().await.ok();
        eventually("a page", SOON, body).await
    }

    /// Makes sure that all of this can be read.
    pub(crate) async fn reads(&self, texts: &[&str]) {
        let all = self.text().await;
        for text in texts {
            assert!(all.contains(text), "{text:?} is not on the page:\n{all}");
        }
    }

    /// Makes sure that none of this can be read.
    pub(crate) async fn reads_nothing_of(&self, texts: &[&str]) {
        let all = self.text().await;
        for text in texts {
            assert!(!all.contains(text), "{text:?} is on the page:\n{all}");
        }
    }

    /// Clicks a button or a link by what stands on it.
    pub(crate) async fn clicks(&self, name: &str) {
        let button = self.named(name).await;
        button.scroll_into_view().await.unwrap();
        button.click().await.unwrap();
    }

    /// The button or link on which this stands.
    pub(crate) async fn named(&self, name: &str) -> WebElement {
        let path = format!("//*[self::button or self::a][normalize-space()='{name}']");
        eventually(&format!("a button or link {name:?}"), SOON, async || {
            let found = self.driver.find(By::XPath(path.clone())).await.ok()?;
            found.is_displayed().await.ok()?.then_some(found)
        })
        .await
    }

    /// The field with this label.
    pub(crate) async fn field(&self, label: &str) -> WebElement {
        let path = format!("//label[starts-with(normalize-space(), '{label}')]");
        let of = eventually(&format!("a field {label:?}"), SOON, async || {
            self.driver.find(By::XPath(path.clone())).await.ok()?.attr("for").await.ok()?
        })
        .await;
        self.driver.find(By::Id(of)).await.unwrap()
    }

    /// Types into the field with this label, in place of what is there.
    pub(crate) async fn fills(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Presses keys, wherever the focus is.
    pub(crate) async fn presses(&self, keys: impl Into<TypingData>) {
        self.driver.action_chain().send_keys(keys).perform().await.unwrap();
    }

    /// Presses Tab until the focus is on what is called so, and says what it has passed.
    pub(crate) async fn tabs_to(&self, name: &str) -> Vec<String> {
        let mut passed = Vec::new();
        for _ in 0..40 {
            self.presses(Key::Tab).await;
            let focused = self.evaluate(FOCUSED).await;
            let focused_name = focused["name"].as_str().unwrap().to_owned();
            assert_eq!(focused["visible"], true, "nobody sees that the focus is on {focused_name:?}: {focused}");
            if focused_name == name {
                return passed;
            }
            passed.push(focused_name);
        }
        panic!("Tab never comes to {name:?}: {passed:?}");
    }

    /// What a script in the page answers.
    pub(crate) async fn evaluate(&self, script: &str) -> Value {
        self.driver.execute(script, Vec::new()).await.unwrap().json().clone()
    }

    /// Tells the browser something over its own protocol.
    pub(crate) async fn tell(&self, method: &str, what: Value) -> Value {
        self.driver.cdp().send_raw(method, what).await.unwrap()
    }

    /// Looks at pages through a window of so many pixels, which are so large.
    pub(crate) async fn looks_through(&self, [width, height, scale]: [u32; 3]) {
        let window = json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 500 });
        self.tell("Emulation.setDeviceMetricsOverride", window).await;
    }

    /// Prefers pages in the dark, or in the light.
    pub(crate) async fn prefers_dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.tell("Emulation.setEmulatedMedia", features).await;
    }

    /// Keeps a picture of the whole page, as seen through a window.
    pub(crate) async fn keeps_picture(&self, name: &str, [width, height, scale]: [u32; 3]) {
        self.looks_through([width, height, scale]).await;
        let whole = self.evaluate("return document.documentElement.scrollHeight").await.as_u64().unwrap();
        self.looks_through([width, height.max(u32::try_from(whole).unwrap()), scale]).await;
        let picture = self.driver.screenshot_as_png().await.unwrap();
        self.looks_through([width, height, scale]).await;
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    }
}

/// What the focus is on, and whether that can be seen.
const FOCUSED: &str = r#"
    const focused = document.activeElement;
    const style = getComputedStyle(focused);
    const name = focused.labels?.length ? focused.labels[0].innerText
        : focused.getAttribute("aria-label") ?? focused.innerText;
    const box = focused.getBoundingClientRect();
    const shown = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    const inside = box.top >= 0 && box.bottom <= innerHeight;
    return { name: name.trim().split("\n")[0], visible: shown && inside,
        outline: style.outline, box: [box.top, box.bottom, innerHeight] };
"#;

/// The link in a mail that leads to the page.
pub(crate) fn link_in(letter: &Letter) -> String {
    let start = format!("http://{PUBLIC}/changes/");
    let found = letter.text.split_whitespace().find(|word| word.starts_with(&start));
    found.unwrap_or_else(|| panic!("no link in {letter:?}")).to_owned()
}

/// Starts a driver on a port that is free. Says which.
async fn start_chromedriver(profile: &TempDir) -> (Child, String) {
    for _ in 0..10 {
        let mut chromedriver = Command::new("chromedriver")
            .arg("--port=0")
            // What the browser leaves there goes with its profile.
            .env("TMPDIR", profile.path())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("tests/browser/install.sh installs chromedriver");
        let mut says = BufReader::new(chromedriver.stdout.take().unwrap()).lines();
        while let Some(line) = says.next_line().await.unwrap() {
            if let Some((_, port)) = line.split_once("successfully on port ") {
                // A pipe that nobody reads would stop it once it is full.
                tokio::spawn(async move { while let Ok(Some(_)) = says.next_line().await {} });
                return (chromedriver, port.trim_end_matches('.').to_owned());
            }
        }
        // What is free in one family of addresses may be taken in the other: then it ends, and another tries.
    }
    panic!("chromedriver does not find a port");
}

fn capabilities(profile: &TempDir, ways: &str, habits: Habits) -> WebDriverResult<ChromeCapabilities> {
    let mut wants = DesiredCapabilities::chrome();
    for flag in FLAGS {
        wants.add_arg(flag)?;
    }
    wants.add_arg(&format!("--user-data-dir={}", profile.path().display()))?;
    wants.add_arg(&format!("--accept-lang={}", habits.language))?;
    wants.add_arg(&format!("--host-resolver-rules={ways}"))?;
    if !habits.runs_scripts {
        wants.add_experimental_option("prefs", json!({ "profile.managed_default_content_settings.javascript": 2 }))?;
    }
    Ok(wants)
}
