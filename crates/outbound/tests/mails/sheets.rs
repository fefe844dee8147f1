//! What the page says of a change, to each reader and in each state.

use std::fmt::Write;

use jiff::SignedDuration;
use relevo_domain::{
    AccountId, Language, MailKind, RefusalReason, Role, State,
    contact_change::{Canceller, Confirmation, Decision, Ending, FailureCause},
};
use relevo_outbound::{
    Wording,
    message::{ComposeError, sheet::Sheet},
};
use relevo_persistence::Subject;

use crate::story::{Asks, CHANGE_ID, Reads, Story, languages, story};

fn id(text: &str) -> AccountId {
    AccountId::parse(text).unwrap()
}

/// What a story is about, with what its parties have decided.
fn subject(story: &Story, decisions: [Decision; 2]) -> Subject {
    let mut change = story.change.clone();
    let mut parties = vec![change.requester.clone(), change.nominee.clone()];
    parties.dedup();
    let confirmations = parties.into_iter().zip(decisions).map(|(account_id, decision)| Confirmation {
        account_id,
        decision,
        generation: 1,
        token_is_good: true,
        resends: 0,
        resend_time: None,
        wrong_tokens: 0,
    });
    change.confirmations = confirmations.collect();
    Subject {
        change,
        service: story.service.clone(),
        requester: story.requester.clone(),
        incumbent: story.incumbent.clone(),
        nominee: story.nominee.clone(),
        seal: None,
    }
}

fn ended(mut about: Subject, ending: Ending) -> Subject {
    about.change.state = State::Settled { at: about.change.create_time, ending };
    about
}

/// All that a reader may be shown, by name.
fn every_sheet(language: &str) -> Vec<(String, Sheet)> {
    let wording = Wording::of(&Language::parse(language).unwrap());
    let pending = [Decision::Pending, Decision::Pending];
    let mut sheets = Vec::new();
    for (who, asks, reads) in [
        ("requester", Asks::Administrator, Reads::Requester),
        ("requester-leaving", Asks::Incumbent, Reads::Requester),
        ("nominee", Asks::Administrator, Reads::Nominee),
        ("nominee-after-requester", Asks::Incumbent, Reads::Nominee),
        ("sole", Asks::Nominee, Reads::Nominee),
    ] {
        let story = story(MailKind::Confirm, asks, reads, language).roles(&[Role::Technical, Role::Billing]);
        let now = story.change.create_time;
        let reader = &story.recipient;
        let mut add = |name: &str, sheet: Result<Sheet, ComposeError>| {
            sheets.push((format!("{name}, {who}"), sheet.unwrap()));
        };
        let open = subject(&story, pending);
        add("asked", Sheet::write(&open, reader, now, wording));
        for debtor in [&open.incumbent, &open.nominee] {
            add("overdue", Sheet::overdue(&open, reader, &debtor.account_id, now, wording));
        }
        if who != "sole" {
            let accepted = Decision::Accepted { at: now };
            let is_requester = reader.account_id == open.change.requester;
            let decisions = if is_requester { [accepted, Decision::Pending] } else { [Decision::Pending, accepted] };
            let waiting = subject(&story, decisions);
            add("waiting", Sheet::write(&waiting, reader, now, wording));
        }
        let reason = RefusalReason::parse("Sorry.\nNot me.").unwrap();
        let mut endings = vec![
            ("done", Ending::Done),
            ("expired", Ending::Expired),
            ("cancelled by the operator", Ending::Cancelled(Canceller::Operator)),
            ("cancelled with its service", Ending::Cancelled(Canceller::ServiceDeleted)),
            ("cancelled by the administrator", Ending::Cancelled(Canceller::Account(id("zz999999-ovh")))),
            ("failed as replaced", Ending::Failed(FailureCause::IncumbentReplaced)),
            ("failed as not permitted", Ending::Failed(FailureCause::RequesterNotPermitted)),
        ];
        for party in [&open.change.requester, &open.change.nominee] {
            let names = match *party == reader.account_id {
                true => ["refused by the reader", "cancelled by the reader"],
                false => ["refused by the other", "cancelled by the other"],
            };
            let refused = Ending::Refused { by: party.clone(), reason: reason.clone() };
            endings.extend(names.into_iter().zip([refused, Ending::Cancelled(Canceller::Account(party.clone()))]));
        }
        for (name, ending) in endings {
            add(name, Sheet::write(&ended(open.clone(), ending), reader, now, wording));
        }
        // Nobody has swept it.
        let late = now + SignedDuration::from_hours(7 * 24);
        let unswept = Sheet::write(&open, reader, late, wording).unwrap();
        assert_eq!(Some(&unswept), sheets.iter().find(|(it, _)| *it == format!("expired, {who}")).map(|(_, it)| it));
    }
    sheets
}

/// What the page says in one language, to be reviewed.
pub(crate) fn text(language: &str) -> String {
    let mut text = String::new();
    let mut seen = Vec::new();
    for (name, sheet) in every_sheet(language) {
        if seen.contains(&sheet) {
            continue;
        }
        writeln!(text, "## {name}\n\n{}", sheet.title).unwrap();
        let reason = sheet.reason.iter().flat_map(|it| [vec![it.label.clone()], it.lines.clone()].concat());
        let question = sheet.question.iter().flat_map(|it| [vec![it.powers_title.clone()], it.powers.clone()].concat());
        let parties = sheet.parties.iter().map(|it| format!("{}: {}", it.label, it.value));
        let all =
            sheet.opening.iter().cloned().chain(reason).chain(sheet.closing.clone()).chain(question).chain(parties);
        for line in all {
            writeln!(text, "{line}").unwrap();
        }
        // The rest is as in the mails.
        for detail in sheet.details.iter().filter(|_| name == "asked, nominee") {
            writeln!(text, "{}: {}", detail.label, detail.value.replace(CHANGE_ID, "[change id]")).unwrap();
        }
        text.push('\n');
        seen.push(sheet);
    }
    text
}

#[test]
fn what_the_page_says_is_said_well_in_every_language() {
    for language in languages() {
        for (name, sheet) in every_sheet(language) {
            let all = format!("{sheet:?}");
            for sign in ["{ ", " }.", "$", "  ", " ,", " .", "..", "()", "\\u{2068}"] {
                let debug_only = ["{ ", "}"].contains(&sign);
                assert!(debug_only || !all.contains(sign), "{name} in {language}: {sign} in {all}");
            }
            for paragraph in sheet.opening.iter().chain(&sheet.closing) {
                assert!(paragraph.ends_with('.'), "{name} in {language}: {paragraph}");
                for sign in ["{", "}", "$", "  ", " ,", " .", "..", "()", "\u{2068}"] {
                    assert!(!paragraph.contains(sign), "{name} in {language}: {sign} in {paragraph}");
                }
                assert!(!paragraph.starts_with(char::is_lowercase), "{name} in {language}: {paragraph}");
            }
        }
    }
}
