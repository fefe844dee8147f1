//! A copy is the same installation, kept by another engine; or it is nothing.

use std::{collections::BTreeMap, time::Duration};

use relevo_domain::{Effects, Event, EventKind, Mail, MailKind};
use relevo_persistence::{DatabaseUrl, Store, copy};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

use crate::{
    engine::Database,
    people::{account, add_changes, ann_named_nora, asked_one, at, author, id, keyring, lease_mails, service, settle},
};

/// More than a batch holds, and no multiple of it.
const MANY: i64 = 2_345;
/// The numbers furthest from 0 that a column takes.
const FAR: i64 = 1 << 62;

/// A database with rows in every table: in every state, with every mail, by the thousand, with awkward values.
async fn full() -> Database {
    let db = Database::sqlite().await;
    let services = [
        service(1, "example.com", "ann tom bill"),
        service(2, "a.example", "ann tom bill"),
        service(3, "b.example", "ann tom bill"),
        service(4, "c.example", "ann tom bill"),
        service(5, "d.example", "ann tom bill"),
        service(6, "e.example", "ann tom bill"),
    ];
    settle(&db, &services).await;
    for (n, service) in (1..).zip(&services) {
        let (change, effects) = asked_one(n, service, "ann", "technical=nora");
        add_changes(&db, service, &[change], &effects).await;
    }
    let tx = db.store.write().await.unwrap();
    tx.register_keys(&keyring(), at(0)).await.unwrap();
    assert_eq!(lease_mails(&tx, at(1), at(31), 2).await.len(), 2);
    tx.commit().await.unwrap();

    for (n, state) in ["done", "refused", "cancelled", "expired", "failed"].into_iter().enumerate() {
        let sql = format!(
            "UPDATE contact_change SET state = '{state}', settle_time = {FAR}, settled_by = 'no1-ovh',
                    cause = 'incumbent-replaced', reason = 'it''s \"so\"; \\ % _ \u{301} \u{1F511}', remind_time = NULL
             WHERE service_id = '{}.example'",
            char::from(b'a' + u8::try_from(n).unwrap()),
        );
        assert_eq!(db.execute(&sql).await, 1);
    }
    db.execute(&format!("UPDATE service SET delete_time = -{FAR}, display_name = NULL WHERE service_id = 'a.example'"))
        .await;
    db.execute("UPDATE confirmation SET decision = 'accepted', decide_time = 7, token_is_good = 0 WHERE rowid % 2")
        .await;
    let count = format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})");
    // Scattered over the whole range, in another order than that of their making.
    let uuid = "unhex(printf('%08x%024x', (i * 2654435761) & 0xffffffff, i))";
    for rows in [
        // In the order of a language these would lie elsewhere than by their bytes.
        format!(
            "INSERT INTO account (account_id, display_name, email, language, billing_standing, create_time, update_time,
                                  revision)
             SELECT CASE i % 6 WHEN 0 THEN 'a' WHEN 1 THEN 'A' WHEN 2 THEN 'ä' WHEN 3 THEN '_' WHEN 4 THEN '-b'
                               ELSE 'ß ' END || i,
                    CASE i % 4 WHEN 0 THEN '' WHEN 1 THEN ' x ' WHEN 2 THEN 'a' || char(10) || 'b' ELSE '\\x00''' END,
                    'İ@example.com', '', '', -{FAR}, {FAR}, i FROM n"
        ),
        format!(
            "INSERT INTO service (service_key, service_id, kind, display_name, create_time, update_time, delete_time,
                                  revision)
             SELECT {uuid}, 'gone.example', '', NULL, i, i, i, i FROM n"
        ),
        format!(
            "INSERT INTO contact (service_key, role, account_id, service_id)
             SELECT {uuid}, role, 'an1-ovh', 'gone.example' FROM n, (SELECT 'billing' role UNION SELECT 'technical')"
        ),
        "INSERT INTO seal (change_id, account_id, generation, nonce, key_id)
         SELECT change_id, 'x', i, CASE i % 2 WHEN 0 THEN x'' ELSE x'00ff00' END, 'key' FROM n, (SELECT min(change_id) AS change_id FROM contact_change)"
            .to_owned(),
        "INSERT INTO confirmation (change_id, account_id, decision, decide_time, generation, token_is_good, resends,
                                   resend_time, wrong_tokens)
         SELECT change_id, i, '', NULL, i, i % 2, i, NULL, i FROM n, (SELECT min(change_id) AS change_id FROM contact_change)"
            .to_owned(),
        "INSERT INTO token_key (key_id, register_time) SELECT i, -i FROM n".to_owned(),
        // With gaps, as rows that were rolled back leave them.
        "INSERT INTO outbox (mail_id, kind, change_id, account_id, generation, to_address, state, create_time, due_time,
                             lease_count, attempts, last_attempt_time, reply_codes, reply_text)
         SELECT 1000 + 3 * i, CASE i % 10 WHEN 0 THEN 'confirm' WHEN 1 THEN 'reminder' WHEN 2 THEN 'done'
                     WHEN 3 THEN 'replaced' WHEN 4 THEN 'passed' WHEN 5 THEN 'refused' WHEN 6 THEN 'cancelled'
                     WHEN 7 THEN 'expired' WHEN 8 THEN 'failed' ELSE 'address-changed' END,
                NULL, 'no1-ovh', i, CASE i % 3 WHEN 0 THEN 'old@example.com' END,
                CASE i % 5 WHEN 0 THEN 'queued' WHEN 1 THEN 'sent' WHEN 2 THEN 'deferred' WHEN 3 THEN 'failed'
                     ELSE 'withdrawn' END,
                i, -i, i % 7, i % 4, CASE i % 2 WHEN 0 THEN i END, CASE i % 2 WHEN 0 THEN '' END,
                CASE i % 2 WHEN 0 THEN '450 4.2.1 «later»' END FROM n"
            .to_owned(),
        "INSERT INTO attempt (mail_id, lease_count, attempt_time, outcome, reply_codes, reply_text)
         SELECT 1000 + 3 * i, 7 - i % 7, -i, CASE i % 4 WHEN 0 THEN 'sent' WHEN 1 THEN 'deferred' WHEN 2 THEN 'postponed'
                ELSE 'failed' END, CASE i % 2 WHEN 0 THEN '' END, CASE i % 2 WHEN 0 THEN '450 4.2.1 «later»' END FROM n"
            .to_owned(),
        format!(
            "INSERT INTO event (event_id, event_time, kind, caller, account_id, service_key, change_id, details, chain,
                                sequence, digest)
             SELECT 5 * i + 100, i, 'service-updated', '', NULL, {uuid}, NULL, CASE i % 2 WHEN 0 THEN 'a: b -> c' || char(10) || 'd' END,
                    CASE i % 3 WHEN 0 THEN 'account/é' END, i, zeroblob(i % 40) FROM n"
        ),
        format!(
            "INSERT INTO chain (name, length, digest, key_id, proof)
             SELECT CASE i % 2 WHEN 0 THEN 'service/' ELSE 'Ä' END || i, {FAR} - i, zeroblob(i % 40), '', x'ff00' FROM n"
        ),
        format!(
            "INSERT INTO request (caller, method, account_id, request_id, proof, answer, create_time)
             SELECT CASE i % 2 WHEN 0 THEN '' ELSE 'Ω' END, CASE i % 3 WHEN 0 THEN 'b' ELSE 'B' END, '', {uuid}, x'00',
                    zeroblob(i), i FROM n"
        ),
    ] {
        assert!(db.execute(&format!("{count} {rows}")).await >= u64::try_from(MANY).unwrap());
    }
    db
}

/// Every row of every table of a file but that of the migrations, as text.
async fn dump(db: &Database) -> BTreeMap<String, Vec<String>> {
    let mut dump = BTreeMap::new();
    let tables = "SELECT m.name, group_concat('quote(' || c.name || ')', ' || '', '' || ')
                  FROM sqlite_schema m, pragma_table_info(m.name) c
                  WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name <> 'seaql_migrations' GROUP BY m.name";
    for table in db.rows(tables).await {
        let (name, row): (String, String) = (table.get(0), table.get(1));
        let rows = db.rows(&format!("SELECT {row} FROM {name} ORDER BY 1")).await;
        dump.insert(name, rows.iter().map(|row| row.get(0)).collect());
    }
    dump
}

/// Copies what nobody has open any more.
async fn copied(from: &Database, to: &Database) {
    from.store.clone().close().await.unwrap();
    copy(&from.url(), &to.url()).await.unwrap();
}

async fn refused(from: &DatabaseUrl, to: &DatabaseUrl) -> String {
    copy(from, to).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_copy_of_a_copy_holds_the_same_rows() {
    let (first, second, third) = (full().await, Database::empty_postgres().await, Database::empty_sqlite().await);
    first.store.clone().close().await.unwrap();
    let before = dump(&first).await;
    assert!(before.values().all(|rows| !rows.is_empty()) && before.len() >= 13, "this proves nothing");
    let there = copy(&first.url(), &second.url()).await.unwrap();
    for table in &there {
        assert_eq!(table.rows, before[table.name].len(), "{}", table.name);
        assert_eq!(
            second.number(&format!("SELECT count(*) FROM {}", table.name)).await,
            i64::try_from(table.rows).unwrap()
        );
    }
    assert_eq!(there.len(), before.len(), "every table has been copied");
    second.store.clone().close().await.unwrap();
    let back = copy(&second.url(), &third.url()).await.unwrap();
    assert_eq!(back, there);
    let after = dump(&third).await;
    for (table, rows) in &before {
        assert!(*rows == after[table], "{table} has come back otherwise");
    }
    assert_eq!(dump(&first).await, before, "and the first is as it was");
}

/// Queues a mail and writes an event.
async fn go_on(store: &Store) {
    let mail = Mail {
        kind: MailKind::AddressChanged,
        change_id: None,
        account_id: id("ann"),
        generation: 0,
        to_address: None,
    };
    let event = Event {
        kind: EventKind::AccountUpdated,
        account_id: Some(id("ann")),
        service_key: None,
        change_id: None,
        details: Vec::new(),
    };
    let effects = Effects { mails: vec![mail], events: vec![event], ..Effects::default() };
    let tx = store.write().await.unwrap();
    tx.push(&effects, author("caller"), at(5)).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_copy_goes_on_where_the_other_stopped() {
    let (first, second, third) = (full().await, Database::empty_postgres().await, Database::empty_sqlite().await);
    let newest = async |db: &Database| {
        (db.number("SELECT max(mail_id) FROM outbox").await, db.number("SELECT max(event_id) FROM event").await)
    };
    let (mail, event) = newest(&first).await;
    copied(&first, &second).await;
    go_on(&second.store).await;
    assert_eq!(newest(&second).await, (mail + 1, event + 1));
    copied(&second, &third).await;
    go_on(&third.store).await;
    assert_eq!(newest(&third).await, (mail + 2, event + 2));
}

#[tokio::test]
async fn a_copy_of_no_rows_counts_from_the_beginning() {
    let (first, second) = (Database::sqlite().await, Database::empty_postgres().await);
    copied(&first, &second).await;
    let tx = second.store.write().await.unwrap();
    assert!(tx.insert_account(&account("ann")).await.unwrap());
    tx.commit().await.unwrap();
    go_on(&second.store).await;
    assert_eq!(second.number("SELECT mail_id FROM outbox").await, 1);
}

#[tokio::test]
async fn a_lease_holds_in_the_copy_too() {
    let (first, second) = (Database::sqlite().await, Database::postgres().await);
    ann_named_nora(&first).await;
    let tx = first.store.write().await.unwrap();
    let leased = lease_mails(&tx, at(1), at(31), 1).await;
    tx.commit().await.unwrap();
    copied(&first, &second).await;
    let tx = second.store.write().await.unwrap();
    let due = lease_mails(&tx, at(30), at(60), 9).await;
    assert!(due.len() == 1 && due[0].lease.mail_id != leased[0].lease.mail_id, "{due:?}");
    let due = lease_mails(&tx, at(31), at(60), 9).await;
    assert_eq!(due[0].lease.mail_id, leased[0].lease.mail_id);
    assert_eq!(due[0].lease.lease_count, 2);
}

#[tokio::test]
async fn a_target_that_holds_a_row_is_refused_and_left_as_it_is() {
    let source = Database::sqlite().await;
    ann_named_nora(&source).await;
    source.store.clone().close().await.unwrap();
    for target in [Database::sqlite().await, Database::postgres().await] {
        target.execute("INSERT INTO token_key VALUES ('k', 7)").await;
        let error = refused(&source.url(), &target.url()).await;
        assert!(
            error.contains("the database to copy to: ") && error.contains("holds rows already, in token_key"),
            "{error}"
        );
        assert_eq!(target.number("SELECT register_time FROM token_key").await, 7);
        assert_eq!(target.number("SELECT count(*) FROM account").await, 0);
    }
}

#[tokio::test]
async fn a_target_of_another_program_is_refused_and_left_as_it_is() {
    let source = Database::sqlite().await;
    source.store.clone().close().await.unwrap();
    for target in [Database::sqlite().await, Database::postgres().await] {
        target.execute("INSERT INTO seaql_migrations VALUES ('m9999_of_next_year', 0)").await;
        let error = refused(&source.url(), &target.url()).await;
        assert!(error.starts_with("the database to copy to: the schema of the database is newer"), "{error}");
    }
    for target in [Database::empty_sqlite().await, Database::empty_postgres().await] {
        target.execute("CREATE TABLE account (name text)").await;
        let error = refused(&source.url(), &target.url()).await;
        assert!(error.starts_with("the database to copy to: ") && error.contains("already exists"), "{error}");
        target.execute("ALTER TABLE account RENAME TO as_it_was").await;
    }
}

#[tokio::test]
async fn a_source_of_another_schema_is_refused() {
    let target = Database::empty_postgres().await;
    for source in [Database::empty_sqlite().await, Database::empty_postgres().await] {
        source.store.clone().close().await.unwrap();
        let error = refused(&source.url(), &target.url()).await;
        assert!(error.starts_with("the database to copy from: the schema of the database is older"), "{error}");
    }
    for source in [Database::sqlite().await, Database::postgres().await] {
        source.execute("INSERT INTO seaql_migrations VALUES ('m9999_of_next_year', 0)").await;
        source.store.clone().close().await.unwrap();
        let error = refused(&source.url(), &target.url()).await;
        assert!(error.starts_with("the database to copy from: the schema of the database is newer"), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("relevo.db");
    let error = refused(&DatabaseUrl::parse(&format!("sqlite://{}", nowhere.display())).unwrap(), &target.url()).await;
    assert!(error.contains("unable to open database file") && !nowhere.exists(), "{error}");
    assert_eq!(target.number("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").await, 0);
}

#[tokio::test]
async fn a_source_that_a_process_has_open_is_refused() {
    let target = Database::empty_postgres().await;
    let sources = [Database::sqlite().await, Database::postgres().await];
    for source in &sources {
        source.store.ping().await.unwrap();
        let error = refused(&source.url(), &target.url()).await;
        assert!(error.contains("is in use: stop every relevo process"), "{error}");
        source.store.ping().await.unwrap();
    }
    let url = sources[0].url();
    let error = refused(&url, &url).await;
    assert!(error.contains("cannot be copied into itself"), "{error}");
}

#[tokio::test]
async fn a_copy_that_fails_half_way_leaves_no_row() {
    let source = Database::sqlite().await;
    ann_named_nora(&source).await;
    let files = Database::sqlite().await;
    files
        .execute("CREATE TRIGGER full BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
        .await;
    let server = Database::postgres().await;
    server.execute("ALTER TABLE event ADD CONSTRAINT full_disk CHECK (event_time = -1)").await;
    source.store.clone().close().await.unwrap();
    for target in [files, server] {
        let error = refused(&source.url(), &target.url()).await;
        assert!(error.starts_with("event cannot be copied: ") && error.contains("full"), "{error}");
        assert_eq!(target.number("SELECT count(*) FROM account").await, 0);
    }
    // What PostgreSQL keeps in no text, and Relevo writes in none.
    source.execute("UPDATE event SET caller = 'a' || char(0) || 'b'").await;
    let target = Database::empty_postgres().await;
    let error = refused(&source.url(), &target.url()).await;
    assert!(error.starts_with("event cannot be copied: "), "{error}");
    let tables = target.number("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").await;
    assert_eq!(tables, 0, "not even a schema");
}

#[tokio::test]
async fn a_copy_that_would_not_be_the_same_leaves_no_row() {
    let source = Database::sqlite().await;
    ann_named_nora(&source).await;
    source.store.clone().close().await.unwrap();
    let files = Database::sqlite().await;
    files
        .execute(
            "CREATE TRIGGER other AFTER INSERT ON event
             BEGIN UPDATE event SET caller = 'another' WHERE event_id = NEW.event_id; END",
        )
        .await;
    let server = Database::postgres().await;
    server
        .execute(
            "CREATE FUNCTION less() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
             CREATE TRIGGER less BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION less()",
        )
        .await;
    for target in [files, server] {
        let error = refused(&source.url(), &target.url()).await;
        assert!(error.starts_with("event is not the same in the copy"), "{error}");
        assert_eq!(target.number("SELECT count(*) FROM account").await, 0);
    }
}

/// A target that stops in the middle of a copy for as long as the connection has the lock.
async fn slow() -> (Database, PgConnection) {
    let target = Database::postgres().await;
    target
        .execute(
            "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN new; END';
             CREATE TRIGGER slow BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION wait()",
        )
        .await;
    let mut gate = target.connect_to_server().await;
    run(&mut gate, "SELECT pg_advisory_lock(1)").await;
    (target, gate)
}

async fn run(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.unwrap();
}

/// Waits until a session of a database waits for a lock.
pub(crate) async fn somebody_waits(db: &Database) {
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for _ in 0..1000 {
        if db.number(waiting).await > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody waits");
}

#[tokio::test]
async fn a_copy_that_is_interrupted_leaves_no_row() {
    let source = Database::sqlite().await;
    ann_named_nora(&source).await;
    source.store.clone().close().await.unwrap();
    let (target, gate) = slow().await;
    let (from, to) = (source.url(), target.url());
    let copying = tokio::spawn(async move { copy(&from, &to).await });
    somebody_waits(&target).await;
    copying.abort();
    assert!(copying.await.unwrap_err().is_cancelled());
    gate.close().await.unwrap();
    assert_eq!(target.number("SELECT count(*) FROM account").await, 0);
    target.execute("DROP TRIGGER slow ON event").await;
    copy(&source.url(), &target.url()).await.unwrap();
    assert_eq!(target.number("SELECT count(*) FROM account").await, 6);
}

#[tokio::test]
async fn nobody_changes_a_source_while_it_is_copied() {
    let source = Database::postgres().await;
    ann_named_nora(&source).await;
    source.store.clone().close().await.unwrap();
    let (target, mut gate) = slow().await;
    let (from, to) = (source.url(), target.url());
    let copying = tokio::spawn(async move { copy(&from, &to).await });
    somebody_waits(&target).await;

    let late = source.open_again().await;
    assert_eq!(late.read().await.unwrap().accounts_after(None, 9).await.unwrap().len(), 6, "one may look");
    let changing = tokio::spawn(async move {
        go_on(&late).await;
    });
    somebody_waits(&source).await;
    run(&mut gate, "SELECT pg_advisory_unlock(1)").await;
    copying.await.unwrap().unwrap();
    changing.await.unwrap();
    let mails = "SELECT count(*) FROM outbox";
    assert_eq!((source.number(mails).await, target.number(mails).await), (3, 2));
}
