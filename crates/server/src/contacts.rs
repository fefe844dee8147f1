//! What each call of the directory does: accounts, services, who is whose contact.

use jiff::Timestamp;
use relevo_domain::{
    Account, AccountId, BillingStanding, ChangeId, Contacts, DisplayName, Effects, EmailAddress, Event, EventKind,
    Kind, Language, Mail, MailKind, Refusal, Service, ServiceId, ServiceKey,
};
use relevo_persistence::{Error as StoreError, ServiceFilter, View};

use crate::{Error, installation::Installation, mutation::Mutation};

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

fn event(kind: EventKind, account: Option<&AccountId>, service: Option<ServiceKey>) -> Event {
    Event { kind, account_id: account.cloned(), service_key: service, change_id: None }
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
        let service = view.service(service_id).await?.ok_or(Refusal::ServiceNotFound)?;
        if viewer.is_some_and(|viewer| service.contacts.roles_of(viewer).is_empty()) {
            return Err(Refusal::ServiceNotFound.into());
        }
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
        let account = Account {
            account_id: account_id.clone(),
            display_name: new.display_name,
            email: new.email,
            language: new.language,
            billing_standing: new.billing_standing,
            create_time: self.now,
            update_time: self.now,
            revision: 1,
        };
        if !self.tx.insert_account(&account).await? {
            return Ok(None);
        }
        self.push_event(event(EventKind::AccountCreated, Some(account_id), None)).await?;
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

        let mut effects =
            Effects { events: vec![event(EventKind::AccountUpdated, Some(account_id), None)], ..Effects::default() };
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
        self.tx.push(&effects, self.caller(), self.now).await?;
        Ok(updated)
    }

    /// Registers a service.
    pub(crate) async fn create_service(&mut self, new: NewService) -> Result<ServiceReport, Error> {
        let holders = new.contacts.holders();
        let known = self.tx.accounts(holders).await?;
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
        self.push_event(event(EventKind::ServiceCreated, None, Some(service.service_key))).await?;
        Ok(ServiceReport { service, open_change_ids: Vec::new() })
    }

    /// Changes fields of a service.
    pub(crate) async fn update_service(
        &mut self,
        service_id: &ServiceId,
        fields: ServiceFields,
        etag: &str,
    ) -> Result<ServiceReport, Error> {
        let service = self.tx.service_for_update(service_id).await?.ok_or(Refusal::ServiceNotFound)?;
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
            self.push_event(event(EventKind::ServiceUpdated, None, Some(updated.service_key))).await?;
        }
        report(&self.tx, updated, None, self.now).await
    }

    /// Ends a service, and cancels what is open on it.
    pub(crate) async fn delete_service(&mut self, service_id: &ServiceId, etag: &str) -> Result<Vec<ChangeId>, Error> {
        let mut service = self.tx.service_for_update(service_id).await?.ok_or(Refusal::ServiceNotFound)?;
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
        effects.events.push(event(EventKind::ServiceDeleted, None, Some(service.service_key)));
        self.tx.push(&effects, self.caller(), self.now).await?;
        Ok(cancelled)
    }

    /// Stores an event that nothing else follows from.
    async fn push_event(&self, event: Event) -> Result<(), Error> {
        Ok(self.tx.push(&Effects { events: vec![event], ..Effects::default() }, self.caller(), self.now).await?)
    }
}
