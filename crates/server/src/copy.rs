//! `relevo copy`: moves an installation to another database, and says what is left to do.

use relevo_persistence::{DatabaseUrl, Error as StoreError};

use crate::{Error, console::say};

/// Copies a database into another, and prints what was copied.
pub(crate) async fn run(from: &str, to: &str) -> Result<(), Error> {
    let (from, to) = (parse("--from", from)?, parse("--to", to)?);
    let copied = relevo_persistence::copy(&from, &to).await?;
    for table in &copied {
        say(format_args!("{:<14} {:>12}", table.name, table.rows))?;
    }
    say(format_args!("All of {from} is in {to} now, and was read again there.\nNext:"))?;
    say(
        "  1. Give the new installation the keys of the old one, in token.keys: what token.key_file holds, or the same list.",
    )?;
    say("  2. Set database.url to the new database, and start.")?;
    say("  3. Never start the old one again: it would send the mails that are due a second time.")
}

/// Reads a URL. It is never shown as it was given: it may hold a password.
fn parse(argument: &str, url: &str) -> Result<DatabaseUrl, StoreError> {
    DatabaseUrl::parse(url).map_err(|error| match error {
        StoreError::Url(what) => StoreError::Copy(format!("{argument}: {what}")),
        other => other,
    })
}
