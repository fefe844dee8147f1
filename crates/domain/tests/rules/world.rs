//! People, one service and its contact changes, to try the rules on.
//!
//! Tests name people (`"ann"`) and roles (`"technical=nora"`) as words, and read back words.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use relevo_domain::{
    AccountId, BillingStanding, ChangeId, ContactChange, Contacts, Effects, Key, Keyring, Kind, MailKind, Nonce,
    Policy, Presented, Refusal, RefusalReason, Role, Seal, Service, ServiceId, ServiceKey,
    contact_change::{ChangeState, Confirmation, Facts, Plan, Wish, open, plan},
};
use uuid::Uuid;

/// Everyone who has an account.
pub(crate) const PEOPLE: [&str; 7] = ["ann", "tom", "bill", "nora", "omar", "rita", "sam"];

/// A name of which there is no account.
pub(crate) const GHOST: &str = "ghost";

/// The account of a person.
pub(crate) fn id(name: &str) -> AccountId {
    let letters = name.get(..2).unwrap();
    let digit = PEOPLE.iter().position(|known| *known == name).unwrap_or(PEOPLE.len());
    AccountId::parse(&format!("{letters}{digit}-ovh")).unwrap()
}

/// The person of an account.
pub(crate) fn name(account: &AccountId) -> &'static str {
    PEOPLE.into_iter().chain([GHOST]).find(|name| id(name) == *account).unwrap()
}

/// The keys that make all tokens here.
pub(crate) fn keyring() -> Keyring {
    Keyring::new(Key::new([7; 32]), Vec::new())
}

pub(crate) fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

pub(crate) fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

/// The nominees in a text such as `technical=nora billing=omar`.
pub(crate) fn nominees(asks: &str) -> BTreeMap<Role, AccountId> {
    asks.split_whitespace()
        .map(|ask| {
            let (role, nominee) = ask.split_once('=').unwrap();
            (Role::ALL.into_iter().find(|known| known.name() == role).unwrap(), id(nominee))
        })
        .collect()
}

/// A service, its changes, and the moment.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) changes: Vec<ContactChange>,
    pub(crate) overdue: BTreeSet<&'static str>,
    pub(crate) policy: Policy,
    pub(crate) now: Timestamp,
    /// What must follow from the last call.
    pub(crate) effects: Effects,
    /// Every token that was made.
    pub(crate) seals: Vec<Seal>,
}

impl World {
    /// A service with these holders of its administrator, technical and billing role, as in `ann tom bill`.
    pub(crate) fn of(holders: &str) -> Self {
        let holders: Vec<_> = holders.split_whitespace().map(id).collect();
        let [administrator, technical, billing] = holders.try_into().unwrap();
        let now = "2026-03-02T09:00:00Z".parse().unwrap();
        Self {
            service: Service {
                service_key: ServiceKey(Uuid::from_u128(7)),
                service_id: ServiceId::parse("example.com").unwrap(),
                kind: Kind::parse("domain").unwrap(),
                display_name: None,
                contacts: Contacts { administrator, technical, billing },
                create_time: now,
                update_time: now,
                delete_time: None,
                revision: 1,
            },
            changes: Vec::new(),
            overdue: BTreeSet::new(),
            policy: Policy {
                lifetime: hours(7 * 24),
                remind_before: Some(hours(24)),
                expiry_notice: true,
                resend_interval: seconds(60),
                resend_limit: 10,
                standing_for_every_role: false,
            },
            now,
            effects: Effects::default(),
            seals: Vec::new(),
        }
    }

    /// Ann is administrator, Tom technical, Bill billing, and this was asked for.
    pub(crate) fn with(requester: &str, asks: &str) -> Self {
        let mut world = Self::of("ann tom bill");
        world.ask(requester, asks).unwrap();
        world.effects = Effects::default();
        world
    }

    pub(crate) fn later(&mut self, by: SignedDuration) {
        self.now += by;
    }

    fn standing(overdue: &BTreeSet<&'static str>, account: &AccountId) -> Option<BillingStanding> {
        match name(account) {
            GHOST => None,
            name if overdue.contains(name) => Some(BillingStanding::Overdue),
            _ => Some(BillingStanding::Good),
        }
    }

    pub(crate) fn plan(&self, requester: &str, asks: &str) -> Result<Plan, Refusal> {
        let wish = Wish { requester: id(requester), nominees: nominees(asks) };
        let standing = |account: &AccountId| Self::standing(&self.overdue, account);
        plan(&wish, &self.service, &self.changes, standing, &self.policy, self.now)
    }

    /// Asks, and opens what comes of it unless something stands in the way.
    pub(crate) fn ask(&mut self, requester: &str, asks: &str) -> Result<(), Refusal> {
        self.effects = Effects::default();
        let plan = self.plan(requester, asks)?;
        if let Some(first) = plan.blockers.into_iter().next() {
            return Err(first.refusal);
        }
        for draft in plan.drafts {
            let number = self.changes.len() as u128 + 1;
            let nonces = (0..).map(|n| Nonce((number * 1000 + n).to_be_bytes()));
            let change_id = ChangeId(Uuid::from_u128(number));
            let key_id = keyring().signing().key_id().clone();
            let World { service, policy, now, effects, .. } = self;
            let change = open(draft, service, change_id, nonces, &key_id, policy, *now, effects);
            self.changes.push(change);
        }
        self.seals.extend(self.effects.seals.iter().cloned());
        Ok(())
    }

    /// The change that was asked for as the n-th, from 0.
    pub(crate) fn change(&self, n: usize) -> &ContactChange {
        self.changes.get(n).unwrap()
    }

    pub(crate) fn party_of(&self, n: usize, who: &str) -> Option<&Confirmation> {
        self.change(n).confirmation(&id(who))
    }

    pub(crate) fn party(&self, n: usize, who: &str) -> &Confirmation {
        self.party_of(n, who).unwrap()
    }

    /// The newest token of a party.
    pub(crate) fn newest(&self, n: usize, who: &str) -> Presented {
        self.party_of(n, who).map_or(Presented::Unknown, |own| Presented::Generation(own.generation))
    }

    pub(crate) fn accept(&mut self, n: usize, who: &str) -> Result<(), Refusal> {
        self.accept_with(n, who, self.newest(n, who))
    }

    pub(crate) fn accept_with(&mut self, n: usize, who: &str, presented: Presented) -> Result<(), Refusal> {
        self.effects = Effects::default();
        let mut change = self.changes.remove(n);
        let World { service, changes, overdue, policy, now, effects, .. } = self;
        let standing = |account: &AccountId| Self::standing(overdue, account);
        let facts = Facts { service, others: changes, standing, policy, now: *now };
        let result = change.accept(&id(who), presented, facts, effects);
        self.changes.insert(n, change);
        result
    }

    pub(crate) fn refuse(&mut self, n: usize, who: &str) -> Result<(), Refusal> {
        self.refuse_with(n, who, self.newest(n, who), None)
    }

    pub(crate) fn refuse_with(
        &mut self,
        n: usize,
        who: &str,
        presented: Presented,
        reason: Option<RefusalReason>,
    ) -> Result<(), Refusal> {
        self.call(n, |change, administrator, policy, now, effects| {
            change.refuse(&id(who), presented, reason, administrator, policy, now, effects)
        })
    }

    pub(crate) fn cancel(&mut self, n: usize, who: Option<&str>) -> Result<(), Refusal> {
        let by = who.map(id);
        self.call(n, |change, administrator, policy, now, effects| {
            change.cancel(by.as_ref(), administrator, policy, now, effects)
        })
    }

    pub(crate) fn cancel_with_service(&mut self, n: usize) -> bool {
        self.call(n, |change, _, policy, now, effects| change.cancel_with_service(policy, now, effects))
    }

    pub(crate) fn resend(&mut self, n: usize, who: &str) -> Result<(), Refusal> {
        let nonce = Nonce((self.seals.len() as u128 + 1_000_000).to_be_bytes());
        let key_id = keyring().signing().key_id().clone();
        let result = self.call(n, |change, administrator, policy, now, effects| {
            change.resend(&id(who), nonce, &key_id, administrator, policy, now, effects)
        });
        self.seals.extend(self.effects.seals.iter().cloned());
        result
    }

    /// Has the tokens made anew that other keys than this one have made.
    pub(crate) fn reissue(&mut self, n: usize, key: &Key) -> bool {
        let seals = self.seals.clone();
        let nonces = [0, 1].map(|n| Nonce((seals.len() as u128 + 2_000_000 + n).to_be_bytes()));
        let reissued =
            self.call(n, |change, _, _, now, effects| change.reissue(&seals, nonces, key.key_id(), now, effects));
        self.seals.extend(self.effects.seals.iter().cloned());
        reissued
    }

    pub(crate) fn supersede(&mut self, n: usize, who: &str) -> bool {
        self.call(n, |change, _, _, now, effects| change.supersede(&id(who), now, effects))
    }

    pub(crate) fn expire(&mut self, n: usize) -> bool {
        self.call(n, |change, _, policy, now, effects| change.expire(policy, now, effects))
    }

    pub(crate) fn remind(&mut self, n: usize) -> bool {
        self.call(n, |change, _, _, now, effects| change.remind(now, effects))
    }

    pub(crate) fn undelivered(&mut self, n: usize, to: &str, generation: i64) -> bool {
        let to = id(to);
        self.call(n, |change, _, _, now, effects| change.undelivered(&to, generation, now, effects))
    }

    fn call<T>(
        &mut self,
        n: usize,
        call: impl FnOnce(&mut ContactChange, &AccountId, &Policy, Timestamp, &mut Effects) -> T,
    ) -> T {
        self.effects = Effects::default();
        let World { service, changes, policy, now, effects, .. } = self;
        call(changes.get_mut(n).unwrap(), &service.contacts.administrator, policy, *now, effects)
    }

    /// Where a change stands, as stored.
    pub(crate) fn state(&self, n: usize) -> ChangeState {
        self.change(n).state.name()
    }

    /// Who holds the roles, as in `ann tom bill`.
    pub(crate) fn holders(&self) -> String {
        Role::ALL.map(|role| name(self.service.contacts.holder(role))).join(" ")
    }

    /// The mails of the last call, sorted, as in `done ann`; those with or of a token name its generation too.
    pub(crate) fn mails(&self) -> Vec<String> {
        let word = |mail: &relevo_domain::Mail| match (
            mail.kind.carries_token() || mail.kind == MailKind::Undelivered,
            mail.generation,
        ) {
            (true, generation) => format!("{} {} {generation}", mail.kind.name(), name(&mail.account_id)),
            (false, 0) => format!("{} {}", mail.kind.name(), name(&mail.account_id)),
            (false, wrong) => format!("a notice with a generation: {wrong}"),
        };
        let mut mails: Vec<_> = self.effects.mails.iter().map(word).collect();
        mails.sort();
        mails
    }

    /// The events of the last call, in order, as in `change-accepted ann`.
    pub(crate) fn events(&self) -> Vec<String> {
        let word = |event: &relevo_domain::Event| match &event.account_id {
            Some(account) => format!("{} {}", event.kind.name(), name(account)),
            None => event.kind.name().to_owned(),
        };
        self.effects.events.iter().map(word).collect()
    }
}

/// Ann, the administrator, has named Nora in Tom's place.
pub(crate) fn ann_named_nora() -> World {
    World::with("ann", "technical=nora")
}
