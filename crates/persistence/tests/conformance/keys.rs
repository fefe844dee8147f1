//! The keys that the installation has had: which rings start, and what a key that has leaked is still good for.

use relevo_domain::{Event, EventKind, Key, KeyId, Keyring};
use relevo_persistence::{Author, Error};

use crate::{
    engine::Database,
    people::{account, at, id},
};

on_every_engine!(
    processes_that_start_at_once_agree_on_a_key,
    the_first_key_is_noted,
    a_ring_without_the_newest_key_is_refused,
    a_ring_may_turn_back,
    a_ring_turns_whatever_the_clock_says,
    a_ring_without_a_key_that_the_history_is_proven_by_is_refused_and_takes_no_proof_away,
    nobody_starts_while_a_leaked_key_is_replaced_nor_signs_with_it_afterwards,
    a_leaked_key_is_replaced_by_one_that_is_new,
    a_leaked_key_proves_nothing_of_the_history,
);

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

fn name(key: u8) -> KeyId {
    ring(&[key]).signing().key_id().clone()
}

/// Registers a ring, and stays with it.
async fn register(db: &Database, keyring: &Keyring) -> Result<(), Error> {
    let tx = db.store.write().await.unwrap();
    let registered = tx.register_keys(keyring, at(0)).await;
    tx.commit().await.unwrap();
    registered
}

/// Ann does something.
async fn append(db: &Database, kind: EventKind, keyring: &Keyring) -> Result<(), Error> {
    let event = Event { kind, account_id: Some(id("ann")), service_key: None, change_id: None, details: Vec::new() };
    let effects = relevo_domain::Effects { events: vec![event], ..Default::default() };
    let tx = db.store.write().await.unwrap();
    let pushed = tx.push(&effects, Author { name: "caller", keyring }, at(1)).await;
    match pushed {
        Ok(()) => tx.commit().await.unwrap(),
        Err(_) => tx.roll_back().await.unwrap(),
    }
    pushed
}

async fn ann_is_there(db: &Database, keyring: &Keyring) {
    let tx = db.store.write().await.unwrap();
    tx.insert_account(&account("ann")).await.unwrap();
    tx.commit().await.unwrap();
    append(db, EventKind::AccountCreated, keyring).await.unwrap();
}

async fn found(db: &Database, keyring: &Keyring) -> Vec<String> {
    let mut found = Vec::new();
    let view = db.store.read().await.unwrap();
    view.audit(keyring, std::iter::empty(), |it| found.push(it.to_string())).await.unwrap();
    found
}

async fn a_ring_without_a_key_that_the_history_is_proven_by_is_refused_and_takes_no_proof_away(db: &Database) {
    register(db, &ring(&[1])).await.unwrap();
    ann_is_there(db, &ring(&[1])).await;
    register(db, &ring(&[2, 1])).await.unwrap();
    let refused = register(db, &ring(&[2])).await.unwrap_err();
    assert!(matches!(&refused, Error::HistoryKeyMissing(key) if *key == name(1).0), "{refused}");
    assert!(refused.to_string().contains("--retire"), "{refused}");
    // One that was started before the ring turned.
    let refused = append(db, EventKind::AccountUpdated, &ring(&[2])).await.unwrap_err();
    assert!(matches!(refused, Error::HistoryKeyMissing(_)), "{refused}");
    append(db, EventKind::AccountUpdated, &ring(&[2, 1])).await.unwrap();
    assert_eq!(found(db, &ring(&[2, 1])).await, [""; 0]);
    register(db, &ring(&[2])).await.unwrap();
    assert_eq!(found(db, &ring(&[2])).await, [""; 0]);
}

async fn nobody_starts_while_a_leaked_key_is_replaced_nor_signs_with_it_afterwards(db: &Database) {
    register(db, &ring(&[1])).await.unwrap();
    let replace = ring(&[2, 1]);
    let tx = db.store.write().await.unwrap();
    tx.begin_leak(&replace, at(1)).await.unwrap();
    tx.commit().await.unwrap();
    for keys in [&[1_u8] as &[u8], &[2, 1], &[1, 2]] {
        assert!(matches!(register(db, &ring(keys)).await, Err(Error::RotationCutOff)), "{keys:?}");
    }
    assert!(db.store.read().await.unwrap().leaked_keys().await.unwrap().is_empty(), "until it is over");
    let tx = db.store.write().await.unwrap();
    tx.begin_leak(&replace, at(2)).await.unwrap();
    tx.end_leak().await.unwrap();
    tx.commit().await.unwrap();
    register(db, &replace).await.unwrap();
    register(db, &ring(&[2])).await.unwrap();
    let signs_with_it = register(db, &ring(&[1, 2])).await.unwrap_err();
    assert!(matches!(&signs_with_it, Error::KeyLeaked(key) if *key == name(1).0), "{signs_with_it}");
    assert_eq!(db.store.read().await.unwrap().leaked_keys().await.unwrap(), [name(1)].into());
}

async fn a_leaked_key_is_replaced_by_one_that_is_new(db: &Database) {
    register(db, &ring(&[1])).await.unwrap();
    register(db, &ring(&[2, 1])).await.unwrap();
    let begin = async |keys: &[u8]| {
        let tx = db.store.write().await.unwrap();
        let begun = tx.begin_leak(&ring(keys), at(3)).await;
        tx.end_leak().await.unwrap();
        tx.commit().await.unwrap();
        begun
    };
    for keys in [&[2_u8, 1] as &[u8], &[2], &[1, 2]] {
        assert!(matches!(begin(keys).await, Err(Error::KeyInUse(_))), "{keys:?}");
    }
    assert!(matches!(begin(&[3, 1]).await, Err(Error::KeyMissing(_))), "without the newest");
    begin(&[3, 2, 1]).await.unwrap();
    assert!(matches!(begin(&[3, 2, 1]).await, Err(Error::KeyInUse(_))), "that is over");
    assert_eq!(db.store.read().await.unwrap().leaked_keys().await.unwrap(), [name(1), name(2)].into());
}

async fn a_leaked_key_proves_nothing_of_the_history(db: &Database) {
    register(db, &ring(&[1])).await.unwrap();
    ann_is_there(db, &ring(&[1])).await;
    // What the thief puts back later, with a proof as good as any that he makes.
    for table in ["event", "chain"] {
        db.execute(&format!("CREATE TABLE {table}_before AS SELECT * FROM {table}")).await;
    }
    append(db, EventKind::AccountUpdated, &ring(&[1])).await.unwrap();
    let tx = db.store.write().await.unwrap();
    tx.begin_leak(&ring(&[2, 1]), at(1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(db.store.prove_heads(&ring(&[2, 1])).await.unwrap(), []);
    let tx = db.store.write().await.unwrap();
    tx.end_leak().await.unwrap();
    tx.commit().await.unwrap();
    let both = ring(&[2, 1]).with_leaked(db.store.read().await.unwrap().leaked_keys().await.unwrap());
    assert_eq!(found(db, &both).await, [""; 0]);

    for table in ["event", "chain"] {
        db.execute(&format!("DELETE FROM {table}")).await;
        db.execute(&format!("INSERT INTO {table} SELECT * FROM {table}_before")).await;
    }
    let altered = ["account/an1-ovh head: altered"];
    assert_eq!(found(db, &both).await, altered);
    assert_eq!(db.store.prove_heads(&both).await.unwrap().len(), 1, "nor is it proved anew");
    assert_eq!(found(db, &both).await, altered);
    append(db, EventKind::AccountUpdated, &both).await.unwrap();
    assert_eq!(found(db, &both).await, altered, "whatever comes after it");
}
