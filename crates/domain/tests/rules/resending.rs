//! Having a token sent again, and what a new address does to the old token.

use jiff::SignedDuration;
use relevo_domain::{ContactChange, Key, Presented, Refusal};

use crate::world::{World, ann_named_nora, hours, id, seconds};

#[test]
fn a_resend_makes_one_new_token_for_the_party_that_asks_and_touches_nothing_else() {
    let mut world = ann_named_nora();
    world.later(hours(2));
    let before = world.change(0).clone();
    world.resend(0, "nora").unwrap();
    assert_eq!(world.mails(), ["confirm nora 2"]);
    assert_eq!(world.events(), ["token-resent nora"]);
    let [seal] = world.effects.seals.as_slice() else { panic!("one token: {:?}", world.effects.seals) };
    assert_eq!((&seal.account_id, seal.generation, seal.change_id), (&id("nora"), 2, before.change_id));

    let now = world.now;
    let mut expected = before;
    for nora in expected.confirmations.iter_mut().filter(|party| party.account_id == id("nora")) {
        (nora.generation, nora.resends, nora.resend_time) = (2, 1, Some(now));
    }
    assert_eq!(world.change(0), &expected, "the expiry does not move, Ann's token stays");
    assert_eq!(world.accept_with(0, "ann", Presented::Generation(1)), Ok(()));
}

#[test]
fn a_token_is_sent_again_once_a_minute_and_not_a_moment_earlier() {
    let mut world = ann_named_nora();
    world.resend(0, "nora").unwrap();
    let again = world.now + seconds(60);
    for wait in [seconds(0), seconds(59), SignedDuration::from_nanos(999_999_999)] {
        world.later(wait);
        let before = world.change(0).clone();
        let retry_after = Some(again.duration_since(world.now));
        assert_eq!(world.resend(0, "nora"), Err(Refusal::ResendLimited { retry_after }));
        assert_eq!((world.change(0), world.mails().len()), (&before, 0));
    }
    assert_eq!(world.resend(0, "ann"), Ok(()), "each party has its own minute");
    world.later(SignedDuration::from_nanos(1));
    assert_eq!(world.resend(0, "nora"), Ok(()));
}

#[test]
fn a_token_is_sent_again_ten_times_for_each_change_and_party() {
    let mut world = ann_named_nora();
    for resend in 1..=10 {
        world.later(seconds(60));
        world.resend(0, "nora").unwrap();
        assert_eq!(world.mails(), [format!("confirm nora {}", resend + 1)]);
    }
    for wait in [seconds(1), hours(24)] {
        world.later(wait);
        let never = Err(Refusal::ResendLimited { retry_after: None });
        assert_eq!(world.resend(0, "nora"), never, "that it is the last is said before the minute");
    }
    assert_eq!(world.resend(0, "ann"), Ok(()));
    assert_eq!(world.accept(0, "nora"), Ok(()), "the last token is good");
}

#[test]
fn a_new_address_supersedes_the_token_until_one_is_sent_again() {
    let mut world = ann_named_nora();
    assert!(world.supersede(0, "nora"));
    assert_eq!((world.events(), world.mails().len()), (vec!["token-superseded nora".to_owned()], 0));
    assert_eq!(world.accept_with(0, "nora", Presented::Generation(1)), Err(Refusal::TokenSuperseded));
    assert_eq!(world.party(0, "nora").wrong_tokens, 0);
    assert!(!world.supersede(0, "nora"), "it is superseded once");

    world.resend(0, "nora").unwrap();
    assert_eq!(world.accept_with(0, "nora", Presented::Generation(1)), Err(Refusal::TokenSuperseded));
    assert_eq!(world.accept_with(0, "nora", Presented::Generation(2)), Ok(()));
    assert_eq!(world.accept_with(0, "ann", Presented::Generation(1)), Ok(()), "the other party's token still works");
}

#[test]
fn a_new_address_supersedes_nothing_that_could_not_decide_anyway() {
    let decided = |world: &mut World| world.accept(0, "nora").unwrap();
    let ended = |world: &mut World| world.refuse(0, "ann").unwrap();
    let expired = |world: &mut World| world.later(hours(24 * 7));
    for (case, prepare) in [("decided", decided as fn(&mut World)), ("ended", ended), ("expired", expired)] {
        let mut world = ann_named_nora();
        prepare(&mut world);
        let before = world.change(0).clone();
        assert!(!world.supersede(0, "nora"), "{case}");
        assert_eq!((world.change(0), world.events().len()), (&before, 0), "{case}");
    }
    assert!(!ann_named_nora().supersede(0, "tom"), "the incumbent has no token");
}

#[test]
fn good_for_a_decision_is_the_newest_token_of_a_party_that_has_not_decided() {
    let good = |change: &ContactChange, world: &World, who| change.good_generation(&id(who), world.now);
    let mut world = ann_named_nora();
    world.resend(0, "nora").unwrap();
    world.accept(0, "ann").unwrap();
    let change = world.change(0);
    assert_eq!(["ann", "nora", "tom"].map(|who| good(change, &world, who)), [None, Some(2), None]);
    world.later(hours(24 * 7));
    assert_eq!(good(world.change(0), &world, "nora"), None);
}

#[test]
fn tokens_of_a_leaked_key_are_made_anew_for_all_who_could_decide_with_one_and_count_as_no_resend() {
    let mut world = ann_named_nora();
    world.resend(0, "nora").unwrap();
    world.later(hours(1));
    let (new_key, before) = (Key::new([8; 32]), world.change(0).clone());
    assert!(world.reissue(0, &new_key));
    assert_eq!(world.mails(), ["confirm ann 2", "confirm nora 3"]);
    assert_eq!(
        world.events(),
        ["token-superseded ann", "token-resent ann", "token-superseded nora", "token-resent nora"]
    );
    assert!(world.effects.seals.iter().all(|seal| seal.key_id == *new_key.key_id()));
    let mut expected = before;
    for party in &mut expected.confirmations {
        party.generation += 1;
    }
    assert_eq!(world.change(0), &expected, "nothing else moves: neither what was resent, nor when");

    assert!(!world.reissue(0, &new_key), "what was made with the new key stays");
    assert!(world.mails().is_empty());
    assert_eq!(world.accept_with(0, "ann", Presented::Generation(1)), Err(Refusal::TokenSuperseded));
    assert_eq!(world.accept_with(0, "nora", Presented::Generation(2)), Err(Refusal::TokenSuperseded));
    assert_eq!(world.accept_with(0, "ann", Presented::Generation(2)), Ok(()));
    assert_eq!(world.accept_with(0, "nora", Presented::Generation(3)), Ok(()));
}

#[test]
fn no_token_is_made_anew_for_who_cannot_decide_with_one() {
    let key = Key::new([8; 32]);
    let mut decided = ann_named_nora();
    decided.accept(0, "ann").unwrap();
    assert!(decided.reissue(0, &key));
    assert_eq!(decided.mails(), ["confirm nora 2"], "who has decided keeps what it decided");
    let mut moved = ann_named_nora();
    moved.supersede(0, "nora");
    assert!(moved.reissue(0, &key));
    assert_eq!(moved.mails(), ["confirm ann 2"], "a new address gets no code until it asks for one");
    let ended = |world: &mut World| world.refuse(0, "ann").unwrap();
    let expired = |world: &mut World| world.later(hours(24 * 7));
    for prepare in [ended as fn(&mut World), expired] {
        let mut world = ann_named_nora();
        prepare(&mut world);
        assert!(!world.reissue(0, &key));
        assert!(world.mails().is_empty());
    }
}
