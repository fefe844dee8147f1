//! What each decision of a party comes to.

use std::time::Duration;

use relevo_tests::{
    Engine, TestServer, on_every_engine,
    v1::{BillingStanding, ChangeState, Contacts, Decision},
};
use tonic::Code;

on_every_engine!(
    with_one_acceptance_the_change_is_pending_and_shows_who_has_accepted,
    whichever_party_accepts_last_the_role_passes_and_everyone_concerned_is_told,
    a_refusal_ends_the_change_and_the_other_party_alone_is_told_with_the_reason,
    the_requester_may_refuse_too_and_the_nominee_is_told,
    a_reason_with_a_web_address_or_far_too_long_is_refused_and_changes_nothing,
    an_administrator_who_names_himself_is_the_only_party_and_done_at_once,
    an_administrator_who_hands_the_administration_over_keeps_his_other_roles,
    a_bill_that_is_overdue_at_the_last_acceptance_leaves_code_and_change_until_it_is_paid,
    who_sees_a_change_but_is_no_party_decides_nothing_whatever_code_he_has,
    the_administrator_hears_that_a_role_has_passed_in_which_he_had_no_part,
);

async fn with_one_acceptance_the_change_is_pending_and_shows_who_has_accepted(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, _) = (ann.reads_code().await, nora.reads_code().await);

    server.advance(Duration::from_secs(90));
    let change = ann.accepts(&change, &anns).await.unwrap();
    assert_eq!((change.state(), change.settle_time), (ChangeState::Pending, None));
    let decisions: Vec<_> = change.confirmations.iter().map(|party| party.decision()).collect();
    assert_eq!(decisions, [Decision::Accepted, Decision::Pending]);
    assert_eq!(change.confirmations[0].decide_time.unwrap().seconds, server.now().as_second());
    assert_eq!(change.confirmations[1].decide_time, None);
    assert_eq!(ann.sees_contacts("example.com").await[1], tom.account_id);
    server.has_no_mails().await;
}

async fn whichever_party_accepts_last_the_role_passes_and_everyone_concerned_is_told(on: Engine) {
    for nominee_is_last in [true, false] {
        let server = TestServer::start(on).await;
        let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
        ann.orders_beside("example.com", &tom, &ann).await;
        let change = ann.names(&nora).technical("example.com").await.unwrap();
        let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);

        let (first, last) =
            if nominee_is_last { ((&ann, &anns), (&nora, &noras)) } else { ((&nora, &noras), (&ann, &anns)) };
        first.0.accepts(&change, first.1).await.unwrap();
        let done = last.0.accepts(&change, last.1).await.unwrap();
        assert_eq!(done.state(), ChangeState::Done);
        assert_eq!(done.settle_time.unwrap().seconds, server.now().as_second());
        assert_eq!(ann.sees_contacts("example.com").await, [&*ann.account_id, &nora.account_id, &ann.account_id]);
        assert!(ann.sees_service("example.com").await.unwrap().open_change_ids.is_empty());
        assert!(tom.sees_service("example.com").await.unwrap_err().is("SERVICE_NOT_FOUND"));
        ann.reads_one("done").await;
        nora.reads_one("done").await;
        tom.reads_one("replaced").await;
        server.has_no_mails().await;
    }
}

async fn a_refusal_ends_the_change_and_the_other_party_alone_is_told_with_the_reason(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);
    ann.accepts(&change, &anns).await.unwrap();

    let refused = nora.refuses(&change, &noras, "I am leaving the company.").await.unwrap();
    assert_eq!((refused.state(), &*refused.state_reason), (ChangeState::Refused, "I am leaving the company."));
    assert_eq!(refused.confirmations[1].decision(), Decision::Refused);
    assert_eq!(ann.sees_contacts("example.com").await[1], tom.account_id);
    let letter = ann.reads_one("refused").await;
    for body in [&letter.text, &letter.html] {
        assert!(body.contains("I am leaving the company.") && body.contains("Nora"), "{body}");
    }
    server.has_no_mails().await;
}

async fn the_requester_may_refuse_too_and_the_nominee_is_told(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, _) = (ann.reads_code().await, nora.reads_code().await);
    assert_eq!(ann.refuses(&change, &anns, "").await.unwrap().state(), ChangeState::Refused);
    nora.reads_one("refused").await;
    server.has_no_mails().await;
}

async fn a_reason_with_a_web_address_or_far_too_long_is_refused_and_changes_nothing(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (_, noras) = (ann.reads_code().await, nora.reads_code().await);
    for reason in ["See https://phish.example/login", &"x".repeat(501)] {
        let refused = nora.refuses(&change, &noras, reason).await.unwrap_err();
        assert!(refused.is("FIELD_INVALID"));
        assert_eq!(refused.violations[0].0, "reason");
    }
    assert_eq!(nora.sees(&change).await.unwrap().state(), ChangeState::Pending);
    nora.refuses(&change, &noras, &"x".repeat(500)).await.unwrap();
    ann.reads_one("refused").await;
}

async fn an_administrator_who_names_himself_is_the_only_party_and_done_at_once(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom] = server.people(["Ann", "Tom"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = ann.names(&ann).technical("example.com").await.unwrap();
    let parties: Vec<_> = change.confirmations.iter().map(|party| &party.account_id).collect();
    assert_eq!(parties, [&ann.account_id]);
    let anns = ann.reads_code().await;
    server.has_no_mails().await;

    assert_eq!(ann.accepts(&change, &anns).await.unwrap().state(), ChangeState::Done);
    assert_eq!(ann.sees_contacts("example.com").await, [&*ann.account_id; 3]);
    ann.reads_one("done").await;
    tom.reads_one("replaced").await;
    server.has_no_mails().await;
}

async fn an_administrator_who_hands_the_administration_over_keeps_his_other_roles(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).administrator("example.com").await.unwrap();
    let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);
    ann.accepts(&change, &anns).await.unwrap();
    nora.accepts(&change, &noras).await.unwrap();
    assert_eq!(ann.sees_contacts("example.com").await, [&*nora.account_id, &ann.account_id, &ann.account_id]);
    ann.reads_one("done").await;
    nora.reads_one("done").await;
    server.has_no_mails().await;
    // What he may ask for has passed with the role.
    assert!(ann.names(&ann).administrator("example.com").await.unwrap_err().is("ROLE_NOT_PERMITTED"));
}

async fn a_bill_that_is_overdue_at_the_last_acceptance_leaves_code_and_change_until_it_is_paid(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, bea, nora] = server.people(["Ann", "Bea", "Nora"]).await;
    ann.orders_beside("example.com", &ann, &bea).await;
    let change = ann.names(&nora).billing("example.com").await.unwrap();
    let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);

    for debtor in [&bea, &nora] {
        debtor.has_bills(BillingStanding::Overdue).await;
    }
    // The first acceptance applies nothing, and asks nobody for bills.
    ann.accepts(&change, &anns).await.unwrap();
    for debtor in [&bea, &nora] {
        let refused = nora.accepts(&change, &noras).await.unwrap_err();
        assert_eq!(refused.code, Code::FailedPrecondition);
        assert!(refused.is("BILLING_OVERDUE"));
        assert_eq!(refused.metadata["account_id"], debtor.account_id);
        let seen = nora.sees(&change).await.unwrap();
        assert_eq!((seen.state(), seen.confirmations[1].decision()), (ChangeState::Pending, Decision::Pending));
        debtor.has_bills(BillingStanding::Good).await;
    }
    server.has_no_mails().await;
    assert_eq!(nora.accepts(&change, &noras).await.unwrap().state(), ChangeState::Done);
    ann.reads_one("done").await;
    nora.reads_one("done").await;
    bea.reads_one("replaced").await;
}

async fn who_sees_a_change_but_is_no_party_decides_nothing_whatever_code_he_has(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (_, noras) = (ann.reads_code().await, nora.reads_code().await);
    for refused in [
        tom.accepts(&change, &noras).await.unwrap_err(),
        tom.refuses(&change, &noras, "").await.unwrap_err(),
        tom.cancels(&change).await.unwrap_err(),
        tom.asks_to_resend(&change).await.unwrap_err(),
        nora.cancels(&change).await.unwrap_err(),
    ] {
        assert_eq!(refused.code, Code::PermissionDenied);
        assert!(refused.is("ROLE_NOT_PERMITTED"), "{refused:?}");
    }
    let seen = server.shows_operator(&change).await;
    assert_eq!(seen.state(), ChangeState::Pending);
    assert!(seen.confirmations.iter().all(|party| party.wrong_tokens == 0));
    server.has_no_mails().await;
}

async fn the_administrator_hears_that_a_role_has_passed_in_which_he_had_no_part(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_with("example.com", Contacts { technical: tom.account_id.clone(), ..Default::default() }).await;
    let change = tom.names(&nora).technical("example.com").await.unwrap();
    let (toms, noras) = (tom.reads_code().await, nora.reads_code().await);
    tom.accepts(&change, &toms).await.unwrap();
    nora.accepts(&change, &noras).await.unwrap();
    let letter = ann.reads_one("passed").await;
    assert!(letter.text.contains("Nora") && letter.text.contains("Tom"), "{}", letter.text);
    tom.reads_one("done").await;
    nora.reads_one("done").await;
}
