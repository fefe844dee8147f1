//! The `relevo` command as its operators run it.

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use relevo_api::v1::{contact_service_client::ContactServiceClient, request_service_client::RequestServiceClient};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};
use tonic::transport::{Channel, Endpoint};

use crate::{Caller, Home};

/// The command, built from the sources that are tested.
pub fn relevo() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let mut build = std::process::Command::new(cargo);
        build
            .args(["build", "--quiet", "--locked", "--package", "relevo-server", "--bin", "relevo"])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        // What cargo tells a test about its package; a build script that looks at it would run anew each time.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                build.env_remove(&*name);
            }
        }
        let built = build.status().unwrap();
        assert!(built.success());
        // Test binaries lie in `deps`, beside the command.
        let tests = std::env::current_exe().unwrap();
        tests.parent().and_then(Path::parent).unwrap().join("relevo")
    })
}

/// Runs the command to its end, in a folder, with environment variables.
pub async fn run(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(relevo());
    command.current_dir(folder).args(arguments).envs(environment.iter().copied()).kill_on_drop(true);
    timeout(Duration::from_secs(60), command.output()).await.unwrap().unwrap()
}

/// `relevo serve`, running.
#[derive(Debug)]
pub struct Serving {
    child: Child,
    channel: Channel,
    log: Arc<Mutex<Vec<String>>>,
    /// Where it takes calls.
    pub address: String,
    /// Where it shows the page, if it does.
    pub page: Option<String>,
}

impl Serving {
    /// Starts it in a folder, on a port of its own, with environment variables.
    pub async fn start(folder: &Path, environment: &[(&str, &str)]) -> Self {
        Self::start_as(folder, &["serve"], environment).await
    }

    /// Starts it on the database of an installation, in its folder, with more environment variables.
    pub async fn start_at(home: &Home, environment: &[(&str, &str)]) -> Self {
        let of_home = home.environment();
        let of_home = of_home.iter().map(|(name, value)| (*name, value.as_str()));
        let environment: Vec<_> = of_home.chain(environment.iter().copied()).collect();
        Self::start(home.folder(), &environment).await
    }

    /// Starts it in a folder with arguments of its own.
    pub async fn start_as(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = Command::new(relevo())
            .current_dir(folder)
            .args(arguments)
            .env("RELEVO__GRPC__LISTEN", "127.0.0.1:0")
            .env("RELEVO__PAGE__LISTEN", "127.0.0.1:0")
            .envs(environment.iter().copied())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = Arc::new(Mutex::new(Vec::new()));
        let serving = timeout(Duration::from_secs(30), async {
            let word = |rest: &str| rest.split(' ').next().unwrap_or_default().to_owned();
            let mut page = None;
            while let Some(line) = log.next_line().await.unwrap() {
                said.lock().unwrap().push(line.clone());
                if let Some((_, rest)) = line.split_once("page=") {
                    page = Some(word(rest));
                }
                if let Some((_, rest)) = line.split_once("address=") {
                    return (word(rest), page);
                }
            }
            panic!("it ended before it served: {said:?}");
        });
        let (address, page) = serving.await.unwrap();
        // A pipe that nobody reads would stop the process once it is full.
        let lines = said.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = log.next_line().await {
                lines.lock().unwrap().push(line);
            }
        });
        let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect_lazy();
        Self { child, channel, log: said, address, page }
    }

    /// A client of the directory.
    pub fn contacts(&self) -> ContactServiceClient<Channel> {
        ContactServiceClient::new(self.channel.clone())
    }

    /// A client of the contact changes.
    pub fn requests(&self) -> RequestServiceClient<Channel> {
        RequestServiceClient::new(self.channel.clone())
    }

    /// A program that calls it.
    pub fn caller(&self) -> Caller {
        Caller::over(self.channel())
    }

    /// The connection, for other services.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Ends it as a crash would: `kill -9`.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Sends it a signal by name, as in `TERM`.
    pub async fn signal(&self, name: &str) {
        let id = self.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().await.unwrap();
        assert!(sent.success());
    }

    /// Waits for its end, and says whether it ended well.
    pub async fn ended(self) -> bool {
        self.exit_code().await == Some(0)
    }

    /// Waits for its end, and says with which code; none if a signal ended it.
    pub async fn exit_code(mut self) -> Option<i32> {
        timeout(Duration::from_secs(30), self.child.wait()).await.unwrap().unwrap().code()
    }
}
