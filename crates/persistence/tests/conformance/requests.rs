//! Answers that are given again.

use relevo_domain::AccountId;
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
    what_is_forgotten_is_older,
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

#[test]
fn an_account_never_has_the_id_that_stands_for_none() {
    assert!(AccountId::parse("").is_err());
}
