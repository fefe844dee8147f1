//! Several processes on one database: what happens once happens once, whoever does it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use relevo_tests::{
    Call, Caller, Database, Engine, Home, Letter, Refused, TestServer, eventually,
    process::Serving,
    request_id,
    smtp::{Answer, Step, TestRelay},
    v1::{
        AcceptContactChangeRequest, ChangeState, Contacts, CreateAccountRequest, CreateContactChangesRequest,
        RefuseContactChangeRequest,
    },
};

const SOON: Duration = Duration::from_secs(20);
/// A change that another process asks for.
const ASKED: &str = "01932c07-0d5a-7cc3-9f2e-6d8f4b3f1a20";

/// How often each mail of a kind came, by its Message-ID.
fn counted<'a>(letters: impl IntoIterator<Item = &'a Letter>, kind: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for letter in letters.into_iter().filter(|letter| letter.kind == kind) {
        *counts.entry(letter.message_id.clone()).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_goes_through_any_of_them() {
    let first = TestServer::start(Engine::Postgres).await;
    let second = first.replica("").await;
    let [ann, nora] = first.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);
    let (here, there) = (Caller::over(first.channel()), Caller::over(second.channel()));
    let accepted = there.accept(&change.change_id, &ann.account_id, &anns, "").await.unwrap();
    let seen = ann.sees(&accepted).await.unwrap();
    assert_eq!(seen, accepted, "what was done at one is seen at the other");
    let done = here.accept(&change.change_id, &nora.account_id, &noras, "").await.unwrap();
    assert_eq!(done.state(), ChangeState::Done);
    assert_eq!(there.see_service("example.com").await.unwrap().contacts.unwrap().technical, nora.account_id);
    // A list begun at one of them is gone on with at another.
    let page = |page_token: String| relevo_tests::v1::ListAccountsRequest { page_size: 1, page_token };
    let begun = first.contacts().list_accounts(page(String::new())).await.unwrap().into_inner();
    let rest = second.contacts().list_accounts(page(begun.next_page_token)).await.unwrap().into_inner();
    assert_ne!(begun.accounts[0].account_id, rest.accounts[0].account_id);
    for person in [&ann, &nora] {
        person.reads_one("done").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accepting_races_refusing_through_two_of_them_and_one_wins() {
    let first = TestServer::start(Engine::Postgres).await;
    let second = first.replica("").await;
    let [ann, nora, tom] = first.people(["Ann", "Nora", "Tom"]).await;
    for n in 0..30 {
        let name = format!("example-{n}.com");
        ann.orders_beside(&name, &tom, &ann).await;
        let change = ann.names(&nora).technical(&name).await.unwrap();
        let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);
        ann.accepts(&change, &anns).await.unwrap();
        let accept = AcceptContactChangeRequest {
            change_id: change.change_id.clone(),
            account_id: nora.account_id.clone(),
            token: noras.clone(),
            ..Default::default()
        };
        let refuse = RefuseContactChangeRequest {
            change_id: change.change_id.clone(),
            account_id: nora.account_id.clone(),
            token: noras,
            ..Default::default()
        };
        let (mut here, mut there) = (first.requests(), second.requests());
        let (accepted, refused) = tokio::join!(here.accept_contact_change(accept), there.refuse_contact_change(refuse));
        let now = first.shows_operator(&change).await;
        let (winner, loser, kinds) = match now.state() {
            ChangeState::Done => (accepted.is_ok(), refused.map(drop).unwrap_err(), vec!["done", "done", "replaced"]),
            ChangeState::Refused => (refused.is_ok(), accepted.map(drop).unwrap_err(), vec!["refused"]),
            other => panic!("{other:?}"),
        };
        assert!(winner);
        assert!(Refused::from(loser).is("CHANGE_SETTLED"));
        let holder = first.shows_operator_service(&name).await.contacts.unwrap().technical;
        assert_eq!(holder == nora.account_id, now.state() == ChangeState::Done);
        let mut mailed: Vec<_> = first.take_mails().await.into_iter().map(|letter| letter.kind).collect();
        mailed.sort();
        assert_eq!(mailed, kinds);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_id_through_three_of_them_has_one_effect_and_equal_answers() {
    let first = TestServer::start(Engine::Postgres).await;
    let servers = [first.clone(), first.replica("").await, first.replica("").await];
    let [ann, nora] = first.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let account = relevo_tests::v1::Account {
        account_id: "zo000001-ovh".to_owned(),
        display_name: "Zoe".to_owned(),
        email: "zoe@example.com".to_owned(),
        ..Default::default()
    };
    let contacts = Some(Contacts { technical: nora.account_id.clone(), ..Default::default() });
    let asking = CreateContactChangesRequest {
        service_id: "example.com".to_owned(),
        requester: ann.account_id.clone(),
        contacts,
        ..Default::default()
    };
    let adding = CreateAccountRequest { account: Some(account), ..Default::default() };
    for call in [Call::from(adding), Call::from(asking)] {
        let call = call.under(request_id().parse().unwrap());
        let calls: Vec<_> = (0..21)
            .map(|n: usize| {
                let (server, call) = (servers[n % 3].clone(), call.clone());
                tokio::spawn(async move { call.send(&server).await })
            })
            .collect();
        let mut answers = BTreeSet::new();
        for answer in calls {
            answers.insert(answer.await.unwrap().unwrap());
        }
        assert_eq!(answers.len(), 1, "{answers:#?}");
    }
    assert_eq!(first.take_mails().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_several_add_or_change_at_once_is_added_once() {
    let first = TestServer::start(Engine::Postgres).await;
    let servers = [first.clone(), first.replica("").await];
    for round in 0..5 {
        let account_id = format!("zo{round:06}-ovh");
        let calls: Vec<_> = (0..10)
            .map(|n: usize| {
                let account = relevo_tests::v1::Account {
                    account_id: account_id.clone(),
                    display_name: format!("Zoe the {n}th"),
                    email: "zoe@example.com".to_owned(),
                    ..Default::default()
                };
                let upsert = relevo_tests::v1::UpdateAccountRequest {
                    account: Some(account),
                    allow_missing: true,
                    ..Default::default()
                };
                let server = servers[n % 2].clone();
                tokio::spawn(async move { Call::from(upsert).send(&server).await })
            })
            .collect();
        for call in calls {
            call.await.unwrap().unwrap();
        }
        let query =
            format!("SELECT count(*)::text FROM event WHERE account_id = '{account_id}' AND kind = 'account-created'");
        assert_eq!(first.database().await.texts(&query).await, ["1"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reminders_and_expiries_happen_once_however_many_sweep() {
    let first = TestServer::start(Engine::Postgres).await;
    let servers = [first.clone(), first.replica("").await, first.replica("").await];
    let [ann, nora] = first.people(["Ann", "Nora"]).await;
    let changes = 150;
    for n in 0..changes {
        let name = format!("example-{n}.com");
        ann.orders(&name).await;
        ann.names(&nora).technical(&name).await.unwrap();
    }
    let mut letters = first.take_mails().await;
    assert_eq!(counted(&letters, "confirm").len(), 2 * changes);
    for (kind, wait) in [("reminder", 6 * 24), ("expired", 24)] {
        first.advance(Duration::from_hours(wait));
        let sweeping: Vec<_> = (0..6)
            .map(|n: usize| {
                let server = servers[n % 3].clone();
                tokio::spawn(async move { server.sweep().await })
            })
            .collect();
        let mut swept = 0;
        for sweep in sweeping {
            swept += sweep.await.unwrap();
        }
        assert_eq!(swept, changes, "{kind}");
        let delivering: Vec<_> = servers
            .iter()
            .map(|server| {
                let server = server.clone();
                tokio::spawn(async move { server.deliver().await })
            })
            .collect();
        for delivery in delivering {
            delivery.await.unwrap();
        }
        for server in &servers {
            letters.extend(server.take_mails().await);
        }
        let counts = counted(&letters, kind);
        assert_eq!(counts.len(), 2 * changes, "{kind}");
        assert!(counts.values().all(|count| *count == 1), "{kind}: {counts:?}");
    }
}

/// Waits until somebody waits for a lock that this session has.
async fn is_waited_for(database: &mut Database) {
    eventually("somebody waits", SOON, async || {
        let waiting = "SELECT pid::text FROM pg_stat_activity
                       WHERE datname = current_database() AND pg_backend_pid() = ANY (pg_blocking_pids(pid))";
        (!database.texts(waiting).await.is_empty()).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_asked_for_while_an_address_changes_is_not_left_with_a_code_of_the_old_one() {
    let server = TestServer::start(Engine::Postgres).await;
    let [ann, mut nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    ann.orders("example.net").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    server.take_mails().await;
    // As another process does that asks for the change, and has not ended yet when the address changes.
    let mut other = server.database().await;
    let id = &change.change_id;
    let kept = format!(
        "CREATE TABLE kept AS SELECT * FROM contact_change WHERE change_id = '{id}';
         CREATE TABLE kept_confirmation AS SELECT * FROM confirmation WHERE change_id = '{id}';
         UPDATE contact_change SET state = 'cancelled', settle_time = 1, cause = 'operator' WHERE change_id = '{id}';
         UPDATE kept SET change_id = '{ASKED}';
         UPDATE kept_confirmation SET change_id = '{ASKED}';
         BEGIN;
         INSERT INTO contact_change SELECT * FROM kept;
         INSERT INTO confirmation SELECT * FROM kept_confirmation;"
    );
    other.run(&kept).await;
    let moving = tokio::spawn(async move {
        nora.moves_to("nora@example.net").await;
        nora
    });
    is_waited_for(&mut other).await;
    other.run("COMMIT").await;
    let nora = moving.await.unwrap();
    let good = format!(
        "SELECT token_is_good::text FROM confirmation WHERE change_id = '{ASKED}' AND account_id = '{}'",
        nora.account_id
    );
    assert_eq!(other.texts(&good).await, ["false"]);
    let warned: Vec<_> = server.take_mails().await.iter().map(|it| (it.kind.clone(), it.to.clone())).collect();
    assert_eq!(warned, [("address-changed".to_owned(), "nora@example.com".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_loses_a_deadlock_begins_anew() {
    let server = TestServer::start(Engine::Postgres).await;
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let mut other = server.database().await;
    // It is the call that is to lose.
    other.run("SET deadlock_timeout = '1min'; BEGIN; SELECT 1 FROM account FOR UPDATE").await;
    let asking = tokio::spawn({
        let (ann, nora) = (ann.clone(), nora.clone());
        async move { ann.names(&nora).technical("example.com").await }
    });
    is_waited_for(&mut other).await;
    other.run("SELECT 1 FROM service FOR UPDATE").await;
    other.run("COMMIT").await;
    asking.await.unwrap().unwrap();
    assert_eq!(server.take_mails().await.len(), 2);
    assert_eq!(server.database().await.texts("SELECT count(*)::text FROM contact_change").await, ["1"]);
}

/// A relay that is silent at the end of a mail until it is let go.
async fn relay_that_holds() -> TestRelay {
    let relay = TestRelay::start().await;
    relay.answers(Step::Dot, Answer::Hold(Some("250 2.0.0 Ok")));
    relay
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_in_the_hands_of_one_that_hangs_is_taken_over_and_the_first_is_not_heard() {
    let stuck = relay_that_holds().await;
    let first = TestServer::start_with(Engine::Postgres, &stuck.settings()).await;
    first.leaves_mails_unread();
    let well = TestRelay::start().await;
    let second = first.replica(&well.settings()).await;
    let ann = first.person("Ann").await;
    let tom = first.person("Tom").await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = ann.names(&ann).technical("example.com").await.unwrap();

    let hanging = tokio::spawn({
        let first = first.clone();
        async move { first.deliver().await }
    });
    stuck.holds().await;
    second.deliver().await;
    assert!(well.take().is_empty(), "it is in the hands of another");
    // Longer than a lease; the first cannot renew it, as no time has passed for it to do so.
    first.advance(Duration::from_secs(31));
    second.deliver().await;
    let taken = well.take();
    assert_eq!(taken.len(), 1);
    let delivery = |server: TestServer| {
        let change = change.clone();
        async move {
            let now = server.shows_operator(&change).await;
            let delivery = now.confirmations[0].delivery.clone().unwrap();
            (delivery.state(), delivery.attempts)
        }
    };
    let recorded = delivery(first.clone()).await;
    assert_eq!(recorded, (relevo_tests::v1::DeliveryState::Sent, 1));
    stuck.lets_go();
    hanging.await.unwrap();
    let late = stuck.take();
    assert_eq!((late.len(), &late[0].message_id, &late[0].token), (1, &taken[0].message_id, &taken[0].token));
    assert_eq!(delivery(first.clone()).await, recorded, "what the first says is no longer heard");
}

/// Starts a process of an installation that sends its mails to a relay.
async fn process(home: &Home, relay: &TestRelay) -> Serving {
    process_with(home, relay, &[]).await
}

async fn process_with(home: &Home, relay: &TestRelay, more: &[(&'static str, &str)]) -> Serving {
    let port = relay.address.port().to_string();
    let mut environment = home.environment();
    environment.extend([("RELEVO__MAIL__TRANSPORT", "smtp".to_owned()), ("RELEVO__MAIL__SMTP__PORT", port)]);
    environment.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Serving::start(home.folder(), &environment).await
}

async fn settles(caller: &Caller) {
    for account in ["an000001-ovh", "no000002-ovh"] {
        caller.account(account, "").await.unwrap();
    }
    caller.service("example.com", "an000001-ovh", "").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_has_queued_another_sends_that_was_not_woken() {
    let home = Home::new(Engine::Postgres).await;
    let (stuck, well) = (relay_that_holds().await, TestRelay::start().await);
    // With one hand.
    let first = process_with(&home, &stuck, &[("RELEVO__MAIL__SMTP__CONNECTIONS", "1")]).await;
    let second = process(&home, &well).await;
    settles(&first.caller()).await;
    let asked = Instant::now();
    first.caller().ask("example.com", "an000001-ovh", "no000002-ovh", "").await.unwrap();
    stuck.holds().await;
    // The first has one of the two mails in hand, and no hand for the other.
    let mut taken = Vec::new();
    eventually("the other mail", SOON, async || {
        taken.extend(well.take());
        (!taken.is_empty()).then_some(())
    })
    .await;
    assert!(asked.elapsed() < Duration::from_secs(10), "with a poll, and not when a lease is over");
    stuck.lets_go();
    eventually("the mail in hand", SOON, async || {
        taken.extend(stuck.take());
        (taken.len() == 2).then_some(())
    })
    .await;
    assert_ne!(taken[0].message_id, taken[1].message_id);
    drop((first, second));
}
