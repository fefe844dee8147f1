//! Contact changes: stored and read as they are, and never stored again once they have ended.

use jiff::Timestamp;
use relevo_domain::{
    AccountId, ChangeId, ContactChange, Effects, RefusalReason, Roles, State,
    contact_change::{Canceller, Decision, Ending, FailureCause},
};
use relevo_persistence::{Error, Tx, View};
use uuid::Uuid;

use crate::{
    engine::Database,
    people::{add_changes, ann_named_nora, asked, asked_one, at, author, id, lease_mails, service, settle, shop},
};

on_every_engine!(
    a_change_is_read_as_it_was_opened,
    every_ending_is_read_as_it_was_stored,
    every_decision_is_read_as_it_was_stored,
    all_seals_of_a_change_are_kept,
    a_change_that_has_ended_is_never_stored_again,
    a_decision_is_never_overwritten,
    one_open_change_for_each_role_of_a_service,
    a_change_of_nobody_is_refused,
    a_token_that_is_no_longer_good_is_not_mailed,
    superseded_tokens_are_those_of_one_account_and_of_the_changes_named,
    what_is_loaded_for_a_decision_is_what_is_open_on_the_service,
    what_is_loaded_for_a_new_address_is_what_the_account_is_a_party_of,
    what_is_due_is_over_or_to_be_reminded_of,
);

pub(crate) async fn stored(view: &View, change: ChangeId) -> ContactChange {
    view.change_report(change, None).await.unwrap().unwrap().change
}

async fn a_change_is_read_as_it_was_opened(db: &Database) {
    settle(db, &[shop()]).await;
    let (mut changes, effects) = asked(1, &shop(), "ann", "administrator=nora technical=ann billing=nora");
    assert_eq!(changes.len(), 3);
    changes[1].remind_time = None;
    changes[2].expire_time = Timestamp::from_microsecond(Timestamp::MAX.as_second() * 1_000_000 + 999_999)
        .unwrap_or_else(|_| Timestamp::new(Timestamp::MAX.as_second(), 999_999_000).unwrap());
    add_changes(db, &shop(), &changes, &effects).await;
    let view = db.store.read().await.unwrap();
    for change in &changes {
        let report = view.change_report(change.change_id, None).await.unwrap().unwrap();
        assert_eq!(report.change, *change);
        assert_eq!(report.administrator, id("ann"));
        let mailed: Vec<_> = report.deliveries.iter().map(|(account, _)| account).collect();
        let mut parties: Vec<_> = change.confirmations.iter().map(|party| &party.account_id).collect();
        parties.sort();
        assert_eq!(mailed, parties);
    }
    assert!(view.change_report(ChangeId(Uuid::from_u128(99)), None).await.unwrap().is_none());
}

/// Every way in which a change ends.
fn endings() -> Vec<Ending> {
    let by = id("nora");
    // Bytes that mean something to a database.
    let reason = RefusalReason::parse("I do not want it: 'no'; -- \u{1f600}\nReally %_\\ not.").unwrap();
    assert!(reason.is_some());
    let all = vec![
        Ending::Done,
        Ending::Refused { by: by.clone(), reason: None },
        Ending::Refused { by: by.clone(), reason },
        Ending::Cancelled(Canceller::Account(id("ann"))),
        Ending::Cancelled(Canceller::Operator),
        Ending::Cancelled(Canceller::ServiceDeleted),
        Ending::Expired,
        Ending::Failed(FailureCause::IncumbentReplaced),
        Ending::Failed(FailureCause::RequesterNotPermitted),
    ];
    for ending in &all {
        // A new ending does not compile until it stands in the list above.
        match ending {
            Ending::Done | Ending::Refused { .. } | Ending::Expired => {}
            Ending::Cancelled(Canceller::Account(_) | Canceller::Operator | Canceller::ServiceDeleted) => {}
            Ending::Failed(FailureCause::IncumbentReplaced | FailureCause::RequesterNotPermitted) => {}
        }
    }
    all
}

async fn every_ending_is_read_as_it_was_stored(db: &Database) {
    let pending = ann_named_nora(db).await;
    for ending in endings() {
        let mut change = pending.clone();
        change.state = State::Settled { at: at(77), ending };
        let tx = db.store.write().await.unwrap();
        tx.save_contact_change(&change, at(77)).await.unwrap();
        assert_eq!(stored(&tx, change.change_id).await, change);
        tx.roll_back().await.unwrap();
    }
    let view = db.store.read().await.unwrap();
    assert_eq!(stored(&view, pending.change_id).await, pending);
}

async fn every_decision_is_read_as_it_was_stored(db: &Database) {
    let pending = ann_named_nora(db).await;
    let decisions = [Decision::Pending, Decision::Accepted { at: at(3) }, Decision::Refused { at: at(4) }];
    for (ann, nora) in decisions.iter().flat_map(|ann| decisions.iter().map(move |nora| (ann, nora))) {
        let mut change = pending.clone();
        change.remind_time = None;
        for (party, decision) in change.confirmations.iter_mut().zip([ann, nora]) {
            party.decision = *decision;
            party.token_is_good = party.account_id == id("ann");
            party.generation = 1_000_000_000_000;
            party.resends = 5;
            party.resend_time = Some(at(-1));
            party.wrong_tokens = 1 << 62;
        }
        let tx = db.store.write().await.unwrap();
        tx.save_contact_change(&change, at(5)).await.unwrap();
        assert_eq!(stored(&tx, change.change_id).await, change);
        tx.roll_back().await.unwrap();
    }
}

async fn all_seals_of_a_change_are_kept(db: &Database) {
    settle(db, &[shop()]).await;
    let (change, mut effects) = asked_one(1, &shop(), "ann", "technical=nora");
    let mut next = effects.seals[1].clone();
    next.generation = 2;
    next.nonce.0 = [0xff; 16];
    effects.seals.push(next);
    let (other, more) = asked_one(2, &shop(), "ann", "billing=nora");
    add_changes(db, &shop(), std::slice::from_ref(&change), &effects).await;
    add_changes(db, &shop(), &[other], &more).await;
    let view = db.store.read().await.unwrap();
    assert_eq!(view.seals(change.change_id).await.unwrap(), effects.seals);
    assert!(view.seals(ChangeId(Uuid::from_u128(99))).await.unwrap().is_empty());

    drop(view);
    let tx = db.store.write().await.unwrap();
    let again = Effects { seals: vec![effects.seals[0].clone()], ..Effects::default() };
    assert!(
        matches!(tx.push(&again, author("caller"), at(1)).await, Err(Error::Database(_))),
        "a seal is written once"
    );
}

async fn a_change_that_has_ended_is_never_stored_again(db: &Database) {
    let pending = ann_named_nora(db).await;
    for ending in endings() {
        let mut ended = pending.clone();
        ended.state = State::Settled { at: at(77), ending };
        let tx = db.store.write().await.unwrap();
        tx.save_contact_change(&ended, at(77)).await.unwrap();
        let mut counted = ended.clone();
        counted.confirmations[0].wrong_tokens += 1;
        let mut other = ended.clone();
        other.state = State::Settled { at: at(78), ending: Ending::Done };
        for change in [&pending, &ended, &counted, &other] {
            let saved = tx.save_contact_change(change, at(78)).await;
            assert!(matches!(saved, Err(Error::Stale("contact_change"))), "{saved:?}");
            assert_eq!(stored(&tx, ended.change_id).await, ended);
        }
        tx.roll_back().await.unwrap();
    }
    let tx = db.store.write().await.unwrap();
    let unknown = ContactChange { change_id: ChangeId(Uuid::from_u128(99)), ..pending };
    assert!(matches!(tx.save_contact_change(&unknown, at(1)).await, Err(Error::Stale("contact_change"))));
}

async fn a_decision_is_never_overwritten(db: &Database) {
    let pending = ann_named_nora(db).await;
    let decisions = [
        Decision::Pending,
        Decision::Accepted { at: at(3) },
        Decision::Accepted { at: at(4) },
        Decision::Refused { at: at(3) },
        Decision::Refused { at: at(4) },
    ];
    for first in decisions {
        for second in decisions {
            for party in 0..2 {
                let tx = db.store.write().await.unwrap();
                let mut change = pending.clone();
                change.confirmations[party].decision = first;
                tx.save_contact_change(&change, at(5)).await.unwrap();
                let mut again = change.clone();
                again.confirmations[party].decision = second;
                let saved = tx.save_contact_change(&again, at(5)).await;
                if first == Decision::Pending || first == second {
                    saved.unwrap();
                    assert_eq!(stored(&tx, change.change_id).await, again);
                } else {
                    assert!(matches!(saved, Err(Error::Stale("confirmation"))), "{first:?}, {second:?}: {saved:?}");
                    let kept = stored(&tx, change.change_id).await.confirmations[party].decision;
                    assert_eq!(kept, first, "{second:?}");
                }
                tx.roll_back().await.unwrap();
            }
        }
    }
}

async fn one_open_change_for_each_role_of_a_service(db: &Database) {
    settle(db, &[shop(), service(2, "other.example", "ann tom bill")]).await;
    let (template, _) = asked_one(1, &shop(), "ann", "technical=nora");
    let sets: Vec<_> = (1..8).map(|bits| Roles::from_bits(bits).unwrap()).collect();
    for first in &sets {
        for second in &sets {
            let tx = db.store.write().await.unwrap();
            let one = ContactChange { roles: *first, ..template.clone() };
            tx.insert_contact_change(&one, &id("ann")).await.unwrap();
            let mut two = ContactChange { roles: *second, change_id: ChangeId(Uuid::from_u128(2)), ..template.clone() };
            two.nominee = id("omar");
            two.confirmations[1].account_id = id("omar");
            let apart = first.without(*second) == *first;
            let inserted = tx.insert_contact_change(&two, &id("ann")).await;
            assert_eq!(inserted.is_ok(), apart, "{first} and {second}: {inserted:?}");
            tx.roll_back().await.unwrap();

            let tx = db.store.write().await.unwrap();
            tx.insert_contact_change(&one, &id("ann")).await.unwrap();
            if !apart {
                let mut ended = one.clone();
                ended.state = State::Settled { at: at(1), ending: Ending::Expired };
                tx.save_contact_change(&ended, at(1)).await.unwrap();
            }
            tx.insert_contact_change(&two, &id("ann")).await.unwrap();
            let other = service(2, "other.example", "ann tom bill");
            let (elsewhere, _) = asked_one(3, &other, "ann", "technical=nora");
            tx.insert_contact_change(&elsewhere, &id("ann")).await.unwrap();
            tx.roll_back().await.unwrap();
        }
    }
}

async fn a_change_of_nobody_is_refused(db: &Database) {
    settle(db, &[shop()]).await;
    let (change, _) = asked_one(1, &shop(), "ann", "technical=nora");
    let nobody = AccountId::parse("no9-ovh").unwrap();
    let broken: [fn(&mut ContactChange, AccountId); 4] = [
        |change, nobody| change.requester = nobody,
        |change, nobody| change.nominee = nobody,
        |change, nobody| change.incumbent = nobody,
        |change, _| change.service_key.0 = Uuid::from_u128(99),
    ];
    for break_it in broken {
        let tx = db.store.write().await.unwrap();
        let mut change = change.clone();
        break_it(&mut change, nobody.clone());
        let inserted = tx.insert_contact_change(&change, &id("ann")).await;
        assert!(matches!(inserted, Err(Error::Database(_))), "{inserted:?}");
        tx.roll_back().await.unwrap();
    }
    let tx = db.store.write().await.unwrap();
    tx.insert_contact_change(&change, &id("ann")).await.unwrap();
}

/// Who still has a mail to be sent, so many minutes after the first.
async fn mailed(tx: &Tx, minute: i64) -> Vec<AccountId> {
    lease_mails(tx, at(60 * minute), at(60 * minute + 60), 9).await.into_iter().map(|due| due.mail.account_id).collect()
}

async fn a_token_that_is_no_longer_good_is_not_mailed(db: &Database) {
    let pending = ann_named_nora(db).await;
    type Move = (&'static str, fn(&mut ContactChange), &'static [&'static str]);
    let moves: [Move; 5] = [
        ("nothing", |_| {}, &["ann", "nora"]),
        ("decided", |change| change.confirmations[0].decision = Decision::Accepted { at: at(1) }, &["nora"]),
        ("resent", |change| change.confirmations[1].generation = 2, &["ann"]),
        ("superseded", |change| change.confirmations[1].token_is_good = false, &["ann"]),
        ("ended", |change| change.state = State::Settled { at: at(1), ending: Ending::Expired }, &[]),
    ];
    for (name, moved, still) in moves {
        let tx = db.store.write().await.unwrap();
        let mut change = pending.clone();
        moved(&mut change);
        tx.save_contact_change(&change, at(1)).await.unwrap();
        assert_eq!(mailed(&tx, 0).await, still.iter().map(|name| id(name)).collect::<Vec<_>>(), "{name}");
        tx.roll_back().await.unwrap();
    }
    // Over, and only not yet marked so.
    let tx = db.store.write().await.unwrap();
    tx.save_contact_change(&pending, pending.expire_time).await.unwrap();
    assert!(mailed(&tx, 0).await.is_empty());
}

async fn superseded_tokens_are_those_of_one_account_and_of_the_changes_named(db: &Database) {
    settle(db, &[shop()]).await;
    let (technical, effects) = asked_one(1, &shop(), "ann", "technical=nora");
    let (billing, more) = asked_one(2, &shop(), "ann", "billing=nora");
    add_changes(db, &shop(), std::slice::from_ref(&technical), &effects).await;
    add_changes(db, &shop(), std::slice::from_ref(&billing), &more).await;
    let tx = db.store.write().await.unwrap();
    tx.supersede_tokens(&id("nora"), [technical.change_id]).await.unwrap();
    let mut expected = technical.clone();
    expected.confirmations[1].token_is_good = false;
    assert_eq!(stored(&tx, technical.change_id).await, expected);
    assert_eq!(stored(&tx, billing.change_id).await, billing);
    assert_eq!(mailed(&tx, 0).await, ["ann", "ann", "nora"].map(id));
    tx.supersede_tokens(&id("ann"), []).await.unwrap();
    // More than a statement can name.
    tx.supersede_tokens(&id("ann"), (1_000..41_000).map(|n| ChangeId(Uuid::from_u128(n)))).await.unwrap();
    assert_eq!(mailed(&tx, 1).await, ["ann", "ann", "nora"].map(id), "no change, no token");
}

async fn what_is_loaded_for_a_decision_is_what_is_open_on_the_service(db: &Database) {
    let other = service(2, "other.example", "ann tom bill");
    settle(db, &[shop(), other.clone()]).await;
    let (technical, _) = asked_one(5, &shop(), "ann", "technical=nora");
    let (billing, _) = asked_one(3, &shop(), "ann", "billing=nora");
    let (elsewhere, _) = asked_one(4, &other, "ann", "billing=nora");
    let (mut ended, _) = asked_one(1, &shop(), "ann", "administrator=nora");
    ended.state = State::Settled { at: at(1), ending: Ending::Expired };
    let changes = [technical.clone(), billing.clone(), elsewhere.clone(), ended.clone()];
    add_changes(db, &shop(), &changes, &Effects::default()).await;
    let tx = db.store.write().await.unwrap();
    let key = shop().service_key;
    assert_eq!(tx.open_changes_for_update(key, None).await.unwrap(), [billing.clone(), technical.clone()]);
    let also = tx.open_changes_for_update(key, Some(ended.change_id)).await.unwrap();
    assert_eq!(also, [ended, billing.clone(), technical.clone()]);
    let also = tx.open_changes_for_update(key, Some(technical.change_id)).await.unwrap();
    assert_eq!(also, [billing.clone(), technical.clone()], "each once");

    let ids = tx.open_change_ids([other.service_key, key], None, at(0)).await.unwrap();
    assert_eq!(ids[&key], [billing.change_id, technical.change_id]);
    assert_eq!(ids[&other.service_key], [elsewhere.change_id]);
    assert!(tx.open_change_ids([key], None, technical.expire_time).await.unwrap().is_empty(), "over, swept or not");
    assert!(tx.open_change_ids([], None, at(0)).await.unwrap().is_empty());
}

async fn what_is_loaded_for_a_new_address_is_what_the_account_is_a_party_of(db: &Database) {
    settle(db, &[shop(), service(2, "other.example", "nora tom bill"), service(3, "third.example", "ann nora bill")])
        .await;
    let (nominee, _) = asked_one(5, &shop(), "ann", "technical=nora");
    let (requester, _) = asked_one(4, &service(2, "other.example", "nora tom bill"), "nora", "technical=omar");
    let (both, _) = asked_one(3, &service(2, "other.example", "nora tom bill"), "nora", "billing=nora");
    let (incumbent, _) = asked_one(2, &service(3, "third.example", "ann nora bill"), "ann", "technical=omar");
    let (mut ended, _) = asked_one(1, &shop(), "ann", "billing=nora");
    ended.state = State::Settled { at: at(1), ending: Ending::Done };
    let changes = [nominee.clone(), requester.clone(), both.clone(), incumbent, ended];
    add_changes(db, &shop(), &changes, &Effects::default()).await;
    let tx = db.store.write().await.unwrap();
    let found = tx.open_changes_of_party_for_update(&id("nora")).await.unwrap();
    assert_eq!(found, [both, requester, nominee]);
    assert!(tx.open_changes_of_party_for_update(&id("tom")).await.unwrap().is_empty());
}

async fn what_is_due_is_over_or_to_be_reminded_of(db: &Database) {
    settle(db, &[shop()]).await;
    let (mut reminded, _) = asked_one(1, &shop(), "ann", "technical=nora");
    let (unreminded, _) = asked_one(2, &shop(), "ann", "billing=nora");
    let (mut ended, _) = asked_one(3, &shop(), "ann", "administrator=nora");
    ended.state = State::Settled { at: at(1), ending: Ending::Cancelled(Canceller::Operator) };
    let (remind, end) = (reminded.remind_time.unwrap(), reminded.expire_time);
    reminded.remind_time = None;
    add_changes(db, &shop(), &[reminded.clone(), unreminded.clone(), ended], &Effects::default()).await;
    let second = jiff::SignedDuration::from_micros(1);
    let tx = db.store.write().await.unwrap();
    for (now, expected) in [
        (remind - second, vec![]),
        (remind, vec![2]),
        (end - second, vec![2]),
        (end, vec![2, 1]),
        (Timestamp::MAX, vec![2, 1]),
    ] {
        let due = tx.due_changes_for_update(now, 9).await.unwrap();
        let ids: Vec<_> = due.iter().map(|change| change.change_id.0.as_u128()).collect();
        assert_eq!(ids, expected, "{now}");
        assert_eq!(tx.change_is_due(now).await.unwrap(), !expected.is_empty(), "{now}");
        assert_eq!(tx.due_changes_for_update(now, 1).await.unwrap().len(), expected.len().min(1));
    }
    assert_eq!(tx.due_changes_for_update(end, 9).await.unwrap(), [unreminded, reminded]);
}
