//! What is said, in every language, whatever the facts.

use jiff::Timestamp;
use mail_parser::MessageParser;
use relevo_domain::{
    AccountId, MailKind, Roles,
    contact_change::{Canceller, Ending, FailureCause},
};
use relevo_outbound::message::ComposeError;

use crate::{
    contents::parts,
    story::{Asks, LINK, Reads, every_mail, languages, named, story},
};

/// A text on one line, with plain spaces.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every sentence of the HTML, in the order in which it is read: what stands between two tags.
fn blocks(html: &str) -> Vec<String> {
    let body = html.split_once("<body").unwrap().1;
    let texts = body.split('>').skip(1).map(|rest| rest.split('<').next().unwrap()).map(|text| {
        let text = text.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#39;", "'");
        flat(&text.replace("&#38;", "&"))
    });
    texts.filter(|text| !text.is_empty()).collect()
}

/// What spoils a sentence wherever it stands, if anything does.
fn blemish(text: &str) -> Option<&'static str> {
    let unused = ["{", "}", "$", "  ", " ,", " .", "..", ",.", "()", "( ", " )", "\u{2068}", "\u{2069}"];
    unused.into_iter().find(|sign| text.contains(sign))
}

#[test]
fn every_mail_is_said_well_in_every_language_whatever_the_facts() {
    let by = |id: &str| AccountId::parse(id).unwrap();
    let mut endings = vec![Ending::Done, Ending::Expired];
    for id in ["aa111111-ovh", "tt222222-ovh", "nn333333-ovh", "zz999999-ovh"] {
        endings.push(Ending::Cancelled(Canceller::Account(by(id))));
        endings.push(Ending::Refused { by: by(id), reason: None });
    }
    endings.extend([Canceller::Operator, Canceller::ServiceDeleted].map(Ending::Cancelled));
    endings.extend([FailureCause::IncumbentReplaced, FailureCause::RequesterNotPermitted].map(Ending::Failed));
    for language in languages() {
        let mut made = 0;
        for roles in (1..8).map(|bits| Roles::from_bits(bits).unwrap()) {
            for kind in MailKind::ALL {
                for asks in [Asks::Administrator, Asks::Incumbent, Asks::Nominee] {
                    for reads in [Reads::Requester, Reads::Nominee, Reads::Incumbent, Reads::Administrator] {
                        let needs_ending = matches!(kind, MailKind::Refused | MailKind::Cancelled | MailKind::Failed);
                        for ending in endings.iter().take(if needs_ending { endings.len() } else { 1 }) {
                            let mut story = story(kind, asks, reads, language).ending(ending.clone());
                            story.change.roles = roles;
                            let message = match story.compose() {
                                Ok(message) => message,
                                Err(ComposeError::Facts { .. }) => continue,
                                Err(error) => panic!("{}: {error}", kind.name()),
                            };
                            made += 1;
                            let mail = MessageParser::new().parse(&message.raw).unwrap();
                            let subject = mail.subject().unwrap();
                            assert!(subject.chars().count() < 120, "{subject}");
                            assert_eq!(blemish(subject), None, "{subject}");
                            for block in blocks(&mail.body_html(0).unwrap()) {
                                assert_eq!(blemish(&block), None, "{} in {language}: {block}", kind.name());
                                assert!(!block.starts_with(char::is_lowercase) || !block.ends_with('.'), "{block}");
                            }
                        }
                    }
                }
            }
        }
        assert!(made > 700, "{made}");
    }
}

#[test]
fn the_html_says_what_the_text_does_and_nothing_else() {
    for language in languages() {
        for (name, message) in every_mail(language) {
            let [text, html] = parts(&message.raw);
            let unquoted: Vec<_> = text.lines().map(|line| line.strip_prefix("> ").unwrap_or(line)).collect();
            let text = flat(&unquoted.join("\n"));
            let is_ruler = |c: char| c.is_whitespace() || matches!(c, ':' | '=' | '-' | '>');
            let mut rest = text.as_str();
            let mut only_in_html = Vec::new();
            for block in blocks(&html) {
                rest = rest.trim_start_matches(is_ruler);
                match rest.strip_prefix(LINK).unwrap_or(rest).trim_start().strip_prefix(block.as_str()) {
                    Some(after) => rest = after,
                    None => only_in_html.push(block),
                }
            }
            assert_eq!(rest, "", "{name} in {language}: not in the HTML");
            // The words on the button.
            let has_button = html.contains("class=\"button\"");
            assert_eq!(only_in_html.len(), usize::from(has_button), "{name} in {language}: {only_in_html:?}");
            assert_eq!(html.contains(&format!("href=\"{LINK}\"")), has_button, "{name} in {language}");
        }
    }
}

#[test]
fn a_moment_is_said_as_its_language_says_it() {
    let moments = ["2026-03-06T09:05:30Z", "2026-11-01T23:59:59Z", "2027-12-29T00:00:00Z"];
    for (language, first, second, third) in [
        (
            "en",
            "Friday, 6 March 2026 at 09:05 UTC",
            "Sunday, 1 November 2026 at 23:59 UTC",
            "Wednesday, 29 December 2027 at 00:00 UTC",
        ),
        (
            "es",
            "el viernes 6 de marzo de 2026 (09:05 UTC)",
            "el domingo 1 de noviembre de 2026 (23:59 UTC)",
            "el miércoles 29 de diciembre de 2027 (00:00 UTC)",
        ),
        (
            "fr",
            "le vendredi 6 mars 2026 à 09:05 UTC",
            "le dimanche 1er novembre 2026 à 23:59 UTC",
            "le mercredi 29 décembre 2027 à 00:00 UTC",
        ),
        (
            "de",
            "bis Freitag, 6. März 2026, 09:05 Uhr (UTC)",
            "bis Sonntag, 1. November 2026, 23:59 Uhr (UTC)",
            "bis Mittwoch, 29. Dezember 2027, 00:00 Uhr (UTC)",
        ),
        (
            "it",
            "scade venerdì 6 marzo 2026 alle ore 09:05 UTC",
            "scade domenica 1º novembre 2026 alle ore 23:59 UTC",
            "scade mercoledì 29 dicembre 2027 alle ore 00:00 UTC",
        ),
        (
            "pt",
            "até sexta-feira, 6 de março de 2026 (09:05 UTC)",
            "até domingo, 1 de novembro de 2026 (23:59 UTC)",
            "até quarta-feira, 29 de dezembro de 2027 (00:00 UTC)",
        ),
        (
            "pl",
            "w piątek, 6 marca 2026 r., o godz. 09:05 UTC",
            "w niedzielę, 1 listopada 2026 r., o godz. 23:59 UTC",
            "w środę, 29 grudnia 2027 r., o godz. 00:00 UTC",
        ),
        (
            "nl",
            "op vrijdag 6 maart 2026 om 09:05 uur (UTC)",
            "op zondag 1 november 2026 om 23:59 uur (UTC)",
            "op woensdag 29 december 2027 om 00:00 uur (UTC)",
        ),
    ] {
        for (moment, expected) in moments.into_iter().zip([first, second, third]) {
            let mut story = story(MailKind::Confirm, Asks::Administrator, Reads::Nominee, language);
            story.change.expire_time = moment.parse::<Timestamp>().unwrap();
            let [text, _] = parts(&story.compose().unwrap().raw);
            assert!(flat(&text).contains(&format!("{expected}.")), "{expected} is not in:\n{text}");
        }
    }
    assert_eq!(languages().count(), 8, "how does the new language say a moment?");
}

#[test]
fn a_french_label_stands_apart_from_its_colon_on_the_same_line_and_alone_in_html() {
    let message = story(MailKind::Confirm, Asks::Administrator, Reads::Nominee, "fr").called(named("Jardin"));
    let [text, html] = parts(&message.compose().unwrap().raw);
    assert!(text.contains("\r\nService\u{a0}:            Jardin, garden-tools.example (domain)\r\n"), "{text}");
    assert!(text.contains("\r\nVotre code de vérification\u{a0}:\r\n"), "{text}");
    assert!(html.contains(">Service</dt>") && html.contains(">Votre code de vérification</h2>"), "{html}");
}
