//! The rows as they are stored. Times are Unix microseconds; words are those of the domain's `name()` functions.
//! Private: whoever is outside of this crate sees domain values.

#![expect(unreachable_pub, reason = "columns, derived code")]

pub mod account;
pub mod attempt;
pub mod chain;
pub mod confirmation;
pub mod contact;
pub mod contact_change;
pub mod event;
pub mod outbox;
pub mod participant;
pub mod request;
pub mod seal;
pub mod service;
pub mod token_key;
