//! What the parties do to a change: accept, refuse, have the token sent again.
//!
//! Checks run in one order for every call: visible, settled, a party, not yet decided, token, still possible, billing.
//! A refusal may leave something behind (a wrong token counted, an ending); it is then in the change that was handed
//! in, and is saved like any other decision.

use jiff::{SignedDuration, Timestamp};

use super::{ContactChange, Decision, Ending, Policy, State};
use crate::{
    AccountId, BillingStanding, Detail, Effects, EventKind, KeyId, Mail, MailKind, Nonce, Refusal, RefusalReason, Seal,
    Service,
};

/// What a presented token turned out to be, among all that were made for this party and change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// The party's own token of this generation.
    Generation(i64),
    /// None of the party's own.
    Unknown,
}

/// What a decision depends on, beside the change itself.
#[derive(Debug)]
pub struct Facts<'a, S: Fn(&AccountId) -> Option<BillingStanding>> {
    /// The service of the change; roles pass on it.
    pub service: &'a mut Service,
    /// The other changes of the service that are open: those that become impossible end as failed.
    pub others: &'a mut [ContactChange],
    /// The billing standing of an account.
    pub standing: S,
    /// What the company decides.
    pub policy: &'a Policy,
    /// The moment.
    pub now: Timestamp,
}

impl ContactChange {
    /// Accepts for a party. With the last acceptance the roles pass.
    pub fn accept<S: Fn(&AccountId) -> Option<BillingStanding>>(
        &mut self,
        by: &AccountId,
        presented: Presented,
        facts: Facts<'_, S>,
        effects: &mut Effects,
    ) -> Result<(), Refusal> {
        let Facts { service, others, standing, policy, now } = facts;
        self.check_party(by, &service.contacts.administrator, policy, now, effects)?;
        self.check_token(by, presented, effects)?;

        let is_last =
            self.confirmations.iter().all(|party| party.account_id == *by || party.decision != Decision::Pending);
        if is_last {
            if let Some(cause) = self.impossible(service) {
                self.fail(cause, now, effects);
                return Err(Refusal::ChangeSettled(self.state.name()));
            }
            let ends = [&self.incumbent, &self.nominee];
            if let Some(account) = policy.overdue(self.roles, ends, standing).next() {
                return Err(Refusal::BillingOverdue(account.clone()));
            }
        }

        if let Some(party) = self.confirmation_mut(by) {
            party.decision = Decision::Accepted { at: now };
        }
        let accepted = Detail::moved("decision", "pending", "accepted");
        self.record(EventKind::ChangeAccepted, Some(by), vec![accepted], effects);
        if is_last {
            self.apply(service, others, policy, now, effects);
        }
        Ok(())
    }

    /// Refuses for a party, which ends the change. The other party is told.
    pub fn refuse(
        &mut self,
        by: &AccountId,
        presented: Presented,
        reason: Option<RefusalReason>,
        administrator: &AccountId,
        policy: &Policy,
        now: Timestamp,
        effects: &mut Effects,
    ) -> Result<(), Refusal> {
        self.check_party(by, administrator, policy, now, effects)?;
        self.check_token(by, presented, effects)?;
        if let Some(party) = self.confirmation_mut(by) {
            party.decision = Decision::Refused { at: now };
        }
        self.state = State::Settled { at: now, ending: Ending::Refused { by: by.clone(), reason } };
        let details = vec![Detail::moved("decision", "pending", "refused"), self.ended()];
        self.record(EventKind::ChangeRefused, Some(by), details, effects);
        self.tell_parties(MailKind::Refused, Some(by), effects);
        Ok(())
    }

    /// Makes a party's next token and mails it. Its earlier ones stop working.
    pub fn resend(
        &mut self,
        to: &AccountId,
        nonce: Nonce,
        key_id: &KeyId,
        administrator: &AccountId,
        policy: &Policy,
        now: Timestamp,
        effects: &mut Effects,
    ) -> Result<(), Refusal> {
        self.check_party(to, administrator, policy, now, effects)?;
        let change_id = self.change_id;
        let party = self.confirmation_mut(to).ok_or(Refusal::NotAParty)?;
        if party.resends >= policy.resend_limit {
            return Err(Refusal::ResendLimited { retry_after: None });
        }
        let since = party.resend_time.map_or(SignedDuration::MAX, |last| now.duration_since(last));
        if since < policy.resend_interval {
            return Err(Refusal::ResendLimited { retry_after: Some(policy.resend_interval - since) });
        }
        party.resends += 1;
        party.resend_time = Some(now);
        party.generation += 1;
        party.token_is_good = true;
        let generation = party.generation;
        effects.seals.push(Seal { change_id, account_id: to.clone(), generation, nonce, key_id: key_id.clone() });
        effects.mails.push(Mail {
            kind: MailKind::Confirm,
            change_id: Some(change_id),
            account_id: to.clone(),
            generation,
            to_address: None,
        });
        let next = Detail::moved("generation", generation - 1, generation);
        self.record(EventKind::TokenResent, Some(to), vec![next], effects);
        Ok(())
    }

    /// Makes new tokens in place of those that parties could still decide with and that other keys than this one made, and
    /// mails them: for a key that somebody else has got hold of. No party has asked for it, so it counts as no resend.
    /// `seals` are those of the change. Says whether there was one to replace.
    pub fn reissue(
        &mut self,
        seals: &[Seal],
        nonces: [Nonce; 2],
        key_id: &KeyId,
        now: Timestamp,
        effects: &mut Effects,
    ) -> bool {
        let change_id = self.change_id;
        let is_stale = |account: &AccountId, generation| {
            let newest = seals.iter().find(|seal| seal.account_id == *account && seal.generation == generation);
            newest.is_some_and(|seal| seal.key_id != *key_id)
        };
        let mut reissued = false;
        for (account, nonce) in
            self.confirmations.iter().map(|party| party.account_id.clone()).zip(nonces).collect::<Vec<_>>()
        {
            if !self.good_generation(&account, now).is_some_and(|generation| is_stale(&account, generation)) {
                continue;
            }
            let Some(party) = self.confirmation_mut(&account) else { continue };
            party.generation += 1;
            let generation = party.generation;
            let superseded = Detail::moved("token", "good", "superseded");
            self.record(EventKind::TokenSuperseded, Some(&account), vec![superseded], effects);
            let next = Detail::moved("generation", generation - 1, generation);
            self.record(EventKind::TokenResent, Some(&account), vec![next], effects);
            effects.seals.push(Seal {
                change_id,
                account_id: account.clone(),
                generation,
                nonce,
                key_id: key_id.clone(),
            });
            effects.mails.push(Mail {
                kind: MailKind::Confirm,
                change_id: Some(change_id),
                account_id: account,
                generation,
                to_address: None,
            });
            reissued = true;
        }
        reissued
    }

    /// Supersedes the token that an account could still decide with, because its address has changed. Says whether
    /// there was one.
    pub fn supersede(&mut self, account: &AccountId, now: Timestamp, effects: &mut Effects) -> bool {
        if self.good_generation(account, now).is_none() {
            return false;
        }
        if let Some(party) = self.confirmation_mut(account) {
            party.token_is_good = false;
        }
        let superseded = Detail::moved("token", "good", "superseded");
        self.record(EventKind::TokenSuperseded, Some(account), vec![superseded], effects);
        true
    }

    /// Visible, settled, a party, not yet decided.
    fn check_party(
        &mut self,
        account: &AccountId,
        administrator: &AccountId,
        policy: &Policy,
        now: Timestamp,
        effects: &mut Effects,
    ) -> Result<(), Refusal> {
        self.sight_of(account, administrator).ok_or(Refusal::ChangeNotFound)?;
        self.check_open(policy, now, effects)?;
        match self.confirmation(account) {
            None => Err(Refusal::NotAParty),
            Some(party) if party.decision != Decision::Pending => Err(Refusal::AlreadyDecided),
            Some(_) => Ok(()),
        }
    }

    /// The right token passes, however many wrong ones came before; a wrong one is counted.
    fn check_token(&mut self, account: &AccountId, presented: Presented, effects: &mut Effects) -> Result<(), Refusal> {
        let party = self.confirmation_mut(account).ok_or(Refusal::NotAParty)?;
        match presented {
            Presented::Generation(g) if g == party.generation && party.token_is_good => Ok(()),
            Presented::Generation(_) => Err(Refusal::TokenSuperseded),
            Presented::Unknown => {
                let before = party.wrong_tokens;
                party.wrong_tokens = before.saturating_add(1);
                let counted = Detail::moved("wrong_tokens", before, party.wrong_tokens);
                self.record(EventKind::TokenRefused, Some(account), vec![counted], effects);
                Err(Refusal::TokenInvalid)
            }
        }
    }
}
