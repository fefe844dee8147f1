//! What a mail says, whatever it looks like.

use fluent_bundle::FluentArgs;
use jiff::{Timestamp, tz::TimeZone};
use relevo_domain::{
    Account, AccountId, MailKind, Role, Roles, State,
    contact_change::{Canceller, Ending, FailureCause},
};

use super::{CHANGE_ID, ComposeError, Facts, TOKEN, TestRecipient};
use crate::language::{Wording, WordingError};
use relevo_persistence::Subject;

/// The parts of a mail, in the order in which they are read. May hold a token, and so has no `Debug`.
pub(super) struct Letter {
    pub(super) language: &'static str,
    /// What follows a label on the same line.
    pub(super) colon: String,
    pub(super) subject: String,
    pub(super) title: String,
    pub(super) greeting: String,
    /// What happened and what is asked.
    pub(super) opening: Vec<String>,
    pub(super) reason: Option<Reason>,
    pub(super) answer: Option<Answer>,
    /// What else to know.
    pub(super) closing: Vec<String>,
    pub(super) details_title: Option<String>,
    pub(super) details: Vec<Detail>,
    pub(super) footer: String,
}

/// Why a party refused, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What stands before it.
    pub label: String,
    /// Its lines.
    pub lines: Vec<String>,
}

/// What a party answers with.
pub(super) struct Answer {
    pub(super) code_label: String,
    pub(super) code: String,
    pub(super) code_note: String,
    pub(super) link_label: String,
    pub(super) link_note: String,
    pub(super) link: String,
}

/// One fact about the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// What it is.
    pub label: String,
    /// The fact.
    pub value: String,
}

impl Reason {
    pub(super) fn new(text: &str, wording: &Wording) -> Result<Self, WordingError> {
        let lines = text.lines().map(|line| line.trim_end().to_owned()).collect();
        Ok(Self { label: wording.plain("reason-label")?, lines })
    }
}

impl Letter {
    /// Writes the mail of these facts.
    pub(super) fn write(facts: &Facts<'_>, link_template: &str, wording: &Wording) -> Result<Self, ComposeError> {
        let kind = facts.mail.kind;
        let mut values = FluentArgs::new();
        values.set("name", facts.recipient.display_name.as_str());
        values.set("account", facts.recipient.account_id.as_str());
        values.set("recipient", person(facts.recipient));
        match (facts.about, kind) {
            (_, MailKind::AddressChanged) => {
                let opening = ["address-changed-opening", "address-changed-codes"];
                Ok(Self::without_details(kind.name(), &opening, &["address-changed-warning"], &values, wording)?)
            }
            (Some(about), _) => Self::about_a_change(facts, about, values, link_template, wording),
            (None, _) => Err(needs(kind, "a change")),
        }
    }

    /// A mail that is about no change.
    fn without_details(
        name: &str,
        opening: &[&str],
        closing: &[&str],
        values: &FluentArgs<'_>,
        wording: &Wording,
    ) -> Result<Self, WordingError> {
        let say = |message: &str| wording.say(message, values);
        let say_all = |messages: &[&str]| messages.iter().map(|message| say(message)).collect::<Result<_, _>>();
        Ok(Self {
            language: wording.tag(),
            colon: say("colon")?,
            subject: say(&format!("{name}-subject"))?,
            title: say(&format!("{name}-title"))?,
            greeting: say("greeting")?,
            opening: say_all(opening)?,
            reason: None,
            answer: None,
            closing: say_all(closing)?,
            details_title: None,
            details: Vec::new(),
            footer: say("footer")?,
        })
    }

    /// Writes the test mail.
    pub(super) fn test(recipient: TestRecipient<'_>, wording: &Wording) -> Result<Self, WordingError> {
        let (name, recipient) = match recipient {
            TestRecipient::Account(account) => (account.display_name.as_str(), person(account)),
            TestRecipient::Address(address, _) => (address.as_str(), address.to_string()),
        };
        let mut values = FluentArgs::new();
        values.set("name", name);
        values.set("recipient", recipient);
        Self::without_details("test", &["test-opening"], &["nothing-to-do"], &values, wording)
    }

    fn about_a_change(
        facts: &Facts<'_>,
        about: &Subject,
        mut values: FluentArgs<'_>,
        link_template: &str,
        wording: &Wording,
    ) -> Result<Self, ComposeError> {
        let kind = facts.mail.kind;
        let part = part(&facts.recipient.account_id, about);
        let reason = set_change(&mut values, kind, part, about)?;
        let say = |message: &str| wording.say(message, &values);
        let say_all =
            |messages: &[&str]| messages.iter().map(|message| say(message)).collect::<Result<_, WordingError>>();

        let (mut opening, closing): (Vec<&str>, &[&str]) = match kind {
            MailKind::Confirm => (vec!["confirm-opening", "confirm-effect"], &["confirm-refuse", "confirm-ignore"]),
            MailKind::Reminder => {
                (vec!["reminder-opening", "confirm-opening", "confirm-effect"], &["confirm-refuse", "confirm-ignore"])
            }
            MailKind::Done => (vec!["done-opening", "done-note"], &["nothing-to-do"]),
            MailKind::Replaced => (vec!["replaced-opening", "replaced-note"], &[]),
            MailKind::Passed => (vec!["passed-opening", "passed-note"], &["nothing-to-do"]),
            MailKind::Refused => (vec!["refused-opening"], &["codes-dead", "nothing-to-do"]),
            MailKind::Cancelled => (vec!["cancelled-opening"], &["codes-dead", "nothing-to-do"]),
            MailKind::Expired => (vec!["expired-opening"], &["codes-dead", "expired-note"]),
            MailKind::Failed => (vec!["failed-opening", "failed-cause"], &["codes-dead", "nothing-to-do"]),
            MailKind::Undelivered => (vec!["undelivered-opening", "undelivered-note"], &["undelivered-advice"]),
            MailKind::AddressChanged => (Vec::new(), &[]),
        };
        if kind.carries_token() && part.is_named() {
            opening.push("confirm-terms");
        }
        let answer = match (kind.carries_token(), facts.token) {
            (false, _) => None,
            (true, None) => return Err(needs(kind, "a token")),
            (true, Some(token)) => {
                let code = token.reveal();
                Some(Answer {
                    code_label: say("code-label")?,
                    code_note: say("code-note")?,
                    link_label: say("link-label")?,
                    link_note: say("link-note")?,
                    link: link_template.replace(CHANGE_ID, &about.change.change_id.to_string()).replace(TOKEN, &code),
                    code,
                })
            }
        };
        Ok(Self {
            language: wording.tag(),
            colon: say("colon")?,
            subject: say(&format!("{}-subject", kind.name()))?,
            title: say(&format!("{}-title", kind.name()))?,
            greeting: say("greeting")?,
            opening: say_all(&opening)?,
            reason: match reason {
                None => None,
                Some(text) => Some(Reason::new(text, wording)?),
            },
            answer,
            details_title: Some(say("details")?),
            details: details(kind, &facts.recipient.account_id, about, &values, wording)?,
            closing: say_all(closing)?,
            footer: say("footer")?,
        })
    }
}

/// What the reader is to a change, as the wording tells readers apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Requester,
    RequesterLeaving,
    Nominee,
    NomineeAfterRequester,
    Sole,
    NoParty,
}

impl Part {
    const fn key(self) -> &'static str {
        match self {
            Part::Requester => "requester",
            Part::RequesterLeaving => "requester-leaving",
            Part::Nominee => "nominee",
            Part::NomineeAfterRequester => "nominee-after-requester",
            Part::Sole => "sole",
            Part::NoParty => "no-party",
        }
    }

    pub(super) const fn is_named(self) -> bool {
        matches!(self, Part::Nominee | Part::NomineeAfterRequester | Part::Sole)
    }
}

pub(super) fn part(reader: &AccountId, about: &Subject) -> Part {
    let change = &about.change;
    let requester_leaves = change.requester == change.incumbent;
    match (*reader == change.requester, *reader == change.nominee) {
        (true, true) => Part::Sole,
        (true, false) if requester_leaves => Part::RequesterLeaving,
        (true, false) => Part::Requester,
        (false, true) if requester_leaves => Part::NomineeAfterRequester,
        (false, true) => Part::Nominee,
        (false, false) => Part::NoParty,
    }
}

/// Sets everything that a sentence about the change can name. Gives the reason of a refusal, if there is one.
pub(super) fn set_change<'a>(
    values: &mut FluentArgs<'_>,
    kind: MailKind,
    part: Part,
    about: &'a Subject,
) -> Result<Option<&'a str>, ComposeError> {
    let Subject { change, service, requester, incumbent, nominee, .. } = about;
    if part == Part::NoParty && !matches!(kind, MailKind::Replaced | MailKind::Passed) {
        return Err(needs(kind, "a recipient who is a party"));
    }
    values.set("part", part.key());
    values.set(
        "stage",
        match kind {
            MailKind::Confirm | MailKind::Reminder | MailKind::Undelivered => "asked",
            MailKind::Done | MailKind::Replaced | MailKind::Passed => "done",
            _ => "ended",
        },
    );
    values.set("requester", person(requester));
    values.set("incumbent", person(incumbent));
    values.set("nominee", person(nominee));
    values.set("roles", roles_key(change.roles));
    values.set("role-count", change.roles.iter().count());
    values.set("service", change.service_id.to_string());
    values.set("service-kind", service.kind.as_str().to_owned());
    if let Some(name) = &service.display_name {
        values.set("service-name", name.as_str().to_owned());
    }
    set_expiry(values, change.expire_time);

    let ending = match &change.state {
        State::Settled { ending, .. } => Some(ending),
        State::Pending => None,
    };
    match (kind, ending) {
        (MailKind::Refused, Some(Ending::Refused { by, reason })) => {
            let refuser = [requester, nominee].into_iter().find(|party| party.account_id == *by);
            values.set("refuser", person(refuser.ok_or(needs(kind, "a refusal by a party"))?));
            return Ok(reason.as_ref().map(|reason| reason.as_str()));
        }
        (MailKind::Refused, _) => return Err(needs(kind, "a change that was refused")),
        (MailKind::Cancelled, Some(Ending::Cancelled(canceller))) => set_canceller(values, canceller, about),
        (MailKind::Cancelled, _) => return Err(needs(kind, "a change that was cancelled")),
        (MailKind::Failed, Some(Ending::Failed(cause))) => values.set(
            "cause",
            match cause {
                FailureCause::IncumbentReplaced => "incumbent-replaced",
                FailureCause::RequesterNotPermitted => "requester-not-permitted",
            },
        ),
        (MailKind::Failed, _) => return Err(needs(kind, "a change that failed")),
        (MailKind::Undelivered, _) => {
            let unreached = match part {
                Part::Requester | Part::RequesterLeaving => nominee,
                Part::Nominee | Part::NomineeAfterRequester => requester,
                Part::Sole | Part::NoParty => return Err(needs(kind, "another party")),
            };
            values.set("unreached", person(unreached));
        }
        _ => {}
    }
    Ok(None)
}

fn set_canceller(values: &mut FluentArgs<'_>, canceller: &Canceller, about: &Subject) {
    let known = |by: &AccountId| {
        [&about.requester, &about.incumbent, &about.nominee].into_iter().find(|account| account.account_id == *by)
    };
    let (key, name) = match canceller {
        Canceller::Account(by) => match known(by) {
            Some(account) if account.account_id == about.change.requester => ("requester", person(account)),
            Some(account) => ("account", person(account)),
            // Who is none of these can only have done it as the administrator.
            None => ("administrator", by.to_string()),
        },
        Canceller::Operator => ("operator", String::new()),
        Canceller::ServiceDeleted => ("service-deleted", String::new()),
    };
    values.set("canceller", key);
    values.set("canceller-name", name);
}

fn set_expiry(values: &mut FluentArgs<'_>, moment: Timestamp) {
    let utc = moment.to_zoned(TimeZone::UTC);
    values.set("weekday", utc.weekday().to_monday_one_offset());
    values.set("day", utc.day());
    values.set("month", utc.month());
    // As text: a language may group the digits of a number.
    values.set("year", utc.year().to_string());
    values.set("time", format!("{:02}:{:02}", utc.hour(), utc.minute()));
}

pub(super) fn details(
    kind: MailKind,
    reader: &AccountId,
    about: &Subject,
    values: &FluentArgs<'_>,
    wording: &Wording,
) -> Result<Vec<Detail>, WordingError> {
    let say = |message: &str| wording.say(message, values);
    let name = |account: &Account| {
        if account.account_id == *reader {
            let mut you = FluentArgs::new();
            you.set("person", person(account));
            wording.say("you", &you)
        } else {
            Ok(person(account))
        }
    };
    let service = if about.service.display_name.is_some() { "service-named" } else { "service-plain" };
    let mut details = vec![
        ("label-service", say(service)?),
        ("label-roles", say("roles")?),
        ("label-requester", name(&about.requester)?),
        ("label-incumbent", name(&about.incumbent)?),
        ("label-nominee", name(&about.nominee)?),
    ];
    if matches!(kind, MailKind::Confirm | MailKind::Reminder | MailKind::Undelivered) {
        details.push(("label-expiry", say("expiry")?));
    }
    details.push(("label-change", about.change.change_id.to_string()));
    details.into_iter().map(|(label, value)| Ok(Detail { label: say(label)?, value })).collect()
}

/// An account as people are shown it. Its address is nobody else's business.
pub(super) fn person(account: &Account) -> String {
    format!("{} ({})", account.display_name, account.account_id)
}

/// The set of roles as the wording tells sets apart: their words with hyphens between them.
fn roles_key(roles: Roles) -> String {
    roles.iter().map(Role::name).collect::<Vec<_>>().join("-")
}

fn needs(kind: MailKind, needs: &'static str) -> ComposeError {
    ComposeError::Facts { kind: kind.name(), needs }
}
