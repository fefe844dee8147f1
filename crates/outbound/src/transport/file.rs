//! Mails kept in a folder, for development and for hosts whose mail system picks files up.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use jiff::{Timestamp, civil::DateTime, tz::Offset};
use relevo_persistence::Reply;

use super::Verdict;
use crate::message::Message;

/// A folder of mails: one `.eml` file each, named after its date, kind and account, readable by its owner alone.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

/// A mail that was found in a folder: what the name of its file says. Ordered by date.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept(String);

impl Folder {
    /// The folder at a path; it is made if it is not there.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        // Mails hold codes.
        DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    /// The mails that are there, newest first. Whatever else is in the folder is passed over, links too. Blocks.
    pub fn list(&self) -> io::Result<Vec<Kept>> {
        let mut mails = Vec::new();
        for entry in std::fs::read_dir(&self.0)? {
            let entry = entry?;
            let mail = entry.file_name().into_string().ok().and_then(Kept::parse);
            // A mail that was taken away meanwhile is none.
            if let Some(mail) = mail.filter(|_| entry.file_type().is_ok_and(|it| it.is_file())) {
                mails.push(mail);
            }
        }
        mails.sort_unstable_by(|one, other| other.cmp(one));
        Ok(mails)
    }

    /// The mail as it was sent, or as much of it as so many bytes. Blocks.
    pub fn read(&self, mail: &Kept, at_most: u64) -> io::Result<Vec<u8>> {
        let mut raw = Vec::new();
        File::open(self.0.join(&mail.0))?.take(at_most).read_to_end(&mut raw)?;
        Ok(raw)
    }

    pub(super) async fn keep(&self, message: &Message) -> Verdict {
        let name = file_name(message);
        let path = self.0.join(&name);
        let raw = message.raw.clone();
        let written = tokio::task::spawn_blocking(move || write(&path, &raw)).await;
        match written.unwrap_or_else(|error| Err(io::Error::other(error))) {
            Ok(()) => Verdict::Taken(Reply { codes: String::new(), text: format!("kept as {name}") }),
            Err(error) => Verdict::OutOfOrder(Reply { codes: String::new(), text: error.to_string() }),
        }
    }
}

/// How a name writes its date, and what ends it.
const DATE: &str = "%Y%m%dT%H%M%S%.6f";
const ENDING: &str = ".eml";

impl Kept {
    /// Takes no name but those that [`file_name`] makes: letters, digits, hyphens, dots and underscores.
    fn parse(name: String) -> Option<Self> {
        let (date, id) = name.strip_suffix(ENDING)?.split_once('-')?;
        let is_plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        (is_plain && read_date(date).is_some() && id.contains('.')).then_some(Self(name))
    }

    /// Its date and the first part of its Message-ID: `20261123T082116.206363-confirm.01a2077e-bd2f-70b5-9765-98035d47d888.aa123456-ovh.1`.
    /// No other mail of the folder has it.
    pub fn name(&self) -> &str {
        self.0.strip_suffix(ENDING).unwrap_or_default()
    }

    /// When it became due.
    pub fn date(&self) -> Timestamp {
        self.name().split('-').next().and_then(read_date).unwrap_or_default()
    }

    /// Its kind as a word, as in `confirm`.
    pub fn kind(&self) -> &str {
        self.words().first().copied().unwrap_or_default()
    }

    /// The account that it is for; none of a test mail.
    pub fn account_id(&self) -> Option<&str> {
        match self.words().as_slice() {
            [_, .., account_id, _generation] => Some(account_id),
            _ => None,
        }
    }

    fn words(&self) -> Vec<&str> {
        self.name().split_once('-').map(|(_, id)| id.split('.').collect()).unwrap_or_default()
    }
}

fn read_date(text: &str) -> Option<Timestamp> {
    let date = DateTime::strptime(DATE, text).ok()?;
    Offset::UTC.to_timestamp(date).ok()
}

/// Sorts by date; the same mail sent again takes the place of the first.
fn file_name(message: &Message) -> String {
    let date = message.date.strftime(DATE);
    let id = message.message_id.split('@').next().unwrap_or_default();
    format!("{date}-{id}{ENDING}")
}

/// Nobody sees half a mail, and one that was taken is on the disk.
fn write(path: &Path, raw: &[u8]) -> io::Result<()> {
    let partial = path.with_extension("partial");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
    file.write_all(raw)?;
    file.sync_all()?;
    std::fs::rename(&partial, path)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(name: &str) -> Option<Kept> {
        Kept::parse(format!("{name}.eml"))
    }

    #[test]
    fn the_name_of_a_mail_says_when_it_became_due_what_it_is_and_whose() {
        let names = [
            ("confirm.01a2077e-bd2f-70b5-9765-98035d47d888.aa123456-ovh.1", "confirm", Some("aa123456-ovh")),
            ("address_changed.aa123456-ovh.3", "address_changed", Some("aa123456-ovh")),
            ("test.0123456789abcdef0123456789abcdef", "test", None),
        ];
        for (id, kind, account_id) in names {
            let mail = kept(&format!("20261123T082116.206363-{id}")).unwrap();
            assert_eq!((mail.kind(), mail.account_id()), (kind, account_id));
            assert_eq!(mail.date(), "2026-11-23T08:21:16.206363Z".parse().unwrap());
            assert_eq!(mail.name(), format!("20261123T082116.206363-{id}"));
        }
    }

    #[test]
    fn a_file_with_another_name_is_no_mail() {
        for name in [
            "",
            "letter",
            "20261123T082116.206363",
            "20261123T082116.206363-test",
            "20261323T082116.206363-test.1",
            "20261123T082116-test.1.é",
            "x20261123T082116.206363-test.1",
            "20261123T082116.206363-test.1/../2",
            "20261123T082116.206363-test.<b>",
            "20261123T082116.206363-test.1 2",
        ] {
            assert_eq!(kept(name), None, "{name}");
        }
        assert_eq!(Kept::parse("20261123T082116.206363-test.1.partial".to_owned()), None);
    }

    #[test]
    fn a_folder_lists_its_mails_newest_first_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("relevo-folder-{}", std::process::id()));
        let mails = Folder::open(&folder).unwrap();
        let names = [
            "20261123T082116.206363-test.1",
            "20261123T082118.000000-done.1.aa1-ovh.0",
            "20251123T082116.206363-test.2",
        ];
        for name in names {
            write(&folder.join(format!("{name}.eml")), name.as_bytes()).unwrap();
        }
        std::fs::write(folder.join("notes.eml"), "").unwrap();
        std::fs::write(folder.join("20261123T082116.206363-test.3.partial"), "").unwrap();
        std::fs::create_dir(folder.join("20261123T082116.206363-test.4.eml")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.join("20261123T082116.206363-test.5.eml")).unwrap();
        let listed = mails.list().unwrap();
        let found: Vec<_> = listed.iter().map(Kept::name).collect();
        assert_eq!(found, [names[1], names[0], names[2]]);
        assert_eq!(mails.read(&listed[1], 4).unwrap(), b"2026");
        assert_eq!(mails.read(&listed[1], 4096).unwrap(), names[0].as_bytes());
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(mails.list().is_err() && mails.read(&listed[0], 1).is_err());
    }
}
