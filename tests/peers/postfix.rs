//! A Postfix of one test, which delivers into a Maildir for each address.

use std::{
    fs::{self, File, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, SystemTime},
};

use relevo_tests::{Letter, eventually};
use tempfile::TempDir;
use tokio::{io::AsyncReadExt, net::TcpStream};

use crate::{IN_TIME, authority::Identity, end, free_port};

/// What every instance has: it takes mails from this machine alone, and nothing leaves it.
const MAIN: &str = "
compatibility_level = 3.6
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.example
mydestination =
local_recipient_maps =
alias_maps =
mynetworks = 127.0.0.0/8
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_relay_restrictions = reject_unauth_destination
smtpd_delay_reject = no
smtp_dns_support_level = disabled
default_transport = error:5.1.2 nothing leaves this machine
relay_transport = error:5.1.2 nothing leaves this machine
maximal_queue_lifetime = 0
bounce_queue_lifetime = 0
";

const MASTER: &str = "
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
";

/// A Postfix with its own configuration, queue and mailboxes. It ends with this.
pub(crate) struct Postfix {
    folder: TempDir,
    port: u16,
    master: Option<Child>,
}

impl Postfix {
    /// Starts one that knows these addresses, with parameters of its own.
    pub(crate) async fn start(addresses: &[&str], parameters: &str) -> Self {
        let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
        assert!(is_root, "Postfix is started by root alone, so nothing was tested: run `make peers` as root");
        let mut postfix = Self { folder: tempfile::tempdir().unwrap(), port: free_port(), master: None };
        let folder = postfix.folder.path();
        // Its processes are of several users.
        fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
        for (name, owner) in [("etc", "root"), ("queue", "root"), ("state", "postfix"), ("mail", "nobody")] {
            fs::create_dir(folder.join(name)).unwrap();
            runs("chown", &[owner, &folder.join(name).display().to_string()]);
        }
        let domains: Vec<_> = addresses.iter().filter_map(|address| Some(address.rsplit_once('@')?.1)).collect();
        let at = folder.display();
        let own = format!(
            "queue_directory = {at}/queue\ndata_directory = {at}/state\nmaillog_file = {at}/log\n\
             maillog_file_prefixes = {at}\nvirtual_mailbox_base = {at}/mail\nvirtual_mailbox_domains = {}\n\
             virtual_mailbox_maps = hash:{at}/etc/mailboxes\n\
             smtpd_recipient_restrictions = check_recipient_access hash:{at}/etc/access\n",
            domains.join(" "),
        );
        fs::write(folder.join("etc/main.cf"), format!("{MAIN}{own}{parameters}")).unwrap();
        let smtpd = format!("127.0.0.1:{} inet n - n - - smtpd", postfix.port);
        fs::write(folder.join("etc/master.cf"), format!("{smtpd}{MASTER}")).unwrap();
        let mailboxes: Vec<_> = addresses.iter().map(|address| (*address, format!("{address}/"))).collect();
        postfix.writes_table("mailboxes", &mailboxes);
        postfix.answers_recipients(&[]);
        runs("postfix", &["-c", &postfix.config(), "check"]);
        postfix.starts_again().await;
        postfix
    }

    /// The parameters of one that offers STARTTLS, and takes nothing without.
    pub(crate) fn with_tls(identity: &Identity) -> String {
        format!(
            "smtpd_tls_security_level = encrypt\nsmtpd_tls_cert_file = {}\nsmtpd_tls_key_file = {}\n\
             smtpd_tls_received_header = yes\n",
            identity.certificate.display(),
            identity.key.display(),
        )
    }

    /// The settings of a server that sends its mails here, with more of them under `[mail.smtp]`.
    pub(crate) fn settings(&self, more: &str) -> String {
        format!(
            "[mail]\ntransport = \"smtp\"\nreturn_path = \"bounces@relevo.example\"\n\
             [mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\n{more}",
            self.port
        )
    }

    /// Starts it after it was stopped, where it was.
    pub(crate) async fn starts_again(&mut self) {
        let output = File::create(self.folder.path().join("output")).unwrap();
        let daemons = says("postconf", &["-c", &self.config(), "-h", "daemon_directory"]);
        let master = Command::new(Path::new(daemons.trim()).join("master"))
            .args(["-s", "-c", &self.config()])
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn();
        self.master = Some(master.unwrap());
        let port = self.port;
        eventually("Postfix greets", IN_TIME, async || {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
            let mut greeting = [0; 3];
            stream.read_exact(&mut greeting).await.ok()?;
            (greeting == *b"220").then_some(())
        })
        .await;
    }

    /// Stops it; what it has taken stays in its queue.
    pub(crate) fn stop(&mut self) {
        if let Some(mut master) = self.master.take() {
            end(&mut master);
        }
    }

    /// Answers these recipients so, and takes mails to all others that it knows.
    pub(crate) fn answers_recipients(&self, answers: &[(&str, &str)]) {
        let answers: Vec<_> = answers.iter().map(|(address, answer)| (*address, (*answer).to_owned())).collect();
        self.writes_table("access", &answers);
    }

    /// Reads all that has come to an address, as it lies in its Maildir, once nothing is on its way any more.
    pub(crate) async fn reads(&self, address: &str) -> Vec<Letter> {
        let queue = self.folder.path().join("queue");
        eventually("the queue is empty", IN_TIME, async || {
            let queues = ["maildrop", "incoming", "active", "deferred"];
            queues.iter().all(|name| files_under(&queue.join(name)).is_empty()).then_some(())
        })
        .await;
        let mut paths = files_under(&self.folder.path().join("mail").join(address).join("new"));
        // Their names begin with the second in which they came, and go on with its parts.
        paths.sort_by_key(|path| fs::metadata(path).unwrap().modified().unwrap());
        let letters = paths.iter().map(|path| {
            let stored = String::from_utf8(fs::read(path).unwrap()).unwrap();
            Letter::parse(stored.replace('\n', "\r\n").as_bytes(), address)
        });
        letters.collect()
    }

    /// Reads the one mail of a kind that has come to an address.
    pub(crate) async fn reads_one(&self, address: &str, kind: &str) -> Letter {
        let mut letters = self.reads(address).await;
        letters.retain(|letter| letter.kind == kind);
        assert_eq!(letters.len(), 1, "mails {kind} to {address}: {letters:?}");
        letters.remove(0)
    }

    /// The kinds of all mails that have come to an address, in their order.
    pub(crate) async fn kinds(&self, address: &str) -> Vec<String> {
        self.reads(address).await.into_iter().map(|letter| letter.kind).collect()
    }

    fn config(&self) -> String {
        self.folder.path().join("etc").display().to_string()
    }

    fn writes_table(&self, name: &str, rows: &[(&str, String)]) {
        let path = self.folder.path().join("etc").join(name);
        let database = path.with_extension("db");
        let last = fs::metadata(&database).map(|file| file.mtime()).unwrap_or_default();
        let table: String = rows.iter().map(|(key, value)| format!("{key} {value}\n")).collect();
        fs::write(&path, table).unwrap();
        runs("postmap", &["-c", &self.config(), &format!("hash:{}", path.display())]);
        // Postfix looks at the second in which a table was written.
        let file = File::options().write(true).open(&database).unwrap();
        if file.metadata().unwrap().mtime() <= last {
            let next = Duration::from_secs(u64::try_from(last).unwrap() + 1);
            file.set_modified(SystemTime::UNIX_EPOCH + next).unwrap();
        }
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        self.stop();
        if std::thread::panicking() {
            for name in ["output", "log"] {
                let said = fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
                eprintln!("Postfix, {name}:\n{said}");
            }
        }
    }
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files_under(&path) } else { vec![path] }).collect()
}

fn runs(program: &str, arguments: &[&str]) {
    says(program, arguments);
}

fn says(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
