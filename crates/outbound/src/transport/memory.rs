//! Mails kept in memory.

use std::sync::{Arc, Mutex, PoisonError};

use relevo_persistence::Reply;

use super::Verdict;
use crate::message::Message;

/// A box in memory; its clones are the same box.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<Mutex<Vec<Message>>>);

impl Memory {
    /// Takes out the mails that were sent since the last time.
    pub fn take(&self) -> Vec<Message> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn keep(&self, message: &Message) -> Verdict {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(message.clone());
        Verdict::Taken(Reply { codes: String::new(), text: "kept in memory".to_owned() })
    }
}
