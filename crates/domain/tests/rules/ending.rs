//! How changes end otherwise: cancelled, expired, failed beside another; and what each account sees of one.

use jiff::SignedDuration;
use relevo_domain::{
    Presented, Refusal, Sight,
    contact_change::{Canceller, ChangeState, Ending, FailureCause, State},
};

use crate::world::{World, hours, id};

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
const INSTANT: SignedDuration = SignedDuration::from_nanos(1);

#[test]
fn handing_the_administration_on_fails_what_the_old_administrator_had_asked_for_in_that_moment() {
    let mut world = World::with("ann", "technical=nora administrator=omar");
    let [administrator, technical] = [0, 1];
    world.accept(administrator, "ann").unwrap();
    world.accept(administrator, "omar").unwrap();
    let ending = Ending::Failed(FailureCause::RequesterNotPermitted);
    assert_eq!(world.change(technical).state, State::Settled { at: world.now, ending });
    assert_eq!(world.mails(), ["done ann", "done omar", "failed ann", "failed nora"]);
    assert_eq!(world.events(), ["change-accepted omar", "change-done", "change-failed"]);
    assert_eq!(world.holders(), "omar tom bill");
}

#[test]
fn what_the_old_administrator_may_still_ask_for_as_the_holder_stays_open() {
    let mut world = World::of("ann ann bill");
    world.ask("ann", "technical=nora administrator=omar").unwrap();
    world.accept(0, "ann").unwrap();
    world.accept(0, "omar").unwrap();
    assert_eq!(world.state(1), ChangeState::Pending);
    world.accept(1, "ann").unwrap();
    world.accept(1, "nora").unwrap();
    assert_eq!(world.mails(), ["done ann", "done nora", "passed omar"], "the new administrator is the one who is told");
    assert_eq!(world.holders(), "omar nora bill");
}

#[test]
fn what_others_have_asked_for_as_holders_outlives_the_administrator() {
    let mut world = World::with("tom", "technical=nora");
    world.ask("ann", "administrator=omar").unwrap();
    world.accept(1, "ann").unwrap();
    world.accept(1, "omar").unwrap();
    assert_eq!((world.state(0), world.state(1)), (ChangeState::Pending, ChangeState::Done));
}

#[test]
fn changes_of_one_call_are_independent_of_each_other() {
    let mut world = World::with("ann", "technical=nora billing=omar");
    world.refuse(0, "nora").unwrap();
    assert_eq!(world.mails(), ["refused ann"]);
    assert_eq!(world.state(1), ChangeState::Pending);
    world.accept(1, "ann").unwrap();
    world.accept(1, "omar").unwrap();
    assert_eq!((world.state(0), world.state(1)), (ChangeState::Refused, ChangeState::Done));
    assert_eq!(world.holders(), "ann tom omar");
}

#[test]
fn a_sibling_whose_incumbent_lost_the_role_fails_with_that_cause() {
    let mut world = World::with("ann", "technical=nora");
    world.ask("ann", "billing=omar").unwrap();
    world.service.contacts.technical = id("sam");
    world.accept(1, "ann").unwrap();
    world.accept(1, "omar").unwrap();
    let ending = Ending::Failed(FailureCause::IncumbentReplaced);
    assert_eq!(world.change(0).state, State::Settled { at: world.now, ending });
}

#[test]
fn a_sibling_whose_time_is_over_expires_rather_than_fails() {
    let mut world = World::with("ann", "technical=nora");
    world.later(hours(1));
    world.ask("ann", "administrator=omar").unwrap();
    world.later(WEEK - hours(1));
    world.accept(1, "ann").unwrap();
    world.accept(1, "omar").unwrap();
    let expired = State::Settled { at: world.change(0).expire_time, ending: Ending::Expired };
    assert_eq!(world.change(0).state, expired);
    assert_eq!(world.mails(), ["done ann", "done omar", "expired ann", "expired nora"]);
}

#[test]
fn an_ended_sibling_is_left_as_it_is() {
    let mut world = World::with("ann", "technical=nora administrator=omar");
    world.refuse(1, "nora").unwrap();
    let refused = world.change(1).clone();
    world.accept(0, "ann").unwrap();
    world.accept(0, "omar").unwrap();
    assert_eq!(world.change(1), &refused);
    assert_eq!(world.mails(), ["done ann", "done omar"]);
}

#[test]
fn a_change_does_not_end_itself_when_it_is_among_the_others() {
    let mut world = World::with("ann", "technical=nora");
    world.accept(0, "ann").unwrap();
    let copy = world.change(0).clone();
    world.changes.push(copy.clone());
    world.accept(0, "nora").unwrap();
    assert_eq!(world.change(1), &copy);
    assert_eq!(world.mails(), ["done ann", "done nora", "replaced tom"]);
}

#[test]
fn the_requester_cancels_and_only_the_other_party_is_told() {
    let mut world = World::with("tom", "technical=nora");
    world.accept(0, "nora").unwrap();
    world.cancel(0, Some("tom")).unwrap();
    let ending = Ending::Cancelled(Canceller::Account(id("tom")));
    assert_eq!(world.change(0).state, State::Settled { at: world.now, ending });
    assert_eq!(world.mails(), ["cancelled nora"]);
    assert_eq!(world.events(), ["change-cancelled tom"]);
    assert_eq!(world.holders(), "ann tom bill");
}

#[test]
fn the_administrator_cancels_what_others_asked_for_and_both_parties_are_told() {
    let mut world = World::with("tom", "technical=nora");
    world.cancel(0, Some("ann")).unwrap();
    assert_eq!(world.mails(), ["cancelled nora", "cancelled tom"]);
    assert_eq!(world.events(), ["change-cancelled ann"]);
}

#[test]
fn an_administrator_who_is_the_nominee_may_cancel_too() {
    let mut world = World::with("tom", "technical=ann");
    world.cancel(0, Some("ann")).unwrap();
    assert_eq!(world.mails(), ["cancelled tom"]);
}

#[test]
fn a_requester_without_a_role_left_may_still_cancel() {
    let mut world = World::with("ann", "technical=nora");
    world.service.contacts.administrator = id("omar");
    assert_eq!(world.cancel(0, Some("ann")), Ok(()));
}

#[test]
fn neither_nominee_nor_incumbent_cancels() {
    let world = World::with("ann", "technical=nora");
    for who in ["nora", "tom"] {
        let mut world = world.clone();
        assert_eq!(world.cancel(0, Some(who)), Err(Refusal::NotItsToCancel), "{who}");
        assert_eq!((world.state(0), world.mails().len()), (ChangeState::Pending, 0), "{who}");
    }
}

#[test]
fn a_caller_that_sees_everything_cancels_and_both_parties_are_told() {
    let mut world = World::with("ann", "technical=nora");
    world.cancel(0, None).unwrap();
    let ending = Ending::Cancelled(Canceller::Operator);
    assert_eq!(world.change(0).state, State::Settled { at: world.now, ending });
    assert_eq!(world.mails(), ["cancelled ann", "cancelled nora"]);
    assert_eq!(world.events(), ["change-cancelled"]);
}

#[test]
fn deleting_the_service_cancels_what_is_open_and_tells_the_parties() {
    let mut world = World::with("ann", "technical=nora");
    assert!(world.cancel_with_service(0));
    let ending = Ending::Cancelled(Canceller::ServiceDeleted);
    assert_eq!(world.change(0).state, State::Settled { at: world.now, ending });
    assert_eq!(world.mails(), ["cancelled ann", "cancelled nora"]);
}

#[test]
fn deleting_the_service_expires_what_was_over_before() {
    let mut world = World::with("ann", "technical=nora");
    world.later(WEEK);
    assert!(!world.cancel_with_service(0));
    assert_eq!(world.state(0), ChangeState::Expired);
    assert_eq!(world.mails(), ["expired ann", "expired nora"]);
}

#[test]
fn a_change_is_open_until_the_instant_before_its_expire_time() {
    let mut world = World::with("ann", "technical=nora");
    world.later(WEEK - INSTANT);
    assert!(world.change(0).is_open(world.now));
    assert_eq!(world.change(0).state_at(world.now), State::Pending);
    assert!(!world.expire(0));
    world.accept(0, "ann").unwrap();
    assert_eq!(world.accept(0, "nora"), Ok(()));
}

#[test]
fn from_its_expire_time_on_a_change_reads_as_expired_though_nothing_has_marked_it() {
    let mut world = World::with("ann", "technical=nora");
    let expired = State::Settled { at: world.change(0).expire_time, ending: Ending::Expired };
    for wait in [WEEK, INSTANT, hours(1000)] {
        world.later(wait);
        assert_eq!(world.state(0), ChangeState::Pending);
        assert_eq!(world.change(0).state_at(world.now), expired);
        assert!(!world.change(0).is_open(world.now));
    }
}

#[test]
fn from_its_expire_time_on_every_call_ends_the_change_as_expired_and_tells_both_parties_once() {
    type Call = fn(&mut World) -> Result<(), Refusal>;
    let calls: [(&str, Call); 6] = [
        ("accept", |world| world.accept(0, "nora")),
        ("accept with a wrong token", |world| world.accept_with(0, "nora", Presented::Unknown)),
        ("accept by no party", |world| world.accept(0, "tom")),
        ("refuse", |world| world.refuse(0, "nora")),
        ("resend", |world| world.resend(0, "nora")),
        ("cancel", |world| world.cancel(0, Some("ann"))),
    ];
    for (name, call) in calls {
        let mut world = World::with("ann", "technical=nora");
        world.accept(0, "ann").unwrap();
        world.later(WEEK);
        let settled = Err(Refusal::ChangeSettled(ChangeState::Expired));
        assert_eq!(call(&mut world), settled, "{name}");
        assert_eq!(world.change(0).state, world.change(0).state_at(world.now), "{name}");
        assert_eq!(world.state(0), ChangeState::Expired, "{name}");
        assert_eq!(world.mails(), ["expired ann", "expired nora"], "{name}");
        assert_eq!(world.events(), ["change-expired"], "{name}");
        assert_eq!(world.holders(), "ann tom bill", "{name}");
        assert_eq!(world.party(0, "nora").wrong_tokens, 0, "{name}");

        assert_eq!(call(&mut world), settled, "{name}");
        assert_eq!((world.mails().len(), world.expire(0)), (0, false), "{name}: told once");
    }
}

#[test]
fn the_sweep_expires_at_the_expire_time_however_late_it_comes() {
    let mut world = World::with("ann", "technical=ann");
    let expired = State::Settled { at: world.change(0).expire_time, ending: Ending::Expired };
    world.later(WEEK + hours(30));
    assert!(world.expire(0));
    assert_eq!(world.change(0).state, expired, "settled when its time was over, not when that was seen");
    assert_eq!(world.mails(), ["expired ann"]);
}

#[test]
fn a_lifetime_beyond_the_end_of_time_is_cut_there() {
    let mut world = World::of("ann tom bill");
    world.policy.lifetime = SignedDuration::MAX;
    world.ask("ann", "technical=nora").unwrap();
    assert_eq!(world.change(0).expire_time, jiff::Timestamp::MAX);
}

#[test]
fn a_day_before_the_end_those_who_have_not_decided_are_reminded_once_with_the_token_they_have() {
    let mut world = World::with("ann", "technical=nora");
    world.resend(0, "nora").unwrap();
    world.later(WEEK - hours(24) - INSTANT);
    assert!(!world.remind(0), "not a moment earlier");
    world.later(INSTANT);
    assert!(world.remind(0));
    assert_eq!(world.mails(), ["reminder ann 1", "reminder nora 2"]);
    assert_eq!(world.events(), ["party-reminded ann", "party-reminded nora"]);
    assert!(world.effects.seals.is_empty(), "with no new token");
    world.later(hours(1));
    assert!(!world.remind(0), "once");
    assert_eq!(world.mails().len(), 0);
}

#[test]
fn neither_who_has_decided_nor_whose_address_has_changed_is_reminded() {
    let mut world = World::with("ann", "technical=nora");
    world.accept(0, "ann").unwrap();
    world.later(WEEK - hours(24));
    let mut moved = world.clone();
    assert!(world.remind(0));
    assert_eq!(world.mails(), ["reminder nora 1"]);
    assert!(moved.supersede(0, "nora"));
    assert!(moved.remind(0));
    assert_eq!(moved.mails().len(), 0, "there is no good token to remind of");
}

#[test]
fn nobody_is_reminded_of_a_change_that_is_over_or_too_short_or_without_reminders() {
    let mut over = World::with("ann", "technical=nora");
    over.later(WEEK);
    let mut ended = World::with("ann", "technical=nora");
    ended.refuse(0, "nora").unwrap();
    ended.later(WEEK - hours(1));
    let shaped = |lifetime, remind_before| {
        let mut world = World::of("ann tom bill");
        (world.policy.lifetime, world.policy.remind_before) = (lifetime, remind_before);
        world.ask("ann", "technical=nora").unwrap();
        assert_eq!(world.change(0).remind_time, None);
        world.later(lifetime - INSTANT);
        world
    };
    let short = shaped(hours(24), Some(hours(24)));
    let never = shaped(WEEK, None);
    for (case, mut world) in [("over", over), ("ended", ended), ("short", short), ("never", never)] {
        assert!(!world.remind(0), "{case}");
        assert_eq!((world.mails().len(), world.events().len()), (0, 0), "{case}");
    }
}

#[test]
fn that_a_change_has_expired_is_told_unless_the_company_does_not() {
    for (told, mails) in [(true, vec!["expired ann", "expired nora"]), (false, vec![])] {
        let mut world = World::with("ann", "technical=nora");
        world.policy.expiry_notice = told;
        world.later(WEEK);
        for late in [World::expire, World::cancel_with_service] {
            let mut world = world.clone();
            late(&mut world, 0);
            assert_eq!(
                (world.mails(), world.events()),
                (mails.iter().map(ToString::to_string).collect(), vec!["change-expired".to_owned()])
            );
        }
    }
}

#[test]
fn of_a_code_that_never_arrives_the_other_party_hears_whatever_it_has_decided() {
    let mut world = World::with("ann", "technical=nora");
    assert!(world.undelivered(0, "nora", 1));
    assert_eq!(world.mails(), ["undelivered ann 1"]);
    assert_eq!(world.events(), ["token-undelivered nora"]);
    world.resend(0, "nora").unwrap();
    world.accept(0, "ann").unwrap();
    assert!(world.undelivered(0, "nora", 2));
    assert_eq!(world.mails(), ["undelivered ann 2"]);
    let mut own = World::with("ann", "technical=nora");
    assert!(own.undelivered(0, "ann", 1));
    assert_eq!(own.mails(), ["undelivered nora 1"]);
    let mut sole = World::with("ann", "technical=ann");
    assert!(sole.undelivered(0, "ann", 1));
    assert_eq!((sole.mails().len(), sole.events()), (0, vec!["token-undelivered ann".to_owned()]));
}

#[test]
fn of_a_code_that_nothing_waits_for_nobody_hears() {
    let superseded = {
        let mut world = World::with("ann", "technical=nora");
        world.resend(0, "nora").unwrap();
        world
    };
    let decided = {
        let mut world = World::with("ann", "technical=nora");
        world.accept(0, "nora").unwrap();
        world
    };
    let moved = {
        let mut world = World::with("ann", "technical=nora");
        assert!(world.supersede(0, "nora"));
        world
    };
    let ended = {
        let mut world = World::with("ann", "technical=nora");
        world.refuse(0, "ann").unwrap();
        world
    };
    let over = {
        let mut world = World::with("ann", "technical=nora");
        world.later(WEEK);
        world
    };
    for (case, mut world) in
        [("superseded", superseded), ("decided", decided), ("moved", moved), ("ended", ended), ("over", over)]
    {
        assert!(!world.undelivered(0, "nora", 1), "{case}");
        assert_eq!((world.mails().len(), world.events().len()), (0, 0), "{case}");
        assert!(!world.undelivered(0, "tom", 1), "{case}: no party");
    }
}

#[test]
fn each_account_sees_of_a_change_what_its_part_in_it_shows() {
    for (requester, asks, who, sight) in [
        ("ann", "technical=nora", "ann", Some(Sight::Party)),
        ("ann", "technical=nora", "nora", Some(Sight::Party)),
        ("ann", "technical=nora", "tom", Some(Sight::Incumbent)),
        ("ann", "technical=nora", "bill", None),
        ("ann", "technical=nora", "sam", None),
        ("ann", "technical=bill", "bill", Some(Sight::Party)),
        ("tom", "technical=nora", "tom", Some(Sight::Party)),
        ("tom", "technical=nora", "ann", Some(Sight::Administrator)),
        ("tom", "technical=ann", "ann", Some(Sight::Party)),
        ("ann", "administrator=nora", "ann", Some(Sight::Party)),
        ("ann", "administrator=nora", "tom", None),
    ] {
        let world = World::with(requester, asks);
        let seen = world.change(0).sight_of(&id(who), &world.service.contacts.administrator);
        assert_eq!(seen, sight, "{who} looks at what {requester} asked for: {asks}");
    }
}

#[test]
fn who_administers_the_service_now_sees_the_change_and_who_did_no_longer_does() {
    let mut world = World::with("tom", "technical=nora");
    world.service.contacts.administrator = id("omar");
    let sight = |who| world.change(0).sight_of(&id(who), &world.service.contacts.administrator);
    assert_eq!((sight("omar"), sight("ann")), (Some(Sight::Administrator), None));
    assert_eq!(sight("tom"), Some(Sight::Party));
}

#[test]
fn an_incumbent_who_administers_the_service_by_now_sees_it_as_its_administrator() {
    let mut world = World::with("ann", "technical=nora");
    world.service.contacts.administrator = id("tom");
    assert_eq!(world.change(0).sight_of(&id("tom"), &id("tom")), Some(Sight::Administrator));
    assert_eq!(world.cancel(0, Some("tom")), Ok(()));
}
