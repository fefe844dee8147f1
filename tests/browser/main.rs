//! The pages in a real browser, Chromium, driven over WebDriver. `make browser` installs and runs it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops, in the functions beside the tests too"
)]

mod chromium;
mod judge;
mod mailbox;
mod scanners;
mod stage;
mod states;
mod stories;
mod wire;
