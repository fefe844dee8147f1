//! The sentences of the mails, and of the page behind their links, in every language there is.
//!
//! A language is two files of Fluent messages, in `templates/` and in `templates/page/`, and one line in [`LANGUAGES`]; a
//! test holds every file to the messages and variables of the English one. What cannot be said as written is an error: a
//! mail with a hole in it is never sent.

use std::{sync::LazyLock, time::Duration};

use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};
use relevo_domain::Language;
use unic_langid::LanguageIdentifier;

macro_rules! languages {
    ($($tag:literal)*) => {
        [$(($tag, [include_str!(concat!("../templates/", $tag, ".ftl")), include_str!(concat!("../templates/page/", $tag, ".ftl"))])),*]
    };
}

/// Every language, by its tag: what the mails say, and what the page adds. The first is for readers of any other.
const LANGUAGES: [(&str, [&str; 2]); 8] = languages!["en" "es" "fr" "de" "it" "pt" "pl" "nl"];

/// The tags of the languages that mails are written in; the first is for readers of any other.
pub fn languages() -> impl Iterator<Item = &'static str> + Clone {
    LANGUAGES.iter().map(|(tag, _)| *tag)
}

static WORDINGS: LazyLock<[Wording; LANGUAGES.len()]> = LazyLock::new(|| LANGUAGES.map(Wording::new));

/// One language, and all that is said in it.
pub struct Wording {
    tag: &'static str,
    identifier: LanguageIdentifier,
    bundle: FluentBundle<FluentResource>,
}

/// A sentence cannot be said: its message or a variable of it is missing, or it does not parse.
#[derive(Debug, thiserror::Error)]
#[error("{message} cannot be said in {language}: {problem}")]
pub struct WordingError {
    language: &'static str,
    message: String,
    problem: String,
}

impl Wording {
    fn new((tag, sources): (&'static str, [&'static str; 2])) -> Self {
        let identifier: LanguageIdentifier = tag.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![identifier.clone()]);
        // Isolation marks are invisible characters around every value: they would be copied with ids and addresses.
        bundle.set_use_isolating(false);
        for source in sources {
            // What does not parse is left out, and missed when it is to be said.
            let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(partial, _)| partial);
            bundle.add_resource_overriding(resource);
        }
        Self { tag, identifier, bundle }
    }

    /// The wording for a reader: the language as asked for, else its primary language, else English.
    pub fn of(language: &Language) -> &'static Wording {
        Self::near(language).unwrap_or_else(Self::english)
    }

    /// The wording for a reader of no language that there is.
    pub fn english() -> &'static Wording {
        let [english, ..] = &*WORDINGS;
        english
    }

    /// The wording of a language or, if there is none, of its primary language.
    pub fn near(language: &Language) -> Option<&'static Wording> {
        let wanted = language.identifier();
        let exact = WORDINGS.iter().find(|wording| wording.identifier == *wanted);
        let primary = || WORDINGS.iter().find(|wording| wording.identifier.language == wanted.language);
        exact.or_else(primary)
    }

    /// Every wording, in the order of the languages.
    pub fn all() -> impl Iterator<Item = &'static Wording> {
        WORDINGS.iter()
    }

    /// The tag of the language, as in `es`.
    pub fn tag(&self) -> &'static str {
        self.tag
    }

    /// Says a message that has no variables.
    pub fn plain(&self, message: &str) -> Result<String, WordingError> {
        self.say(message, &FluentArgs::new())
    }

    /// Says a message that names a time to wait, which is rounded up.
    pub fn waiting(&self, message: &str, wait: Duration) -> Result<String, WordingError> {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let (unit, count) = match seconds {
            0..=90 => ("seconds", seconds.max(1)),
            91..=5400 => ("minutes", seconds.div_ceil(60)),
            _ => ("hours", seconds.div_ceil(3600)),
        };
        let mut values = FluentArgs::new();
        values.set("unit", unit);
        values.set("count", count);
        self.say(message, &values)
    }

    /// Says a message with these values.
    pub(crate) fn say(&self, message: &str, values: &FluentArgs<'_>) -> Result<String, WordingError> {
        let unsayable = |problem: String| WordingError { language: self.tag, message: message.into(), problem };
        let pattern = self.bundle.get_message(message).and_then(|message| message.value());
        let pattern = pattern.ok_or_else(|| unsayable("there is no such message".into()))?;
        let mut problems = Vec::new();
        let said = self.bundle.format_pattern(pattern, Some(values), &mut problems);
        match problems.first() {
            None => Ok(said.into_owned()),
            Some(problem) => Err(unsayable(problem.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// The variables of each message, those of the messages that it refers to included.
    fn variables(source: &str) -> BTreeMap<String, BTreeSet<String>> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let mut messages: BTreeMap<String, String> = BTreeMap::new();
        let mut current = String::new();
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            if let Some((id, _)) = line.split_once(" =").filter(|_| line.starts_with(|c: char| c.is_ascii_lowercase()))
            {
                current = id.to_owned();
                assert!(!messages.contains_key(id), "{id} is there twice");
            }
            messages.entry(current.clone()).or_default().push_str(line);
        }
        let named = |text: &str, before: &str| -> BTreeSet<String> {
            text.split(before).skip(1).map(|rest| rest.chars().take_while(|c| is_name(*c)).collect()).collect()
        };
        fn closure(
            id: &str,
            messages: &BTreeMap<String, String>,
            named: &dyn Fn(&str, &str) -> BTreeSet<String>,
        ) -> BTreeSet<String> {
            let text = &messages[id];
            let references = named(text, "{ ").into_iter().filter(|name| messages.contains_key(name));
            named(text, "$").into_iter().chain(references.flat_map(|id| closure(&id, messages, named))).collect()
        }
        messages.keys().filter(|id| !id.is_empty()).map(|id| (id.clone(), closure(id, &messages, &named))).collect()
    }

    #[test]
    fn every_language_says_the_same_with_the_same_variables() {
        let english = variables(&LANGUAGES[0].1.join("\n"));
        assert!(english.len() > 50 && english["confirm-opening"].contains("roles"), "the reading of the files is off");
        for (tag, sources) in LANGUAGES {
            let there = variables(&sources.join("\n"));
            for (id, expected) in &english {
                assert_eq!(there.get(id), Some(expected), "{id} in {tag}");
            }
            for id in there.keys() {
                assert!(english.contains_key(id), "{id} in {tag} is not in English");
            }
        }
    }

    /// The words of a file: what stands after the `=` of a message or the `]` of a variant, if it has a word of its own.
    fn wordings(source: &str) -> BTreeSet<&str> {
        let lines = source.lines().filter(|line| !line.starts_with('#'));
        let said = lines.filter_map(|line| match line.trim_start().trim_start_matches('*').strip_prefix('[') {
            Some(variant) => variant.split_once(']').map(|(_, said)| said.trim()),
            None => line.split_once(" =").map(|(_, said)| said.trim()),
        });
        let has_word = |said: &&str| {
            let (first, rest) = said.split_once('{').unwrap_or((said, ""));
            let outside = rest.split('{').filter_map(|piece| piece.split_once('}')).map(|(_, outside)| outside);
            outside.chain([first]).any(|words| words.contains(char::is_alphabetic))
        };
        said.filter(has_word).collect()
    }

    #[test]
    fn no_wording_is_left_in_english() {
        let alike = [
            ("fr", "Service"),
            ("fr", "{ $count } minutes"),
            ("de", "April"),
            ("de", "August"),
            ("de", "September"),
            ("de", "November"),
            // The plural.
            ("pl", "Role"),
        ];
        let english: BTreeSet<_> = LANGUAGES[0].1.into_iter().flat_map(wordings).collect();
        assert!(english.len() > 120 && english.contains("Hello { $name },"), "the reading of the files is off");
        let mut found = Vec::new();
        for (tag, sources) in LANGUAGES.iter().skip(1) {
            let said: BTreeSet<_> = sources.iter().flat_map(|source| wordings(source)).collect();
            found.extend(said.intersection(&english).map(|said| (*tag, *said)));
        }
        found.sort_unstable();
        let mut expected = alike.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }

    #[test]
    fn every_file_parses_whole_and_is_listed() {
        for (tag, sources) in LANGUAGES {
            for source in sources {
                let parsed = FluentResource::try_new(source.to_owned());
                assert!(parsed.is_ok(), "{tag}: {:?}", parsed.map_err(|(_, errors)| errors).err());
            }
            assert!(tag.parse::<LanguageIdentifier>().is_ok(), "{tag}");
        }
        for folder in ["templates", "templates/page"] {
            let folder = std::fs::read_dir(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
            let files: BTreeSet<String> = folder
                .filter_map(|file| file.unwrap().file_name().to_str()?.strip_suffix(".ftl").map(str::to_owned))
                .collect();
            assert_eq!(files, LANGUAGES.iter().map(|(tag, _)| (*tag).to_owned()).collect());
        }
    }

    #[test]
    fn a_reader_gets_the_nearest_language() {
        for (asked, spoken) in [
            ("en", "en"),
            ("es", "es"),
            ("es-MX", "es"),
            ("es-Latn-ES", "es"),
            ("en-GB", "en"),
            ("fr-CA", "fr"),
            ("de-AT", "de"),
            ("it-CH", "it"),
            ("pt-BR", "pt"),
            ("pl-PL", "pl"),
            ("nl-BE", "nl"),
            ("ja", "en"),
            ("", "en"),
        ] {
            assert_eq!(Wording::of(&Language::parse(asked).unwrap()).tag(), spoken, "{asked}");
        }
    }

    #[test]
    fn a_wait_is_said_as_people_count_and_never_too_short() {
        let said = |tag: &str, seconds: f64| {
            let wording = Wording::of(&Language::parse(tag).unwrap());
            wording.waiting("page-wait", Duration::from_secs_f64(seconds)).unwrap()
        };
        assert_eq!(
            [0.0, 0.001, 1.0, 1.5, 90.0].map(|it| said("en", it)),
            ["one second", "one second", "one second", "2 seconds", "90 seconds"]
        );
        assert_eq!(
            [90.1, 120.0, 121.0, 5400.0].map(|it| said("de", it)),
            ["2 Minuten", "2 Minuten", "3 Minuten", "90 Minuten"]
        );
        assert_eq!([1.0, 2.0, 5.0, 22.0].map(|it| said("pl", it)), ["sekundę", "2 sekundy", "5 sekund", "22 sekundy"]);
        assert_eq!([5401.0, 7201.0].map(|it| said("it", it)), ["2 ore", "3 ore"]);
    }

    #[test]
    fn what_cannot_be_said_is_an_error() {
        let wording = Wording::of(&Language::parse("en").unwrap());
        let said = |message: &str| wording.say(message, &FluentArgs::new()).unwrap_err().to_string();
        assert_eq!(said("no-such-message"), "no-such-message cannot be said in en: there is no such message");
        assert!(said("greeting").contains("name"));
        assert!(said("confirm-opening").contains("part"));
    }
}
