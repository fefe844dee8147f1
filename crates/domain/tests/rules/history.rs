//! How events are chained.

use proptest::prelude::*;
use relevo_domain::{
    AccountId, Chain, Detail, Event, EventKind, Head, Key, Keyring, ServiceKey,
    history::{Verdict, digest},
};
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
fn a_digest_is_of_its_chain_its_place_what_came_before_and_what_it_says_alone() {
    let ring = ring(7, &[]);
    let mut head = Head::begin(chain(), &ring);
    head.append(&[b"first"], &ring);
    let before = head.digest.clone();
    head.append(&SAYS, &ring);
    assert_eq!((head.length, &head.digest), (2, &digest(&chain(), 2, &before, &SAYS)));

    let other = Chain::of_service(ServiceKey(Uuid::from_u128(2)));
    assert_ne!(head.digest, digest(&other, 2, &before, &SAYS));
    assert_ne!(head.digest, digest(&chain(), 2, b"", &SAYS));
    assert_ne!(head.digest, digest(&chain(), 3, &before, &SAYS));
    // The same bytes, parted elsewhere.
    for says in [&[b"one" as &[u8], b"three"] as &[&[u8]], &[b"on", b"e", b"three"], &[b"one", b"", b"three", b""]] {
        assert_ne!(head.digest, digest(&chain(), 2, &before, says));
    }
}

#[test]
fn a_digest_needs_no_key_and_a_head_the_one_that_proved_it() {
    let (old, turned, lost) = (ring(7, &[]), ring(8, &[7]), ring(8, &[]));
    let (mut head, mut under_another) = (Head::begin(chain(), &old), Head::begin(chain(), &lost));
    for ring in [(&old, &lost), (&turned, &lost)] {
        head.append(&SAYS, ring.0);
        under_another.append(&SAYS, ring.1);
        assert_eq!(head.digest, under_another.digest);
    }
    assert_eq!(
        (head.verdict(&turned), head.verdict(&lost), head.verdict(&old)),
        (Verdict::Holds, Verdict::Holds, Verdict::KeyMissing)
    );
}

#[test]
fn a_head_is_proved_anew_with_the_newest_key_unless_it_was_altered() {
    let (old, turned, lost) = (ring(7, &[]), ring(8, &[7]), ring(8, &[]));
    let mut head = Head::begin(chain(), &old);
    head.append(&SAYS, &old);
    assert_eq!((head.verdict(&turned), head.verdict(&lost)), (Verdict::Holds, Verdict::KeyMissing));
    let mut altered = Head { length: 2, ..head.clone() };
    let (digest, untouched) = (head.digest.clone(), altered.clone());
    assert!(head.clone().prove_anew(&turned) && head.prove_anew(&turned), "twice is as good as once");
    assert_eq!(
        (head.verdict(&turned), head.verdict(&lost), head.verdict(&old)),
        (Verdict::Holds, Verdict::Holds, Verdict::KeyMissing)
    );
    assert_eq!((head.length, head.digest.clone()), (1, digest));
    assert!(!altered.prove_anew(&turned));
    assert_eq!(altered, untouched);
    assert!(!altered.prove_anew(&lost), "nor without the key");
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
            head.append(&SAYS, &ring);
            assert_eq!(head.digest, digest(&chain(), head.length, &before, &SAYS));
            assert_eq!(head.verdict(&ring), Verdict::Altered);
            assert!(!head.prove_anew(&ring));
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
