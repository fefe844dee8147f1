//! The page in eight languages, to every reader: what it says, in which language, and how it is made.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    time::Duration,
};

use relevo_outbound::languages;
use relevo_tests::{Engine, Shown, TestServer, on_every_engine};
use tempfile::TempDir;

use crate::page::Scene;

on_every_engine!(
    who_has_shown_no_code_is_answered_as_his_browser_likes_and_then_as_his_account_does,
    a_language_is_changed_on_every_page_and_the_code_is_not_lost,
);

/// What stands in the way of whom.
const STRICT: &str = "[limits.page]\nper_minute = 1\nburst = 60\n";

async fn who_has_shown_no_code_is_answered_as_his_browser_likes_and_then_as_his_account_does(on: Engine) {
    let server = TestServer::start(on).await;
    let ann = server.person("Ann").await;
    let nora = server.person_speaking("Nora", "pl").await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, noras) = (ann.reads_one("confirm").await, nora.reads_one("confirm").await);
    let browser = server.browser().with("accept-language", "fr-CA,fr;q=0.8,en;q=0.5");
    let path = format!("/changes/{}", change.change_id);
    let language = |shown: &Shown| {
        let tag = shown.header("content-language").unwrap().to_owned();
        assert!(shown.html.contains(&format!("<html lang=\"{tag}\">")), "{tag}");
        tag
    };
    for unknown in [&path, "/", "/changes/x", "/favicon.ico"] {
        assert_eq!(language(&browser.goes_to(unknown).await), "fr", "{unknown}");
        assert_eq!(language(&browser.goes_to(&format!("{unknown}?lang=nl")).await), "nl", "{unknown}");
        assert_eq!(language(&browser.goes_to(&format!("{unknown}?lang=xx")).await), "fr", "{unknown}");
    }
    assert_eq!(language(&browser.posts(&path, &[("token", "wrong")]).await), "fr");
    let asked = browser.opens(&noras.link()).await;
    assert_eq!(
        (language(&asked).as_str(), asked.heading().as_str()),
        ("pl", "Czy przejmą Państwo rolę kontaktu technicznego?")
    );
    assert_eq!(language(&browser.opens(&anns.link()).await), "en");
    // What was chosen goes before both, from the first page to the last.
    let form = browser.goes_to(&format!("{path}?lang=it")).await;
    let asked = form.sends(&[("token", &noras.token())]).await;
    assert_eq!(language(&asked), "it");
    assert_eq!(language(&asked.presses("accept").await), "it");
}

async fn a_language_is_changed_on_every_page_and_the_code_is_not_lost(on: Engine) {
    let it = Scene::set(on, STRICT).await;
    let asked = it.opens(&it.noras).await;
    let token = it.noras.token();
    for language in languages().filter(|language| *language != "en") {
        let shown = asked.switches_to(language).await;
        assert_eq!((shown.status, shown.header("content-language")), (200, Some(language)));
        assert_eq!(
            (shown.fields()["token"].as_str(), shown.offers()),
            (token.as_str(), vec!["accept".into(), "refuse".into()])
        );
        assert_eq!(shown.buttons().iter().filter(|(name, _)| name == "speak").count(), 7);
    }
    let wrong = it.server.browser().posts(&it.path(), &[("token", "ABC")]).await;
    let shown = wrong.switches_to("de").await;
    assert_eq!((shown.status, shown.fields()["token"].as_str()), (403, "ABC"));
    // Who asks too often keeps it as well.
    let mut limited = asked.sends(&[]).await;
    while limited.status == 200 {
        limited = asked.sends(&[]).await;
    }
    let shown = limited.switches_to("fr").await;
    assert_eq!((shown.status, shown.heading().as_str()), (429, "Trop de tentatives"));
    assert_eq!(shown.fields()["token"], token);
    it.server.advance(Duration::from_secs(60));
    assert_eq!(shown.presses("look").await.offers(), ["accept", "refuse"]);
}

/// Pages of every kind, by name.
async fn every_page(it: &Scene) -> BTreeMap<&'static str, Shown> {
    let browser = it.browser();
    let mut pages = BTreeMap::new();
    pages.insert("nothing", browser.goes_to("/").await);
    pages.insert("code", browser.goes_to(&it.path()).await);
    pages.insert("wrong", browser.posts(&it.path(), &[("token", "x")]).await);
    let foreign = [("sec-fetch-site", "cross-site"), ("content-type", "application/x-www-form-urlencoded")];
    pages.insert("foreign", browser.asks("POST", &it.path(), &foreign, "token=x").await);
    pages.insert("not so", browser.asks("PUT", &it.path(), &[], "").await);
    let asked = it.opens(&it.noras).await;
    pages.insert("reason", asked.presses_with("refuse", &[("reason", "a.example")]).await);
    pages.insert("waiting", it.opens(&it.anns).await.presses("accept").await);
    it.nora.asks_to_resend(&it.change).await.unwrap();
    let replaced = it.opens(&it.noras).await;
    pages.insert("resend limited", replaced.presses("resend").await);
    pages.insert("superseded", replaced);
    pages.insert("asked", asked);
    it.server.advance(Duration::from_secs(61));
    pages.insert("resent", pages["superseded"].presses("resend").await);
    let newest = it.nora.reads().await.pop().unwrap();
    let refused = it.opens(&newest).await.presses_with("refuse", &[("reason", "No.")]).await;
    pages.insert("refused", refused);
    while pages.get("limited").is_none_or(|shown| shown.status != 429) {
        pages.insert("limited", browser.posts(&it.path(), &[("token", "x")]).await);
    }
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_guarded_small_and_whole() {
    let folder = TempDir::new().unwrap();
    let logo = folder.path().join("logo.svg");
    fs::write(&logo, format!("<svg xmlns=\"http://www.w3.org/2000/svg\"><!--{}--></svg>", "x".repeat(19_900))).unwrap();
    let settings = format!(
        "{STRICT}[page]\nname = \"Hosting & <Söhne>\"\nlogo = {:?}\naccent = \"#003366\"\n",
        logo.display().to_string()
    );
    let it = Scene::set(Engine::Sqlite, &settings).await;
    it.server.leaves_mails_unread();
    let pages = every_page(&it).await;
    let statuses: BTreeMap<_, _> = pages.iter().map(|(name, shown)| (*name, shown.status)).collect();
    let expected = [
        ("asked", 200),
        ("code", 200),
        ("foreign", 403),
        ("limited", 429),
        ("not so", 405),
        ("nothing", 404),
        ("reason", 422),
        ("refused", 200),
        ("resend limited", 429),
        ("resent", 200),
        ("superseded", 410),
        ("waiting", 200),
        ("wrong", 403),
    ];
    assert_eq!(statuses, BTreeMap::from(expected));
    for (name, shown) in &pages {
        assert_eq!(
            shown.header("content-security-policy"),
            Some(
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; \
                 frame-ancestors 'none'; base-uri 'none'"
            ),
            "{name}"
        );
        for (header, value) in [
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("content-type", "text/html; charset=utf-8"),
        ] {
            assert_eq!(shown.header(header), Some(value), "{name}: {header}");
        }
        assert!(shown.header("permissions-policy").is_some() && shown.header("set-cookie").is_none(), "{name}");
        // It is made of files of this server alone, under names that say what is in them, and is small with all of them.
        let mut size = shown.size;
        let mut kinds = Vec::new();
        for path in shown.html.split('"').filter(|text| text.starts_with("/assets/")).collect::<BTreeSet<_>>() {
            let file = it.server.browser().goes_to(path).await;
            assert_eq!((file.status, file.header("x-content-type-options")), (200, Some("nosniff")), "{path}");
            assert_eq!(file.header("cache-control"), Some("public, max-age=31536000, immutable"));
            size += file.size;
            kinds.push(file.header("content-type").unwrap().split(';').next().unwrap().to_owned());
        }
        kinds.sort_unstable();
        assert_eq!(kinds, ["image/svg+xml", "text/css", "text/javascript"], "{name}");
        assert!(size < 50_000, "{name}: {size} bytes");
        for elsewhere in ["http://", "https://", "//", " style=", " onclick", "<style", "<iframe", "javascript:"] {
            assert!(!shown.html.contains(elsewhere), "{name}: {elsewhere}");
        }
        // What people and programs need to find their way.
        assert!(shown.html.contains("<p class=\"name\">Hosting &#38; &#60;Söhne&#62;</p>"), "{name}");
        for (kind, count) in [("main", 1), ("h1", 1), ("header", 1), ("footer", 1), ("nav", 1)] {
            assert_eq!(shown.tags(kind).len(), count, "{name}: {kind}");
        }
        assert!(shown.tags("nav")[0].contains("aria-label="), "{name}");
        let labelled: Vec<_> = shown.tags("label").iter().map(|tag| tag.replace(" for=", " id=")).collect();
        for field in shown.tags("input").into_iter().filter(|tag| !tag.contains("hidden")).chain(shown.tags("textarea"))
        {
            assert!(labelled.iter().any(|label| field.contains(label.trim())), "{name}: {field} has no label");
        }
    }
    let style = pages["asked"].html.split('"').find(|text| text.ends_with(".css")).unwrap();
    let style = it.server.browser().goes_to(style).await.html;
    assert!(style.contains("--accent: #003366") && style.contains("--accent: #1c7d77") && !style.contains("#17706b"));
    assert_eq!(it.server.browser().goes_to("/assets/page-0000000000000000.css").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_said_in_every_language() {
    let mut said = BTreeMap::<_, Vec<_>>::new();
    for language in languages() {
        let it = Scene::set_in(Engine::Sqlite, STRICT, language).await;
        it.server.leaves_mails_unread();
        for (name, shown) in every_page(&it).await {
            assert_eq!(shown.header("content-language"), Some(language), "{name}");
            let text = shown.text();
            for sign in ["{", "}", "$", " ,", " .", "..", "()", "\u{2068}"] {
                assert!(!text.contains(sign), "{name} in {language}: {sign} in {text}");
            }
            said.entry(name).or_default().push((shown.heading(), language));
        }
    }
    for (name, mut headings) in said {
        headings.sort_unstable();
        headings.dedup_by(|(one, _), (other, _)| one == other);
        assert_eq!(headings.len(), languages().count(), "{name}: {headings:?}");
    }
}
