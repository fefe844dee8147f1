//! Accounts that are deleted, and changes that are removed when they ended long ago.

use std::time::Duration;

use relevo_tests::{
    Call, Engine, Person, Refused, TestServer, on_every_engine,
    smtp::{Answer, Step, TestRelay},
    v1::{
        Account, ChangeState, ContactChange, CreateAccountRequest, DeleteAccountRequest, GetAccountRequest,
        ListAccountsRequest, ListServiceEventsRequest, UpdateAccountRequest,
    },
};

on_every_engine!(
    an_account_is_not_deleted_as_long_as_anything_needs_it,
    nothing_is_kept_of_a_deleted_account_but_its_id,
    what_a_relay_says_of_an_account_that_was_deleted_meanwhile_is_not_kept,
    a_repeated_call_shows_of_a_deleted_account_its_id_alone,
    a_deleted_account_is_found_by_no_call,
    an_account_is_deleted_only_at_the_version_that_was_seen,
    a_mail_names_a_deleted_account_by_its_id,
    the_same_id_added_again_is_a_new_account,
    the_same_id_added_again_sees_nothing_of_what_was_before,
    a_chain_that_was_taken_away_is_not_begun_anew_with_its_id,
    of_a_naming_and_a_deletion_at_once_one_comes_to_nothing,
    what_ended_long_ago_is_removed_and_its_history_stays,
    a_change_is_not_removed_before_its_last_mail,
    a_notice_of_a_new_address_is_removed_when_it_is_old,
    unless_told_otherwise_every_change_is_kept,
);

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Ann's service, whose technical role passes from Tom to Nora; all mails are read.
async fn handed_over(server: &TestServer) -> ([Person; 3], ContactChange) {
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let codes = [ann.reads_code().await, nora.reads_code().await];
    for (party, code) in [&ann, &nora].into_iter().zip(codes) {
        party.accepts(&change, &code).await.unwrap();
    }
    server.take_mails().await;
    ([ann, tom, nora], change)
}

async fn an_account_is_not_deleted_as_long_as_anything_needs_it(on: Engine) {
    let server = TestServer::start(on).await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let refused = async |who: &Person, why: &str| {
        let before = server.everything_stored().await;
        let refused = who.leaves().await.unwrap_err();
        assert_eq!(refused.reason, "ACCOUNT_IN_USE");
        assert!(refused.message.contains(why), "{}", refused.message);
        assert_eq!(server.everything_stored().await, before);
    };
    refused(&tom, "is a contact of a service").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    refused(&nora, "has a part in an open contact change").await;
    let codes = [ann.reads_code().await, nora.reads_code().await];
    for (party, code) in [&ann, &nora].into_iter().zip(codes) {
        party.accepts(&change, &code).await.unwrap();
    }
    // He holds nothing any more, and is still to be told.
    refused(&tom, "has a mail that is still to be sent").await;
    server.take_mails().await;
    tom.leaves().await.unwrap();
    refused(&nora, "is a contact of a service").await;

    // From its expiry to the mail that says so, too.
    let omar = server.person("Omar").await;
    let change = ann.names(&omar).billing("example.com").await.unwrap();
    server.take_mails().await;
    server.advance(7 * DAY);
    assert_eq!(omar.sees(&change).await.unwrap().state(), ChangeState::Expired);
    refused(&omar, "has a part in an open contact change").await;
    server.sweep().await;
    refused(&omar, "has a mail that is still to be sent").await;
    server.take_mails().await;
    omar.leaves().await.unwrap();
    refused(&ann, "is a contact of a service").await;
    server.deletes_service("example.com").await;
    for person in [&ann, &nora] {
        person.leaves().await.unwrap();
    }
    server.has_whole_history().await;
}

async fn nothing_is_kept_of_a_deleted_account_but_its_id(on: Engine) {
    let relay = TestRelay::start().await;
    let server = TestServer::start_with(on, &relay.settings()).await;
    server.leaves_mails_unread();
    let ann = server.person("Ann").await;
    let mut zoe = server.person_speaking("Zoe", "pl").await;
    ann.orders("example.com").await;
    relay.answers_recipient(&zoe.email, "450 4.2.1 zoe@example.com is over quota");
    let change = ann.names(&zoe).technical("example.com").await.unwrap();
    server.deliver().await;
    relay.goes_along();
    zoe.moves_to("zoe@new.example").await;
    server.deliver().await;
    ann.cancels(&change).await.unwrap();
    server.deliver().await;
    let kept = async || {
        let stored = server.everything_stored().await;
        let kept = |text: &str| stored.values().flatten().any(|row| row.to_lowercase().contains(text));
        ["zoe@example.com", "zoe@new.example", "'zoe'", ",zoe,", "pl,", "'pl'"].iter().any(|text| kept(text))
    };
    assert!(kept().await, "what is looked for would be found");
    server.advance(DAY);
    zoe.leaves().await.unwrap();
    assert!(!kept().await, "{:?}", server.everything_stored().await);
    let seen = server.shows_operator(&change).await;
    assert_eq!((&seen.nominee, seen.state()), (&zoe.account_id, ChangeState::Cancelled));
    assert_eq!(ann.sees(&change).await.unwrap().confirmations.len(), 2);
    server.has_whole_history().await;
}

async fn what_a_relay_says_of_an_account_that_was_deleted_meanwhile_is_not_kept(on: Engine) {
    for added_again in [false, true] {
        let relay = TestRelay::start().await;
        let server = TestServer::start_with(on, &relay.settings()).await;
        server.leaves_mails_unread();
        let [ann, zoe] = server.people(["Ann", "Zoe"]).await;
        ann.orders("example.com").await;
        let change = ann.names(&zoe).technical("example.com").await.unwrap();
        server.deliver().await;
        let letters = relay.take();
        let code = |of: &Person| letters.iter().find(|letter| letter.to == of.email).unwrap().token();
        ann.accepts(&change, &code(&ann)).await.unwrap();
        server.advance(6 * DAY);
        server.sweep().await;
        // The reminder hangs in a slow relay while she refuses and leaves.
        relay.answers(Step::Rcpt, Answer::Hold(Some("550 5.1.1 <zoe@example.com>: rejected")));
        let sending = tokio::spawn({
            let server = server.clone();
            async move { server.deliver().await }
        });
        relay.holds().await;
        zoe.refuses(&change, &code(&zoe), "").await.unwrap();
        zoe.leaves().await.unwrap();
        if added_again {
            adds_again(&server, &zoe, "another@example.com").await;
        }
        relay.lets_go();
        sending.await.unwrap();
        let rows = server.everything_stored().await;
        assert!(!keeps(&rows, &zoe.email), "{rows:?}");
        server.has_whole_history().await;
    }
}

async fn a_repeated_call_shows_of_a_deleted_account_its_id_alone(on: Engine) {
    let server = TestServer::start(on).await;
    let account = Account {
        account_id: "zz123456-ovh".to_owned(),
        display_name: "zoe of the mill".to_owned(),
        email: "zoe@example.com".to_owned(),
        ..Default::default()
    };
    let create = CreateAccountRequest {
        account: Some(account.clone()),
        request_id: "5f3c0e6e-8d0b-4a5e-9d2c-0f5b1a7c9e42".to_owned(),
        ..Default::default()
    };
    let moved = Account { email: "zoe@new.example".to_owned(), ..account.clone() };
    let update = UpdateAccountRequest {
        account: Some(moved),
        request_id: "5f3c0e6e-8d0b-4a5e-9d2c-0f5b1a7c9e43".to_owned(),
        ..Default::default()
    };
    let mut contacts = server.contacts();
    contacts.create_account(create.clone()).await.unwrap();
    contacts.update_account(update.clone()).await.unwrap();
    let told = ["zoe@example.com", "zoe@new.example", "zoe of the mill"];
    let rows = server.everything_stored().await;
    for text in told {
        assert!(keeps(&rows, text), "what is looked for would be found");
    }
    let delete = DeleteAccountRequest { account_id: account.account_id.clone(), ..Default::default() };
    contacts.delete_account(delete.clone()).await.unwrap();
    let rows = server.everything_stored().await;
    for text in told {
        assert!(!keeps(&rows, text), "{text}: {rows:?}");
    }
    let id_alone = Account { account_id: account.account_id.clone(), ..Default::default() };
    let before = server.everything_stored().await;
    let created = contacts.create_account(create.clone()).await.unwrap().into_inner().account;
    let updated = contacts.update_account(update).await.unwrap().into_inner().account;
    assert_eq!([created, updated], [Some(id_alone.clone()), Some(id_alone)]);
    assert_eq!(server.everything_stored().await, before, "a repeated call does nothing");
    let other = CreateAccountRequest { account: Some(Account { language: "es".to_owned(), ..account }), ..create };
    assert!(Call::from(other).send(&server).await.unwrap_err().is("REQUEST_ID_REUSED"));
    server.has_whole_history().await;
}

/// Whether a text is in any row, as text or as bytes.
fn keeps(rows: &std::collections::BTreeMap<String, Vec<String>>, text: &str) -> bool {
    let hexadecimal = text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    rows.values().flatten().any(|row| [text, &hexadecimal].iter().any(|form| row.to_lowercase().contains(form)))
}

/// Adds an account under the id that somebody had.
async fn adds_again(server: &TestServer, person: &Person, email: &str) {
    let account = Account {
        account_id: person.account_id.clone(),
        display_name: "Another".to_owned(),
        email: email.to_owned(),
        ..Default::default()
    };
    let create = CreateAccountRequest { account: Some(account), ..Default::default() };
    server.contacts().create_account(create).await.unwrap();
}

async fn a_deleted_account_is_found_by_no_call(on: Engine) {
    let server = TestServer::start(on).await;
    let ([ann, tom, _], change) = handed_over(&server).await;
    tom.leaves().await.unwrap();
    let account_id = tom.account_id.clone();
    let account = Account { account_id: account_id.clone(), email: "tom@example.org".to_owned(), ..Default::default() };
    for call in [
        Call::from(GetAccountRequest { account_id: account_id.clone() }),
        Call::from(DeleteAccountRequest { account_id: account_id.clone(), ..Default::default() }),
        Call::from(relevo_tests::v1::SendTestMailRequest { account_id: account_id.clone() }),
        Call::from(relevo_tests::v1::UpdateAccountRequest { account: Some(account), ..Default::default() }),
    ] {
        let refused = call.clone().send(&server).await.unwrap_err();
        assert_eq!(
            (refused.reason.as_str(), &refused.metadata["account_id"]),
            ("ACCOUNT_NOT_FOUND", &account_id),
            "{call:?}"
        );
    }
    let listed = server.contacts().list_accounts(ListAccountsRequest::default()).await.unwrap().into_inner().accounts;
    assert!(listed.len() == 2 && listed.iter().all(|account| account.account_id != account_id));
    assert!(ann.names(&tom).technical("example.com").await.unwrap_err().is("ACCOUNT_NOT_FOUND"));
    let order = relevo_tests::v1::CreateServiceRequest {
        service: Some(relevo_tests::v1::Service {
            service_id: "example.net".to_owned(),
            kind: "domain".to_owned(),
            ..Default::default()
        }),
        account_id: account_id.clone(),
        ..Default::default()
    };
    assert!(Call::from(order).send(&server).await.unwrap_err().is("ACCOUNT_NOT_FOUND"));
    assert_eq!(ann.sees(&change).await.unwrap().incumbent, account_id, "what has ended still says who it was");
    assert!(tom.sees(&change).await.unwrap_err().is("CHANGE_NOT_FOUND"), "and is hidden from whoever asks in its name");
    server.has_whole_history().await;
}

async fn the_same_id_added_again_sees_nothing_of_what_was_before(on: Engine) {
    let server = TestServer::start(on).await;
    let ([ann, tom, nora], change) = handed_over(&server).await;
    server.deletes_service("example.com").await;
    for person in [&ann, &tom, &nora] {
        person.leaves().await.unwrap();
        for added_again in [false, true] {
            if added_again {
                adds_again(&server, person, "another@example.com").await;
            }
            assert!(person.sees(&change).await.unwrap_err().is("CHANGE_NOT_FOUND"));
            assert!(person.sees_events(&change).await.unwrap_err().is("CHANGE_NOT_FOUND"));
            assert!(person.lists_changes().await.is_empty() && person.lists_services().await.is_empty());
        }
    }
    let kept = server.shows_operator(&change).await;
    assert_eq!([kept.requester, kept.incumbent, kept.nominee], [ann, tom, nora].map(|person| person.account_id));
    server.has_whole_history().await;
}

async fn a_chain_that_was_taken_away_is_not_begun_anew_with_its_id(on: Engine) {
    let server = TestServer::start(on).await;
    let tom = server.person("Tom").await;
    tom.leaves().await.unwrap();
    let chain = format!("account/{}", tom.account_id);
    let take_away = format!("DELETE FROM event WHERE chain = '{chain}'; DELETE FROM chain WHERE name = '{chain}'");
    server.database().await.run(&take_away).await;
    let missing = format!("{chain} head: missing");
    assert_eq!(server.audit().await, [missing.as_str()]);
    adds_again(&server, &tom, "another@example.com").await;
    let found = server.audit().await;
    assert!(found.contains(&missing), "{found:?}");
}

async fn an_account_is_deleted_only_at_the_version_that_was_seen(on: Engine) {
    let server = TestServer::start(on).await;
    let tom = server.person("Tom").await;
    let get = GetAccountRequest { account_id: tom.account_id.clone() };
    let etag = server.contacts().get_account(get).await.unwrap().into_inner().account.unwrap().etag;
    tom.has_bills(relevo_tests::v1::BillingStanding::Overdue).await;
    let delete = async |etag: &str| -> Result<String, Refused> {
        let (account_id, etag) = (tom.account_id.clone(), etag.to_owned());
        Call::from(DeleteAccountRequest { account_id, etag, ..Default::default() }).send(&server).await
    };
    assert_eq!(delete(&etag).await.unwrap_err().reason, "ETAG_MISMATCH");
    let get = GetAccountRequest { account_id: tom.account_id.clone() };
    let etag = server.contacts().get_account(get).await.unwrap().into_inner().account.unwrap().etag;
    delete(&etag).await.unwrap();
    assert_eq!(delete(&etag).await.unwrap_err().reason, "ACCOUNT_NOT_FOUND", "it is not there twice");
    server.has_whole_history().await;
}

async fn a_mail_names_a_deleted_account_by_its_id(on: Engine) {
    let relay = TestRelay::start().await;
    let server = TestServer::start_with(on, &relay.settings()).await;
    server.leaves_mails_unread();
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    server.deliver().await;
    let noras = relay.take().into_iter().find(|letter| letter.to == nora.email).unwrap().token();
    relay.answers_recipient(&ann.email, "450 4.2.1 mailbox busy");
    nora.refuses(&change, &noras, "").await.unwrap();
    server.deliver().await;
    nora.leaves().await.unwrap();
    relay.goes_along();
    server.advance(Duration::from_secs(3600));
    server.deliver().await;
    let letters = relay.take();
    let told = letters.iter().find(|letter| letter.kind == "refused").unwrap();
    assert!(told.text.contains(&nora.account_id) && !told.text.contains("Nora"), "{}", told.text);
    server.has_whole_history().await;
}

async fn the_same_id_added_again_is_a_new_account(on: Engine) {
    let server = TestServer::start(on).await;
    let ([ann, mut tom, _], change) = handed_over(&server).await;
    let get = GetAccountRequest { account_id: tom.account_id.clone() };
    let before = server.contacts().get_account(get.clone()).await.unwrap().into_inner().account.unwrap();
    tom.leaves().await.unwrap();
    server.advance(DAY);
    let account = Account {
        account_id: tom.account_id.clone(),
        display_name: "Another Tom".to_owned(),
        email: "another@example.com".to_owned(),
        ..Default::default()
    };
    let create = CreateAccountRequest { account: Some(account), ..Default::default() };
    let made = server.contacts().create_account(create.clone()).await.unwrap().into_inner().account.unwrap();
    assert_eq!(server.contacts().get_account(get).await.unwrap().into_inner().account.unwrap(), made);
    assert!(made.create_time.unwrap().seconds > before.create_time.unwrap().seconds && made.etag != before.etag);
    assert!(Call::from(create).send(&server).await.unwrap_err().is("ACCOUNT_EXISTS"));
    tom.email = "another@example.com".to_owned();

    // Mail readers know mails by their ids: those of the account before are no others'.
    let mut ids = Vec::new();
    for round in 0..2 {
        let change = ann.names(&tom).billing("example.com").await.unwrap();
        server.deliver().await;
        let old = tom.email.clone();
        tom.moves_to(&format!("tom{round}@example.com")).await;
        let letters = server.take_mails().await;
        ids.extend(
            letters.iter().filter(|it| it.kind == "address-changed" && it.to == old).map(|it| it.message_id.clone()),
        );
        ann.cancels(&change).await.unwrap();
        server.take_mails().await;
        if round == 0 {
            tom.leaves().await.unwrap();
            let account = Account {
                account_id: tom.account_id.clone(),
                display_name: "Tom".to_owned(),
                email: "third@example.com".to_owned(),
                ..Default::default()
            };
            let create = CreateAccountRequest { account: Some(account), ..Default::default() };
            server.contacts().create_account(create).await.unwrap();
            tom.email = "third@example.com".to_owned();
        }
    }
    assert!(ids.len() == 2 && ids[0] != ids[1], "{ids:?}");
    assert_eq!(server.shows_operator(&change).await.incumbent, tom.account_id);
    let kinds = format!(
        "SELECT kind FROM event WHERE account_id = '{}' AND service_key IS NULL ORDER BY sequence",
        tom.account_id
    );
    let kinds = server.database().await.texts(&kinds).await;
    let [created, deleted, updated] = ["account-created", "account-deleted", "account-updated"];
    let again = "account-recreated";
    assert_eq!(kinds, [created, deleted, again, updated, deleted, again, updated], "one history of the id");
    server.has_whole_history().await;
}

async fn of_a_naming_and_a_deletion_at_once_one_comes_to_nothing(on: Engine) {
    let server = TestServer::start(on).await;
    server.leaves_mails_unread();
    let ann = server.person("Ann").await;
    for round in 0..8 {
        let nominee = server.person(&format!("Nora{}", char::from(b'a' + round))).await;
        let service_id = format!("s{round}.example");
        ann.orders(&service_id).await;
        let (asking, naming, leaving) = (service_id.clone(), ann.names(&nominee), nominee.clone());
        let (named, left) = tokio::join!(
            tokio::spawn(async move { naming.technical(&asking).await }),
            tokio::spawn(async move { leaving.leaves().await })
        );
        match (named.unwrap(), left.unwrap()) {
            (Ok(_), Err(refused)) => assert_eq!(refused.reason, "ACCOUNT_IN_USE"),
            (Err(refused), Ok(())) => assert_eq!(refused.reason, "ACCOUNT_NOT_FOUND"),
            other => panic!("{other:?}"),
        }
    }
    server.has_whole_history().await;
}

/// How many rows each table holds that is about changes.
async fn rows_of_changes(server: &TestServer) -> Vec<usize> {
    let stored = server.everything_stored().await;
    let tables = ["contact_change", "confirmation", "participant", "seal", "outbox"];
    tables.map(|table| stored[table].len()).into()
}

async fn what_ended_long_ago_is_removed_and_its_history_stays(on: Engine) {
    let server = TestServer::start_with(on, "[change]\nretention = \"30d\"").await;
    let ([ann, tom, nora], done) = handed_over(&server).await;
    let expired = ann.names(&tom).billing("example.com").await.unwrap();
    server.take_mails().await;
    server.advance(7 * DAY);
    server.sweep().await;
    server.take_mails().await;
    server.advance(23 * DAY);
    assert_eq!(server.removes_old_changes().await, 0, "it ended 30 days ago, and not longer");
    server.advance(Duration::from_micros(1));
    let open = ann.names(&tom).technical("example.com").await.unwrap();
    server.take_mails().await;
    let before = rows_of_changes(&server).await;
    assert_eq!(server.removes_old_changes().await, 1);
    assert!(rows_of_changes(&server).await.iter().zip(&before).all(|(after, before)| after < before));
    for person in [&ann, &nora, &tom] {
        assert!(person.sees(&done).await.unwrap_err().is("CHANGE_NOT_FOUND"));
        assert!(person.sees_events(&done).await.unwrap_err().is("CHANGE_NOT_FOUND"));
    }
    assert_eq!(ann.sees(&expired).await.unwrap().state(), ChangeState::Expired);
    assert_eq!(ann.sees(&open).await.unwrap().state(), ChangeState::Pending);
    assert_eq!(ann.sees_contacts("example.com").await[1], nora.account_id, "what it did stays");

    let request = ListServiceEventsRequest { service_id: "example.com".to_owned(), ..Default::default() };
    let events = server.contacts().list_service_events(request).await.unwrap().into_inner().events;
    let of_done: Vec<_> = events
        .iter()
        .filter(|event| event.change_id == done.change_id)
        .map(|event| event.kind().as_str_name().replace("EVENT_KIND_CHANGE_", "").to_lowercase())
        .collect();
    assert_eq!(of_done, ["removed", "done", "accepted", "accepted", "opened"]);
    assert_eq!(events.iter().map(|event| event.sequence).max(), i64::try_from(events.len()).ok());
    assert_eq!(server.removes_old_changes().await, 0);
    server.advance(8 * DAY);
    assert_eq!(server.removes_old_changes().await, 1, "the expired one");
    server.sweep().await;
    server.take_mails().await;
    tom.leaves().await.unwrap();
    server.has_whole_history().await;
}

async fn a_change_is_not_removed_before_its_last_mail(on: Engine) {
    let relay = TestRelay::start().await;
    let settings = format!("{}\n[change]\nretention = \"1m\"", relay.settings());
    let server = TestServer::start_with(on, &settings).await;
    server.leaves_mails_unread();
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    server.deliver().await;
    relay.answers_recipient(&nora.email, "450 4.2.1 mailbox busy");
    ann.cancels(&change).await.unwrap();
    server.deliver().await;
    server.advance(Duration::from_secs(3600));
    assert_eq!(server.removes_old_changes().await, 0);
    relay.goes_along();
    server.deliver().await;
    assert_eq!(server.removes_old_changes().await, 1);
    assert!(ann.sees(&change).await.unwrap_err().is("CHANGE_NOT_FOUND"));
    server.has_whole_history().await;
}

async fn a_notice_of_a_new_address_is_removed_when_it_is_old(on: Engine) {
    let relay = TestRelay::start().await;
    let settings = format!("{}\n[change]\nretention = \"1d\"", relay.settings());
    let server = TestServer::start_with(on, &settings).await;
    server.leaves_mails_unread();
    let [ann, mut nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    ann.names(&nora).technical("example.com").await.unwrap();
    server.deliver().await;
    let notices = async || server.database().await.texts("SELECT kind FROM outbox WHERE change_id IS NULL").await;
    // The notice of the first move is sent; that of the second waits.
    nora.moves_to("nora@new.example").await;
    server.deliver().await;
    server.advance(Duration::from_secs(1));
    nora.asks_to_resend(&ann.lists_changes().await[0]).await.unwrap();
    server.deliver().await;
    relay.answers_recipient("nora@new.example", "450 4.2.1 mailbox busy");
    nora.moves_to("nora@newer.example").await;
    server.deliver().await;
    assert_eq!(notices().await.len(), 2);
    server.advance(DAY - Duration::from_secs(1));
    assert_eq!(server.removes_old_changes().await, 0, "it is a day old, and not older");
    server.advance(Duration::from_micros(1));
    assert_eq!(server.removes_old_changes().await, 1);
    server.advance(DAY);
    assert_eq!(server.removes_old_changes().await, 0, "it is not sent yet");
    relay.goes_along();
    server.deliver().await;
    assert_eq!(server.removes_old_changes().await, 1);
    assert_eq!(notices().await, [""; 0]);
    assert_eq!(server.removes_old_changes().await, 0);
    let left = "SELECT CAST(count(*) AS text) FROM attempt WHERE mail_id NOT IN (SELECT mail_id FROM outbox)";
    assert_eq!(server.database().await.texts(left).await, ["0"]);
    server.has_whole_history().await;
}

async fn unless_told_otherwise_every_change_is_kept(on: Engine) {
    let server = TestServer::start(on).await;
    let ([ann, ..], change) = handed_over(&server).await;
    server.advance(3650 * DAY);
    assert_eq!(server.removes_old_changes().await, 0);
    assert_eq!(ann.sees(&change).await.unwrap().state(), ChangeState::Done);
}
