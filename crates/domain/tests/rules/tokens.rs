//! The personal codes: how they are made, written, typed and recognised.

use proptest::prelude::*;
use relevo_domain::{AccountId, ChangeId, Key, KeyId, Keyring, Nonce, Seal, Token};

const TYPED: &str = "RBVR-52VS-AV0A-8TBF-1NQP-4MEM-3JPH-JCRJ";

/// A key whose bits are 0, 1, 2 and so on.
fn key() -> Key {
    Key::new(std::array::from_fn(|n| u8::try_from(n).unwrap()))
}

fn other_key() -> Key {
    Key::new([0xff; 32])
}

fn ring() -> Keyring {
    Keyring::new(key(), Vec::new())
}

fn seal() -> Seal {
    Seal {
        change_id: ChangeId::parse("01932c07-0d5a-7cc3-9f2e-6d8f4b3f1a20").unwrap(),
        account_id: AccountId::parse("aa123456-ovh").unwrap(),
        generation: 1,
        nonce: Nonce(std::array::from_fn(|n| 0xa0 + u8::try_from(n).unwrap())),
        key_id: key().key_id().clone(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Computed by another implementation of HMAC (Python's), from the description: each part after its length as eight
/// bytes; the change as its sixteen bytes, the generation as eight; the first 160 bits in Crockford's base32.
#[test]
fn a_token_is_what_another_implementation_makes_of_the_same_seal() {
    assert_eq!(key().key_id().0, "77e6ba3005763f3c");
    assert_eq!(ring().token(&seal()).unwrap().reveal(), TYPED);

    assert_eq!(other_key().key_id().0, "c50b048c8d2d357a");
    let other = Seal {
        account_id: AccountId::parse("zz9-x").unwrap(),
        generation: 258,
        nonce: Nonce([0; 16]),
        key_id: other_key().key_id().clone(),
        ..seal()
    };
    let token = Keyring::new(other_key(), Vec::new()).token(&other).unwrap();
    assert_eq!(token.reveal(), "71JN-V2MV-BYWY-EXZS-MH2C-Y52K-QDRX-QJGC");
}

#[test]
fn a_proof_is_what_another_implementation_makes_of_the_same_bytes() {
    let expected = "139edecae91f3f0261479a71a7e6287f0ff45210e28fb5b7acc7458442d69966";
    assert_eq!(hex(&ring().proof("request", &[b"one", b"two"])), expected);
}

#[test]
fn a_token_differs_with_each_part_of_its_seal_and_with_the_key() {
    let keyring = Keyring::new(key(), vec![other_key()]);
    let seals = [
        seal(),
        Seal { change_id: ChangeId::parse("01932c07-0d5a-7cc3-9f2e-6d8f4b3f1a21").unwrap(), ..seal() },
        Seal { account_id: AccountId::parse("aa123457-ovh").unwrap(), ..seal() },
        Seal { generation: 2, ..seal() },
        Seal { nonce: Nonce([0; 16]), ..seal() },
        Seal { key_id: other_key().key_id().clone(), ..seal() },
    ];
    for (n, one) in seals.iter().enumerate() {
        for (m, other) in seals.iter().enumerate() {
            let [one, other] = [one, other].map(|seal| keyring.token(seal).unwrap());
            assert_eq!(one.matches(&other), n == m, "{n} {m}");
            assert_eq!(one.reveal() == other.reveal(), n == m, "{n} {m}");
        }
    }
}

#[test]
fn a_token_is_read_as_a_person_may_type_it() {
    let token = Token::parse(TYPED).unwrap();
    for typed in [
        TYPED.to_owned(),
        TYPED.to_lowercase(),
        TYPED.replace('-', ""),
        TYPED.replace('-', " "),
        TYPED.replace('-', "\u{3000}"),
        format!(" \t{TYPED}\r\n"),
        TYPED.chars().map(|c| format!("{c} -")).collect(),
        TYPED.replace('0', "O"),
        TYPED.replace('0', "o"),
        TYPED.replace('1', "I"),
        TYPED.replace('1', "i"),
        TYPED.replace('1', "L"),
        TYPED.replace('1', "l"),
    ] {
        assert!(Token::parse(&typed).is_some_and(|read| read.matches(&token)), "{typed:?}");
    }
}

#[test]
fn what_cannot_be_a_token_is_not_read_as_one() {
    for text in [
        String::new(),
        "-".to_owned(),
        TYPED.replace("JCRJ", "JCR"),
        format!("{TYPED}0"),
        TYPED.replace('R', "U"),
        TYPED.replace('R', "u"),
        TYPED.replace('R', "*"),
        TYPED.replace('R', "\u{ff32}"),
        TYPED.replace('5', "\u{665}"),
        TYPED.replace('-', "_"),
        TYPED.replace('-', "\u{2010}"),
        format!("{TYPED}{}", " ".repeat(256 - TYPED.len() + 1)),
    ] {
        assert!(Token::parse(&text).is_none(), "{text:?}");
    }
    let longest = format!("{TYPED}{}", " ".repeat(256 - TYPED.len()));
    assert!(Token::parse(&longest).is_some());
}

#[test]
fn the_first_and_the_last_bit_of_a_token_matter() {
    let zero = Token::parse(&"0".repeat(32)).unwrap();
    assert_eq!(zero.reveal(), "0000-0000-0000-0000-0000-0000-0000-0000");
    for one_bit in [format!("{}1", "0".repeat(31)), format!("G{}", "0".repeat(31))] {
        assert!(!Token::parse(&one_bit).unwrap().matches(&zero), "{one_bit}");
    }
    let ones = "ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ";
    assert_eq!(Token::parse(ones).unwrap().reveal(), ones);
}

#[test]
fn what_is_printed_for_debugging_shows_no_secret() {
    let secret_bits = ["0001020304", "0, 1, 2, 3", "00, 01, 02"];
    let keyring = format!("{:?}", ring());
    assert!(keyring.contains("77e6ba3005763f3c"), "the name of the key is no secret: {keyring}");
    assert!(secret_bits.iter().all(|bits| !keyring.contains(bits)), "{keyring}");
    assert_eq!(format!("{:?}", ring().token(&seal()).unwrap()), "Token([REDACTED])");
    assert_eq!(format!("{:#?}", seal().nonce), "Nonce([REDACTED])");
    assert_eq!(format!("{:?}", key()), "Key(77e6ba3005763f3c, [REDACTED])");
    let seal = format!("{:?}", seal());
    assert!(!seal.contains("160, 161") && !seal.contains("a0a1"), "{seal}");
}

#[test]
fn each_generation_is_recognised_as_itself_the_superseded_ones_too() {
    let seals: Vec<_> = (1..=4)
        .map(|generation| Seal {
            generation,
            nonce: Nonce(u128::from(generation.unsigned_abs()).to_be_bytes()),
            ..seal()
        })
        .collect();
    for seal in &seals {
        let presented = ring().token(seal).unwrap().reveal();
        assert_eq!(ring().recognise(&presented, &seals), Some(seal));
        let others: Vec<_> = seals.iter().filter(|other| *other != seal).cloned().collect();
        assert_eq!(ring().recognise(&presented, &others), None);
    }
    let typo = ring().token(&seal()).unwrap().reveal();
    for presented in ["", "no token", TYPED, &typo] {
        assert_eq!(ring().recognise(presented, &seals), None, "{presented:?}");
    }
    assert_eq!(ring().recognise(TYPED, &[]), None);
}

#[test]
fn a_retired_key_still_recognises_and_a_removed_one_does_not() {
    let rotated = Keyring::new(other_key(), vec![key()]);
    assert_eq!(rotated.signing().key_id(), other_key().key_id());
    assert_eq!(rotated.keys().map(Key::key_id).collect::<Vec<_>>(), [other_key().key_id(), key().key_id()]);
    assert_eq!(rotated.recognise(TYPED, &[seal()]), Some(&seal()));

    let removed = Keyring::new(other_key(), Vec::new());
    assert!(removed.token(&seal()).is_none());
    assert_eq!(removed.recognise(TYPED, &[seal()]), None);
    let unknown = Seal { key_id: KeyId("no such key".to_owned()), ..seal() };
    assert!(rotated.token(&unknown).is_none());
}

#[test]
fn a_proof_holds_for_its_purpose_its_bytes_and_the_keys_of_the_ring_alone() {
    let proof = ring().proof("request", &[b"one", b"two"]);
    assert!(ring().proves("request", &[b"one", b"two"], &proof));
    assert!(
        Keyring::new(other_key(), vec![key()]).proves("request", &[b"one", b"two"], &proof),
        "a retired key proves"
    );
    assert!(!Keyring::new(other_key(), Vec::new()).proves("request", &[b"one", b"two"], &proof));

    assert!(!ring().proves("page", &[b"one", b"two"], &proof));
    for parts in
        [&[b"one".as_slice()] as &[&[u8]], &[b"onetwo"], &[b"on", b"etwo"], &[b"two", b"one"], &[b"one", b"two", b""]]
    {
        assert!(!ring().proves("request", parts, &proof), "{parts:?}");
    }
    let (half, _) = proof.split_at(16);
    assert!(ring().proves("request", &[b"one", b"two"], half), "128 bits of a proof are one");
    let (cut, _) = proof.split_at(15);
    let mut flipped = proof;
    flipped[31] ^= 1;
    for forged in [&[], cut, flipped.as_slice()] {
        assert!(!ring().proves("request", &[b"one", b"two"], forged), "{}", hex(forged));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_revealed_is_read_back_and_has_groups_of_four(digits in "[0-9A-HJKMNP-TV-Z]{32}") {
        let token = Token::parse(&digits).unwrap();
        let revealed = token.reveal();
        prop_assert_eq!(revealed.replace('-', ""), digits);
        prop_assert_eq!(revealed.split('-').map(str::len).collect::<Vec<_>>(), [4; 8]);
        prop_assert!(Token::parse(&revealed).unwrap().matches(&token));
    }

    #[test]
    fn one_other_digit_makes_another_token(
        digits in "[0-9A-HJKMNP-TV-Z]{32}", place in 0_usize..32, other in "[0-9A-HJKMNP-TV-Z]",
    ) {
        let typo = format!("{}{other}{}", digits.get(..place).unwrap(), digits.get(place + 1..).unwrap());
        let [one, other] = [&digits, &typo].map(|text| Token::parse(text).unwrap());
        prop_assert_eq!(one.matches(&other), digits == typo);
    }
}
