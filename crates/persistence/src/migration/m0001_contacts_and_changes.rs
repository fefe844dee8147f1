//! Accounts, services and their contacts; changes, confirmations and the seals of their tokens; outbox and history.

use sea_orm_migration::{
    prelude::*,
    schema::{self, big_integer, big_integer_null, big_pk_auto, blob, boolean, uuid, uuid_null},
    sea_orm::DbBackend,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for mut table in tables(backend) {
            if backend == DbBackend::Sqlite {
                check_kinds(&mut table);
            }
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        // The query builder writes no index of an expression for SQLite. When there is next something to do for an open
        // change: the reminder comes before the end.
        let change_due = "CREATE INDEX change_due ON contact_change (coalesce(remind_time, expire_time)) \
                          WHERE state = 'pending'";
        manager.get_connection().execute_unprepared(change_due).await?;
        Ok(())
    }
}

const FAR: i64 = 1 << 62;

/// SQLite keeps a value of any kind in any column unless it is told not to; and a row with one that cannot be read would
/// keep those back that are read with it.
fn check_kinds(table: &mut TableCreateStatement) {
    for column in table.get_columns().clone() {
        let value = || Expr::col(column.get_column_name());
        let kind = |kind: &'static str| Expr::expr(Func::cust("typeof").arg(value())).is_in([kind, "null"]);
        table.check(match column.get_column_type() {
            Some(ColumnType::Text) => kind("text"),
            Some(ColumnType::Blob) => kind("blob"),
            Some(ColumnType::Uuid) => kind("blob").and(Expr::expr(Func::cust("length").arg(value())).eq(16)),
            // Far enough from the ends that one more is still a number.
            _ => kind("integer").and(value().between(-FAR, FAR)),
        });
    }
}

fn refers(from: (&'static str, &'static str), to: (&'static str, &'static str)) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(from.0, from.1).to(to.0, to.1).to_owned()
}

/// Texts are in the order of their bytes on every engine: lists go by it, and a prefix is a range in it. PostgreSQL would
/// go by the language that its database was made for.
fn by_bytes(mut column: ColumnDef, backend: DbBackend) -> ColumnDef {
    if backend == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}

fn tables(backend: DbBackend) -> Vec<TableCreateStatement> {
    let text = |name: &'static str| by_bytes(schema::text(name), backend);
    let text_null = |name: &'static str| by_bytes(schema::text_null(name), backend);
    let mut tables = vec![
        Table::create()
            .table("account")
            .col(text("account_id").primary_key())
            .col(text("display_name"))
            .col(text("email"))
            .col(text("language"))
            .col(text("billing_standing"))
            .col(big_integer("create_time"))
            .col(big_integer("update_time"))
            .col(big_integer("revision"))
            .to_owned(),
        Table::create()
            .table("service")
            .col(uuid("service_key").primary_key())
            .col(text("service_id"))
            .col(text("kind"))
            .col(text_null("display_name"))
            .col(big_integer("create_time"))
            .col(big_integer("update_time"))
            .col(big_integer_null("delete_time"))
            .col(big_integer("revision"))
            .to_owned(),
        Table::create()
            .table("contact")
            .col(uuid("service_key"))
            .col(text("role"))
            .col(text("account_id"))
            .col(text("service_id"))
            .primary_key(Index::create().col("service_key").col("role"))
            .foreign_key(&mut refers(("contact", "service_key"), ("service", "service_key")))
            .foreign_key(&mut refers(("contact", "account_id"), ("account", "account_id")))
            .to_owned(),
        Table::create()
            .table("contact_change")
            .col(uuid("change_id").primary_key())
            .col(uuid("service_key"))
            .col(text("service_id"))
            .col(big_integer("roles"))
            .col(text("requester"))
            .col(text("incumbent"))
            .col(text("nominee"))
            .col(big_integer("create_time"))
            .col(big_integer("expire_time"))
            .col(big_integer_null("remind_time"))
            .col(text("state"))
            .col(big_integer_null("settle_time"))
            .col(text_null("settled_by"))
            .col(text_null("cause"))
            .col(text_null("reason"))
            .foreign_key(&mut refers(("contact_change", "service_key"), ("service", "service_key")))
            .foreign_key(&mut refers(("contact_change", "requester"), ("account", "account_id")))
            .foreign_key(&mut refers(("contact_change", "incumbent"), ("account", "account_id")))
            .foreign_key(&mut refers(("contact_change", "nominee"), ("account", "account_id")))
            .to_owned(),
        Table::create()
            .table("participant")
            .col(uuid("change_id"))
            .col(text("part"))
            .col(text("account_id"))
            .primary_key(Index::create().col("change_id").col("part"))
            .foreign_key(&mut refers(("participant", "change_id"), ("contact_change", "change_id")))
            .to_owned(),
        Table::create()
            .table("confirmation")
            .col(uuid("change_id"))
            .col(text("account_id"))
            .col(text("decision"))
            .col(big_integer_null("decide_time"))
            .col(big_integer("generation"))
            .col(boolean("token_is_good"))
            .col(big_integer("resends"))
            .col(big_integer_null("resend_time"))
            .col(big_integer("wrong_tokens"))
            .primary_key(Index::create().col("change_id").col("account_id"))
            .foreign_key(&mut refers(("confirmation", "change_id"), ("contact_change", "change_id")))
            .to_owned(),
        Table::create()
            .table("seal")
            .col(uuid("change_id"))
            .col(text("account_id"))
            .col(big_integer("generation"))
            .col(blob("nonce"))
            .col(text("key_id"))
            .primary_key(Index::create().col("change_id").col("account_id").col("generation"))
            .foreign_key(&mut refers(("seal", "change_id"), ("contact_change", "change_id")))
            .to_owned(),
        Table::create()
            .table("token_key")
            .col(text("key_id").primary_key())
            .col(big_integer("register_time"))
            .to_owned(),
    ];
    tables.extend([
        Table::create()
            .table("outbox")
            .col(big_pk_auto("mail_id"))
            .col(text("kind"))
            .col(uuid_null("change_id"))
            .col(text("account_id"))
            .col(big_integer("generation"))
            .col(text_null("to_address"))
            .col(text("state"))
            .col(big_integer("create_time"))
            .col(big_integer("due_time"))
            .col(big_integer("lease_count"))
            .col(big_integer("attempts"))
            .col(big_integer_null("last_attempt_time"))
            .col(text_null("reply_codes"))
            .col(text_null("reply_text"))
            .foreign_key(&mut refers(("outbox", "change_id"), ("contact_change", "change_id")))
            .foreign_key(&mut refers(("outbox", "account_id"), ("account", "account_id")))
            .to_owned(),
        Table::create()
            .table("event")
            .col(big_pk_auto("event_id"))
            .col(big_integer("event_time"))
            .col(text("kind"))
            .col(text("caller"))
            .col(text_null("account_id"))
            .col(uuid_null("service_key"))
            .col(uuid_null("change_id"))
            .to_owned(),
        Table::create()
            .table("request")
            .col(text("caller"))
            .col(text("method"))
            .col(text("account_id"))
            .col(uuid("request_id"))
            .col(blob("proof"))
            .col(blob("answer"))
            .col(big_integer("create_time"))
            .primary_key(Index::create().col("caller").col("method").col("account_id").col("request_id"))
            .to_owned(),
    ]);
    tables
}

fn index(name: &'static str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(table).to_owned();
    for column in columns {
        index.col(*column);
    }
    index
}

fn indexes() -> Vec<IndexCreateStatement> {
    let pending = || Expr::col("state").eq("pending");
    let role_bit = |bit: i32| Expr::col("roles").bit_and(bit).ne(0);
    vec![
        // One registration of an id at a time; and all of them by id.
        index("service_registered", "service", &["service_id"])
            .unique()
            .and_where(Expr::col("delete_time").is_null())
            .to_owned(),
        // All services of a kind, by id.
        index("service_by_kind", "service", &["kind", "service_id"])
            .and_where(Expr::col("delete_time").is_null())
            .to_owned(),
        // The services of an account, by name.
        index("contact_by_account", "contact", &["account_id", "service_id", "service_key", "role"]),
        // One open change for each role of a service: the database is the last witness of that rule.
        index("change_open_administrator", "contact_change", &["service_key"])
            .unique()
            .and_where(pending())
            .and_where(role_bit(1))
            .to_owned(),
        index("change_open_technical", "contact_change", &["service_key"])
            .unique()
            .and_where(pending())
            .and_where(role_bit(2))
            .to_owned(),
        index("change_open_billing", "contact_change", &["service_key"])
            .unique()
            .and_where(pending())
            .and_where(role_bit(4))
            .to_owned(),
        // What is open: of a service, of an account, and what is due to be ended or reminded of.
        index("change_open_by_service", "contact_change", &["service_key", "change_id"])
            .and_where(pending())
            .to_owned(),
        index("change_open_by_requester", "contact_change", &["requester"]).and_where(pending()).to_owned(),
        index("change_open_by_nominee", "contact_change", &["nominee"]).and_where(pending()).to_owned(),
        index("change_open_by_expiry", "contact_change", &["expire_time"]).and_where(pending()).to_owned(),
        // Lists of changes, newest first. An index of all states would be taken for what is open, and walk all of it.
        index("change_by_service_key", "contact_change", &["service_key", "change_id"]),
        index("change_by_service", "contact_change", &["service_id", "change_id"]),
        index("change_open", "contact_change", &["change_id"]).and_where(pending()).to_owned(),
        index("change_ended", "contact_change", &["state", "change_id"])
            .and_where(Expr::col("state").ne("pending"))
            .to_owned(),
        index("participant_by_account", "participant", &["account_id", "change_id", "part"]),
        // A mail is queued once; and all mails of a change.
        index("outbox_once", "outbox", &["change_id", "account_id", "kind", "generation"]).unique().to_owned(),
        // What is due to be sent.
        index("outbox_due", "outbox", &["due_time"])
            .and_where(Expr::col("state").is_in(["queued", "deferred"]))
            .to_owned(),
        // What can be forgotten.
        index("request_by_time", "request", &["create_time"]),
    ]
}
