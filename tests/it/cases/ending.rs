//! How changes end other than by a decision, and that an end is final.

use std::time::Duration;

use relevo_tests::{
    Engine, Person, TestServer, on_every_engine,
    v1::{ChangeState, ContactChange, DeliveryState},
};
use tonic::Code;

on_every_engine!(
    a_mail_to_a_wrong_address_is_made_good_by_correcting_it_and_asking_again,
    the_administrator_sees_and_cancels_what_the_technical_contact_asked_for_and_both_parties_are_told,
    the_requester_cancels_without_a_code_and_the_nominee_alone_is_told,
    handing_the_administration_over_fails_what_the_old_administrator_had_asked_for_in_that_moment,
    what_the_technical_contact_asked_for_outlives_a_change_of_administrator,
    deleting_the_service_cancels_its_open_changes_and_tells_their_parties,
    whatever_is_tried_on_a_change_that_has_ended_the_answer_names_its_state,
);

const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

async fn a_mail_to_a_wrong_address_is_made_good_by_correcting_it_and_asking_again(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, mut nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, lost) = (ann.reads_code().await, nora.reads_code().await);

    nora.moves_to("nora@right.example").await;
    assert_eq!(server.take_mails_to("nora@example.com").await[0].kind, "address-changed");
    server.has_no_mails().await;
    let resent = nora.asks_to_resend(&change).await.unwrap();
    assert_eq!(resent.confirmations[1].delivery.as_ref().unwrap().state(), DeliveryState::Queued);
    assert_eq!(resent.expire_time, change.expire_time);
    let noras = nora.reads_code().await;
    assert_ne!(noras, lost);
    assert!(nora.accepts(&change, &lost).await.unwrap_err().is("TOKEN_SUPERSEDED"));
    ann.accepts(&change, &anns).await.unwrap();
    assert_eq!(nora.accepts(&change, &noras).await.unwrap().state(), ChangeState::Done);
    ann.reads_one("done").await;
    nora.reads_one("done").await;
}

async fn the_administrator_sees_and_cancels_what_the_technical_contact_asked_for_and_both_parties_are_told(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = tom.names(&nora).technical("example.com").await.unwrap();
    tom.reads_code().await;
    nora.reads_code().await;

    assert_eq!(ann.sees(&change).await.unwrap().state(), ChangeState::Pending);
    assert_eq!(ann.cancels(&change).await.unwrap().state(), ChangeState::Cancelled);
    tom.reads_one("cancelled").await;
    nora.reads_one("cancelled").await;
    server.has_no_mails().await;
    assert_eq!(ann.sees_contacts("example.com").await[1], tom.account_id);
}

async fn the_requester_cancels_without_a_code_and_the_nominee_alone_is_told(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    ann.reads_code().await;
    nora.reads_code().await;
    assert_eq!(ann.cancels(&change).await.unwrap().state(), ChangeState::Cancelled);
    nora.reads_one("cancelled").await;
    server.has_no_mails().await;
    // Its role is free to be asked for again.
    ann.names(&nora).technical("example.com").await.unwrap();
    ann.reads_code().await;
    nora.reads_code().await;
}

async fn handing_the_administration_over_fails_what_the_old_administrator_had_asked_for_in_that_moment(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora, xeno] = server.people(["Ann", "Tom", "Nora", "Xeno"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let open = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns_open, noras) = (ann.reads_code().await, nora.reads_code().await);
    let handover = ann.names(&xeno).administrator("example.com").await.unwrap();
    let (anns, xenos) = (ann.reads_code().await, xeno.reads_code().await);
    ann.accepts(&handover, &anns).await.unwrap();
    assert_eq!(ann.sees(&open).await.unwrap().state(), ChangeState::Pending);

    xeno.accepts(&handover, &xenos).await.unwrap();
    let failed = ann.sees(&open).await.unwrap();
    assert_eq!((failed.state(), failed.settle_time.is_some()), (ChangeState::Failed, true));
    assert!(!failed.state_reason.is_empty());
    let kinds: Vec<_> = ann.reads().await.into_iter().map(|letter| letter.kind).collect();
    assert_eq!(kinds, ["done", "failed"]);
    nora.reads_one("failed").await;
    xeno.reads_one("done").await;
    server.has_no_mails().await;
    assert_eq!(xeno.sees_contacts("example.com").await, [&*xeno.account_id, &tom.account_id, &ann.account_id]);
    for refused in [nora.accepts(&open, &noras).await, ann.accepts(&open, &anns_open).await] {
        assert_eq!(refused.unwrap_err().metadata["state"], "FAILED");
    }
}

async fn what_the_technical_contact_asked_for_outlives_a_change_of_administrator(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora, xeno] = server.people(["Ann", "Tom", "Nora", "Xeno"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let open = tom.names(&nora).technical("example.com").await.unwrap();
    let (toms, noras) = (tom.reads_code().await, nora.reads_code().await);
    let handover = ann.names(&xeno).administrator("example.com").await.unwrap();
    let (anns, xenos) = (ann.reads_code().await, xeno.reads_code().await);
    ann.accepts(&handover, &anns).await.unwrap();
    xeno.accepts(&handover, &xenos).await.unwrap();

    tom.accepts(&open, &toms).await.unwrap();
    assert_eq!(nora.accepts(&open, &noras).await.unwrap().state(), ChangeState::Done);
    let told: Vec<_> = server.take_mails().await.into_iter().map(|it| (it.kind, it.to)).collect();
    // The new administrator hears that the role has passed, the old one does not.
    assert!(told.contains(&("passed".to_owned(), xeno.email.clone())), "{told:?}");
    assert_eq!(told.iter().filter(|(_, to)| *to == ann.email).count(), 1, "{told:?}");
}

async fn deleting_the_service_cancels_its_open_changes_and_tells_their_parties(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (_, noras) = (ann.reads_code().await, nora.reads_code().await);
    assert_eq!(server.deletes_service("example.com").await, [&*change.change_id]);
    ann.reads_one("cancelled").await;
    nora.reads_one("cancelled").await;
    server.has_no_mails().await;
    assert_eq!(nora.accepts(&change, &noras).await.unwrap_err().metadata["state"], "CANCELLED");
}

/// Brings a change of the technical role to an end. Gives it with the code of who asked for it.
async fn brought_to(state: ChangeState, server: &TestServer, ann: &Person, nora: &Person) -> (ContactChange, String) {
    let change = ann.names(nora).technical("example.com").await.unwrap();
    let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);
    match state {
        ChangeState::Done => {
            nora.accepts(&change, &noras).await.unwrap();
            ann.accepts(&change, &anns).await.unwrap();
        }
        ChangeState::Refused => {
            nora.refuses(&change, &noras, "").await.unwrap();
        }
        ChangeState::Cancelled => {
            ann.cancels(&change).await.unwrap();
        }
        ChangeState::Expired => server.advance(WEEK),
        ChangeState::Failed => {
            // Who is the administrator no longer may not ask for the technical contact to be replaced.
            let handover = ann.names(nora).administrator("example.com").await.unwrap();
            let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);
            ann.accepts(&handover, &anns).await.unwrap();
            nora.accepts(&handover, &noras).await.unwrap();
        }
        ChangeState::Pending | ChangeState::Unspecified => {}
    }
    (change, anns)
}

async fn whatever_is_tried_on_a_change_that_has_ended_the_answer_names_its_state(on: Engine) {
    for state in
        [ChangeState::Done, ChangeState::Refused, ChangeState::Cancelled, ChangeState::Expired, ChangeState::Failed]
    {
        let server = TestServer::start(on).await;
        let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
        ann.orders_beside("example.com", &tom, &ann).await;
        let (change, code) = brought_to(state, &server, &ann, &nora).await;
        let before = ann.sees(&change).await.unwrap();
        assert_eq!(before.state(), state);
        server.sweep().await;
        server.take_mails().await;

        for refused in [
            ann.accepts(&change, &code).await.unwrap_err(),
            ann.accepts(&change, "WRONG").await.unwrap_err(),
            ann.refuses(&change, &code, "").await.unwrap_err(),
            ann.cancels(&change).await.unwrap_err(),
            ann.asks_to_resend(&change).await.unwrap_err(),
            tom.accepts(&change, &code).await.unwrap_err(),
        ] {
            assert_eq!(refused.code, Code::FailedPrecondition);
            assert!(refused.is("CHANGE_SETTLED"), "{state:?}: {refused:?}");
            assert_eq!(refused.metadata["state"], state.as_str_name().trim_start_matches("CHANGE_STATE_"));
        }
        let mut after = ann.sees(&change).await.unwrap();
        // Mails that were on their way are withdrawn by the sweep; nothing else may differ.
        after.confirmations.clone_from(&before.confirmations);
        assert_eq!(after, before);
        server.has_no_mails().await;
    }
}
