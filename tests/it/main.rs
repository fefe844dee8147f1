//! The service from outside, one file a story.
//!
//! A test is a function of an engine that `on_every_engine` runs on each of them; what only one engine can be asked is a
//! test of its own.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that panics fails, in the functions beside the tests too"
)]

mod bad_input;
mod bad_values;
mod callers;
mod callers_tls;
mod cases;
mod connection_loss;
mod contents;
mod deliveries;
mod delivery;
mod delivery_steps;
mod directory;
mod dry_run;
mod filters;
mod guide;
mod history;
mod lanes;
mod leaving;
mod limits;
mod limits_http2;
mod lists;
mod mailbox;
mod mails;
mod page;
mod page_http;
mod page_languages;
mod process;
mod process_audit;
mod process_config;
mod process_copy;
mod process_demo;
mod process_kill;
mod process_migrate;
mod process_preview;
mod process_rotate;
mod reasons;
mod repeating;
mod replicas;
mod scene;
mod secrets;
mod seeing;
mod serving;
mod smtp;
mod test_mail;
mod texts;
mod tls;
