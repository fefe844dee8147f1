//! Words on standard output.

use std::io::{Write, stdout};

use crate::Error;

/// Prints a line to standard output.
pub(crate) fn say(line: impl std::fmt::Display) -> Result<(), Error> {
    writeln!(stdout(), "{line}").map_err(|error| Error::Io("standard output".to_owned(), error))
}
