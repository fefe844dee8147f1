//! The account directory.

use relevo_domain::{BillingStanding, DisplayName, EmailAddress, Language};
use relevo_persistence::Error;

use crate::{
    engine::Database,
    people::{PEOPLE, account, at, id, settle},
};

on_every_engine!(
    an_account_is_read_as_it_was_added,
    an_account_is_added_once,
    a_saved_account_is_read_as_it_was_saved,
    an_account_is_saved_once_for_each_revision,
    only_accounts_that_exist_are_found,
    each_account_is_on_one_page,
);

async fn an_account_is_read_as_it_was_added(db: &Database) {
    let mut ann = account("ann");
    ann.display_name = DisplayName::parse("Ann \u{1f469}\u{200d}\u{1f680} O'Hara; DROP TABLE account --").unwrap();
    ann.email = EmailAddress::parse("änn+'x@bücher.example").unwrap();
    ann.language = Language::parse("zh-Hant-TW").unwrap();
    ann.billing_standing = BillingStanding::Overdue;
    ann.update_time = "9999-12-30T22:00:00.999999Z".parse().unwrap();
    ann.create_time = "-009999-01-02T01:59:59Z".parse().unwrap();
    ann.revision = 1 << 62;
    let tx = db.store.write().await.unwrap();
    assert!(tx.insert_account(&ann).await.unwrap());
    assert_eq!(tx.account_for_update(&id("ann")).await.unwrap(), Some(ann.clone()));
    tx.commit().await.unwrap();
    let view = db.store.read().await.unwrap();
    assert_eq!(view.account(&id("ann")).await.unwrap(), Some(ann));
    assert_eq!(view.account(&id("tom")).await.unwrap(), None);
}

async fn an_account_is_added_once(db: &Database) {
    settle(db, &[]).await;
    let mut other = account("ann");
    other.display_name = DisplayName::parse("Another").unwrap();
    let tx = db.store.write().await.unwrap();
    assert!(!tx.insert_account(&other).await.unwrap());
    assert_eq!(tx.account(&id("ann")).await.unwrap(), Some(account("ann")));
}

async fn a_saved_account_is_read_as_it_was_saved(db: &Database) {
    settle(db, &[]).await;
    let mut ann = account("ann");
    ann.display_name = DisplayName::parse("Ann Other").unwrap();
    ann.email = EmailAddress::parse("other@example.com").unwrap();
    ann.language = Language::parse("de").unwrap();
    ann.billing_standing = BillingStanding::Overdue;
    ann.update_time = at(5);
    ann.revision = 2;
    let tx = db.store.write().await.unwrap();
    tx.save_account(&ann).await.unwrap();
    tx.commit().await.unwrap();
    let view = db.store.read().await.unwrap();
    assert_eq!(view.account(&id("ann")).await.unwrap(), Some(ann));
    assert_eq!(view.account(&id("tom")).await.unwrap(), Some(account("tom")), "another account");
}

async fn an_account_is_saved_once_for_each_revision(db: &Database) {
    settle(db, &[]).await;
    let tx = db.store.write().await.unwrap();
    let mut ann = account("ann");
    assert!(matches!(tx.save_account(&ann).await, Err(Error::Stale("account"))), "the revision that is stored");
    ann.revision = 2;
    tx.save_account(&ann).await.unwrap();
    assert!(matches!(tx.save_account(&ann).await, Err(Error::Stale("account"))), "the same again");
    tx.roll_back().await.unwrap();
    let tx = db.store.write().await.unwrap();
    tx.save_account(&ann).await.unwrap();
}

async fn only_accounts_that_exist_are_found(db: &Database) {
    let tx = db.store.write().await.unwrap();
    assert!(tx.insert_account(&account("ann")).await.unwrap());
    let found = tx.accounts([&id("ann"), &id("tom"), &id("ann")]).await.unwrap();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [(id("ann"), account("ann"))]);
    assert!(tx.accounts([]).await.unwrap().is_empty());
}

async fn each_account_is_on_one_page(db: &Database) {
    settle(db, &[]).await;
    let view = db.store.read().await.unwrap();
    for limit in 1..=7 {
        let mut seen = Vec::new();
        loop {
            let page = view.accounts_after(seen.last(), limit).await.unwrap();
            let count = page.len() as u64;
            assert!(count <= limit);
            seen.extend(page.into_iter().map(|account| account.account_id));
            assert!(seen.len() < 100, "the pages do not end");
            if count < limit {
                break;
            }
        }
        assert_eq!(seen, PEOPLE.map(id), "in pages of {limit}");
    }
}
