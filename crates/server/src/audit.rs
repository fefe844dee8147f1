//! `relevo audit`: whether the history is what was written.

use std::{
    fs::File,
    io::{BufRead, BufReader, Lines},
    path::Path,
};

use jiff::Timestamp;
use relevo_domain::{Chain, Keyring};
use relevo_persistence::{Error as StoreError, Mark, Store};

use crate::{Config, Error, console::say, keys};

/// Reads the history, and prints what was not written so. Anything found is an error.
pub(crate) async fn verify(config: &Config, checkpoint: Option<&Path>) -> Result<(), Error> {
    let marks = checkpoint.map(Checkpoint::open).transpose()?;
    let (store, keyring) = open(config).await?;
    let view = store.read().await?;
    let mut unsaid = Ok(());
    let found = |finding: &_| {
        if unsaid.is_ok() {
            unsaid = say(finding);
        }
    };
    let audit = view.audit(&keyring, marks.into_iter().flatten(), found).await?;
    unsaid?;
    drop(view);
    store.close().await?;
    say(format_args!(
        "{} events in {} chains were read; {} found.",
        audit.events,
        audit.chains,
        findings(audit.findings)
    ))?;
    if audit.findings == 0 { Ok(()) } else { Err(Error::Audit(findings(audit.findings))) }
}

fn findings(count: u64) -> String {
    match count {
        0 => "nothing was".to_owned(),
        1 => "one thing was".to_owned(),
        many => format!("{many} things were"),
    }
}

/// Prints how long each chain is and the digest of its newest event, to be kept elsewhere.
pub(crate) async fn checkpoint(config: &Config) -> Result<(), Error> {
    let (store, keyring) = open(config).await?;
    let view = store.read().await?;
    let mut after = None;
    loop {
        let marks = view.marks_after(after.as_ref(), &keyring).await?;
        for Mark { chain, length, digest } in &marks {
            say(format_args!("{chain} {length} {}", hex::encode(digest)))?;
        }
        let Some(last) = marks.into_iter().last() else { break };
        after = Some(last.chain);
    }
    drop(view);
    Ok(store.close().await?)
}

/// Takes what an older version wrote into the chains.
pub(crate) async fn adopt(config: &Config, until: Timestamp) -> Result<(), Error> {
    let (store, keyring) = open(config).await?;
    let now = store.ping().await?;
    let adopted = store.adopt(&keyring, until, now).await?;
    store.close().await?;
    say(format_args!("{} chains were begun, {} events were adopted.", adopted.chains, adopted.events))
}

/// The database as it is, and the keys: no schema is brought up to date, and no key is made.
async fn open(config: &Config) -> Result<(Store, Keyring), Error> {
    let store = Store::open(&config.database_url, 2).await?;
    store.check_schema().await?;
    let keyring = keys::load_existing(&config.keys)?;
    Ok((store, keyring))
}

/// A file of marks, read line by line.
struct Checkpoint {
    lines: Lines<BufReader<File>>,
    line: u64,
    last: Option<Chain>,
}

impl Checkpoint {
    fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(|error| Error::Io(path.display().to_string(), error))?;
        Ok(Self { lines: BufReader::new(file).lines(), line: 0, last: None })
    }

    fn read(&mut self, line: &str) -> Result<Mark, &'static str> {
        const FORM: &str = "must be a chain, how long it is and a digest, as `relevo audit checkpoint` prints them";
        let mut words = line.split(' ');
        let (Some(chain), Some(length), Some(digest), None) = (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(FORM);
        };
        let chain = Chain::named(chain);
        let length = length.parse().map_err(|_| FORM)?;
        let digest = hex::decode(digest).map_err(|_| FORM)?;
        if self.last.as_ref().is_some_and(|last| *last >= chain) {
            return Err("is not in the order of `relevo audit checkpoint`");
        }
        self.last = Some(chain.clone());
        Ok(Mark { chain, length, digest })
    }
}

impl Iterator for Checkpoint {
    type Item = Result<Mark, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.lines.next()?;
        self.line += 1;
        let mark = line.map_err(|error| error.to_string());
        let mark = mark.and_then(|line| self.read(&line).map_err(str::to_owned));
        let number = self.line;
        Some(mark.map_err(|what| StoreError::Checkpoint(format!("line {number} {what}"))))
    }
}
