//! What counts as an account id, a service id, a kind, a name, a language, a change id and a reason.

use std::fmt::Debug;

use proptest::prelude::*;
use relevo_domain::{
    AccountId, ChangeId, DisplayName, EmailAddress, Invalid, Kind, Language, RefusalReason, ServiceId, Token,
    id::is_suffix,
};

/// Each text is read as the one beside it.
#[track_caller]
pub(crate) fn reads<T>(
    parse: impl Fn(&str) -> Result<T, Invalid>,
    show: impl Fn(&T) -> String,
    table: &[(&str, &str)],
) {
    for (text, expected) in table {
        match parse(text) {
            Ok(read) => assert_eq!(show(&read), *expected, "{text:?}"),
            Err(Invalid(why)) => panic!("{text:?} {why}"),
        }
    }
}

/// None of the texts is read.
#[track_caller]
pub(crate) fn refuses<T: Debug + PartialEq>(parse: impl Fn(&str) -> Result<T, Invalid>, form: Invalid, table: &[&str]) {
    for text in table {
        assert_eq!(parse(text), Err(form.clone()), "{text:?}");
    }
}

#[test]
fn an_account_id_is_two_letters_digits_and_a_suffix_in_any_case() {
    let show = |id: &AccountId| format!("{id} {} {}", id.as_str(), id.suffix());
    reads(
        AccountId::parse,
        show,
        &[
            ("aa123456-ovh", "aa123456-ovh aa123456-ovh ovh"),
            ("AA123456-OVH", "aa123456-ovh aa123456-ovh ovh"),
            ("zz1-x", "zz1-x zz1-x x"),
            (
                "ab123456789012-0123456789abcdef",
                "ab123456789012-0123456789abcdef ab123456789012-0123456789abcdef 0123456789abcdef",
            ),
        ],
    );
    refuses(
        AccountId::parse,
        AccountId::FORM,
        &[
            "",
            "-",
            "aa",
            "aa123456",
            "aa-ovh",
            "a1-ovh",
            "a123456-ovh",
            "aaa123456-ovh",
            "12123456-ovh",
            "aa123456-",
            "aa123456-o-h",
            "aa123456-ovh ",
            " aa123456-ovh",
            "aa123456_ovh",
            "aa1234567890123-ovh",
            "aa12345x-ovh",
            "aa123456-01234567890123456",
            "aa123456-\u{f6}vh",
            "\u{e9}123456-ovh",
            "\u{f1}\u{f1}1-ovh",
            "aa\u{661}-ovh",
            "aa1\n-ovh",
            "aa1-ovh\n",
            "aa1-ovh\0",
        ],
    );
}

#[test]
fn a_suffix_is_1_to_16_lower_case_letters_and_digits() {
    for suffix in ["ovh", "x", "0", "0123456789abcdef"] {
        assert!(is_suffix(suffix), "{suffix:?}");
    }
    for suffix in ["", "OVH", "o-h", "0123456789abcdefg", "\u{f6}vh", "ovh "] {
        assert!(!is_suffix(suffix), "{suffix:?}");
    }
}

#[test]
fn a_service_id_is_dot_separated_parts_in_any_case() {
    let (part, long) = ("a".repeat(63), [63, 63, 63, 61].map(|length| "a".repeat(length)).join("."));
    assert_eq!(long.len(), 253);
    reads(
        ServiceId::parse,
        ServiceId::to_string,
        &[
            ("example.com", "example.com"),
            ("Example.COM", "example.com"),
            ("vps-12.example.net", "vps-12.example.net"),
            ("a", "a"),
            ("a_b", "a_b"),
            ("1.2.3.4", "1.2.3.4"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            (&part, &part),
            (&long, &long),
        ],
    );
    refuses(
        ServiceId::parse,
        ServiceId::FORM,
        &[
            "",
            ".",
            "example.com.",
            ".example.com",
            "example..com",
            "-a.com",
            "a-.com",
            "_dmarc.com",
            "a_.com",
            "exa mple.com",
            "b\u{fc}cher.example",
            "a/b",
            "example.com\n",
            "example.com\0",
            &format!("{part}a"),
            &format!("{long}a"),
        ],
    );
}

#[test]
fn a_kind_is_lower_case_letters_digits_and_hyphens() {
    let long = "a".repeat(32);
    let show = |kind: &Kind| kind.as_str().to_owned();
    let good = [("domain", "domain"), ("vps", "vps"), ("web-2", "web-2"), ("a", "a"), ("a-", "a-"), (&long, &long)];
    reads(Kind::parse, show, &good);
    let too_long = format!("{long}a");
    refuses(
        Kind::parse,
        Kind::FORM,
        &["", "Domain", "2web", "-web", "web hosting", "web_2", "d\u{f3}main", "a\n", &too_long],
    );
}

#[test]
fn a_display_name_is_one_line_that_shows_what_it_is() {
    let (long, wide) = ("a".repeat(200), "\u{1f600}".repeat(200));
    reads(
        DisplayName::parse,
        DisplayName::to_string,
        &[
            ("Ann", "Ann"),
            ("  Ann  ", "Ann"),
            ("\tAnn\r\n", "Ann"),
            ("Jos\u{e9} \u{141}ukasz \u{738b}", "Jos\u{e9} \u{141}ukasz \u{738b}"),
            ("Ann <ann@example.com>", "Ann <ann@example.com>"),
            (&long, &long),
            (&wide, &wide),
        ],
    );
    let too_long = format!("{long}a");
    refuses(
        DisplayName::parse,
        DisplayName::FORM,
        &[
            "",
            "   ",
            "\n",
            "a\nb",
            "a\rb",
            "a\r\nBcc: all@example.com",
            "a\tb",
            "a\0b",
            "a\u{1b}[31mb",
            "a\u{85}b",
            "a\u{2028}b",
            "a\u{2029}b",
            "a\u{202e}b",
            "a\u{202a}b",
            "a\u{2066}b",
            "a\u{2069}b",
            "a\u{200f}b",
            "a\u{61c}b",
            "a\u{200b}b",
            "a\u{feff}b",
            "a\u{ad}b",
            "a\u{2060}b",
            "\u{e0041}",
            &too_long,
        ],
    );
}

#[test]
fn a_language_is_a_tag_and_an_empty_one_is_english() {
    reads(
        Language::parse,
        Language::to_string,
        &[
            ("", "en"),
            ("en", "en"),
            ("ES", "es"),
            ("es-mx", "es-MX"),
            ("pt-BR", "pt-BR"),
            ("zh-hant-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            ("tlh", "tlh"),
        ],
    );
    assert_eq!(Language::parse("fr-CA").unwrap().identifier().language.as_str(), "fr");
    refuses(
        Language::parse,
        Language::FORM,
        &[
            " ",
            "e",
            "es_MX",
            "und",
            "en-",
            "-en",
            "en--US",
            "english language",
            "en\n",
            "en\r\nBcc: x",
            "e\u{f1}",
            "12",
            "en-US-u-ca-buddhist-and-so-on-and-so-on",
            "sl-rozaj-biske-1994-nedis-abcde-fghij-klmno",
        ],
    );
}

#[test]
fn a_change_id_is_a_hyphenated_uuid_in_any_case() {
    let canonical = "01932c07-0d5a-7cc3-9f2e-6d8f4b3f1a20";
    let table = [(canonical, canonical), ("01932C07-0D5A-7CC3-9F2E-6D8F4B3F1A20", canonical)];
    reads(ChangeId::parse, ChangeId::to_string, &table);
    refuses(
        ChangeId::parse,
        ChangeId::FORM,
        &[
            "",
            "1",
            "01932c070d5a7cc39f2e6d8f4b3f1a20",
            "{01932c07-0d5a-7cc3-9f2e-6d8f4b3f1a20}",
            "urn:uuid:01932c07-0d5a-7cc3-9f2e-6d8f4b3f1a20",
            " 01932c07-0d5a-7cc3-9f2e-6d8f4b3f1a20",
            "01932c07-0d5a-7cc3-9f2e-6d8f4b3f1a2",
            "01932c07-0d5a-7cc3-9f2e-6d8f4b3f1a2g",
            "01932c070-d5a-7cc3-9f2e-6d8f4b3f1a20",
        ],
    );
}

#[test]
fn a_reason_is_plain_text_and_blank_text_is_none() {
    let (long, wide) = ("a".repeat(500), "\u{1f600}".repeat(500));
    let show = |reason: &Option<RefusalReason>| reason.as_ref().map_or("none".to_owned(), |r| r.as_str().to_owned());
    reads(
        RefusalReason::parse,
        show,
        &[
            ("", "none"),
            (" \r\n\n ", "none"),
            ("  Not mine.  ", "Not mine."),
            ("Not mine.\r\nAsk Tom.", "Not mine.\nAsk Tom."),
            ("No, e.g. for 3.5 reasons, i.e. none...", "No, e.g. for 3.5 reasons, i.e. none..."),
            ("version 1.2.3 costs 10.00-12.50 EUR", "version 1.2.3 costs 10.00-12.50 EUR"),
            ("and/or: no; 50% @ home", "and/or: no; 50% @ home"),
            ("\u{bf}Qui\u{e9}n? \u{4e0d}\u{662f}\u{3002}", "\u{bf}Qui\u{e9}n? \u{4e0d}\u{662f}\u{3002}"),
            (&long, &long),
            (&wide, &wide),
        ],
    );
    let (too_long, enormous) = (format!("{long}a"), " ".repeat(5000));
    refuses(
        RefusalReason::parse,
        RefusalReason::FORM,
        &["a\tb", "a\rb", "a\0b", "a\u{1b}b", "a\u{202e}b", "a\u{2028}b", "a\u{200b}b", &too_long, &enormous],
    );
}

#[test]
fn a_reason_holds_nothing_that_a_mail_reader_would_make_a_link_of() {
    refuses(
        RefusalReason::parse,
        RefusalReason::FORM,
        &[
            "https://example.com",
            "http://localhost",
            "HTTPS://192.0.2.1/x",
            "ftp://x",
            "see example.com",
            "see EXAMPLE.COM!",
            "(example.com)",
            "example.com/path?a=b",
            "example.com:8443",
            "www.example.com.",
            "write to ann@example.com",
            "Go to evil.example, now",
            "\"evil.io\"",
            "a.evil-site.co.uk",
            "evil\n.com or evil.com",
            "b\u{fc}cher.example",
            "\u{4f8b}\u{5b50}.\u{4e2d}\u{56fd}",
            "\u{4f8b}\u{5b50}\u{3002}\u{4e2d}\u{56fd}",
            "example\u{ff0e}com",
            "example\u{ff61}com",
            "xn--fsqu00a.xn--fiqs8s",
            "see:example.com",
            "x=example.com;",
            "under_score.example.com",
            "9.9.evil.com",
            "<example.com>",
            "example.com...",
            "example.com-",
            "see example.com_",
            "example.com-now",
            "example.com.2",
            "-example.com",
        ],
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_a_parser_panic_and_what_is_read_reads_as_itself(text in any::<String>()) {
        reads_as_itself(&text);
    }

    #[test]
    fn nor_does_one_of_the_characters_that_matter(text in r#"[a-cA-C0-9@.\-_"<>\\:/ \r\n\tİßΣς。\u{200b}\u{202e}é]{0,40}"#) {
        reads_as_itself(&text);
    }

}

/// Reads a text as everything there is; what can be read is read as the same once it is written out.
fn reads_as_itself(text: &str) {
    fn same<T: Debug + PartialEq>(parse: impl Fn(&str) -> Result<T, Invalid>, show: impl Fn(&T) -> String, text: &str) {
        if let Ok(read) = parse(text) {
            assert_eq!(parse(&show(&read)), Ok(read), "{text:?}");
        }
    }
    same(AccountId::parse, AccountId::to_string, text);
    same(ServiceId::parse, ServiceId::to_string, text);
    same(Kind::parse, |kind| kind.as_str().to_owned(), text);
    same(DisplayName::parse, DisplayName::to_string, text);
    same(EmailAddress::parse, EmailAddress::to_string, text);
    same(Language::parse, Language::to_string, text);
    same(ChangeId::parse, ChangeId::to_string, text);
    same(RefusalReason::parse, |reason| reason.as_ref().map_or("", RefusalReason::as_str).to_owned(), text);
    if let Some(token) = Token::parse(text) {
        assert!(Token::parse(&token.reveal()).unwrap().matches(&token), "{text:?}");
    }
}
