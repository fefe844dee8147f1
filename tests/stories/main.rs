//! The long stories: kills by the dozen, changes by the thousand.

mod crowd;
mod kills;
