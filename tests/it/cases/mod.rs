//! The agreed cases: who does what to a change, and what comes of it, to the last mail.

mod asking;
mod confirming;
mod ending;
mod racing;
