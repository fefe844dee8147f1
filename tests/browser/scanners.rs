//! What looks at a mail before its reader does: gateways, link previews, prefetching browsers. They render the link of each
//! mail as often as they like, and nothing has happened when its reader clicks.

use std::net::Ipv4Addr;

use relevo_tests::{Browser, Letter};

use crate::{
    chromium::{Chromium, Habits, USUAL, link_in},
    stage::Stage,
};

/// Who asks for a link, and how: a method, and headers.
const WAYS: [(&str, &[(&str, &str)]); 16] = [
    (
        "GET",
        &[("user-agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36")],
    ),
    ("GET", &[("user-agent", "Mozilla/5.0 (compatible; Microsoft SafeLinks; +https://safelinks.example)")]),
    (
        "GET",
        &[("user-agent", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"), ("range", "bytes=0-32768")],
    ),
    ("GET", &[("user-agent", "WhatsApp/2.23.20.0 A")]),
    ("GET", &[("user-agent", "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)")]),
    ("GET", &[("user-agent", "Twitterbot/1.0")]),
    ("GET", &[("user-agent", "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)")]),
    ("GET", &[("user-agent", "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)")]),
    ("GET", &[("user-agent", "TelegramBot (like TwitterBot)")]),
    ("GET", &[("sec-purpose", "prefetch;prerender"), ("purpose", "prefetch"), ("sec-fetch-site", "none")]),
    ("GET", &[("x-moz", "prefetch")]),
    ("GET", &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("accept-language", "de")]),
    ("GET", &[]),
    ("HEAD", &[("user-agent", "Barracuda Sentinel (EE)")]),
    ("OPTIONS", &[("origin", "https://webmail.example"), ("access-control-request-method", "POST")]),
    // Some look whether a link takes forms; this one holds nothing.
    ("POST", &[("content-type", "application/x-www-form-urlencoded")]),
];
/// How many requests for a link are under way at a time.
const AT_ONCE: usize = 50;
/// How many links one browser opens before another takes its place, somewhere else.
const LOADS_OF_ONE: usize = 25;

/// The addresses that a link is taken for: as it is, which ends before the `#`, and as those read it who do not know what
/// that is.
fn targets(link: &str) -> [String; 4] {
    let (page, code) = link.split_once('#').unwrap();
    let path = page.splitn(4, '/').nth(3).unwrap();
    [
        format!("/{path}"),
        format!("/{path}%23{code}"),
        format!("/{path}/{code}"),
        format!("/{path}?lang=de&token={code}"),
    ]
}

/// Renders a link without a browser, several times at once.
async fn asks(browser: &Browser, link: &str, times: usize) {
    let ways: Vec<_> = targets(link).into_iter().flat_map(|target| WAYS.map(|way| (target.clone(), way))).collect();
    let mut ways = ways.into_iter().cycle().take(times).peekable();
    while ways.peek().is_some() {
        // Fewer than the server takes connections: of more, some would be hung up on.
        let asking = ways.by_ref().take(AT_ONCE).map(|(target, (method, headers))| {
            let browser = browser.clone();
            tokio::spawn(async move { browser.asks(method, &target, headers, "").await.status })
        });
        for asked in asking.collect::<Vec<_>>() {
            let status = asked.await.unwrap();
            assert!(status < 500, "{status}");
        }
    }
}

/// Renders a link in browsers that run its scripts, as sandboxes do.
async fn opens(stage: &Stage, letter: &Letter, times: usize, farm: u8) {
    let mut left = times;
    for machine in 1.. {
        if left == 0 {
            return;
        }
        let from = Ipv4Addr::new(127, 0, farm, machine);
        let browser = Chromium::with(&stage.server, Habits { from, ..USUAL }).await;
        for _ in 0..left.min(LOADS_OF_ONE) {
            browser.goes_to("about:blank").await;
            browser.follows(letter).await;
            browser.named("Accept").await;
        }
        left = left.saturating_sub(LOADS_OF_ONE);
    }
}

/// Scanners render the links of both mails; then those who were mailed click.
async fn nothing_has_happened_after(asked: usize, opened: usize) {
    let stage = Stage::set().await;
    let before = stage.server.everything_stored().await;
    let plain = stage.server.browser();
    let (anns, noras) = (link_in(&stage.anns), link_in(&stage.noras));
    tokio::join!(
        asks(&plain, &anns, asked),
        asks(&plain, &noras, asked),
        opens(&stage, &stage.anns, opened, 1),
        opens(&stage, &stage.noras, opened, 2),
    );
    assert_eq!(stage.server.everything_stored().await, before, "who looks has changed something");
    assert!(stage.server.take_mails().await.iter().all(|mail| mail.kind == "confirm"));

    let browser = stage.browser_at(&stage.anns).await;
    browser.clicks("Accept").await;
    browser.sees("You have accepted").await;
    let browser = stage.browser_at(&stage.noras).await;
    browser.clicks("Accept").await;
    browser.sees("The change is done").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scanners_that_render_the_links_change_nothing_and_the_click_of_a_person_still_works() {
    nothing_has_happened_after(64, 15).await;
}

/// `make stories` runs it.
#[cfg(feature = "stories")]
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_renderings_of_each_link_change_nothing_and_the_click_of_a_person_still_works() {
    nothing_has_happened_after(800, 200).await;
}
