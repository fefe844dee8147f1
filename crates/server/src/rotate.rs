//! `relevo rotate-key`: turns the key that codes are made with, as a habit or because somebody else has it.

use std::{fmt::Display, time::Instant};

use jiff::Timestamp;
use relevo_domain::{ChangeId, Effects, Key, KeyId, Keyring, Nonce};
use relevo_persistence::{Author, Error as StoreError, Store, Tx};
use secrecy::ExposeSecret;

use crate::{
    Clock, Config, Error,
    caller::OPERATOR,
    console::say,
    keys::{self, KeyFile, Keys},
};

/// How many changes are stored together.
const BATCH: usize = 20;

/// Makes a new key, puts it first where keys are kept, and says what is next. The codes that were mailed stay good.
pub(crate) fn turn(config: &Config) -> Result<(), Error> {
    let (digits, key) = keys::generate()?;
    let KeyId(name) = key.key_id().clone();
    match &config.keys {
        Keys::File(path) => {
            let file = KeyFile(path);
            if file.next().0.exists() {
                return Err(file.wrong("a rotation was cut off; run `relevo rotate-key --compromised` again first"));
            }
            file.replace(&existing(&file)?.turned(key))?;
            say(format_args!("The new key {name} stands first in {}, before the old.\nNext:", path.display()))?;
            say("  1. Start Relevo anew: it makes new codes with the new key; those that were mailed stay good.")?;
            say(format_args!(
                "  2. Once all changes of before are over, {:#} after that at the latest, take the old key away:\n     \
                 `relevo rotate-key --retire`.",
                config.policy.lifetime
            ))
        }
        Keys::Given(_) => {
            let digits = digits.expose_secret();
            say(digits)?;
            say(format_args!("This is the new key {name}; it is kept nowhere. In token.keys of every process:"))?;
            say(format_args!("  1. Add it as the second, and start them anew:   keys = [\"<old>\", \"{digits}\"]"))?;
            say("  2. Once all have it, make it the first, and start them anew.")?;
            say(format_args!(
                "  3. Once all changes of before are over, {:#} after that at the latest, take the old one away:\n     \
                 `relevo rotate-key --retire` says when.",
                config.policy.lifetime
            ))?;
            say("If the old key has leaked: stop all, make the new one the first, `relevo rotate-key --compromised`.")
        }
    }
}

/// Makes every code anew that could still be used and was made with another key than the newest, so that a key that has
/// leaked is worth nothing. Goes on where it was cut off. Refused while a process serves, which would make more of them.
pub(crate) async fn make_anew(config: &Config) -> Result<(), Error> {
    match &config.keys {
        Keys::File(path) => {
            let file = KeyFile(path);
            let old = existing(&file)?;
            // Refused before anything is kept.
            open_alone(config).await?.close().await?;
            let next = file.next();
            let keyring = match next.read()? {
                Some(keyring) => keyring,
                None => {
                    let keyring = old.turned(keys::generate()?.1);
                    next.make(&keyring)?;
                    keyring
                }
            };
            if !is_over(config, &keyring).await? {
                under(config, &keyring).await?;
            }
            // Until here a start is refused, and the same command goes on.
            file.replace(&keyring)?;
            next.remove()?;
            say(format_args!("It stands first in {}, before the old.\nNext:", path.display()))?;
            say(
                "  1. Start Relevo: it sends the mails. Who comes with an old code is told that there is a newer one.",
            )?;
            say("  2. Take the old key away when you like, even now: `relevo rotate-key --retire`.")
        }
        Keys::Given(_) => {
            let keyring = keys::load(&config.keys, None)?;
            under(config, &keyring).await?;
            say("Next:")?;
            say(
                "  1. Start all processes with this token.keys: they send the mails. Who comes with an old code is told",
            )?;
            say("     that there is a newer one.")?;
            say("  2. Take the old key away when you like, even now.")
        }
    }
}

/// Takes the old keys away, unless one is still needed. Says so where they are not kept in a file.
pub(crate) async fn retire(config: &Config) -> Result<(), Error> {
    let keyring = match &config.keys {
        Keys::File(path) => existing(&KeyFile(path))?,
        given @ Keys::Given(_) => keys::load(given, None)?,
    };
    if keyring.retired().is_empty() {
        return say(format_args!("There is no old key beside {}.", keyring.signing().key_id().0));
    }
    let signing = keyring.signing().key_id();
    let store = Store::open_existing(&config.database_url, config.database_connections).await?;
    if store.read().await?.newest_key().await?.as_ref() != Some(signing) {
        let what = format!("no code was made with the key {} yet: start Relevo anew first, with it", signing.0);
        return Err(Error::Key(what));
    }
    let keyring = keyring.with_leaked(store.read().await?.leaked_keys().await?);
    let signing = keyring.signing().key_id();
    let now = time(&store).await?;
    let open = store.read().await?.changes_of_other_keys(signing, now).await?.len();
    if open > 0 {
        return Err(Error::Key(format!(
            "the old key is still needed: {open} open change(s) wait for a code that was made with it; try again when \
             they are over"
        )));
    }
    prove_history(&store, &keyring).await?;
    store.close().await?;
    let old = names(keyring.retired());
    match &config.keys {
        Keys::File(path) => {
            KeyFile(path).replace(&Keyring::new(keyring.signing().clone(), Vec::new()))?;
            say(format_args!("Taken out of {}: {old}. Destroy its copies.", path.display()))
        }
        Keys::Given(_) => say(format_args!("No longer needed in token.keys of any process: {old}.")),
    }
}

/// Makes the history need no key but the newest. What does not prove itself stays so, and is no reason to keep a key.
async fn prove_history(store: &Store, keyring: &Keyring) -> Result<(), Error> {
    for chain in store.prove_heads(keyring).await? {
        say(format_args!(
            "The history of {} does not prove itself: see `relevo audit verify`.",
            chain.as_str().escape_debug()
        ))?;
    }
    Ok(())
}

fn names(keys: &[Key]) -> String {
    keys.iter().map(|key| key.key_id().0.as_str()).collect::<Vec<_>>().join(", ")
}

/// The keys of a file that must be there.
fn existing<P: AsRef<std::path::Path>>(file: &KeyFile<P>) -> Result<Keyring, Error> {
    file.read()?.ok_or_else(|| file.wrong("is not there; `relevo serve` makes the first key"))
}

async fn open_alone(config: &Config) -> Result<Store, Error> {
    Ok(Store::open_alone(&config.database_url).await?)
}

/// What time it is where the database is.
async fn time(store: &Store) -> Result<Timestamp, Error> {
    let (clock, asked) = (Clock::system(), Instant::now());
    clock.keep_to(store.ping().await?, asked.elapsed());
    Ok(clock.now())
}

/// Whether nothing is left to do but to keep the new ring: it was cut off at its very end.
async fn is_over(config: &Config, keyring: &Keyring) -> Result<bool, Error> {
    let store = open_alone(config).await?;
    store.prepare().await?;
    let view = store.read().await?;
    let (newest, leaked) = (view.newest_key().await?, view.leaked_keys().await?);
    drop(view);
    store.close().await?;
    let is_newest = newest.as_ref() == Some(keyring.signing().key_id());
    Ok(is_newest && keyring.retired().iter().all(|key| leaked.contains(key.key_id())))
}

/// Notes the signing key of a ring, and makes every code anew that another key made.
async fn under(config: &Config, keyring: &Keyring) -> Result<(), Error> {
    let store = open_alone(config).await?;
    store.prepare().await?;
    let now = time(&store).await?;
    let tx = store.write().await?;
    tx.begin_leak(keyring, now).await?;
    tx.commit().await?;
    store.close().await?;

    // From now on nobody starts with the old keys alone; who did so a moment ago is seen here.
    let store = open_alone(config).await?;
    let key_id = keyring.signing().key_id();
    let author = Author { name: OPERATOR, keyring };
    let changes = store.read().await?.changes_of_other_keys(key_id, now).await?;
    let (all, mut done) = (changes.len(), 0);
    for batch in changes.chunks(BATCH) {
        let tx = store.write().await?;
        let mut effects = Effects::default();
        for change_id in batch {
            match reissue(&tx, *change_id, key_id, now, &mut effects).await {
                // Nobody can decide on it either.
                Err(Error::Store(error @ StoreError::Corrupt { .. })) => say(passed_over(&error))?,
                other => other?,
            }
        }
        tx.push(&effects, author, now).await?;
        tx.commit().await?;
        done += batch.len();
        say(format_args!("{done} of {all} open changes"))?;
    }
    prove_history(&store, keyring).await?;
    let tx = store.write().await?;
    tx.end_leak().await?;
    tx.commit().await?;
    store.close().await?;
    let KeyId(name) = key_id;
    say(format_args!(
        "All codes that can be used are made with the key {name}. None is of {}.",
        names(keyring.retired())
    ))
}

fn passed_over(error: &dyn Display) -> String {
    format!("Passed over, as nobody can decide on it: {error}")
}

async fn reissue(
    tx: &Tx,
    change_id: ChangeId,
    key_id: &KeyId,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<(), Error> {
    // The locks of a change in their order: its service comes first.
    let Some(service) = tx.service_of_change_for_update(change_id, None).await? else { return Ok(()) };
    let changes = tx.open_changes_for_update(service.service_key, Some(change_id)).await?;
    let Some(mut change) = changes.into_iter().find(|change| change.change_id == change_id) else { return Ok(()) };
    let seals = tx.seals(change_id).await?;
    let mut nonces = [Nonce([0; 16]); 2];
    for Nonce(bytes) in &mut nonces {
        getrandom::fill(bytes)?;
    }
    if change.reissue(&seals, nonces, key_id, now, effects) {
        tx.save_contact_change(&change, now).await?;
    }
    Ok(())
}
