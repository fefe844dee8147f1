//! What people do on the page.

use relevo_tests::{Engine, TestServer};

use crate::browser::Browser;

#[tokio::test(flavor = "multi_thread")]
async fn probe() {
    let server = TestServer::start(Engine::Sqlite).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    server.leaves_mails_unread();
    ann.names(&nora).technical("example.com").await.unwrap();
    let letter = ann.reads_one("confirm").await;
    let browser = Browser::opens(&server).await;
    browser.follows(&letter).await;
    println!("{} {}", browser.address().await, browser.text().await);
    println!("{:#?}", browser.has_asked());
    println!("{:#?}", browser.driver().browser_log().await);
    browser.keeps_picture("probe", [1280, 800, 1]).await;
}
