//! What the page behind the links says about a change, in the words of the mails.

use fluent_bundle::FluentArgs;
use jiff::Timestamp;
use relevo_domain::{
    Account, AccountId, MailKind, Role, State,
    contact_change::{Canceller, Confirmation, Decision, Ending},
};
use relevo_persistence::Subject;

use super::{
    ComposeError,
    letter::{Detail, Part, Reason, details, part, person, set_change},
};
use crate::language::{Wording, WordingError};

/// What is said to a party about a change, whatever it looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// In a few words.
    pub title: String,
    /// What happened, or what is asked.
    pub opening: Vec<String>,
    /// Why a party refused.
    pub reason: Option<Reason>,
    /// What else to know.
    pub closing: Vec<String>,
    /// What the change would mean, where the reader is asked.
    pub question: Option<Question>,
    /// Who has to confirm, and has or has not, while the change is open.
    pub parties: Vec<Detail>,
    /// What is said above the details.
    pub details_title: String,
    /// What the change is about.
    pub details: Vec<Detail>,
}

/// What a reader is to know before he answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What is said above the powers.
    pub powers_title: String,
    /// What the new contact will be able to do.
    pub powers: Vec<String>,
}

impl Sheet {
    /// Says to a party where a change stands, and what it is asked if it is.
    pub fn write(about: &Subject, reader: &Account, now: Timestamp, wording: &Wording) -> Result<Self, ComposeError> {
        let told = Told::new(about, reader, now, wording)?;
        let reader = &reader.account_id;
        match &told.about.change.state {
            State::Pending if told.about.change.awaits(reader, now) => told.question(),
            State::Pending => told.sheet("page-waiting-title", &["page-waiting-opening"], &["nothing-to-do"]),
            State::Settled { ending, .. } => match ending {
                Ending::Done => told.sheet("done-title", &["done-opening", "done-note"], &["nothing-to-do"]),
                Ending::Refused { by, .. } if by == reader => {
                    told.sheet("page-refused-title", &["page-refused-opening"], &["nothing-to-do"])
                }
                Ending::Refused { .. } => told.sheet("refused-title", &["refused-opening"], &["nothing-to-do"]),
                Ending::Cancelled(Canceller::Account(by)) if by == reader => {
                    told.sheet("cancelled-title", &["page-cancelled-opening"], &["nothing-to-do"])
                }
                Ending::Cancelled(_) => told.sheet("cancelled-title", &["cancelled-opening"], &["nothing-to-do"]),
                Ending::Expired => told.sheet("expired-title", &["expired-opening"], &["expired-note"]),
                Ending::Failed(_) => {
                    told.sheet("failed-title", &["failed-opening", "failed-cause"], &["nothing-to-do"])
                }
            },
        }
    }

    /// Says to a party that a change cannot be accepted while an account has an overdue bill.
    pub fn overdue(
        about: &Subject,
        reader: &Account,
        debtor: &AccountId,
        now: Timestamp,
        wording: &Wording,
    ) -> Result<Self, ComposeError> {
        let mut told = Told::new(about, reader, now, wording)?;
        let known = [&about.requester, &about.incumbent, &about.nominee];
        let debtor = known.into_iter().find(|account| account.account_id == *debtor);
        let debtor = debtor.ok_or(ComposeError::Facts { kind: "page", needs: "a debtor who is concerned" })?;
        told.values.set("whose", if debtor.account_id == reader.account_id { "own" } else { "other" });
        told.values.set("debtor", person(debtor));
        told.sheet("page-overdue-title", &["page-overdue-opening", "page-overdue-note"], &[])
    }
}

/// A change at a moment, and all that sentences about it can name.
struct Told<'a> {
    about: Subject,
    reader: &'a Account,
    kind: MailKind,
    values: FluentArgs<'static>,
    wording: &'a Wording,
}

impl<'a> Told<'a> {
    fn new(about: &Subject, reader: &'a Account, now: Timestamp, wording: &'a Wording) -> Result<Self, ComposeError> {
        let mut about = about.clone();
        about.change.state = about.change.state_at(now);
        let kind = match &about.change.state {
            State::Pending => MailKind::Confirm,
            State::Settled { ending, .. } => match ending {
                Ending::Done => MailKind::Done,
                Ending::Refused { .. } => MailKind::Refused,
                Ending::Cancelled(_) => MailKind::Cancelled,
                Ending::Expired => MailKind::Expired,
                Ending::Failed(_) => MailKind::Failed,
            },
        };
        let mut values = FluentArgs::new();
        set_change(&mut values, kind, part(&reader.account_id, &about), &about)?;
        let other = [&about.requester, &about.nominee].into_iter().find(|it| it.account_id != reader.account_id);
        values.set("other", person(other.unwrap_or(&about.nominee)));
        Ok(Self { about, reader, kind, values, wording })
    }

    fn say(&self, message: &str) -> Result<String, WordingError> {
        self.wording.say(message, &self.values)
    }

    fn say_all(&self, messages: &[&str]) -> Result<Vec<String>, WordingError> {
        messages.iter().map(|message| self.say(message)).collect()
    }

    fn question(self) -> Result<Sheet, ComposeError> {
        let mut opening = vec!["page-confirm-opening", "confirm-effect"];
        if self.part().is_named() {
            opening.push("confirm-terms");
        }
        let powers = self.about.change.roles.iter().map(|role| match role {
            Role::Administrator => "page-power-administrator",
            Role::Technical => "page-power-technical",
            Role::Billing => "page-power-billing",
        });
        let question = Question {
            powers_title: self.say("page-powers-title")?,
            powers: powers.map(|power| self.say(power)).collect::<Result<_, _>>()?,
        };
        Ok(Sheet { question: Some(question), ..self.sheet("confirm-title", &opening, &[])? })
    }

    fn sheet(&self, title: &str, opening: &[&str], closing: &[&str]) -> Result<Sheet, ComposeError> {
        let change = &self.about.change;
        let reason = match &change.state {
            State::Settled { ending: Ending::Refused { reason: Some(reason), .. }, .. } => {
                Some(Reason::new(reason.as_str(), self.wording)?)
            }
            _ => None,
        };
        let parties = match change.state {
            State::Pending => change.confirmations.iter().map(|party| self.party(party)).collect::<Result<_, _>>()?,
            State::Settled { .. } => Vec::new(),
        };
        Ok(Sheet {
            title: self.say(title)?,
            opening: self.say_all(opening)?,
            reason,
            closing: self.say_all(closing)?,
            question: None,
            parties,
            details_title: self.say("details")?,
            details: details(self.kind, &self.reader.account_id, &self.about, &self.values, self.wording)?,
        })
    }

    fn part(&self) -> Part {
        part(&self.reader.account_id, &self.about)
    }

    /// What a party has decided, as a fact.
    fn party(&self, party: &Confirmation) -> Result<Detail, WordingError> {
        let known = [&self.about.requester, &self.about.nominee];
        let account = known.into_iter().find(|account| account.account_id == party.account_id);
        let mut values = FluentArgs::new();
        values.set(
            "decision",
            match party.decision {
                Decision::Pending => "pending",
                Decision::Accepted { .. } => "accepted",
                Decision::Refused { .. } => "refused",
            },
        );
        let named = account.map_or_else(|| party.account_id.to_string(), person);
        let label = if party.account_id == self.reader.account_id {
            let mut you = FluentArgs::new();
            you.set("person", named);
            self.wording.say("you", &you)?
        } else {
            named
        };
        Ok(Detail { label, value: self.wording.say("page-party", &values)? })
    }
}
