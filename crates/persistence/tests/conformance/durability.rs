//! How a file is opened, and what becomes of a row that Relevo never wrote.

use std::path::Path;

use relevo_domain::{ChangeId, Mail, MailKind};
use relevo_persistence::{DatabaseUrl, Error, Store};
use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;

use crate::{
    engine::Database,
    people::{add_changes, ann_named_nora, asked_one, at, id, lease_mails, service_id, shop},
};

on_every_engine!(
    a_corrupt_row_is_named,
    a_corrupt_mail_does_not_keep_the_others_back,
    a_corrupt_change_does_not_keep_the_others_from_being_swept,
);

#[tokio::test]
async fn sqlite_is_built_with_the_stability_guarantee_of_its_planner() {
    let db = Database::sqlite().await;
    let options = db.rows("SELECT compile_options FROM pragma_compile_options").await;
    assert!(options.iter().any(|row| row.get::<String, _>(0) == "ENABLE_QPSG"));
}

#[tokio::test]
async fn the_file_keeps_a_log_that_readers_do_not_wait_for() {
    let db = Database::sqlite().await;
    assert_eq!(db.rows("PRAGMA journal_mode").await[0].get::<String, _>(0), "wal");
}

#[tokio::test]
async fn a_url_that_names_no_file_is_refused_with_what_would_be_right() {
    for url in ["", "relevo.db", "/data/relevo.db", "mysql://localhost/relevo", "SQLITE://x", "sqlite"] {
        let error = DatabaseUrl::parse(url).unwrap_err().to_string();
        assert!(error.starts_with("database.url: must be sqlite://"), "{url}: {error}");
    }
    for url in ["sqlite:", "sqlite://", "sqlite::memory:", "sqlite://:memory:", "sqlite://relevo.db?mode=ro"] {
        let error = DatabaseUrl::parse(url).unwrap_err().to_string();
        assert!(error.starts_with("database.url: must name a file, without parameters"), "{url}: {error}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file");
    std::fs::write(&file, "This is no database, but long enough to have a header of one.\n".repeat(50)).unwrap();
    for (path, what) in [
        (file.clone(), "cannot open"),
        (file.join("relevo.db"), "cannot make "),
        (file.join("deeper/relevo.db"), "cannot make "),
        (folder.path().to_owned(), "cannot make "),
    ] {
        let url = DatabaseUrl::parse(&format!("sqlite://{}", path.display())).unwrap();
        let error = Store::open(&url, 2).await.unwrap_err();
        assert!(matches!(error, Error::Url(_)), "{error:?}");
        let error = error.to_string();
        assert!(error.contains(what) && error.contains(&*file.parent().unwrap().to_string_lossy()), "{error}");
    }
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(kept.starts_with("This is no database"), "and is left alone");
}

#[tokio::test]
async fn a_file_may_be_called_as_it_likes() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["with space.db", "100%25.db", "a#b.db", "ñ.db", "it's \"quoted\".db"] {
        let path = folder.path().join(name);
        let url = DatabaseUrl::parse(&format!("sqlite://{}", path.display())).unwrap();
        let store = Store::open(&url, 2).await.unwrap();
        store.migrate().await.unwrap();
        assert!(Path::new(&path).is_file(), "{name}");
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn no_column_takes_a_value_of_another_kind() {
    let db = Database::sqlite().await;
    ann_named_nora(&db).await;
    db.execute("INSERT INTO request VALUES ('c', 'm', '', zeroblob(16), x'00', x'00', 0)").await;
    db.execute("INSERT INTO token_key VALUES ('k', 0, NULL)").await;
    db.execute("INSERT INTO chain VALUES ('c', 0, x'00', 'k', x'00')").await;
    db.execute("INSERT INTO attempt SELECT mail_id, 1, 0, 'sent', NULL, NULL FROM outbox LIMIT 1").await;
    let columns = "SELECT m.name, c.name, c.type FROM sqlite_schema m, pragma_table_info(m.name) c
                   WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name <> 'seaql_migrations'";
    let mut connection = db.connect(false).await;
    let mut tried = 0;
    for row in db.rows(columns).await {
        let (table, column): (String, String) = (row.get(0), row.get(1));
        let kind = row.get::<String, _>(2).to_lowercase();
        let wrong: &[&str] = match kind.as_str() {
            "text" => &["x'00'"],
            "uuid_text" => &["'text'", "x'00'", "7"],
            "blob" => &["'text'", "7"],
            // The key of a table that counts its rows: SQLite itself refuses.
            _ => &["'text'", "x'00'", "1.5"],
        };
        for value in wrong {
            let sql = format!("UPDATE {table} SET {column} = {value}");
            let error = sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.map(|_| format!("{kind} taken"));
            let error = error.unwrap_or_else(|error| error.to_string());
            let refused = error.contains("CHECK constraint failed") || error.contains("datatype mismatch");
            assert!(refused, "{table}.{column} = {value}: {error}");
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
}

/// What is wrong, how it is told, and of which table, key and column.
type Fault = (&'static str, &'static str, String, &'static str);

async fn a_corrupt_row_is_named(db: &Database) {
    ann_named_nora(db).await;
    let [service, change] = [1, 1].map(|n| Uuid::from_u128(n).to_string());
    let party = format!("an1-ovh of {change}");
    let mut faults: Vec<Fault> = Vec::new();
    let mut of = |table, key: &str, all: &[(&'static str, &'static str)]| {
        faults.extend(all.iter().map(|(sql, column)| (*sql, table, key.to_owned(), *column)));
    };
    of(
        "account",
        "an1-ovh",
        &[
            ("UPDATE account SET display_name = ''", "display_name"),
            ("UPDATE account SET email = 'nobody'", "email"),
            ("UPDATE account SET language = 'e_n'", "language"),
            ("UPDATE account SET billing_standing = 'GOOD'", "billing_standing"),
            ("UPDATE account SET create_time = 4611686018427387904", "create_time"),
            ("UPDATE account SET update_time = -4611686018427387904", "update_time"),
        ],
    );
    of(
        "service",
        &service,
        &[
            ("UPDATE service SET kind = 'A Domain'", "kind"),
            ("UPDATE service SET display_name = ' '", "display_name"),
            ("UPDATE service SET create_time = 4611686018427387904", "create_time"),
            ("UPDATE service SET update_time = 4611686018427387904", "update_time"),
            ("UPDATE contact SET role = 'cook' WHERE role = 'billing'", "contact.role"),
            ("UPDATE contact SET account_id = 'x'", "contact.account_id"),
            ("DELETE FROM contact WHERE role = 'technical'", "technical"),
        ],
    );
    of("contact_change", &change, &[
        ("UPDATE contact_change SET service_id = '.'", "service_id"),
        ("UPDATE contact_change SET roles = 0", "roles"),
        ("UPDATE contact_change SET roles = 8", "roles"),
        ("UPDATE contact_change SET roles = -1", "roles"),
        ("UPDATE contact_change SET roles = 258", "roles"),
        ("UPDATE contact_change SET requester = 'x'", "requester"),
        ("UPDATE contact_change SET nominee = 'x'", "nominee"),
        ("UPDATE contact_change SET incumbent = 'x'", "incumbent"),
        ("UPDATE contact_change SET create_time = 4611686018427387904", "create_time"),
        ("UPDATE contact_change SET expire_time = 4611686018427387904", "expire_time"),
        ("UPDATE contact_change SET remind_time = 4611686018427387904", "remind_time"),
        ("UPDATE contact_change SET state = 'Pending'", "state"),
        ("UPDATE contact_change SET state = 'done'", "settle_time"),
        ("UPDATE contact_change SET state = 'done', settle_time = 4611686018427387904", "settle_time"),
        ("UPDATE contact_change SET state = 'refused', settle_time = 1", "settled_by"),
        ("UPDATE contact_change SET state = 'refused', settle_time = 1, settled_by = 'x'", "settled_by"),
        ("UPDATE contact_change SET state = 'refused', settled_by = 'an1-ovh', reason = 'http://x'", "reason"),
        ("UPDATE contact_change SET state = 'cancelled', settle_time = 1", "settled_by"),
        ("UPDATE contact_change SET state = 'cancelled', settle_time = 1, cause = 'cook'", "settled_by"),
        ("UPDATE contact_change SET state = 'failed', settle_time = 1", "cause"),
        ("UPDATE contact_change SET state = 'failed', settle_time = 1, cause = 'operator'", "cause"),
        ("UPDATE contact_change SET requester = 'to1-ovh'", "confirmations"),
        ("DELETE FROM confirmation WHERE account_id = 'no1-ovh'", "confirmations"),
        ("INSERT INTO confirmation SELECT change_id, 'om1-ovh', decision, decide_time, generation, token_is_good,
          resends, resend_time, wrong_tokens FROM confirmation LIMIT 1", "confirmations"),
    ]);
    of(
        "confirmation",
        &party,
        &[
            ("UPDATE confirmation SET decision = 'perhaps'", "decision"),
            ("UPDATE confirmation SET decision = 'accepted'", "decide_time"),
            ("UPDATE confirmation SET decide_time = 1", "decide_time"),
            ("UPDATE confirmation SET decision = 'refused', decide_time = 4611686018427387904", "decide_time"),
            ("UPDATE confirmation SET resend_time = 4611686018427387904", "resend_time"),
        ],
    );
    of("seal", &party, &[("UPDATE seal SET nonce = substr(nonce, 1, 1)", "nonce")]);
    of("seal", "x of", &[("UPDATE seal SET account_id = 'x' WHERE account_id = 'an1-ovh'", "account_id")]);
    of(
        "outbox",
        "1",
        &[
            ("UPDATE outbox SET state = 'lost'", "state"),
            ("UPDATE outbox SET account_id = 'x' WHERE mail_id = 1", "account_id"),
            ("UPDATE outbox SET last_attempt_time = 4611686018427387904", "last_attempt_time"),
        ],
    );
    of(
        "outbox",
        "confirm to an1-ovh",
        &[
            ("DELETE FROM account WHERE account_id = 'to1-ovh'", "account"),
            ("DELETE FROM contact_change", "change"),
            ("DELETE FROM service", "service"),
        ],
    );
    of("service", &service, &[("DELETE FROM contact WHERE role = 'administrator'", "administrator")]);

    let found = read_all(db).await;
    assert!(found.iter().all(Option::is_none), "nothing is wrong yet: {found:?}");
    let tables = "account service contact contact_change participant confirmation seal outbox";
    for table in tables.split(' ') {
        db.force(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).await;
    }
    for (sql, table, key, column) in faults {
        assert!(db.force(sql).await > 0, "{sql}");
        let found = read_all(db).await;
        let named = found.iter().flatten().any(|error| match error {
            Error::Corrupt { table: of, key: at, what } => {
                *of == table && at.starts_with(key.as_str()) && what.contains(column)
            }
            _ => false,
        });
        assert!(named, "{sql}: {found:?}");
        let corrupt = |error: &Error| matches!(error, Error::Corrupt { .. });
        assert!(found.iter().flatten().all(corrupt), "{sql}: {found:?}");
        let mended = tables
            .split(' ')
            .map(|table| format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table};"));
        db.force(&mended.collect::<String>()).await;
    }
}

/// What goes wrong when everything is read.
async fn read_all(db: &Database) -> [Option<Error>; 7] {
    let change = ChangeId(Uuid::from_u128(1));
    let confirm = Mail {
        kind: MailKind::Confirm,
        change_id: Some(change),
        account_id: id("ann"),
        generation: 1,
        to_address: None,
    };
    let view = db.store.read().await.unwrap();
    let all = relevo_persistence::ServiceFilter { holder: None, kind: None, prefix: String::new() };
    [
        view.account(&id("ann")).await.err(),
        view.accounts_after(None, 9).await.err(),
        view.service(&service_id("example.com"), None).await.err(),
        view.services_after(&all, None, 9).await.err(),
        view.change_report(change, None).await.err(),
        view.seals(change).await.err(),
        view.mail_material(&confirm).await.err(),
    ]
}

async fn a_corrupt_mail_does_not_keep_the_others_back(db: &Database) {
    ann_named_nora(db).await;
    for fault in [
        "UPDATE outbox SET kind = 'postcard' WHERE mail_id = 1",
        "UPDATE outbox SET account_id = 'x' WHERE mail_id = 1",
        "UPDATE outbox SET to_address = 'x' WHERE mail_id = 1",
        "UPDATE outbox SET create_time = 4611686018427387904 WHERE mail_id = 1",
        "UPDATE outbox SET kind = 'postcard', attempts = 3000000000 WHERE mail_id = 1",
    ] {
        assert_eq!(db.force(fault).await, 1, "{fault}");
        let tx = db.store.write().await.unwrap();
        let leased = lease_mails(&tx, at(0), at(60), 9).await;
        assert_eq!(leased.iter().map(|due| due.lease.mail_id).collect::<Vec<_>>(), [2], "{fault}");
        assert!(!tx.mail_is_due(at(59)).await.unwrap(), "{fault}: it is left alone for as long as a lease");
        tx.roll_back().await.unwrap();
        db.force(
            "UPDATE outbox SET kind = 'confirm', account_id = 'an1-ovh', to_address = NULL, create_time = 0
             WHERE mail_id = 1",
        )
        .await;
    }
    let tx = db.store.write().await.unwrap();
    assert_eq!(lease_mails(&tx, at(0), at(60), 9).await.len(), 2);
}

async fn a_corrupt_change_does_not_keep_the_others_from_being_swept(db: &Database) {
    const FIRST: &str = "SELECT change_id FROM contact_change ORDER BY change_id LIMIT 1";
    let first = ann_named_nora(db).await;
    let (second, effects) = asked_one(2, &shop(), "ann", "billing=nora");
    add_changes(db, &shop(), std::slice::from_ref(&second), &effects).await;
    for (fault, mended) in [
        ("UPDATE contact_change SET nominee = 'x'", "UPDATE contact_change SET nominee = 'no1-ovh'"),
        ("UPDATE confirmation SET decision = 'perhaps'", "UPDATE confirmation SET decision = 'pending'"),
        ("UPDATE contact_change SET roles = 70000", "UPDATE contact_change SET roles = 2"),
        ("UPDATE contact_change SET roles = 4000000000000000000", "UPDATE contact_change SET roles = 2"),
    ] {
        let [fault, mended] = [fault, mended].map(|sql| format!("{sql} WHERE change_id = ({FIRST})"));
        assert!(db.force(&fault).await > 0, "{fault}");
        let tx = db.store.write().await.unwrap();
        assert_eq!(
            tx.due_changes_for_update(first.expire_time, 9).await.unwrap(),
            std::slice::from_ref(&second),
            "{fault}"
        );
        tx.roll_back().await.unwrap();
        db.force(&mended).await;
    }
    let tx = db.store.write().await.unwrap();
    let mut due = tx.due_changes_for_update(first.expire_time, 9).await.unwrap();
    // They are due at the same moment.
    due.sort_by_key(|change| change.change_id);
    assert_eq!(due, [first, second]);
}
