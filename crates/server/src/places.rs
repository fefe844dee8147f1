//! How many connections there may be. A new one is always taken: where there are too many, the oldest of those makes room
//! over which no caller has called; then the oldest of the caller that has most.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock, Weak},
};

use tokio_util::sync::CancellationToken;

/// The connections that there are, by age.
#[derive(Debug)]
pub(crate) struct Places {
    capacity: usize,
    taken: Vec<Weak<Place>>,
}

/// The place of one connection, until the last of its clones is dropped.
#[derive(Debug, Default)]
pub(crate) struct Place {
    /// Who has called over it first.
    caller: OnceLock<String>,
    /// Cancelled when the place is another's.
    pub(crate) lost: CancellationToken,
}

impl Place {
    /// Says who calls over the connection.
    pub(crate) fn is_of(&self, caller: &str) {
        if self.caller.get().is_none() {
            // Another call may have been faster.
            let _ = self.caller.set(caller.to_owned());
        }
    }
}

impl Places {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, taken: Vec::new() }
    }

    /// A place for a new connection.
    pub(crate) fn take(&mut self) -> Arc<Place> {
        if self.taken.len() >= self.capacity {
            self.taken.retain(|place| place.strong_count() > 0);
        }
        while self.taken.len() >= self.capacity && self.make_room() {}
        let place = Arc::new(Place::default());
        self.taken.push(Arc::downgrade(&place));
        place
    }

    fn make_room(&mut self) -> bool {
        let callers: Vec<_> =
            self.taken.iter().map(|place| place.upgrade().and_then(|place| place.caller.get().cloned())).collect();
        let mut counts = BTreeMap::<_, usize>::new();
        for caller in callers.iter().flatten() {
            *counts.entry(caller).or_default() += 1;
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count).map(|(caller, _)| caller);
        let oldest = callers.iter().position(Option::is_none);
        let Some(oldest) = oldest.or_else(|| callers.iter().position(|caller| caller.as_ref() == most)) else {
            return false;
        };
        if let Some(place) = self.taken.remove(oldest).upgrade() {
            place.lost.cancel();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(places: &[Arc<Place>]) -> Vec<bool> {
        places.iter().map(|place| place.lost.is_cancelled()).collect()
    }

    #[test]
    fn strangers_make_room_by_age_and_then_whoever_has_most() {
        let mut places = Places::new(4);
        let four: Vec<_> = (0..4).map(|_| places.take()).collect();
        four[0].is_of("panel");
        four[2].is_of("panel");
        four[2].is_of("orders");
        let fifth = places.take();
        assert_eq!(lost(&four), [false, true, false, false]);
        fifth.is_of("orders");
        let sixth = places.take();
        assert_eq!(lost(&four), [false, true, false, true]);
        sixth.is_of("billing");
        let seventh = places.take();
        assert_eq!(lost(&four), [true, true, false, true]);
        assert_eq!(lost(&[fifth, sixth, seventh]), [false; 3]);
    }

    #[test]
    fn a_place_that_is_left_is_free() {
        let mut places = Places::new(2);
        let (one, other) = (places.take(), places.take());
        drop(other);
        let third = places.take();
        assert_eq!(lost(&[one, third]), [false; 2]);
        assert_eq!(places.taken.len(), 2);
    }
}
