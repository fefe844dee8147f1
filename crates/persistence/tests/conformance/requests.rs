//! Answers that are given again, and the keys that tokens were made with.

use relevo_domain::{AccountId, Key, Keyring};
use relevo_persistence::{Error, RequestKey};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::{
    engine::Database,
    people::{at, id},
};

on_every_engine!(
    an_answer_is_that_of_its_whole_key,
    a_key_is_claimed_once,
    a_repeated_call_waits_for_the_first_and_is_answered_alike,
    a_repeated_call_is_the_first_if_that_came_to_nothing,
    processes_that_start_at_once_agree_on_a_key,
    what_is_forgotten_is_older,
    the_first_key_is_noted,
    a_ring_without_the_newest_key_is_refused,
    a_ring_may_turn_back,
    a_ring_turns_whatever_the_clock_says,
);

fn key(caller: &str, method: &'static str, account: Option<&str>, n: u128) -> RequestKey {
    let account_id = account.map(id);
    RequestKey { caller: caller.to_owned(), method, account_id, request_id: Uuid::from_u128(n) }
}

async fn an_answer_is_that_of_its_whole_key(db: &Database) {
    let keys = [
        key("panel", "Accept", Some("ann"), 1),
        key("panel", "Accept", Some("ann"), 2),
        key("panel", "Accept", Some("tom"), 1),
        key("panel", "Accept", None, 1),
        key("panel", "Refuse", Some("ann"), 1),
        key("shop", "Accept", Some("ann"), 1),
    ];
    let tx = db.store.write().await.unwrap();
    for (n, key) in (0_u8..).zip(&keys) {
        assert_eq!(tx.claim_request(key, &[n, 0, 0xff], at(0)).await.unwrap(), None);
        tx.remember_answer(key, vec![n; usize::from(n)]).await.unwrap();
    }
    for (n, key) in (0_u8..).zip(&keys) {
        let answered = tx.claim_request(key, &[9], at(1)).await.unwrap();
        assert_eq!(answered, Some((vec![n, 0, 0xff], vec![n; usize::from(n)])));
    }
}

async fn a_key_is_claimed_once(db: &Database) {
    let tx = db.store.write().await.unwrap();
    let key = key("panel", "Accept", None, 1);
    assert_eq!(tx.claim_request(&key, &[1], at(0)).await.unwrap(), None);
    tx.remember_answer(&key, vec![1]).await.unwrap();
    assert_eq!(tx.claim_request(&key, &[2], at(1)).await.unwrap(), Some((vec![1], vec![1])));
    tx.release_request(&key).await.unwrap();
    assert!(matches!(tx.remember_answer(&key, vec![2]).await, Err(Error::Stale("request"))));
    assert_eq!(tx.claim_request(&key, &[2], at(1)).await.unwrap(), None);
}

/// Claims a key in a task of its own, which says so before it waits.
async fn claims(db: &Database, key: &RequestKey) -> JoinHandle<Option<(Vec<u8>, Vec<u8>)>> {
    let (store, key) = (db.open_again().await, key.clone());
    tokio::spawn(async move {
        let tx = store.write().await.unwrap();
        let answered = tx.claim_request(&key, &[2], at(0)).await.unwrap();
        tx.commit().await.unwrap();
        answered
    })
}

async fn a_repeated_call_waits_for_the_first_and_is_answered_alike(db: &Database) {
    let key = key("panel", "Accept", None, 1);
    let tx = db.store.write().await.unwrap();
    tx.claim_request(&key, &[1], at(0)).await.unwrap();
    let repeated = claims(db, &key).await;
    tx.remember_answer(&key, vec![7]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(repeated.await.unwrap(), Some((vec![1], vec![7])));
}

async fn a_repeated_call_is_the_first_if_that_came_to_nothing(db: &Database) {
    let key = key("panel", "Accept", None, 1);
    let tx = db.store.write().await.unwrap();
    tx.claim_request(&key, &[1], at(0)).await.unwrap();
    let repeated = claims(db, &key).await;
    tx.roll_back().await.unwrap();
    assert_eq!(repeated.await.unwrap(), None);
}

async fn what_is_forgotten_is_older(db: &Database) {
    let tx = db.store.write().await.unwrap();
    for n in 1..=5_u8 {
        let key = key("panel", "Accept", None, n.into());
        tx.claim_request(&key, &[], at(n.into())).await.unwrap();
        tx.remember_answer(&key, vec![n]).await.unwrap();
    }
    assert!(!tx.answer_is_older(at(1)).await.unwrap());
    assert_eq!(tx.forget_answers(at(1), 10).await.unwrap(), 0);
    assert!(tx.answer_is_older(at(5)).await.unwrap());
    assert_eq!(tx.forget_answers(at(5), 3).await.unwrap(), 3, "the oldest");
    assert!(tx.answer_is_older(at(5)).await.unwrap());
    assert_eq!(tx.forget_answers(at(5), 3).await.unwrap(), 1);
    assert!(!tx.answer_is_older(at(5)).await.unwrap());
    assert_eq!(tx.claim_request(&key("panel", "Accept", None, 2), &[], at(4)).await.unwrap(), None);
    let answered = tx.claim_request(&key("panel", "Accept", None, 5), &[], at(4)).await.unwrap();
    assert_eq!(answered, Some((vec![], vec![5])));
}

/// A ring of keys, the signing one first.
fn ring(keys: &[u8]) -> Keyring {
    let mut keys = keys.iter().map(|n| Key::new([*n; 32]));
    Keyring::new(keys.next().unwrap(), keys.collect())
}

/// Registers rings one after the other, each at a moment; says which were taken.
async fn registered(db: &Database, rings: &[(&[u8], i64)]) -> Vec<bool> {
    let mut taken = Vec::new();
    for (keys, seconds) in rings {
        let tx = db.store.write().await.unwrap();
        match tx.register_keys(&ring(keys), at(*seconds)).await {
            Ok(()) => tx.commit().await.unwrap(),
            Err(Error::KeyMissing(_)) => tx.roll_back().await.unwrap(),
            Err(error) => panic!("{error}"),
        }
        taken.push(is_newest(db, keys[0]).await);
    }
    taken
}

/// Whether a ring of this key alone starts.
async fn is_newest(db: &Database, key: u8) -> bool {
    let tx = db.store.write().await.unwrap();
    tx.register_keys(&ring(&[key]), at(0)).await.is_ok()
}

async fn the_first_key_is_noted(db: &Database) {
    assert_eq!(registered(db, &[(&[1, 2], 0), (&[1], 1)]).await, [true, true]);
    assert_eq!(db.number("SELECT count(*) FROM token_key").await, 1);
    let name = ring(&[1]).signing().key_id().0.clone();
    assert_eq!(db.number(&format!("SELECT count(*) FROM token_key WHERE key_id = '{name}'")).await, 1);
}

async fn a_ring_without_the_newest_key_is_refused(db: &Database) {
    assert_eq!(registered(db, &[(&[1], 0)]).await, [true]);
    let tx = db.store.write().await.unwrap();
    let refused = tx.register_keys(&ring(&[2, 3]), at(1)).await.unwrap_err();
    let name = ring(&[1]).signing().key_id().0.clone();
    assert!(matches!(&refused, Error::KeyMissing(missing) if *missing == name), "{refused}");
    assert!(refused.to_string().contains(&name) && refused.to_string().contains("token.key"), "{refused}");
    tx.roll_back().await.unwrap();
    assert_eq!(registered(db, &[(&[2], 1), (&[2, 1], 2), (&[1], 3), (&[3, 1], 4)]).await, [false, true, false, false]);
}

async fn processes_that_start_at_once_agree_on_a_key(db: &Database) {
    let mut registering = Vec::new();
    for n in 1..=4_u8 {
        let store = db.open_again().await;
        registering.push(tokio::spawn(async move {
            let tx = store.write().await.unwrap();
            let registered = tx.register_keys(&ring(&[n]), at(0)).await.is_ok();
            tx.commit().await.unwrap();
            registered
        }));
    }
    let mut registered = 0;
    for task in registering {
        registered += usize::from(task.await.unwrap());
    }
    assert_eq!(registered, 1);
    assert_eq!(db.number("SELECT count(*) FROM token_key").await, 1);
}

async fn a_ring_may_turn_back(db: &Database) {
    assert_eq!(registered(db, &[(&[1], 0), (&[2, 1], 1), (&[1, 2], 2)]).await, [true; 3]);
    assert!(!is_newest(db, 2).await);
}

async fn a_ring_turns_whatever_the_clock_says(db: &Database) {
    assert_eq!(registered(db, &[(&[1], 10), (&[2, 1], 10), (&[3, 2], 5), (&[2, 3], 5)]).await, [true; 4]);
    assert!(!is_newest(db, 3).await);
}

#[test]
fn an_account_never_has_the_id_that_stands_for_none() {
    assert!(AccountId::parse("").is_err());
}
