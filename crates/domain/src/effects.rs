//! What must follow from a decision: codes to make, mails to send, events to remember.

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
}

/// What can happen.
#[expect(missing_docs, reason = "the names say it")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    AccountCreated,
    AccountUpdated,
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
    TokenResent,
    TokenSuperseded,
    TokenUndelivered,
    PartyReminded,
}

impl EventKind {
    /// The kind as a word, as it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            EventKind::AccountCreated => "account-created",
            EventKind::AccountUpdated => "account-updated",
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
            EventKind::TokenResent => "token-resent",
            EventKind::TokenSuperseded => "token-superseded",
            EventKind::TokenUndelivered => "token-undelivered",
            EventKind::PartyReminded => "party-reminded",
        }
    }
}
