//! Thousands of changes on one server, and a sweeper that keeps up with them.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a story that cannot go on stops, and says what it has measured"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use relevo_tests::{
    Caller, Letter, eventually,
    process::Serving,
    smtp::TestRelay,
    v1::{ChangeState, ContactChange, ListContactChangesRequest},
};

const CONFIRMED: usize = 1000;
const EXPIRED: usize = 2000;
const AT_ONCE: usize = 16;
const IN_TIME: Duration = Duration::from_secs(120);

const ANN: &str = "an000001-ovh";
const NORA: &str = "no000002-ovh";

async fn start(folder: &std::path::Path, relay: &TestRelay, more: &[(&str, &str)]) -> Serving {
    let port = relay.address.port().to_string();
    let mut environment = vec![
        ("RELEVO__MAIL__TRANSPORT", "smtp"),
        ("RELEVO__MAIL__SMTP__PORT", port.as_str()),
        ("RELEVO__LOG__FILTER", "warn,relevo_server::command=info"),
    ];
    environment.extend(more);
    Serving::start(folder, &environment).await
}

/// Registers services and asks for a change of each, many at once.
async fn asks_for(caller: &Caller, names: Vec<String>) -> Vec<ContactChange> {
    let share = names.len().div_ceil(AT_ONCE);
    let asking = names.chunks(share).map(|names| {
        let (caller, names) = (caller.clone(), names.to_vec());
        tokio::spawn(async move {
            let mut changes = Vec::new();
            for name in names {
                caller.service(&name, ANN, "").await.unwrap();
                changes.push(caller.ask(&name, ANN, NORA, "").await.unwrap());
            }
            changes
        })
    });
    let mut changes = Vec::new();
    for asked in asking.collect::<Vec<_>>() {
        changes.extend(asked.await.unwrap());
    }
    changes
}

/// Waits until as many mails of a kind have come.
async fn come(relay: &TestRelay, letters: &mut BTreeMap<String, Letter>, kind: &str, count: usize) {
    eventually(&format!("{count} mails {kind}"), IN_TIME, async || {
        for letter in relay.take() {
            let id = letter.message_id.clone();
            assert!(letters.insert(id.clone(), letter).is_none(), "{id} came twice");
        }
        (letters.values().filter(|letter| letter.kind == kind).count() >= count).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_changes_are_asked_for_confirmed_and_expire_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let relay = TestRelay::start().await;
    let mut letters = BTreeMap::new();

    let serving = start(folder.path(), &relay, &[]).await;
    let caller = serving.caller();
    for account in [ANN, NORA] {
        caller.account(account, "").await.unwrap();
    }
    let begin = Instant::now();
    let changes = asks_for(&caller, (0..CONFIRMED).map(|n| format!("c{n}.example.com")).collect()).await;
    let asked = begin.elapsed();
    come(&relay, &mut letters, "confirm", 2 * CONFIRMED).await;
    let mailed = begin.elapsed();
    let begin = Instant::now();
    let share = changes.len().div_ceil(AT_ONCE);
    let confirming = changes.chunks(share).map(|changes| {
        let token = |change: &ContactChange, account: &str| {
            letters[&format!("confirm.{}.{account}.1@relevo.example", change.change_id)].token()
        };
        let work: Vec<_> = changes
            .iter()
            .flat_map(|change| [ANN, NORA].map(|account| (change.change_id.clone(), account, token(change, account))))
            .collect();
        let caller = caller.clone();
        tokio::spawn(async move {
            for (change_id, account, token) in work {
                caller.accept(&change_id, account, &token, "").await.unwrap();
            }
        })
    });
    for confirmed in confirming.collect::<Vec<_>>() {
        confirmed.await.unwrap();
    }
    let accepted = begin.elapsed();
    come(&relay, &mut letters, "done", 2 * CONFIRMED).await;
    println!("{CONFIRMED} changes asked for in {asked:?}, mailed in {mailed:?}, confirmed in {accepted:?}");
    for change in &changes {
        assert_eq!(caller.see(&change.change_id).await.unwrap().state(), ChangeState::Done);
        assert_eq!(caller.see_service(&change.service_id).await.unwrap().contacts.unwrap().technical, NORA);
    }
    serving.signal("TERM").await;
    assert!(serving.ended().await);

    // The same installation, where a change now has two seconds.
    let serving = start(folder.path(), &relay, &[("RELEVO__CHANGE__LIFETIME", "2s")]).await;
    let caller = serving.caller();
    let begin = Instant::now();
    let changes = asks_for(&caller, (0..EXPIRED).map(|n| format!("e{n}.example.com")).collect()).await;
    println!("{EXPIRED} changes asked for in {:?}", begin.elapsed());
    come(&relay, &mut letters, "expired", 2 * EXPIRED).await;
    println!("and the last that it has expired was told {:?} after the first was asked for", begin.elapsed());

    let mut latest = 0;
    for change in &changes {
        assert_eq!(caller.see(&change.change_id).await.unwrap().state(), ChangeState::Expired);
        for account in [ANN, NORA] {
            // A mail bears the date of the moment at which the sweeper ended the change.
            let letter = &letters[&format!("expired.{}.{account}.0@relevo.example", change.change_id)];
            let late = letter.date.as_second() - change.expire_time.unwrap().seconds;
            assert!((0..=5).contains(&late), "{} was ended {late} s after its time", change.change_id);
            latest = latest.max(late);
        }
    }
    println!("at the latest {latest} s after its time");

    // All of them are listed, each once.
    let mut listed = BTreeSet::new();
    let mut page_token = String::new();
    loop {
        let request = ListContactChangesRequest { page_size: 1000, page_token, ..Default::default() };
        let page = caller.requests.clone().list_contact_changes(request).await.unwrap().into_inner();
        for change in page.changes {
            assert!(listed.insert(change.change_id.clone()), "{} is listed twice", change.change_id);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(listed.len(), CONFIRMED + EXPIRED);
}
