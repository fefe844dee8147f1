//! The samples of the preview, to be altered.

use relevo_domain::{DisplayName, Language, MailKind};
pub(crate) use relevo_outbound::{
    languages,
    preview::{Asks, CHANGE_ID, Reads, Story, TOKEN},
};
use relevo_outbound::{message::Message, preview};

pub(crate) const LINK: &str =
    "https://relevo.example/changes/019abc07-0d5a-7cc3-9f2e-6d8f4b3f1a20#7K3M-9QXA-04ZD-T8RW-C5HN-2VPG-6BYE-J1SF";

pub(crate) fn story(kind: MailKind, asks: Asks, reads: Reads, language: &str) -> Story {
    Story::new(kind, asks, reads, &Language::parse(language).unwrap()).unwrap()
}

/// What every mail about a change or an account is made from, by name.
pub(crate) fn every_story(language: &str) -> Vec<(&'static str, Story)> {
    preview::every_story(&Language::parse(language).unwrap()).unwrap()
}

/// Every mail that has a wording of its own, by name.
pub(crate) fn every_mail(language: &str) -> Vec<(&'static str, Message)> {
    preview::every_mail(&Language::parse(language).unwrap()).unwrap()
}

pub(crate) fn named(name: &str) -> DisplayName {
    DisplayName::parse(name).unwrap()
}
