//! The service from outside, one file a story.

mod delivery;
mod delivery_steps;
mod guide;
