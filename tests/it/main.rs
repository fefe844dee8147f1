//! The service from outside, one file a story.

mod cases;
mod guide;
mod mails;
mod seeing;
