//! What each call of the directory does: accounts, services, who is whose contact.

use jiff::Timestamp;
use relevo_domain::{
    Account, AccountId, BillingStanding, ChangeId, Contacts, Detail, DisplayName, Effects, EmailAddress, Event,
    EventKind, Kind, Language, Mail, MailKind, Refusal, Role, Service, ServiceId, ServiceKey, Sight,
};
use relevo_persistence::{Error as StoreError, ServiceFilter, View};

use crate::{Error, installation::Installation, mutation::Mutation, requests::SeenEvent};

/// Fields of an account to take over; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct AccountFields {
    pub(crate) display_name: Option<DisplayName>,
    pub(crate) email: Option<EmailAddress>,
    pub(crate) language: Option<Language>,
    pub(crate) billing_standing: Option<BillingStanding>,
}

/// A new account, as it was asked for.
#[derive(Debug, Clone)]
pub(crate) struct NewAccount {
    pub(crate) display_name: DisplayName,
    pub(crate) email: EmailAddress,
    pub(crate) language: Language,
    pub(crate) billing_standing: BillingStanding,
}

/// A new service, as it was asked for.
#[derive(Debug, Clone)]
pub(crate) struct NewService {
    pub(crate) service_id: ServiceId,
    pub(crate) kind: Kind,
    pub(crate) display_name: Option<DisplayName>,
    pub(crate) contacts: Contacts,
}

/// Fields of a service to take over; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServiceFields {
    pub(crate) kind: Option<Kind>,
    pub(crate) display_name: Option<Option<DisplayName>>,
}

/// A service with those of its open changes that its viewer sees.
#[derive(Debug)]
pub(crate) struct ServiceReport {
    pub(crate) service: Service,
    pub(crate) open_change_ids: Vec<ChangeId>,
}

/// The version of an account or a service, for its etag: creation tells registrations of one id apart.
pub(crate) fn etag(create_time: Timestamp, revision: i64) -> String {
    format!("{:x}-{revision:x}", create_time.as_microsecond())
}

fn check_etag(given: &str, create_time: Timestamp, revision: i64) -> Result<(), Refusal> {
    let same = given.is_empty() || given == etag(create_time, revision);
    if same { Ok(()) } else { Err(Refusal::EtagMismatch) }
}

fn of_account(kind: EventKind, account: &AccountId, details: Vec<Detail>) -> Event {
    Event { kind, account_id: Some(account.clone()), service_key: None, change_id: None, details }
}

fn of_service(kind: EventKind, service: &Service, details: Vec<Detail>) -> Event {
    Event { kind, account_id: None, service_key: Some(service.service_key), change_id: None, details }
}

/// What is told of the making of a service.
fn made(service: &Service) -> Vec<Detail> {
    let contacts = Role::ALL.into_iter().map(|role| Detail::new(role.name(), service.contacts.holder(role)));
    let own = [Detail::new("service_id", &service.service_id), Detail::new("kind", service.kind.as_str())];
    own.into_iter().chain(contacts).collect()
}

/// What is told of fields of an account that have changed: those with words of ours what they were and are, the others
/// alone.
fn changed_of_account(was: &Account, is: &Account) -> Vec<Detail> {
    let fields = [
        (was.display_name != is.display_name).then(|| Detail::field("display_name")),
        (was.email != is.email).then(|| Detail::field("email")),
        (was.language != is.language).then(|| Detail::field("language")),
        (was.billing_standing != is.billing_standing)
            .then(|| Detail::moved("billing_standing", was.billing_standing.name(), is.billing_standing.name())),
    ];
    fields.into_iter().flatten().collect()
}

/// The same of a service.
fn changed_of_service(was: &Service, is: &Service) -> Vec<Detail> {
    let fields = [
        (was.kind != is.kind).then(|| Detail::moved("kind", was.kind.as_str(), is.kind.as_str())),
        (was.display_name != is.display_name).then(|| Detail::field("display_name")),
    ];
    fields.into_iter().flatten().collect()
}

impl Installation {
    /// One account.
    pub(crate) async fn account(&self, account_id: &AccountId) -> Result<Account, Error> {
        let account = self.store.read().await?.account(account_id).await?;
        Ok(account.ok_or_else(|| Refusal::AccountNotFound(account_id.clone()))?)
    }

    /// A page of accounts.
    pub(crate) async fn accounts(&self, after: Option<&AccountId>, limit: u64) -> Result<Vec<Account>, Error> {
        Ok(self.store.read().await?.accounts_after(after, limit).await?)
    }

    /// One service, as an account sees it.
    pub(crate) async fn service(
        &self,
        service_id: &ServiceId,
        viewer: Option<&AccountId>,
    ) -> Result<ServiceReport, Error> {
        let view = self.store.read().await?;
        let service = view.service(service_id, viewer).await?.ok_or(Refusal::ServiceNotFound)?;
        report(&view, service, viewer, self.clock.now()).await
    }

    /// A page of services.
    pub(crate) async fn services(
        &self,
        filter: &ServiceFilter,
        after: Option<&ServiceId>,
        limit: u64,
    ) -> Result<Vec<ServiceReport>, Error> {
        let view = self.store.read().await?;
        let services = view.services_after(filter, after, limit).await?;
        let viewer = filter.holder.as_ref().map(|(account, _)| account);
        reports(&view, services, viewer, self.clock.now()).await
    }
}

impl Installation {
    /// A page of the events of a service: to an account that is a contact of it what it may see, to one who sees
    /// everything all of the newest registration of the id, deleted or not.
    pub(crate) async fn events_of_service(
        &self,
        service_id: &ServiceId,
        viewer: Option<&AccountId>,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<SeenEvent>, Error> {
        let view = self.store.read().await?;
        let Some(viewer) = viewer else {
            let key = view.newest_registration(service_id).await?.ok_or(Refusal::ServiceNotFound)?;
            let events = view.events_of_service(key, None, before, limit).await?;
            return Ok(events.into_iter().map(|report| SeenEvent { report, sight: Sight::Everything }).collect());
        };
        let service = view.service(service_id, Some(viewer)).await?.ok_or(Refusal::ServiceNotFound)?;
        let events = view.events_of_service(service.service_key, Some(viewer), before, limit).await?;
        let whole = view.changes_seen_whole(viewer, events.iter().filter_map(|event| event.change_id)).await?;
        let of_service = match service.contacts.administrator == *viewer {
            true => Sight::Administrator,
            false => Sight::Incumbent,
        };
        let sight = |change: Option<ChangeId>| match change {
            None => of_service,
            Some(change) if whole.contains(&change) => Sight::Party,
            Some(_) => Sight::Incumbent,
        };
        Ok(events.into_iter().map(|report| SeenEvent { sight: sight(report.change_id), report }).collect())
    }
}

/// Services with those of their open changes that a viewer may know of.
async fn reports(
    view: &View,
    services: Vec<Service>,
    viewer: Option<&AccountId>,
    now: Timestamp,
) -> Result<Vec<ServiceReport>, Error> {
    let keys = services.iter().map(|service| service.service_key);
    let mut open = view.open_change_ids(keys, viewer, now).await?;
    let report = |service: Service| ServiceReport {
        open_change_ids: open.remove(&service.service_key).unwrap_or_default(),
        service,
    };
    Ok(services.into_iter().map(report).collect())
}

/// The same of one service.
async fn report(
    view: &View,
    service: Service,
    viewer: Option<&AccountId>,
    now: Timestamp,
) -> Result<ServiceReport, Error> {
    let mut open = view.open_change_ids([service.service_key], viewer, now).await?;
    Ok(ServiceReport { open_change_ids: open.remove(&service.service_key).unwrap_or_default(), service })
}

impl Mutation<'_> {
    /// Adds an account.
    pub(crate) async fn create_account(&mut self, account_id: &AccountId, new: NewAccount) -> Result<Account, Error> {
        let added = self.add_account(account_id, new).await?;
        Ok(added.ok_or_else(|| Refusal::AccountExists(account_id.clone()))?)
    }

    /// Adds an account, unless there is one of that id.
    async fn add_account(&mut self, account_id: &AccountId, new: NewAccount) -> Result<Option<Account>, Error> {
        let mut account = Account {
            account_id: account_id.clone(),
            display_name: new.display_name,
            email: new.email,
            language: new.language,
            billing_standing: new.billing_standing,
            create_time: self.now,
            update_time: self.now,
            revision: 1,
        };
        let mut kind = EventKind::AccountCreated;
        if !self.tx.insert_account(&account).await? {
            kind = EventKind::AccountRecreated;
            match self.tx.insert_account_anew(&account).await? {
                Some(revision) => account.revision = revision,
                None => return Ok(None),
            }
        }
        let standing = Detail::new("billing_standing", account.billing_standing.name());
        self.push_event(of_account(kind, account_id, vec![standing])).await?;
        Ok(Some(account))
    }

    /// Changes fields of an account; `missing` is added if there is none, or else what is wrong with it is the answer.
    pub(crate) async fn update_account(
        &mut self,
        account_id: &AccountId,
        fields: AccountFields,
        etag: &str,
        missing: Option<Result<NewAccount, Error>>,
    ) -> Result<Account, Error> {
        // Changes are locked before accounts, as everywhere; which ones, only a new address makes matter.
        let mut changes = match fields.email.is_some() {
            true => self.tx.open_changes_of_party_for_update(account_id).await?,
            false => Vec::new(),
        };
        let account = match (self.tx.account_for_update(account_id).await?, missing) {
            (Some(account), _) => account,
            (None, Some(new)) if etag.is_empty() => {
                // Added by another call in this moment: it is there to be changed now.
                return self.add_account(account_id, new?).await?.ok_or_else(|| StoreError::Stale("account").into());
            }
            (None, _) => return Err(Refusal::AccountNotFound(account_id.clone()).into()),
        };
        if fields.email.is_some() {
            // One that was asked for while this call waited for the account would keep a code that the old address has.
            let open = self.tx.open_change_ids_of_party(account_id).await?;
            if open.iter().any(|id| changes.iter().all(|change| change.change_id != *id)) {
                return Err(StoreError::Stale("contact_change").into());
            }
        }
        check_etag(etag, account.create_time, account.revision)?;

        let mut updated = account.clone();
        if let Some(name) = fields.display_name {
            updated.display_name = name;
        }
        if let Some(email) = fields.email {
            updated.email = email;
        }
        if let Some(language) = fields.language {
            updated.language = language;
        }
        if let Some(standing) = fields.billing_standing {
            updated.billing_standing = standing;
        }
        if updated == account {
            return Ok(account);
        }
        updated.update_time = self.now;
        updated.revision += 1;

        let changed = changed_of_account(&account, &updated);
        let mut effects =
            Effects { events: vec![of_account(EventKind::AccountUpdated, account_id, changed)], ..Effects::default() };
        if updated.email != account.email {
            changes.retain(|change| change.awaits(account_id, self.now));
            if !changes.is_empty() {
                effects.mails.push(Mail {
                    kind: MailKind::AddressChanged,
                    change_id: None,
                    account_id: account_id.clone(),
                    generation: updated.revision,
                    to_address: Some(account.email),
                });
            }
            changes.retain_mut(|change| change.supersede(account_id, self.now, &mut effects));
            self.tx.supersede_tokens(account_id, changes.iter().map(|change| change.change_id)).await?;
        }
        self.tx.save_account(&updated).await?;
        self.push(&effects).await?;
        Ok(updated)
    }

    /// Deletes an account that nothing needs any more. Calls that showed it, each by its method, are from then on answered
    /// as given when they are repeated.
    pub(crate) async fn delete_account(
        &mut self,
        account_id: &AccountId,
        etag: &str,
        answers: [(&str, Vec<u8>); 2],
    ) -> Result<(), Error> {
        let account = self.tx.account_for_update(account_id).await?;
        let account = account.ok_or_else(|| Refusal::AccountNotFound(account_id.clone()))?;
        check_etag(etag, account.create_time, account.revision)?;
        if let Some(needed) = self.tx.account_use(account_id).await? {
            return Err(Refusal::AccountInUse(account_id.clone(), needed).into());
        }
        self.tx.delete_account(&account, self.now).await?;
        for (method, answer) in answers {
            self.tx.replace_answers(account_id, method, answer).await?;
        }
        self.push_event(of_account(EventKind::AccountDeleted, account_id, Vec::new())).await
    }

    /// Registers a service.
    pub(crate) async fn create_service(&mut self, new: NewService) -> Result<ServiceReport, Error> {
        let holders = new.contacts.holders();
        let known = self.tx.accounts_to_name(holders).await?;
        if let Some(unknown) = holders.into_iter().find(|holder| !known.contains_key(*holder)) {
            return Err(Refusal::AccountNotFound(unknown.clone()).into());
        }
        let service = Service {
            service_key: ServiceKey(self.new_id()),
            service_id: new.service_id,
            kind: new.kind,
            display_name: new.display_name,
            contacts: new.contacts,
            create_time: self.now,
            update_time: self.now,
            delete_time: None,
            revision: 1,
        };
        if !self.tx.insert_service(&service).await? {
            return Err(Refusal::ServiceExists.into());
        }
        self.push_event(of_service(EventKind::ServiceCreated, &service, made(&service))).await?;
        Ok(ServiceReport { service, open_change_ids: Vec::new() })
    }

    /// Changes fields of a service.
    pub(crate) async fn update_service(
        &mut self,
        service_id: &ServiceId,
        fields: ServiceFields,
        etag: &str,
    ) -> Result<ServiceReport, Error> {
        let service = self.tx.service_for_update(service_id, None).await?.ok_or(Refusal::ServiceNotFound)?;
        check_etag(etag, service.create_time, service.revision)?;
        let mut updated = service.clone();
        if let Some(kind) = fields.kind {
            updated.kind = kind;
        }
        if let Some(name) = fields.display_name {
            updated.display_name = name;
        }
        if updated != service {
            updated.touch(self.now);
            self.tx.save_service(&updated).await?;
            let changed = changed_of_service(&service, &updated);
            self.push_event(of_service(EventKind::ServiceUpdated, &updated, changed)).await?;
        }
        report(&self.tx, updated, None, self.now).await
    }

    /// Ends a service, and cancels what is open on it.
    pub(crate) async fn delete_service(&mut self, service_id: &ServiceId, etag: &str) -> Result<Vec<ChangeId>, Error> {
        let mut service = self.tx.service_for_update(service_id, None).await?.ok_or(Refusal::ServiceNotFound)?;
        check_etag(etag, service.create_time, service.revision)?;
        let mut effects = Effects::default();
        let mut cancelled = Vec::new();
        for mut change in self.tx.open_changes_for_update(service.service_key, None).await? {
            if change.cancel_with_service(self.policy(), self.now, &mut effects) {
                cancelled.push(change.change_id);
            }
            self.tx.save_contact_change(&change, self.now).await?;
        }
        service.delete_time = Some(self.now);
        service.touch(self.now);
        self.tx.save_service(&service).await?;
        effects.events.push(of_service(EventKind::ServiceDeleted, &service, Vec::new()));
        self.push(&effects).await?;
        Ok(cancelled)
    }

    /// Stores an event that nothing else follows from.
    async fn push_event(&self, event: Event) -> Result<(), Error> {
        self.push(&Effects { events: vec![event], ..Effects::default() }).await
    }
}
