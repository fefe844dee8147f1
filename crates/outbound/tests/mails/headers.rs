//! The headers and the envelope of a mail.

use mail_parser::MessageParser;
use relevo_domain::{DisplayName, EmailAddress, Language, MailKind, RefusalReason, contact_change::Ending};

use crate::story::{Asks, CHANGE_ID, Reads, Story, every_story, languages, named, story};

fn confirm() -> Story {
    story(MailKind::Confirm, Asks::Administrator, Reads::Nominee, "en")
}

#[test]
fn every_header_is_there_once() {
    for language in languages() {
        for (name, story) in every_story(language) {
            let message = story.compose().unwrap();
            let mail = MessageParser::new().parse(&message.raw).unwrap();
            let mut names: Vec<_> = mail.headers().iter().map(|header| header.name().to_owned()).collect();
            let about_change = story.kind != MailKind::AddressChanged;
            let mut expected = vec!["From", "To", "Subject", "Date", "Message-ID"];
            if about_change {
                expected.extend(["In-Reply-To", "References"]);
            }
            expected.extend(["Auto-Submitted", "Content-Language", "MIME-Version", "Content-Type"]);
            names.sort();
            expected.sort();
            assert_eq!(names, expected, "{name} in {language}");

            let subject = mail.subject().unwrap();
            let of = if about_change { "garden-tools.example" } else { "nn333333-ovh" };
            assert!(subject.contains(of), "{subject}");
            assert_eq!(mail.message_id().unwrap(), message.message_id);
            assert_eq!(mail.date().unwrap().to_rfc3339(), "2026-02-27T09:05:30Z");
            assert_eq!(mail.header_raw("Auto-Submitted").unwrap().trim(), "auto-generated");
            assert_eq!(mail.header_raw("Content-Language").unwrap().trim(), language);
            let to = mail.to().unwrap().first().unwrap();
            assert_eq!(to.name().unwrap(), story.recipient.display_name.as_str());
            assert_eq!(to.address().unwrap(), message.envelope_to);
            assert_eq!(message.envelope_from, "contacts@hosting.example");
        }
    }
}

#[test]
fn all_mails_of_a_change_form_one_thread() {
    for (name, story) in every_story("en").iter().filter(|(_, story)| story.kind != MailKind::AddressChanged) {
        let message = story.compose().unwrap();
        let kind = story.kind.name();
        let generation = i32::from(story.kind.carries_token());
        let account = &story.recipient.account_id;
        assert_eq!(message.message_id, format!("{kind}.{CHANGE_ID}.{account}.{generation}@hosting.example"), "{name}");
        let mail = MessageParser::new().parse(&message.raw).unwrap();
        let thread = format!("change.{CHANGE_ID}@hosting.example");
        assert_eq!(mail.in_reply_to().as_text(), Some(thread.as_str()));
        assert_eq!(mail.references().as_text(), Some(thread.as_str()));
    }
    let story = story(MailKind::AddressChanged, Asks::Administrator, Reads::Nominee, "en");
    assert_eq!(story.compose().unwrap().message_id, "address-changed.nn333333-ovh.0@hosting.example");
}

#[test]
fn the_same_facts_make_the_same_bytes() {
    for (name, story) in every_story("es") {
        assert!(story.compose().unwrap() == story.compose().unwrap(), "{name}");
    }
}

#[test]
fn every_line_ends_and_fits_as_smtp_wants() {
    for language in languages() {
        for (name, story) in every_story(language) {
            let raw = story.compose().unwrap().raw;
            assert!(raw.is_ascii(), "{name} needs 8BITMIME");
            let text = String::from_utf8(raw).unwrap();
            assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{name} has bare line feeds");
            assert_eq!(text.matches('\r').count(), text.matches("\r\n").count(), "{name} has bare carriage returns");
            assert!(text.ends_with("\r\n"), "{name}");
            assert!(text.split("\r\n").all(|line| line.len() <= 998), "{name}");
            let (headers, _) = text.split_once("\r\n\r\n").unwrap();
            for line in headers.split("\r\n") {
                let is_atom = !line.trim().contains(' ') || line.starts_with("Message-ID");
                assert!(line.len() <= 78 || is_atom, "{name}: {line}");
            }
        }
    }
}

#[test]
fn no_text_can_make_a_header_of_itself() {
    let names = |raw: &[u8]| -> Vec<String> {
        let mail = MessageParser::new().parse(raw).unwrap();
        mail.headers().iter().map(|header| header.name().to_owned()).collect()
    };
    let expected = names(&confirm().compose().unwrap().raw);
    // Line ends cannot be in a name; what a header's syntax is made of can.
    for attack in [
        "x\" <evil@evil.example>, \"y",
        "Bcc: evil@evil.example",
        "a, b; c: <d@e.example>",
        "=?utf-8?Q?=0D=0ABcc:_e?=",
        "\\",
    ] {
        let mut story = confirm().called(named(attack));
        for account in [&mut story.recipient, &mut story.requester, &mut story.incumbent, &mut story.nominee] {
            account.display_name = DisplayName::parse(attack).unwrap();
        }
        // This one comes from configuration, where no type holds line ends off.
        story.sender.from.name = Some(format!("Hosting\r\nBcc: evil@evil.example\r\n\r\n{attack}"));
        let message = story.compose().unwrap();
        assert_eq!(names(&message.raw), expected, "{attack}");
        let mail = MessageParser::new().parse(&message.raw).unwrap();
        let addresses: Vec<_> = mail.to().unwrap().iter().map(|to| to.address().unwrap().to_owned()).collect();
        assert_eq!(addresses, ["nora@nora.example"], "{attack}");
        assert_eq!(mail.from().unwrap().iter().count(), 1, "{attack}");
        assert_eq!(mail.bcc().map(|bcc| bcc.iter().count()), None, "{attack}");
        assert_eq!((mail.text_body_count(), mail.html_body_count(), mail.attachment_count()), (1, 1, 0), "{attack}");
    }
    for line_end in ["\r", "\n", "\u{2028}", "\0"] {
        assert!(DisplayName::parse(&format!("a{line_end}b")).is_err());
    }
}

#[test]
fn no_name_is_read_as_what_it_encodes() {
    let mut story = confirm();
    // RFC 2047 forbids to decode it within quotes; readers do.
    story.recipient.display_name = DisplayName::parse("=?utf-8?Q?Your_=0D=0Abank=E2=80=AE?=").unwrap();
    story.sender.from.name = Some("=?utf-8?B?WW91ciBiYW5r?=".to_owned());
    let message = story.compose().unwrap();
    let mail = MessageParser::new().parse(&message.raw).unwrap();
    assert_eq!(mail.to().unwrap().first().unwrap().name(), Some("= ?utf-8?Q?Your_=0D=0Abank=E2=80=AE?="));
    assert_eq!(mail.from().unwrap().first().unwrap().name(), Some("= ?utf-8?B?WW91ciBiYW5r?="));
}

#[test]
fn no_reason_can_end_a_part() {
    let make = |reason: &str| {
        let by = relevo_domain::AccountId::parse("nn333333-ovh").unwrap();
        let reason = RefusalReason::parse(reason).unwrap();
        let story = story(MailKind::Refused, Asks::Administrator, Reads::Requester, "en");
        story.ending(Ending::Refused { by, reason }).compose().unwrap()
    };
    let boundary = format!("=_refused.{CHANGE_ID}");
    assert!(String::from_utf8(make("no").raw).unwrap().contains(&boundary));
    let message = make(&format!("--{boundary}\n--{boundary}--\n--{boundary}_"));
    let mail = MessageParser::new().parse(&message.raw).unwrap();
    assert_eq!((mail.text_body_count(), mail.html_body_count(), mail.attachment_count()), (1, 1, 0));
    assert!(mail.body_text(0).unwrap().contains(&format!("> --{boundary}_")));
}

#[test]
fn an_international_domain_travels_as_a_labels() {
    let mut story = confirm();
    story.recipient.email = EmailAddress::parse("nora@bücher.example").unwrap();
    story.sender.from.address = EmailAddress::parse("kontakte@höster.example").unwrap();
    let message = story.compose().unwrap();
    assert_eq!(message.envelope_to, "nora@xn--bcher-kva.example");
    assert_eq!(message.envelope_from, "kontakte@xn--hster-jua.example");
    assert!(message.message_id.ends_with("@xn--hster-jua.example"), "{}", message.message_id);
    assert!(!message.needs_smtputf8 && message.raw.is_ascii());
    let raw = String::from_utf8(message.raw).unwrap();
    assert!(raw.contains("<nora@xn--bcher-kva.example>") && raw.contains("<kontakte@xn--hster-jua.example>"));
}

#[test]
fn an_international_local_part_travels_as_it_is() {
    for (of_recipient, of_sender) in [(true, false), (false, true), (true, true)] {
        let mut story = confirm();
        if of_recipient {
            story.recipient.email = EmailAddress::parse("ñora@bücher.example").unwrap();
        }
        if of_sender {
            story.sender.from.address = EmailAddress::parse("información@hosting.example").unwrap();
        }
        let message = story.compose().unwrap();
        assert!(message.needs_smtputf8);
        let raw = String::from_utf8(message.raw).unwrap();
        assert_eq!(raw.contains("<ñora@xn--bcher-kva.example>"), of_recipient);
        assert_eq!(raw.contains("<información@hosting.example>"), of_sender);
        let mail = MessageParser::new().parse(raw.as_bytes()).unwrap();
        assert_eq!(mail.to().unwrap().first().unwrap().address(), Some(message.envelope_to.as_str()));
    }
}

#[test]
fn the_recipient_chooses_the_language() {
    for (asked, spoken) in [("es", "es"), ("es-MX", "es"), ("en-GB", "en"), ("ja", "en")] {
        let mut story = confirm();
        story.recipient.language = Language::parse(asked).unwrap();
        let message = story.compose().unwrap();
        let mail = MessageParser::new().parse(&message.raw).unwrap();
        assert_eq!(mail.header_raw("Content-Language").unwrap().trim(), spoken, "{asked}");
    }
}
