//! How a server ran what it was asked: its log, told by `auto_explain`.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::PathBuf,
};

/// The settings of a server that explains everything that it runs: what calls ask, and what checks of references and
/// triggers ask for them.
pub(super) const SETTINGS: &str = "-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=0 \
     -c auto_explain.log_analyze=on -c auto_explain.log_timing=off -c auto_explain.log_buffers=on \
     -c auto_explain.log_nested_statements=on -c log_min_messages=log -c log_checkpoints=off -c log_autovacuum_min_duration=-1";

/// The log of a server.
pub(super) struct PlanLog {
    file: File,
}

/// How a statement was run.
pub(super) struct Plan {
    pub(super) sql: String,
    pub(super) scans: Vec<Scan>,
    /// How many pages it looked at.
    pub(super) buffers: u64,
}

/// A step that reads a table or an index.
pub(super) struct Scan {
    /// What it reads, as in `Index Scan using account_pkey on account`.
    pub(super) what: String,
    /// Whether it looks something up, and does not read all there is.
    pub(super) looks_up: bool,
    /// How many rows it read in vain.
    pub(super) in_vain: u64,
}

impl PlanLog {
    /// The log from its end on.
    pub(super) fn open(path: PathBuf) -> Self {
        let mut file = File::open(path).unwrap();
        file.seek(SeekFrom::End(0)).unwrap();
        Self { file }
    }

    /// What was run since it was last asked. A server writes a plan before it answers.
    pub(super) fn since(&mut self) -> Vec<Plan> {
        let mut text = String::new();
        self.file.read_to_string(&mut text).unwrap();
        text.split("  plan:\n").skip(1).map(plan).collect()
    }
}

/// Reads a plan: <https://www.postgresql.org/docs/current/using-explain.html>.
fn plan(text: &str) -> Plan {
    let mut plan = Plan { sql: String::new(), scans: Vec::new(), buffers: 0 };
    let mut is_top = true;
    for line in text.lines().take_while(|line| line.starts_with('\t')).map(str::trim) {
        if let Some(sql) = line.strip_prefix("Query Text: ") {
            plan.sql = sql.chars().take(300).collect();
        } else if let Some(pages) = line.strip_prefix("Buffers: shared ") {
            // Of the first step, which counts those of all others.
            if std::mem::take(&mut is_top) {
                plan.buffers = pages.split(' ').filter_map(number).sum();
            }
        } else if let Some((what, _)) = line.split_once("  (cost=") {
            let what = what.trim_start_matches("->").trim();
            let reads = what.contains("Scan using") || what.contains("Scan on") || what.contains("Scan Backward using");
            let of_others = ["Bitmap Heap", "Subquery", "Values"].iter().any(|kind| what.starts_with(kind));
            if reads && !of_others {
                plan.scans.push(Scan { what: what.to_owned(), looks_up: false, in_vain: 0 });
            }
        } else if let Some(scan) = plan.scans.last_mut() {
            scan.looks_up |= line.starts_with("Index Cond:");
            if let Some(rows) = line.strip_prefix("Rows Removed by Filter: ") {
                scan.in_vain += rows.parse::<u64>().unwrap();
            }
        }
    }
    plan
}

/// The number of pages in `hit=9` and `read=1`; what was dirtied or written was read before.
fn number(pages: &str) -> Option<u64> {
    let (how, pages) = pages.split_once('=')?;
    ["hit", "read"].contains(&how).then(|| pages.parse().unwrap())
}
