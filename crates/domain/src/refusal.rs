//! The ways in which a rule says no.

use jiff::SignedDuration;

use crate::{AccountId, AccountUse, ChangeId, Role, Roles, contact_change::ChangeState};

/// A rule said no. Displays as a sentence for the person who asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such account.
    #[error("There is no account {0}.")]
    AccountNotFound(AccountId),

    /// There is no such service, or the account may not see it: the two look alike.
    #[error("There is no such service, or the account holds no role on it.")]
    ServiceNotFound,

    /// There is no such change, or the account may not see it: the two look alike.
    #[error("There is no such contact change, or the account has no part in it.")]
    ChangeNotFound,

    /// The account is there already.
    #[error("There is an account {0} already.")]
    AccountExists(AccountId),

    /// The account cannot be deleted yet.
    #[error("Account {0} cannot be deleted: it {words}.", words = .1.words())]
    AccountInUse(AccountId, AccountUse),

    /// The service is there already.
    #[error("There is a service of that id already.")]
    ServiceExists,

    /// Every role named is held by the account named for it.
    #[error("Each role named is already held by the account named for it. Name another account.")]
    NothingToChange,

    /// The account may not ask for these roles.
    #[error("The account may not change these roles of the service: {0}. Only its administrator may.")]
    RolesNotPermitted(Roles),

    /// The account sees the change, but only its parties decide.
    #[error("Only the requester and the nominee of a contact change confirm it.")]
    NotAParty,

    /// The account sees the change, but may not cancel it.
    #[error("Only the requester of a contact change and the administrator of its service cancel it.")]
    NotItsToCancel,

    /// A change for the role is open.
    #[error("A contact change for the {role} role of this service is open: {change_id}. Settle or cancel it first.")]
    ChangeAlreadyOpen {
        /// The first role that both changes are about.
        role: Role,
        /// The open change.
        change_id: ChangeId,
    },

    /// A bill is overdue.
    #[error("Account {0} has an overdue bill. Once it is paid, try again: a code that was mailed is still good.")]
    BillingOverdue(AccountId),

    /// The change has ended.
    #[error("The contact change has ended: its state is {}.", .0.name().to_uppercase())]
    ChangeSettled(ChangeState),

    /// The account has decided.
    #[error("The account has already decided on this contact change.")]
    AlreadyDecided,

    /// The token is not the one that was mailed.
    #[error("The code is not the one that was mailed to this account for this contact change.")]
    TokenInvalid,

    /// The token was, and another has taken its place.
    #[error("The code has been replaced. Use the one in the newest mail, or have a new one sent.")]
    TokenSuperseded,

    /// The token was sent again too often.
    #[error("{}", resend_limited(*.retry_after))]
    ResendLimited {
        /// How long until it may be sent again; `None`: not for this change.
        retry_after: Option<SignedDuration>,
    },

    /// What is stored is no longer what the caller saw.
    #[error("It has changed since it was read (the etag differs). Read it again.")]
    EtagMismatch,
}

fn resend_limited(retry_after: Option<SignedDuration>) -> &'static str {
    match retry_after {
        Some(_) => "A code was sent a moment ago. Look for it, or ask again a little later.",
        None => "The code has been sent as often as it may be for this contact change.",
    }
}
