//! How the schema is made and brought up to date, also of a database that an earlier version has left.

use relevo_domain::{
    AccountId, ChangeId, ContactChange, EmailAddress, MailKind, Nonce, RefusalReason, Role, State,
    contact_change::{Canceller, ChangeState, Ending, FailureCause},
};
use relevo_persistence::{ChangeFilter, DatabaseUrl, Delivery, DeliveryState, Error, Part, RequestKey, Store, View};
use sqlx::{Connection, Executor, Row};
use uuid::Uuid;

use crate::{
    engine::Database,
    people::{PEOPLE, account, at, id, keyring, lease_mails, service_id},
};

/// Databases as the first migration makes them, on each engine.
async fn first() -> [Database; 2] {
    let postgres = Database::empty_postgres().await;
    postgres.execute(include_str!("../fixtures/m0001_postgres.sql")).await;
    [Database::sqlite_of(include_str!("../fixtures/m0001_sqlite.sql")).await, postgres]
}

/// New databases, on each engine.
async fn new() -> [Database; 2] {
    [Database::sqlite().await, Database::postgres().await]
}

/// All that a schema is made of.
async fn schema(db: &Database) -> String {
    if db.is_file() {
        let all = "SELECT group_concat(sql, ';\n') FROM (SELECT sql FROM sqlite_schema ORDER BY type, name)";
        return db.rows(all).await[0].get(0);
    }
    let all = "SELECT string_agg(what, E';\n' ORDER BY what) FROM (
            SELECT concat_ws(' ', table_name, ordinal_position, column_name, data_type, collation_name, is_nullable,
                column_default) FROM information_schema.columns WHERE table_schema = 'public'
            UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
            UNION ALL SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
                WHERE connamespace = 'public'::regnamespace
            UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
            UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            UNION ALL SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'
        ) AS schema (what)";
    db.connect_to_server().await.fetch_one(all).await.unwrap().get(0)
}

#[tokio::test]
async fn a_database_of_the_first_version_becomes_one_like_a_new_one() {
    for (old, new) in first().await.into_iter().zip(new().await) {
        assert_ne!(schema(&old).await, schema(&new).await);
        old.store.migrate().await.unwrap();
        assert_eq!(schema(&old).await, schema(&new).await);
        assert_eq!(old.number("SELECT count(*) FROM seaql_migrations").await, 4);
    }
}

#[tokio::test]
async fn to_migrate_again_changes_nothing() {
    for db in first().await {
        db.store.migrate().await.unwrap();
        let before = schema(&db).await;
        db.store.migrate().await.unwrap();
        db.open_again().await.prepare().await.unwrap();
        assert_eq!(schema(&db).await, before);
        assert_eq!(db.number("SELECT count(*) FROM seaql_migrations").await, 4);
        assert_eq!(db.number("SELECT count(*) FROM contact_change").await, 12);
    }
}

/// The changes of the database of the first version: service, roles, requester, nominee, and how they ended.
fn changes() -> Vec<(&'static str, &'static str, &'static str, &'static str, Option<Ending>)> {
    let nora = id("nora");
    let reason = RefusalReason::parse("I do not want it: 'no'; -- \u{1f600}").unwrap();
    vec![
        ("s1.example", "technical", "ann", "nora", None),
        ("s1.example", "billing", "ann", "nora", Some(Ending::Refused { by: nora.clone(), reason })),
        ("s2.example", "technical", "ann", "omar", Some(Ending::Done)),
        ("s2.example", "billing", "ann", "omar", Some(Ending::Cancelled(Canceller::Account(id("ann"))))),
        ("s2.example", "technical", "tom", "nora", Some(Ending::Cancelled(Canceller::Operator))),
        ("s3.example", "technical", "ann", "nora", Some(Ending::Cancelled(Canceller::ServiceDeleted))),
        ("s3.example", "billing", "ann", "rita", Some(Ending::Expired)),
        ("s5.example", "technical", "nora", "rita", Some(Ending::Failed(FailureCause::IncumbentReplaced))),
        ("s5.example", "billing", "tom", "ann", Some(Ending::Failed(FailureCause::RequesterNotPermitted))),
        ("s5.example", "technical", "nora", "bill", None),
        ("s4.example", "administrator", "rita", "nora", Some(Ending::Done)),
        ("s2.example", "billing", "bill", "nora", Some(Ending::Refused { by: nora, reason: None })),
    ]
}

fn change_id(n: u128) -> ChangeId {
    ChangeId(Uuid::from_u128(n))
}

/// The numbers of the changes of an account in a state, newest first.
async fn listed(view: &View, account: &AccountId, state: ChangeState) -> Vec<u128> {
    let participant = Some((account.clone(), Part::ALL.to_vec()));
    let filter = ChangeFilter { participant, states: vec![state], service_id: None };
    let reports = view.change_reports_before(&filter, None, 50, at(1000)).await.unwrap();
    reports.into_iter().map(|report| report.change.change_id.0.as_u128()).collect()
}

async fn delivery(view: &View, change: u128, name: &str) -> Delivery {
    let report = view.change_report(change_id(change), None).await.unwrap().unwrap();
    report.deliveries.into_iter().find(|(account, _)| *account == id(name)).unwrap().1
}

#[tokio::test]
async fn what_the_first_version_stored_is_read_as_it_was() {
    for db in first().await {
        db.store.migrate().await.unwrap();
        let tx = db.store.write().await.unwrap();
        let people: Vec<_> = PEOPLE.into_iter().map(account).collect();
        assert_eq!(tx.accounts_after(None, 50).await.unwrap(), people);

        assert!(tx.service(&service_id("s3.example"), None).await.unwrap().is_none(), "it was deleted");
        let passed = tx.service(&service_id("s2.example"), None).await.unwrap().unwrap();
        assert_eq!((passed.revision, passed.update_time), (2, at(50)));
        assert_eq!(Role::ALL.map(|role| passed.contacts.holder(role).clone()), ["ann", "omar", "bill"].map(id));

        for (n, (service, role, requester, nominee, ending)) in (1..).zip(changes()) {
            let ContactChange { service_id, roles, requester: by, nominee: to, state, .. } =
                tx.change_report(change_id(n), None).await.unwrap().unwrap().change;
            let roles: Vec<_> = roles.iter().map(Role::name).collect();
            assert_eq!((service_id.as_str(), &*roles, by, to), (service, &[role][..], id(requester), id(nominee)));
            let expected = ending.map_or(State::Pending, |ending| State::Settled { at: at(50), ending });
            assert_eq!(state, expected, "{n}");
        }
        let seals = tx.seals(change_id(10)).await.unwrap();
        let seals: Vec<_> = seals.into_iter().map(|seal| (seal.account_id, seal.generation, seal.nonce)).collect();
        let nonce = |n: u128| Nonce(n.to_be_bytes());
        assert_eq!(
            seals,
            [(id("bill"), 1, nonce(10_001)), (id("bill"), 2, nonce(4242)), (id("nora"), 1, nonce(10_000))]
        );

        let states = [(1, "ann", DeliveryState::Sent), (1, "nora", DeliveryState::Deferred)];
        for (change, name, state) in states.into_iter().chain([(10, "bill", DeliveryState::Failed)]) {
            assert_eq!(delivery(&tx, change, name).await.state, state);
        }
        let mails = lease_mails(&tx, at(1000), at(1060), 9).await;
        let mails: Vec<_> =
            mails.iter().map(|due| (due.mail.kind, due.attempts, due.mail.to_address.clone())).collect();
        let old_address = EmailAddress::parse("old@example.com").unwrap();
        assert_eq!(mails, [(MailKind::AddressChanged, 0, Some(old_address)), (MailKind::Confirm, 1, None)]);

        let (caller, request_id) = ("panel".to_owned(), Uuid::from_u128(77));
        let key = RequestKey { caller, method: "CreateAccount", account_id: None, request_id };
        let answer = tx.claim_request(&key, &[1], at(1000)).await.unwrap();
        assert_eq!(answer, Some((vec![1, 2, 3], vec![4, 5, 6])));
        assert_eq!(tx.newest_key().await.unwrap().as_ref(), Some(keyring().signing().key_id()));
        tx.roll_back().await.unwrap();
        assert_eq!(db.number("SELECT count(*) FROM event").await, 13);
    }
}

/// What an audit finds.
async fn found(db: &Database) -> Vec<String> {
    let mut found = Vec::new();
    let view = db.store.read().await.unwrap();
    view.audit(&keyring(), std::iter::empty(), |finding| found.push(finding.to_string())).await.unwrap();
    found
}

#[tokio::test]
async fn the_history_of_the_first_version_is_verified_once_it_was_adopted() {
    for db in first().await {
        db.store.migrate().await.unwrap();
        // No service and no account has a chain, and each event is in none.
        let before = found(&db).await;
        let heads = before.iter().filter(|finding| finding.ends_with(" head: missing")).count();
        assert_eq!((heads, before.len()), (PEOPLE.len() + 5, PEOPLE.len() + 5 + 1), "{before:#?}");
        assert!(before.last().unwrap().contains("13 in no chain"), "{before:#?}");
        let adopted = db.store.adopt(&keyring(), at(1000), at(2000)).await.unwrap();
        assert_eq!((adopted.chains, adopted.events), (11, 13));
        assert!(found(&db).await.is_empty());
        // A process of the version before, which knows nothing of chains.
        db.execute(
            "INSERT INTO event (event_time, kind, caller, account_id) VALUES (7, 'account-updated', 'old', 'an1-ovh')",
        )
        .await;
        assert_eq!(found(&db).await.len(), 1);
        db.store.adopt(&keyring(), at(1000), at(2000)).await.unwrap();
        assert!(found(&db).await.is_empty());
    }
}

#[tokio::test]
async fn what_the_first_version_stored_is_listed_by_account_and_state() {
    for db in first().await {
        db.store.migrate().await.unwrap();
        let view = db.store.read().await.unwrap();
        for (state, ann, nora) in [
            (ChangeState::Pending, vec![10, 1], vec![10, 1]),
            (ChangeState::Done, vec![3], vec![11]),
            (ChangeState::Refused, vec![12, 2], vec![12, 2]),
            (ChangeState::Cancelled, vec![6, 5, 4], vec![6, 5]),
            (ChangeState::Expired, vec![7], vec![]),
            (ChangeState::Failed, vec![9, 8], vec![9, 8]),
        ] {
            assert_eq!(listed(&view, &id("ann"), state).await, ann, "{state:?}");
            assert_eq!(listed(&view, &id("nora"), state).await, nora, "{state:?}");
        }
    }
}

#[tokio::test]
async fn what_the_version_before_writes_meanwhile_is_listed_right() {
    for db in first().await {
        db.store.migrate().await.unwrap();
        // It does not know the new column.
        db.execute("UPDATE contact_change SET state = 'done', settle_time = 1 WHERE requester = 'an1-ovh' AND state = 'pending'")
            .await;
        db.execute("DELETE FROM participant WHERE part = 'nominee' AND account_id = 'bi1-ovh'").await;
        db.execute(
            "INSERT INTO participant (change_id, part, account_id)
             SELECT change_id, 'nominee', nominee FROM contact_change WHERE state = 'pending'",
        )
        .await;
        let view = db.store.read().await.unwrap();
        assert_eq!(listed(&view, &id("ann"), ChangeState::Pending).await, [10]);
        assert_eq!(listed(&view, &id("ann"), ChangeState::Done).await, [3, 1]);
        assert_eq!(listed(&view, &id("bill"), ChangeState::Pending).await, [10]);
    }
}

#[tokio::test]
async fn a_call_of_the_version_before_that_is_under_way_is_waited_for() {
    let [_, db] = first().await;
    let mut call = db.connect_to_server().await;
    let mut call = call.begin().await.unwrap();
    call.execute("UPDATE contact_change SET state = 'done', settle_time = 1 WHERE state = 'pending'").await.unwrap();
    let store = db.store.clone();
    let migration = tokio::spawn(async move { store.migrate().await });
    while db.number("SELECT count(*) FROM pg_locks WHERE NOT granted").await == 0 {
        assert!(!migration.is_finished(), "it went past the call");
        tokio::task::yield_now().await;
    }
    call.execute("UPDATE participant SET account_id = 'bi1-ovh' WHERE part = 'administrator'").await.unwrap();
    call.commit().await.unwrap();
    migration.await.unwrap().unwrap();
    let view = db.store.read().await.unwrap();
    assert_eq!(listed(&view, &id("ann"), ChangeState::Pending).await, []);
    assert_eq!(listed(&view, &id("ann"), ChangeState::Done).await, [10, 3, 1]);
}

#[tokio::test]
async fn a_file_is_brought_up_to_date_by_whoever_serves_it_and_a_server_is_not() {
    let [sqlite, postgres] = first().await;
    sqlite.store.prepare().await.unwrap();
    assert_eq!(schema(&sqlite).await, schema(&Database::sqlite().await).await);
    for db in [postgres, Database::empty_postgres().await] {
        let before = schema_of_any(&db).await;
        let error = db.store.prepare().await.unwrap_err();
        assert!(matches!(error, Error::SchemaOlder), "{error:?}");
        assert!(error.to_string().contains("`relevo migrate`"), "{error}");
        assert_eq!(schema_of_any(&db).await, before);
        db.store.migrate().await.unwrap();
        db.store.prepare().await.unwrap();
    }
}

/// How many tables and indexes there are, also if there are none.
async fn schema_of_any(db: &Database) -> i64 {
    db.number("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace").await
}

#[tokio::test]
async fn a_schema_that_is_newer_than_the_program_is_refused() {
    for db in new().await {
        db.execute("INSERT INTO seaql_migrations VALUES ('m9999_of_next_year', 0)").await;
        for step in ["", "DELETE FROM seaql_migrations WHERE version <> 'm9999_of_next_year'"] {
            // As many steps as this program has, or fewer, but others.
            if !step.is_empty() {
                db.execute(step).await;
            }
            for refused in [db.store.migrate().await, db.store.prepare().await] {
                let error = refused.unwrap_err();
                assert!(matches!(error, Error::SchemaNewer), "{error:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_behind() {
    for db in first().await {
        // The name of an index that the last step makes.
        db.execute("CREATE TABLE participant_by_state (in_the_way integer)").await;
        let before = schema(&db).await;
        let error = db.store.migrate().await.unwrap_err().to_string();
        assert!(error.contains("participant_by_state"), "{error}");
        assert_eq!(schema(&db).await, before);
        assert_eq!(db.number("SELECT count(*) FROM seaql_migrations").await, 1);
        db.execute("DROP TABLE participant_by_state").await;
        db.store.migrate().await.unwrap();
    }
}

#[tokio::test]
async fn a_role_that_may_do_less_than_serving_takes_is_refused_before_it_does_anything() {
    let db = Database::postgres().await;
    let role = format!("serve_{}", db.name());
    db.execute(&format!(
        "CREATE ROLE {role} LOGIN;
         GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO {role};
         GRANT DELETE ON ALL TABLES IN SCHEMA public TO {role}; REVOKE DELETE ON attempt FROM {role}; REVOKE INSERT ON event FROM {role}"
    ))
    .await;
    let (before, after) = db.server_url().split_once("://").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let after = after.split_once('@').map_or(after.clone(), |(_, rest)| rest.to_owned());
    let url = DatabaseUrl::parse(&format!("{before}://{role}@{after}")).unwrap();
    let prepared = async || Store::open(&url, 2).await.unwrap().prepare().await;
    let refused = prepared().await.unwrap_err().to_string();
    assert!(refused.contains("lacks privileges: INSERT on event, DELETE on attempt;"), "{refused}");
    db.execute(&format!("GRANT DELETE ON attempt TO {role}; GRANT INSERT ON event TO {role}")).await;
    prepared().await.unwrap();
    db.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_ten_that_migrate_a_server_at_once_one_does_and_all_succeed() {
    let [_, old] = first().await;
    for db in [old, Database::empty_postgres().await] {
        let mut stores = Vec::new();
        for _ in 0..10 {
            stores.push(db.open_again().await);
        }
        let migrations = stores.into_iter().map(|store| {
            tokio::spawn(async move {
                store.migrate().await?;
                store.prepare().await
            })
        });
        for migration in migrations.collect::<Vec<_>>() {
            migration.await.unwrap().unwrap();
        }
        assert_eq!(schema(&db).await, schema(&Database::postgres().await).await);
        assert_eq!(db.number("SELECT count(*) FROM seaql_migrations").await, 4);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_openers_of_a_new_file_make_one_schema() {
    for round in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("a/b/relevo.db").display());
        let openers = (0..6).map(|_| {
            let url = url.clone();
            tokio::spawn(async move {
                let store = Store::open(&DatabaseUrl::parse(&url)?, 2).await?;
                store.migrate().await?;
                store.read().await?.account(&id("ann")).await
            })
        });
        for opener in openers.collect::<Vec<_>>() {
            assert_eq!(opener.await.unwrap().unwrap(), None, "round {round}");
        }
    }
}
