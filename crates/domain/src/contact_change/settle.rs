//! How a change ends, and who is told.

use jiff::Timestamp;

use super::{
    Canceller, ChangeState, ContactChange, Decision, Ending, FailureCause, Policy, State,
    ask::{parties, told_when_done},
};
use crate::{AccountId, Detail, Effects, Event, EventKind, Mail, MailKind, Refusal, Service};

impl ContactChange {
    /// Cancels the change, for its requester or the administrator of its service, or for a caller that sees everything
    /// when `by` is `None`. The parties are told, but not the one who did it.
    pub fn cancel(
        &mut self,
        by: Option<&AccountId>,
        administrator: &AccountId,
        policy: &Policy,
        now: Timestamp,
        effects: &mut Effects,
    ) -> Result<(), Refusal> {
        if let Some(by) = by {
            self.sight_of(by, administrator).ok_or(Refusal::ChangeNotFound)?;
        }
        self.check_open(policy, now, effects)?;
        if by.is_some_and(|by| *by != self.requester && by != administrator) {
            return Err(Refusal::NotItsToCancel);
        }
        let canceller = by.cloned().map_or(Canceller::Operator, Canceller::Account);
        self.end_cancelled(canceller, by, now, effects);
        Ok(())
    }

    /// Cancels the change if it is open, because its service is deleted. Says whether it was.
    pub fn cancel_with_service(&mut self, policy: &Policy, now: Timestamp, effects: &mut Effects) -> bool {
        if self.check_open(policy, now, effects).is_err() {
            return false;
        }
        self.end_cancelled(Canceller::ServiceDeleted, None, now, effects);
        true
    }

    /// Marks the change as expired if its time is over and nothing ended it before. Says whether it did.
    pub fn expire(&mut self, policy: &Policy, now: Timestamp, effects: &mut Effects) -> bool {
        if self.state != State::Pending || now < self.expire_time {
            return false;
        }
        self.state = self.state_at(now);
        self.record(EventKind::ChangeExpired, None, vec![self.ended()], effects);
        if policy.expiry_notice {
            self.tell_parties(MailKind::Expired, None, effects);
        }
        true
    }

    /// Reminds the parties that have not decided, once, with the token they have. Says whether it was time.
    pub fn remind(&mut self, now: Timestamp, effects: &mut Effects) -> bool {
        if !self.is_open(now) || self.remind_time.is_none_or(|at| now < at) {
            return false;
        }
        self.remind_time = None;
        for party in self.confirmations.clone() {
            if let Some(generation) = self.good_generation(&party.account_id, now) {
                effects.mails.push(Mail {
                    kind: MailKind::Reminder,
                    change_id: Some(self.change_id),
                    account_id: party.account_id.clone(),
                    generation,
                    to_address: None,
                });
                self.record(EventKind::PartyReminded, Some(&party.account_id), Vec::new(), effects);
            }
        }
        true
    }

    /// Tells the other party that a party's token could not be delivered and never will be, if the change still waits for
    /// an answer with it. Says whether it does.
    pub fn undelivered(&self, to: &AccountId, generation: i64, now: Timestamp, effects: &mut Effects) -> bool {
        if self.good_generation(to, now) != Some(generation) {
            return false;
        }
        let failed = Detail::moved("delivery", "", "failed");
        self.record(EventKind::TokenUndelivered, Some(to), vec![failed], effects);
        for other in parties(&self.requester, &self.nominee) {
            if other != to {
                effects.mails.push(Mail { generation, ..self.notice(MailKind::Undelivered, other) });
            }
        }
        true
    }

    /// Refuses what is asked of a change that has ended; one whose time is over ends here.
    pub(super) fn check_open(&mut self, policy: &Policy, now: Timestamp, effects: &mut Effects) -> Result<(), Refusal> {
        self.expire(policy, now, effects);
        match self.state.name() {
            ChangeState::Pending => Ok(()),
            ended => Err(Refusal::ChangeSettled(ended)),
        }
    }

    /// Passes the roles, tells everyone concerned, and ends the other changes that this makes impossible.
    pub(super) fn apply(
        &mut self,
        service: &mut Service,
        others: &mut [ContactChange],
        policy: &Policy,
        now: Timestamp,
        effects: &mut Effects,
    ) {
        debug_assert!(self.confirmations.iter().all(|c| matches!(c.decision, Decision::Accepted { .. })));
        let administrator = service.contacts.administrator.clone();
        service.hand_over(self.roles, &self.nominee, now);
        self.state = State::Settled { at: now, ending: Ending::Done };
        let mut details = vec![self.ended()];
        details.extend(self.hand_over());
        self.record(EventKind::ChangeDone, None, details, effects);
        let told = told_when_done(&self.requester, &self.incumbent, &self.nominee, &administrator);
        for (kind, account) in told {
            effects.mails.push(self.notice(kind, account));
        }
        for other in others {
            if other.change_id == self.change_id || other.check_open(policy, now, effects).is_err() {
                continue;
            }
            if let Some(cause) = other.impossible(service) {
                other.fail(cause, now, effects);
            }
        }
    }

    /// Ends the change because it has become impossible. Both parties are told.
    pub(super) fn fail(&mut self, cause: FailureCause, now: Timestamp, effects: &mut Effects) {
        self.state = State::Settled { at: now, ending: Ending::Failed(cause) };
        let details = vec![self.ended(), Detail::new("cause", cause.name())];
        self.record(EventKind::ChangeFailed, None, details, effects);
        self.tell_parties(MailKind::Failed, None, effects);
    }

    fn end_cancelled(&mut self, canceller: Canceller, by: Option<&AccountId>, now: Timestamp, effects: &mut Effects) {
        let cause = match &canceller {
            Canceller::Account(_) => None,
            Canceller::Operator => Some("operator"),
            Canceller::ServiceDeleted => Some("service-deleted"),
        };
        self.state = State::Settled { at: now, ending: Ending::Cancelled(canceller) };
        let details = [self.ended()].into_iter().chain(cause.map(|cause| Detail::new("cause", cause))).collect();
        self.record(EventKind::ChangeCancelled, by, details, effects);
        self.tell_parties(MailKind::Cancelled, by, effects);
    }

    /// Mails a notice to the parties, but not to the one who knows.
    pub(super) fn tell_parties(&self, kind: MailKind, but: Option<&AccountId>, effects: &mut Effects) {
        for party in parties(&self.requester, &self.nominee) {
            if Some(party) != but {
                effects.mails.push(self.notice(kind, party));
            }
        }
    }

    fn notice(&self, kind: MailKind, to: &AccountId) -> Mail {
        Mail { kind, change_id: Some(self.change_id), account_id: to.clone(), generation: 0, to_address: None }
    }

    /// What the end of the change moves.
    pub(super) fn ended(&self) -> Detail {
        Detail::moved("state", ChangeState::Pending.name(), self.state.name().name())
    }

    /// The roles that pass with the change.
    pub(super) fn hand_over(&self) -> impl Iterator<Item = Detail> {
        self.roles.iter().map(|role| Detail::moved(role.name(), &self.incumbent, &self.nominee))
    }

    pub(super) fn record(
        &self,
        kind: EventKind,
        account: Option<&AccountId>,
        details: Vec<Detail>,
        effects: &mut Effects,
    ) {
        effects.events.push(Event {
            kind,
            account_id: account.cloned(),
            service_key: Some(self.service_key),
            change_id: Some(self.change_id),
            details,
        });
    }
}
