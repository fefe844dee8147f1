//! The plans of a file.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, Row};

use super::{Calls, FILL, all_calls, assert_same_counts};
use crate::engine::Database;

/// Scans that are meant: the call and the step of the plan.
const MEANT: &[(&str, &str)] = &[
    // The first page of a list of all there is: an index in the order of the list, as far as the page goes.
    ("accounts_after, first page", "SCAN account USING INDEX sqlite_autoindex_account_1"),
    ("services_after, holder false, kind false, prefix \"\", false", "SCAN service USING INDEX service_registered"),
    (
        "change_reports_before, participant false, service false, states [], false",
        "SCAN contact_change USING INDEX sqlite_autoindex_contact_change_1",
    ),
    // The same of all that is open: the index holds nothing else.
    (
        "change_reports_before, participant false, service false, states [\"pending\"], false",
        "SCAN contact_change USING INDEX change_open",
    ),
    // A row for each key that ever made tokens: one or two.
    ("register_keys", "SCAN token_key"),
    // All of a table that has a row for each step of the schema, to lock it.
    ("register_keys", "SCAN seaql_migrations"),
    // A row for each of the two tables that count their rows.
    ("push", "SCAN sqlite_sequence"),
];

/// The queries that run every second or at every decision, and the indexes that serve them: these hold what is open and
/// what is to be sent, so that what has ended and what was sent costs nothing, however much of it there is.
const OPEN_ALONE: &[(&str, &str)] = &[
    ("mail_is_due", "SEARCH outbox USING INDEX outbox_due (due_time<?)"),
    ("lease_mail", "SEARCH outbox USING INDEX outbox_due (due_time<?)"),
    ("change_is_due", "SEARCH contact_change USING INDEX change_due (<expr><?)"),
    ("due_changes_for_update", "SEARCH contact_change USING INDEX change_due (<expr><?)"),
    ("open_changes_for_update", "SEARCH contact_change USING INDEX change_open_by_service (service_key=?)"),
    ("open_changes_of_party_for_update", "SEARCH contact_change USING INDEX change_open_by_requester (requester=?)"),
    ("open_changes_of_party_for_update", "SEARCH contact_change USING INDEX change_open_by_nominee (nominee=?)"),
    // The history, and what is removed from beside it.
    ("change_is_removable", "SEARCH contact_change USING INDEX change_by_end (settle_time<?)"),
    ("remove_ended_changes", "SEARCH contact_change USING INDEX change_by_end (settle_time<?)"),
    ("notice_is_removable", "SEARCH outbox USING INDEX outbox_notice_by_age (change_id=? AND create_time<?)"),
    ("remove_old_notices", "SEARCH outbox USING INDEX outbox_notice_by_age (change_id=? AND create_time<?)"),
    ("delete_account", "SEARCH outbox USING INDEX outbox_by_account (account_id=?)"),
    ("replace_answers", "SEARCH request USING INDEX request_by_account (account_id=?)"),
    (
        "events_of_service, of a viewer true, true",
        "SEARCH event USING INDEX event_by_service (service_key=? AND event_id<?)",
    ),
    ("events_of_change, of its state false, false", "SEARCH event USING INDEX event_by_change (change_id=?)"),
    (
        "change_reports_before, participant true, service false, states [\"pending\"], false",
        "SEARCH participant USING COVERING INDEX participant_by_state (account_id=? AND state=? AND part=?)",
    ),
    (
        "change_reports_before, participant true, service false, states [\"pending\"], true",
        "SEARCH participant USING COVERING INDEX participant_by_state (account_id=? AND state=? AND part=? AND change_id<?)",
    ),
];

/// A file with four thousand changes, and what it was asked by every call.
async fn called() -> (Database, [Calls; 2]) {
    let db = Database::sqlite().await;
    let numbers =
        "CREATE TEMP TABLE n AS WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 4000)
        SELECT n, n <= 1000 AS open, unhex(printf('%032x', 1000000 - n)) AS key, unhex(printf('%032x', n)) AS nonce,
            printf('s%05d.example', n) AS name, printf('aa%d-ovh', n) AS account,
            printf('aa%d-ovh', n % 4000 + 1) AS nominee FROM n";
    let mut connection = db.connect(true).await;
    sqlx::raw_sql(numbers).execute(&mut connection).await.unwrap();
    sqlx::raw_sql(FILL).execute(&mut connection).await.unwrap();
    let sizes = all_calls(&db, [3, 300], || None).await;
    (db, sizes)
}

#[tokio::test]
async fn a_call_makes_as_many_queries_for_three_hundred_rows_as_for_three() {
    let (_, [few, many]) = called().await;
    assert_same_counts(&few, &many);
}

/// The plan of each statement, step by step, under the call that it was made by.
async fn plans(db: &Database, sizes: &[Calls]) -> BTreeSet<(String, String, String)> {
    // Its plans are those of the store: both have the planner's stability guarantee, and so plan without the values.
    let mut connection = db.connect(true).await;
    let mut plans = BTreeSet::new();
    for (call, sql) in sizes.iter().flat_map(Calls::statements) {
        let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"))).fetch_all(&mut connection).await;
        for step in plan.unwrap() {
            plans.insert((call.to_owned(), step.get("detail"), sql.chars().take(300).collect()));
        }
    }
    plans
}

#[tokio::test]
async fn an_index_serves_every_query() {
    let (db, sizes) = called().await;
    for with_statistics in [false, true] {
        if with_statistics {
            db.execute("ANALYZE").await;
        }
        let mut used = BTreeSet::new();
        for (call, step, sql) in plans(&db, &sizes).await {
            let constant = step.contains("CONSTANT ROW") || step.contains("VALUES CLAUSE");
            if step.contains("SCAN") && !constant {
                let meant = MEANT.iter().find(|meant| **meant == (call.as_str(), step.as_str()));
                used.insert(
                    meant.unwrap_or_else(|| panic!("{call}, with statistics {with_statistics}: {step}: {sql}")),
                );
            }
        }
        assert_eq!(used.len(), MEANT.len(), "a scan is meant that does not happen");
    }
}

#[tokio::test]
async fn what_has_ended_and_what_was_sent_is_not_looked_at() {
    let (db, sizes) = called().await;
    for with_statistics in [false, true] {
        if with_statistics {
            db.execute("ANALYZE").await;
        }
        let plans = plans(&db, &sizes).await;
        for (call, step) in OPEN_ALONE {
            let steps: Vec<_> = plans.iter().filter(|(of, ..)| of == call).map(|(_, step, _)| step).collect();
            assert!(steps.iter().any(|taken| taken == step), "{call}, with statistics {with_statistics}: {steps:#?}");
        }
    }
}
