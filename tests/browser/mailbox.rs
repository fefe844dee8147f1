//! The demonstration as somebody clicks through it who has just started it: from the mailbox to the page and back.

use relevo_tests::{Demo, eventually};
use thirtyfour::By;

use crate::{
    chromium::{Chromium, DESKTOP, PHONE, SOON},
    judge,
};

/// Opens the newest mail to somebody and follows its link, which opens a page beside the mailbox.
async fn follows_newest(browser: &Chromium, whose: &str, link: &str) {
    let name = By::XPath(format!("//nav[@id='recipients']//a[starts-with(normalize-space(), '{whose}')]"));
    browser.driver().find(name).await.unwrap().click().await.unwrap();
    let newest = By::Css("#mails li:first-child a");
    let shown = format!("only mails to {whose}");
    eventually(&shown, SOON, async || {
        let first = browser.driver().find(newest.clone()).await.ok()?;
        first.text().await.ok()?.starts_with(whose).then_some(())
    })
    .await;
    browser.driver().find(newest).await.unwrap().click().await.unwrap();
    eventually("the mail in its frame", SOON, async || browser.driver().find(By::Css("iframe")).await.ok()).await;
    browser.driver().enter_frame(0).await.unwrap();
    let before = browser.driver().windows().await.unwrap();
    browser.clicks(link).await;
    let opened = eventually("a page beside the mailbox", SOON, async || {
        browser.driver().windows().await.ok()?.into_iter().find(|window| !before.contains(window))
    })
    .await;
    browser.driver().switch_to_window(opened).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_is_clicked_through_from_the_mailbox_to_the_page_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path(), &[]).await;
    let mailbox = format!("http://{}/", demo.at("Mailbox"));
    let browser = Chromium::on_this_machine().await;
    browser.goes_to(&mailbox).await;
    let of_mailbox = browser.driver().window().await.unwrap();

    follows_newest(&browser, "Ann Archer", "Answer the request").await;
    browser.sees("Please confirm your request").await;
    browser.reads(&["example.com (domain)"]).await;
    browser.clicks("Accept").await;
    browser.sees("You have accepted").await;

    browser.driver().switch_to_window(of_mailbox.clone()).await.unwrap();
    browser.goes_to(&mailbox).await;
    follows_newest(&browser, "Nora Núñez", "Responder a la solicitud").await;
    browser.sees("¿Acepta ser contacto técnico?").await;
    let of_nora = browser.driver().window().await.unwrap();

    // Somebody looks at the mailbox, and does nothing, when Nora accepts.
    browser.driver().switch_to_window(of_mailbox.clone()).await.unwrap();
    browser.goes_to(&mailbox).await;
    let count = "return document.querySelectorAll('#mails li').length";
    let before = browser.evaluate(count).await.as_u64().unwrap();
    browser.evaluate("window.stays = true").await;
    browser.driver().switch_to_window(of_nora).await.unwrap();
    browser.clicks("Aceptar").await;
    browser.sees("El cambio se ha realizado correctamente").await;
    browser.driver().switch_to_window(of_mailbox).await.unwrap();
    browser.tell("Page.bringToFront", serde_json::json!({})).await;
    eventually("Ann, Nora and Tom are told", SOON, async || {
        (browser.evaluate(count).await == before + 3).then_some(())
    })
    .await;
    assert_eq!(browser.evaluate("return window.stays").await, true, "the page was loaded anew");
    judge::nothing_is_wrong(&browser).await;
    assert!(demo.stops_by("INT").await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mailbox_can_be_read_by_everyone_on_every_screen() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path(), &[]).await;
    let browser = Chromium::on_this_machine().await;
    browser.goes_to(&format!("http://{}/", demo.at("Mailbox"))).await;
    for shown in ["list", "mail", "text", "source"] {
        match shown {
            "list" => {}
            "mail" => browser.driver().find(By::Css("#mails li a")).await.unwrap().click().await.unwrap(),
            "text" => browser.clicks("Text").await,
            _ => browser.clicks("Source").await,
        }
        for (look, dark) in [("light", false), ("dark", true)] {
            browser.prefers_dark(dark).await;
            for (screen, window) in [("", DESKTOP), ("-phone", PHONE)] {
                browser.looks_through(window).await;
                judge::accessible(&browser).await;
                judge::scrolls_down_only(&browser).await;
                browser.keeps_picture(&format!("mailbox-{shown}{screen}-{look}"), window).await;
            }
        }
        browser.looks_through(DESKTOP).await;
    }
    judge::nothing_is_wrong(&browser).await;
}
