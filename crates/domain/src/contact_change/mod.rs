//! The wish to replace the holder of roles on a service by another account, from asking to its end.
//!
//! [`plan`] says what asking would make, [`open`] makes it; [`ContactChange::accept`] and its siblings move a change
//! on. A change that has ended is never altered again. Every method takes the moment as an argument, and from
//! `expire_time` on a change is expired, whether anything has marked it so or not.

mod ask;
mod decide;
mod settle;

use jiff::{SignedDuration, Timestamp};

pub use ask::{Blocker, Draft, Plan, Wish, open, plan};
pub use decide::{Facts, Presented};

use crate::{AccountId, BillingStanding, ChangeId, RefusalReason, Role, Roles, Service, ServiceId, ServiceKey};

/// The wish to replace the holder of one or more roles on one service by one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactChange {
    /// What the change is called.
    pub change_id: ChangeId,
    /// The service.
    pub service_key: ServiceKey,
    /// What the service is called.
    pub service_id: ServiceId,
    /// The roles that pass together.
    pub roles: Roles,
    /// The account that asks.
    pub requester: AccountId,
    /// The account that held the roles when the change was asked for.
    pub incumbent: AccountId,
    /// The account that is to take the roles over.
    pub nominee: AccountId,
    /// When the change was asked for.
    pub create_time: Timestamp,
    /// From when on it is expired.
    pub expire_time: Timestamp,
    /// When those who have not decided are reminded; `None` once they were, or never.
    pub remind_time: Option<Timestamp>,
    /// Where it stands, as stored: see [`ContactChange::state_at`].
    pub state: State,
    /// What each party owes or has given: the requester, then the nominee if that is another account.
    pub confirmations: Vec<Confirmation>,
}

/// Where a change stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// At least one party has not decided.
    Pending,
    /// It has ended.
    Settled {
        /// When.
        at: Timestamp,
        /// How.
        ending: Ending,
    },
}

/// How a change ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// All parties accepted and the roles passed.
    Done,
    /// A party refused.
    Refused {
        /// The party.
        by: AccountId,
        /// Why, in its words.
        reason: Option<RefusalReason>,
    },
    /// It was called off.
    Cancelled(Canceller),
    /// Not all parties accepted in time.
    Expired,
    /// It became impossible.
    Failed(FailureCause),
}

/// Who called a change off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Canceller {
    /// The requester or the administrator of the service.
    Account(AccountId),
    /// A caller that sees everything.
    Operator,
    /// Nobody: its service was deleted.
    ServiceDeleted,
}

/// What made a change impossible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureCause {
    /// The incumbent no longer holds the roles.
    IncumbentReplaced,
    /// The requester no longer has the right to ask for them.
    RequesterNotPermitted,
}

/// The name of where a change stands.
#[expect(missing_docs, reason = "the names say it")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeState {
    Pending,
    Done,
    Refused,
    Cancelled,
    Expired,
    Failed,
}

/// What one party owes or has given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// The party.
    pub account_id: AccountId,
    /// What it decided.
    pub decision: Decision,
    /// The generation of its newest token, counted from 1.
    pub generation: i64,
    /// Whether that token is good: it is not once the account's address has changed.
    pub token_is_good: bool,
    /// How often a token was sent again.
    pub resends: i64,
    /// When one was last sent again.
    pub resend_time: Option<Timestamp>,
    /// How many wrong tokens were presented in its name.
    pub wrong_tokens: i64,
}

/// What a party decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Nothing yet.
    Pending,
    /// It accepted.
    Accepted {
        /// When.
        at: Timestamp,
    },
    /// It refused.
    Refused {
        /// When.
        at: Timestamp,
    },
}

/// What the company decides about changes.
#[derive(Debug, Clone)]
pub struct Policy {
    /// How long the parties have.
    pub lifetime: SignedDuration,
    /// How long before the end they are reminded; `None`: never.
    pub remind_before: Option<SignedDuration>,
    /// Whether they are told that a change has expired.
    pub expiry_notice: bool,
    /// How long a party waits between two resends.
    pub resend_interval: SignedDuration,
    /// How often a token is sent again, for each change and party.
    pub resend_limit: i64,
    /// Whether every role needs both ends in good standing, not the billing role alone.
    pub standing_for_every_role: bool,
}

/// What an account sees of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// All of it, wrong tokens and replies of relays too: a caller that sees everything.
    Everything,
    /// All but the text of relays' replies to the other party.
    Party,
    /// As a party, without a mail of its own.
    Administrator,
    /// Roles, parties, state and expiry; no decisions, reasons, deliveries.
    Incumbent,
}

impl ContactChange {
    /// Where the change stands at a moment.
    pub fn state_at(&self, now: Timestamp) -> State {
        if self.state == State::Pending && now >= self.expire_time {
            State::Settled { at: self.expire_time, ending: Ending::Expired }
        } else {
            self.state.clone()
        }
    }

    /// Whether anything can still be done to the change at a moment.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state == State::Pending && now < self.expire_time
    }

    /// What an account sees of the change, given who administers its service; `None`: it may not know of it.
    pub fn sight_of(&self, account: &AccountId, administrator: &AccountId) -> Option<Sight> {
        if self.confirmation(account).is_some() {
            Some(Sight::Party)
        } else if account == administrator {
            Some(Sight::Administrator)
        } else if *account == self.incumbent {
            Some(Sight::Incumbent)
        } else {
            None
        }
    }

    /// The confirmation of a party.
    pub fn confirmation(&self, account: &AccountId) -> Option<&Confirmation> {
        self.confirmations.iter().find(|confirmation| confirmation.account_id == *account)
    }

    fn confirmation_mut(&mut self, account: &AccountId) -> Option<&mut Confirmation> {
        self.confirmations.iter_mut().find(|confirmation| confirmation.account_id == *account)
    }

    /// Whether the change waits for a decision of an account at a moment.
    pub fn awaits(&self, account: &AccountId, now: Timestamp) -> bool {
        self.is_open(now) && self.confirmation(account).is_some_and(|party| party.decision == Decision::Pending)
    }

    /// The generation of a party's token with which it can decide now; `None` when there is none: the change has ended,
    /// the party has decided, or its address has changed.
    pub fn good_generation(&self, account: &AccountId, now: Timestamp) -> Option<i64> {
        self.confirmation(account)
            .filter(|party| party.token_is_good && self.awaits(account, now))
            .map(|party| party.generation)
    }

    /// Why the change has become impossible, if it has.
    fn impossible(&self, service: &Service) -> Option<FailureCause> {
        let contacts = &service.contacts;
        if !self.roles.without(contacts.roles_of(&self.incumbent)).is_empty() {
            Some(FailureCause::IncumbentReplaced)
        } else if !beyond(contacts.roles_of(&self.requester), self.roles).is_empty() {
            Some(FailureCause::RequesterNotPermitted)
        } else {
            None
        }
    }
}

impl State {
    /// The name of the state.
    pub fn name(&self) -> ChangeState {
        match self {
            State::Pending => ChangeState::Pending,
            State::Settled { ending: Ending::Done, .. } => ChangeState::Done,
            State::Settled { ending: Ending::Refused { .. }, .. } => ChangeState::Refused,
            State::Settled { ending: Ending::Cancelled(_), .. } => ChangeState::Cancelled,
            State::Settled { ending: Ending::Expired, .. } => ChangeState::Expired,
            State::Settled { ending: Ending::Failed(_), .. } => ChangeState::Failed,
        }
    }
}

impl ChangeState {
    /// All of them.
    pub const ALL: [ChangeState; 6] = [
        ChangeState::Pending,
        ChangeState::Done,
        ChangeState::Refused,
        ChangeState::Cancelled,
        ChangeState::Expired,
        ChangeState::Failed,
    ];

    /// The state as a word of the API, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            ChangeState::Pending => "pending",
            ChangeState::Done => "done",
            ChangeState::Refused => "refused",
            ChangeState::Cancelled => "cancelled",
            ChangeState::Expired => "expired",
            ChangeState::Failed => "failed",
        }
    }
}

impl FailureCause {
    /// All of them.
    pub const ALL: [FailureCause; 2] = [FailureCause::IncumbentReplaced, FailureCause::RequesterNotPermitted];

    /// The cause as a word, as it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            FailureCause::IncumbentReplaced => "incumbent-replaced",
            FailureCause::RequesterNotPermitted => "requester-not-permitted",
        }
    }

    /// The cause as a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            FailureCause::IncumbentReplaced => "The account to be replaced no longer holds the role.",
            FailureCause::RequesterNotPermitted => "The account that asked no longer has the right to ask for it.",
        }
    }
}

impl Policy {
    /// Those ends of a hand-over whose overdue bills forbid that these roles pass.
    fn overdue<'a>(
        &self,
        roles: Roles,
        ends: [&'a AccountId; 2],
        standing: impl Fn(&AccountId) -> Option<BillingStanding>,
    ) -> impl Iterator<Item = &'a AccountId> {
        let concerned = self.standing_for_every_role || roles.contains(Role::Billing);
        ends.into_iter().filter(move |account| concerned && standing(account) == Some(BillingStanding::Overdue))
    }
}

/// The roles that an account which holds some may not ask to pass: the administrator may ask for any, the others for
/// what they hold themselves.
fn beyond(held: Roles, wanted: Roles) -> Roles {
    if held.contains(Role::Administrator) { Roles::NONE } else { wanted.without(held) }
}
