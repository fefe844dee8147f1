//! What must be in a mail, and what must not.

use mail_parser::MessageParser;
use relevo_domain::{DisplayName, MailKind, RefusalReason, Role, contact_change::Ending};

use crate::story::{Asks, CHANGE_ID, LINK, Reads, Story, TOKEN, every_story, languages, named, story};

/// The text and the HTML of a mail.
pub(crate) fn parts(raw: &[u8]) -> [String; 2] {
    let mail = MessageParser::new().parse(raw).unwrap();
    assert_eq!((mail.text_body.len(), mail.html_body.len(), mail.attachment_count()), (1, 1, 0));
    [mail.body_text(0).unwrap().into_owned(), mail.body_html(0).unwrap().into_owned()]
}

#[test]
fn a_confirm_mail_holds_what_its_reader_needs_in_either_part() {
    for language in languages() {
        let story = story(MailKind::Confirm, Asks::Administrator, Reads::Nominee, language)
            .called(named("Garden shop"))
            .roles(&[Role::Technical, Role::Billing]);
        let (roles, expiry, terms, refuse, nothing) = match language {
            "en" => (
                "technical and billing contact",
                "Friday, 6 March 2026 at 09:05 UTC",
                "the terms of this service",
                "you can refuse",
                "nothing changes",
            ),
            "es" => (
                "contacto técnico y de facturación",
                "viernes 6 de marzo de 2026 (09:05 UTC)",
                "las condiciones de este servicio",
                "puede rechazar",
                "no cambiará nada",
            ),
            "fr" => (
                "contact technique et facturation",
                "vendredi 6 mars 2026 à 09:05 UTC",
                "les conditions de ce service",
                "vous pouvez refuser",
                "rien ne changera",
            ),
            "de" => (
                "technischer Kontakt und Rechnungskontakt",
                "Freitag, 6. März 2026, 09:05 Uhr (UTC)",
                "die Bedingungen dieses Dienstes",
                "können Sie auf derselben Seite mit demselben Code ablehnen",
                "ändert sich nichts",
            ),
            "it" => (
                "contatto tecnico e di fatturazione",
                "venerdì 6 marzo 2026 alle ore 09:05 UTC",
                "le condizioni di questo servizio",
                "può rifiutare",
                "non cambierà nulla",
            ),
            "pt" => (
                "contacto técnico e de faturação",
                "sexta-feira, 6 de março de 2026 (09:05 UTC)",
                "as condições deste serviço",
                "pode recusar",
                "nada será alterado",
            ),
            "pl" => (
                "kontakt techniczny i księgowy",
                "piątek, 6 marca 2026 r., godz. 09:05 UTC",
                "warunków korzystania z tej usługi",
                "wniosek można odrzucić",
                "nic się nie zmieni",
            ),
            "nl" => (
                "technische en financiële contactpersoon",
                "vrijdag 6 maart 2026 om 09:05 uur (UTC)",
                "de voorwaarden van deze dienst",
                "kunt u het verzoek afwijzen",
                "verandert er niets",
            ),
            other => panic!("what must be in a mail in {other}?"),
        };
        for part in parts(&story.compose().unwrap().raw) {
            let joined = part.split_whitespace().collect::<Vec<_>>().join(" ");
            for item in [
                CHANGE_ID,
                "Garden shop, garden-tools.example (domain)",
                roles,
                "Ann García (aa111111-ovh)",
                "Tom Weber (tt222222-ovh)",
                "Nora Ruiz (nn333333-ovh)",
                TOKEN,
                LINK,
                expiry,
                terms,
                refuse,
                nothing,
            ] {
                assert!(joined.contains(item), "{item} is not in:\n{part}");
            }
        }
    }
}

#[test]
fn only_a_named_reader_is_told_of_the_terms() {
    for (asks, reads, told) in [
        (Asks::Administrator, Reads::Nominee, true),
        (Asks::Incumbent, Reads::Nominee, true),
        (Asks::Nominee, Reads::Nominee, true),
        (Asks::Administrator, Reads::Requester, false),
        (Asks::Incumbent, Reads::Requester, false),
    ] {
        for part in parts(&story(MailKind::Confirm, asks, reads, "en").compose().unwrap().raw) {
            assert_eq!(part.contains("the terms of this service"), told, "{part}");
        }
    }
}

#[test]
fn the_code_and_the_link_are_in_confirm_mails_alone() {
    for language in languages() {
        for (name, mut story) in every_story(language) {
            let carries = story.kind.carries_token();
            // Even when it is handed in.
            story.token = relevo_domain::Token::parse(TOKEN);
            let message = story.compose().unwrap();
            let bare = TOKEN.replace('-', "");
            let mail = MessageParser::new().parse(&message.raw).unwrap();
            for header in mail.headers() {
                let value = format!("{:?}", header.value);
                assert!(!value.contains(TOKEN) && !value.contains(&bare), "{name}: {}", header.name());
            }
            for part in parts(&message.raw) {
                let times = if carries { 2 } else { 0 };
                assert_eq!(part.matches(TOKEN).count(), times, "{name} in {language}");
                let links: Vec<_> = part.match_indices("http").map(|(at, _)| &part[at..]).collect();
                assert_eq!(links.len(), usize::from(carries), "{name} in {language}: {links:?}");
                assert!(links.iter().all(|link| link.starts_with(LINK)), "{name} in {language}: {links:?}");
            }
            assert!(!format!("{message:?}").contains(&TOKEN[..9]), "{message:?}");
        }
    }
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    for (name, story) in every_story("en") {
        let [_, html] = parts(&story.compose().unwrap().raw);
        for loader in ["<img", "<link", "<script", "<iframe", "@import", "url(", "src=", "background=", "<form"] {
            assert!(!html.contains(loader), "{name} has {loader}");
        }
    }
}

#[test]
fn no_one_is_shown_the_address_of_another() {
    for language in languages() {
        for (name, story) in every_story(language) {
            for part in parts(&story.compose().unwrap().raw) {
                assert!(!part.contains('@') || part.contains("@media") && part.matches('@').count() == 2, "{name}");
                assert!(!part.contains(".example>") && !part.contains("nora.example"), "{name}");
            }
        }
    }
    let mut story = story(MailKind::AddressChanged, Asks::Administrator, Reads::Nominee, "en");
    story.to_address = relevo_domain::EmailAddress::parse("nora@old.example").ok();
    let message = story.compose().unwrap();
    assert_eq!(message.envelope_to, "nora@old.example");
    assert!(!String::from_utf8(message.raw).unwrap().contains("nora.example"), "the new address is nobody's business");
}

#[test]
fn what_people_write_stays_text() {
    let attack = "<script>alert(1)</script> \"&' {{ x }} { $token }";
    let mut story = story(MailKind::Refused, Asks::Administrator, Reads::Requester, "en").called(named(attack));
    for account in [&mut story.recipient, &mut story.requester, &mut story.incumbent, &mut story.nominee] {
        account.display_name = DisplayName::parse(attack).unwrap();
    }
    let reason = RefusalReason::parse("<script>no</script>\n</blockquote><b>bold</b>").unwrap();
    let story = story.ending(Ending::Refused { by: relevo_domain::AccountId::parse("nn333333-ovh").unwrap(), reason });
    let [text, html] = parts(&story.compose().unwrap().raw);
    assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
    assert!(html.contains("&#60;script&#62;no&#60;/script&#62;<br>&#60;/blockquote&#62;"), "{html}");
    assert_eq!(html.matches("</blockquote>").count(), 1);
    assert!(text.contains("> <script>no</script>\r\n> </blockquote><b>bold</b>\r\n"), "{text}");
    assert!(text.contains(&format!("Hello {attack},")), "{text}");
}

#[test]
fn the_text_part_keeps_to_its_width() {
    for language in languages() {
        for (name, mut story) in every_story(language) {
            story.service.display_name = DisplayName::parse(&"ñandú ".repeat(33)).ok();
            let [text, html] = parts(&story.compose().unwrap().raw);
            for line in text.lines() {
                assert!(line.trim_end() == line, "{name} in {language} has blanks at the end of {line:?}");
                let is_one_word = !line.trim().contains(' ');
                assert!(line.chars().count() <= 76 || is_one_word, "{name} in {language}: {line:?}");
            }
            assert!(!text.contains("\r\n\r\n\r\n") && !text.starts_with("\r\n"), "{name} in {language}:\n{text}");
            assert!(text.ends_with("\r\n") && !text.ends_with("\r\n\r\n"), "{name} in {language}:\n{text}");
            assert!(html.contains(&format!("<html lang=\"{language}\">")));
        }
    }
}

#[test]
fn facts_that_do_not_fit_the_mail_are_an_error() {
    let of = |kind, reads| story(kind, Asks::Administrator, reads, "en");
    let error = |story: Story| story.compose().unwrap_err().to_string();
    let mut tokenless = of(MailKind::Confirm, Reads::Nominee);
    tokenless.token = None;
    assert_eq!(error(tokenless), "a mail of the kind confirm needs a token");
    assert_eq!(
        error(of(MailKind::Confirm, Reads::Incumbent)),
        "a mail of the kind confirm needs a recipient who is a party"
    );
    for (kind, needs) in [
        (MailKind::Refused, "a change that was refused"),
        (MailKind::Cancelled, "a change that was cancelled"),
        (MailKind::Failed, "a change that failed"),
    ] {
        assert_eq!(error(of(kind, Reads::Nominee)), format!("a mail of the kind {} needs {needs}", kind.name()));
    }
}
