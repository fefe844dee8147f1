//! The service from outside, one file a story.

mod cases;
mod contents;
mod guide;
mod history;
mod mails;
mod seeing;
