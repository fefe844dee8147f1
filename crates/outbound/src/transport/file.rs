//! Mails kept in a folder, for development and for hosts whose mail system picks files up.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use relevo_persistence::Reply;

use super::Verdict;
use crate::message::Message;

/// A folder of mails: one `.eml` file each, named after its date, kind and account, readable by its owner alone.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at a path; it is made if it is not there.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        // Mails hold codes.
        DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        Ok(Self(path))
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

/// Sorts by date; the same mail sent again takes the place of the first.
fn file_name(message: &Message) -> String {
    let date = message.date.strftime("%Y%m%dT%H%M%S%.6f");
    let id = message.message_id.split('@').next().unwrap_or_default();
    format!("{date}-{id}.eml")
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
