//! The service from outside, one file a story.

mod bad_input;
mod bad_values;
mod directory;
mod dry_run;
mod filters;
mod guide;
mod lists;
mod reasons;
mod repeating;
mod scene;
mod texts;
