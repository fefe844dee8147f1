//! What a transaction sees, what stays of it, and who waits for whom.

use relevo_domain::{Account, Effects, Event, EventKind};
use relevo_persistence::{Error, Store};
use sqlx::{AssertSqlSafe, Connection};

use crate::{
    copy::somebody_waits,
    engine::Database,
    people::{account, add_people, ann_named_nora, at, author, id, service, settle, shop},
};

on_every_engine!(
    a_view_sees_one_state_of_the_database,
    a_transaction_that_is_dropped_never_happened,
    a_transaction_that_is_rolled_back_never_happened,
    a_transaction_sees_what_it_has_done_and_others_do_not,
    what_was_committed_is_there_when_the_store_is_opened_again,
    writers_wait_for_each_other,
    writers_of_two_processes_wait_for_each_other,
    effects_are_stored_as_they_are,
    no_effects_are_no_work,
    many_effects_are_as_many_rows,
    a_database_that_is_closed_refuses,
);

async fn a_view_sees_one_state_of_the_database(db: &Database) {
    settle(db, &[shop()]).await;
    let view = db.store.read().await.unwrap();
    assert!(view.account(&id("ann")).await.unwrap().is_some());
    let tx = db.store.write().await.unwrap();
    let mut ann = account("ann");
    ann.revision = 2;
    tx.save_account(&ann).await.unwrap();
    assert!(tx.insert_service(&service(2, "new.example", "ann ann ann")).await.unwrap());
    tx.commit().await.unwrap();

    assert_eq!(view.account(&id("ann")).await.unwrap(), Some(account("ann")));
    let all = relevo_persistence::ServiceFilter { holder: None, kind: None, prefix: String::new() };
    assert_eq!(view.services_after(&all, None, 9).await.unwrap(), [shop()]);
    drop(view);
    let view = db.store.read().await.unwrap();
    assert_eq!(view.account(&id("ann")).await.unwrap(), Some(ann));
    assert_eq!(view.services_after(&all, None, 9).await.unwrap().len(), 2);
}

async fn people(store: &Store) -> usize {
    store.read().await.unwrap().accounts_after(None, 99).await.unwrap().len()
}

async fn a_transaction_that_is_dropped_never_happened(db: &Database) {
    let tx = db.store.write().await.unwrap();
    add_people(&tx).await;
    drop(tx);
    assert_eq!(people(&db.store).await, 0);
    let tx = db.store.write().await.unwrap();
    assert!(tx.accounts_after(None, 99).await.unwrap().is_empty(), "and the next one does not inherit it");
    add_people(&tx).await;
    tx.commit().await.unwrap();
    assert_eq!(people(&db.store).await, 6);
}

async fn a_transaction_that_is_rolled_back_never_happened(db: &Database) {
    let tx = db.store.write().await.unwrap();
    add_people(&tx).await;
    tx.roll_back().await.unwrap();
    assert_eq!(people(&db.store).await, 0);
}

async fn a_transaction_sees_what_it_has_done_and_others_do_not(db: &Database) {
    let tx = db.store.write().await.unwrap();
    add_people(&tx).await;
    assert_eq!(tx.accounts_after(None, 99).await.unwrap().len(), 6);
    assert_eq!(people(&db.store).await, 0);
    tx.commit().await.unwrap();
    assert_eq!(people(&db.store).await, 6);
}

async fn what_was_committed_is_there_when_the_store_is_opened_again(db: &Database) {
    let change = ann_named_nora(db).await;
    db.store.clone().close().await.unwrap();
    let again = db.open_again().await;
    again.migrate().await.unwrap();
    assert_eq!(people(&again).await, 6);
    let report = again.read().await.unwrap().change_report(change.change_id, None).await.unwrap().unwrap();
    assert_eq!(report.change, change);
}

/// Adds one to the revision of Ann's account, from what it is.
async fn count(store: Store) {
    let tx = store.write().await.unwrap();
    let ann = tx.account_for_update(&id("ann")).await.unwrap().unwrap();
    tokio::task::yield_now().await;
    tx.save_account(&Account { revision: ann.revision + 1, ..ann }).await.unwrap();
    tx.commit().await.unwrap();
}

async fn all_count(db: &Database, stores: Vec<Store>) {
    settle(db, &[]).await;
    let counted = i64::try_from(stores.len()).unwrap();
    for task in stores.into_iter().map(|store| tokio::spawn(count(store))).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let ann = db.store.read().await.unwrap().account(&id("ann")).await.unwrap().unwrap();
    assert_eq!(ann.revision, 1 + counted);
}

async fn writers_wait_for_each_other(db: &Database) {
    all_count(db, vec![db.store.clone(); 16]).await;
}

async fn writers_of_two_processes_wait_for_each_other(db: &Database) {
    let other = db.open_again().await;
    all_count(db, [db.store.clone(), other].into_iter().cycle().take(16).collect()).await;
}

async fn effects_are_stored_as_they_are(db: &Database) {
    let change = ann_named_nora(db).await;
    let opened =
        "SELECT count(*) FROM event WHERE kind = 'change-opened' AND caller = 'caller' AND account_id = 'an1-ovh'
                  AND change_id IS NOT NULL AND service_key IS NOT NULL";
    assert_eq!(db.number(opened).await, 1);
    let event = |kind, account: Option<&str>, change_id| Event {
        kind,
        account_id: account.map(id),
        service_key: None,
        change_id,
        details: Vec::new(),
    };
    let events = vec![
        event(EventKind::AccountUpdated, Some("ann"), None),
        event(EventKind::ChangeExpired, None, Some(change.change_id)),
    ];
    let tx = db.store.write().await.unwrap();
    tx.push(&Effects { events, ..Effects::default() }, author("sweeper"), at(7)).await.unwrap();
    tx.commit().await.unwrap();
    let stored = format!(
        "SELECT count(*) FROM event WHERE caller = 'sweeper' AND event_time = {} AND service_key IS NULL
         AND (kind = 'account-updated' AND account_id IS NOT NULL AND change_id IS NULL
              OR kind = 'change-expired' AND account_id IS NULL AND change_id IS NOT NULL)",
        at(7).as_microsecond()
    );
    assert_eq!(db.number(&stored).await, 2);
    assert_eq!(db.number("SELECT count(*) FROM event").await, 3);
}

async fn no_effects_are_no_work(db: &Database) {
    let tx = db.store.write().await.unwrap();
    tx.push(&Effects::default(), author("caller"), at(0)).await.unwrap();
    tx.commit().await.unwrap();
    for table in ["seal", "outbox", "event"] {
        assert_eq!(db.number(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
    }
}

async fn many_effects_are_as_many_rows(db: &Database) {
    // More than one statement can take.
    let event = Event {
        kind: EventKind::ServiceUpdated,
        account_id: None,
        service_key: None,
        change_id: None,
        details: Vec::new(),
    };
    let effects = Effects { events: vec![event; 6_000], ..Effects::default() };
    let tx = db.store.write().await.unwrap();
    tx.push(&effects, author("caller"), at(0)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(db.number("SELECT count(*) FROM event").await, 6_000);
}

async fn a_database_that_is_closed_refuses(db: &Database) {
    db.store.ping().await.unwrap();
    db.store.clone().close().await.unwrap();
    assert!(matches!(db.store.ping().await, Err(Error::Database(_))));
    assert!(matches!(db.store.read().await, Err(Error::Database(_))));
    assert!(matches!(db.store.write().await, Err(Error::Database(_))));
}

/// An end of Ann and Nora's change, and three mails about it, the second to Nora and the others to Ann, with an attempt for
/// each. What comes last in any order stands first in the tables.
const ENDED: &str = "
    UPDATE contact_change SET state = 'cancelled', settle_time = 0, cause = 'operator';
    INSERT INTO outbox (mail_id, kind, change_id, account_id, generation, state, create_time, due_time, lease_count, attempts)
        SELECT 3, 'reminder', change_id, account_id, 1, 'sent', 0, 0, 1, 1 FROM outbox WHERE mail_id = 1;
    UPDATE outbox SET state = 'sent' WHERE mail_id < 3;
    UPDATE participant SET state = state WHERE part < 'requester';
    INSERT INTO attempt SELECT mail_id, 1, 0, 'sent', '250', 'ok' FROM outbox;
";

#[tokio::test]
async fn whoever_removes_mails_locks_them_first_and_all_that_he_locks_in_one_order() {
    for removes_the_account in [true, false] {
        let db = Database::postgres().await;
        ann_named_nora(&db).await;
        db.execute(ENDED).await;
        let mut other = db.connect_to_server().await;
        let mut held = async |last: &'static str| {
            let mut hold = other.begin().await.unwrap();
            sqlx::query(AssertSqlSafe(last)).execute(&mut *hold).await.unwrap();
            let store = db.store.clone();
            let removal = tokio::spawn(async move {
                let tx = store.write().await.unwrap();
                if removes_the_account {
                    tx.delete_account(&account("ann"), at(9)).await.unwrap();
                } else {
                    assert_eq!(tx.remove_ended_changes(at(9), 9).await.unwrap().len(), 1);
                }
                tx.roll_back().await.unwrap();
            });
            somebody_waits(&db).await;
            let mut free = Vec::new();
            for table in ["outbox", "attempt", "participant"] {
                let rows = format!("SELECT count(*) FROM (SELECT 1 FROM {table} FOR UPDATE SKIP LOCKED) AS free");
                free.push(db.number(&rows).await);
            }
            hold.rollback().await.unwrap();
            removal.await.unwrap();
            free
        };
        let [mails, parts] = if removes_the_account { [1, 2] } else { [0, 0] };
        let last_mail = "SELECT 1 FROM outbox WHERE mail_id = 3 FOR UPDATE";
        assert_eq!(held(last_mail).await, [mails, 3, 4], "the mails before the last, and nothing else");
        let last_part = "SELECT 1 FROM participant WHERE part = 'requester' FOR UPDATE";
        assert_eq!(held(last_part).await[2], parts, "the parts before the last");
    }
}
