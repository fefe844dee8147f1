//! The service from outside, one file a story.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod bad_input;
mod bad_values;
mod cases;
mod contents;
mod dry_run;
mod guide;
mod history;
mod mails;
mod reasons;
mod repeating;
mod scene;
mod seeing;
mod texts;
