//! Every mail in every language, as it is sent.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test -p relevo-outbound --test mails` writes `snapshots/` anew: read what changed there as
//! its recipient would.

#![expect(clippy::unwrap_used, reason = "tests")]

mod contents;
mod headers;
mod sheets;
mod snapshots;
mod story;
mod test_mail;
mod unusual;
mod wording;
