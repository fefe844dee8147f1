//! How many calls are worked on at a time. One more is turned away at once: those that wait would only make the others
//! wait for longer.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::Error;

/// How many calls are worked on at a time at the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    /// Of all callers.
    pub calls: usize,
    /// Of one of them, so that there is room for the others.
    pub of_caller: usize,
}

/// What is worked on.
#[derive(Debug)]
pub(crate) struct Load {
    capacity: Capacity,
    calls: Mutex<BTreeMap<String, usize>>,
}

/// Room for one call of a caller, until it is dropped.
#[derive(Debug)]
pub(crate) struct Room {
    load: Arc<Load>,
    caller: String,
}

impl Load {
    pub(crate) fn new(capacity: Capacity) -> Arc<Self> {
        Arc::new(Self { capacity, calls: Mutex::default() })
    }

    /// Finds room for a call.
    pub(crate) fn room(self: &Arc<Self>, caller: &str) -> Result<Room, Error> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let of_caller = calls.get(caller).copied().unwrap_or(0);
        if of_caller >= self.capacity.of_caller || calls.values().sum::<usize>() >= self.capacity.calls {
            return Err(Error::Overloaded);
        }
        calls.insert(caller.to_owned(), of_caller + 1);
        Ok(Room { load: self.clone(), caller: caller.to_owned() })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut calls = self.load.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_caller) = calls.get_mut(&self.caller) {
            *of_caller = of_caller.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_until_all_is_taken_and_again_when_some_is_given_back() {
        let load = Load::new(Capacity { calls: 3, of_caller: 2 });
        let panel = [load.room("panel").unwrap(), load.room("panel").unwrap()];
        assert!(matches!(load.room("panel"), Err(Error::Overloaded)));
        let orders = load.room("orders").unwrap();
        assert!(load.room("orders").is_err() && load.room("billing").is_err());
        drop(panel);
        let _two = [load.room("orders").unwrap(), load.room("billing").unwrap()];
        assert!(load.room("panel").is_err());
        drop(orders);
        load.room("panel").unwrap();
    }
}
