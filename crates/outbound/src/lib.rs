//! x

mod language;
pub mod message;
