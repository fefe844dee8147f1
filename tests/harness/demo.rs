//! The demonstration that people click through.

use std::{
    net::SocketAddr,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};
use tonic::transport::Endpoint;

use crate::{Caller, process::relevo};

const SOON: Duration = Duration::from_secs(30);

/// `relevo demo --serve`, running.
#[derive(Debug)]
pub struct Demo {
    child: Child,
    /// What it has printed.
    pub said: Vec<String>,
    _lines: Lines<BufReader<ChildStdout>>,
}

impl Demo {
    /// Starts it in a folder, and waits until it says how to end it.
    pub async fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(relevo())
            .current_dir(folder)
            .args(["demo", "--serve"])
            .args(arguments)
            // So that its own folder is found, and that it goes away.
            .env("TMPDIR", folder)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = Vec::new();
        let telling = async {
            while said.last().is_none_or(|line: &String| !line.starts_with("Ctrl-C")) {
                said.push(lines.next_line().await.unwrap().unwrap());
            }
        };
        timeout(SOON, telling).await.unwrap();
        Self { child, said, _lines: lines }
    }

    /// An address that it has printed.
    pub fn at(&self, what: &str) -> SocketAddr {
        let lines = self.said.iter().filter_map(|line| line.trim().strip_prefix(what));
        let address = lines.map(str::trim).next().unwrap();
        address.trim_start_matches("http://").parse().unwrap()
    }

    /// A program that calls it.
    pub fn caller(&self) -> Caller {
        Caller::over(Endpoint::from_shared(format!("http://{}", self.at("gRPC"))).unwrap().connect_lazy())
    }

    /// Stops it by a signal, as in `TERM`, and says how it ended.
    pub async fn stops_by(mut self, signal: &str) -> ExitStatus {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().await.unwrap().success());
        timeout(SOON, self.child.wait()).await.unwrap().unwrap()
    }
}
