//! What counts as an address that mail can be sent to.

use proptest::prelude::*;
use relevo_domain::EmailAddress;

use crate::texts::{reads, refuses};

#[test]
fn an_address_keeps_its_local_part_and_has_its_domain_in_lower_case() {
    let (local, label) = ("a".repeat(64), "b".repeat(63));
    let longest = format!("{local}@{label}.{label}.{}", "b".repeat(61));
    assert_eq!(longest.len(), 254);
    let show = |address: &EmailAddress| format!("{address} {}", address.with_ascii_domain());
    reads(
        EmailAddress::parse,
        show,
        &[
            ("ann@example.com", "ann@example.com ann@example.com"),
            ("Ann.Lee+Tag@EXAMPLE.Com", "Ann.Lee+Tag@example.com Ann.Lee+Tag@example.com"),
            ("o'neil@sub.example.co.uk", "o'neil@sub.example.co.uk o'neil@sub.example.co.uk"),
            ("ann@B\u{dc}CHER.example", "ann@b\u{fc}cher.example ann@xn--bcher-kva.example"),
            ("ann@\u{391}\u{3a3}-1.example", "ann@\u{3b1}\u{3c3}-1.example ann@xn---1-b9b6e.example"),
            ("ann@\u{ff25}xample.com", "ann@example.com ann@example.com"),
            ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example ann@xn--bcher-kva.example"),
            ("jos\u{e9}@example.com", "jos\u{e9}@example.com jos\u{e9}@example.com"),
            (
                "\u{7528}\u{6237}@\u{4f8b}\u{5b50}.\u{5e7f}\u{544a}",
                "\u{7528}\u{6237}@\u{4f8b}\u{5b50}.\u{5e7f}\u{544a} \u{7528}\u{6237}@xn--fsqu00a.xn--4rr70v",
            ),
            (&longest, &format!("{longest} {longest}")),
        ],
    );
}

#[test]
fn an_address_that_mail_cannot_be_sent_to_or_that_hides_something_is_refused() {
    let (local, label) = ("a".repeat(64), "b".repeat(63));
    let too_long = format!("{local}@{label}.{label}.{}", "b".repeat(62));
    assert_eq!(too_long.len(), 255);
    // Short as it is written, too long once the domain is in A-labels.
    let umlauts = format!("{local}@{}example", "a\u{fc}.".repeat(20));
    assert_eq!(umlauts.len(), 152);
    refuses(
        EmailAddress::parse,
        EmailAddress::FORM,
        &[
            "",
            "@",
            "ann",
            "ann@",
            "@example.com",
            "ann@example",
            "ann@localhost",
            "ann@@example.com",
            "ann@example..com",
            "ann@.example.com",
            "ann@example.com.",
            ".ann@example.com",
            "ann.@example.com",
            "an..n@example.com",
            "ann @example.com",
            " ann@example.com",
            "ann@example.com ",
            "ann@exa mple.com",
            "ann@example.com\n",
            "ann@example.com\r\nBcc: all@example.com",
            "ann\r\n@example.com",
            "ann\n@example.com",
            "ann\0@example.com",
            "ann\t@example.com",
            "ann\u{85}@example.com",
            "ann\u{a0}@example.com",
            "\"ann lee\"@example.com",
            "\"ann\"@example.com",
            "Ann <ann@example.com>",
            "<ann@example.com>",
            "ann@example.com,all@example.com",
            "ann@example.com;all@example.com",
            "ann@[192.0.2.1]",
            "ann@[IPv6:2001:db8::1]",
            "ann@192.0.2.1",
            "ann@example.123",
            "ann@-example.com",
            "ann@example-.com",
            "ann@exa_mple.com",
            "ann@example\u{3002}com",
            "ann@xn--a.example",
            "ann@example.com\u{202e}",
            "ann\\@example.com",
            "mailto:ann@example.com@",
            &format!("{local}a@example.com"),
            &format!("ann@{label}b.com"),
            &too_long,
            &umlauts,
        ],
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_as_an_address_has_no_line_end_and_one_relay_domain(
        text in r"[a-cé.+]{1,8}@[a-cA-CéÉ\-]{1,6}\.[a-c]{2,5}[\r\n ,;<>]{0,2}",
    ) {
        if let Ok(address) = EmailAddress::parse(&text) {
            prop_assert!(!address.as_str().contains(['\r', '\n', ' ', '<', '>', ',', ';']));
            let ascii = address.with_ascii_domain();
            let (local, domain) = ascii.rsplit_once('@').unwrap();
            prop_assert!(domain.is_ascii() && ascii.len() <= 254);
            prop_assert_eq!(address.as_str().rsplit_once('@').map(|parts| parts.0), Some(local));
            prop_assert_eq!(EmailAddress::parse(&ascii).map(|same| same.with_ascii_domain()), Ok(ascii));
        }
    }
}
