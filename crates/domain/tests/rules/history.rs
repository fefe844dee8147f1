//! How events are chained.

use proptest::prelude::*;
use relevo_domain::{AccountId, Chain, Detail, Event, EventKind, Head, Key, Keyring, ServiceKey, history::Verdict};
use uuid::Uuid;

fn ring(key: u8, retired: &[u8]) -> Keyring {
    Keyring::new(Key::new([key; 32]), retired.iter().map(|key| Key::new([*key; 32])).collect())
}

fn chain() -> Chain {
    Chain::of_service(ServiceKey(Uuid::from_u128(1)))
}

const SAYS: [&[u8]; 3] = [b"one", b"", b"three"];

#[test]
fn an_event_is_in_the_chain_of_its_service_and_else_in_that_of_its_account() {
    let (account, key) = (AccountId::parse("aa1-ovh").unwrap(), ServiceKey(Uuid::from_u128(1)));
    let of = |account: Option<&AccountId>, service_key| {
        let event = Event {
            kind: EventKind::ServiceUpdated,
            account_id: account.cloned(),
            service_key,
            change_id: None,
            details: Vec::new(),
        };
        Chain::of(&event).map(|chain| chain.to_string())
    };
    let service = "service/00000000-0000-0000-0000-000000000001".to_owned();
    assert_eq!(of(Some(&account), Some(key)), Some(service.clone()));
    assert_eq!(of(None, Some(key)), Some(service));
    assert_eq!(of(Some(&account), None), Some("account/aa1-ovh".to_owned()));
    assert_eq!(of(None, None), None);
}

#[test]
fn a_link_holds_for_its_chain_its_place_what_came_before_and_what_it_says_alone() {
    let ring = ring(7, &[]);
    let mut head = Head::begin(chain(), &ring);
    head.append(&[b"first"], &ring);
    let before = head.digest.clone();
    let link = head.append(&SAYS, &ring);
    assert_eq!((link.sequence, head.length, &head.digest), (2, 2, &link.digest));
    assert_eq!(link.verdict(&chain(), &before, &SAYS, &ring), Verdict::Holds);

    let other = Chain::of_service(ServiceKey(Uuid::from_u128(2)));
    assert_eq!(link.verdict(&other, &before, &SAYS, &ring), Verdict::Altered);
    assert_eq!(link.verdict(&chain(), b"", &SAYS, &ring), Verdict::Altered);
    // The same bytes, parted elsewhere.
    for says in [&[b"one" as &[u8], b"three"] as &[&[u8]], &[b"on", b"e", b"three"], &[b"one", b"", b"three", b""]] {
        assert_eq!(link.verdict(&chain(), &before, says, &ring), Verdict::Altered);
    }
    let mut moved = link.clone();
    moved.sequence = 3;
    assert_eq!(moved.verdict(&chain(), &before, &SAYS, &ring), Verdict::Altered);
}

#[test]
fn the_digest_of_an_event_proves_no_head_and_the_proof_of_a_head_no_event() {
    let ring = ring(7, &[]);
    let mut head = Head::begin(chain(), &ring);
    let link = head.append(&[], &ring);
    let as_head = Head { proof: link.digest.clone(), digest: Vec::new(), ..head.clone() };
    assert_eq!(as_head.verdict(&ring), Verdict::Altered);
    let as_link = relevo_domain::Link { digest: head.proof.clone(), ..link };
    assert_eq!(as_link.verdict(&chain(), b"", &[], &ring), Verdict::Altered);
}

#[test]
fn a_ring_that_turned_proves_what_the_old_key_made_and_makes_with_the_new_one() {
    let (old, turned, lost) = (ring(7, &[]), ring(8, &[7]), ring(8, &[]));
    let mut head = Head::begin(chain(), &old);
    let first = head.append(&SAYS, &old);
    assert_eq!((head.verdict(&turned), head.verdict(&lost)), (Verdict::Holds, Verdict::KeyMissing));
    assert_eq!(first.verdict(&chain(), b"", &SAYS, &lost), Verdict::KeyMissing);
    let second = head.append(&SAYS, &turned);
    assert_eq!((&first.key_id, &second.key_id), (old.signing().key_id(), turned.signing().key_id()));
    assert_eq!((head.verdict(&turned), head.verdict(&lost)), (Verdict::Holds, Verdict::Holds));
}

#[test]
fn a_head_that_does_not_prove_itself_goes_on_and_never_does_again() {
    let ring = ring(7, &[]);
    let mut whole = Head::begin(chain(), &ring);
    for _ in 0..3 {
        whole.append(&SAYS, &ring);
    }
    let altered = [
        Head { length: 2, ..whole.clone() },
        Head { digest: vec![1; 32], ..whole.clone() },
        Head { proof: Vec::new(), ..whole.clone() },
        Head { key_id: relevo_domain::KeyId("lost".to_owned()), ..whole.clone() },
        Head { length: i64::MAX, ..whole.clone() },
    ];
    for mut head in altered {
        for _ in 0..2 {
            let before = head.digest.clone();
            let link = head.append(&SAYS, &ring);
            assert_eq!(link.verdict(&chain(), &before, &SAYS, &ring), Verdict::Holds, "what it says is proven");
            assert_eq!(head.verdict(&ring), Verdict::Altered);
        }
    }
}

proptest! {
    #[test]
    fn what_moved_is_read_as_it_was_written(
        what in "[a-z_]{1,20}", from in "[a-z0-9.-]{0,20}", to in "[a-z0-9.-]{0,20}",
    ) {
        let detail = Detail::moved(&what, from, to);
        prop_assert_eq!(Detail::parse(&detail.to_string()), detail);
    }
}
