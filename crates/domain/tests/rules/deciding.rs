//! What the parties decide, and what each of their calls looks at first.

use relevo_domain::{
    Presented, Refusal, RefusalReason,
    contact_change::{Canceller, ChangeState, Decision, Ending, FailureCause, State},
};

use crate::world::{World, ann_named_nora, hours, id};

/// Tom has lost his role in another way.
fn tom_is_gone(world: &mut World) {
    world.service.contacts.technical = id("omar");
}

/// What each call answers to one account; it is tried on a copy, which is handed back beside the answer.
fn each_call(world: &World, who: &str, presented: Presented) -> [(&'static str, Result<(), Refusal>, World); 3] {
    let tried = |call: &dyn Fn(&mut World) -> Result<(), Refusal>| {
        let mut copy = world.clone();
        let answer = call(&mut copy);
        (answer, copy)
    };
    let (accepted, after_accept) = tried(&|world| world.accept_with(0, who, presented));
    let (refused, after_refuse) = tried(&|world| world.refuse_with(0, who, presented, None));
    let (resent, after_resend) = tried(&|world| world.resend(0, who));
    [("accept", accepted, after_accept), ("refuse", refused, after_refuse), ("resend", resent, after_resend)]
}

#[test]
fn neither_party_alone_applies_the_change() {
    for (one, other) in [("ann", "nora"), ("nora", "ann")] {
        let mut world = ann_named_nora();
        world.accept(0, one).unwrap();
        assert_eq!(world.state(0), ChangeState::Pending);
        assert_eq!(world.party(0, one).decision, Decision::Accepted { at: world.now });
        assert_eq!(world.party(0, other).decision, Decision::Pending);
        assert_eq!(world.holders(), "ann tom bill");
        assert_eq!((world.service.revision, world.mails().len()), (1, 0));
        assert_eq!(world.events(), [format!("change-accepted {one}")]);
    }
}

#[test]
fn the_last_acceptance_passes_the_roles_and_tells_everyone_concerned() {
    for (first, last) in [("ann", "nora"), ("nora", "ann")] {
        let mut world = ann_named_nora();
        world.accept(0, first).unwrap();
        world.later(hours(5));
        world.accept(0, last).unwrap();
        assert_eq!(world.change(0).state, State::Settled { at: world.now, ending: Ending::Done });
        assert_eq!(world.holders(), "ann nora bill");
        assert_eq!((world.service.revision, world.service.update_time), (2, world.now));
        assert_eq!(world.mails(), ["done ann", "done nora", "replaced tom"]);
        assert_eq!(world.events(), [format!("change-accepted {last}"), "change-done".to_owned()]);
    }
}

#[test]
fn an_administrator_who_names_himself_is_done_with_his_own_acceptance() {
    let mut world = World::with("ann", "technical=ann");
    assert_eq!(world.change(0).confirmations.len(), 1);
    world.accept(0, "ann").unwrap();
    assert_eq!(world.holders(), "ann ann bill");
    assert_eq!(world.mails(), ["done ann", "replaced tom"]);
}

#[test]
fn the_administrator_hears_of_a_hand_over_that_he_has_no_part_in() {
    let mut world = World::with("tom", "technical=nora");
    world.accept(0, "tom").unwrap();
    world.accept(0, "nora").unwrap();
    assert_eq!(world.mails(), ["done nora", "done tom", "passed ann"]);
}

#[test]
fn an_administrator_who_names_another_keeps_the_roles_beside_it() {
    let mut world = World::of("ann ann ann");
    world.ask("ann", "administrator=nora").unwrap();
    world.accept(0, "ann").unwrap();
    world.accept(0, "nora").unwrap();
    assert_eq!(world.holders(), "nora ann ann");
}

#[test]
fn one_refusal_ends_the_change_and_the_other_party_alone_is_told() {
    for (refuser, other) in [("ann", "nora"), ("nora", "ann")] {
        let mut world = ann_named_nora();
        world.accept(0, other).unwrap();
        let reason = RefusalReason::parse("Not mine").unwrap();
        let by = id(refuser);
        world.refuse_with(0, refuser, world.newest(0, refuser), reason.clone()).unwrap();
        assert_eq!(
            world.change(0).state,
            State::Settled { at: world.now, ending: Ending::Refused { by, reason } },
            "the reason is kept as it was given"
        );
        assert_eq!(world.party(0, refuser).decision, Decision::Refused { at: world.now });
        assert_eq!(world.holders(), "ann tom bill");
        assert_eq!(world.mails(), [format!("refused {other}")]);
        assert_eq!(world.events(), [format!("change-refused {refuser}")]);
    }
}

#[test]
fn the_only_party_may_refuse_and_nobody_is_told() {
    let mut world = World::with("ann", "technical=ann");
    world.refuse(0, "ann").unwrap();
    assert_eq!((world.state(0), world.mails().len()), (ChangeState::Refused, 0));
}

#[test]
fn to_someone_who_may_not_see_it_even_an_ended_change_does_not_exist() {
    let mut ended = ann_named_nora();
    ended.refuse(0, "nora").unwrap();
    for world in [ann_named_nora(), ended] {
        for who in ["sam", "bill"] {
            for (call, answer, after) in each_call(&world, who, Presented::Unknown) {
                assert_eq!(answer, Err(Refusal::ChangeNotFound), "{call} by {who}");
                assert_eq!(after.changes, world.changes, "{call} by {who}");
            }
            assert_eq!(world.clone().cancel(0, Some(who)), Err(Refusal::ChangeNotFound), "cancel by {who}");
        }
    }
}

#[test]
fn a_stranger_does_not_even_bring_about_that_an_overdue_change_is_marked_as_expired() {
    let mut world = ann_named_nora();
    world.later(hours(24 * 7));
    for (call, answer, after) in each_call(&world, "sam", Presented::Unknown) {
        assert_eq!(answer, Err(Refusal::ChangeNotFound), "{call}");
        assert_eq!(after.changes, world.changes, "{call}");
    }
}

#[test]
fn that_a_change_has_ended_is_said_before_that_the_account_is_no_party() {
    let mut world = ann_named_nora();
    world.cancel(0, Some("ann")).unwrap();
    for (call, answer, _) in each_call(&world, "tom", Presented::Unknown) {
        assert_eq!(answer, Err(Refusal::ChangeSettled(ChangeState::Cancelled)), "{call}");
    }
    assert_eq!(world.cancel(0, Some("tom")), Err(Refusal::ChangeSettled(ChangeState::Cancelled)));
}

#[test]
fn that_the_account_is_no_party_is_said_before_anything_of_its_token() {
    let incumbent = (ann_named_nora(), "tom");
    let administrator = (World::with("tom", "technical=nora"), "ann");
    for (world, who) in [incumbent, administrator] {
        for presented in [Presented::Unknown, Presented::Generation(1)] {
            for (call, answer, after) in each_call(&world, who, presented) {
                assert_eq!(answer, Err(Refusal::NotAParty), "{call} by {who}");
                assert_eq!(after.changes, world.changes, "{call} by {who}");
            }
        }
    }
}

#[test]
fn that_the_account_has_decided_is_said_before_that_its_token_is_wrong_or_was_sent_too_often() {
    let mut world = ann_named_nora();
    world.resend(0, "nora").unwrap();
    world.accept(0, "nora").unwrap();
    for presented in [Presented::Unknown, Presented::Generation(1), Presented::Generation(2)] {
        for (call, answer, after) in each_call(&world, "nora", presented) {
            assert_eq!(answer, Err(Refusal::AlreadyDecided), "{call} with {presented:?}");
            assert_eq!(after.changes, world.changes, "{call} counts nothing");
        }
    }
}

#[test]
fn that_the_token_is_wrong_is_said_before_that_the_change_has_become_impossible() {
    let mut world = ann_named_nora();
    world.accept(0, "ann").unwrap();
    world.resend(0, "nora").unwrap();
    tom_is_gone(&mut world);
    assert_eq!(world.accept_with(0, "nora", Presented::Unknown), Err(Refusal::TokenInvalid));
    assert_eq!(world.accept_with(0, "nora", Presented::Generation(1)), Err(Refusal::TokenSuperseded));
    assert_eq!(world.state(0), ChangeState::Pending);
    assert_eq!(world.party(0, "nora").wrong_tokens, 1);
}

#[test]
fn that_the_change_has_become_impossible_is_said_before_that_bills_are_overdue() {
    let mut world = World::with("ann", "billing=nora");
    world.accept(0, "ann").unwrap();
    world.service.contacts.billing = id("omar");
    world.overdue.extend(["bill", "nora"]);
    assert_eq!(world.accept(0, "nora"), Err(Refusal::ChangeSettled(ChangeState::Failed)));
    assert_eq!(world.state(0), ChangeState::Failed);
}

#[test]
fn what_is_looked_at_last_is_looked_at_with_the_last_acceptance_only() {
    let mut world = World::with("ann", "billing=nora");
    world.overdue.extend(["bill", "nora"]);
    assert_eq!(world.accept(0, "ann"), Ok(()), "bills are looked at with the last acceptance");

    let mut world = ann_named_nora();
    tom_is_gone(&mut world);
    assert_eq!(world.accept(0, "ann"), Ok(()), "so are the holders");
    assert_eq!(world.state(0), ChangeState::Pending);
}

#[test]
fn neither_bills_nor_other_holders_keep_a_party_from_refusing() {
    let mut world = World::with("ann", "billing=nora");
    world.accept(0, "ann").unwrap();
    world.overdue.extend(["bill", "nora"]);
    world.service.contacts.billing = id("omar");
    assert_eq!(world.refuse(0, "nora"), Ok(()));
}

#[test]
fn overdue_bills_at_the_last_acceptance_leave_all_as_it_was_until_they_are_paid() {
    for (overdue, first, last) in [("bill", "ann", "nora"), ("nora", "ann", "nora"), ("nora", "nora", "ann")] {
        let mut world = World::with("ann", "billing=nora");
        world.accept(0, first).unwrap();
        world.overdue.insert(overdue);
        let (change, service) = (world.change(0).clone(), world.service.clone());
        assert_eq!(world.accept(0, last), Err(Refusal::BillingOverdue(id(overdue))));
        assert_eq!((world.change(0), &world.service), (&change, &service));
        assert_eq!((world.mails().len(), world.events().len()), (0, 0));

        world.overdue.clear();
        assert_eq!(world.accept(0, last), Ok(()), "the same token passes once {overdue} has paid");
        assert_eq!(world.holders(), "ann tom nora");
    }
}

#[test]
fn of_two_overdue_ends_the_incumbent_is_named_and_bills_of_others_do_not_matter() {
    let mut world = World::with("ann", "billing=nora");
    world.accept(0, "nora").unwrap();
    world.overdue.extend(["bill", "nora"]);
    assert_eq!(world.accept(0, "ann"), Err(Refusal::BillingOverdue(id("bill"))));
    world.overdue = ["ann", "tom"].into();
    assert_eq!(world.accept(0, "ann"), Ok(()));
}

#[test]
fn bills_do_not_matter_to_other_roles_unless_the_setting_says_so() {
    for (every_role, answer) in [(false, Ok(())), (true, Err(Refusal::BillingOverdue(id("tom"))))] {
        let mut world = ann_named_nora();
        world.policy.standing_for_every_role = every_role;
        world.accept(0, "ann").unwrap();
        world.overdue.insert("tom");
        assert_eq!(world.accept(0, "nora"), answer);
    }
}

#[test]
fn an_incumbent_who_no_longer_holds_the_role_fails_the_change_at_the_last_acceptance() {
    let mut world = ann_named_nora();
    world.accept(0, "ann").unwrap();
    tom_is_gone(&mut world);
    let service = world.service.clone();
    assert_eq!(world.accept(0, "nora"), Err(Refusal::ChangeSettled(ChangeState::Failed)));
    let ending = Ending::Failed(FailureCause::IncumbentReplaced);
    assert_eq!(world.change(0).state, State::Settled { at: world.now, ending }, "the ending is kept");
    assert_eq!(world.party(0, "nora").decision, Decision::Pending, "the acceptance is not");
    assert_eq!(world.service, service);
    assert_eq!(world.mails(), ["failed ann", "failed nora"]);
    assert_eq!(world.events(), ["change-failed"]);
}

#[test]
fn an_incumbent_who_still_holds_one_of_two_roles_fails_the_change_too() {
    let mut world = World::of("ann tom tom");
    world.ask("ann", "technical=nora billing=nora").unwrap();
    world.accept(0, "ann").unwrap();
    world.service.contacts.billing = id("bill");
    assert_eq!(world.accept(0, "nora"), Err(Refusal::ChangeSettled(ChangeState::Failed)));
    assert_eq!(world.holders(), "ann tom bill", "no half of it passes");
}

#[test]
fn a_requester_who_no_longer_may_ask_fails_the_change_at_the_last_acceptance() {
    let mut world = ann_named_nora();
    world.accept(0, "ann").unwrap();
    world.service.contacts.administrator = id("omar");
    assert_eq!(world.accept(0, "nora"), Err(Refusal::ChangeSettled(ChangeState::Failed)));
    let ending = Ending::Failed(FailureCause::RequesterNotPermitted);
    assert_eq!(world.change(0).state, State::Settled { at: world.now, ending });
    assert_eq!(world.mails(), ["failed ann", "failed nora"], "a requester without a role is told all the same");
}

#[test]
fn a_wrong_token_changes_nothing_but_a_count_and_the_right_one_always_passes() {
    let mut world = ann_named_nora();
    for wrong in 1..=50 {
        let mut expected = world.change(0).clone();
        expected.confirmations.iter_mut().filter(|party| party.account_id == id("nora")).for_each(|nora| {
            nora.wrong_tokens = wrong;
        });
        let answer = match wrong % 2 {
            0 => world.accept_with(0, "nora", Presented::Unknown),
            _ => world.refuse_with(0, "nora", Presented::Unknown, None),
        };
        assert_eq!(answer, Err(Refusal::TokenInvalid));
        assert_eq!((world.change(0), world.mails().len()), (&expected, 0));
        assert_eq!(world.events(), ["token-refused nora"], "and the history says so");
    }
    assert_eq!(world.accept(0, "nora"), Ok(()));
}

#[test]
fn a_superseded_token_is_told_apart_and_is_not_counted_as_wrong() {
    let mut world = ann_named_nora();
    world.resend(0, "nora").unwrap();
    let first = Presented::Generation(1);
    assert_eq!(world.accept_with(0, "nora", first), Err(Refusal::TokenSuperseded));
    assert_eq!(world.refuse_with(0, "nora", first, None), Err(Refusal::TokenSuperseded));
    assert_eq!(world.party(0, "nora").wrong_tokens, 0);
    assert_eq!(world.accept_with(0, "nora", Presented::Generation(2)), Ok(()));
}

#[test]
fn nothing_alters_a_change_that_has_ended_and_every_attempt_names_its_state() {
    for (world, state) in ended_in_every_way() {
        let refusal = Err(Refusal::ChangeSettled(state));
        for who in ["ann", "nora"] {
            for presented in [Presented::Unknown, Presented::Generation(1)] {
                for (call, answer, after) in each_call(&world, who, presented) {
                    assert_eq!(answer, refusal, "{call} by {who}, {state:?}");
                    assert_eq!(after.change(0), world.change(0), "{call} by {who}, {state:?}");
                    assert_eq!((after.mails().len(), after.events().len()), (0, 0), "{call} by {who}, {state:?}");
                }
            }
        }
        let mut after = world.clone();
        assert_eq!([after.cancel(0, Some("ann")), after.cancel(0, None)], [refusal.clone(), refusal]);
        assert!(!after.cancel_with_service(0) && !after.supersede(0, "nora"), "{state:?}");
        after.later(hours(24 * 30));
        assert!(!after.expire(0) && !after.remind(0), "{state:?}");
        assert_eq!(after.change(0), world.change(0), "{state:?}");
    }
}

/// A change that Ann asked for, which has ended, in each way that there is.
fn ended_in_every_way() -> Vec<(World, ChangeState)> {
    let mut done = ann_named_nora();
    done.accept(0, "ann").unwrap();
    done.accept(0, "nora").unwrap();
    let mut refused = ann_named_nora();
    refused.refuse(0, "nora").unwrap();
    let mut cancelled = ann_named_nora();
    cancelled.cancel(0, Some("ann")).unwrap();
    assert_eq!(
        cancelled.change(0).state,
        State::Settled { at: cancelled.now, ending: Ending::Cancelled(Canceller::Account(id("ann"))) }
    );
    let mut expired = ann_named_nora();
    expired.later(hours(24 * 7));
    assert!(expired.expire(0));
    let mut failed = ann_named_nora();
    failed.accept(0, "ann").unwrap();
    tom_is_gone(&mut failed);
    failed.accept(0, "nora").unwrap_err();
    use ChangeState::{Cancelled, Done, Expired, Failed, Refused};
    vec![(done, Done), (refused, Refused), (cancelled, Cancelled), (expired, Expired), (failed, Failed)]
}
