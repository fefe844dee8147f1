//! The long stories: kills by the dozen, changes by the thousand.

mod crowd;
mod kills;
mod outage;
mod replicas;

use std::hash::{BuildHasher, RandomState};

/// A number that nobody knows before.
fn random(below: u64) -> u64 {
    RandomState::new().hash_one(0) % below
}
