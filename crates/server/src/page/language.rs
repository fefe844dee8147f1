//! In which language somebody is answered who has not shown a code yet.

use axum::http::{HeaderMap, header::ACCEPT_LANGUAGE};
use relevo_domain::Language;
use relevo_outbound::Wording;

/// How many languages of a browser are looked at.
const MOST: usize = 20;

/// The wording that a tag names, if there is one.
pub(super) fn named(tag: &str) -> Option<&'static Wording> {
    Wording::all().find(|wording| wording.tag() == tag)
}

/// The wording that a browser likes best: RFC 9110, section 12.5.4. English, if it likes none that there is.
pub(super) fn liked(headers: &HeaderMap) -> &'static Wording {
    let values = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    let mut wanted: Vec<_> = values.flat_map(|value| value.split(',')).take(MOST).filter_map(weighed).collect();
    // Those of the same weight stay in their order.
    wanted.sort_by_key(|(thousandths, _)| std::cmp::Reverse(*thousandths));
    wanted.iter().find_map(|(_, language)| Wording::near(language)).unwrap_or_else(Wording::english)
}

/// A language that a browser takes, with its weight in thousandths.
fn weighed(text: &str) -> Option<(u32, Language)> {
    let (tag, weight) = text.split_once(';').unwrap_or((text, ""));
    let thousandths = match weight.trim().strip_prefix("q=") {
        Some(weight) => {
            let (whole, rest) = weight.split_once('.').unwrap_or((weight, ""));
            format!("{whole}{rest:0<3}").get(..4)?.parse().ok()?
        }
        None => 1000,
    };
    // An empty tag would be read as English.
    let language = Language::parse(Some(tag.trim()).filter(|tag| !tag.is_empty())?).ok()?;
    (thousandths > 0).then_some((thousandths, language))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_answered_in_the_language_that_it_likes_best() {
        for (accepted, expected) in [
            ("", "en"),
            ("*", "en"),
            ("ja, zh;q=0.5", "en"),
            ("de", "de"),
            ("es-MX,es;q=0.9,en;q=0.8", "es"),
            ("ja,pl;q=0.3,nl;q=0.7", "nl"),
            ("en;q=0.1, fr;q=0.25 , it;q=0.24", "fr"),
            ("de;q=0, pt-BR;q=0.001", "pt"),
            ("fr;q=1.000, de", "fr"),
            ("fr;q=x, de;q=0.1", "de"),
            (",,;q=1,it", "it"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, accepted.parse().unwrap());
            assert_eq!(liked(&headers).tag(), expected, "{accepted}");
        }
        assert_eq!(liked(&HeaderMap::new()).tag(), "en");
    }

    #[test]
    fn only_the_tag_of_a_language_names_one() {
        assert_eq!(named("pl").unwrap().tag(), "pl");
        for tag in ["", "PL", "pl-PL", "xx", "en\n"] {
            assert!(named(tag).is_none(), "{tag}");
        }
    }
}
