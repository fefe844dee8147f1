//! What the guide for customers promises, one test a sentence.

use relevo_tests::{
    Engine, TestServer, on_every_engine,
    v1::{
        Account, BillingStanding, ChangePart, ChangeState, Contacts, CreateAccountRequest, DeliveryState,
        ListContactChangesRequest, Role,
    },
};

on_every_engine!(
    an_account_id_is_two_letters_some_digits_and_the_ending_of_the_company,
    who_orders_a_service_becomes_its_contact_in_all_three_roles,
    my_contacts_lists_every_service_on_which_the_account_is_a_contact_and_no_other,
    saving_new_contacts_answers_with_the_changes_that_were_made_and_mails_the_contacts_involved,
    the_new_contact_is_named_by_an_account_id_that_must_exist,
    the_administrator_may_change_every_contact,
    the_technical_contact_may_name_only_another_technical_contact_in_his_place,
    the_billing_contact_may_name_only_another_billing_contact_in_his_place,
    a_new_technical_contact_is_confirmed_by_the_administrator_and_the_one_he_names,
    the_old_contact_is_mailed_once_the_change_is_confirmed_and_not_before,
    an_administrator_who_names_himself_confirms_alone_and_the_old_contact_is_mailed,
    a_new_administrator_is_confirmed_by_the_old_and_the_new_one,
    a_technical_contact_who_hands_over_and_the_new_one_both_confirm,
    a_billing_contact_who_hands_over_and_the_new_one_both_confirm,
    the_old_and_the_new_billing_contact_must_have_paid_their_bills,
    my_requests_lists_the_changes_in_progress_for_who_asked_and_for_who_is_named,
    a_change_is_accepted_or_refused_with_the_code_from_the_mail_and_with_no_other,
    the_code_is_personal,
    the_code_works_once,
    the_code_is_different_for_the_two_contacts_who_get_one,
    the_link_in_the_mail_leads_to_the_change_and_fills_in_the_code,
    who_missed_the_mail_corrects_the_address_of_his_account_and_has_it_sent_again,
    when_only_one_has_confirmed_the_change_waits_for_the_other_and_says_so,
    the_contacts_shown_are_up_to_date_in_the_moment_of_the_last_confirmation,
    once_both_have_confirmed_the_change_is_applied_and_both_are_told,
);

async fn an_account_id_is_two_letters_some_digits_and_the_ending_of_the_company(on: Engine) {
    let server = TestServer::start(on).await;
    let create = async |account_id: &str| {
        let account = Account {
            account_id: account_id.to_owned(),
            display_name: "Ann".to_owned(),
            email: "ann@example.com".to_owned(),
            ..Default::default()
        };
        let request = CreateAccountRequest { account: Some(account), ..Default::default() };
        server.contacts().create_account(request).await.map_err(relevo_tests::Refused::from)
    };
    let created = create("aa123456-ovh").await.unwrap().into_inner().account.unwrap();
    assert_eq!(created.account_id, "aa123456-ovh");
    for wrong in ["a1-ovh", "123456-ovh", "aa-ovh", "aa12b4-ovh", "aa123456", "aa123456-xyz", "aa123456ovh"] {
        let refused = create(wrong).await.unwrap_err();
        assert!(refused.is("FIELD_INVALID"), "{wrong}: {refused:?}");
        assert_eq!(refused.violations[0].0, "account.account_id");
    }
}

async fn who_orders_a_service_becomes_its_contact_in_all_three_roles(on: Engine) {
    let server = TestServer::start(on).await;
    let ann = server.person("Ann").await;
    ann.orders("example.com").await;
    assert_eq!(ann.sees_contacts("example.com").await, [&*ann.account_id; 3]);
    server.has_no_mails().await;
}

async fn my_contacts_lists_every_service_on_which_the_account_is_a_contact_and_no_other(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom] = server.people(["Ann", "Tom"]).await;
    ann.orders("ann.example.com").await;
    tom.orders_beside("both.example.com", &tom, &ann).await;
    tom.orders("tom.example.com").await;

    let services = ann.lists_services().await;
    let names: Vec<_> = services.iter().map(|service| &*service.service_id).collect();
    assert_eq!(names, ["ann.example.com", "both.example.com"]);
    assert_eq!(services[1].contacts.as_ref().unwrap().administrator, tom.account_id);
    assert_eq!(services[1].contacts.as_ref().unwrap().billing, ann.account_id);
}

async fn saving_new_contacts_answers_with_the_changes_that_were_made_and_mails_the_contacts_involved(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, bea, nora] = server.people(["Ann", "Tom", "Bea", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &bea).await;

    let changes = ann.names(&nora).roles(&[Role::Technical, Role::Billing], "example.com").await.unwrap();
    let replaced: Vec<_> = changes.iter().map(|change| &*change.incumbent).collect();
    assert_eq!(replaced, [&*tom.account_id, &*bea.account_id]);
    for change in &changes {
        assert_eq!((change.state(), &change.nominee), (ChangeState::Pending, &nora.account_id));
    }
    for person in [&ann, &nora] {
        let letters = person.reads().await;
        assert!(letters.len() == 2 && letters.iter().all(|letter| letter.kind == "confirm"), "{letters:?}");
    }
    server.has_no_mails().await;
}

async fn the_new_contact_is_named_by_an_account_id_that_must_exist(on: Engine) {
    let server = TestServer::start(on).await;
    let ann = server.person("Ann").await;
    ann.orders("example.com").await;
    let nobody = Contacts { technical: "zz999999-ovh".to_owned(), ..Default::default() };
    let refused = ann.asks_for(nobody, "example.com").await.unwrap_err();
    assert!(refused.is("ACCOUNT_NOT_FOUND"));
    assert_eq!(refused.metadata["account_id"], "zz999999-ovh");
}

async fn the_administrator_may_change_every_contact(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, bea, nora] = server.people(["Ann", "Tom", "Bea", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &bea).await;
    let all = [Role::Administrator, Role::Technical, Role::Billing];
    let changes = ann.names(&nora).roles(&all, "example.com").await.unwrap();
    let roles: Vec<_> = changes.iter().flat_map(|change| change.roles()).collect();
    assert_eq!(roles, all);
    server.leaves_mails_unread();
}

async fn the_technical_contact_may_name_only_another_technical_contact_in_his_place(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, bea, nora] = server.people(["Ann", "Tom", "Bea", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &bea).await;
    assert!(tom.names(&nora).administrator("example.com").await.unwrap_err().is("ROLE_NOT_PERMITTED"));
    assert!(tom.names(&nora).billing("example.com").await.unwrap_err().is("ROLE_NOT_PERMITTED"));
    server.has_no_mails().await;
    let change = tom.names(&nora).technical("example.com").await.unwrap();
    assert_eq!((change.incumbent, change.nominee), (tom.account_id.clone(), nora.account_id.clone()));
    tom.reads_code().await;
    nora.reads_code().await;
}

async fn the_billing_contact_may_name_only_another_billing_contact_in_his_place(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, bea, nora] = server.people(["Ann", "Tom", "Bea", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &bea).await;
    assert!(bea.names(&nora).administrator("example.com").await.unwrap_err().is("ROLE_NOT_PERMITTED"));
    assert!(bea.names(&nora).technical("example.com").await.unwrap_err().is("ROLE_NOT_PERMITTED"));
    server.has_no_mails().await;
    let change = bea.names(&nora).billing("example.com").await.unwrap();
    assert_eq!((change.incumbent, change.nominee), (bea.account_id.clone(), nora.account_id.clone()));
    bea.reads_code().await;
    nora.reads_code().await;
}

async fn a_new_technical_contact_is_confirmed_by_the_administrator_and_the_one_he_names(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let parties: Vec<_> = change.confirmations.iter().map(|party| &party.account_id).collect();
    assert_eq!(parties, [&ann.account_id, &nora.account_id]);
    ann.reads_code().await;
    nora.reads_code().await;
}

async fn the_old_contact_is_mailed_once_the_change_is_confirmed_and_not_before(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);
    nora.accepts(&change, &noras).await.unwrap();
    assert!(tom.reads().await.is_empty());
    ann.accepts(&change, &anns).await.unwrap();
    let letter = tom.reads_one("replaced").await;
    assert!(letter.text.contains("Nora") && letter.text.contains("example.com"), "{}", letter.text);
    ann.reads_one("done").await;
    nora.reads_one("done").await;
}

async fn an_administrator_who_names_himself_confirms_alone_and_the_old_contact_is_mailed(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, bea] = server.people(["Ann", "Tom", "Bea"]).await;
    ann.orders_beside("example.com", &tom, &bea).await;
    let changes = ann.names(&ann).roles(&[Role::Technical, Role::Billing], "example.com").await.unwrap();
    let codes: Vec<_> = ann.reads().await.iter().map(relevo_tests::Letter::token).collect();
    for (change, code) in changes.iter().zip(&codes) {
        assert_eq!(ann.accepts(change, code).await.unwrap().state(), ChangeState::Done);
        ann.reads_one("done").await;
    }
    tom.reads_one("replaced").await;
    bea.reads_one("replaced").await;
    assert_eq!(ann.sees_contacts("example.com").await, [&*ann.account_id; 3]);
}

async fn a_new_administrator_is_confirmed_by_the_old_and_the_new_one(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).administrator("example.com").await.unwrap();
    let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);
    assert_eq!(ann.accepts(&change, &anns).await.unwrap().state(), ChangeState::Pending);
    assert_eq!(ann.sees_contacts("example.com").await[0], ann.account_id);
    assert_eq!(nora.accepts(&change, &noras).await.unwrap().state(), ChangeState::Done);
    assert_eq!(nora.sees_contacts("example.com").await[0], nora.account_id);
    ann.reads_one("done").await;
    nora.reads_one("done").await;
}

async fn a_technical_contact_who_hands_over_and_the_new_one_both_confirm(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = tom.names(&nora).technical("example.com").await.unwrap();
    let (toms, noras) = (tom.reads_code().await, nora.reads_code().await);
    assert_eq!(tom.accepts(&change, &toms).await.unwrap().state(), ChangeState::Pending);
    assert_eq!(nora.accepts(&change, &noras).await.unwrap().state(), ChangeState::Done);
    tom.reads_one("done").await;
    nora.reads_one("done").await;
    ann.reads_one("passed").await;
}

async fn a_billing_contact_who_hands_over_and_the_new_one_both_confirm(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, bea, nora] = server.people(["Ann", "Bea", "Nora"]).await;
    ann.orders_beside("example.com", &ann, &bea).await;
    let change = bea.names(&nora).billing("example.com").await.unwrap();
    let (beas, noras) = (bea.reads_code().await, nora.reads_code().await);
    assert_eq!(nora.accepts(&change, &noras).await.unwrap().state(), ChangeState::Pending);
    assert_eq!(bea.accepts(&change, &beas).await.unwrap().state(), ChangeState::Done);
    bea.reads_one("done").await;
    nora.reads_one("done").await;
    ann.reads_one("passed").await;
}

async fn the_old_and_the_new_billing_contact_must_have_paid_their_bills(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, bea, nora] = server.people(["Ann", "Bea", "Nora"]).await;
    ann.orders_beside("example.com", &ann, &bea).await;
    for debtor in [&bea, &nora] {
        debtor.has_bills(BillingStanding::Overdue).await;
        let refused = bea.names(&nora).billing("example.com").await.unwrap_err();
        assert!(refused.is("BILLING_OVERDUE"));
        assert_eq!(refused.metadata["account_id"], debtor.account_id);
        debtor.has_bills(BillingStanding::Good).await;
    }
    bea.names(&nora).billing("example.com").await.unwrap();
    bea.reads_code().await;
    nora.reads_code().await;
}

async fn my_requests_lists_the_changes_in_progress_for_who_asked_and_for_who_is_named(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("one.example.com", &tom, &ann).await;
    ann.orders_beside("two.example.com", &tom, &ann).await;
    let one = ann.names(&nora).technical("one.example.com").await.unwrap();
    let two = tom.names(&nora).technical("two.example.com").await.unwrap();

    let ids = |changes: Vec<relevo_tests::v1::ContactChange>| -> Vec<_> {
        changes.into_iter().map(|change| change.change_id).collect()
    };
    let newest_first = [two.change_id.clone(), one.change_id.clone()];
    assert_eq!(ids(nora.lists_changes().await), newest_first);
    assert_eq!(ids(ann.lists_changes().await), newest_first);
    let asked_for = ListContactChangesRequest {
        account_id: ann.account_id.clone(),
        parts: vec![ChangePart::Requester.into()],
        states: vec![ChangeState::Pending.into()],
        ..Default::default()
    };
    let listed = server.requests().list_contact_changes(asked_for).await.unwrap().into_inner().changes;
    assert_eq!(ids(listed), [one.change_id]);
    server.leaves_mails_unread();
}

async fn a_change_is_accepted_or_refused_with_the_code_from_the_mail_and_with_no_other(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let technical = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);
    let billing = ann.names(&nora).billing("example.com").await.unwrap();
    let (_, noras_other) = (ann.reads_code().await, nora.reads_code().await);

    let typo = format!("{}{}", &anns[..38], if anns.ends_with('0') { '1' } else { '0' });
    assert!(ann.accepts(&technical, &typo).await.unwrap_err().is("TOKEN_INVALID"));
    assert!(ann.refuses(&technical, &typo, "").await.unwrap_err().is("TOKEN_INVALID"));
    assert!(ann.accepts(&technical, "").await.unwrap_err().is("FIELD_INVALID"));
    assert_eq!(ann.accepts(&technical, &anns).await.unwrap().state(), ChangeState::Pending);
    assert_eq!(nora.accepts(&technical, &noras).await.unwrap().state(), ChangeState::Done);
    assert_eq!(nora.refuses(&billing, &noras_other, "").await.unwrap().state(), ChangeState::Refused);
    server.leaves_mails_unread();
}

async fn the_code_is_personal(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);
    assert!(ann.accepts(&change, &noras).await.unwrap_err().is("TOKEN_INVALID"));
    assert!(nora.accepts(&change, &anns).await.unwrap_err().is("TOKEN_INVALID"));
    assert_eq!(server.inspects(&change, &anns).await.unwrap().account_id, ann.account_id);
    assert_eq!(server.inspects(&change, &noras).await.unwrap().account_id, nora.account_id);
}

async fn the_code_works_once(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, _) = (ann.reads_code().await, nora.reads_code().await);
    ann.accepts(&change, &anns).await.unwrap();
    assert!(ann.accepts(&change, &anns).await.unwrap_err().is("ALREADY_DECIDED"));
    assert!(ann.refuses(&change, &anns, "").await.unwrap_err().is("ALREADY_DECIDED"));
    assert_eq!(ann.sees(&change).await.unwrap().state(), ChangeState::Pending);
}

async fn the_code_is_different_for_the_two_contacts_who_get_one(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    ann.names(&nora).technical("example.com").await.unwrap();
    assert_ne!(ann.reads_code().await, nora.reads_code().await);
}

async fn the_link_in_the_mail_leads_to_the_change_and_fills_in_the_code(on: Engine) {
    let server = TestServer::start_with(on, "[page]\npublic_url = \"https://contacts.example.com/\"\n").await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    for person in [&ann, &nora] {
        let letter = person.reads_one("confirm").await;
        let link = format!("https://contacts.example.com/changes/{}#{}", change.change_id, letter.token());
        assert!(letter.text.lines().any(|line| line == link), "{}", letter.text);
        assert!(letter.html.contains(&format!("href=\"{link}\"")), "{}", letter.html);
    }
}

async fn who_missed_the_mail_corrects_the_address_of_his_account_and_has_it_sent_again(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, mut nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    nora.moves_to("nora@elsewhere.example").await;
    let resent = nora.asks_to_resend(&change).await.unwrap();
    assert_eq!(resent.confirmations[1].delivery.as_ref().unwrap().state(), DeliveryState::Queued);
    let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);
    ann.accepts(&change, &anns).await.unwrap();
    assert_eq!(nora.accepts(&change, &noras).await.unwrap().state(), ChangeState::Done);
    server.leaves_mails_unread();
}

async fn when_only_one_has_confirmed_the_change_waits_for_the_other_and_says_so(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (_, noras) = (ann.reads_code().await, nora.reads_code().await);
    let change = nora.accepts(&change, &noras).await.unwrap();
    assert_eq!(change.state(), ChangeState::Pending);
    let waits_for: Vec<_> =
        change.confirmations.iter().filter(|party| party.decide_time.is_none()).map(|it| &it.account_id).collect();
    assert_eq!(waits_for, [&ann.account_id]);
    assert_eq!(ann.sees_contacts("example.com").await[1], ann.account_id);
}

async fn the_contacts_shown_are_up_to_date_in_the_moment_of_the_last_confirmation(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);
    ann.accepts(&change, &anns).await.unwrap();
    assert!(nora.sees_service("example.com").await.unwrap_err().is("SERVICE_NOT_FOUND"));
    nora.accepts(&change, &noras).await.unwrap();
    assert_eq!(ann.sees_contacts("example.com").await[1], nora.account_id);
    assert_eq!(nora.lists_services().await.len(), 1);
    server.leaves_mails_unread();
}

async fn once_both_have_confirmed_the_change_is_applied_and_both_are_told(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;

    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);
    assert_eq!(ann.accepts(&change, &anns).await.unwrap().state(), ChangeState::Pending);
    assert_eq!(nora.accepts(&change, &noras).await.unwrap().state(), ChangeState::Done);

    ann.reads_one("done").await;
    nora.reads_one("done").await;
    tom.reads_one("replaced").await;
    assert_eq!(ann.sees_contacts("example.com").await[1], nora.account_id);
}
