//! What people do on the page, with a mouse, a keyboard, a phone, with scripts and without.

use std::time::Duration;

use relevo_tests::{
    eventually,
    v1::{BillingStanding, ChangeState},
};
use serde_json::json;
use thirtyfour::Key;

use crate::{
    chromium::{Chromium, Habits, PHONE, SOON, USUAL, link_in},
    judge,
    stage::Stage,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_story_is_told_by_clicks_in_two_browsers() {
    let stage = Stage::with("", "es").await;

    let anns = stage.browser_at(&stage.anns).await;
    anns.sees("Please confirm your request").await;
    let nora = format!("Nora ({})", stage.nora.account_id);
    anns.reads(&["example.com (domain)", "technical contact", &nora, "Monday, 12 January 2026 at 09:00 UTC"]).await;
    anns.reads_nothing_of(&["terms of this service"]).await;
    anns.clicks("Accept").await;
    anns.sees("You have accepted").await;
    assert_eq!(stage.server.shows_operator(&stage.change).await.state(), ChangeState::Pending);

    // Nora's account is in Spanish, and so is her page, whatever her browser speaks.
    let noras = stage.browser_at(&stage.noras).await;
    noras.sees("¿Acepta ser contacto técnico?").await;
    noras.clicks("Aceptar").await;
    noras.sees("El cambio se ha realizado correctamente").await;
    assert_eq!(noras.evaluate("return document.documentElement.lang").await, "es");

    let service = stage.server.shows_operator_service("example.com").await;
    assert_eq!(service.contacts.unwrap().technical, stage.nora.account_id);
    // Ann's link shows her how it ended.
    anns.follows(&stage.anns).await;
    anns.sees("The change is done").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_given_with_a_reason_and_the_other_reads_it() {
    let stage = Stage::set().await;
    let noras = stage.browser_at(&stage.noras).await;
    noras.fills("Reason (optional)", "I will be on leave <b>for a year</b>.").await;
    noras.clicks("Refuse").await;
    noras.sees("You have refused").await;
    assert_eq!(stage.server.shows_operator(&stage.change).await.state(), ChangeState::Refused);
    let anns = stage.browser_at(&stage.anns).await;
    anns.sees("The request was refused").await;
    anns.reads(&["I will be on leave <b>for a year</b>."]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_scripts_the_code_is_pasted() {
    let stage = Stage::set().await;
    let browser = Chromium::with(&stage.server, Habits { runs_scripts: false, ..USUAL }).await;
    browser.follows(&stage.anns).await;
    browser.sees("Answer a request").await;
    assert!(browser.address().await.contains('#'), "a script has run");
    let pasted = format!("  {} ", stage.anns.token().to_lowercase().replace('-', " "));
    browser.fills("Your code", &pasted).await;
    browser.clicks("Show the request").await;
    browser.sees("Please confirm your request").await;
    browser.clicks("Accept").await;
    browser.sees("You have accepted").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_language_is_switched_at_every_step_and_nothing_is_lost() {
    let stage = Stage::set().await;
    let browser = Chromium::with(&stage.server, Habits { language: "fr-CH,fr,en", ..USUAL }).await;
    // Before the code is known the browser's language is spoken.
    browser.goes_to_path(&format!("/changes/{}", stage.change.change_id)).await;
    browser.sees("Répondre à une demande").await;
    browser.clicks("Deutsch").await;
    browser.sees("Eine Anfrage beantworten").await;
    // What was typed in goes along, to be looked at in the new language.
    browser.fills("Ihr Code", &stage.anns.token()).await;
    browser.clicks("Nederlands").await;
    browser.sees("Bevestig uw verzoek").await;
    browser.fills("Reden", "Nu niet.").await;
    browser.clicks("English").await;
    browser.sees("Please confirm your request").await;
    assert_eq!(browser.field("Reason (optional)").await.value().await.unwrap().as_deref(), Some("Nu niet."));
    browser.clicks("Italiano").await;
    browser.clicks("Accetta").await;
    browser.sees("Ha accettato la richiesta").await;
    browser.clicks("Polski").await;
    assert_eq!(browser.evaluate("return document.documentElement.lang").await, "pl");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_done_by_keyboard_alone_and_where_one_is_can_be_seen() {
    let stage = Stage::set().await;
    let browser = stage.browser().await;
    browser.goes_to_path(&format!("/changes/{}", stage.change.change_id)).await;
    browser.sees("Answer a request").await;
    browser.tabs_to("Your code").await;
    browser.presses(stage.noras.token()).await;
    browser.presses(Key::Enter).await;
    browser.sees("Will you take over as the technical contact?").await;
    // Nothing stands between the top of the page and the answer, and the languages come last.
    assert!(browser.tabs_to("Accept").await.is_empty());
    browser.tabs_to("Reason (optional)").await;
    browser.presses("Not https://this.example/one").await;
    assert!(browser.tabs_to("Refuse").await.is_empty());
    browser.presses(Key::Enter).await;
    browser.reads(&["You have not refused yet"]).await;
    // The focus is where the mistake is, and what is wrong is beside it.
    let focused = browser.evaluate("return document.activeElement.name").await;
    assert_eq!(focused, "reason");
    let seen = "const box = document.getElementById('problem').getBoundingClientRect();
        return box.top >= 0 && box.bottom <= innerHeight";
    assert_eq!(browser.evaluate(seen).await, true, "who is led to the mistake does not see what is wrong");
    let all = browser.driver().action_chain().key_down(Key::Control).send_keys("a").key_up(Key::Control);
    all.perform().await.unwrap();
    browser.presses("Not this year.").await;
    browser.tabs_to("Refuse").await;
    browser.presses(Key::Space).await;
    browser.sees("You have refused").await;
    browser.reads(&["Not this year."]).await;
    browser.tabs_to("Español").await;
    browser.presses(Key::Enter).await;
    browser.sees("Ha rechazado la solicitud").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_is_in_no_address_that_the_tab_the_page_or_the_server_knows_once_the_page_is_there() {
    let stage = Stage::set().await;
    let browser = stage.browser_at(&stage.anns).await;
    browser.sees("Please confirm your request").await;
    browser.clicks("Accept").await;
    browser.sees("You have accepted").await;
    browser.clicks("Deutsch").await;
    browser.sees("Sie haben zugestimmt").await;

    let own = format!("http://127.0.0.1:8080/changes/{}", stage.change.change_id);
    assert_eq!(browser.address().await, own);
    let known = browser.tell("Page.getNavigationHistory", json!({})).await.to_string();
    let page = "return [location.href, document.referrer, document.URL, document.cookie, name,
        JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), JSON.stringify(history.state),
        ...performance.getEntries().map((entry) => entry.name),
        ...[...document.querySelectorAll('[href], [src], [action]')].map((it) => it.href ?? it.src ?? it.action)]";
    let page = browser.evaluate(page).await.to_string();
    let asked = browser.has_asked();
    assert!(asked.iter().filter(|head| head.starts_with("POST ")).count() >= 3, "{asked:#?}");
    assert!(known.contains(&own) && page.contains(&own));
    let plain = stage.anns.token().replace('-', "");
    for text in asked.iter().chain([&known, &page]) {
        let text = text.to_uppercase().replace('-', "");
        assert!(!text.contains(&plain), "{text}");
        assert!(!text.contains("REFERER: "), "{text}");
    }
    // Nor does going back lead to it.
    browser.driver().back().await.unwrap();
    browser.driver().back().await.unwrap();
    assert!(!browser.address().await.contains('#'));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_replaced_leads_to_a_new_one_whose_link_works() {
    let mut stage = Stage::set().await;
    stage.ann.moves_to("ann@example.net").await;
    let browser = stage.browser_at(&stage.anns).await;
    browser.sees("This code no longer works").await;
    browser.reads_nothing_of(&["example.com", "Nora"]).await;
    stage.server.advance(Duration::from_mins(5));
    browser.clicks("Send me a new code").await;
    browser.sees("A new code is on its way").await;
    // It goes to the address that the account has now.
    let new = stage.ann.reads_one("confirm").await;
    assert_ne!(new.token(), stage.anns.token());
    browser.follows(&new).await;
    browser.sees("Please confirm your request").await;
    browser.clicks("Accept").await;
    browser.sees("You have accepted").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn once_the_bill_is_paid_the_same_page_accepts() {
    let stage = Stage::with("[change]\ngood_standing = \"every_role\"", "en").await;
    stage.ann_accepts().await;
    stage.nora.has_bills(BillingStanding::Overdue).await;
    let browser = stage.browser_at(&stage.noras).await;
    browser.clicks("Accept").await;
    browser.sees("A bill is overdue").await;
    browser.clicks("Try again").await;
    browser.sees("A bill is overdue").await;
    stage.nora.has_bills(BillingStanding::Good).await;
    browser.clicks("Try again").await;
    browser.sees("The change is done").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn once_the_database_is_back_the_same_form_is_sent_again() {
    let stage = Stage::set().await;
    stage.ann_accepts().await;
    let browser = stage.browser_at(&stage.noras).await;
    browser.sees("Will you take over as the technical contact?").await;
    let mut database = stage.server.database().await;
    let fails = "CREATE TRIGGER half_way BEFORE UPDATE ON service BEGIN SELECT raise(FAIL, 'half way'); END";
    database.run(fails).await;
    browser.clicks("Accept").await;
    browser.sees("This does not work at the moment").await;
    database.run("DROP TRIGGER half_way").await;
    browser.clicks("Try again").await;
    browser.sees("The change is done").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_tried_too_often_waits_and_tries_again_with_what_was_typed() {
    let stage = Stage::with("[limits.page]\nper_minute = 1\nburst = 1", "en").await;
    let browser = stage.browser_at(&stage.noras).await;
    browser.fills("Reason (optional)", "Not this year.").await;
    browser.clicks("Refuse").await;
    browser.sees("Too many attempts").await;
    stage.server.advance(Duration::from_mins(1));
    browser.clicks("Try again").await;
    browser.sees("You have refused").await;
    browser.reads(&["Not this year."]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_a_reload_and_going_back_answer_once() {
    let stage = Stage::set().await;
    let browser = stage.browser_at(&stage.anns).await;
    let accept = browser.named("Accept").await;
    browser.driver().action_chain().double_click_element(&accept).perform().await.unwrap();
    browser.sees("You have accepted").await;
    browser.driver().refresh().await.unwrap();
    browser.sees("You have accepted").await;
    let accepted = stage.ann.sees_events(&stage.change).await.unwrap();
    let accepted = accepted.iter().filter(|event| format!("{event:?}").contains("Accepted")).count();
    assert_eq!(accepted, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_page_can_neither_send_the_form_nor_show_the_page_in_a_frame() {
    let stage = Stage::set().await;
    let before = stage.server.everything_stored().await;
    let browser = stage.browser().await;
    browser.is_lured_into(&stage.change.change_id, &stage.anns.token()).await;
    browser.sees("Please start from our message").await;
    let link = link_in(&stage.anns);
    browser.goes_to(&format!("data:text/html,<iframe src='{}'></iframe>", link.replace('#', "%23"))).await;
    browser.driver().enter_frame(0).await.unwrap();
    assert_eq!(browser.evaluate("return location.href").await, "chrome-error://chromewebdata/");
    assert_eq!(stage.server.everything_stored().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_language_fits_on_a_phone_and_can_be_read_by_everyone() {
    let stage = Stage::set().await;
    let browser = stage.browser_at(&stage.noras).await;
    browser.sees("Will you take over as the technical contact?").await;
    browser.looks_through(PHONE).await;
    let languages = ["English", "Español", "Français", "Deutsch", "Italiano", "Português", "Polski", "Nederlands"];
    for language in languages.into_iter().skip(1).chain(["English"]) {
        browser.clicks(language).await;
        let chosen = "return document.querySelector('[aria-current]')?.innerText";
        eventually(language, SOON, async || (browser.evaluate(chosen).await == language).then_some(())).await;
        browser.keeps_picture(&format!("language-{language}-phone"), PHONE).await;
        judge::fits(&browser).await;
        judge::accessible(&browser).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_judge_finds_what_is_wrong() {
    let stage = Stage::set().await;
    let browser = stage.browser_at(&stage.anns).await;
    browser.sees("Please confirm your request").await;
    let spoil = "
        document.querySelector('label').remove();
        document.querySelector('.card p').style.color = '#ccc';
        document.documentElement.removeAttribute('lang');";
    browser.evaluate(spoil).await;
    let found = judge::found(&browser).await;
    let grave: Vec<_> = found.iter().filter(|it| judge::is_grave(it)).map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(grave, ["color-contrast", "html-has-lang", "label-title-only", "label"]);
}
