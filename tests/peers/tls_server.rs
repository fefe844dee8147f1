//! A relay of one test that asks for TLS and a login: `tls_server.py`.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use relevo_tests::Letter;
use tempfile::TempDir;

use crate::{authority::Identity, end};

/// Who may hand mails over.
pub(crate) const USERNAME: &str = "relevo";
pub(crate) const PASSWORD: &str = "Br0k3n-Lantern-Harbour";

/// A relay with one way of TLS and one mechanism of AUTH. It ends with this.
pub(crate) struct TlsServer {
    folder: TempDir,
    process: Child,
    port: u16,
}

impl TlsServer {
    /// Starts one: `tls` is implicit, starttls or none, `mechanism` PLAIN or LOGIN.
    pub(crate) fn start(tls: &str, mechanism: &str, identity: &Identity) -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = here.join("../.tools/peers/bin/python");
        assert!(python.exists(), "{} is not there: run `make peers`", python.display());
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("mails")).unwrap();
        let mut process = Command::new(python)
            .arg(here.join("peers/tls_server.py"))
            .args(["--tls", tls, "--mechanism", mechanism, "--username", USERNAME, "--password", PASSWORD])
            .arg("--mails")
            .arg(folder.path().join("mails"))
            .arg("--certificate")
            .arg(&identity.certificate)
            .arg("--key")
            .arg(&identity.key)
            .stdout(Stdio::piped())
            .stderr(File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut port = String::new();
        let said = BufReader::new(process.stdout.take().unwrap()).read_line(&mut port);
        // From here on a failure shows the log.
        let mut server = Self { folder, process, port: 0 };
        said.unwrap();
        server.port = port.trim().parse().unwrap();
        server
    }

    /// The settings of a server that sends its mails here, with this password, and more of them under `[mail.smtp]`.
    pub(crate) fn settings(&self, tls: &str, password: &str, more: &str) -> String {
        format!(
            "[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = {tls:?}\n\
             username = {USERNAME:?}\npassword = {password:?}\n{more}",
            self.port
        )
    }

    /// All mails that it has taken, and by which mechanism their sender had logged in.
    pub(crate) fn reads(&self) -> Vec<(Letter, String)> {
        let files = fs::read_dir(self.folder.path().join("mails")).unwrap();
        let paths =
            files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|it| it == "eml"));
        let taken = paths.map(|path| {
            let raw = fs::read(path).unwrap();
            let head = String::from_utf8_lossy(&raw);
            let mut lines = head.lines();
            let mut value = |name| lines.next().and_then(|line| line.strip_prefix(name)).unwrap().to_owned();
            let (to, mechanism) = (value("X-Recipient: "), value("X-Mechanism: "));
            (Letter::parse(&raw, &to), mechanism)
        });
        taken.collect()
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        end(&mut self.process);
        if std::thread::panicking() {
            let said = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            eprintln!("aiosmtpd:\n{said}");
        }
    }
}
