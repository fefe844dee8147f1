//! A throw-away PostgreSQL for tests: a cluster of its own, on a socket in a folder of its own, made by the `initdb` and
//! `postgres` of the machine and gone with the process that started it, however that ends.
//!
//! Its texts are in the order of a language and not of their bytes, as those of most installations are; its files are
//! not synced, so it survives every crash but that of the machine.

#![expect(clippy::panic, clippy::missing_panics_doc, reason = "a test that cannot go on stops")]

use std::{
    io::{BufRead, BufReader, Write},
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// Where Debian puts the programs of each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A running cluster; its clones are the same one, which is gone with the last of them.
#[derive(Debug, Clone)]
pub struct Cluster(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    supervisor: Mutex<Supervisor>,
    databases: AtomicU64,
}

#[derive(Debug)]
struct Supervisor {
    _process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// A database of a cluster; it is dropped with this.
#[derive(Debug)]
pub struct Database {
    cluster: Cluster,
    name: String,
}

impl Cluster {
    /// The cluster that the tests of this process share.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// A cluster of one's own, for tests that stop it.
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// A cluster of one's own, with settings as `postgres` takes them, as in `-c max_connections=9`.
    pub fn start_with(settings: &str) -> Self {
        let programs = programs();
        let folder = tempfile::Builder::new().prefix("relevo-postgres-").tempdir();
        // Its supervisor removes it: that outlives this process.
        let folder = folder.map(tempfile::TempDir::keep).unwrap_or_else(|error| panic!("no folder: {error}"));
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(include_str!("supervisor.sh")).arg("supervisor").arg(&programs).arg(&folder);
        command.current_dir(&folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        if let Some((user, group)) = unprivileged() {
            chown(&folder, Some(user), Some(group)).unwrap_or_else(|error| panic!("cannot give it away: {error}"));
            command.uid(user).gid(group);
        }
        // What a terminal sends to the tests is not for it.
        command.process_group(0).env_clear().env("PATH", "/usr/bin:/bin");
        let mut process = command.spawn().unwrap_or_else(|error| panic!("no supervisor: {error}"));
        let (Some(orders), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            panic!("the supervisor takes no orders")
        };
        let supervisor = Supervisor { _process: process, orders, answers: BufReader::new(answers) };
        let supervisor = Mutex::new(supervisor);
        let cluster = Self(Arc::new(Inner { folder, supervisor, databases: AtomicU64::new(0) }));
        cluster.order("init");
        cluster.order(&format!("start {settings}"));
        cluster
    }

    /// An empty database.
    pub fn database(&self) -> Database {
        self.copy_of("template0")
    }

    /// A copy of a database that nobody is connected to.
    pub fn copy_of(&self, template: &str) -> Database {
        let name = format!("relevo_{}", self.0.databases.fetch_add(1, Ordering::Relaxed));
        self.order(&format!("create {name} {template}"));
        Database { cluster: self.clone(), name }
    }

    /// Goes down in order: who is connected is told and cut off.
    pub fn stop(&self) {
        self.order("stop");
    }

    /// Goes down at once, in the middle of whatever it does.
    pub fn crash(&self) {
        self.order("crash");
    }

    /// Comes back.
    pub fn start_again(&self) {
        self.order("start");
    }

    /// The socket that it listens on.
    pub fn socket(&self) -> PathBuf {
        self.0.folder.join(".s.PGSQL.5432")
    }

    fn order(&self, order: &str) {
        let mut supervisor = self.0.supervisor.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answer = String::new();
        let asked = writeln!(supervisor.orders, "{order}").and_then(|()| supervisor.answers.read_line(&mut answer));
        if asked.is_err() || answer.trim() != "done" {
            let said = std::fs::read_to_string(self.0.folder.join("orders")).unwrap_or_default();
            let log = std::fs::read_to_string(self.0.folder.join("log")).unwrap_or_default();
            panic!("PostgreSQL does not {order}:\n{said}\n{log}");
        }
    }
}

impl Database {
    /// Its URL.
    pub fn url(&self) -> String {
        format!("postgres://postgres@localhost/{}?host={}", self.name, self.cluster.0.folder.display())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Keeps it for as long as its cluster runs. Says its name.
    pub fn keep(self) -> String {
        let name = self.name.clone();
        std::mem::forget(self);
        name
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // One that a test has brought down may be down still.
        let mut supervisor = self.cluster.0.supervisor.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answer = String::new();
        let _ = writeln!(supervisor.orders, "drop {}", self.name);
        let _ = supervisor.answers.read_line(&mut answer);
    }
}

/// The folder of `initdb` and its companions: that of the PATH, or else the newest that Debian has installed.
fn programs() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut debian: Vec<_> = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten().map(|it| it.path()).collect();
    debian.sort_by_key(|folder| folder.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()));
    let debian = debian.into_iter().rev().map(|folder| folder.join("bin"));
    let found = std::env::split_paths(&path).chain(debian).find_map(|folder| {
        // A link leads to one of them; its companions are beside it.
        let initdb = folder.join("initdb").canonicalize().ok()?;
        let folder = initdb.parent()?.to_owned();
        folder.join("pg_ctl").exists().then_some(folder)
    });
    found.unwrap_or_else(|| {
        panic!(
            "the tests need PostgreSQL 15 or newer, of which initdb is neither in PATH nor in {DEBIAN}: `make postgres`"
        )
    })
}

/// A user and a group to run it as, when this is root: PostgreSQL refuses to be run by root.
fn unprivileged() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    let am_root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    am_root.then(|| {
        let users = std::fs::read_to_string(Path::new("/etc/passwd")).unwrap_or_default();
        let id = |user: &str| {
            let line = users.lines().find(|line| line.split(':').next() == Some(user))?;
            let mut fields = line.split(':').skip(2);
            Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
        };
        id("postgres").or_else(|| id("nobody")).unwrap_or_else(|| panic!("there is no user to run PostgreSQL as"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_a_cluster_whose_process_has_ended() {
        let Inner { folder, supervisor, .. } = Arc::into_inner(Cluster::start().0).unwrap();
        assert!(folder.join("data/postmaster.pid").exists());
        let Supervisor { mut _process, orders, answers } = supervisor.into_inner().unwrap();
        // As the kernel does for a process that is killed.
        drop((orders, answers));
        assert!(_process.wait().unwrap().success());
        assert!(!folder.exists());
    }

    #[test]
    fn what_was_stored_survives_a_crash() {
        let cluster = Cluster::start();
        let template = cluster.database().keep();
        cluster.crash();
        cluster.start_again();
        cluster.stop();
        cluster.start_again();
        assert_eq!(cluster.copy_of(&template).name(), "relevo_1");
    }
}
