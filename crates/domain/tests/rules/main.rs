//! What the rules of a contact change promise, seen from outside the crate.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that panics fails, in the functions beside the tests too"
)]

mod addresses;
mod asking;
mod deciding;
mod ending;
mod history;
mod properties;
mod resending;
mod texts;
mod tokens;
mod world;
