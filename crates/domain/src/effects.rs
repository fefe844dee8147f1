//! What must follow from a decision: codes to make, mails to send, events to remember.

use std::fmt;

use crate::{AccountId, ChangeId, EmailAddress, Seal, ServiceKey};

/// What must follow from a decision, to be stored in the same transaction as the decision itself.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Effects {
    /// New generations of tokens.
    pub seals: Vec<Seal>,
    /// Mails that are due now.
    pub mails: Vec<Mail>,
    /// What the history remembers.
    pub events: Vec<Event>,
}

/// A mail that is due: who gets which mail about what. Its text is made when it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Which mail.
    pub kind: MailKind,
    /// The change it is about; `None` for [`MailKind::AddressChanged`].
    pub change_id: Option<ChangeId>,
    /// Who gets it.
    pub account_id: AccountId,
    /// Tells mails of the same kind apart: the generation of the token for [`MailKind::carries_token`] and, of the other
    /// party's, for [`MailKind::Undelivered`]; the revision of the account for [`MailKind::AddressChanged`]; 0 for the
    /// rest.
    pub generation: i64,
    /// Where it goes, if not to the address of the account at that moment.
    pub to_address: Option<EmailAddress>,
}

/// The mails that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// Asks a party to accept or refuse, with its token.
    Confirm,
    /// Asks again, a day before the end, with the same token.
    Reminder,
    /// Tells a party that the roles have passed.
    Done,
    /// Tells the incumbent that he was replaced.
    Replaced,
    /// Tells the administrator that a role on his service passed.
    Passed,
    /// Tells the other party of a refusal.
    Refused,
    /// Tells a party that the change was cancelled.
    Cancelled,
    /// Tells a party that the change expired.
    Expired,
    /// Tells a party that the change became impossible.
    Failed,
    /// Tells a party that the code of the other one could not be delivered.
    Undelivered,
    /// Tells the old address that the account has a new one.
    AddressChanged,
}

impl MailKind {
    /// All of them.
    pub const ALL: [MailKind; 11] = [
        MailKind::Confirm,
        MailKind::Reminder,
        MailKind::Done,
        MailKind::Replaced,
        MailKind::Passed,
        MailKind::Refused,
        MailKind::Cancelled,
        MailKind::Expired,
        MailKind::Failed,
        MailKind::Undelivered,
        MailKind::AddressChanged,
    ];

    /// Whether the mail holds a token: it is then worth sending only as long as the token is good.
    pub const fn carries_token(self) -> bool {
        matches!(self, MailKind::Confirm | MailKind::Reminder)
    }

    /// The kind as a word: in the outbox, in message ids, in logs.
    pub const fn name(self) -> &'static str {
        match self {
            MailKind::Confirm => "confirm",
            MailKind::Reminder => "reminder",
            MailKind::Done => "done",
            MailKind::Replaced => "replaced",
            MailKind::Passed => "passed",
            MailKind::Refused => "refused",
            MailKind::Cancelled => "cancelled",
            MailKind::Expired => "expired",
            MailKind::Failed => "failed",
            MailKind::Undelivered => "undelivered",
            MailKind::AddressChanged => "address-changed",
        }
    }
}

/// What the history remembers of an effect: ids, never names, addresses, reasons or tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// Who did it or to whom it happened; `None` when Relevo did it by itself.
    pub account_id: Option<AccountId>,
    /// The service it happened to.
    pub service_key: Option<ServiceKey>,
    /// The change it happened to.
    pub change_id: Option<ChangeId>,
    /// What moved.
    pub details: Vec<Detail>,
}

/// What moved with an event, from what to what: ids, words and numbers. A field that holds what people write, or an
/// address, is named alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// What it is: a field, a role.
    pub what: String,
    /// What it was; empty where it was nothing, or is not told.
    pub from: String,
    /// What it is now; empty where it is nothing, or is not told.
    pub to: String,
}

impl Detail {
    /// Something that was one thing and is now another.
    pub fn moved(what: &str, from: impl fmt::Display, to: impl fmt::Display) -> Self {
        Self { what: what.to_owned(), from: from.to_string(), to: to.to_string() }
    }

    /// Something that is there now.
    pub fn new(what: &str, to: impl fmt::Display) -> Self {
        Self::moved(what, "", to)
    }

    /// A field that has changed, without what it holds.
    pub fn field(what: &str) -> Self {
        Self::moved(what, "", "")
    }

    /// Reads what [`Display`](fmt::Display) wrote.
    pub fn parse(text: &str) -> Self {
        match text.split_once(": ").and_then(|(what, moved)| Some((what, moved.split_once(" -> ")?))) {
            Some((what, (from, to))) => Self::moved(what, from, to),
            None => Self::field(text),
        }
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, from, to } = self;
        if from.is_empty() && to.is_empty() { f.write_str(what) } else { write!(f, "{what}: {from} -> {to}") }
    }
}

/// What can happen.
#[expect(missing_docs, reason = "the names say it")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    AccountCreated,
    AccountRecreated,
    AccountUpdated,
    AccountDeleted,
    ServiceCreated,
    ServiceUpdated,
    ServiceDeleted,
    ChangeOpened,
    ChangeAccepted,
    ChangeDone,
    ChangeRefused,
    ChangeCancelled,
    ChangeExpired,
    ChangeFailed,
    ChangeRemoved,
    TokenResent,
    TokenSuperseded,
    TokenUndelivered,
    PartyReminded,
}

impl EventKind {
    /// All of them.
    pub const ALL: [EventKind; 19] = [
        EventKind::AccountCreated,
        EventKind::AccountRecreated,
        EventKind::AccountUpdated,
        EventKind::AccountDeleted,
        EventKind::ServiceCreated,
        EventKind::ServiceUpdated,
        EventKind::ServiceDeleted,
        EventKind::ChangeOpened,
        EventKind::ChangeAccepted,
        EventKind::ChangeDone,
        EventKind::ChangeRefused,
        EventKind::ChangeCancelled,
        EventKind::ChangeExpired,
        EventKind::ChangeFailed,
        EventKind::ChangeRemoved,
        EventKind::TokenResent,
        EventKind::TokenSuperseded,
        EventKind::TokenUndelivered,
        EventKind::PartyReminded,
    ];

    /// Those that say where a change stands: what an incumbent who is no party may know of it.
    pub const OF_STATE: [EventKind; 6] = [
        EventKind::ChangeOpened,
        EventKind::ChangeDone,
        EventKind::ChangeRefused,
        EventKind::ChangeCancelled,
        EventKind::ChangeExpired,
        EventKind::ChangeFailed,
    ];

    /// Whether it is the first that happens to what it happens to. An account that is added under the id of one that was
    /// deleted has what happened to that before it.
    pub const fn is_creation(self) -> bool {
        matches!(self, EventKind::AccountCreated | EventKind::ServiceCreated)
    }

    /// The kind as a word, as it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            EventKind::AccountCreated => "account-created",
            EventKind::AccountRecreated => "account-recreated",
            EventKind::AccountUpdated => "account-updated",
            EventKind::AccountDeleted => "account-deleted",
            EventKind::ServiceCreated => "service-created",
            EventKind::ServiceUpdated => "service-updated",
            EventKind::ServiceDeleted => "service-deleted",
            EventKind::ChangeOpened => "change-opened",
            EventKind::ChangeAccepted => "change-accepted",
            EventKind::ChangeDone => "change-done",
            EventKind::ChangeRefused => "change-refused",
            EventKind::ChangeCancelled => "change-cancelled",
            EventKind::ChangeExpired => "change-expired",
            EventKind::ChangeFailed => "change-failed",
            EventKind::ChangeRemoved => "change-removed",
            EventKind::TokenResent => "token-resent",
            EventKind::TokenSuperseded => "token-superseded",
            EventKind::TokenUndelivered => "token-undelivered",
            EventKind::PartyReminded => "party-reminded",
        }
    }
}
