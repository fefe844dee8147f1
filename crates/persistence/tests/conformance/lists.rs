//! Lists of contact changes, page by page.

use std::collections::BTreeSet;

use jiff::Timestamp;
use relevo_domain::{
    AccountId, ContactChange, Effects, Service, State,
    contact_change::{Canceller, ChangeState, Ending, FailureCause},
};
use relevo_persistence::{ChangeFilter, Part};

use crate::{
    engine::Database,
    people::{add_changes, asked_one, at, id, policy, service, settle},
};

on_every_engine!(each_change_of_a_filter_is_on_one_page, an_expired_change_is_listed_as_expired_swept_or_not);

fn services() -> Vec<Service> {
    let holders = ["ann tom bill", "nora tom bill", "ann nora ann"];
    (1..).zip(holders).map(|(n, holders)| service(n, &format!("s{n}.example"), holders)).collect()
}

/// Changes of three services in every state, and in the order of their ids from newest to oldest.
async fn changes(db: &Database) -> Vec<ContactChange> {
    let services = services();
    settle(db, &services).await;
    let endings = [
        None,
        Some(Ending::Done),
        Some(Ending::Refused { by: id("nora"), reason: None }),
        Some(Ending::Cancelled(Canceller::Operator)),
        Some(Ending::Expired),
        Some(Ending::Failed(FailureCause::IncumbentReplaced)),
        Some(Ending::Done),
    ];
    let mut changes = Vec::new();
    for (n, ending) in (1..).zip(&endings) {
        for (s, service) in (0..).zip(&services) {
            let requester = service.contacts.administrator.as_str();
            let requester = if requester == id("ann").as_str() { "ann" } else { "nora" };
            let asks = if n % 2 == 0 { "technical=omar" } else { "technical=rita" };
            let (mut change, _) = asked_one((n * 11) % 23 * 3 + s, service, requester, asks);
            if let Some(ending) = ending {
                change.state = State::Settled { at: at(1), ending: ending.clone() };
            }
            add_changes(db, service, &[change.clone()], &Effects::default()).await;
            changes.push(change);
        }
    }
    changes.sort_by_key(|change| std::cmp::Reverse(change.change_id));
    changes
}

fn is_part(change: &ContactChange, account: &AccountId, part: Part) -> bool {
    let administrator = services()
        .iter()
        .any(|service| service.service_key == change.service_key && service.contacts.administrator == *account);
    match part {
        Part::Requester => change.requester == *account,
        Part::Nominee => change.nominee == *account,
        Part::Incumbent => change.incumbent == *account,
        Part::Administrator => administrator,
    }
}

async fn each_change_of_a_filter_is_on_one_page(db: &Database) {
    let changes = changes(db).await;
    let (_, end) = (at(0), changes[0].expire_time);
    let view = db.store.read().await.unwrap();
    let participants: Vec<Option<(AccountId, Vec<Part>)>> = ["ann", "nora", "omar"]
        .iter()
        .flat_map(|name| {
            let one_each = Part::ALL.iter().map(|part| vec![*part]);
            let two = vec![Part::Requester, Part::Administrator];
            one_each.chain([Part::ALL.to_vec(), two]).map(|parts| Some((id(name), parts)))
        })
        .chain([None])
        .collect();
    let states: Vec<Vec<ChangeState>> = ChangeState::ALL
        .iter()
        .map(|state| vec![*state])
        .chain([
            vec![],
            ChangeState::ALL.to_vec(),
            vec![ChangeState::Done, ChangeState::Refused],
            vec![ChangeState::Expired, ChangeState::Pending, ChangeState::Pending],
        ])
        .collect();
    let mut lists = BTreeSet::new();
    for participant in &participants {
        for states in &states {
            for service in [None, Some(services()[1].service_id.clone())] {
                for (now, limit) in [(at(0), 1), (at(0), 4), (at(0), 50), (end, 4)] {
                    let filter = ChangeFilter {
                        participant: participant.clone(),
                        states: states.clone(),
                        service_id: service.clone(),
                    };
                    let wanted = |change: &&ContactChange| {
                        participant
                            .as_ref()
                            .is_none_or(|(account, parts)| parts.iter().any(|part| is_part(change, account, *part)))
                            && (states.is_empty() || states.contains(&change.state_at(now).name()))
                            && service.as_ref().is_none_or(|service| change.service_id == *service)
                    };
                    let expected: Vec<_> = changes.iter().filter(wanted).cloned().collect();
                    let seen = all_pages(&view, &filter, limit, now).await;
                    assert_eq!(seen, expected, "{filter:?} in pages of {limit} at {now}");
                    lists.insert(seen.len());
                }
            }
        }
    }
    assert!(lists.contains(&0) && lists.contains(&changes.len()) && lists.len() > 8, "{lists:?}");
}

async fn all_pages(
    view: &relevo_persistence::View,
    filter: &ChangeFilter,
    limit: u64,
    now: Timestamp,
) -> Vec<ContactChange> {
    let mut seen: Vec<ContactChange> = Vec::new();
    loop {
        let before = seen.last().map(|change| change.change_id);
        let page = view.change_reports_before(filter, before, limit, now).await.unwrap();
        let count = page.len() as u64;
        assert!(count <= limit);
        seen.extend(page.into_iter().map(|report| report.change));
        assert!(seen.len() < 100, "the pages of {filter:?} do not end");
        if count < limit {
            return seen;
        }
    }
}

async fn an_expired_change_is_listed_as_expired_swept_or_not(db: &Database) {
    let shop = crate::people::shop();
    settle(db, std::slice::from_ref(&shop)).await;
    let (unswept, _) = asked_one(1, &shop, "ann", "technical=nora");
    let (mut swept, _) = asked_one(2, &shop, "ann", "billing=nora");
    let end = unswept.expire_time;
    assert!(swept.expire(&policy(), end, &mut Effects::default()));
    add_changes(db, &shop, &[unswept.clone(), swept.clone()], &Effects::default()).await;
    let view = db.store.read().await.unwrap();
    let list = |state, now| {
        let filter = ChangeFilter { states: vec![state], ..Default::default() };
        let view = &view;
        async move { all_pages(view, &filter, 9, now).await }
    };
    let before = end - jiff::SignedDuration::from_micros(1);
    assert_eq!(list(ChangeState::Pending, before).await, std::slice::from_ref(&unswept));
    assert_eq!(list(ChangeState::Expired, before).await, std::slice::from_ref(&swept));
    assert_eq!(list(ChangeState::Pending, end).await, []);
    assert_eq!(list(ChangeState::Expired, end).await, [swept, unswept]);
}
