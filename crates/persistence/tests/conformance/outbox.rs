//! The outbox: leases, what becomes of a mail, and where its recipient finds it.

use std::collections::BTreeSet;

use relevo_domain::{AccountId, ChangeId, Effects, EmailAddress, Mail, MailKind};
use relevo_persistence::{Attempt, Delivery, DeliveryState, DueMail, Lease, MailReport, Outcome, Reply, Tx};
use uuid::Uuid;

use crate::{
    engine::Database,
    people::{ann_named_nora, at, author, id, lease_mails, settle},
};

on_every_engine!(
    the_mails_of_an_asking_are_due_at_once,
    two_leases_never_overlap,
    the_longest_due_is_leased_first,
    an_expired_lease_is_taken_over_and_the_first_is_no_longer_heard,
    a_renewed_lease_is_held_and_a_lost_one_is_not,
    each_attempt_leaves_what_it_should,
    an_attempt_that_is_told_twice_is_stored_once,
    the_newest_hundred_attempts_of_a_mail_are_kept,
    the_mails_of_a_change_are_listed_with_their_attempts,
    a_mail_that_is_done_with_is_never_leased_again,
    a_mail_withdrawn_while_it_is_leased_stays_so_unless_it_arrived,
    a_mail_that_is_put_off_is_due_when_it_says,
    an_address_that_only_the_mail_knows_goes_with_it,
    a_mail_about_a_change_is_queued_once,
    a_delivery_is_that_of_the_newest_token,
    a_letter_holds_all_that_its_text_needs,
    a_letter_about_an_address_is_about_no_change,
);

fn notice(kind: MailKind, name: &str) -> Mail {
    let change_id = Some(ChangeId(Uuid::from_u128(1)));
    Mail { kind, change_id, account_id: id(name), generation: 0, to_address: None }
}

async fn queue(db: &Database, mails: Vec<Mail>, seconds: i64) {
    let tx = db.store.write().await.unwrap();
    tx.push(&Effects { mails, ..Effects::default() }, author("caller"), at(seconds)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn lease(db: &Database, now: i64, until: i64, limit: u64) -> Vec<DueMail> {
    let tx = db.store.write().await.unwrap();
    let leased = lease_mails(&tx, at(now), at(until), limit).await;
    tx.commit().await.unwrap();
    leased
}

async fn record(db: &Database, lease: Lease, attempt: &Attempt, now: i64) -> bool {
    let tx = db.store.write().await.unwrap();
    let recorded = tx.record_attempt(lease, attempt, at(now)).await.unwrap();
    tx.commit().await.unwrap();
    recorded
}

fn reply(text: &str) -> Reply {
    Reply { codes: "451 4.3.0".to_owned(), text: text.to_owned() }
}

/// Where the mail with a person's token is.
async fn delivery(db: &Database, name: &str) -> Delivery {
    let view = db.store.read().await.unwrap();
    let report = view.change_report(ChangeId(Uuid::from_u128(1)), None).await.unwrap().unwrap();
    report.deliveries.into_iter().find(|(account, _)| *account == id(name)).unwrap().1
}

fn ids(leased: &[DueMail]) -> BTreeSet<i64> {
    leased.iter().map(|due| due.lease.mail_id).collect()
}

async fn the_mails_of_an_asking_are_due_at_once(db: &Database) {
    ann_named_nora(db).await;
    let view = db.store.read().await.unwrap();
    assert!(!view.mail_is_due(at(-1)).await.unwrap());
    assert!(view.mail_is_due(at(0)).await.unwrap());
    drop(view);
    assert!(lease(db, -1, 60, 9).await.is_empty());
    let leased = lease(db, 0, 60, 9).await;
    let expected = |name| Mail { generation: 1, ..notice(MailKind::Confirm, name) };
    assert_eq!(leased.iter().map(|due| due.mail.clone()).collect::<Vec<_>>(), [expected("ann"), expected("nora")]);
    assert!(leased.iter().all(|due| due.create_time == at(0) && due.attempts == 0 && due.lease.lease_count == 1));
    assert!(!db.store.read().await.unwrap().mail_is_due(at(59)).await.unwrap(), "nothing is due while it is leased");
}

async fn two_leases_never_overlap(db: &Database) {
    ann_named_nora(db).await;
    let kinds = [MailKind::Done, MailKind::Replaced, MailKind::Passed, MailKind::Failed];
    queue(db, kinds.map(|kind| notice(kind, "tom")).to_vec(), 0).await;
    let stores = [db.open_again().await, db.open_again().await, db.open_again().await];
    let leases = stores.map(|store| {
        tokio::spawn(async move {
            let tx = store.write().await.unwrap();
            let leased = lease_mails(&tx, at(0), at(60), 3).await;
            tx.commit().await.unwrap();
            leased
        })
    });
    let mut seen = Vec::new();
    for leased in leases {
        seen.extend(ids(&leased.await.unwrap()));
    }
    assert_eq!(seen.len(), 6);
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>().len(), 6);
}

async fn the_longest_due_is_leased_first(db: &Database) {
    ann_named_nora(db).await;
    queue(db, vec![notice(MailKind::Done, "tom")], -5).await;
    queue(db, vec![notice(MailKind::Done, "bill")], -7).await;
    queue(db, vec![notice(MailKind::Done, "rita")], -6).await;
    let mut seen = Vec::new();
    for _ in 0..5 {
        seen.extend(lease(db, 0, 60, 1).await.into_iter().map(|due| due.mail.account_id));
    }
    assert_eq!(seen, ["bill", "rita", "tom", "ann", "nora"].map(id));
}

async fn an_expired_lease_is_taken_over_and_the_first_is_no_longer_heard(db: &Database) {
    ann_named_nora(db).await;
    let first = lease(db, 0, 60, 1).await[0].lease;
    let nora = lease(db, 0, 90, 1).await[0].lease;
    assert!(lease(db, 59, 120, 9).await.is_empty());
    let second = lease(db, 60, 120, 9).await;
    assert_eq!(ids(&second), BTreeSet::from([first.mail_id]));
    assert_eq!(second[0].lease.lease_count, 2);

    let late = [Attempt::Sent(None), Attempt::Withdrawn, Attempt::Returned(at(0)), Attempt::Failed(Some(reply("No.")))];
    for attempt in late {
        assert!(!record(db, first, &attempt, 61).await, "{attempt:?}");
    }
    assert_eq!(delivery(db, "ann").await.state, DeliveryState::Queued);
    assert!(record(db, nora, &Attempt::Sent(None), 61).await, "the other mail is still its own");
    assert!(record(db, second[0].lease, &Attempt::Sent(None), 61).await);
    assert_eq!(delivery(db, "ann").await.state, DeliveryState::Sent);
}

async fn a_renewed_lease_is_held_and_a_lost_one_is_not(db: &Database) {
    ann_named_nora(db).await;
    let leased: Vec<_> = lease(db, 0, 60, 9).await.iter().map(|due| due.lease).collect();
    let tx = db.store.write().await.unwrap();
    for lease in &leased[..1] {
        tx.renew_lease(*lease, at(100)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let taken = lease(db, 60, 70, 9).await;
    assert_eq!(ids(&taken), BTreeSet::from([leased[1].mail_id]), "the one that was not renewed");

    let tx = db.store.write().await.unwrap();
    for lease in &leased {
        tx.renew_lease(*lease, at(200)).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(ids(&lease(db, 70, 80, 9).await), BTreeSet::from([leased[1].mail_id]), "another's is not renewed");
    assert_eq!(ids(&lease(db, 199, 300, 9).await), BTreeSet::from([leased[1].mail_id]));
    assert!(record(db, leased[0], &Attempt::Sent(None), 199).await);

    let tx = db.store.write().await.unwrap();
    for lease in &leased[..1] {
        tx.renew_lease(*lease, at(0)).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert!(lease(db, 200, 300, 9).await.is_empty(), "a sent mail is not renewed into being due");
}

async fn each_attempt_leaves_what_it_should(db: &Database) {
    ann_named_nora(db).await;
    let expected = |state, attempts, last: Option<i64>, last_reply: Option<&str>| Delivery {
        state,
        attempts,
        last_attempt_time: last.map(at),
        last_reply: last_reply.map(reply),
    };
    use DeliveryState::{Deferred, Failed, Queued, Sent, Withdrawn};
    let steps = [
        (Attempt::Returned(at(0)), expected(Queued, 0, None, None)),
        (Attempt::Postponed(reply("Closed."), at(0)), expected(Deferred, 0, None, Some("Closed."))),
        (Attempt::Returned(at(0)), expected(Deferred, 0, None, Some("Closed."))),
        (Attempt::Deferred(reply("Later."), at(0)), expected(Deferred, 1, Some(3), Some("Later."))),
        (Attempt::Postponed(reply("Closed."), at(0)), expected(Deferred, 1, Some(3), Some("Closed."))),
        (Attempt::Deferred(reply("Later!"), at(0)), expected(Deferred, 2, Some(5), Some("Later!"))),
    ];
    assert_eq!(delivery(db, "ann").await, expected(Queued, 0, None, None));
    for (n, (attempt, after)) in (0..).zip(steps) {
        let due = lease(db, 0, 60, 9).await;
        let ann = due.iter().find(|due| due.mail.account_id == id("ann")).unwrap();
        assert_eq!(ann.attempts, i64::from(n > 3) + i64::from(n > 5), "{attempt:?}");
        assert!(record(db, ann.lease, &attempt, n).await);
        assert_eq!(delivery(db, "ann").await, after, "{attempt:?}");
        assert_eq!(delivery(db, "nora").await, expected(Queued, 0, None, None), "the other mail");
    }
    for (attempt, after) in [
        (Attempt::Sent(None), expected(Sent, 3, Some(9), None)),
        (Attempt::Failed(Some(reply("Unknown."))), expected(Failed, 3, Some(9), Some("Unknown."))),
        (Attempt::Failed(None), expected(Failed, 2, Some(5), Some("Later!"))),
        (Attempt::Withdrawn, expected(Withdrawn, 2, Some(5), Some("Later!"))),
    ] {
        let tx = db.store.write().await.unwrap();
        let ann = lease_mails(&tx, at(0), at(60), 9).await;
        let ann = ann.iter().find(|due| due.mail.account_id == id("ann")).unwrap();
        assert!(tx.record_attempt(ann.lease, &attempt, at(9)).await.unwrap());
        let report = tx.change_report(ChangeId(Uuid::from_u128(1)), None).await.unwrap().unwrap();
        assert_eq!(report.deliveries[0], (id("ann"), after), "{attempt:?}");
        tx.roll_back().await.unwrap();
    }
}

async fn mails(db: &Database, to: Option<&[AccountId]>, after: Option<i64>, limit: u64) -> Vec<MailReport> {
    let view = db.store.read().await.unwrap();
    view.mails_of_change(ChangeId(Uuid::from_u128(1)), to, after, limit).await.unwrap()
}

async fn an_attempt_that_is_told_twice_is_stored_once(db: &Database) {
    ann_named_nora(db).await;
    for attempt in [Attempt::Deferred(reply("Later."), at(0)), Attempt::Sent(Some(reply("Ok.")))] {
        let due = lease(db, 0, 60, 1).await;
        assert!(record(db, due[0].lease, &attempt, 1).await);
        let once = mails(db, None, None, 9).await;
        // As by a process that was not told that its commit went through.
        assert!(record(db, due[0].lease, &attempt, 2).await);
        let twice = mails(db, None, None, 9).await;
        for (once, twice) in once.iter().zip(&twice) {
            assert_eq!((&once.delivery, &once.attempts), (&twice.delivery, &twice.attempts), "{attempt:?}");
        }
    }
    let tried: Vec<_> = mails(db, None, None, 9).await.iter().map(|mail| mail.delivery.attempts).collect();
    assert_eq!(tried, [2, 0]);
}

async fn the_newest_hundred_attempts_of_a_mail_are_kept(db: &Database) {
    ann_named_nora(db).await;
    let nora = lease(db, 0, 60, 2).await.pop().unwrap();
    assert!(record(db, nora.lease, &Attempt::Deferred(reply("Later."), at(1000)), 0).await);
    for n in 1..=130 {
        let ann = lease(db, 60, 60, 1).await.pop().unwrap();
        assert!(record(db, ann.lease, &Attempt::Deferred(reply("Later."), at(0)), n).await);
    }
    let mails = mails(db, None, None, 9).await;
    let times: Vec<_> = mails[0].attempts.iter().map(|attempt| attempt.attempt_time).collect();
    assert_eq!(times, (31..=130).map(at).collect::<Vec<_>>());
    assert_eq!((mails[0].delivery.attempts, mails[1].attempts.len()), (130, 1));
}

async fn the_mails_of_a_change_are_listed_with_their_attempts(db: &Database) {
    ann_named_nora(db).await;
    queue(db, vec![notice(MailKind::Passed, "bill")], 3).await;
    let postponed = Reply { codes: String::new(), text: "refused".to_owned() };
    for (n, attempt) in [
        (5, Attempt::Postponed(postponed.clone(), at(0))),
        (6, Attempt::Returned(at(0))),
        (7, Attempt::Deferred(reply("Later."), at(0))),
        (8, Attempt::Sent(Some(reply("Ok.")))),
    ] {
        let due = lease(db, 4, 60, 1).await;
        assert_eq!(due[0].mail.account_id, id("ann"));
        assert!(record(db, due[0].lease, &attempt, n).await);
    }
    let all = mails(db, None, None, 9).await;
    let who: Vec<_> = all.iter().map(|mail| (mail.mail.kind, mail.mail.account_id.clone())).collect();
    let (confirm, passed) = (MailKind::Confirm, MailKind::Passed);
    assert_eq!(who, [(confirm, id("ann")), (confirm, id("nora")), (passed, id("bill"))]);
    let [ann, nora, bill] = all.as_slice() else { panic!("{all:?}") };
    let attempts: Vec<_> = ann.attempts.iter().map(|it| (it.attempt_time, it.outcome, it.reply.clone())).collect();
    let expected = [
        (at(5), Outcome::Postponed, Some(postponed)),
        (at(7), Outcome::Deferred, Some(reply("Later."))),
        (at(8), Outcome::Sent, Some(reply("Ok."))),
    ];
    assert_eq!(attempts, expected);
    assert_eq!((ann.delivery.state, ann.delivery.attempts, ann.due_time), (DeliveryState::Sent, 2, None));
    assert_eq!(ann.delivery.last_reply, Some(reply("Ok.")));
    assert_eq!((nora.attempts.len(), nora.due_time, bill.create_time), (0, Some(at(0)), at(3)));

    let to = [id("nora"), id("bill")];
    let ids = |mails: &[MailReport]| mails.iter().map(|mail| mail.mail_id).collect::<Vec<_>>();
    assert_eq!(ids(&mails(db, Some(&to), None, 9).await), ids(&all[1..]));
    assert_eq!(ids(&mails(db, Some(&to), Some(nora.mail_id), 9).await), ids(&all[2..]));
    assert_eq!(ids(&mails(db, None, Some(ann.mail_id), 1).await), ids(&all[1..2]));
    let none = db.store.read().await.unwrap().mails_of_change(ChangeId(Uuid::from_u128(2)), None, None, 9).await;
    assert!(none.unwrap().is_empty());
}

async fn a_mail_that_is_done_with_is_never_leased_again(db: &Database) {
    ann_named_nora(db).await;
    for attempt in [Attempt::Sent(None), Attempt::Failed(None), Attempt::Withdrawn] {
        let tx = db.store.write().await.unwrap();
        for due in lease_mails(&tx, at(0), at(60), 9).await {
            assert!(tx.record_attempt(due.lease, &attempt, at(1)).await.unwrap());
            let again = tx.record_attempt(due.lease, &Attempt::Deferred(reply("Later."), at(2)), at(2)).await.unwrap();
            assert!(!again, "{attempt:?} is final");
        }
        assert!(!tx.mail_is_due(at(1000)).await.unwrap());
        assert!(lease_mails(&tx, at(1000), at(2000), 9).await.is_empty(), "{attempt:?}");
        tx.roll_back().await.unwrap();
    }
}

/// Has Ann's token superseded, as a new address does.
async fn withdraw(tx: &Tx) {
    tx.supersede_tokens(&id("ann"), [ChangeId(Uuid::from_u128(1))]).await.unwrap();
}

async fn a_mail_withdrawn_while_it_is_leased_stays_so_unless_it_arrived(db: &Database) {
    ann_named_nora(db).await;
    let deferred = Attempt::Deferred(reply("Later."), at(0));
    let returned = Attempt::Returned(at(0));
    for attempt in [deferred, returned, Attempt::Failed(None), Attempt::Withdrawn, Attempt::Sent(None)] {
        let tx = db.store.write().await.unwrap();
        let leased = lease_mails(&tx, at(0), at(60), 1).await;
        assert_eq!(leased[0].mail.account_id, id("ann"));
        withdraw(&tx).await;
        let arrived = attempt == Attempt::Sent(None);
        assert_eq!(tx.record_attempt(leased[0].lease, &attempt, at(1)).await.unwrap(), arrived, "{attempt:?}");
        let report = tx.change_report(ChangeId(Uuid::from_u128(1)), None).await.unwrap().unwrap();
        let state = if arrived { DeliveryState::Sent } else { DeliveryState::Withdrawn };
        assert_eq!(report.deliveries[0].1.state, state, "{attempt:?}");
        for lease in &[leased[0].lease] {
            tx.renew_lease(*lease, at(0)).await.unwrap();
        }
        let due = lease_mails(&tx, at(1000), at(2000), 9).await;
        assert_eq!(due.iter().map(|due| &due.mail.account_id).collect::<Vec<_>>(), [&id("nora")], "{attempt:?}");
        tx.roll_back().await.unwrap();
    }
}

async fn a_mail_that_is_put_off_is_due_when_it_says(db: &Database) {
    ann_named_nora(db).await;
    for attempt in [
        Attempt::Returned(at(10)),
        Attempt::Postponed(reply("Closed."), at(10)),
        Attempt::Deferred(reply("Later."), at(10)),
    ] {
        let tx = db.store.write().await.unwrap();
        for due in lease_mails(&tx, at(0), at(60), 9).await {
            assert!(tx.record_attempt(due.lease, &attempt, at(1)).await.unwrap());
        }
        assert!(lease_mails(&tx, at(9), at(60), 9).await.is_empty(), "{attempt:?}");
        assert_eq!(lease_mails(&tx, at(10), at(60), 9).await.len(), 2, "{attempt:?}");
        tx.roll_back().await.unwrap();
    }
}

async fn an_address_that_only_the_mail_knows_goes_with_it(db: &Database) {
    settle(db, &[]).await;
    let old = EmailAddress::parse("old@example.com").unwrap();
    let mail = Mail {
        kind: MailKind::AddressChanged,
        change_id: None,
        account_id: id("ann"),
        generation: 2,
        to_address: Some(old.clone()),
    };
    queue(db, vec![mail.clone()], 0).await;
    let kept = "SELECT count(to_address) FROM outbox";
    let leased = lease(db, 0, 60, 9).await;
    assert_eq!(leased[0].mail, mail);
    assert!(record(db, leased[0].lease, &Attempt::Deferred(reply("Later."), at(0)), 0).await);
    assert_eq!(db.number(kept).await, 1);
    let leased = lease(db, 0, 60, 9).await;
    assert_eq!(leased[0].mail, mail);
    assert!(record(db, leased[0].lease, &Attempt::Sent(None), 0).await);
    assert_eq!(db.number(kept).await, 0);
}

async fn a_mail_about_a_change_is_queued_once(db: &Database) {
    ann_named_nora(db).await;
    let tx = db.store.write().await.unwrap();
    let again =
        Effects { mails: vec![Mail { generation: 1, ..notice(MailKind::Confirm, "ann") }], ..Effects::default() };
    assert!(matches!(tx.push(&again, author("caller"), at(1)).await, Err(relevo_persistence::Error::Database(_))));
    tx.roll_back().await.unwrap();
    queue(db, vec![Mail { generation: 2, ..notice(MailKind::Confirm, "ann") }], 1).await;
    queue(db, vec![Mail { generation: 1, ..notice(MailKind::Reminder, "ann") }], 1).await;
    assert_eq!(lease(db, 1, 60, 9).await.len(), 4);
}

async fn a_delivery_is_that_of_the_newest_token(db: &Database) {
    ann_named_nora(db).await;
    let leased = lease(db, 0, 60, 1).await;
    assert!(record(db, leased[0].lease, &Attempt::Sent(None), 1).await);
    queue(db, vec![Mail { generation: 2, ..notice(MailKind::Confirm, "ann") }], 1).await;
    queue(db, vec![Mail { generation: 3, ..notice(MailKind::Reminder, "ann") }], 1).await;
    assert_eq!(delivery(db, "ann").await.state, DeliveryState::Queued);
    let leased = lease(db, 1, 60, 9).await;
    let newest = leased.iter().find(|due| due.mail.generation == 2).unwrap();
    assert!(record(db, newest.lease, &Attempt::Failed(Some(reply("Unknown."))), 2).await);
    assert_eq!(delivery(db, "ann").await.state, DeliveryState::Failed);
    assert_eq!(delivery(db, "nora").await.state, DeliveryState::Queued);
}

async fn a_letter_holds_all_that_its_text_needs(db: &Database) {
    let change = ann_named_nora(db).await;
    let view = db.store.read().await.unwrap();
    let seals = view.seals(change.change_id).await.unwrap();
    for (mail, sealed) in [
        (Mail { generation: 1, ..notice(MailKind::Confirm, "nora") }, true),
        (Mail { generation: 1, ..notice(MailKind::Reminder, "nora") }, true),
        (Mail { generation: 2, ..notice(MailKind::Confirm, "nora") }, false),
        (notice(MailKind::Passed, "rita"), false),
    ] {
        let letter = view.mail_material(&mail).await.unwrap();
        assert_eq!(letter.recipient.account_id, mail.account_id);
        let about = letter.about.unwrap();
        assert_eq!(about.change, change);
        assert_eq!(about.service, crate::people::shop());
        let named = [&about.requester, &about.incumbent, &about.nominee].map(|account| account.account_id.clone());
        assert_eq!(named, ["ann", "tom", "nora"].map(id));
        let own = seals.iter().find(|seal| seal.account_id == id("nora")).filter(|_| sealed);
        assert_eq!(about.seal.as_ref(), own, "{mail:?}");
    }
}

async fn a_letter_about_an_address_is_about_no_change(db: &Database) {
    settle(db, &[]).await;
    let mail = Mail { change_id: None, generation: 2, ..notice(MailKind::AddressChanged, "ann") };
    let letter = db.store.read().await.unwrap().mail_material(&mail).await.unwrap();
    assert_eq!(letter.recipient, crate::people::account("ann"));
    assert!(letter.about.is_none());
}
