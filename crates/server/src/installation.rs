//! What every call needs.

use relevo_domain::{Keyring, Policy};
use relevo_outbound::Courier;
use relevo_persistence::Store;

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
}
