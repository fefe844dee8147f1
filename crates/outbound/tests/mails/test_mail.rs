//! The mail that an operator sends to see whether mails arrive.

use mail_parser::MessageParser;
use relevo_domain::{EmailAddress, Language, MailKind};
use relevo_outbound::message::{Message, TestRecipient, compose_test};

use crate::{
    contents::parts,
    story::{Asks, Reads, languages, story},
};

fn to_account(language: &str) -> Message {
    let of = story(MailKind::Confirm, Asks::Administrator, Reads::Nominee, language);
    compose_test(TestRecipient::Account(&of.recipient), &of.sender, of.change.create_time).unwrap()
}

fn to_address(address: &str, language: &str) -> Message {
    let of = story(MailKind::Confirm, Asks::Administrator, Reads::Nominee, "en");
    let (address, language) = (EmailAddress::parse(address).unwrap(), Language::parse(language).unwrap());
    compose_test(TestRecipient::Address(&address, &language), &of.sender, of.change.create_time).unwrap()
}

#[test]
fn a_test_mail_speaks_the_language_of_its_account_and_names_it() {
    for language in languages() {
        let message = to_account(language);
        assert_eq!((&*message.envelope_from, &*message.envelope_to), ("contacts@hosting.example", "nora@nora.example"));
        let mail = MessageParser::new().parse(&message.raw).unwrap();
        assert_eq!(mail.header_raw("Content-Language").unwrap().trim(), language);
        let to = mail.to().unwrap().first().unwrap();
        assert_eq!((to.name(), to.address()), (Some("Nora Ruiz"), Some("nora@nora.example")));
        for part in parts(&message.raw) {
            assert!(
                part.split_whitespace().collect::<Vec<_>>().join(" ").contains("Nora Ruiz (nn333333-ovh)"),
                "{part}"
            );
            assert!(!part.contains("://"), "{part}");
        }
    }
    let [text, _] = parts(&to_account("nl").raw);
    assert!(text.contains("U hoeft niets te doen."), "{text}");
}

#[test]
fn a_test_mail_to_a_bare_address_speaks_the_language_asked_for_and_names_the_address() {
    let message = to_address("postmaster@bücher.example", "de-AT");
    assert_eq!(message.envelope_to, "postmaster@xn--bcher-kva.example");
    assert!(!message.needs_smtputf8);
    let mail = MessageParser::new().parse(&message.raw).unwrap();
    assert_eq!(mail.header_raw("Content-Language").unwrap().trim(), "de");
    assert_eq!(mail.subject(), Some("Testnachricht"));
    let to = mail.to().unwrap().first().unwrap();
    assert_eq!((to.name(), to.address()), (None, Some("postmaster@xn--bcher-kva.example")));
    let [text, _] = parts(&message.raw);
    assert!(text.contains("Guten Tag postmaster@bücher.example,\r\n"), "{text}");
    assert!(text.contains("Diese Nachricht wurde automatisch an postmaster@bücher.example gesendet."), "{text}");
    assert!(to_address("ñora@nora.example", "es").needs_smtputf8);
}

#[test]
fn a_test_mail_has_the_headers_of_any_mail_but_those_of_a_thread() {
    let message = to_account("en");
    let mail = MessageParser::new().parse(&message.raw).unwrap();
    let mut names: Vec<_> = mail.headers().iter().map(|header| header.name()).collect();
    names.sort_unstable();
    let expected = [
        "Auto-Submitted",
        "Content-Language",
        "Content-Type",
        "Date",
        "From",
        "MIME-Version",
        "Message-ID",
        "Subject",
        "To",
    ];
    assert_eq!(names, expected);
    assert_eq!(mail.header_raw("Auto-Submitted").unwrap().trim(), "auto-generated");
    assert_eq!(mail.date().unwrap().to_rfc3339(), "2026-02-27T09:05:30Z");
    assert_eq!(mail.message_id(), Some(&*message.message_id));
}

#[test]
fn no_two_test_mails_have_the_same_id() {
    let (one, other) = (to_account("en").message_id, to_account("en").message_id);
    assert_ne!(one, other);
    let (name, domain) = one.split_once('@').unwrap();
    let random = name.strip_prefix("test.").unwrap();
    assert!(random.len() == 32 && random.bytes().all(|b| b.is_ascii_hexdigit()), "{one}");
    assert_eq!(domain, "hosting.example");
}
