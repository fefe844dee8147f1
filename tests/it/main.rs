//! The service from outside, one file a story.

mod bad_input;
mod bad_values;
mod cases;
mod contents;
mod delivery;
mod delivery_steps;
mod directory;
mod dry_run;
mod filters;
mod guide;
mod history;
mod lists;
mod mails;
mod process;
mod process_config;
mod process_copy;
mod process_kill;
mod reasons;
mod repeating;
mod scene;
mod seeing;
mod serving;
mod texts;
