//! What of a relay's words is kept: on one line, of a bearable length, without the code of the mail and without the
//! addresses of others.
//!
//! What a relay says is stored, shown to the parties and logged, and it is free to quote whatever it was sent.

use relevo_domain::Token;
use relevo_persistence::Reply;

/// The longest text that is kept, in characters.
const LONGEST: usize = 480;
/// Of a code, so much may be quoted by chance.
const PART_OF_CODE: usize = 8;
/// A group of a code. Filters that rewrite links write its hyphens in another way, as in `%2D`; two groups in a row of
/// words are no chance either.
const GROUP: usize = 4;

/// A text on one line. It may be long.
pub(crate) fn legible(text: &str) -> String {
    let words: Vec<_> = text.split(|c: char| c.is_control() || c == ' ').filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// A reply without its words if they quote the code of the mail, or a part of it: filters like to name the link that
/// they do not like.
pub(crate) fn without_code(reply: Reply, token: Option<&Token>) -> Reply {
    let plain = |text: &str| -> Vec<u8> {
        text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_uppercase()).collect()
    };
    let said = plain(&reply.text);
    let quotes = token.is_some_and(|token| {
        let code = plain(&token.reveal());
        let is_said = |part: &[u8]| said.windows(part.len()).any(|words| words == part);
        code.windows(PART_OF_CODE).any(is_said) || code.chunks(GROUP).filter(|group| is_said(group)).count() > 1
    });
    match quotes {
        true => Reply { text: "(left out, as it quotes the code)".to_owned(), ..reply },
        false => reply,
    }
}

/// A reply of a bearable length in which every e-mail address but the recipient's own is "(an address)".
pub(crate) fn without_addresses(reply: Reply, recipient: &str) -> Reply {
    let text = veiled(&reply.text, recipient).chars().take(LONGEST).collect();
    Reply { text, ..reply }
}

/// A text in which every address but one is "(an address)".
fn veiled(text: &str, own: &str) -> String {
    let mut veiled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_of_address) {
        let (between, from_run) = rest.split_at(start);
        veiled.push_str(between);
        let end = from_run.find(|c| !is_of_address(c)).unwrap_or(from_run.len());
        let (run, after) = from_run.split_at(end);
        rest = after;
        let address = run.trim_matches(is_mark);
        match address.rsplit_once('@') {
            // RFC 5321 4.1.2: a local part in quotes.
            Some(("", domain)) if !domain.is_empty() && veiled.ends_with('"') => {
                veiled.truncate(opening_quote(&veiled));
                veiled.push_str("(an address)");
            }
            Some((local, _)) if !local.is_empty() && !address.eq_ignore_ascii_case(own) => {
                // An address in brackets may be one of several hops, or have its host by number.
                veiled.push_str("(an address)");
            }
            _ => veiled.push_str(run),
        }
    }
    veiled.push_str(rest);
    veiled
}

/// What an address is made of: all but blanks, and what encloses or separates (RFC 5322 3.2.3, but for "@" and ".").
fn is_of_address(c: char) -> bool {
    !c.is_whitespace()
        && !c.is_control()
        && !matches!(c, '(' | ')' | '<' | '>' | '[' | ']' | ':' | ';' | '\\' | ',' | '"')
}

/// What stands around an address in a sentence.
fn is_mark(c: char) -> bool {
    matches!(c, '.' | '\'' | '`' | '!' | '?')
}

/// Where the quoted text at the end of a text begins.
fn opening_quote(text: &str) -> usize {
    let mut quotes = text.char_indices().rev().filter(|(_, c)| *c == '"').map(|(at, _)| at).skip(1);
    let is_escaped = |at: usize| text.get(..at).is_some_and(|before| before.ends_with('\\'));
    quotes.find(|at| !is_escaped(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::{prop_assert, prop_assert_eq};

    use super::*;

    const OWN: &str = "ann@example.com";

    #[test]
    fn addresses_of_others_are_left_out_however_they_are_written() {
        for (said, kept) in [
            ("", ""),
            ("Ok: queued as 224B824BD40", "Ok: queued as 224B824BD40"),
            ("no such user", "no such user"),
            ("<ann@example.com>: no such user", "<ann@example.com>: no such user"),
            ("ann@example.com is unknown", "ann@example.com is unknown"),
            ("Ann@EXAMPLE.com is unknown", "Ann@EXAMPLE.com is unknown"),
            ("unknown: 'ann@example.com'.", "unknown: 'ann@example.com'."),
            ("<bob@example.com>: no such user", "<(an address)>: no such user"),
            ("bob@example.com is unknown", "(an address) is unknown"),
            ("forwarded to bob@example.com.", "forwarded to (an address)"),
            ("forwarded to 'bob@example.com'!", "forwarded to (an address)"),
            (
                "<ann@example.com> goes to <bob+x=y@b.example>, carl@c",
                "<ann@example.com> goes to <(an address)>, (an address)",
            ),
            ("xann@example.com", "(an address)"),
            ("ann@example.com.evil.example", "(an address)"),
            ("rcpt=bob@example.com;", "(an address);"),
            ("mailto:bob@example.com", "mailto:(an address)"),
            ("bob@[192.0.2.1] is unknown", "(an address)[192.0.2.1] is unknown"),
            ("<@hop.example:bob@example.com>", "<@hop.example:(an address)>"),
            ("bob%b.example@relay.example", "(an address)"),
            ("\"bob b\"@example.com is unknown", "(an address) is unknown"),
            ("a \"word\" of \"bob \\\"b\"@example.com", "a \"word\" of (an address)"),
            ("ñora@exámple.net is unknown", "(an address) is unknown"),
            ("only @ 5 pm, at @example.com", "only @ 5 pm, at @example.com"),
            ("bob@", "(an address)"),
            ("a@b@c", "(an address)"),
        ] {
            assert_eq!(veiled(said, OWN), kept, "{said}");
        }
    }

    #[test]
    fn what_is_left_out_is_not_cut_before_and_what_is_kept_is_short() {
        let long = format!("{} bob@example.com", "x".repeat(LONGEST - 5));
        let kept = without_addresses(Reply { codes: "550".to_owned(), text: long }, OWN);
        assert_eq!(kept.text.chars().count(), LONGEST);
        assert!(!kept.text.contains("bob"), "{}", kept.text);
    }

    #[test]
    fn a_code_is_left_out_however_its_link_was_rewritten() {
        let token = Token::parse("HDXNG4S2Q53F20YC24X8M2VH7SG2R6WN").unwrap();
        let kept =
            |text: &str| without_code(Reply { codes: "550".to_owned(), text: text.to_owned() }, Some(&token)).text;
        for between in ["-", "", " ", "%2D", "-2D", "=2D", "&#45;", "=20", "+"] {
            let groups = ["HDXN", "G4S2", "Q53F", "20YC", "24X8", "M2VH", "7SG2", "R6WN"];
            for quoted in [&groups[..], &groups[..2], &groups[6..]] {
                let code = quoted.join(between);
                for said in [format!("spam: {code}"), format!("<https://p.example/#{}>", code.to_lowercase())] {
                    assert_eq!(kept(&said), "(left out, as it quotes the code)", "{said}");
                }
            }
        }
        for said in ["2.0.0 Ok: queued as 224B824BD40", "mailbox of R6WN is full", ""] {
            assert_eq!(kept(said), said);
        }
    }

    #[test]
    fn a_text_becomes_one_line() {
        assert_eq!(legible(" a\r\n\tb  c\0d\u{7f}"), "a b c d");
    }

    proptest::proptest! {
        #[test]
        fn no_address_of_another_is_left_in_any_text(
            before in "[ -~é]{0,30}",
            local in "[a-z0-9._+-]{0,10}[a-z0-9]",
            domain in "[a-z0-9-]{1,10}\\.[a-z]{2,5}",
            after in "[ -~é]{0,30}",
        ) {
            let address = format!("secret-{local}@{domain}");
            let kept = veiled(&format!("{before} <{address}> {after} {address}"), OWN);
            prop_assert!(!kept.contains("secret-"), "{}", kept);
            prop_assert_eq!(veiled(&kept, OWN), kept, "what is clean stays as it is");
        }

        #[test]
        fn a_text_without_addresses_stays_as_it_is(said in "[^@]{0,80}") {
            prop_assert_eq!(veiled(&said, OWN), said);
        }

        #[test]
        fn any_text_can_be_cleaned(said in "\\PC{0,80}", own in "[a-z@.]{0,10}") {
            let kept = veiled(&said, &own);
            prop_assert!(kept.matches('@').count() <= said.matches('@').count());
        }
    }
}
