//! The service from outside, one file a story.

mod delivery;
mod delivery_steps;
mod guide;
mod process;
mod process_config;
mod process_kill;
mod serving;
