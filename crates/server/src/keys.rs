//! The keys that tokens are made with: read from the configuration, or from a file that is made at the first start.

use std::{
    fs::{DirBuilder, File, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use relevo_domain::{Key, KeyId, Keyring};
use relevo_persistence::Error as StoreError;
use secrecy::{ExposeSecret, SecretString};

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
            let wrong = |what: String| Error::Key(format!("token.key_file {}: {what}", path.display()));
            let text = match read(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    if let Some(KeyId(lost)) = in_use {
                        return Err(StoreError::KeyMissing(lost).into());
                    }
                    make(path).map_err(|error| wrong(format!("cannot be made: {error}")))?
                }
                other => other.map_err(|error| wrong(format!("cannot be read: {error}")))?,
            };
            let key = parse(text.expose_secret().trim_end())
                .ok_or_else(|| wrong("must hold 64 hexadecimal digits".to_owned()))?;
            Ok(Keyring::new(key, Vec::new()))
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

fn read(path: &Path) -> io::Result<SecretString> {
    if std::fs::metadata(path)?.mode() & 0o077 != 0 {
        return Err(io::Error::other("others may read it; run chmod 600 on it"));
    }
    Ok(std::fs::read_to_string(path)?.into())
}

fn make(path: &Path) -> io::Result<SecretString> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(io::Error::other)?;
    let text = hex::encode(secret);
    // Whole or not at all, whatever stops the machine; and never over a key that another process has just made.
    let mut file = tempfile::Builder::new().permissions(Permissions::from_mode(0o600)).tempfile_in(folder)?;
    writeln!(file, "{text}")?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|failed| failed.error)?;
    File::open(folder)?.sync_all()?;
    Ok(text.into())
}
