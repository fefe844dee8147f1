//! What becomes of codes and mails when an address changes, and how often a code is sent again.

use std::time::Duration;

use relevo_tests::{
    Engine, TestServer, on_every_engine,
    v1::{ChangeState, DeliveryState},
};
use tonic::Code;

on_every_engine!(
    a_new_address_supersedes_the_code_and_the_old_address_alone_is_told,
    a_mail_still_queued_to_the_old_address_is_withdrawn_and_not_sent_to_either,
    a_new_address_is_not_reminded_until_it_has_asked_for_a_code,
    a_new_address_of_an_account_that_owes_no_decision_is_no_reason_for_a_mail,
    a_resend_makes_a_new_code_for_who_asks_and_leaves_the_other_and_the_expiry_alone,
    a_mail_that_a_resend_overtakes_in_the_queue_is_not_sent,
    a_code_of_a_change_that_has_ended_meanwhile_is_not_sent,
    within_a_minute_of_a_resend_the_next_is_refused_and_told_when_to_come_back,
    a_code_is_sent_again_ten_times_and_the_last_one_stays_good,
);

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn a_new_address_supersedes_the_code_and_the_old_address_alone_is_told(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, mut nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, old) = (ann.reads_code().await, nora.reads_code().await);

    nora.moves_to("nora@new.example").await;
    let notices = server.take_mails().await;
    let told: Vec<_> = notices.iter().map(|letter| (&*letter.kind, &*letter.to)).collect();
    assert_eq!(told, [("address-changed", "nora@example.com")]);
    for body in [&notices[0].text, &notices[0].html] {
        assert!(body.contains(&nora.account_id) && !body.contains("nora@new.example"), "{body}");
    }
    for refused in [
        nora.accepts(&change, &old).await.unwrap_err(),
        nora.refuses(&change, &old, "").await.unwrap_err(),
        server.inspects(&change, &old).await.unwrap_err(),
    ] {
        assert_eq!(refused.code, Code::FailedPrecondition);
        assert!(refused.is("TOKEN_SUPERSEDED"), "{refused:?}");
    }
    assert!(ann.accepts(&change, &old).await.unwrap_err().is("TOKEN_INVALID"), "it was never hers");

    nora.asks_to_resend(&change).await.unwrap();
    let new = nora.reads_code().await;
    assert!(nora.accepts(&change, &old).await.unwrap_err().is("TOKEN_SUPERSEDED"));
    ann.accepts(&change, &anns).await.unwrap();
    assert_eq!(nora.accepts(&change, &new).await.unwrap().state(), ChangeState::Done);
    ann.reads_one("done").await;
    nora.reads_one("done").await;
}

async fn a_mail_still_queued_to_the_old_address_is_withdrawn_and_not_sent_to_either(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, mut nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    nora.moves_to("nora@new.example").await;
    let delivery = |change: relevo_tests::v1::ContactChange| change.confirmations[1].delivery.clone().unwrap();
    assert_eq!(delivery(nora.sees(&change).await.unwrap()).state(), DeliveryState::Withdrawn);

    ann.reads_code().await;
    let old = server.take_mails_to("nora@example.com").await;
    assert_eq!(old.iter().map(|letter| &*letter.kind).collect::<Vec<_>>(), ["address-changed"]);
    server.has_no_mails().await;
    let resent = nora.asks_to_resend(&change).await.unwrap();
    assert_eq!(delivery(resent).state(), DeliveryState::Queued);
    nora.reads_code().await;
    assert_eq!(delivery(nora.sees(&change).await.unwrap()).state(), DeliveryState::Sent);
}

async fn a_new_address_is_not_reminded_until_it_has_asked_for_a_code(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, mut nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    ann.names(&nora).technical("example.com").await.unwrap();
    ann.reads_code().await;
    nora.reads_code().await;
    nora.moves_to("nora@new.example").await;
    server.take_mails_to("nora@example.com").await;
    server.advance(DAY * 6);
    server.sweep().await;
    ann.reads_one("reminder").await;
    server.has_no_mails().await;
}

async fn a_new_address_of_an_account_that_owes_no_decision_is_no_reason_for_a_mail(on: Engine) {
    let server = TestServer::start(on).await;
    let [mut ann, mut tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);
    ann.accepts(&change, &anns).await.unwrap();
    ann.moves_to("ann@new.example").await;
    tom.moves_to("tom@new.example").await;
    server.has_no_mails().await;
    // What is still to come goes to the addresses of the day.
    nora.accepts(&change, &noras).await.unwrap();
    ann.reads_one("done").await;
    tom.reads_one("replaced").await;
    nora.reads_one("done").await;
}

async fn a_resend_makes_a_new_code_for_who_asks_and_leaves_the_other_and_the_expiry_alone(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, first) = (ann.reads_code().await, nora.reads_code().await);
    // The first one may come at once.
    let resent = nora.asks_to_resend(&change).await.unwrap();
    assert_eq!(resent.expire_time, change.expire_time);
    let deliveries: Vec<_> = resent.confirmations.iter().map(|it| it.delivery.as_ref().unwrap().state()).collect();
    assert_eq!(deliveries, [DeliveryState::Sent, DeliveryState::Queued]);
    let second = nora.reads_code().await;
    server.has_no_mails().await;
    assert!(nora.accepts(&change, &first).await.unwrap_err().is("TOKEN_SUPERSEDED"));
    ann.accepts(&change, &anns).await.unwrap();
    assert!(ann.asks_to_resend(&change).await.unwrap_err().is("ALREADY_DECIDED"));
    nora.accepts(&change, &second).await.unwrap();
    ann.reads_one("done").await;
    nora.reads_one("done").await;
}

async fn a_mail_that_a_resend_overtakes_in_the_queue_is_not_sent(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    nora.asks_to_resend(&change).await.unwrap();
    let only = nora.reads_code().await;
    ann.reads_code().await;
    nora.refuses(&change, &only, "").await.unwrap();
    ann.reads_one("refused").await;
}

async fn a_code_of_a_change_that_has_ended_meanwhile_is_not_sent(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    ann.cancels(&change).await.unwrap();
    nora.reads_one("cancelled").await;
    server.has_no_mails().await;
    for party in ann.sees(&change).await.unwrap().confirmations {
        assert_eq!(party.delivery.unwrap().state(), DeliveryState::Withdrawn);
    }
}

async fn within_a_minute_of_a_resend_the_next_is_refused_and_told_when_to_come_back(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    nora.asks_to_resend(&change).await.unwrap();
    for (passed, left) in [(Duration::ZERO, MINUTE), (SECOND * 20, SECOND * 40), (SECOND * 39, SECOND)] {
        server.advance(passed);
        let refused = nora.asks_to_resend(&change).await.unwrap_err();
        assert_eq!(refused.code, Code::ResourceExhausted);
        assert!(refused.is("RESEND_LIMITED"));
        assert_eq!(refused.retry_after, Some(left));
    }
    // The other party has a minute of its own.
    ann.asks_to_resend(&change).await.unwrap();
    server.advance(SECOND);
    nora.asks_to_resend(&change).await.unwrap();
    server.leaves_mails_unread();
}

async fn a_code_is_sent_again_ten_times_and_the_last_one_stays_good(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let mut codes = vec![nora.reads_code().await];
    for _ in 0..10 {
        nora.asks_to_resend(&change).await.unwrap();
        codes.push(nora.reads_code().await);
        server.advance(MINUTE);
    }
    server.advance(DAY);
    let refused = nora.asks_to_resend(&change).await.unwrap_err();
    assert!(refused.is("RESEND_LIMITED"));
    assert_eq!(refused.retry_after, None, "there is no next time");
    let last = codes.pop().unwrap();
    for code in &codes {
        assert!(nora.accepts(&change, code).await.unwrap_err().is("TOKEN_SUPERSEDED"));
    }
    nora.accepts(&change, &last).await.unwrap();
    ann.asks_to_resend(&change).await.unwrap();
    server.leaves_mails_unread();
}
