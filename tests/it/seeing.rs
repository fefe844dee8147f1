//! Who sees what of services and changes, and that what one may not see looks like nothing at all.

use relevo_tests::{
    Engine, Person, Refused, TestServer, on_every_engine,
    smtp::{Answer, Step, TestRelay},
    v1::{
        AcceptContactChangeRequest, CancelContactChangeRequest, ChangePart, ChangeState, ContactChange, Contacts,
        CreateContactChangesRequest, Decision, DeliveryState, ListContactChangesRequest, RefuseContactChangeRequest,
        ResendTokenRequest,
    },
};

on_every_engine!(
    to_a_stranger_every_call_about_a_service_answers_as_for_one_that_does_not_exist,
    to_a_stranger_every_call_about_a_change_answers_as_for_one_that_does_not_exist,
    a_code_for_an_unknown_change_and_a_wrong_code_are_answered_alike,
    a_service_names_to_a_contact_only_those_open_changes_that_he_may_see,
    an_incumbent_who_is_no_party_sees_roles_accounts_state_and_times_and_no_more,
    the_administrator_sees_decisions_reasons_and_deliveries_of_a_change_between_others,
    what_a_relay_said_is_shown_whole_to_the_reader_of_the_mail_and_to_others_in_codes,
    an_operator_sees_all_of_every_change_wrong_codes_too,
    the_history_tells_nobody_how_much_of_it_he_does_not_see,
    an_operator_may_cancel_and_both_parties_are_told,
    with_the_administration_the_sight_of_the_changes_of_a_service_passes,
    a_list_holds_what_each_account_sees_one_by_one_and_narrows_by_part_and_state,
    the_history_of_a_deleted_service_stays_readable_to_those_who_had_a_part_in_it,
    a_service_registered_again_under_its_id_inherits_neither_history_nor_changes,
);

/// Ann's service, on which Tom is technical and Bea billing contact, and Ann's wish for Nora in the place of Tom.
struct Story {
    change: ContactChange,
    ann: Person,
    tom: Person,
    bea: Person,
    nora: Person,
    anns: String,
    noras: String,
}

async fn ann_names_nora_in_the_place_of_tom(server: &TestServer) -> Story {
    let [ann, tom, bea, nora] = server.people(["Ann", "Tom", "Bea", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &bea).await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);
    Story { change, ann, tom, bea, nora, anns, noras }
}

/// What each call about a change comes to for somebody, with and without effects.
async fn every_call(server: &TestServer, who: &Person, change_id: &str, token: &str) -> Vec<Refused> {
    let change = ContactChange { change_id: change_id.to_owned(), ..Default::default() };
    let mut refused = vec![who.sees(&change).await.unwrap_err()];
    for validate_only in [true, false] {
        let (change_id, account_id, token) = (change_id.to_owned(), who.account_id.clone(), token.to_owned());
        let cancel = CancelContactChangeRequest {
            change_id: change_id.clone(),
            account_id: account_id.clone(),
            validate_only,
            ..Default::default()
        };
        let resend = ResendTokenRequest {
            change_id: change_id.clone(),
            account_id: account_id.clone(),
            validate_only,
            ..Default::default()
        };
        let accept = AcceptContactChangeRequest {
            change_id: change_id.clone(),
            account_id: account_id.clone(),
            token: token.clone(),
            validate_only,
            ..Default::default()
        };
        let refuse = RefuseContactChangeRequest { change_id, account_id, token, validate_only, ..Default::default() };
        refused.push(server.requests().cancel_contact_change(cancel).await.unwrap_err().into());
        refused.push(server.requests().resend_token(resend).await.unwrap_err().into());
        refused.push(server.requests().accept_contact_change(accept).await.unwrap_err().into());
        refused.push(server.requests().refuse_contact_change(refuse).await.unwrap_err().into());
    }
    refused
}

/// A change id that differs from one in its last digit.
fn another_id(change: &ContactChange) -> String {
    let id = &change.change_id;
    let last = if id.ends_with('0') { "1" } else { "0" };
    format!("{}{last}", id.get(..35).unwrap())
}

async fn to_a_stranger_every_call_about_a_service_answers_as_for_one_that_does_not_exist(on: Engine) {
    let server = TestServer::start(on).await;
    let Story { nora, bea, .. } = ann_names_nora_in_the_place_of_tom(&server).await;
    let xeno = server.person("Xeno").await;

    // The nominee is as much of a stranger to the service as anybody.
    for stranger in [&xeno, &nora] {
        let there = stranger.sees_service("example.com").await.unwrap_err();
        assert!(there.is("SERVICE_NOT_FOUND"));
        assert_eq!(there, stranger.sees_service("nowhere.example.com").await.unwrap_err());
        assert!(stranger.lists_services().await.is_empty());

        for validate_only in [false, true] {
            let ask = async |service_id: &str, nominee: &str| -> Refused {
                let request = CreateContactChangesRequest {
                    service_id: service_id.to_owned(),
                    requester: stranger.account_id.clone(),
                    contacts: Some(Contacts { billing: nominee.to_owned(), ..Default::default() }),
                    validate_only,
                    ..Default::default()
                };
                server.requests().create_contact_changes(request).await.unwrap_err().into()
            };
            // Neither who holds the role nor who does not exist makes a difference.
            for nominee in [&bea.account_id, &stranger.account_id, "zz999999-ovh"] {
                let there = ask("example.com", nominee).await;
                assert!(there.is("SERVICE_NOT_FOUND"));
                assert_eq!(there, ask("nowhere.example.com", nominee).await);
            }
        }
    }
}

async fn to_a_stranger_every_call_about_a_change_answers_as_for_one_that_does_not_exist(on: Engine) {
    let server = TestServer::start(on).await;
    let Story { change, ann, bea, nora, anns, noras, .. } = ann_names_nora_in_the_place_of_tom(&server).await;
    let xeno = server.person("Xeno").await;

    // A contact of the service in a role that is not concerned is a stranger to the change, and so is who has a code.
    let check = async || {
        for stranger in [&xeno, &bea] {
            let there = every_call(&server, stranger, &change.change_id, &noras).await;
            let nowhere = every_call(&server, stranger, &another_id(&change), &noras).await;
            assert!(there.iter().all(|refused| refused.is("CHANGE_NOT_FOUND")), "{there:?}");
            assert_eq!(there, nowhere);
            assert!(stranger.lists_changes().await.is_empty());
        }
    };
    check().await;
    assert_eq!(ann.sees(&change).await.unwrap().state(), ChangeState::Pending);
    ann.accepts(&change, &anns).await.unwrap();
    nora.accepts(&change, &noras).await.unwrap();
    check().await;
    server.leaves_mails_unread();
}

async fn a_code_for_an_unknown_change_and_a_wrong_code_are_answered_alike(on: Engine) {
    let server = TestServer::start(on).await;
    let Story { change, anns, .. } = ann_names_nora_in_the_place_of_tom(&server).await;
    let unknown = ContactChange { change_id: another_id(&change), ..Default::default() };
    let of_unknown = server.inspects(&unknown, &anns).await.unwrap_err();
    assert!(of_unknown.is("TOKEN_INVALID"));
    for wrong in ["0000-0000-0000-0000-0000-0000-0000-0000", "not a code"] {
        assert_eq!(server.inspects(&change, wrong).await.unwrap_err(), of_unknown);
    }
}

async fn a_service_names_to_a_contact_only_those_open_changes_that_he_may_see(on: Engine) {
    let server = TestServer::start(on).await;
    let Story { change, ann, tom, bea, .. } = ann_names_nora_in_the_place_of_tom(&server).await;
    for (person, sees) in [(&ann, true), (&tom, true), (&bea, false)] {
        let open = person.sees_service("example.com").await.unwrap().open_change_ids;
        assert_eq!(open.contains(&change.change_id), sees, "{}", person.email);
        assert_eq!(person.lists_services().await[0].open_change_ids, open);
    }
}

async fn an_incumbent_who_is_no_party_sees_roles_accounts_state_and_times_and_no_more(on: Engine) {
    let server = TestServer::start(on).await;
    let Story { change, ann, tom, nora, noras, .. } = ann_names_nora_in_the_place_of_tom(&server).await;
    let seen = tom.sees(&change).await.unwrap();
    let whole = ann.sees(&change).await.unwrap();
    assert_eq!(whole.confirmations.len(), 2);
    assert_eq!(seen, ContactChange { confirmations: Vec::new(), ..whole });

    nora.refuses(&change, &noras, "I know why.").await.unwrap();
    let seen = tom.sees(&change).await.unwrap();
    let whole = ann.sees(&change).await.unwrap();
    assert_eq!((whole.state(), &*whole.state_reason), (ChangeState::Refused, "I know why."));
    assert_eq!(seen, ContactChange { confirmations: Vec::new(), state_reason: String::new(), ..whole });
    assert_eq!(tom.lists_changes().await, [seen]);
    ann.reads_one("refused").await;
}

async fn the_administrator_sees_decisions_reasons_and_deliveries_of_a_change_between_others(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = tom.names(&nora).technical("example.com").await.unwrap();
    let (toms, noras) = (tom.reads_code().await, nora.reads_code().await);
    tom.accepts(&change, &toms).await.unwrap();
    nora.accepts(&change, "WRONG").await.unwrap_err();

    let seen = ann.sees(&change).await.unwrap();
    let decisions: Vec<_> = seen.confirmations.iter().map(|party| party.decision()).collect();
    assert_eq!(decisions, [Decision::Accepted, Decision::Pending]);
    assert!(seen.confirmations.iter().all(|party| party.delivery.as_ref().unwrap().state() == DeliveryState::Sent));
    assert!(seen.confirmations.iter().all(|party| party.wrong_tokens == 0));
    nora.refuses(&change, &noras, "No time.").await.unwrap();
    assert_eq!(ann.sees(&change).await.unwrap().state_reason, "No time.");
    tom.reads_one("refused").await;
}

async fn what_a_relay_said_is_shown_whole_to_the_reader_of_the_mail_and_to_others_in_codes(on: Engine) {
    let relay = TestRelay::start().await;
    let server = TestServer::start_with(on, &relay.settings()).await;
    let [ann, tom, bea, nora] = server.people(["Ann", "Tom", "Bea", "Nora"]).await;
    bea.orders_with("example.com", Contacts { technical: tom.account_id.clone(), ..Default::default() }).await;
    relay.answers(Step::Rcpt, Answer::Say("550 5.1.1 <tom@example.com> has moved away"));
    let change = tom.names(&nora).technical("example.com").await.unwrap();
    server.deliver().await;

    let of_tom = async |person: &Person| {
        let seen = person.sees(&change).await.unwrap();
        let delivery = seen.confirmations[0].delivery.clone().unwrap();
        assert_eq!((delivery.state(), delivery.attempts), (DeliveryState::Failed, 1));
        delivery.last_reply
    };
    let whole = "550 5.1.1 <tom@example.com> has moved away";
    assert_eq!(of_tom(&tom).await, whole);
    assert_eq!(of_tom(&nora).await, "550 5.1.1", "the other party");
    assert_eq!(of_tom(&bea).await, "550 5.1.1", "the administrator");
    let to_operator = server.shows_operator(&change).await.confirmations[0].delivery.clone().unwrap();
    assert_eq!(to_operator.last_reply, whole);
    assert!(ann.sees(&change).await.unwrap_err().is("CHANGE_NOT_FOUND"));
    let taken: Vec<_> = relay.take().into_iter().map(|letter| (letter.kind, letter.to)).collect();
    assert_eq!(taken, ["confirm", "undelivered"].map(|kind| (kind.to_owned(), nora.email.clone())));
}

async fn an_operator_sees_all_of_every_change_wrong_codes_too(on: Engine) {
    let server = TestServer::start(on).await;
    let Story { change, ann, nora, anns, .. } = ann_names_nora_in_the_place_of_tom(&server).await;
    ann.accepts(&change, &anns).await.unwrap();
    for _ in 0..3 {
        nora.accepts(&change, &anns).await.unwrap_err();
    }
    let seen = server.shows_operator(&change).await;
    let wrong: Vec<_> = seen.confirmations.iter().map(|party| party.wrong_tokens).collect();
    assert_eq!(wrong, [0, 3]);
    for party in [&ann, &nora] {
        assert!(party.sees(&change).await.unwrap().confirmations.iter().all(|it| it.wrong_tokens == 0));
    }
    let listed = server.requests().list_contact_changes(ListContactChangesRequest::default()).await.unwrap();
    assert_eq!(listed.into_inner().changes, [seen]);
}

async fn an_operator_may_cancel_and_both_parties_are_told(on: Engine) {
    let server = TestServer::start(on).await;
    let Story { change, ann, nora, .. } = ann_names_nora_in_the_place_of_tom(&server).await;
    let request = CancelContactChangeRequest { change_id: change.change_id.clone(), ..Default::default() };
    let cancelled = server.requests().cancel_contact_change(request).await.unwrap().into_inner().change.unwrap();
    assert_eq!(cancelled.state(), ChangeState::Cancelled);
    ann.reads_one("cancelled").await;
    nora.reads_one("cancelled").await;
}

async fn with_the_administration_the_sight_of_the_changes_of_a_service_passes(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora, xeno] = server.people(["Ann", "Tom", "Nora", "Xeno"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let ended = tom.names(&nora).technical("example.com").await.unwrap();
    tom.cancels(&ended).await.unwrap();
    let open = tom.names(&nora).technical("example.com").await.unwrap();
    server.take_mails().await;
    let handover = ann.names(&xeno).administrator("example.com").await.unwrap();
    let (anns, xenos) = (ann.reads_code().await, xeno.reads_code().await);
    assert!(xeno.sees(&open).await.unwrap_err().is("CHANGE_NOT_FOUND"));
    ann.accepts(&handover, &anns).await.unwrap();
    xeno.accepts(&handover, &xenos).await.unwrap();

    for change in [&ended, &open] {
        assert_eq!(xeno.sees(change).await.unwrap().change_id, change.change_id);
        assert!(ann.sees(change).await.unwrap_err().is("CHANGE_NOT_FOUND"));
    }
    assert_eq!(xeno.lists_changes().await.len(), 3);
    let anns_list: Vec<_> = ann.lists_changes().await.into_iter().map(|change| change.change_id).collect();
    assert_eq!(anns_list, [handover.change_id]);
    server.leaves_mails_unread();
}

async fn a_list_holds_what_each_account_sees_one_by_one_and_narrows_by_part_and_state(on: Engine) {
    let server = TestServer::start(on).await;
    let Story { change, ann, tom, bea, nora, .. } = ann_names_nora_in_the_place_of_tom(&server).await;
    for person in [&ann, &tom, &nora] {
        assert_eq!(person.lists_changes().await, [person.sees(&change).await.unwrap()]);
    }
    assert!(bea.lists_changes().await.is_empty());
    let list = async |person: &Person, part: ChangePart, state: ChangeState| {
        let request = ListContactChangesRequest {
            account_id: person.account_id.clone(),
            parts: vec![part.into()],
            states: vec![state.into()],
            ..Default::default()
        };
        server.requests().list_contact_changes(request).await.unwrap().into_inner().changes.len()
    };
    let parts = [
        (&ann, ChangePart::Requester),
        (&tom, ChangePart::Incumbent),
        (&nora, ChangePart::Nominee),
        (&ann, ChangePart::Administrator),
    ];
    for (person, part) in parts {
        assert_eq!(list(person, part, ChangeState::Pending).await, 1, "{part:?}");
        assert_eq!(list(person, part, ChangeState::Done).await, 0, "{part:?}");
        assert_eq!(list(&bea, part, ChangeState::Pending).await, 0, "{part:?}");
    }
    assert_eq!(list(&nora, ChangePart::Requester, ChangeState::Pending).await, 0);
}

async fn the_history_of_a_deleted_service_stays_readable_to_those_who_had_a_part_in_it(on: Engine) {
    let server = TestServer::start(on).await;
    let Story { change, ann, tom, bea, nora, anns, noras } = ann_names_nora_in_the_place_of_tom(&server).await;
    ann.accepts(&change, &anns).await.unwrap();
    nora.accepts(&change, &noras).await.unwrap();
    server.take_mails().await;
    assert!(server.deletes_service("example.com").await.is_empty());

    for former in [&ann, &nora, &bea] {
        assert!(former.sees_service("example.com").await.unwrap_err().is("SERVICE_NOT_FOUND"));
        assert!(former.lists_services().await.is_empty());
    }
    assert!(ann.names(&tom).technical("example.com").await.unwrap_err().is("SERVICE_NOT_FOUND"));
    for participant in [&ann, &tom, &nora] {
        assert_eq!(participant.sees(&change).await.unwrap().state(), ChangeState::Done);
        assert_eq!(participant.lists_changes().await.len(), 1);
    }
    assert!(bea.sees(&change).await.unwrap_err().is("CHANGE_NOT_FOUND"));
}

async fn a_service_registered_again_under_its_id_inherits_neither_history_nor_changes(on: Engine) {
    let server = TestServer::start(on).await;
    let Story { change, ann, noras, nora, .. } = ann_names_nora_in_the_place_of_tom(&server).await;
    server.deletes_service("example.com").await;
    ann.reads_one("cancelled").await;
    nora.reads_one("cancelled").await;

    let xeno = server.person("Xeno").await;
    let service = xeno.orders("example.com").await;
    assert!(service.open_change_ids.is_empty());
    assert!(xeno.sees(&change).await.unwrap_err().is("CHANGE_NOT_FOUND"));
    assert!(xeno.lists_changes().await.is_empty());
    assert!(ann.sees_service("example.com").await.unwrap_err().is("SERVICE_NOT_FOUND"));
    assert_eq!(nora.accepts(&change, &noras).await.unwrap_err().metadata["state"], "CANCELLED");
    assert_eq!(xeno.sees_contacts("example.com").await, [&*xeno.account_id; 3]);

    xeno.names(&nora).technical("example.com").await.unwrap();
    xeno.reads_code().await;
    nora.reads_code().await;
    assert_eq!(ann.lists_changes().await.len(), 1, "what is asked of the new service is not hers to see");
}

async fn the_history_tells_nobody_how_much_of_it_he_does_not_see(on: Engine) {
    let server = TestServer::start(on).await;
    server.leaves_mails_unread();
    let [ann, tom, bea, nora] = server.people(["Ann", "Tom", "Bea", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &bea).await;
    let before = bea.sees_service_events("example.com").await.unwrap();
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    assert!(nora.accepts(&change, "0000-0000-0000-0000-0000-0000-0000-0000").await.unwrap_err().is("TOKEN_INVALID"));
    ann.cancels(&change).await.unwrap();
    assert_eq!(bea.sees_service_events("example.com").await.unwrap(), before);

    // Nora sees the change, and nothing of what happened to the service beside it; that a code was wrong, operators alone.
    let seen = nora.sees_events(&change).await.unwrap();
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(seen.iter().all(|event| event.sequence == 0), "{seen:?}");
}
