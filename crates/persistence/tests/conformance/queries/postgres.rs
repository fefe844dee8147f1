//! The plans of a server, as it ran every call: those that it makes for the values of a call, which it does first, and
//! those that it makes for all values, which it may go over to.

use std::sync::LazyLock;

use relevo_postgres::Cluster;
use tokio::sync::OnceCell;

use super::{Call, Calls, FILL, all_calls, assert_same_counts, plan_log};
use crate::engine::Database;

const MODES: [&str; 2] = ["force_custom_plan", "force_generic_plan"];

/// For how many rows each call is made.
const ROWS: [u64; 3] = [3, 50, 300];

/// How many changes are open, and how many mails wait to be sent.
const OPEN: u64 = 2_000;
const WAITING: u64 = 2 * OPEN + 299;

/// How many changes have ended: in a database that is new, and in one that was served for long.
const NEW: u64 = 100;
const OLD: u64 = 50_000;

/// Scans that are meant: how the call begins, and the step of the plan.
const MEANT: &[(&str, &str)] = &[
    // The first page of a list of all there is: an index in the order of the list, as far as the page goes.
    ("accounts_after, first page", "Index Scan using account_pkey on account"),
    ("services_after, holder false, kind false, prefix \"\", false", "Index Scan using service_registered on service"),
    ("services_after, holder false, kind true, prefix \"\", false", "Index Scan using service_registered on service"),
    (
        "change_reports_before, participant false, service false, states [], false",
        "Index Scan Backward using contact_change_pkey on contact_change",
    ),
    // The same of all that is open: the index holds nothing else.
    (
        "change_reports_before, participant false, service false, states [\"pending\"], false",
        "Index Scan Backward using change_open on contact_change",
    ),
    // All that waits to be sent, if that is less than to look up the mails of many changes. It holds nothing else.
    ("supersede_tokens", "Index Scan using outbox_due on outbox"),
    ("supersede_tokens", "Bitmap Index Scan on outbox_due"),
    // A number for each event, from the sequence.
    ("push", "Function Scan on generate_series"),
    // A row for each key that ever made tokens, and for each step of the schema.
    ("register_keys", "Seq Scan on token_key"),
    ("register_keys", "Seq Scan on seaql_migrations"),
];

/// The queries that run every second or at every decision, and the indexes that serve them: these hold what is open and
/// what is to be sent. And the list of what an account has open, among all that it ever had.
const OPEN_ALONE: &[(&str, &str)] = &[
    ("mail_is_due", "outbox_due"),
    ("lease_mail", "outbox_due"),
    ("change_is_due", "change_due"),
    ("due_changes_for_update", "change_due"),
    ("open_changes_for_update", "change_open_by_service"),
    ("open_changes_of_party_for_update", "change_open_by_requester"),
    ("open_changes_of_party_for_update", "change_open_by_nominee"),
    ("change_reports_before, participant true, service false, states [\"pending\"], false", "participant_by_state"),
    ("change_reports_before, participant true, service false, states [\"pending\"], true", "participant_by_state"),
    // The history, and what is removed from beside it.
    ("events_of_service, of a viewer false, false", "event_by_service"),
    ("events_of_service, of a viewer true, true", "event_by_service"),
    ("events_of_change, of its state false, false", "event_by_change"),
    ("events_of_change, of its state true, true", "event_by_change"),
    ("newest_registration", "service_by_id"),
    ("change_is_removable", "change_by_end"),
    ("remove_ended_changes", "change_by_end"),
    ("notice_is_removable", "outbox_notice_by_age"),
    ("remove_old_notices", "outbox_notice_by_age"),
    ("delete_account", "outbox_by_account"),
    ("delete_account", "participant_by_account"),
    ("replace_answers", "request_by_account"),
    // The trigger.
    ("save_contact_change, ended", "participant_pkey"),
];

/// What is asked every second, whether there is anything to do or not.
const POLLS: [&str; 3] = ["mail_is_due", "change_is_due", "answer_is_older"];

static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| Cluster::start_with(plan_log::SETTINGS));

/// What a database was asked, and how it ran it, with one kind of plan.
struct Run {
    mode: &'static str,
    sizes: [Calls; 3],
}

/// Every call to a database in which so many changes have ended.
async fn called(ended: u64) -> Vec<Run> {
    let db = Database::postgres_of(&CLUSTER).await;
    let changes = OPEN + ended;
    let numbers = format!(
        "CREATE TEMP TABLE n AS SELECT n, n <= {OPEN} AS open, lpad(to_hex(1000000 - n), 32, '0')::uuid AS key,
            decode(lpad(to_hex(n), 32, '0'), 'hex') AS nonce, 's' || lpad(n::text, 5, '0') || '.example' AS name,
            'aa' || n || '-ovh' AS account, 'aa' || n % {changes} + 1 || '-ovh' AS nominee
            FROM generate_series(1, {changes}) AS n;"
    );
    // The references are right, and are not checked row by row.
    db.execute(&format!("SET session_replication_role = replica; {numbers} {FILL}")).await;
    db.execute("VACUUM ANALYZE").await;
    let log = || Some(plan_log::PlanLog::open(CLUSTER.socket().parent().map(|folder| folder.join("log")).unwrap()));
    let mut called = Vec::new();
    for mode in MODES {
        let name = db.name();
        db.execute(&format!("ALTER DATABASE {name} SET plan_cache_mode = {mode}")).await;
        called.push(Run { mode, sizes: all_calls(&db, ROWS, log).await });
    }
    called
}

/// A new database and an old one.
async fn both() -> &'static [Vec<Run>; 2] {
    static BOTH: OnceCell<[Vec<Run>; 2]> = OnceCell::const_new();
    // One after the other: they share a log.
    BOTH.get_or_init(async || [called(NEW).await, called(OLD).await]).await
}

/// The calls of a run that are about few rows of many, where nothing is gained by reading all of them.
fn selective(run: &Run) -> impl Iterator<Item = &Call> {
    let [three, fifty, _] = &run.sizes;
    three.made.iter().chain(&fifty.made)
}

#[tokio::test]
async fn a_call_makes_as_many_queries_for_three_hundred_rows_as_for_three() {
    for run in both().await.iter().flatten() {
        let [three, fifty, three_hundred] = &run.sizes;
        assert_same_counts(three, fifty);
        assert_same_counts(three, three_hundred);
    }
}

#[tokio::test]
async fn an_index_serves_every_query() {
    let [_, old] = both().await;
    for run in old {
        for call in selective(run) {
            assert!(!call.plans.is_empty(), "{} was not explained", call.name);
            for (plan, scan) in call.plans.iter().flat_map(|plan| plan.scans.iter().map(move |scan| (plan, scan))) {
                let is_meant = |(of, what): &&(&str, &str)| call.name.starts_with(of) && scan.what == *what;
                let told = || format!("{}, {}: {}: {}", call.name, run.mode, scan.what, plan.sql);
                assert!(scan.looks_up || MEANT.iter().any(|meant| is_meant(&meant)), "{}", told());
                assert!(scan.in_vain <= WAITING, "{} rows in vain: {}", scan.in_vain, told());
            }
        }
    }
}

#[tokio::test]
async fn what_has_ended_and_what_was_sent_is_not_looked_at() {
    let [_, old] = both().await;
    for run in old {
        for (name, index) in OPEN_ALONE {
            let mut calls = 0;
            for call in selective(run).filter(|call| call.name == *name) {
                let scans: Vec<_> = call.plans.iter().flat_map(|plan| &plan.scans).collect();
                let used = scans.iter().any(|scan| scan.looks_up && scan.what.split(' ').any(|word| word == *index));
                let whats: Vec<_> = scans.iter().map(|scan| scan.what.as_str()).collect();
                assert!(used, "{name}, {}: {index} is not among {whats:#?}", run.mode);
                calls += 1;
            }
            assert_eq!(calls, 2, "{name}");
        }
    }
}

#[tokio::test]
async fn no_call_costs_more_for_what_has_ended_and_what_was_sent() {
    let [new, old] = both().await;
    let pages = |call: &Call| call.plans.iter().map(|plan| plan.buffers).sum::<u64>();
    for (new, old) in new.iter().zip(old) {
        for ((new_calls, old_calls), rows) in new.sizes.iter().zip(&old.sizes).zip(ROWS).take(2) {
            for (new_call, old_call) in new_calls.made.iter().zip(&old_calls.made) {
                let [few, many] = [new_call, old_call].map(pages);
                // Where there are few, PostgreSQL rather reads them all than look up a page of them, one by one. A row is
                // looked up in five tables, each with an index that is three pages deep and one of which it changes.
                let most = if POLLS.contains(&old_call.name.as_str()) { few + 1 } else { 2 * few + 20 * rows };
                assert!(many <= most, "{}, {}, {rows} rows: {few} and {many} pages", old_call.name, old.mode);
            }
        }
    }
}
