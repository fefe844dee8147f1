//! The rules of a contact change, and nothing else.
//!
//! Everything here is a pure function of its arguments: the moment, the random bytes and the facts are handed in, and
//! what is to happen comes back as values. A rule that refuses says so with a [`Refusal`]; a rule that decides changes
//! the values it was given and leaves what must follow (codes, mails, events) in [`Effects`]. Whoever calls saves all
//! of it in one transaction, or none.

pub mod account;
pub mod contact_change;
pub mod effects;
pub mod history;
pub mod id;
pub mod refusal;
pub mod service;
pub mod text;
pub mod token;

pub use account::{Account, AccountUse, BillingStanding, EmailAddress, Language};
pub use contact_change::{ContactChange, Policy, Presented, Sight, State};
pub use effects::{Detail, Effects, Event, EventKind, Mail, MailKind};
pub use history::{Chain, Head};
pub use id::{AccountId, ChangeId, ServiceId, ServiceKey};
pub use refusal::Refusal;
pub use service::{Contacts, Kind, Role, Roles, Service};
pub use text::{DisplayName, RefusalReason};
pub use token::{Key, KeyId, Keyring, Nonce, Seal, Token};

/// A text that is not what it should be. Displays as what would be right, to follow the name of the field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub &'static str);
