//! `relevo audit`: whether the history is what was written.

use std::{
    fs::File,
    io::{BufRead, BufReader, Lines},
    path::Path,
};

use jiff::Timestamp;
use relevo_domain::{Chain, Keyring};
use relevo_persistence::{Error as StoreError, Mark, Store};
use sha2::{Digest, Sha256};

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

/// Prints how long each chain is and the digest of its newest event, to be kept elsewhere, and at the end how many these
/// are and a digest of them. Of a chain that does not prove itself there is nothing to keep: that is an error.
pub(crate) async fn checkpoint(config: &Config) -> Result<(), Error> {
    let (store, keyring) = open(config).await?;
    let view = store.read().await?;
    let (mut after, mut sum, mut unproven) = (None, Sum::default(), 0);
    loop {
        let marks = view.marks_after(after.as_ref(), &keyring).await?;
        after = marks.last().map(|mark| mark.as_ref().map_or_else(Clone::clone, |mark| mark.chain.clone()));
        for mark in &marks {
            match mark {
                Ok(Mark { chain, length, digest }) => {
                    let line = format!("{chain} {length} {}", hex::encode(digest));
                    sum.add(&line);
                    say(line)?;
                }
                Err(chain) => {
                    unproven += 1;
                    tracing::error!(chain = %chain.as_str().escape_debug(), "it does not prove itself, and is left out");
                }
            }
        }
        if after.is_none() {
            break;
        }
    }
    say(sum.line())?;
    drop(view);
    store.close().await?;
    if unproven == 0 { Ok(()) } else { Err(Error::Audit(findings(unproven))) }
}

/// How many lines a checkpoint has, and what they are.
#[derive(Debug, Default)]
struct Sum {
    lines: u64,
    digest: Sha256,
}

impl Sum {
    fn add(&mut self, line: &str) {
        self.lines += 1;
        self.digest.update(line);
        self.digest.update("\n");
    }

    /// The last line.
    fn line(&self) -> String {
        format!("end {} {}", self.lines, hex::encode(self.digest.clone().finalize()))
    }
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
    let store = Store::open_existing(&config.database_url, 2).await?;
    store.check_schema().await?;
    let leaked = store.read().await?.leaked_keys().await?;
    let keyring = keys::load_existing(&config.keys)?.with_leaked(leaked);
    Ok((store, keyring))
}

/// A file of marks, read line by line.
struct Checkpoint {
    lines: Lines<BufReader<File>>,
    sum: Sum,
    last: Option<Chain>,
    is_over: bool,
}

impl Checkpoint {
    fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(|error| Error::Io(path.display().to_string(), error))?;
        Ok(Self { lines: BufReader::new(file).lines(), sum: Sum::default(), last: None, is_over: false })
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
        const CUT_OFF: &str = "its last line must be that of `relevo audit checkpoint`, which counts the others";
        if self.is_over {
            return None;
        }
        let unreadable = |what: String| Some(Err(StoreError::Checkpoint(what)));
        let line = match self.lines.next() {
            Some(Ok(line)) => line,
            Some(Err(error)) => return unreadable(error.to_string()),
            None => {
                self.is_over = true;
                return unreadable(CUT_OFF.to_owned());
            }
        };
        if line.starts_with("end ") {
            self.is_over = true;
            let is_whole = line == self.sum.line() && self.lines.next().is_none();
            return if is_whole { None } else { unreadable(CUT_OFF.to_owned()) };
        }
        self.sum.add(&line);
        Some(self.read(&line).map_err(|what| StoreError::Checkpoint(format!("line {} {what}", self.sum.lines))))
    }
}
