//! Who is being sent a mail: each recipient one at a time.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use relevo_domain::AccountId;

/// The recipients whose turn it is, on all lanes of a process.
#[derive(Debug, Default, Clone)]
pub(super) struct Turns(Arc<Mutex<BTreeSet<AccountId>>>);

/// The turn of a recipient, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Turns,
    recipient: AccountId,
}

impl Turns {
    /// Whose turn it is.
    pub(super) fn held(&self) -> Vec<AccountId> {
        self.locked().iter().cloned().collect()
    }

    /// Gives a recipient his turn, unless he has it.
    pub(super) fn take(&self, recipient: &AccountId) -> Option<Turn> {
        let taken = self.locked().insert(recipient.clone());
        taken.then(|| Turn { turns: self.clone(), recipient: recipient.clone() })
    }

    fn locked(&self) -> MutexGuard<'_, BTreeSet<AccountId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.locked().remove(&self.recipient);
    }
}
