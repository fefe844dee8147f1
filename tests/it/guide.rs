//! The guide's own story.

use relevo_tests::{
    TestServer,
    v1::{ChangeState, Contacts},
};

#[tokio::test(flavor = "multi_thread")]
async fn once_both_have_confirmed_the_change_is_applied_and_both_are_told() {
    let server = TestServer::start().await;
    let (ann, tom, nora) = (server.person("Ann").await, server.person("Tom").await, server.person("Nora").await);
    ann.orders_with("example.com", Contacts { technical: tom.account_id.clone(), ..Default::default() }).await;

    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, noras) = (ann.reads_one("confirm").await.token(), nora.reads_one("confirm").await.token());
    assert_ne!(anns, noras);
    assert_eq!(ann.accepts(&change, &anns).await.unwrap().state(), ChangeState::Pending);
    assert_eq!(nora.accepts(&change, &noras).await.unwrap().state(), ChangeState::Done);

    ann.reads_one("done").await;
    nora.reads_one("done").await;
    tom.reads_one("replaced").await;
    let contacts = ann.sees_service("example.com").await.unwrap().contacts.unwrap();
    assert_eq!(contacts.technical, nora.account_id);
}
