//! Whatever people do to the changes of one service, in whatever order: what must always be true.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{TestCaseResult, TestRunner},
};
use relevo_domain::{
    ContactChange, Contacts, EventKind, Keyring, MailKind, Presented, Refusal, Role, Roles,
    contact_change::{Canceller, ChangeState, Decision, Ending, State},
};

use crate::world::{PEOPLE, World, id, name, seconds};

/// What somebody does. People and changes are numbers, the latest change first, taken modulo how many there are.
#[derive(Debug, Clone)]
enum Step {
    Ask { requester: usize, nominees: [Option<usize>; 3] },
    Accept { change: usize, who: Who, token: TokenShown },
    Refuse { change: usize, who: Who, token: TokenShown },
    Cancel { change: usize, who: Option<Who> },
    Resend { change: usize, who: Who },
    NewAddress { who: usize },
    Remind,
    Wait { seconds: i64 },
    Expire,
    Bills { who: usize },
}

/// The one who does it.
#[derive(Debug, Clone, Copy)]
enum Who {
    /// A party of the change.
    Party(usize),
    /// Anyone, a stranger perhaps.
    Anyone(usize),
}

/// The token that is shown.
#[derive(Debug, Clone, Copy)]
enum TokenShown {
    /// The newest of that party and change.
    Newest,
    /// Any that was ever made, for anyone.
    Any(usize),
    /// One that was never made.
    Invented,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let person = || 0..PEOPLE.len();
    // Ann, Tom and Bill are the first of the people, and hold the roles at first.
    let requester = || prop_oneof![4 => 0..3_usize, 1 => person()];
    let change = || prop_oneof![3 => 0..2_usize, 1 => 0..8_usize];
    let who = || prop_oneof![5 => (0..2_usize).prop_map(Who::Party), 1 => person().prop_map(Who::Anyone)];
    let token = || {
        prop_oneof![
            6 => Just(TokenShown::Newest),
            2 => any::<usize>().prop_map(TokenShown::Any),
            1 => Just(TokenShown::Invented),
        ]
    };
    let nominees = || prop::array::uniform3(prop::option::weighted(0.4, person()));
    let step = prop_oneof![
        6 => (requester(), nominees()).prop_map(|(requester, nominees)| Step::Ask { requester, nominees }),
        14 => (change(), who(), token()).prop_map(|(change, who, token)| Step::Accept { change, who, token }),
        1 => (change(), who(), token()).prop_map(|(change, who, token)| Step::Refuse { change, who, token }),
        1 => (change(), prop::option::weighted(0.8, who())).prop_map(|(change, who)| Step::Cancel { change, who }),
        3 => (change(), who()).prop_map(|(change, who)| Step::Resend { change, who }),
        1 => person().prop_map(|who| Step::NewAddress { who }),
        1 => Just(Step::Remind),
        3 => prop_oneof![Just(30), Just(60), Just(24 * 3600), Just(6 * 24 * 3600)].prop_map(|seconds| Step::Wait { seconds }),
        1 => Just(Step::Expire),
        1 => person().prop_map(|who| Step::Bills { who }),
    ];
    prop::collection::vec(step, 1..=40)
}

/// What the test itself remembers of one party of one change.
#[derive(Debug, Clone, Default)]
struct Memory {
    /// How many tokens were made, and the newest of them unless it was superseded.
    made: i64,
    good: Option<String>,
    accepted: bool,
    /// The mails that were sent about an ending.
    endings: Vec<MailKind>,
}

/// A world in which every step is watched.
struct Watched {
    world: World,
    keyring: Keyring,
    memory: HashMap<(usize, &'static str), Memory>,
    /// Changes by the number of times that they were recorded as done.
    done: BTreeMap<usize, usize>,
}

impl Watched {
    fn new() -> Self {
        let mut world = World::of("ann tom bill");
        world.policy.resend_limit = 3;
        Self { world, keyring: crate::world::keyring(), memory: HashMap::new(), done: BTreeMap::new() }
    }

    fn person(number: usize) -> &'static str {
        PEOPLE.into_iter().cycle().nth(number % PEOPLE.len()).unwrap()
    }

    fn who(&self, n: usize, who: Who) -> &'static str {
        match who {
            Who::Party(number) => {
                name(&self.world.change(n).confirmations.iter().cycle().nth(number).unwrap().account_id)
            }
            Who::Anyone(number) => Self::person(number),
        }
    }

    /// The changes counted backwards, so that most steps are about the latest.
    fn latest(&self, change: usize) -> usize {
        let count = self.world.changes.len();
        count - 1 - change % count
    }

    /// The text of a token, as somebody types it.
    fn typed(&self, n: usize, who: &str, token: TokenShown) -> String {
        let change_id = self.world.change(n).change_id;
        let seals = &self.world.seals;
        let newest = || seals.iter().rev().find(|seal| (seal.change_id, &seal.account_id) == (change_id, &id(who)));
        let seal = match token {
            TokenShown::Newest => newest(),
            TokenShown::Any(number) => seals.iter().cycle().nth(number % seals.len().max(1)),
            TokenShown::Invented => None,
        };
        seal.map_or_else(|| "0".repeat(32), |seal| self.keyring.token(seal).unwrap().reveal())
    }

    /// What a typed text turns out to be among all tokens of the party.
    fn presented(&self, n: usize, who: &str, typed: &str) -> Presented {
        let change_id = self.world.change(n).change_id;
        let own = |seal: &&relevo_domain::Seal| (seal.change_id, &seal.account_id) == (change_id, &id(who));
        let own: Vec<_> = self.world.seals.iter().filter(own).cloned().collect();
        self.keyring.recognise(typed, &own).map_or(Presented::Unknown, |seal| Presented::Generation(seal.generation))
    }

    fn step(&mut self, step: &Step) -> TestCaseResult {
        let count = self.world.changes.len();
        match step {
            Step::Wait { seconds: by } => self.world.later(seconds(*by)),
            Step::Bills { who } => {
                let who = Self::person(*who);
                if !self.world.overdue.remove(who) {
                    self.world.overdue.insert(who);
                }
            }
            Step::Ask { requester, nominees } => {
                let asks = Role::ALL.into_iter().zip(nominees);
                let asks: Vec<_> =
                    asks.filter_map(|(role, who)| Some(format!("{role}={}", Self::person((*who)?)))).collect();
                self.watch(|watched| {
                    let answer = watched.world.ask(Self::person(*requester), &asks.join(" "));
                    let made = watched.world.changes.len() - count;
                    prop_assert_eq!(made > 0, answer.is_ok());
                    Ok(())
                })?;
            }
            Step::NewAddress { who } => {
                let who = Self::person(*who);
                for n in 0..count {
                    self.watch(|watched| {
                        if watched.world.supersede(n, who) {
                            watched.memory.get_mut(&(n, who)).unwrap().good = None;
                        }
                        Ok(())
                    })?;
                }
            }
            Step::Remind => (0..count).try_for_each(|n| self.watch(|watched| watched.remind(n)))?,
            Step::Expire => {
                for n in 0..count {
                    self.watch(|watched| {
                        watched.world.expire(n);
                        Ok(())
                    })?;
                }
            }
            _ if count == 0 => {}
            Step::Accept { change, who, token } => self.decide(self.latest(*change), *who, *token, true)?,
            Step::Refuse { change, who, token } => self.decide(self.latest(*change), *who, *token, false)?,
            Step::Cancel { change, who } => {
                let n = self.latest(*change);
                let who = who.map(|who| self.who(n, who));
                self.watch(|watched| {
                    let before = watched.world.clone();
                    let requester = name(&before.change(n).requester);
                    let administrator = name(&before.service.contacts.administrator);
                    let may = who.is_none_or(|who| who == requester || who == administrator);
                    let answer = watched.world.cancel(n, who);
                    prop_assert_eq!(answer.is_ok(), may && before.change(n).is_open(before.now));
                    Ok(())
                })?;
            }
            Step::Resend { change, who } => {
                let n = self.latest(*change);
                let who = self.who(n, *who);
                self.watch(|watched| {
                    let before = watched.world.party_of(n, who).map(|party| party.resends);
                    if watched.world.resend(n, who).is_ok() {
                        prop_assert!(before.is_some_and(|resends| resends < 3));
                        prop_assert_eq!(watched.world.mails().len(), 1);
                    }
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    fn remind(&mut self, n: usize) -> TestCaseResult {
        let before = self.world.change(n).clone();
        let owing: BTreeSet<_> = before
            .confirmations
            .iter()
            .filter(|party| party.decision == Decision::Pending && party.token_is_good)
            .map(|party| name(&party.account_id))
            .collect();
        if self.world.remind(n) {
            prop_assert!(
                before.remind_time.is_some_and(|at| at <= self.world.now && self.world.now < before.expire_time)
            );
            let reminded: BTreeSet<_> = self.world.effects.mails.iter().map(|mail| name(&mail.account_id)).collect();
            prop_assert_eq!((reminded, self.world.change(n).remind_time), (owing, None));
        } else {
            prop_assert_eq!(self.world.change(n), &before);
        }
        Ok(())
    }

    fn decide(&mut self, n: usize, who: Who, token: TokenShown, accept: bool) -> TestCaseResult {
        let who = self.who(n, who);
        let typed = self.typed(n, who, token);
        let presented = self.presented(n, who, &typed);
        self.watch(|watched| {
            let before = watched.world.change(n).clone();
            let open = before.is_open(watched.world.now);
            let answer = match accept {
                true => watched.world.accept_with(n, who, presented),
                false => watched.world.refuse_with(n, who, presented, None),
            };
            let memory = watched.memory.entry((n, who)).or_default();
            let right = memory.good.as_ref() == Some(&typed) && !memory.accepted;
            match &answer {
                Ok(()) => {
                    prop_assert!(open && right, "only the newest good token passes, and only while the change is open");
                    memory.accepted = accept;
                }
                Err(Refusal::BillingOverdue(_)) => {
                    prop_assert!(open && right && accept);
                    prop_assert_eq!(watched.world.change(n), &before, "the change and the token stay as they were");
                }
                Err(Refusal::ChangeSettled(ChangeState::Failed)) if open => prop_assert!(right && accept),
                Err(_) => prop_assert!(!(open && right), "the newest good token passes: {:?}", answer),
            }
            if answer == Err(Refusal::TokenInvalid) {
                let wrong = |change: &ContactChange| change.confirmation(&id(who)).map_or(0, |own| own.wrong_tokens);
                let mut uncounted = watched.world.change(n).clone();
                for own in uncounted.confirmations.iter_mut().filter(|own| own.account_id == id(who)) {
                    own.wrong_tokens -= 1;
                }
                prop_assert_eq!(wrong(watched.world.change(n)), wrong(&before) + 1);
                prop_assert_eq!(uncounted, before, "a wrong token changes nothing but a count");
            }
            Ok(())
        })
    }

    /// Does something, and checks all that must be true of anything that is done.
    fn watch(&mut self, what: impl FnOnce(&mut Self) -> TestCaseResult) -> TestCaseResult {
        let before = self.world.clone();
        what(self)?;
        let World { changes, service, effects, seals, now, .. } = &self.world;

        for (n, (old, new)) in before.changes.iter().zip(changes).enumerate() {
            if old.state != State::Pending {
                prop_assert_eq!(old, new, "a change that has ended is never altered again");
            }
            prop_assert_eq!((&old.change_id, old.roles, old.expire_time), (&new.change_id, new.roles, new.expire_time));
            for (was, is) in old.confirmations.iter().zip(&new.confirmations) {
                prop_assert!(is.generation >= was.generation && is.wrong_tokens >= was.wrong_tokens);
                let decided_once = was.decision == Decision::Pending || was.decision == is.decision;
                prop_assert!(decided_once, "a decision is final: {} {:?}", n, is);
            }
        }

        let newly_done: Vec<_> = (0..before.changes.len())
            .filter(|n| before.state(*n) != ChangeState::Done && self.world.state(*n) == ChangeState::Done)
            .collect();
        prop_assert!(newly_done.len() <= 1, "one change is applied at a time");
        let mut holders: Contacts = before.service.contacts.clone();
        for n in &newly_done {
            let change = self.world.change(*n);
            for role in change.roles.iter() {
                *match role {
                    Role::Administrator => &mut holders.administrator,
                    Role::Technical => &mut holders.technical,
                    Role::Billing => &mut holders.billing,
                } = change.nominee.clone();
            }
            let all = change.confirmations.iter().all(|party| {
                matches!(party.decision, Decision::Accepted { .. })
                    && self.memory.get(&(*n, name(&party.account_id))).is_some_and(|memory| memory.accepted)
            });
            prop_assert!(all, "all parties have accepted, with the right token");
        }
        prop_assert_eq!(&service.contacts, &holders, "roles pass with a change that is done, and in no other way");

        let open_roles: Vec<_> = changes.iter().filter(|c| c.is_open(*now)).flat_map(|c| c.roles.iter()).collect();
        prop_assert_eq!(
            Roles::from_iter(open_roles.clone()).iter().count(),
            open_roles.len(),
            "one open change per role"
        );

        for (n, change) in changes.iter().enumerate() {
            let about = |event: &&relevo_domain::Event| event.change_id == Some(change.change_id);
            let events = effects.events.iter().filter(about).filter(|event| event.kind == EventKind::ChangeDone);
            let done = self.done.entry(n).or_default();
            *done += events.count();
            prop_assert_eq!(*done, usize::from(change.state.name() == ChangeState::Done), "done is recorded once");

            for seal in effects.seals.iter().filter(|seal| seal.change_id == change.change_id) {
                let memory = self.memory.entry((n, name(&seal.account_id))).or_default();
                memory.made += 1;
                memory.good = Some(self.keyring.token(seal).unwrap().reveal());
                prop_assert_eq!(seal.generation, memory.made, "generations are counted without a gap");
            }
            for mail in effects.mails.iter().filter(|mail| mail.change_id == Some(change.change_id)) {
                let memory = self.memory.entry((n, name(&mail.account_id))).or_default();
                match mail.kind.carries_token() {
                    true => prop_assert_eq!(mail.generation, memory.made, "a mail carries the newest token"),
                    false => memory.endings.push(mail.kind),
                }
            }
            let expected = match before.changes.get(n) {
                Some(old) if old.state != State::Pending => None,
                _ => Some(ending_mails(change, name(&before.service.contacts.administrator))),
            };
            for person in PEOPLE {
                let known = self.memory.get(&(n, person)).map_or(&[][..], |memory| &memory.endings);
                match &expected {
                    Some(expected) => {
                        prop_assert_eq!(known, expected.get(person).map_or(&[][..], |kind| std::slice::from_ref(kind)))
                    }
                    None => prop_assert!(
                        known.len() <= 1 && effects.mails.iter().all(|mail| mail.change_id != Some(change.change_id))
                    ),
                }
            }
        }
        prop_assert!(seals.len() >= before.seals.len());
        self.world.effects = relevo_domain::Effects::default();
        Ok(())
    }
}

/// Who must have been told of the end of a change, and by which mail.
fn ending_mails(change: &ContactChange, administrator: &'static str) -> BTreeMap<&'static str, MailKind> {
    let [requester, nominee, incumbent] = [&change.requester, &change.nominee, &change.incumbent].map(name);
    let State::Settled { ending, .. } = &change.state else { return BTreeMap::new() };
    let (kind, but) = match ending {
        Ending::Done => (MailKind::Done, None),
        Ending::Refused { by, .. } => (MailKind::Refused, Some(name(by))),
        Ending::Cancelled(Canceller::Account(by)) => (MailKind::Cancelled, Some(name(by))),
        Ending::Cancelled(_) => (MailKind::Cancelled, None),
        Ending::Expired => (MailKind::Expired, None),
        Ending::Failed(_) => (MailKind::Failed, None),
    };
    let mut told = BTreeMap::new();
    if *ending == Ending::Done {
        // The later insertions win: a party is told that it is done, whatever else it was.
        told.insert(administrator, MailKind::Passed);
        told.insert(incumbent, MailKind::Replaced);
    }
    told.insert(requester, kind);
    told.insert(nominee, kind);
    told.retain(|who, _| Some(*who) != but);
    told
}

fn run(steps: &[Step]) -> Result<Watched, TestCaseError> {
    let mut watched = Watched::new();
    for step in steps {
        watched.step(step)?;
    }
    Ok(watched)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_in_whatever_order_the_invariants_hold(steps in steps()) {
        run(&steps)?;
    }
}

#[test]
fn the_random_steps_reach_every_ending_and_every_kind_of_mail() {
    let mut runner = TestRunner::deterministic();
    let mut endings = BTreeSet::new();
    let mut told = BTreeSet::new();
    let mut applied = 0;
    for _ in 0..200 {
        let steps = steps().new_tree(&mut runner).unwrap().current();
        let watched = run(&steps).unwrap();
        endings.extend(watched.world.changes.iter().map(|change| change.state.name().name()));
        told.extend(watched.memory.values().flat_map(|memory| memory.endings.iter().map(|kind| kind.name())));
        applied += watched.done.values().sum::<usize>();
    }
    assert_eq!(endings, ["pending", "done", "refused", "cancelled", "expired", "failed"].into());
    assert_eq!(told, ["done", "replaced", "passed", "refused", "cancelled", "expired", "failed"].into());
    assert!(applied >= 50, "enough changes are applied for the invariants to mean something: {applied}");
}
