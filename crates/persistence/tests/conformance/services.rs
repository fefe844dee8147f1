//! Services, who is their contact, and the lists of them.

use std::collections::BTreeSet;

use relevo_domain::{Contacts, Kind, Role, Roles, Service};
use relevo_persistence::{ChangeFilter, Error, Part, ServiceFilter, View};

use crate::{
    engine::Database,
    people::{add_changes, ann_named_nora, asked_one, at, id, policy, service, service_id, settle, shop},
};

on_every_engine!(
    a_service_is_read_as_it_was_registered,
    an_id_is_registered_once,
    an_id_of_a_deleted_service_is_registered_again,
    a_deleted_service_is_found_by_its_change_alone,
    a_saved_service_is_read_as_it_was_saved,
    a_service_is_saved_once_for_each_revision,
    a_new_administrator_sees_the_changes_of_the_service_and_the_old_one_no_longer,
    a_contact_without_an_account_is_refused,
    each_service_of_a_filter_is_on_one_page,
    a_part_of_a_name_finds_what_begins_with_it,
);

async fn a_service_is_read_as_it_was_registered(db: &Database) {
    let mut nameless = service(2, "vps-12.example.net", "tom tom tom");
    nameless.display_name = None;
    settle(db, &[shop(), nameless.clone()]).await;
    let view = db.store.read().await.unwrap();
    assert_eq!(view.service(&service_id("example.com"), None).await.unwrap(), Some(shop()));
    assert_eq!(view.service(&service_id("vps-12.example.net"), None).await.unwrap(), Some(nameless));
    assert_eq!(view.service(&service_id("example"), None).await.unwrap(), None);
}

async fn an_id_is_registered_once(db: &Database) {
    settle(db, &[shop()]).await;
    let tx = db.store.write().await.unwrap();
    assert!(!tx.insert_service(&service(2, "example.com", "tom tom tom")).await.unwrap());
    assert_eq!(tx.service_for_update(&service_id("example.com"), None).await.unwrap(), Some(shop()));
}

fn deleted(mut service: Service) -> Service {
    service.delete_time = Some(at(9));
    service.touch(at(9));
    service
}

async fn an_id_of_a_deleted_service_is_registered_again(db: &Database) {
    let change = ann_named_nora(db).await;
    let mut change = change;
    let tx = db.store.write().await.unwrap();
    assert!(change.cancel_with_service(&policy(), at(9), &mut Default::default()));
    tx.save_contact_change(&change, at(9)).await.unwrap();
    tx.save_service(&deleted(shop())).await.unwrap();
    assert_eq!(tx.service(&service_id("example.com"), None).await.unwrap(), None);
    let again = service(2, "example.com", "tom tom tom");
    assert!(tx.insert_service(&again).await.unwrap());
    assert_eq!(tx.service(&service_id("example.com"), None).await.unwrap(), Some(again.clone()));
    assert!(tx.open_changes_for_update(again.service_key, None).await.unwrap().is_empty());
    let filter = ServiceFilter { holder: None, kind: None, prefix: String::new() };
    assert_eq!(tx.services_after(&filter, None, 9).await.unwrap(), [again]);
    let of_ann = ServiceFilter { holder: Some((id("ann"), all_roles())), ..filter };
    assert_eq!(tx.services_after(&of_ann, None, 9).await.unwrap(), []);
}

async fn a_deleted_service_is_found_by_its_change_alone(db: &Database) {
    let change = ann_named_nora(db).await;
    let tx = db.store.write().await.unwrap();
    tx.save_service(&deleted(shop())).await.unwrap();
    assert_eq!(tx.service_for_update(&service_id("example.com"), None).await.unwrap(), None);
    let found = tx.service_of_change_for_update(change.change_id, None).await.unwrap();
    assert_eq!(found, Some(deleted(shop())));
    let unknown = relevo_domain::ChangeId(uuid::Uuid::from_u128(99));
    assert_eq!(tx.service_of_change_for_update(unknown, None).await.unwrap(), None);
    let report = tx.change_report(change.change_id, None).await.unwrap().unwrap();
    assert_eq!(report.administrator, id("ann"), "the last there was");
}

async fn a_saved_service_is_read_as_it_was_saved(db: &Database) {
    settle(db, &[shop(), service(2, "other.example", "ann tom bill")]).await;
    let mut saved = shop();
    saved.kind = Kind::parse("hosting").unwrap();
    saved.display_name = None;
    saved.contacts = Contacts { administrator: id("tom"), technical: id("nora"), billing: id("bill") };
    saved.touch(at(3));
    let tx = db.store.write().await.unwrap();
    tx.save_service(&saved).await.unwrap();
    tx.commit().await.unwrap();
    let view = db.store.read().await.unwrap();
    assert_eq!(view.service(&saved.service_id, None).await.unwrap(), Some(saved));
    let other = service(2, "other.example", "ann tom bill");
    assert_eq!(view.service(&other.service_id, None).await.unwrap(), Some(other), "another service");
}

async fn a_service_is_saved_once_for_each_revision(db: &Database) {
    settle(db, &[shop()]).await;
    let tx = db.store.write().await.unwrap();
    let mut saved = shop();
    saved.contacts.technical = id("nora");
    assert!(matches!(tx.save_service(&saved).await, Err(Error::Stale("service"))), "the revision that is stored");
    assert_eq!(tx.service(&saved.service_id, None).await.unwrap(), Some(shop()), "and no contact has moved");
    saved.touch(at(1));
    tx.save_service(&saved).await.unwrap();
    assert!(matches!(tx.save_service(&saved).await, Err(Error::Stale("service"))), "the same again");
}

async fn seen_as_administrator(view: &View, name: &str) -> usize {
    let filter = ChangeFilter { participant: Some((id(name), vec![Part::Administrator])), ..Default::default() };
    view.change_reports_before(&filter, None, 9, at(0)).await.unwrap().len()
}

async fn a_new_administrator_sees_the_changes_of_the_service_and_the_old_one_no_longer(db: &Database) {
    ann_named_nora(db).await;
    let other = service(2, "other.example", "ann tom bill");
    let tx = db.store.write().await.unwrap();
    assert!(tx.insert_service(&other).await.unwrap());
    tx.commit().await.unwrap();
    let (change, effects) = asked_one(2, &other, "ann", "billing=omar");
    add_changes(db, &other, &[change], &effects).await;

    let tx = db.store.write().await.unwrap();
    assert_eq!((seen_as_administrator(&tx, "ann").await, seen_as_administrator(&tx, "rita").await), (2, 0));
    let mut passed = shop();
    passed.contacts.administrator = id("rita");
    passed.touch(at(1));
    tx.save_service(&passed).await.unwrap();
    assert_eq!((seen_as_administrator(&tx, "ann").await, seen_as_administrator(&tx, "rita").await), (1, 1));
    let filter = ChangeFilter { participant: Some((id("ann"), vec![Part::Requester])), ..Default::default() };
    let asked = tx.change_reports_before(&filter, None, 9, at(0)).await.unwrap();
    assert_eq!(asked.len(), 2, "what she asked for she still sees");
    assert_eq!(asked[1].administrator, id("rita"));
}

async fn a_contact_without_an_account_is_refused(db: &Database) {
    let tx = db.store.write().await.unwrap();
    assert!(matches!(tx.insert_service(&shop()).await, Err(Error::Database(_))));
}

fn all_roles() -> Roles {
    Role::ALL.into_iter().collect()
}

/// Twelve services of two kinds, and one that is deleted; Ann administers half of them, and Tom is all else.
async fn twelve(db: &Database) -> Vec<Service> {
    let services: Vec<_> = (0..12)
        .map(|n| {
            let holders = if n % 2 == 0 { "ann tom tom" } else { "tom tom tom" };
            // Registered in another order than that of their names.
            let mut service = service(100 + (n * 7) % 12, &format!("s{}.{n:02}.example", n % 3), holders);
            service.kind = Kind::parse(if n % 4 < 2 { "domain" } else { "vps" }).unwrap();
            service
        })
        .collect();
    let mut gone = service(200, "s1.gone.example", "ann ann ann");
    settle(db, &services).await;
    let tx = db.store.write().await.unwrap();
    assert!(tx.insert_service(&gone).await.unwrap());
    gone = deleted(gone);
    tx.save_service(&gone).await.unwrap();
    tx.commit().await.unwrap();
    services
}

async fn each_service_of_a_filter_is_on_one_page(db: &Database) {
    let services = twelve(db).await;
    let view = db.store.read().await.unwrap();
    let administrator = Roles::from_iter([Role::Administrator]);
    for holder in [None, Some(("ann", administrator)), Some(("tom", all_roles())), Some(("tom", administrator))] {
        for kind in [None, Some("domain"), Some("vps"), Some("mail")] {
            for (prefix, limit) in
                ["", "s1", "s1.0", "s1.gone", "t"].into_iter().flat_map(|p| [(p, 1), (p, 3), (p, 50)])
            {
                let wanted = |service: &&Service| {
                    holder.is_none_or(|(name, roles)| {
                        let held = service.contacts.roles_of(&id(name));
                        roles.iter().any(|role| held.contains(role))
                    }) && kind.is_none_or(|kind| service.kind.as_str() == kind)
                        && service.service_id.as_str().starts_with(prefix)
                };
                let mut expected: Vec<_> = services.iter().filter(wanted).cloned().collect();
                expected.sort_by(|one, other| one.service_id.cmp(&other.service_id));

                let filter = ServiceFilter {
                    holder: holder.map(|(name, roles)| (id(name), roles)),
                    kind: kind.map(|kind| Kind::parse(kind).unwrap()),
                    prefix: prefix.to_owned(),
                };
                let mut seen: Vec<Service> = Vec::new();
                loop {
                    let after = seen.last().map(|service| service.service_id.clone());
                    let page = view.services_after(&filter, after.as_ref(), limit).await.unwrap();
                    let count = page.len() as u64;
                    assert!(count <= limit);
                    seen.extend(page);
                    assert!(seen.len() < 100, "the pages of {filter:?} do not end");
                    if count < limit {
                        break;
                    }
                }
                assert_eq!(seen, expected, "{filter:?} in pages of {limit}");
            }
        }
    }
}

async fn a_part_of_a_name_finds_what_begins_with_it(db: &Database) {
    let names = ["a", "a-z", "a.b", "a0", "a_b", "ab", "az", "b"];
    let services: Vec<_> = names.iter().zip(1..).map(|(name, n)| service(n, name, "ann ann ann")).collect();
    settle(db, &services).await;
    let view = db.store.read().await.unwrap();
    for holder in [None, Some((id("ann"), all_roles()))] {
        for prefix in ["", "a", "a-", "a_", "a_b", "a%", "az", "b", "c", "\u{7e}"] {
            let filter = ServiceFilter { holder: holder.clone(), kind: None, prefix: prefix.to_owned() };
            let found = view.services_after(&filter, None, 50).await.unwrap();
            let found: BTreeSet<_> = found.iter().map(|service| service.service_id.as_str()).collect();
            let expected: BTreeSet<_> = names.into_iter().filter(|name| name.starts_with(prefix)).collect();
            assert_eq!(found, expected, "{prefix:?}");
        }
    }
}
