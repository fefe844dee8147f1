//! The keys that tokens are made with: read from the configuration, or from a file that is made at the first start.

use std::{
    fmt::Display,
    fs::{DirBuilder, File, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, fchown},
    path::{Path, PathBuf},
};

use relevo_domain::{Key, KeyId, Keyring};
use relevo_persistence::Error as StoreError;
use secrecy::{ExposeSecret, SecretString};
use tempfile::NamedTempFile;

use crate::Error;

/// Where the keys of tokens come from.
#[derive(Debug, Clone)]
pub enum Keys {
    /// A file, made if it is not there.
    File(PathBuf),
    /// The configuration: hexadecimal, the signing one first.
    Given(Vec<SecretString>),
}

/// Reads the key ring. A file that is not there is made, unless tokens have been made with the key that was in it.
pub(crate) fn load(keys: &Keys, in_use: Option<KeyId>) -> Result<Keyring, Error> {
    match keys {
        Keys::Given(keys) => {
            let mut keys = keys.iter().filter_map(|key| parse(key.expose_secret()));
            let signing = keys.next().ok_or_else(|| Error::Key("token.keys holds no key".to_owned()))?;
            Ok(Keyring::new(signing, keys.collect()))
        }
        Keys::File(path) => {
            let file = KeyFile(path);
            if file.next().0.exists() {
                return Err(file.wrong("a rotation was cut off; run `relevo rotate-key --compromised` again first"));
            }
            if let Some(keyring) = file.read()? {
                return Ok(keyring);
            }
            if let Some(KeyId(lost)) = in_use {
                return Err(StoreError::KeyMissing(lost).into());
            }
            let keyring = Keyring::new(generate()?.1, Vec::new());
            file.make(&keyring)?;
            Ok(keyring)
        }
    }
}

/// Reads the key ring; a file that is not there is not made.
pub(crate) fn load_existing(keys: &Keys) -> Result<Keyring, Error> {
    if let Keys::File(path) = keys
        && !path.exists()
    {
        return Err(Error::Key(format!("token.key_file {}: is not there", path.display())));
    }
    load(keys, None)
}

/// Reads 64 hexadecimal digits.
pub(crate) fn parse(text: &str) -> Option<Key> {
    let mut secret = [0; 32];
    hex::decode_to_slice(text, &mut secret).ok()?;
    Some(Key::new(secret))
}

/// A new key, and the digits that it is read from.
pub(crate) fn generate() -> Result<(SecretString, Key), Error> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret)?;
    Ok((hex::encode(secret).into(), Key::new(secret)))
}

/// A file of keys: 64 hexadecimal digits on each line, the signing key first.
#[derive(Debug, Clone)]
pub(crate) struct KeyFile<P>(pub(crate) P);

impl<P: AsRef<Path>> KeyFile<P> {
    /// What is wrong with it.
    pub(crate) fn wrong(&self, what: impl Display) -> Error {
        Error::Key(format!("token.key_file {}: {what}", self.0.as_ref().display()))
    }

    /// What it is to hold next, where that must be kept before it may be used.
    pub(crate) fn next(&self) -> KeyFile<PathBuf> {
        let mut path = self.0.as_ref().as_os_str().to_owned();
        path.push(".next");
        KeyFile(path.into())
    }

    /// Its keys; `None` if it is not there.
    pub(crate) fn read(&self) -> Result<Option<Keyring>, Error> {
        let text = match read(self.0.as_ref()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|error| self.wrong(format_args!("cannot be read: {error}")))?,
        };
        let keys: Option<Vec<_>> = text.expose_secret().trim_end().lines().map(parse).collect();
        let mut keys = keys.into_iter().flatten();
        let signing = keys.next().ok_or_else(|| self.wrong("must hold 64 hexadecimal digits on each line"))?;
        Ok(Some(Keyring::new(signing, keys.collect())))
    }

    /// Makes it, unless another process has just done so.
    pub(crate) fn make(&self, keyring: &Keyring) -> Result<(), Error> {
        let made = || {
            let folder = folder(self.0.as_ref());
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            written(folder, keyring)?.persist_noclobber(self.0.as_ref()).map_err(|failed| failed.error)?;
            File::open(folder)?.sync_all()
        };
        made().map_err(|error: io::Error| self.wrong(format_args!("cannot be made: {error}")))
    }

    /// Puts other keys into it, whose owner stays who it is.
    pub(crate) fn replace(&self, keyring: &Keyring) -> Result<(), Error> {
        let replaced = || {
            // What others made a link of stays one.
            let path = std::fs::canonicalize(self.0.as_ref())?;
            let (folder, old) = (folder(&path), std::fs::metadata(&path)?);
            let file = written(folder, keyring)?;
            let new = file.as_file().metadata()?;
            if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
                fchown(file.as_file(), Some(old.uid()), Some(old.gid()))?;
            }
            file.persist(&path).map_err(|failed| failed.error)?;
            File::open(folder)?.sync_all()
        };
        replaced().map_err(|error: io::Error| self.wrong(format_args!("cannot be replaced: {error}")))
    }

    /// Takes it away, if it is there.
    pub(crate) fn remove(&self) -> Result<(), Error> {
        match std::fs::remove_file(self.0.as_ref()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(self.wrong(format_args!("cannot be taken away: {error}")))
            }
            _ => Ok(()),
        }
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn read(path: &Path) -> io::Result<SecretString> {
    if std::fs::metadata(path)?.mode() & 0o077 != 0 {
        return Err(io::Error::other("others may read it; run chmod 600 on it"));
    }
    Ok(std::fs::read_to_string(path)?.into())
}

/// A file that holds these keys and has no name yet: it is put in place whole or not at all, whatever stops the machine.
fn written(folder: &Path, keyring: &Keyring) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().permissions(Permissions::from_mode(0o600)).tempfile_in(folder)?;
    for key in keyring.keys() {
        writeln!(file, "{}", hex::encode(key.reveal()))?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}
