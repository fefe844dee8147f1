//! Whatever the rules make of the changes of a service, it is stored and read back as it is.

use std::{cell::RefCell, collections::BTreeMap};

use jiff::{SignedDuration, Timestamp};
use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use relevo_domain::{
    AccountId, BillingStanding, ChangeId, ContactChange, Effects, Nonce, Presented, RefusalReason, Role, Seal, Service,
    contact_change::{ChangeState, Facts, Wish, open, plan},
};
use relevo_persistence::Tx;
use uuid::Uuid;

use crate::{
    engine::Database,
    people::{PEOPLE, add_people, at, author, id, keyring, lease_mails, policy, shop},
};

on_every_engine!(whatever_the_rules_make_of_a_change_is_read_back_as_it_is);

/// What somebody does. People and changes are numbers, the latest change first, taken modulo how many there are.
#[derive(Debug, Clone)]
enum Step {
    Ask { requester: usize, nominees: [Option<usize>; 3] },
    Accept { change: usize, party: usize, right: bool },
    Refuse { change: usize, party: usize, reason: Option<String> },
    Cancel { change: usize, by: Option<usize> },
    Resend { change: usize, party: usize },
    NewAddress { who: usize },
    Sweep,
    Wait { seconds: i64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let person = || 0..PEOPLE.len();
    // Ann, Bill and Tom hold the roles at first.
    let requester = || prop_oneof![6 => Just(0), 1 => Just(1), 1 => Just(5), 1 => person()];
    let change = || 0..3_usize;
    let party = || 0..2_usize;
    // Characters of every width; what is no reason is none.
    let reason = || prop::option::of("[a-z '%\"\\\\ñ\u{1f600}\n]{0,40}");
    let step = prop_oneof![
        5 => (requester(), prop::array::uniform3(prop::option::weighted(0.4, person())))
            .prop_map(|(requester, nominees)| Step::Ask { requester, nominees }),
        8 => (change(), party(), prop::bool::weighted(0.8))
            .prop_map(|(change, party, right)| Step::Accept { change, party, right }),
        1 => (change(), party(), reason()).prop_map(|(change, party, reason)| Step::Refuse { change, party, reason }),
        1 => (change(), prop::option::of(person())).prop_map(|(change, by)| Step::Cancel { change, by }),
        2 => (change(), party()).prop_map(|(change, party)| Step::Resend { change, party }),
        1 => person().prop_map(|who| Step::NewAddress { who }),
        2 => Just(Step::Sweep),
        3 => prop_oneof![Just(1), Just(61), Just(24 * 3600), Just(6 * 24 * 3600)].prop_map(|seconds| Step::Wait { seconds }),
    ];
    prop::collection::vec(step, 1..=25)
}

/// What the test remembers beside the store: what must be read back.
struct World {
    service: Service,
    changes: Vec<ContactChange>,
    seals: Vec<Seal>,
    now: Timestamp,
}

impl World {
    /// The change that a step is about, loaded as a call loads it, with the others that are open.
    async fn case(&self, tx: &Tx, change: usize) -> Option<(ContactChange, Vec<ContactChange>)> {
        let wanted = self.changes.iter().rev().cycle().nth(change % self.changes.len().max(1))?.change_id;
        let mut loaded = tx.open_changes_for_update(self.service.service_key, Some(wanted)).await.unwrap();
        let nth = loaded.iter().position(|change| change.change_id == wanted).unwrap();
        let change = loaded.remove(nth);
        Some((change, loaded))
    }

    /// Stores what a rule has changed, and remembers it.
    async fn save(&mut self, tx: &Tx, changes: Vec<ContactChange>, service: Service, effects: Effects) {
        for change in changes {
            let known = self.changes.iter_mut().find(|known| known.change_id == change.change_id).unwrap();
            if *known != change {
                tx.save_contact_change(&change, self.now).await.unwrap();
                *known = change;
            }
        }
        if service != self.service {
            tx.save_service(&service).await.unwrap();
            self.service = service;
        }
        self.seals.extend(effects.seals.iter().cloned());
        tx.push(&effects, author("caller"), self.now).await.unwrap();
    }

    async fn step(&mut self, tx: &Tx, step: &Step) {
        let mut effects = Effects::default();
        let mut service = self.service.clone();
        let administrator = service.contacts.administrator.clone();
        let standing = |_: &AccountId| Some(BillingStanding::Good);
        let nonce = Nonce((self.seals.len() as u128).to_be_bytes());
        match step {
            Step::Wait { seconds } => self.now += SignedDuration::from_secs(*seconds),
            Step::Ask { requester, nominees } => {
                let nominees = Role::ALL.into_iter().zip(nominees);
                let nominees = nominees.filter_map(|(role, who)| Some((role, id(PEOPLE[(*who)?])))).collect();
                let wish = Wish { requester: id(PEOPLE[*requester]), nominees };
                let mut open_changes = tx.open_changes_for_update(service.service_key, None).await.unwrap();
                let Ok(plan) = plan(&wish, &service, &open_changes, standing, &policy(), self.now) else { return };
                if !plan.blockers.is_empty() {
                    return;
                }
                for change in &mut open_changes {
                    change.expire(&policy(), self.now, &mut effects);
                }
                self.save(tx, open_changes, service.clone(), Effects::default()).await;
                for draft in plan.drafts {
                    let change_id = ChangeId(Uuid::from_u128(self.changes.len() as u128 + 1));
                    let key_id = keyring().signing().key_id().clone();
                    let nonces = [nonce, nonce];
                    let change = open(draft, &service, change_id, nonces, &key_id, &policy(), self.now, &mut effects);
                    tx.insert_contact_change(&change, &administrator).await.unwrap();
                    self.changes.push(change);
                }
                self.save(tx, Vec::new(), service, effects).await;
            }
            Step::Accept { change, party, right } => {
                let Some((mut change, mut others)) = self.case(tx, *change).await else { return };
                let party = change.confirmations[party % change.confirmations.len()].clone();
                let token = if *right { Presented::Generation(party.generation) } else { Presented::Unknown };
                let policy = policy();
                let facts =
                    Facts { service: &mut service, others: &mut others, standing, policy: &policy, now: self.now };
                let _ = change.accept(&party.account_id, token, facts, &mut effects);
                others.push(change);
                self.save(tx, others, service, effects).await;
            }
            Step::Refuse { change, party, reason } => {
                let Some((mut change, _)) = self.case(tx, *change).await else { return };
                let party = change.confirmations[party % change.confirmations.len()].clone();
                let token = Presented::Generation(party.generation);
                let reason = reason.as_deref().and_then(|text| RefusalReason::parse(text).ok().flatten());
                let _ =
                    change.refuse(&party.account_id, token, reason, &administrator, &policy(), self.now, &mut effects);
                self.save(tx, vec![change], service, effects).await;
            }
            Step::Cancel { change, by } => {
                let Some((mut change, _)) = self.case(tx, *change).await else { return };
                let by = by.map(|by| id(PEOPLE[by]));
                let _ = change.cancel(by.as_ref(), &administrator, &policy(), self.now, &mut effects);
                self.save(tx, vec![change], service, effects).await;
            }
            Step::Resend { change, party } => {
                let Some((mut change, _)) = self.case(tx, *change).await else { return };
                let party = change.confirmations[party % change.confirmations.len()].account_id.clone();
                let key_id = keyring().signing().key_id().clone();
                let _ = change.resend(&party, nonce, &key_id, &administrator, &policy(), self.now, &mut effects);
                self.save(tx, vec![change], service, effects).await;
            }
            Step::NewAddress { who } => {
                let who = id(PEOPLE[*who]);
                let mut changes = tx.open_changes_of_party_for_update(&who).await.unwrap();
                changes.retain_mut(|change| change.supersede(&who, self.now, &mut effects));
                tx.supersede_tokens(&who, changes.iter().map(|change| change.change_id)).await.unwrap();
                for change in changes {
                    let known = self.changes.iter_mut().find(|known| known.change_id == change.change_id);
                    *known.unwrap() = change;
                }
                self.save(tx, Vec::new(), service, effects).await;
            }
            Step::Sweep => {
                let mut due = tx.due_changes_for_update(self.now, 100).await.unwrap();
                for change in &mut due {
                    assert!(change.expire(&policy(), self.now, &mut effects) || change.remind(self.now, &mut effects));
                }
                self.save(tx, due, service, effects).await;
                assert!(!tx.change_is_due(self.now).await.unwrap());
            }
        }
    }

    async fn check(&self, tx: &Tx) {
        assert_eq!(tx.service(&self.service.service_id, None).await.unwrap().as_ref(), Some(&self.service));
        for change in &self.changes {
            let report = tx.change_report(change.change_id, None).await.unwrap().unwrap();
            assert_eq!(report.change, *change);
            assert_eq!(report.administrator, self.service.contacts.administrator);
            let mut seals: Vec<_> = self.seals.iter().filter(|seal| seal.change_id == change.change_id).collect();
            seals.sort_by_key(|seal| (seal.account_id.clone(), seal.generation));
            assert_eq!(tx.seals(change.change_id).await.unwrap().iter().collect::<Vec<_>>(), seals);
        }
        let open = tx.open_change_ids([self.service.service_key], None, self.now).await.unwrap();
        let expected: Vec<_> =
            self.changes.iter().filter(|change| change.is_open(self.now)).map(|change| change.change_id).collect();
        assert_eq!(open.get(&self.service.service_key).cloned().unwrap_or_default(), expected);
        // What is mailed with a token can still be decided with.
        for due in lease_mails(tx, self.now, Timestamp::MAX, 1000).await {
            let change = self.changes.iter().find(|change| Some(change.change_id) == due.mail.change_id).unwrap();
            if due.mail.kind.carries_token() && change.is_open(self.now) {
                assert_eq!(change.good_generation(&due.mail.account_id, self.now), Some(due.mail.generation));
            }
        }
    }
}

async fn whatever_the_rules_make_of_a_change_is_read_back_as_it_is(db: &Database) {
    let runtime = tokio::runtime::Handle::current();
    let store = db.store.clone();
    let property = move || {
        let ended = RefCell::new(BTreeMap::<_, usize>::new());
        let config = ProptestConfig { cases: 150, failure_persistence: None, ..Default::default() };
        // The same steps each time: what they come to is counted below.
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
            .run(&steps(), |steps| {
                let states: Vec<_> = runtime.block_on(async {
                    let tx = store.write().await.unwrap();
                    add_people(&tx).await;
                    assert!(tx.insert_service(&shop()).await.unwrap());
                    let mut world = World { service: shop(), changes: Vec::new(), seals: Vec::new(), now: at(0) };
                    for step in &steps {
                        world.step(&tx, step).await;
                        world.check(&tx).await;
                    }
                    tx.roll_back().await.unwrap();
                    world.changes.iter().map(|change| change.state.name()).collect()
                });
                for state in states {
                    *ended.borrow_mut().entry(state.name()).or_default() += 1;
                }
                Ok(())
            })
            .unwrap();
        let ended = ended.into_inner();
        assert!(
            ended.len() == ChangeState::ALL.len() && ended["done"] > 10,
            "what the steps hardly ever do: {ended:?}"
        );
    };
    tokio::task::spawn_blocking(property).await.unwrap();
}
