//! What each call about contact changes does: load, let the rule decide, save.

use std::collections::BTreeMap;

use jiff::Timestamp;
use relevo_domain::{
    Account, AccountId, BillingStanding, ChangeId, ContactChange, Effects, Mail, MailKind, Presented, Refusal,
    RefusalReason, Seal, Service, ServiceId, Sight,
    contact_change::{Blocker, Draft, Facts, Wish, open, plan},
};
use relevo_persistence::{ChangeFilter, ChangeReport, EventReport, MailMaterial, MailReport, Subject, View};

use crate::{Error, installation::Installation, mutation::Mutation};

/// A change as one account sees it, or as one who sees everything.
#[derive(Debug)]
pub(crate) struct SeenChange {
    pub(crate) report: ChangeReport,
    pub(crate) viewer: Option<AccountId>,
    pub(crate) sight: Sight,
}

/// What asking came to.
#[derive(Debug)]
pub(crate) enum Asked {
    /// The changes that were made.
    Made(Vec<SeenChange>),
    /// The changes that would be made, on this service.
    WouldMake(Vec<Draft>, Box<Service>),
    /// What stands in the way.
    Blocked(Vec<Blocker>),
}

/// The mails of a change, as one account sees them, or as one who sees everything.
#[derive(Debug)]
pub(crate) struct SeenMails {
    pub(crate) mails: Vec<MailReport>,
    pub(crate) viewer: Option<AccountId>,
}

/// An event, as one account sees it, or as one who sees everything.
#[derive(Debug)]
pub(crate) struct SeenEvent {
    pub(crate) report: EventReport,
    pub(crate) sight: Sight,
}

/// The party that a token was mailed to.
#[derive(Debug)]
pub(crate) struct Holder {
    pub(crate) account: Account,
    pub(crate) about: Subject,
    /// Whether no newer one has taken its place, and the address of the account is still the one that it was mailed to.
    pub(crate) token_is_newest: bool,
}

/// Whether a token is the one that its party decides with, or did.
fn is_newest(seal: &Seal, report: &ChangeReport) -> bool {
    let party = report.change.confirmation(&seal.account_id);
    party.is_some_and(|party| party.generation == seal.generation && party.token_is_good)
}

fn seen(report: ChangeReport, viewer: Option<AccountId>) -> Result<SeenChange, Refusal> {
    let sight = match &viewer {
        None => Some(Sight::Everything),
        Some(viewer) => report.change.sight_of(viewer, &report.administrator),
    };
    Ok(SeenChange { sight: sight.ok_or(Refusal::ChangeNotFound)?, report, viewer })
}

impl Installation {
    /// One change, as an account sees it.
    pub(crate) async fn change(&self, change_id: ChangeId, viewer: Option<AccountId>) -> Result<SeenChange, Error> {
        let report = self.store.read().await?.change_report(change_id, viewer.as_ref()).await?;
        Ok(seen(report.ok_or(Refusal::ChangeNotFound)?, viewer)?)
    }

    /// A page of changes, as the account of the filter sees them.
    pub(crate) async fn changes(
        &self,
        filter: &ChangeFilter,
        before: Option<ChangeId>,
        limit: u64,
        now: Timestamp,
    ) -> Result<Vec<SeenChange>, Error> {
        let view = self.store.read().await?;
        let reports = view.change_reports_before(filter, before, limit, now).await?;
        let viewer = filter.participant.as_ref().map(|(account, _)| account);
        Ok(reports.into_iter().map(|report| seen(report, viewer.cloned())).collect::<Result<_, _>>()?)
    }

    /// A page of the mails of a change, as an account sees them.
    pub(crate) async fn mails(
        &self,
        change_id: ChangeId,
        viewer: Option<AccountId>,
        after: Option<i64>,
        limit: u64,
    ) -> Result<SeenMails, Error> {
        let view = self.store.read().await?;
        let report = view.change_report(change_id, viewer.as_ref()).await?.ok_or(Refusal::ChangeNotFound)?;
        let SeenChange { report, viewer, sight } = seen(report, viewer)?;
        let parties: Vec<_> = report.change.confirmations.into_iter().map(|party| party.account_id).collect();
        let to = match sight {
            Sight::Everything => None,
            Sight::Party | Sight::Administrator => Some(parties.as_slice()),
            Sight::Incumbent => return Ok(SeenMails { mails: Vec::new(), viewer }),
        };
        Ok(SeenMails { mails: view.mails_of_change(change_id, to, after, limit).await?, viewer })
    }

    /// A page of the events of a change, as an account sees them.
    pub(crate) async fn events_of_change(
        &self,
        change_id: ChangeId,
        viewer: Option<AccountId>,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<SeenEvent>, Error> {
        let view = self.store.read().await?;
        let report = view.change_report(change_id, viewer.as_ref()).await?.ok_or(Refusal::ChangeNotFound)?;
        let SeenChange { sight, .. } = seen(report, viewer)?;
        let events = view.events_of_change(change_id, sight == Sight::Incumbent, before, limit).await?;
        Ok(events.into_iter().map(|report| SeenEvent { report, sight }).collect())
    }

    /// The change that a token is for, as the account sees it that the token was mailed to.
    pub(crate) async fn inspect(&self, change_id: ChangeId, token: &str) -> Result<SeenChange, Error> {
        let (seal, report) = self.recognise(&self.store.read().await?, change_id, token).await?;
        if !is_newest(&seal, &report) {
            return Err(Refusal::TokenSuperseded.into());
        }
        Ok(seen(report, Some(seal.account_id))?)
    }

    /// Whose a token is, superseded or not, and what the mail that carried it was about.
    pub(crate) async fn holder(&self, change_id: ChangeId, token: &str) -> Result<Holder, Error> {
        let view = self.store.read().await?;
        let (seal, report) = self.recognise(&view, change_id, token).await?;
        let token_is_newest = is_newest(&seal, &report);
        let Seal { account_id, generation, .. } = seal;
        let kind = MailKind::Confirm;
        let mail = Mail { kind, change_id: Some(change_id), account_id, generation, to_address: None };
        let MailMaterial { recipient, about } = view.mail_material(&mail).await?;
        Ok(Holder { account: recipient, about: about.ok_or(Refusal::TokenInvalid)?, token_is_newest })
    }

    /// What a token was made from, and the change that it is for.
    async fn recognise(&self, view: &View, change_id: ChangeId, token: &str) -> Result<(Seal, ChangeReport), Error> {
        let seals = view.seals(change_id).await?;
        let seal = self.keyring.recognise(token, &seals).ok_or(Refusal::TokenInvalid)?.clone();
        let report = view.change_report(change_id, None).await?.ok_or(Refusal::TokenInvalid)?;
        report.change.confirmation(&seal.account_id).ok_or(Refusal::TokenInvalid)?;
        Ok((seal, report))
    }

    fn presented(&self, token: &str, account: &AccountId, seals: Vec<Seal>) -> Presented {
        let own: Vec<_> = seals.into_iter().filter(|seal| seal.account_id == *account).collect();
        self.keyring.recognise(token, &own).map_or(Presented::Unknown, |seal| Presented::Generation(seal.generation))
    }
}

/// A change with its service and the other changes that are open on it, locked.
struct Case {
    service: Service,
    change: ContactChange,
    others: Vec<ContactChange>,
    as_loaded: (Service, Vec<ContactChange>),
}

impl Mutation<'_> {
    /// Asks for roles of a service to pass.
    pub(crate) async fn create_contact_changes(&mut self, service_id: &ServiceId, wish: &Wish) -> Result<Asked, Error> {
        let service = self.tx.service_for_update(service_id, Some(&wish.requester)).await?;
        let service = service.ok_or(Refusal::ServiceNotFound)?;
        let mut open_changes = self.tx.open_changes_for_update(service.service_key, None).await?;
        let named = self.tx.accounts_to_name(wish.nominees.values().chain(service.contacts.holders())).await?;
        let standing = standings(named);
        let standing = |account: &AccountId| standing.get(account).copied();
        let plan = plan(wish, &service, &open_changes, standing, self.policy(), self.now)?;
        if self.validates_only() {
            return Ok(if plan.blockers.is_empty() {
                Asked::WouldMake(plan.drafts, Box::new(service))
            } else {
                Asked::Blocked(plan.blockers)
            });
        }
        if let Some(blocker) = plan.blockers.into_iter().next() {
            return Err(blocker.refusal.into());
        }

        // One that has expired unmarked would still stand in the way of the index.
        let mut effects = Effects::default();
        for change in &mut open_changes {
            if change.expire(self.policy(), self.now, &mut effects) {
                self.tx.save_contact_change(change, self.now).await?;
            }
        }
        let mut ids = Vec::new();
        for draft in plan.drafts {
            let change_id = ChangeId(self.new_id());
            let nonces = [self.nonce()?, self.nonce()?];
            let key_id = self.installation.keyring.signing().key_id();
            let change = open(draft, &service, change_id, nonces, key_id, self.policy(), self.now, &mut effects);
            self.tx.insert_contact_change(&change, &service.contacts.administrator).await?;
            ids.push(change_id);
        }
        self.push(&effects).await?;
        let mut made = Vec::new();
        for change_id in ids {
            made.push(self.seen(change_id, Some(wish.requester.clone())).await?);
        }
        Ok(Asked::Made(made))
    }

    /// Accepts a change for a party.
    pub(crate) async fn accept(
        &mut self,
        change_id: ChangeId,
        by: &AccountId,
        token: &str,
    ) -> Result<SeenChange, Error> {
        let mut case = self.case(change_id, Some(by)).await?;
        let presented = self.installation.presented(token, by, self.tx.seals(change_id).await?);
        let standing = standings(self.tx.accounts([&case.change.incumbent, &case.change.nominee]).await?);
        let facts = Facts {
            service: &mut case.service,
            others: &mut case.others,
            standing: |account: &AccountId| standing.get(account).copied(),
            policy: self.policy(),
            now: self.now,
        };
        let mut effects = Effects::default();
        let outcome = case.change.accept(by, presented, facts, &mut effects);
        self.settle(case, &effects, outcome, Some(by)).await
    }

    /// Refuses a change for a party.
    pub(crate) async fn refuse(
        &mut self,
        change_id: ChangeId,
        by: &AccountId,
        token: &str,
        reason: Option<RefusalReason>,
    ) -> Result<SeenChange, Error> {
        let mut case = self.case(change_id, Some(by)).await?;
        let presented = self.installation.presented(token, by, self.tx.seals(change_id).await?);
        let administrator = &case.service.contacts.administrator;
        let mut effects = Effects::default();
        let outcome = case.change.refuse(by, presented, reason, administrator, self.policy(), self.now, &mut effects);
        self.settle(case, &effects, outcome, Some(by)).await
    }

    /// Cancels a change, for an account or for one who sees everything.
    pub(crate) async fn cancel(&mut self, change_id: ChangeId, by: Option<&AccountId>) -> Result<SeenChange, Error> {
        let mut case = self.case(change_id, by).await?;
        let administrator = &case.service.contacts.administrator;
        let mut effects = Effects::default();
        let outcome = case.change.cancel(by, administrator, self.policy(), self.now, &mut effects);
        self.settle(case, &effects, outcome, by).await
    }

    /// Mails a party a new token.
    pub(crate) async fn resend(&mut self, change_id: ChangeId, to: &AccountId) -> Result<SeenChange, Error> {
        let mut case = self.case(change_id, Some(to)).await?;
        let nonce = self.nonce()?;
        let key_id = self.installation.keyring.signing().key_id();
        let administrator = &case.service.contacts.administrator;
        let mut effects = Effects::default();
        let outcome = case.change.resend(to, nonce, key_id, administrator, self.policy(), self.now, &mut effects);
        self.settle(case, &effects, outcome, Some(to)).await
    }

    /// A change that an account has a part in, or that one who sees everything asks for.
    async fn case(&self, change_id: ChangeId, by: Option<&AccountId>) -> Result<Case, Error> {
        let service = self.tx.service_of_change_for_update(change_id, by).await?.ok_or(Refusal::ChangeNotFound)?;
        let mut others = self.tx.open_changes_for_update(service.service_key, Some(change_id)).await?;
        let as_loaded = (service.clone(), others.clone());
        let nth = others.iter().position(|change| change.change_id == change_id);
        let change = others.remove(nth.ok_or(Refusal::ChangeNotFound)?);
        Ok(Case { service, change, others, as_loaded })
    }

    /// Saves what the rule changed, refused or not, and shows the change.
    async fn settle(
        &mut self,
        case: Case,
        effects: &Effects,
        outcome: Result<(), Refusal>,
        viewer: Option<&AccountId>,
    ) -> Result<SeenChange, Error> {
        let (service_before, changes_before) = case.as_loaded;
        for change in case.others.iter().chain([&case.change]) {
            if !changes_before.contains(change) {
                self.tx.save_contact_change(change, self.now).await?;
                self.leave();
            }
        }
        if case.service != service_before {
            self.tx.save_service(&case.service).await?;
        }
        self.push(effects).await?;
        outcome?;
        self.seen(case.change.change_id, viewer.cloned()).await
    }

    async fn seen(&self, change_id: ChangeId, viewer: Option<AccountId>) -> Result<SeenChange, Error> {
        let report = self.tx.change_report(change_id, viewer.as_ref()).await?.ok_or(Refusal::ChangeNotFound)?;
        Ok(seen(report, viewer)?)
    }
}

fn standings(accounts: BTreeMap<AccountId, Account>) -> BTreeMap<AccountId, BillingStanding> {
    accounts.into_iter().map(|(id, account)| (id, account.billing_standing)).collect()
}
