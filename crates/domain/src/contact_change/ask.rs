//! Asking: who may name whom, what that makes, and what stands in the way.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Confirmation, ContactChange, Decision, Policy, State, beyond};
use crate::{
    AccountId, BillingStanding, ChangeId, Detail, Effects, EventKind, KeyId, Mail, MailKind, Nonce, Refusal, Role,
    Roles, Seal, Service,
};

/// Who asks for which roles to pass to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The account that asks.
    pub requester: AccountId,
    /// The account named for each role.
    pub nominees: BTreeMap<Role, AccountId>,
}

/// What a wish comes to: the changes it would make, or everything that stands in their way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// One change for each pair of incumbent and nominee, in the order of their first role.
    pub drafts: Vec<Draft>,
    /// What stands in the way, in the order in which a call is refused for it.
    pub blockers: Vec<Blocker>,
}

/// Something that stands in the way of a wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocker {
    /// What a call is refused for.
    pub refusal: Refusal,
    /// The roles of the wish that do not pass because of it.
    pub roles: Roles,
}

/// A change that would be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The roles that would pass together.
    pub roles: Roles,
    /// Who asks.
    pub requester: AccountId,
    /// Who holds them.
    pub incumbent: AccountId,
    /// Who would take them over.
    pub nominee: AccountId,
}

impl Draft {
    /// Who would have to confirm: the requester and the nominee.
    pub fn parties(&self) -> Vec<&AccountId> {
        parties(&self.requester, &self.nominee)
    }

    /// Who would be told once the roles have passed, given who administers the service.
    pub fn told<'a>(&'a self, administrator: &'a AccountId) -> Vec<(MailKind, &'a AccountId)> {
        told_when_done(&self.requester, &self.incumbent, &self.nominee, administrator)
    }
}

/// The accounts that confirm: one when they are the same.
pub(super) fn parties<'a>(requester: &'a AccountId, nominee: &'a AccountId) -> Vec<&'a AccountId> {
    if requester == nominee { vec![requester] } else { vec![requester, nominee] }
}

/// Who is told that roles have passed: the parties, the incumbent if he is none, the administrator if he is none of
/// these.
pub(super) fn told_when_done<'a>(
    requester: &'a AccountId,
    incumbent: &'a AccountId,
    nominee: &'a AccountId,
    administrator: &'a AccountId,
) -> Vec<(MailKind, &'a AccountId)> {
    let mut told: Vec<_> = parties(requester, nominee).into_iter().map(|party| (MailKind::Done, party)).collect();
    for (kind, account) in [(MailKind::Replaced, incumbent), (MailKind::Passed, administrator)] {
        if told.iter().all(|(_, known)| *known != account) {
            told.push((kind, account));
        }
    }
    told
}

/// What a wish comes to on a service with these open changes. `standing` knows the accounts: it answers `None` for one
/// that does not exist.
///
/// Refuses outright what would tell a stranger that the service exists, and a wish for what is already so.
pub fn plan(
    wish: &Wish,
    service: &Service,
    open_changes: &[ContactChange],
    standing: impl Fn(&AccountId) -> Option<BillingStanding>,
    policy: &Policy,
    now: Timestamp,
) -> Result<Plan, Refusal> {
    let contacts = &service.contacts;
    let held = contacts.roles_of(&wish.requester);
    if held.is_empty() || service.delete_time.is_some() {
        return Err(Refusal::ServiceNotFound);
    }

    let mut drafts: Vec<Draft> = Vec::new();
    for (role, nominee) in &wish.nominees {
        let incumbent = contacts.holder(*role);
        if incumbent == nominee {
            continue;
        }
        let pair = |draft: &&mut Draft| draft.incumbent == *incumbent && draft.nominee == *nominee;
        match drafts.iter_mut().find(pair) {
            Some(draft) => draft.roles = draft.roles.iter().chain([*role]).collect(),
            None => drafts.push(Draft {
                roles: Roles::from_iter([*role]),
                requester: wish.requester.clone(),
                incumbent: incumbent.clone(),
                nominee: nominee.clone(),
            }),
        }
    }

    let wanted: Roles = drafts.iter().flat_map(|draft| draft.roles.iter()).collect();
    let mut blockers = Vec::new();
    if wanted.is_empty() {
        block(&mut blockers, Refusal::NothingToChange, wish.nominees.keys().copied().collect());
    }
    let not_permitted = beyond(held, wanted);
    if !not_permitted.is_empty() {
        block(&mut blockers, Refusal::RolesNotPermitted(not_permitted), not_permitted);
    }
    // What stands in the way of the others is not the requester's to know.
    let permitted = wanted.without(not_permitted);
    let asked = || {
        let asked = drafts.iter().map(|draft| (draft, draft.roles.without(not_permitted)));
        asked.filter(|(_, roles)| !roles.is_empty())
    };
    for (draft, roles) in asked() {
        if standing(&draft.nominee).is_none() {
            block(&mut blockers, Refusal::AccountNotFound(draft.nominee.clone()), roles);
        }
    }
    for change in open_changes.iter().filter(|change| change.is_open(now)) {
        let both: Roles = change.roles.iter().filter(|role| permitted.contains(*role)).collect();
        if let Some(role) = both.iter().next() {
            block(&mut blockers, Refusal::ChangeAlreadyOpen { role, change_id: change.change_id }, both);
        }
    }
    for (draft, roles) in asked() {
        for account in policy.overdue(roles, [&draft.incumbent, &draft.nominee], &standing) {
            block(&mut blockers, Refusal::BillingOverdue(account.clone()), roles);
        }
    }
    Ok(Plan { drafts, blockers })
}

/// Names a blocker once, with all the roles that it concerns.
fn block(blockers: &mut Vec<Blocker>, refusal: Refusal, roles: Roles) {
    match blockers.iter_mut().find(|blocker| blocker.refusal == refusal) {
        Some(known) => known.roles = known.roles.iter().chain(roles.iter()).collect(),
        None => blockers.push(Blocker { refusal, roles }),
    }
}

/// Opens the change of a draft: each party is mailed a token. There must be a nonce for each party.
pub fn open(
    draft: Draft,
    service: &Service,
    change_id: ChangeId,
    nonces: impl IntoIterator<Item = Nonce>,
    key_id: &KeyId,
    policy: &Policy,
    now: Timestamp,
    effects: &mut Effects,
) -> ContactChange {
    let expire_time = now.saturating_add(policy.lifetime).unwrap_or(Timestamp::MAX);
    let remind_time =
        policy.remind_before.and_then(|before| expire_time.checked_sub(before).ok()).filter(|at| *at > now);
    let confirmations = draft
        .parties()
        .into_iter()
        .zip(nonces)
        .map(|(party, nonce)| {
            effects.seals.push(Seal {
                change_id,
                account_id: party.clone(),
                generation: 1,
                nonce,
                key_id: key_id.clone(),
            });
            effects.mails.push(Mail {
                kind: MailKind::Confirm,
                change_id: Some(change_id),
                account_id: party.clone(),
                generation: 1,
                to_address: None,
            });
            Confirmation {
                account_id: party.clone(),
                decision: Decision::Pending,
                generation: 1,
                token_is_good: true,
                resends: 0,
                resend_time: None,
                wrong_tokens: 0,
            }
        })
        .collect();
    let change = ContactChange {
        change_id,
        service_key: service.service_key,
        service_id: service.service_id.clone(),
        roles: draft.roles,
        requester: draft.requester,
        incumbent: draft.incumbent,
        nominee: draft.nominee,
        create_time: now,
        expire_time,
        remind_time,
        state: State::Pending,
        confirmations,
    };
    let mut details = vec![Detail::new("state", change.state.name().name())];
    details.extend(change.hand_over());
    change.record(EventKind::ChangeOpened, Some(&change.requester), details, effects);
    change
}
