//! Reminders and expiry: what comes with time.

use std::time::Duration;

use relevo_tests::{
    Engine, TestServer, on_every_engine,
    v1::{ChangeState, ContactChange, ListContactChangesRequest},
};

on_every_engine!(
    a_day_before_the_end_who_has_not_decided_is_reminded_once_with_the_same_code,
    a_reminder_after_a_resend_carries_the_newest_code,
    when_the_week_is_over_both_parties_are_told_once_and_nobody_else,
    from_its_expire_time_on_a_change_is_expired_to_every_read_though_nothing_has_swept_it,
    from_its_expire_time_on_every_call_answers_expired_and_the_parties_are_told_once,
    a_change_whose_time_is_over_stands_in_nobodys_way_though_nothing_has_swept_it,
    how_long_the_parties_have_and_when_they_are_reminded_are_settings,
    whether_the_parties_are_told_of_an_expiry_is_a_setting,
);

const MICROSECOND: Duration = Duration::from_micros(1);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

async fn a_day_before_the_end_who_has_not_decided_is_reminded_once_with_the_same_code(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);
    ann.accepts(&change, &anns).await.unwrap();

    server.advance(DAY * 6 - MICROSECOND);
    server.sweep().await;
    server.has_no_mails().await;
    server.advance(MICROSECOND);
    server.sweep().await;
    let reminder = nora.reads_one("reminder").await;
    assert_eq!(reminder.token(), noras);
    assert!(ann.reads().await.is_empty(), "she has decided");
    server.advance(DAY / 2);
    server.sweep().await;
    server.has_no_mails().await;
    assert_eq!(nora.accepts(&change, &reminder.token()).await.unwrap().state(), ChangeState::Done);
    ann.reads_one("done").await;
    nora.reads_one("done").await;
}

async fn a_reminder_after_a_resend_carries_the_newest_code(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    nora.reads_code().await;
    nora.asks_to_resend(&change).await.unwrap();
    let newest = nora.reads_code().await;
    server.advance(DAY * 6);
    server.sweep().await;
    assert_eq!(nora.reads_one("reminder").await.token(), newest);
    server.leaves_mails_unread();
}

async fn when_the_week_is_over_both_parties_are_told_once_and_nobody_else(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, _) = (ann.reads_code().await, nora.reads_code().await);
    ann.accepts(&change, &anns).await.unwrap();
    assert_eq!(change.expire_time.unwrap().seconds, (server.now().as_second()) + 7 * 24 * 60 * 60);

    server.advance(WEEK);
    assert_eq!(server.sweep().await, 1);
    // The code in a reminder that is late would be good for nothing.
    ann.reads_one("expired").await;
    nora.reads_one("expired").await;
    assert_eq!(server.sweep().await, 0);
    server.has_no_mails().await;
    assert_eq!(ann.sees_contacts("example.com").await[1], tom.account_id);
    // Its role is free to be asked for again.
    ann.names(&nora).technical("example.com").await.unwrap();
    ann.reads_code().await;
    nora.reads_code().await;
}

async fn from_its_expire_time_on_a_change_is_expired_to_every_read_though_nothing_has_swept_it(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, _) = (ann.reads_code().await, nora.reads_code().await);
    let listed = async |state: ChangeState| -> Vec<ContactChange> {
        let request = ListContactChangesRequest {
            account_id: ann.account_id.clone(),
            states: vec![state.into()],
            ..Default::default()
        };
        server.requests().list_contact_changes(request).await.unwrap().into_inner().changes
    };

    server.advance(WEEK - MICROSECOND);
    assert_eq!(ann.sees(&change).await.unwrap().state(), ChangeState::Pending);
    assert_eq!((listed(ChangeState::Pending).await.len(), listed(ChangeState::Expired).await.len()), (1, 0));
    server.advance(MICROSECOND);
    for viewer in [&ann, &tom, &nora] {
        let seen = viewer.sees(&change).await.unwrap();
        assert_eq!((seen.state(), seen.settle_time), (ChangeState::Expired, change.expire_time));
        assert_eq!(viewer.lists_changes().await[0].state(), ChangeState::Expired);
    }
    assert_eq!((listed(ChangeState::Pending).await.len(), listed(ChangeState::Expired).await.len()), (0, 1));
    assert_eq!(server.shows_operator(&change).await.state(), ChangeState::Expired);
    assert_eq!(server.inspects(&change, &anns).await.unwrap().change.unwrap().state(), ChangeState::Expired);
    assert!(ann.sees_service("example.com").await.unwrap().open_change_ids.is_empty());
    server.has_no_mails().await;
}

async fn from_its_expire_time_on_every_call_answers_expired_and_the_parties_are_told_once(on: Engine) {
    for call in 0..5 {
        let server = TestServer::start(on).await;
        let [ann, nora] = server.people(["Ann", "Nora"]).await;
        ann.orders("example.com").await;
        let change = ann.names(&nora).technical("example.com").await.unwrap();
        let (anns, _) = (ann.reads_code().await, nora.reads_code().await);
        server.advance(WEEK);
        let refused = match call {
            0 => ann.accepts(&change, &anns).await.unwrap_err(),
            1 => ann.refuses(&change, &anns, "").await.unwrap_err(),
            2 => ann.cancels(&change).await.unwrap_err(),
            3 => ann.asks_to_resend(&change).await.unwrap_err(),
            // A code that is wrong as well.
            _ => ann.accepts(&change, "WRONG").await.unwrap_err(),
        };
        assert!(refused.is("CHANGE_SETTLED"), "{refused:?}");
        assert_eq!(refused.metadata["state"], "EXPIRED");
        ann.reads_one("expired").await;
        nora.reads_one("expired").await;
        assert_eq!(server.sweep().await, 0);
        server.has_no_mails().await;
    }
}

async fn a_change_whose_time_is_over_stands_in_nobodys_way_though_nothing_has_swept_it(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora, nils] = server.people(["Ann", "Nora", "Nils"]).await;
    ann.orders("example.com").await;
    let first = ann.names(&nora).technical("example.com").await.unwrap();
    let (_, _) = (ann.reads_code().await, nora.reads_code().await);
    server.advance(WEEK);
    let second = ann.names(&nils).technical("example.com").await.unwrap();
    nora.reads_one("expired").await;
    nils.reads_code().await;
    let kinds: Vec<_> = ann.reads().await.into_iter().map(|letter| letter.kind).collect();
    assert_eq!(kinds, ["expired", "confirm"]);
    assert_eq!(ann.sees(&first).await.unwrap().state(), ChangeState::Expired);
    assert_eq!(ann.sees_service("example.com").await.unwrap().open_change_ids, [second.change_id]);
}

async fn how_long_the_parties_have_and_when_they_are_reminded_are_settings(on: Engine) {
    let server = TestServer::start_with(on, "[change]\nlifetime = \"2h\"\nremind_before = \"15m\"\n").await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    ann.reads_code().await;
    nora.reads_code().await;
    server.advance(Duration::from_secs(105 * 60));
    server.sweep().await;
    ann.reads_one("reminder").await;
    nora.reads_one("reminder").await;
    server.advance(Duration::from_secs(15 * 60));
    assert_eq!(ann.sees(&change).await.unwrap().state(), ChangeState::Expired);
    server.sweep().await;
    ann.reads_one("expired").await;
    nora.reads_one("expired").await;
}

async fn whether_the_parties_are_told_of_an_expiry_is_a_setting(on: Engine) {
    let server = TestServer::start_with(on, "[change]\nexpiry_notice = false\n").await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    ann.reads_code().await;
    nora.reads_code().await;
    server.advance(WEEK);
    assert_eq!(server.sweep().await, 1);
    assert_eq!(ann.sees(&change).await.unwrap().state(), ChangeState::Expired);
    server.has_no_mails().await;
}
