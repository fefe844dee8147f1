//! That every call makes as many queries for three hundred rows as for three, and that an index serves each of them.
//!
//! What is filled in and what is called is the same for all engines; how a plan is found out, and what it should be, is
//! not.

mod plan_log;
mod postgres;
mod sqlite;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use relevo_domain::{
    AccountId, ChangeId, Contacts, Effects, EmailAddress, Event, EventKind, Keyring, Kind, Mail, MailKind, Nonce, Role,
    Roles, Seal, ServiceId, ServiceKey, contact_change::ChangeState,
};
use relevo_persistence::{Attempt, ChangeFilter, Part, Reply, RequestKey, ServiceFilter, Store, Tx, View};
use uuid::Uuid;

use self::plan_log::{Plan, PlanLog};
use crate::{
    engine::Database,
    people::{account, asked_one, at, author, id, keyring, policy, service, service_id},
};

/// Fills the tables from the numbers of a table `n`, which each engine makes in its own way: services `s00001.example`
/// onwards, each with a contact change and its event, the first with seven hundred; the first are the newest and open. Ann asks for most of them, and for three hundred of the
/// open ones; she has had three hundred tokens for the first.
const FILL: &str = "
    INSERT INTO account SELECT account, 'Ada', 'ada@example.com', 'en', 'good', 0, 0, 1, NULL FROM n;
    INSERT INTO account VALUES ('an1-ovh', 'Ann', 'ann@example.com', 'en', 'good', 0, 0, 1, NULL);
    INSERT INTO service SELECT key, name, CASE WHEN n % 100 = 0 THEN 'vps' ELSE 'domain' END, NULL, 0, 0, NULL, 1 FROM n;
    INSERT INTO contact SELECT key, 'administrator', 'an1-ovh', name FROM n;
    INSERT INTO contact SELECT key, 'technical', account, name FROM n;
    INSERT INTO contact SELECT key, 'billing', account, name FROM n;
    INSERT INTO contact_change SELECT key, key, name, 2, CASE WHEN open AND n > 300 THEN account ELSE 'an1-ovh' END,
        account, nominee, 0, CASE WHEN n <= 10 THEN n ELSE 9000000000000000 + n END, CASE WHEN n <= 500 THEN n END,
        CASE WHEN open THEN 'pending' ELSE 'done' END, CASE WHEN open THEN NULL ELSE 1 END, NULL, NULL, NULL FROM n;
    INSERT INTO participant SELECT change_id, 'requester', requester, state FROM contact_change;
    INSERT INTO participant SELECT change_id, 'nominee', nominee, state FROM contact_change;
    INSERT INTO participant SELECT change_id, 'incumbent', incumbent, state FROM contact_change;
    INSERT INTO participant SELECT change_id, 'administrator', requester, state FROM contact_change;
    INSERT INTO confirmation SELECT change_id, account_id, CASE WHEN state = 'done' THEN 'accepted' ELSE 'pending' END,
        CASE WHEN state = 'done' THEN 1 END, 1, true, 0, NULL, 0
        FROM participant WHERE part IN ('requester', 'nominee');
    INSERT INTO seal SELECT change_id, account_id, 1, nonce, 'key' FROM confirmation JOIN n ON key = change_id;
    INSERT INTO seal SELECT first.key, 'an1-ovh', n.n + 1, first.nonce, 'key' FROM n, n AS first
        WHERE n.n < 300 AND first.n = 1;
    INSERT INTO outbox (kind, change_id, account_id, generation, state, create_time, due_time, lease_count, attempts)
        SELECT 'confirm', change_id, account_id, generation, CASE WHEN open THEN 'queued' ELSE 'sent' END, 0, 1000000, 100, 0
        FROM seal JOIN n ON key = change_id;
    INSERT INTO outbox (kind, account_id, generation, state, create_time, due_time, lease_count, attempts)
        SELECT 'address-changed', account, 2, 'sent', n, 0, 1, 1 FROM n WHERE n <= 1000;
    INSERT INTO attempt SELECT mail_id, 0, 0, 'deferred', NULL, NULL FROM outbox;
    INSERT INTO event (event_time, kind, caller, service_key, change_id, details, chain, sequence, digest)
        SELECT n.n, 'change-opened', 'caller', first.key, first.key, '', 'service', n.n, n.nonce
        FROM n, n AS first WHERE first.n = 1 AND n.n <= 700;
    INSERT INTO event (event_time, kind, caller, service_key, change_id, details, chain, sequence, digest)
        SELECT n, 'change-opened', 'caller', key, key, '', 'services', n, nonce FROM n;
    INSERT INTO chain SELECT 'account/' || account, 1, nonce, 'key', nonce FROM n;
    INSERT INTO request SELECT 'caller', 'm', account, key, nonce, nonce, n FROM n;
";

/// What a store was asked, call by call.
#[derive(Default)]
struct Calls {
    log: Arc<Mutex<Vec<String>>>,
    /// Where a server says how it did it.
    plans: Option<PlanLog>,
    made: Vec<Call>,
}

/// A call, the statements that it made, and how a server ran them.
struct Call {
    name: String,
    asked: Vec<String>,
    plans: Vec<Plan>,
}

impl Calls {
    fn watch(&self, store: &mut Store) {
        let log = Arc::clone(&self.log);
        store.on_statement(move |sql| log.lock().unwrap().push(sql.to_owned()));
    }

    /// What was asked and run since the last call.
    fn since(&mut self) -> (Vec<String>, Vec<Plan>) {
        let plans = self.plans.as_mut().map(PlanLog::since).unwrap_or_default();
        (std::mem::take(&mut *self.log.lock().unwrap()), plans)
    }

    /// Files what was asked since the last call.
    fn file<T>(&mut self, name: impl Into<String>, answer: Result<T, relevo_persistence::Error>) -> T {
        let name = name.into();
        let (asked, plans) = self.since();
        let answer = answer.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!asked.is_empty(), "{name} asked nothing");
        self.made.push(Call { name, asked, plans });
        answer
    }

    /// All statements, each with the call that it was made by.
    fn statements(&self) -> BTreeSet<(&str, &str)> {
        self.made.iter().flat_map(|call| call.asked.iter().map(|sql| (call.name.as_str(), sql.as_str()))).collect()
    }

    fn counts(&self) -> Vec<(&str, usize)> {
        self.made.iter().map(|call| (call.name.as_str(), call.asked.len())).collect()
    }
}

/// As many queries for three hundred rows as for three; and never many.
fn assert_same_counts(few: &Calls, many: &Calls) {
    assert_eq!(few.counts(), many.counts());
    // A list by states asks for each of them.
    let many = |(call, _): &(&str, usize)| !call.starts_with("change_reports_before");
    let most = few.counts().into_iter().filter(many).max_by_key(|(_, count)| *count).unwrap();
    assert_eq!(most, ("remove_ended_changes", 9));
}

fn party(n: u64) -> AccountId {
    AccountId::parse(&format!("aa{n}-ovh")).unwrap()
}

/// The key of the n-th service, which is the id of its change: the first is the newest.
fn key(n: u64) -> Uuid {
    Uuid::from_u128(u128::from(1_000_000 - n))
}

fn change_id(n: u64) -> ChangeId {
    ChangeId(key(n))
}

fn mail(kind: MailKind, change: Option<u64>, account: &str, generation: i64) -> Mail {
    let account_id = AccountId::parse(account).unwrap();
    Mail { kind, change_id: change.map(change_id), account_id, generation, to_address: None }
}

/// Makes every call that reads, for so many rows.
async fn read(store: &Store, rows: u64, calls: &mut Calls) {
    let view = store.read().await.unwrap();
    let first = service_id("s00001.example");
    calls.file("account", view.account(&party(1)).await).unwrap();
    let ids: Vec<_> = (1..=rows).map(party).collect();
    assert_eq!(calls.file("accounts", view.accounts(&ids).await).len() as u64, rows);
    for (name, after) in [("accounts_after, first page", None), ("accounts_after", Some(party(1)))] {
        assert_eq!(calls.file(name, view.accounts_after(after.as_ref(), rows).await).len() as u64, rows);
    }
    calls.file("service", view.service(&first, None).await).unwrap();
    for (account, found) in [("ann", true), ("nobody", false)] {
        let name = format!("service, of a contact {found}");
        assert_eq!(calls.file(name, view.service(&first, Some(&id(account))).await).is_some(), found);
    }

    let roles = Role::ALL.into_iter().collect::<Roles>();
    for (holder, kind, prefix) in [
        (false, false, ""),
        (false, false, "s0"),
        (false, true, ""),
        (false, true, "s0"),
        (true, false, ""),
        (true, false, "s0"),
        (true, true, ""),
        (true, true, "s0"),
    ] {
        for after in [None, Some(&first)] {
            let filter = ServiceFilter {
                holder: holder.then(|| (id("ann"), roles)),
                kind: kind.then(|| Kind::parse("domain").unwrap()),
                prefix: prefix.to_owned(),
            };
            let name = format!("services_after, holder {holder}, kind {kind}, prefix {prefix:?}, {}", after.is_some());
            assert_eq!(calls.file(name, view.services_after(&filter, after, rows).await).len() as u64, rows);
        }
    }

    let now = at(0);
    calls.file("change_report", view.change_report(change_id(1), None).await).unwrap();
    for (account, found) in [("ann", true), ("nobody", false)] {
        let name = format!("change_report, of a participant {found}");
        assert_eq!(calls.file(name, view.change_report(change_id(1), Some(&id(account))).await).is_some(), found);
    }
    let ended = vec![ChangeState::Done, ChangeState::Refused, ChangeState::Cancelled, ChangeState::Failed];
    let states = [vec![], vec![ChangeState::Pending], vec![ChangeState::Expired], vec![ChangeState::Done], ended];
    for (parts, service, states) in [None, Some(Part::ALL.to_vec())]
        .iter()
        .flat_map(|parts| [false, true].map(|service| (parts, service)))
        .flat_map(|(parts, service)| states.iter().map(move |states| (parts, service, states)))
    {
        let page = if states == &[ChangeState::Pending] { 200 } else { 2500 };
        for before in [None, Some(change_id(page))] {
            let filter = ChangeFilter {
                participant: parts.clone().map(|parts| (id("ann"), parts)),
                states: states.clone(),
                service_id: service.then(|| first.clone()),
            };
            let names: Vec<_> = states.iter().map(|state| state.name()).collect();
            let name = format!(
                "change_reports_before, participant {}, service {service}, states {names:?}, {}",
                parts.is_some(),
                before.is_some()
            );
            calls.file(name, view.change_reports_before(&filter, before, rows, now).await);
        }
    }

    let keys = (1..=rows).map(|n| ServiceKey(key(n)));
    calls.file("open_change_ids", view.open_change_ids(keys.clone(), None, now).await);
    calls.file("open_change_ids, of a viewer", view.open_change_ids(keys, Some(&id("ann")), now).await);
    calls.file("change_is_due", view.change_is_due(now).await);
    let with_seals = if rows < 300 { 2 } else { 1 };
    calls.file("seals", view.seals(change_id(with_seals)).await);
    calls.file("mail_is_due", view.mail_is_due(now).await);
    let confirm = mail(MailKind::Confirm, Some(with_seals), "an1-ovh", 1);
    assert!(calls.file("letter with a token", view.mail_material(&confirm).await).about.unwrap().seal.is_some());
    calls.file("letter of a notice", view.mail_material(&mail(MailKind::Done, Some(with_seals), "an1-ovh", 0)).await);
    calls
        .file("letter about an address", view.mail_material(&mail(MailKind::AddressChanged, None, "an1-ovh", 2)).await);
    let parties = [id("ann"), party(1)];
    for (to, after) in [(None, None), (Some(parties.as_slice()), None), (None, Some(1)), (Some(&parties), Some(1))] {
        let name = format!("mails_of_change, to some {}, after one {}", to.is_some(), after.is_some());
        calls.file(name, view.mails_of_change(change_id(1), to, after, 50).await);
    }
    calls.file("answer_is_older", view.answer_is_older(at(0)).await);
    calls.file("change_is_removable", view.change_is_removable(at(0)).await);
    assert!(calls.file("notice_is_removable", view.notice_is_removable(at(0)).await));
    history(&view, &first, rows, calls).await;
}

/// The calls that read the history.
async fn history(view: &View, first: &ServiceId, rows: u64, calls: &mut Calls) {
    let found = calls.file("newest_registration", view.newest_registration(first).await);
    assert_eq!(found, Some(ServiceKey(key(1))));
    for before in [None, Some(500)] {
        for viewer in [None, Some(id("ann"))] {
            let name = format!("events_of_service, of a viewer {}, {}", viewer.is_some(), before.is_some());
            let events = view.events_of_service(ServiceKey(key(1)), viewer.as_ref(), before, rows).await;
            assert_eq!(calls.file(name, events).len() as u64, rows);
        }
        for of_state in [false, true] {
            let name = format!("events_of_change, of its state {of_state}, {}", before.is_some());
            let events = view.events_of_change(change_id(1), of_state, before, rows).await;
            assert_eq!(calls.file(name, events).len() as u64, rows);
        }
    }
    let changes = (1..=rows).map(change_id);
    calls.file("changes_seen_whole", view.changes_seen_whole(&id("ann"), changes).await);
}

fn request_key(n: u64) -> RequestKey {
    let request_id = Uuid::from_u128(n.into());
    RequestKey { caller: "caller".to_owned(), method: "m", account_id: Some(party(n)), request_id }
}

/// Makes every call that changes something, for so many rows. Undoes it all.
async fn write(store: &Store, rows: u64, calls: &mut Calls) {
    let tx = store.write().await.unwrap();
    let now = at(0);
    directory(&tx, calls).await;

    let name = "open_changes_for_update";
    assert_eq!(calls.file(name, tx.open_changes_for_update(ServiceKey(key(3)), None).await).len(), 1);
    let also = tx.open_changes_for_update(ServiceKey(key(3)), Some(change_id(2000))).await;
    assert_eq!(calls.file("open_changes_for_update with another", also).len(), 2);
    calls.file("contact_change_for_update", tx.contact_change_for_update(change_id(1)).await);
    let whose = if rows < 300 { party(6) } else { id("ann") };
    calls.file("open_changes_of_party_for_update", tx.open_changes_of_party_for_update(&whose).await);
    let due = calls.file("due_changes_for_update", tx.due_changes_for_update(now, rows).await);
    assert_eq!(due.len() as u64, rows);

    let free = service(1 << 32, "free.example", "ann ann ann");
    tx.insert_service(&free).await.unwrap();
    tx.insert_account(&account("nora")).await.unwrap();
    calls.since();
    let (mut change, _) = asked_one(1 << 32, &free, "ann", "technical=nora");
    let inserted = tx.insert_contact_change(&change, &id("ann")).await;
    calls.file("insert_contact_change", inserted);
    change.remind_time = None;
    calls.file("save_contact_change", tx.save_contact_change(&change, now).await);
    change.cancel(None, &id("ann"), &policy(), now, &mut Effects::default()).unwrap();
    calls.file("save_contact_change, ended", tx.save_contact_change(&change, now).await);
    calls.file("supersede_tokens", tx.supersede_tokens(&id("ann"), (1..=rows).map(change_id)).await);
    calls.file("push", tx.push(&effects(rows), author("caller"), now).await);

    let named: Vec<_> = (1..=rows).map(party).collect();
    assert_eq!(calls.file("accounts_to_name", tx.accounts_to_name(&named).await).len() as u64, rows);
    let removed = calls.file("remove_ended_changes", tx.remove_ended_changes(at(0), rows.min(50)).await);
    assert_eq!(removed.len() as u64, rows.min(50));
    let removed = calls.file("remove_old_notices", tx.remove_old_notices(at(0), rows.min(50)).await);
    assert_eq!(removed as u64, rows.min(50));

    let leased = calls.file("lease_mail", tx.lease_mail(now, at(60), &[]).await);
    let others = [id("ann"), party(2), party(3)];
    calls.file("lease_mail but to some", tx.lease_mail(now, at(60), &others).await);
    calls.file("renew_lease", tx.renew_lease(leased.unwrap().lease, at(90)).await);
    let reply = Reply { codes: "451".to_owned(), text: "Later.".to_owned() };
    for attempt in [
        Attempt::Returned(now),
        Attempt::Postponed(reply.clone(), now),
        Attempt::Deferred(reply.clone(), now),
        Attempt::Failed(Some(reply)),
        Attempt::Withdrawn,
        Attempt::Sent(None),
    ] {
        // So often that old attempts are forgotten.
        let lease = tx.lease_mail(now, at(900), &[]).await.unwrap().unwrap().lease;
        assert!(lease.lease_count > 100);
        calls.since();
        let name = format!("record_attempt {}", attempt.name());
        assert!(calls.file(name, tx.record_attempt(lease, &attempt, now).await));
    }
    calls.file("delivery_state", tx.delivery_state(&mail(MailKind::Undelivered, Some(1), "an1-ovh", 2)).await);

    let key = RequestKey { caller: "another".to_owned(), ..request_key(1) };
    assert!(calls.file("claim_request", tx.claim_request(&key, &[1], now).await).is_none());
    calls.file("remember_answer", tx.remember_answer(&key, vec![2]).await);
    calls.file("claim_request, answered", tx.claim_request(&key, &[1], now).await).unwrap();
    calls.file("replace_answers", tx.replace_answers(&party(1), "m", vec![3]).await);
    calls.file("release_request", tx.release_request(&key).await);
    let before = jiff::Timestamp::from_microsecond(i64::try_from(rows).unwrap() + 1).unwrap();
    assert_eq!(calls.file("forget_answers", tx.forget_answers(before, rows).await), rows);
    calls.file("register_keys", tx.register_keys(&keyring(), now).await);
    let rotated = Keyring::new(relevo_domain::Key::new([8; 32]), vec![keyring().signing().clone()]);
    calls.file("register_keys", tx.register_keys(&rotated, now).await);
    tx.roll_back().await.unwrap();
}

/// The calls about accounts and services.
async fn directory(tx: &Tx, calls: &mut Calls) {
    let mut own = calls.file("account_for_update", tx.account_for_update(&party(1)).await).unwrap();
    own.revision += 1;
    calls.file("save_account", tx.save_account(&own).await);
    calls.file("insert_account", tx.insert_account(&account("tom")).await);
    let bill = account("bill");
    assert!(tx.insert_account(&bill).await.unwrap());
    calls.since();
    assert_eq!(calls.file("account_use", tx.account_use(&bill.account_id).await), None);
    calls.file("delete_account", tx.delete_account(&bill, at(0)).await);
    assert!(calls.file("insert_account_anew", tx.insert_account_anew(&bill).await).is_some());
    let name = "service_of_change_for_update";
    let mut own = calls.file(name, tx.service_of_change_for_update(change_id(2), None).await).unwrap();
    calls.file("service_for_update", tx.service_for_update(&own.service_id, None).await).unwrap();
    own.revision += 1;
    calls.file("save_service", tx.save_service(&own).await);
    own.revision += 1;
    own.contacts = Contacts { administrator: id("tom"), technical: id("tom"), billing: id("tom") };
    calls.file("save_service, passed", tx.save_service(&own).await);
    own.revision += 1;
    own.delete_time = Some(at(0));
    calls.file("save_service, deleted", tx.save_service(&own).await);
    calls.file("insert_service", tx.insert_service(&service(2 << 32, "new.example", "tom ann ann")).await);
}

fn effects(rows: u64) -> Effects {
    let seal = |n| Seal {
        change_id: change_id(n),
        account_id: id("ann"),
        generation: 1000,
        nonce: Nonce([0; 16]),
        key_id: keyring().signing().key_id().clone(),
    };
    let old_address = |mut mail: Mail| {
        mail.to_address = Some(EmailAddress::parse("ann@example.com").unwrap());
        mail
    };
    let event = |n| Event {
        kind: EventKind::ChangeOpened,
        account_id: Some(party(n)),
        service_key: None,
        change_id: Some(change_id(n)),
        details: Vec::new(),
    };
    Effects {
        seals: (1..=rows).map(seal).collect(),
        mails: (1..=rows).map(|n| old_address(mail(MailKind::Expired, Some(n), "an1-ovh", 0))).collect(),
        events: (1..=rows).map(event).collect(),
    }
}

/// Every call, for so many rows.
async fn all_calls<const N: usize>(db: &Database, rows: [u64; N], plans: impl Fn() -> Option<PlanLog>) -> [Calls; N] {
    let mut sizes = rows.map(|_| Calls { plans: plans(), ..Calls::default() });
    for (calls, rows) in sizes.iter_mut().zip(rows) {
        let mut store = db.open_again().await;
        calls.watch(&mut store);
        calls.since();
        read(&store, rows, calls).await;
        write(&store, rows, calls).await;
    }
    sizes
}
