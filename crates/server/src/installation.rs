//! What every call needs.

use std::sync::Mutex;

use jiff::Timestamp;
use relevo_domain::{Keyring, Policy};
use relevo_outbound::{Courier, Sender, Transport};
use relevo_persistence::Store;
use uuid::{ContextV7, Uuid};

use crate::Clock;

/// What every call needs: where things are stored, what codes are made with, what time it is, what the company decides.
#[derive(Debug)]
pub(crate) struct Installation {
    pub(crate) store: Store,
    pub(crate) keyring: Keyring,
    pub(crate) clock: Clock,
    pub(crate) policy: Policy,
    pub(crate) account_id_suffix: String,
    pub(crate) courier: Courier,
    pub(crate) transport: Transport,
    pub(crate) sender: Sender,
    /// Held by whoever sends a test mail.
    pub(crate) test_mails: tokio::sync::Mutex<()>,
    pub(crate) ids: Ids,
}

/// Where the ids of new things come from: UUIDs of version 7 (RFC 9562, section 5.7), whose order is that of age.
#[derive(Debug)]
pub(crate) struct Ids(Mutex<ContextV7>);

impl Ids {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(ContextV7::new().with_additional_precision()))
    }

    /// An id of a moment, which is that of the call and not that of the machine; later in order than all that were given
    /// out before it.
    pub(crate) fn of(&self, now: Timestamp) -> Uuid {
        let since_epoch = now.duration_since(Timestamp::UNIX_EPOCH).unsigned_abs();
        Uuid::new_v7(uuid::Timestamp::from_unix(&self.0, since_epoch.as_secs(), since_epoch.subsec_nanos()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_go_by_the_time_that_they_are_of_and_then_by_their_turn() {
        let (one, other) = (Ids::new(), Ids::new());
        let at = |micros: i64| Timestamp::from_microsecond(1_767_600_000_000_000 + micros).unwrap();
        let mut given: Vec<_> = (0..1000).map(|n| one.of(at(n / 100))).collect();
        assert!(given.is_sorted() && given.windows(2).all(|pair| pair[0] != pair[1]));
        // Of another process, a little later.
        given.push(other.of(at(20)));
        given.push(one.of(at(30)));
        // When the clock was put back.
        given.push(one.of(at(-60_000_000)));
        assert!(given.is_sorted());
        assert_eq!(given[0].get_version_num(), 7);
        let (seconds, _) = given[0].get_timestamp().unwrap().to_unix();
        assert_eq!(seconds, 1_767_600_000);
    }
}
