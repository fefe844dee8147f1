//! The service from outside, one file a story.

mod connection_loss;
