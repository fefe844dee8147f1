//! What asking makes, and what stands in its way.

use relevo_tests::{
    Engine, Letter, Person, Refused, TestServer, on_every_engine,
    v1::{
        BillingStanding, ChangeState, Contacts, CreateContactChangesRequest, Decision, DeliveryState, ErrorReason, Role,
    },
};
use tonic::Code;

on_every_engine!(
    naming_another_technical_contact_opens_one_change_and_mails_only_its_parties,
    two_roles_of_one_contact_pass_in_one_change_with_one_mail_each,
    roles_of_two_contacts_pass_to_one_in_two_changes_each_confirmed_by_itself,
    of_two_changes_made_by_one_call_one_may_be_done_and_the_other_refused,
    a_technical_contact_names_another_and_the_two_confirm,
    one_role_beyond_the_technical_contacts_own_refuses_the_whole_call,
    who_is_technical_and_billing_contact_may_hand_over_both_roles_at_once,
    to_a_stranger_who_asks_for_anything_the_service_does_not_exist,
    of_three_roles_sent_with_two_unchanged_only_the_third_is_processed,
    when_every_role_is_already_held_there_is_nothing_to_change,
    naming_an_account_that_does_not_exist_makes_nothing_and_mails_nobody,
    an_overdue_bill_of_either_end_keeps_the_billing_role_and_names_the_account,
    an_overdue_bill_does_not_keep_the_technical_role_unless_the_setting_says_so,
    a_second_change_of_the_same_role_is_refused_with_the_id_of_the_first,
    changes_of_other_roles_of_the_service_may_be_open_beside_it,
    to_only_check_says_who_would_be_asked_and_told_or_all_that_stands_in_the_way,
    a_call_repeated_under_its_request_id_answers_as_the_first_time_and_does_nothing,
);

async fn naming_another_technical_contact_opens_one_change_and_mails_only_its_parties(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;

    let change = ann.names(&nora).technical("example.com").await.unwrap();
    assert_eq!(change.state(), ChangeState::Pending);
    assert_eq!(change.roles().collect::<Vec<_>>(), [Role::Technical]);
    assert_eq!(
        [&change.requester, &change.incumbent, &change.nominee],
        [&ann.account_id, &tom.account_id, &nora.account_id]
    );
    for party in &change.confirmations {
        assert_eq!(party.decision(), Decision::Pending);
        assert_eq!(party.delivery.as_ref().unwrap().state(), DeliveryState::Queued);
    }

    let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);
    assert_ne!(anns, noras);
    server.has_no_mails().await;
    for party in ann.sees(&change).await.unwrap().confirmations {
        let delivery = party.delivery.unwrap();
        assert_eq!((delivery.state(), delivery.attempts), (DeliveryState::Sent, 1));
    }
    assert_eq!(ann.sees_contacts("example.com").await, [&*ann.account_id, &tom.account_id, &ann.account_id]);
    assert_eq!(ann.sees_service("example.com").await.unwrap().open_change_ids, [change.change_id]);
}

async fn two_roles_of_one_contact_pass_in_one_change_with_one_mail_each(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;

    let mut changes = ann.names(&nora).roles(&[Role::Technical, Role::Billing], "example.com").await.unwrap();
    assert_eq!(changes.len(), 1);
    let change = changes.remove(0);
    assert_eq!(change.roles().collect::<Vec<_>>(), [Role::Technical, Role::Billing]);
    let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);
    server.has_no_mails().await;

    ann.accepts(&change, &anns).await.unwrap();
    nora.accepts(&change, &noras).await.unwrap();
    assert_eq!(ann.sees_contacts("example.com").await, [&*ann.account_id, &nora.account_id, &nora.account_id]);
    ann.reads_one("done").await;
    nora.reads_one("done").await;
}

async fn roles_of_two_contacts_pass_to_one_in_two_changes_each_confirmed_by_itself(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, bea, nora] = server.people(["Ann", "Tom", "Bea", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &bea).await;

    let changes = ann.names(&nora).roles(&[Role::Technical, Role::Billing], "example.com").await.unwrap();
    let pairs: Vec<_> =
        changes.iter().map(|it| (&*it.incumbent, &*it.nominee, it.roles().collect::<Vec<_>>())).collect();
    assert_eq!(
        pairs,
        [
            (&*tom.account_id, &*nora.account_id, vec![Role::Technical]),
            (&*bea.account_id, &*nora.account_id, vec![Role::Billing])
        ]
    );
    let anns: Vec<_> = ann.reads().await.iter().map(Letter::token).collect();
    let noras: Vec<_> = nora.reads().await.iter().map(Letter::token).collect();
    server.has_no_mails().await;

    assert!(ann.accepts(&changes[1], &anns[0]).await.unwrap_err().is("TOKEN_INVALID"));
    ann.accepts(&changes[0], &anns[0]).await.unwrap();
    assert_eq!(nora.accepts(&changes[0], &noras[0]).await.unwrap().state(), ChangeState::Done);
    assert_eq!(ann.sees(&changes[1]).await.unwrap().state(), ChangeState::Pending);
    assert_eq!(ann.sees_contacts("example.com").await, [&*ann.account_id, &nora.account_id, &bea.account_id]);
    ann.reads_one("done").await;
    nora.reads_one("done").await;
    tom.reads_one("replaced").await;
    server.has_no_mails().await;
}

async fn of_two_changes_made_by_one_call_one_may_be_done_and_the_other_refused(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora, nils] = server.people(["Ann", "Nora", "Nils"]).await;
    ann.orders("example.com").await;

    let contacts =
        Contacts { technical: nora.account_id.clone(), billing: nils.account_id.clone(), ..Default::default() };
    let changes = ann.asks_for(contacts, "example.com").await.unwrap();
    let anns: Vec<_> = ann.reads().await.iter().map(Letter::token).collect();
    let (noras, nilss) = (nora.reads_code().await, nils.reads_code().await);
    for (change, code) in changes.iter().zip(&anns) {
        ann.accepts(change, code).await.unwrap();
    }
    assert_eq!(nils.refuses(&changes[1], &nilss, "").await.unwrap().state(), ChangeState::Refused);
    assert_eq!(nora.accepts(&changes[0], &noras).await.unwrap().state(), ChangeState::Done);

    assert_eq!(ann.sees_contacts("example.com").await, [&*ann.account_id, &nora.account_id, &ann.account_id]);
    let kinds: Vec<_> = ann.reads().await.into_iter().map(|letter| letter.kind).collect();
    assert_eq!(kinds, ["refused", "done"]);
    nora.reads_one("done").await;
    server.has_no_mails().await;
}

async fn a_technical_contact_names_another_and_the_two_confirm(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;

    let change = tom.names(&nora).technical("example.com").await.unwrap();
    let (toms, noras) = (tom.reads_code().await, nora.reads_code().await);
    server.has_no_mails().await;
    nora.accepts(&change, &noras).await.unwrap();
    assert_eq!(tom.accepts(&change, &toms).await.unwrap().state(), ChangeState::Done);
    assert_eq!(ann.sees_contacts("example.com").await[1], nora.account_id);
    // He asked himself: he is told that it is done, not that he was replaced.
    tom.reads_one("done").await;
    nora.reads_one("done").await;
    ann.reads_one("passed").await;
}

async fn one_role_beyond_the_technical_contacts_own_refuses_the_whole_call(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;

    for roles in [&[Role::Billing][..], &[Role::Administrator], &[Role::Administrator, Role::Technical]] {
        let refused = tom.names(&nora).roles(roles, "example.com").await.unwrap_err();
        assert_eq!(refused.code, Code::PermissionDenied);
        assert!(refused.is("ROLE_NOT_PERMITTED"), "{roles:?}: {refused:?}");
    }
    assert!(ann.lists_changes().await.is_empty());
    assert!(ann.sees_service("example.com").await.unwrap().open_change_ids.is_empty());
    server.has_no_mails().await;
}

async fn who_is_technical_and_billing_contact_may_hand_over_both_roles_at_once(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &tom).await;
    let changes = tom.names(&nora).roles(&[Role::Technical, Role::Billing], "example.com").await.unwrap();
    assert_eq!(changes.len(), 1);
    tom.reads_code().await;
    nora.reads_code().await;
}

async fn to_a_stranger_who_asks_for_anything_the_service_does_not_exist(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, xeno] = server.people(["Ann", "Xeno"]).await;
    ann.orders("example.com").await;
    for nominee in [&xeno, &ann] {
        for role in [Role::Administrator, Role::Technical, Role::Billing] {
            let there = xeno.names(nominee).roles(&[role], "example.com").await.unwrap_err();
            let nowhere = xeno.names(nominee).roles(&[role], "nowhere.example.com").await.unwrap_err();
            assert!(there.is("SERVICE_NOT_FOUND"));
            assert_eq!(there, nowhere);
        }
    }
    assert!(ann.lists_changes().await.is_empty());
    server.has_no_mails().await;
}

async fn of_three_roles_sent_with_two_unchanged_only_the_third_is_processed(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let contacts = Contacts {
        administrator: ann.account_id.clone(),
        technical: tom.account_id.clone(),
        billing: nora.account_id.clone(),
    };
    // Even for one who may ask for one role only: what stays as it is, is not asked for.
    let toms = Contacts { technical: nora.account_id.clone(), billing: ann.account_id.clone(), ..contacts.clone() };
    let changes = tom.asks_for(toms, "example.com").await.unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].roles().collect::<Vec<_>>(), [Role::Technical]);
    let changes = ann.asks_for(contacts, "example.com").await.unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].roles().collect::<Vec<_>>(), [Role::Billing]);
    ann.reads_code().await;
    tom.reads_code().await;
    assert_eq!(nora.reads().await.len(), 2);
}

async fn when_every_role_is_already_held_there_is_nothing_to_change(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom] = server.people(["Ann", "Tom"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let refused = ann.names(&tom).technical("example.com").await.unwrap_err();
    assert_eq!(refused.code, Code::InvalidArgument);
    assert!(refused.is("NOTHING_TO_CHANGE"));
    server.has_no_mails().await;
}

async fn naming_an_account_that_does_not_exist_makes_nothing_and_mails_nobody(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let contacts =
        Contacts { technical: nora.account_id.clone(), billing: "zz999999-ovh".to_owned(), ..Default::default() };
    let refused = ann.asks_for(contacts, "example.com").await.unwrap_err();
    assert_eq!(refused.code, Code::NotFound);
    assert!(refused.is("ACCOUNT_NOT_FOUND"));
    assert_eq!(refused.metadata["account_id"], "zz999999-ovh");
    assert!(ann.lists_changes().await.is_empty());
    server.has_no_mails().await;
}

async fn an_overdue_bill_of_either_end_keeps_the_billing_role_and_names_the_account(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, bea, nora] = server.people(["Ann", "Bea", "Nora"]).await;
    ann.orders_beside("example.com", &ann, &bea).await;
    for debtor in [&bea, &nora] {
        debtor.has_bills(BillingStanding::Overdue).await;
        let refused = ann.names(&nora).billing("example.com").await.unwrap_err();
        assert_eq!(refused.code, Code::FailedPrecondition);
        assert!(refused.is("BILLING_OVERDUE"));
        assert_eq!(refused.metadata["account_id"], debtor.account_id);
        debtor.has_bills(BillingStanding::Good).await;
    }
    // The one who asks is neither end.
    ann.has_bills(BillingStanding::Overdue).await;
    ann.names(&nora).billing("example.com").await.unwrap();
    ann.reads_code().await;
    nora.reads_code().await;
}

async fn an_overdue_bill_does_not_keep_the_technical_role_unless_the_setting_says_so(on: Engine) {
    for (setting, is_allowed) in [("billing", true), ("every_role", false)] {
        let server = TestServer::start_with(on, &format!("[change]\ngood_standing = \"{setting}\"\n")).await;
        let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
        ann.orders_beside("example.com", &tom, &ann).await;
        tom.has_bills(BillingStanding::Overdue).await;
        let asked = ann.names(&nora).technical("example.com").await;
        if is_allowed {
            asked.unwrap();
            ann.reads_code().await;
            nora.reads_code().await;
        } else {
            assert!(asked.unwrap_err().is("BILLING_OVERDUE"));
        }
        server.has_no_mails().await;
    }
}

async fn a_second_change_of_the_same_role_is_refused_with_the_id_of_the_first(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora, nils] = server.people(["Ann", "Tom", "Nora", "Nils"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let first = ann.names(&nora).technical("example.com").await.unwrap();
    ann.reads_code().await;
    nora.reads_code().await;

    for asks in [&ann, &tom] {
        let refused = asks.names(&nils).technical("example.com").await.unwrap_err();
        assert_eq!(refused.code, Code::AlreadyExists);
        assert!(refused.is("CHANGE_ALREADY_OPEN"));
        assert_eq!(refused.metadata["change_id"], first.change_id);
        assert_eq!(refused.metadata["role"], "TECHNICAL");
    }
    // One role in the way refuses the other too.
    let both = ann.names(&nils).roles(&[Role::Technical, Role::Billing], "example.com").await;
    assert!(both.unwrap_err().is("CHANGE_ALREADY_OPEN"));
    assert_eq!(ann.lists_changes().await.len(), 1);
    server.has_no_mails().await;
}

async fn changes_of_other_roles_of_the_service_may_be_open_beside_it(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora, nils] = server.people(["Ann", "Nora", "Nils"]).await;
    ann.orders("example.com").await;
    let technical = ann.names(&nora).technical("example.com").await.unwrap();
    let billing = ann.names(&nils).billing("example.com").await.unwrap();
    let open = ann.sees_service("example.com").await.unwrap().open_change_ids;
    assert_eq!(open, [technical.change_id, billing.change_id]);
    server.leaves_mails_unread();
}

async fn to_only_check_says_who_would_be_asked_and_told_or_all_that_stands_in_the_way(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, bea, nora] = server.people(["Ann", "Tom", "Bea", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &bea).await;
    let check = async |requester: &Person, technical: &str, billing: &str| {
        let contacts = Contacts { technical: technical.to_owned(), billing: billing.to_owned(), ..Default::default() };
        let request = CreateContactChangesRequest {
            service_id: "example.com".to_owned(),
            requester: requester.account_id.clone(),
            contacts: Some(contacts),
            validate_only: true,
            ..Default::default()
        };
        server.requests().create_contact_changes(request).await.unwrap().into_inner()
    };

    let answer = check(&tom, &nora.account_id, "").await;
    assert_eq!((answer.changes.len(), answer.blockers.len()), (1, 0));
    assert_eq!(answer.changes[0].change_id, "");
    assert_eq!(answer.plans[0].asked, [&*tom.account_id, &nora.account_id]);
    assert_eq!(answer.plans[0].told, [&*tom.account_id, &nora.account_id, &ann.account_id]);

    nora.has_bills(BillingStanding::Overdue).await;
    let answer = check(&ann, "zz999999-ovh", &nora.account_id).await;
    assert!(answer.changes.is_empty() && answer.plans.is_empty());
    let reasons: Vec<_> = answer.blockers.iter().map(|blocker| blocker.reason()).collect();
    assert_eq!(reasons, [ErrorReason::AccountNotFound, ErrorReason::BillingOverdue]);
    assert_eq!(answer.blockers[1].roles().collect::<Vec<_>>(), [Role::Billing]);
    assert_eq!([&answer.blockers[0].account_id, &answer.blockers[1].account_id], ["zz999999-ovh", &nora.account_id]);
    // Of a role that is not his to change Tom learns no more than that.
    let answer = check(&tom, "zz999999-ovh", &nora.account_id).await;
    let reasons: Vec<_> = answer.blockers.iter().map(|blocker| blocker.reason()).collect();
    assert_eq!(reasons, [ErrorReason::RoleNotPermitted, ErrorReason::AccountNotFound]);
    assert!(ann.lists_changes().await.is_empty());
    server.has_no_mails().await;
}

async fn a_call_repeated_under_its_request_id_answers_as_the_first_time_and_does_nothing(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora, nils] = server.people(["Ann", "Nora", "Nils"]).await;
    ann.orders("example.com").await;
    let ask = async |nominee: &Person| {
        let request = CreateContactChangesRequest {
            service_id: "example.com".to_owned(),
            requester: ann.account_id.clone(),
            contacts: Some(Contacts { technical: nominee.account_id.clone(), ..Default::default() }),
            request_id: "5f3c0e6e-8d0b-4a5e-9d2c-0f5b1a7c9e42".to_owned(),
            ..Default::default()
        };
        server.requests().create_contact_changes(request).await.map_err(Refused::from)
    };
    let first = ask(&nora).await.unwrap().into_inner();
    ann.reads_code().await;
    let noras = nora.reads_code().await;
    nora.refuses(&first.changes[0], &noras, "").await.unwrap();
    ann.reads_one("refused").await;
    assert_eq!(ask(&nora).await.unwrap().into_inner(), first);
    assert!(ask(&nils).await.unwrap_err().is("REQUEST_ID_REUSED"));
    assert_eq!(ann.lists_changes().await.len(), 1);
    server.has_no_mails().await;
}
