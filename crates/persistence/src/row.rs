//! What all tables have in common: times as microseconds, words as text, and what to say of a row that is neither.

use std::fmt::Display;

use jiff::Timestamp;
use relevo_domain::{AccountId, Invalid, Role};
use sea_orm::sea_query::Expr;

use crate::Error;

/// Which row of which table is read, for the error that says so.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    table: &'static str,
    key: String,
}

impl Place {
    pub(crate) fn new(table: &'static str, key: impl Display) -> Self {
        Self { table, key: key.to_string() }
    }

    pub(crate) fn corrupt(&self, what: impl Display) -> Error {
        Error::Corrupt { table: self.table, key: self.key.clone(), what: what.to_string() }
    }

    pub(crate) fn read<T>(&self, column: &str, value: Result<T, Invalid>) -> Result<T, Error> {
        value.map_err(|invalid| self.corrupt(format_args!("{column} {invalid}")))
    }

    pub(crate) fn present<T>(&self, column: &str, value: Option<T>) -> Result<T, Error> {
        value.ok_or_else(|| self.corrupt(format_args!("{column} is missing or unknown")))
    }

    pub(crate) fn time(&self, column: &str, micros: i64) -> Result<Timestamp, Error> {
        // Not from_microsecond: it refuses the last second that there is, which a saturated expiry lies in.
        let nanos = i32::try_from(micros.rem_euclid(1_000_000) * 1_000).unwrap_or_default();
        Timestamp::new(micros.div_euclid(1_000_000), nanos)
            .map_err(|_| self.corrupt(format_args!("{column} must be Unix microseconds, not {micros}")))
    }

    pub(crate) fn optional_time(&self, column: &str, micros: Option<i64>) -> Result<Option<Timestamp>, Error> {
        micros.map(|micros| self.time(column, micros)).transpose()
    }

    pub(crate) fn account_id(&self, column: &str, text: &str) -> Result<AccountId, Error> {
        self.read(column, AccountId::parse(text))
    }
}

/// How many rows or ids one statement is about at the most: SQLite binds no more than 32,766 values to one.
pub(crate) const CHUNK: usize = 1000;

/// A word that stands in the statement itself. SQLite plans a statement before it knows the bound values, and so uses
/// a partial index only if the words of its condition can be read.
pub(crate) fn literal(word: &'static str) -> Expr {
    Expr::Constant(word.into())
}

/// The value of a list whose name a row holds.
pub(crate) fn named<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str, text: &str) -> Option<T> {
    all.iter().copied().find(|value| name(*value) == text)
}

pub(crate) fn role_named(text: &str) -> Option<Role> {
    named(&Role::ALL, Role::name, text)
}
