//! Who may name whom for what, and what comes of it.

use std::collections::{BTreeMap, BTreeSet};

use relevo_domain::{
    ChangeId, Refusal, Role, Roles,
    contact_change::{Blocker, ChangeState, Draft},
};
use uuid::Uuid;

use crate::world::{GHOST, World, hours, id, name, nominees};

/// A change that is to come of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    roles: Vec<Role>,
    incumbent: &'static str,
    nominee: &'static str,
    /// Who is asked to confirm.
    confirm: BTreeSet<&'static str>,
    /// Who is mailed once it is done, and what.
    told: BTreeMap<&'static str, &'static str>,
}

/// What comes of asking: changes, or why there are none.
type Outcome = Result<Vec<Change>, String>;

/// What the rules say comes of asking, worked out role by role and account by account.
fn expected(requester: &str, holders: [&'static str; 3], named: [Option<&'static str>; 3]) -> Outcome {
    if !holders.contains(&requester) {
        return Err("no such service".to_owned());
    }
    let [administrator, ..] = holders;
    let mut passing = Vec::new();
    let mut forbidden = Vec::new();
    for ((role, holder), nominee) in Role::ALL.into_iter().zip(holders).zip(named) {
        match nominee {
            None => {}
            Some(same) if same == holder => {}
            Some(_) if requester != administrator && requester != holder => forbidden.push(role.name()),
            Some(other) => passing.push((role, holder, other)),
        }
    }
    if !forbidden.is_empty() {
        return Err(format!("not permitted: {}", forbidden.join(", ")));
    }
    if passing.is_empty() {
        return Err("nothing to change".to_owned());
    }
    let pairs: BTreeSet<_> = passing.iter().map(|(_, from, to)| (*from, *to)).collect();
    let mut changes: Vec<_> = pairs
        .into_iter()
        .map(|(incumbent, nominee)| {
            let mut change = Change {
                roles: passing
                    .iter()
                    .filter(|(_, from, to)| (*from, *to) == (incumbent, nominee))
                    .map(|p| p.0)
                    .collect(),
                incumbent,
                nominee,
                confirm: BTreeSet::new(),
                told: BTreeMap::new(),
            };
            for account in everyone(holders) {
                if account == requester || account == nominee {
                    change.confirm.insert(account);
                    change.told.insert(account, "done");
                } else if account == incumbent {
                    change.told.insert(account, "replaced");
                } else if account == administrator {
                    change.told.insert(account, "passed");
                }
            }
            change
        })
        .collect();
    changes.sort_by_key(|change| change.roles.first().copied());
    Ok(changes)
}

/// What the code says comes of it.
fn actual(world: &World, requester: &str, asks: &str) -> Outcome {
    let plan = match world.plan(requester, asks) {
        Err(Refusal::ServiceNotFound) => return Err("no such service".to_owned()),
        other => other.unwrap(),
    };
    match plan.blockers.first().map(|blocker| &blocker.refusal) {
        None => {}
        Some(Refusal::NothingToChange) => return Err("nothing to change".to_owned()),
        Some(Refusal::RolesNotPermitted(roles)) => return Err(format!("not permitted: {roles}")),
        Some(other) => return Err(format!("unexpected: {other}")),
    }
    let change = |draft: &Draft| {
        assert_eq!(draft.requester, id(requester));
        let told = draft.told(&world.service.contacts.administrator);
        let change = Change {
            roles: draft.roles.iter().collect(),
            incumbent: name(&draft.incumbent),
            nominee: name(&draft.nominee),
            confirm: draft.parties().into_iter().map(name).collect(),
            told: told.iter().map(|(kind, account)| (name(account), kind.name())).collect(),
        };
        assert_eq!(change.told.len(), told.len(), "nobody is told twice: {told:?}");
        assert_eq!(change.confirm.len(), draft.parties().len(), "nobody confirms twice");
        change
    };
    Ok(plan.drafts.iter().map(change).collect())
}

/// Everyone who plays a part: those in a role, Rita who asks, and two who have none.
fn everyone(holders: [&'static str; 3]) -> BTreeSet<&'static str> {
    holders.into_iter().chain(["rita", "nora", "omar"]).collect()
}

/// The ways in which Rita, who asks, may hold any set of roles, and the others be shared out among one or more people.
const LAYOUTS: [[&str; 3]; 15] = [
    ["ann", "tom", "bill"],
    ["ann", "ann", "bill"],
    ["ann", "tom", "ann"],
    ["ann", "tom", "tom"],
    ["ann", "ann", "ann"],
    ["rita", "tom", "bill"],
    ["rita", "tom", "tom"],
    ["ann", "rita", "bill"],
    ["ann", "rita", "ann"],
    ["ann", "tom", "rita"],
    ["ann", "ann", "rita"],
    ["rita", "rita", "bill"],
    ["rita", "tom", "rita"],
    ["ann", "rita", "rita"],
    ["rita", "rita", "rita"],
];

#[test]
fn every_combination_of_roles_held_roles_asked_for_and_people_named_comes_to_what_the_rules_say() {
    let mut held_and_asked = BTreeSet::new();
    let mut tally = BTreeMap::new();
    for holders in LAYOUTS {
        let world = World::of(&holders.join(" "));
        let choices: Vec<_> = [None].into_iter().chain(everyone(holders).into_iter().map(Some)).collect();
        let combinations =
            choices.iter().flat_map(|a| choices.iter().flat_map(|t| choices.iter().map(|b| [*a, *t, *b])));
        for named in combinations {
            let asks = Role::ALL.into_iter().zip(named).filter_map(|(role, who)| Some(format!("{role}={}", who?)));
            let asks = asks.collect::<Vec<_>>().join(" ");
            let expected = expected("rita", holders, named);
            assert_eq!(actual(&world, "rita", &asks), expected, "{holders:?}: rita asks for {asks}");

            let word = match &expected {
                Ok(_) => "changes",
                Err(why) => why.split_once(':').map_or(why.as_str(), |(kind, _)| kind),
            };
            *tally.entry(word.to_owned()).or_insert(0) += 1;
            held_and_asked.insert((holders.map(|holder| holder == "rita"), named.map(|nominee| nominee.is_some())));
            if let Ok(changes) = expected {
                drive_to_the_end(&world, holders, &asks, &changes);
            }
        }
    }
    assert_eq!(held_and_asked.len(), 8 * 8, "every set of roles held with every set of roles asked for");
    // Worked out by hand: with p people there are (p + 1)^3 ways to name, 8 of which change nothing; someone who is not
    // administrator has p + 1 choices for each role of his own and 2 for each other.
    let counts = [("changes", 713), ("no such service", 1116), ("not permitted", 669), ("nothing to change", 80)];
    assert_eq!(tally, counts.map(|(word, count)| (word.to_owned(), count)).into());
}

/// Opens the changes and brings each of them to its end by itself, with the parties in either order.
fn drive_to_the_end(world: &World, holders: [&'static str; 3], asks: &str, changes: &[Change]) {
    let mut opened = world.clone();
    opened.ask("rita", asks).unwrap();
    let mut asked: Vec<_> =
        changes.iter().flat_map(|change| change.confirm.iter().map(|party| format!("confirm {party} 1"))).collect();
    asked.sort();
    assert_eq!(opened.mails(), asked, "each party is asked once for each change, nobody else is");
    assert_eq!(opened.holders(), holders.join(" "), "asking passes nothing");
    assert_eq!(opened.changes.len(), changes.len());

    for (n, change) in changes.iter().enumerate() {
        for reversed in [false, true] {
            let mut world = opened.clone();
            let mut parties: Vec<_> = change.confirm.iter().collect();
            if reversed {
                parties.reverse();
            }
            let last = parties.pop().unwrap();
            for party in parties {
                world.accept(n, party).unwrap();
                assert_eq!(world.mails(), [""; 0], "nobody is told of an acceptance that is not the last");
                assert_eq!(world.holders(), holders.join(" "), "an acceptance that is not the last passes nothing");
            }
            world.accept(n, last).unwrap();
            assert_eq!(world.state(n), ChangeState::Done);

            let pairs = Role::ALL.into_iter().zip(holders);
            let after: Vec<_> =
                pairs.map(|(role, old)| if change.roles.contains(&role) { change.nominee } else { old }).collect();
            assert_eq!(world.holders(), after.join(" "), "the roles pass, all of them and no other");

            let mut mails: Vec<_> = change.told.iter().map(|(who, kind)| format!("{kind} {who}")).collect();
            for (m, sibling) in changes.iter().enumerate().filter(|(m, _)| *m != n) {
                let right_to = |role: Role| {
                    let holder =
                        Role::ALL.into_iter().zip(&after).find(|(known, _)| *known == role).map(|(_, who)| *who);
                    after.first() == Some(&"rita") || holder == Some("rita")
                };
                if sibling.roles.iter().all(|role| right_to(*role)) {
                    assert_eq!(world.state(m), ChangeState::Pending, "{holders:?} {asks}: the sibling stays open");
                } else {
                    assert_eq!(world.state(m), ChangeState::Failed, "{holders:?} {asks}: the sibling is impossible");
                    mails.extend(sibling.confirm.iter().map(|party| format!("failed {party}")));
                }
            }
            mails.sort();
            assert_eq!(world.mails(), mails, "{holders:?} {asks}");
        }
    }
}

/// Holders, who asks, for what; then what comes of it, written by hand.
const CASES: [(&str, &str, &str, &str); 24] = [
    ("ann tom bill", "ann", "technical=nora", "technical tom->nora by ann nora: ann done, nora done, tom replaced"),
    ("ann tom bill", "ann", "billing=nora", "billing bill->nora by ann nora: ann done, bill replaced, nora done"),
    ("ann tom bill", "ann", "technical=ann", "technical tom->ann by ann: ann done, tom replaced"),
    ("ann tom bill", "ann", "technical=bill", "technical tom->bill by ann bill: ann done, bill done, tom replaced"),
    ("ann tom bill", "ann", "administrator=nora", "administrator ann->nora by ann nora: ann done, nora done"),
    ("ann ann bill", "ann", "administrator=nora", "administrator ann->nora by ann nora: ann done, nora done"),
    (
        "ann ann ann",
        "ann",
        "technical=nora billing=nora",
        "technical, billing ann->nora by ann nora: ann done, nora done",
    ),
    (
        "ann tom bill",
        "ann",
        "technical=nora billing=nora",
        "technical tom->nora by ann nora: ann done, nora done, tom replaced; \
         billing bill->nora by ann nora: ann done, bill replaced, nora done",
    ),
    (
        "ann tom bill",
        "ann",
        "technical=nora billing=omar",
        "technical tom->nora by ann nora: ann done, nora done, tom replaced; \
         billing bill->omar by ann omar: ann done, bill replaced, omar done",
    ),
    (
        "ann tom tom",
        "ann",
        "administrator=nora technical=omar billing=omar",
        "administrator ann->nora by ann nora: ann done, nora done; \
         technical, billing tom->omar by ann omar: ann done, omar done, tom replaced",
    ),
    (
        "ann tom ann",
        "ann",
        "administrator=nora billing=nora",
        "administrator, billing ann->nora by ann nora: ann done, nora done",
    ),
    (
        "ann tom bill",
        "ann",
        "administrator=ann technical=tom billing=nora",
        "billing bill->nora by ann nora: ann done, bill replaced, nora done",
    ),
    ("ann tom bill", "ann", "administrator=ann technical=tom billing=bill", "nothing to change"),
    ("ann tom bill", "ann", "", "nothing to change"),
    ("ann tom bill", "tom", "technical=nora", "technical tom->nora by nora tom: ann passed, nora done, tom done"),
    ("ann tom bill", "tom", "technical=ann", "technical tom->ann by ann tom: ann done, tom done"),
    ("ann tom bill", "tom", "billing=nora", "not permitted: billing"),
    ("ann tom bill", "tom", "administrator=nora", "not permitted: administrator"),
    ("ann tom bill", "tom", "technical=nora administrator=nora", "not permitted: administrator"),
    (
        "ann tom bill",
        "tom",
        "technical=nora administrator=ann billing=bill",
        "technical tom->nora by nora tom: ann passed, nora done, tom done",
    ),
    ("ann tom bill", "bill", "technical=bill billing=nora", "not permitted: technical"),
    (
        "ann tom tom",
        "tom",
        "technical=nora billing=nora",
        "technical, billing tom->nora by nora tom: ann passed, nora done, tom done",
    ),
    ("ann tom bill", "sam", "technical=sam", "no such service"),
    ("ann tom bill", "sam", "technical=tom", "no such service"),
];

#[test]
fn the_usual_cases_come_to_what_is_written_beside_them() {
    for (holders, requester, asks, written) in CASES {
        let outcome = actual(&World::of(holders), requester, asks);
        assert_eq!(in_words(&outcome), written, "{holders}: {requester} asks for {asks}");
    }
}

/// Pins the yardstick of the big table, so that it cannot be wrong in the same way as the code.
#[test]
fn the_yardstick_says_what_is_written_beside_the_cases() {
    for (holders, requester, asks, written) in CASES {
        let named = nominees(asks);
        let named = Role::ALL.map(|role| named.get(&role).map(name));
        let holders: Vec<_> = holders.split_whitespace().map(|holder| name(&id(holder))).collect();
        let outcome = expected(requester, holders.try_into().unwrap(), named);
        assert_eq!(in_words(&outcome), written, "{requester} asks for {asks}");
    }
}

fn in_words(outcome: &Outcome) -> String {
    let change = |change: &Change| {
        let roles = change.roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ");
        let confirm = change.confirm.iter().copied().collect::<Vec<_>>().join(" ");
        let told = change.told.iter().map(|(who, kind)| format!("{who} {kind}")).collect::<Vec<_>>().join(", ");
        format!("{roles} {}->{} by {confirm}: {told}", change.incumbent, change.nominee)
    };
    match outcome {
        Ok(changes) => changes.iter().map(change).collect::<Vec<_>>().join("; "),
        Err(why) => why.clone(),
    }
}

#[test]
fn an_incumbent_who_administers_the_service_is_told_that_he_was_replaced_and_no_more() {
    let [requester, incumbent, nominee] = ["tom", "ann", "nora"].map(id);
    let draft = Draft { roles: Roles::from_iter([Role::Technical]), requester, incumbent, nominee };
    let told: Vec<_> = draft.told(&draft.incumbent).into_iter().map(|(kind, who)| (kind.name(), name(who))).collect();
    assert_eq!(told, [("done", "tom"), ("done", "nora"), ("replaced", "ann")]);
}

#[test]
fn a_deleted_service_looks_like_none_even_to_its_administrator() {
    let mut world = World::of("ann tom bill");
    world.service.delete_time = Some(world.now);
    assert_eq!(world.ask("ann", "technical=nora"), Err(Refusal::ServiceNotFound));
}

#[test]
fn a_nominee_without_an_account_stands_in_the_way_once_and_nothing_is_made() {
    let mut world = World::of("ann tom bill");
    let plan = world.plan("ann", "technical=ghost billing=ghost").unwrap();
    let roles = Roles::from_iter([Role::Technical, Role::Billing]);
    assert_eq!(plan.blockers, [Blocker { refusal: Refusal::AccountNotFound(id(GHOST)), roles }]);
    assert_eq!(world.ask("ann", "technical=ghost billing=nora"), Err(Refusal::AccountNotFound(id(GHOST))));
    assert!(world.changes.is_empty() && world.mails().is_empty() && world.events().is_empty());
}

#[test]
fn overdue_bills_of_either_end_stand_in_the_way_of_the_billing_role_alone() {
    for (overdue, asks, blocked) in [
        ("bill", "billing=nora", true),
        ("nora", "billing=nora", true),
        ("ann", "billing=nora", false),
        ("tom", "billing=nora", false),
        ("tom", "technical=nora", false),
        ("nora", "technical=nora", false),
        ("bill", "technical=nora", false),
        ("nora", "administrator=nora", false),
        ("tom", "technical=nora billing=omar", false),
        ("omar", "technical=nora billing=omar", true),
    ] {
        let mut world = World::of("ann tom bill");
        world.overdue.insert(overdue);
        let expected = if blocked { Err(Refusal::BillingOverdue(id(overdue))) } else { Ok(()) };
        assert_eq!(world.ask("ann", asks), expected, "{overdue} is overdue: {asks}");
    }
}

#[test]
fn a_change_with_the_billing_role_among_others_needs_good_standing() {
    let mut world = World::of("ann ann ann");
    world.overdue.insert("nora");
    assert_eq!(world.ask("ann", "technical=nora billing=nora"), Err(Refusal::BillingOverdue(id("nora"))));
}

#[test]
fn the_setting_makes_overdue_bills_of_either_end_stand_in_the_way_of_every_role() {
    for (overdue, blocked) in [("tom", true), ("nora", true), ("ann", false), ("bill", false)] {
        let mut world = World::of("ann tom bill");
        world.policy.standing_for_every_role = true;
        world.overdue.insert(overdue);
        let expected = if blocked { Err(Refusal::BillingOverdue(id(overdue))) } else { Ok(()) };
        assert_eq!(world.ask("ann", "technical=nora"), expected, "{overdue} is overdue");
    }
}

#[test]
fn an_open_change_stands_in_the_way_of_its_own_roles_alone() {
    let first = ChangeId(Uuid::from_u128(1));
    for (asks, blocking) in [
        ("technical=omar", Some(Role::Technical)),
        ("technical=nora", Some(Role::Technical)),
        ("billing=omar technical=omar", Some(Role::Technical)),
        ("technical=tom billing=omar", None),
        ("billing=omar", None),
        ("administrator=omar", None),
    ] {
        let mut world = World::with("ann", "technical=nora");
        let expected = blocking.map_or(Ok(()), |role| Err(Refusal::ChangeAlreadyOpen { role, change_id: first }));
        assert_eq!(world.ask("ann", asks), expected, "{asks}");
    }
}

#[test]
fn a_change_that_has_ended_or_whose_time_is_over_stands_in_nobodys_way() {
    let mut world = World::with("ann", "technical=nora");
    world.later(hours(7 * 24));
    assert_eq!(world.ask("ann", "technical=omar"), Ok(()), "expired, though nothing has marked it so");
    world.cancel(1, Some("ann")).unwrap();
    assert_eq!(world.ask("ann", "technical=omar"), Ok(()));
}

#[test]
fn all_that_stands_in_the_way_is_named_in_the_order_of_the_checks() {
    let mut world = World::with("ann", "technical=nora");
    world.overdue.extend(["bill", "omar"]);
    let plan = world.plan("ann", "administrator=ghost technical=omar billing=omar").unwrap();
    let refusals: Vec<_> = plan.blockers.into_iter().map(|blocker| blocker.refusal).collect();
    assert_eq!(
        refusals,
        [
            Refusal::AccountNotFound(id(GHOST)),
            Refusal::ChangeAlreadyOpen { role: Role::Technical, change_id: world.change(0).change_id },
            Refusal::BillingOverdue(id("bill")),
            Refusal::BillingOverdue(id("omar")),
        ]
    );
}

#[test]
fn of_roles_that_are_not_his_to_change_the_requester_learns_nothing_more() {
    let mut world = World::with("ann", "technical=nora");
    world.ask("ann", "billing=nora").unwrap();
    world.overdue.extend(["bill", "omar"]);
    let plan = world.plan("tom", "administrator=ghost technical=omar billing=omar").unwrap();
    let refusals: Vec<_> = plan.blockers.into_iter().map(|blocker| blocker.refusal).collect();
    assert_eq!(
        refusals,
        [
            Refusal::RolesNotPermitted(Roles::from_iter([Role::Administrator, Role::Billing])),
            Refusal::ChangeAlreadyOpen { role: Role::Technical, change_id: world.change(0).change_id },
        ]
    );
}

#[test]
fn a_change_begins_with_one_token_for_each_party_and_a_week_to_confirm() {
    let mut world = World::of("ann tom bill");
    world.ask("ann", "technical=nora").unwrap();
    assert_eq!(world.events(), ["change-opened ann"]);
    let [first, second] = world.seals.as_slice() else { panic!("two parties, two tokens: {:?}", world.seals) };
    assert_eq!([name(&first.account_id), name(&second.account_id)], ["ann", "nora"]);
    assert_eq!([first.generation, second.generation], [1, 1]);
    assert_ne!(first.nonce, second.nonce);
    let change = world.change(0);
    assert_eq!(change.create_time, world.now);
    assert_eq!(change.expire_time, world.now + hours(7 * 24));
    assert_eq!(change.remind_time, Some(world.now + hours(6 * 24)));
}
