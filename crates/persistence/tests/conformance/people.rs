//! People, services and changes, to store.

use std::{collections::BTreeMap, sync::LazyLock};

use jiff::{SignedDuration, Timestamp};
use relevo_domain::{
    Account, AccountId, BillingStanding, ChangeId, ContactChange, Contacts, DisplayName, Effects, EmailAddress, Key,
    Keyring, Kind, Language, Nonce, Policy, Role, Service, ServiceId, ServiceKey,
    contact_change::{Wish, open, plan},
};
use relevo_persistence::{Author, DueMail, Tx};
use uuid::Uuid;

use crate::engine::Database;

/// Everyone who has an account, in the order of their accounts.
pub(crate) const PEOPLE: [&str; 6] = ["ann", "bill", "nora", "omar", "rita", "tom"];

/// A moment, so many seconds after the first.
pub(crate) fn at(seconds: i64) -> Timestamp {
    "2026-03-02T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

/// The account of a person.
pub(crate) fn id(name: &str) -> AccountId {
    let letters = name.get(..2).unwrap();
    AccountId::parse(&format!("{letters}1-ovh")).unwrap()
}

pub(crate) fn account(name: &str) -> Account {
    Account {
        account_id: id(name),
        display_name: DisplayName::parse(name).unwrap(),
        email: EmailAddress::parse(&format!("{name}@example.com")).unwrap(),
        language: Language::parse("es-MX").unwrap(),
        billing_standing: BillingStanding::Good,
        create_time: at(0),
        update_time: at(0),
        revision: 1,
    }
}

pub(crate) fn service_id(text: &str) -> ServiceId {
    ServiceId::parse(text).unwrap()
}

/// Somebody who writes into the history.
pub(crate) fn author(name: &'static str) -> Author<'static> {
    static KEYRING: LazyLock<Keyring> = LazyLock::new(keyring);
    Author { name, keyring: &KEYRING }
}

/// The n-th service, with these holders of its administrator, technical and billing role, as in `ann tom bill`.
pub(crate) fn service(n: u128, name: &str, holders: &str) -> Service {
    let holders: Vec<_> = holders.split_whitespace().map(id).collect();
    let [administrator, technical, billing] = holders.try_into().unwrap();
    Service {
        service_key: ServiceKey(Uuid::from_u128(n)),
        service_id: service_id(name),
        kind: Kind::parse("domain").unwrap(),
        display_name: Some(DisplayName::parse("The shop").unwrap()),
        contacts: Contacts { administrator, technical, billing },
        create_time: at(0),
        update_time: at(0),
        delete_time: None,
        revision: 1,
    }
}

/// Ann's service, on which Tom is technical and Bill billing contact.
pub(crate) fn shop() -> Service {
    service(1, "example.com", "ann tom bill")
}

pub(crate) fn policy() -> Policy {
    Policy {
        lifetime: SignedDuration::from_hours(7 * 24),
        remind_before: Some(SignedDuration::from_hours(24)),
        expiry_notice: true,
        resend_interval: SignedDuration::from_secs(60),
        resend_limit: 3,
        standing_for_every_role: false,
    }
}

pub(crate) fn keyring() -> Keyring {
    Keyring::new(Key::new([7; 32]), Vec::new())
}

/// The changes, the first with the n-th id, that come of asking for `technical=nora billing=omar`, and what follows.
pub(crate) fn asked(n: u128, service: &Service, requester: &str, asks: &str) -> (Vec<ContactChange>, Effects) {
    let nominees: BTreeMap<_, _> = asks
        .split_whitespace()
        .map(|ask| {
            let (role, nominee) = ask.split_once('=').unwrap();
            (Role::ALL.into_iter().find(|known| known.name() == role).unwrap(), id(nominee))
        })
        .collect();
    let wish = Wish { requester: id(requester), nominees };
    let good = |_: &AccountId| Some(BillingStanding::Good);
    let plan = plan(&wish, service, &[], good, &policy(), at(0)).unwrap();
    assert!(plan.blockers.is_empty(), "{:?}", plan.blockers);
    let mut effects = Effects::default();
    let open = |(draft, n): (_, u128)| {
        let nonces = (0..).map(|party| Nonce((n * 1000 + party).to_be_bytes()));
        let change_id = ChangeId(Uuid::from_u128(n));
        open(draft, service, change_id, nonces, keyring().signing().key_id(), &policy(), at(0), &mut effects)
    };
    (plan.drafts.into_iter().zip(n..).map(open).collect(), effects)
}

/// The one change of an asking.
pub(crate) fn asked_one(n: u128, service: &Service, requester: &str, asks: &str) -> (ContactChange, Effects) {
    let (mut changes, effects) = asked(n, service, requester, asks);
    assert_eq!(changes.len(), 1);
    (changes.remove(0), effects)
}

pub(crate) async fn add_people(tx: &Tx) {
    for name in PEOPLE {
        assert!(tx.insert_account(&account(name)).await.unwrap());
    }
}

/// Adds the people and the services.
pub(crate) async fn settle(db: &Database, services: &[Service]) {
    let tx = db.store.write().await.unwrap();
    add_people(&tx).await;
    for service in services {
        assert!(tx.insert_service(service).await.unwrap());
    }
    tx.commit().await.unwrap();
}

/// Adds the changes, with what follows from asking for them.
pub(crate) async fn add_changes(db: &Database, service: &Service, changes: &[ContactChange], effects: &Effects) {
    let tx = db.store.write().await.unwrap();
    for change in changes {
        tx.insert_contact_change(change, &service.contacts.administrator).await.unwrap();
    }
    tx.push(effects, author("caller"), at(0)).await.unwrap();
    tx.commit().await.unwrap();
}

/// Adds the people, the shop, and the change in which Ann names Nora technical contact.
pub(crate) async fn ann_named_nora(db: &Database) -> ContactChange {
    settle(db, &[shop()]).await;
    let (change, effects) = asked_one(1, &shop(), "ann", "technical=nora");
    add_changes(db, &shop(), std::slice::from_ref(&change), &effects).await;
    change
}

/// Leases the mails that are due, up to so many.
pub(crate) async fn lease_mails(tx: &Tx, now: Timestamp, until: Timestamp, limit: u64) -> Vec<DueMail> {
    let mut leased = Vec::new();
    for _ in 0..limit {
        match tx.lease_mail(now, until, &[]).await.unwrap() {
            Some(due) => leased.push(due),
            None => break,
        }
    }
    leased
}
