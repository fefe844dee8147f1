//! A database server that several processes share.

use std::{
    fmt,
    str::FromStr,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Statement};
use sqlx::{
    ConnectOptions, Connection, Executor,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
};

use super::{Intent, PATIENCE};
use crate::Error;

/// The parameters that a URL may have. Others would be passed over in silence by the driver, or undo what a connection
/// is told here.
const PARAMETERS: [&str; 6] = ["host", "sslmode", "sslrootcert", "sslcert", "sslkey", "application_name"];

const ESCAPES: &str = "in a password, write ? as %3F, & as %26, # as %23, @ as %40 and / as %2F";

/// "relevo" in ASCII: any number that no other program takes a lock by.
const SCHEMA_LOCK: i64 = 0x7265_6c65_766f;

/// Reads a URL.
pub(super) fn options(url: &str) -> Result<PgConnectOptions, Error> {
    // Never with the text: it may hold a password.
    let wrong = |what: &str| Error::Url(format!("{what}, as in postgres://user:password@host:5432/relevo"));
    let (_, query) = url.split_once('?').unwrap_or((url, ""));
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, _) = parameter.split_once('=').unwrap_or((parameter, ""));
        if !PARAMETERS.contains(&name) {
            // Not by name: it may be what follows a question mark in a password.
            return Err(wrong(&format!("takes the parameters {} and no other; {ESCAPES}", PARAMETERS.join(", "))));
        }
    }
    let options = PgConnectOptions::from_str(url).map_err(|error| {
        let said = error.to_string();
        // The driver says where it found it, once for each layer of its own.
        wrong(&format!("cannot be read: {}", said.rsplit("configuration: ").next().unwrap_or_default()))
    })?;
    if options.get_database().is_none_or(str::is_empty) {
        return Err(wrong("must name a database"));
    }
    // What follows a slash in a password would be taken for it, and shown.
    if options.get_database().is_some_and(|name| name.contains(['@', '/'])) {
        return Err(wrong(&format!("names a database that has @ or / in its name; {ESCAPES}")));
    }
    let named = options.get_application_name().is_some();
    Ok(if named { options } else { options.application_name("relevo") }.statement_cache_capacity(256))
}

/// Writes a URL without its password.
pub(super) fn show(options: &PgConnectOptions, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let name = options.get_database().unwrap_or_default();
    match options.get_socket() {
        Some(folder) => write!(f, "postgres://{}@/{name}?host={}", options.get_username(), folder.display()),
        None => {
            let (host, port) = (options.get_host(), options.get_port());
            write!(f, "postgres://{}@{host}:{port}/{name}", options.get_username())
        }
    }
}

/// Connections that write and connections that read, half of them each: calls that wait for each other's locks leave
/// those that look in peace.
pub(super) async fn pools(options: &PgConnectOptions, connections: u32) -> Result<[PgPool; 2], sqlx::Error> {
    let readers = connections / 2;
    Ok([
        pool(options, connections - readers, "READ COMMITTED, READ WRITE").await?,
        // One state of the database from the first query to the last.
        pool(options, readers, "REPEATABLE READ, READ ONLY").await?,
    ])
}

/// One connection, unless other sessions go by the same name as it, as those of the processes that serve do;
/// none as long as there are.
pub(super) async fn alone(options: &PgConnectOptions, intent: Intent) -> Result<Option<PgPool>, sqlx::Error> {
    let transactions = match intent {
        Intent::Read => "READ COMMITTED, READ ONLY",
        Intent::Write => "READ COMMITTED, READ WRITE",
    };
    let pool = pool(options, 1, transactions).await?;
    let ask = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
               AND application_name = current_setting('application_name')";
    let deadline = Instant::now() + PATIENCE;
    // A session outlives the process that has just ended by a moment.
    while sqlx::query_scalar::<_, i64>(ask).fetch_one(&pool).await? > 0 {
        if Instant::now() > deadline {
            pool.close().await;
            return Ok(None);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(Some(pool))
}

async fn pool(options: &PgConnectOptions, size: u32, transactions: &'static str) -> Result<PgPool, sqlx::Error> {
    let patience = PATIENCE.as_millis();
    let session = format!(
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL {transactions};
         SET lock_timeout = {patience};
         SET statement_timeout = {};
         SET idle_in_transaction_session_timeout = {};",
        2 * patience,
        // A process that is stopped in the middle of a transaction does not hold the others up for longer.
        2 * patience,
    );
    let pool = PgPoolOptions::new()
        .min_connections(1)
        .max_connections(size.max(1))
        .acquire_timeout(PATIENCE)
        .idle_timeout(Duration::from_mins(10))
        .max_lifetime(Duration::from_mins(30))
        // A question before each transaction would cost a quarter of the speed; see `begin`, which finds out by itself.
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            let session = session.clone();
            Box::pin(async move {
                connection.execute(sqlx::AssertSqlSafe(session)).await?;
                Ok(())
            })
        })
        // What has been cut off without a word is given up, and its place in the pool free again.
        .after_release(|connection, _| {
            Box::pin(async move {
                match tokio::time::timeout(PATIENCE, connection.ping()).await {
                    Ok(answered) => answered.map(|()| true),
                    Err(_) => Err(sqlx::Error::PoolTimedOut),
                }
            })
        })
        .connect_with(options.clone());
    match pool.await {
        // What kept it from connecting for so long says more.
        Err(sqlx::Error::PoolTimedOut) => Err(options.connect().await.err().unwrap_or(sqlx::Error::PoolTimedOut)),
        pool => pool,
    }
}

/// Waits until no other process is migrating, and keeps others from it until the transaction ends.
pub(super) async fn lock_schema(transaction: &DatabaseTransaction) -> Result<(), Error> {
    let patience = PATIENCE.as_millis();
    // A migration may take its time, and others wait for it; but it does not queue behind a long transaction for a table,
    // as every call would queue behind it.
    let lock = format!(
        "SET LOCAL statement_timeout = 0;
         SET LOCAL idle_in_transaction_session_timeout = 0;
         SET LOCAL lock_timeout = 0;
         SELECT pg_advisory_xact_lock({SCHEMA_LOCK});
         SET LOCAL lock_timeout = {patience};"
    );
    transaction.execute_unprepared(&lock).await?;
    Ok(())
}

/// What a process does to each table, beside looking at it.
const PRIVILEGES: [(&str, &str); 3] = [
    (
        "INSERT",
        "account service contact contact_change participant confirmation seal token_key outbox attempt event chain \
         request",
    ),
    (
        "UPDATE",
        "account service contact contact_change participant confirmation token_key outbox attempt chain request \
         seaql_migrations",
    ),
    ("DELETE", "contact_change participant confirmation seal outbox attempt request"),
];

/// Makes sure that this role may do all that a process does: one that cannot store what became of a mail sends it again.
pub(super) async fn check_privileges(transaction: &DatabaseTransaction) -> Result<(), Error> {
    let needed: Vec<_> = PRIVILEGES
        .iter()
        .flat_map(|(privilege, tables)| tables.split(' ').map(move |table| format!("('{privilege}', '{table}')")))
        .collect();
    let ask = format!(
        "SELECT string_agg(privilege || ' on ' || name, ', ') AS lacking FROM (VALUES {}) AS needed (privilege, name)
         WHERE NOT has_table_privilege(name, privilege)",
        needed.join(", ")
    );
    let row = transaction.query_one_raw(Statement::from_string(DbBackend::Postgres, ask)).await?;
    match row.map(|row| row.try_get::<Option<String>>("", "lacking")).transpose()?.flatten() {
        None => Ok(()),
        Some(lacking) => Err(Error::Privileges(lacking)),
    }
}

/// The time of the server; an error if it takes no changes, as the standby of another.
pub(super) async fn now(transaction: &DatabaseTransaction) -> Result<Timestamp, Error> {
    let ask = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now,
               current_setting('transaction_read_only') = 'on' AS read_only";
    let row = transaction.query_one_raw(Statement::from_string(DbBackend::Postgres, ask)).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("the time".to_owned()))?;
    if row.try_get("", "read_only")? {
        return Err(DbErr::Custom("the server takes no changes: it is the standby of another".to_owned()).into());
    }
    Timestamp::from_microsecond(row.try_get("", "now")?).map_err(|error| DbErr::Custom(error.to_string()).into())
}

/// Keeps all others from changing tables until the transaction ends. They may look.
pub(super) async fn hold(transaction: &DatabaseTransaction, tables: &[&str]) -> Result<(), Error> {
    let lock = format!(
        "SET LOCAL statement_timeout = 0;
         SET LOCAL idle_in_transaction_session_timeout = 0;
         LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE;",
        tables.join(", ")
    );
    transaction.execute_unprepared(&lock).await?;
    Ok(())
}

/// Has a sequence go on after the numbers that are there.
pub(super) async fn count_on(transaction: &DatabaseTransaction, table: &str, column: &str) -> Result<(), Error> {
    let next = format!(
        "SELECT setval(pg_get_serial_sequence('{table}', '{column}'), coalesce(max({column}), 0) + 1, false) FROM {table}"
    );
    transaction.execute_unprepared(&next).await?;
    Ok(())
}

/// Numbers from the sequence of a table, smallest first.
pub(super) async fn next_numbers(
    transaction: &DatabaseTransaction,
    table: &str,
    column: &str,
    count: usize,
) -> Result<Vec<i64>, Error> {
    let take =
        format!("SELECT nextval(pg_get_serial_sequence('{table}', '{column}')) AS number FROM generate_series(1, $1)");
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let take = Statement::from_sql_and_values(DbBackend::Postgres, take, [count.into()]);
    let rows = transaction.query_all_raw(take).await?;
    let mut numbers = rows.iter().map(|row| row.try_get("", "number")).collect::<Result<Vec<i64>, _>>()?;
    numbers.sort_unstable();
    Ok(numbers)
}
