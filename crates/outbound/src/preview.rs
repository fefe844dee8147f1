//! Every mail that has a wording of its own, with sample people and services: for translators, and for the tests.

use jiff::{SignedDuration, Timestamp};
use relevo_domain::{
    Account, AccountId, BillingStanding, ChangeId, ContactChange, Contacts, DisplayName, EmailAddress, Invalid, Kind,
    Language, Mail, MailKind, RefusalReason, Role, Roles, Service, ServiceId, ServiceKey, State, Token,
    contact_change::{Canceller, Ending, FailureCause},
};
use relevo_persistence::Subject;

use crate::message::{ComposeError, Facts, Mailbox, Message, Sender, TestRecipient, compose, compose_test};

/// The change that every sample is about.
pub const CHANGE_ID: &str = "019abc07-0d5a-7cc3-9f2e-6d8f4b3f1a20";
/// The token in every sample that carries one.
pub const TOKEN: &str = "7K3M-9QXA-04ZD-T8RW-C5HN-2VPG-6BYE-J1SF";

/// When every sample became due: Friday, 27 February 2026, 09:05:30.25 UTC. Its change expires a week later.
const DUE: Timestamp = Timestamp::constant(1_772_183_130, 250_000_000);
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What one mail is made from, to be altered before it is made.
#[derive(Debug, Clone)]
pub struct Story {
    /// Which mail.
    pub kind: MailKind,
    /// Who gets it.
    pub recipient: Account,
    /// Who asked.
    pub requester: Account,
    /// Who is to be replaced.
    pub incumbent: Account,
    /// Who is named.
    pub nominee: Account,
    /// The service it is about.
    pub service: Service,
    /// The change it is about.
    pub change: ContactChange,
    /// The token it carries.
    pub token: Option<Token>,
    /// Where it goes, if not to the address of the recipient.
    pub to_address: Option<EmailAddress>,
    /// Who sends it.
    pub sender: Sender,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Ann, the administrator, for Tom to be replaced by Nora.
    Administrator,
    /// Tom, for himself to be replaced by Nora.
    Incumbent,
    /// Ann, for Tom to be replaced by herself.
    Nominee,
}

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// Whoever asked.
    Requester,
    /// Tom.
    Incumbent,
    /// Whoever is named.
    Nominee,
    /// Ann.
    Administrator,
}

/// A sample could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// A sample value is not what such a value should be.
    #[error("a sample {0}")]
    Sample(#[from] Invalid),
    /// A mail cannot be made.
    #[error("the mail {name}: {problem}")]
    Mail {
        /// Which.
        name: &'static str,
        /// Why.
        problem: ComposeError,
    },
}

impl Story {
    /// A mail about a change that is open, of one role, between Ann, Tom and Nora, who all read this language.
    pub fn new(kind: MailKind, asks: Asks, reads: Reads, language: &Language) -> Result<Self, Invalid> {
        let ann = account("aa111111-ovh", "Ann García", "ann@ann.example", language)?;
        let tom = account("tt222222-ovh", "Tom Weber", "tom@tom.example", language)?;
        let nora = account("nn333333-ovh", "Nora Ruiz", "nora@nora.example", language)?;
        let (requester, nominee) = match asks {
            Asks::Administrator => (&ann, &nora),
            Asks::Incumbent => (&tom, &nora),
            Asks::Nominee => (&ann, &ann),
        };
        let recipient = match reads {
            Reads::Requester => requester,
            Reads::Incumbent => &tom,
            Reads::Nominee => nominee,
            Reads::Administrator => &ann,
        };
        let change_id = ChangeId::parse(CHANGE_ID)?;
        let service = Service {
            service_key: ServiceKey(change_id.0),
            service_id: ServiceId::parse("garden-tools.example")?,
            kind: Kind::parse("domain")?,
            display_name: None,
            contacts: Contacts {
                administrator: ann.account_id.clone(),
                technical: tom.account_id.clone(),
                billing: tom.account_id.clone(),
            },
            create_time: DUE - WEEK,
            update_time: DUE - WEEK,
            delete_time: None,
            revision: 1,
        };
        let change = ContactChange {
            change_id,
            service_key: service.service_key,
            service_id: service.service_id.clone(),
            roles: Roles::from_iter([Role::Technical]),
            requester: requester.account_id.clone(),
            incumbent: tom.account_id.clone(),
            nominee: nominee.account_id.clone(),
            create_time: DUE,
            expire_time: DUE + WEEK,
            remind_time: None,
            state: State::Pending,
            confirmations: Vec::new(),
        };
        Ok(Self {
            kind,
            recipient: recipient.clone(),
            requester: requester.clone(),
            nominee: nominee.clone(),
            incumbent: tom,
            service,
            change,
            token: if kind.carries_token() { Token::parse(TOKEN) } else { None },
            to_address: None,
            sender: sender()?,
        })
    }

    /// The change has ended so.
    #[must_use]
    pub fn ending(mut self, ending: Ending) -> Self {
        self.change.state = State::Settled { at: DUE + WEEK / 2, ending };
        self
    }

    /// The change is of these roles.
    #[must_use]
    pub fn roles(mut self, roles: &[Role]) -> Self {
        self.change.roles = roles.iter().copied().collect();
        self
    }

    /// The service has this name.
    #[must_use]
    pub fn called(mut self, name: DisplayName) -> Self {
        self.service.display_name = Some(name);
        self
    }

    /// Makes the mail.
    pub fn compose(&self) -> Result<Message, ComposeError> {
        let is_about_account = self.kind == MailKind::AddressChanged;
        let mail = Mail {
            kind: self.kind,
            change_id: (!is_about_account).then_some(self.change.change_id),
            account_id: self.recipient.account_id.clone(),
            generation: if self.kind.carries_token() { 1 } else { 0 },
            to_address: self.to_address.clone(),
        };
        let about = Subject {
            change: self.change.clone(),
            service: self.service.clone(),
            requester: self.requester.clone(),
            incumbent: self.incumbent.clone(),
            nominee: self.nominee.clone(),
            seal: None,
        };
        let facts = Facts {
            mail: &mail,
            recipient: &self.recipient,
            about: (!is_about_account).then_some(&about),
            token: self.token.as_ref(),
            create_time: DUE,
        };
        compose(&facts, &self.sender)
    }
}

/// Every mail that has a wording of its own, ready to send, by name. The test mail is another one each time; all others
/// are the same ones.
pub fn every_mail(language: &Language) -> Result<Vec<(&'static str, Message)>, PreviewError> {
    let named = |name, made: Result<Message, ComposeError>| match made {
        Ok(message) => Ok((name, message)),
        Err(problem) => Err(PreviewError::Mail { name, problem }),
    };
    let mut mails = Vec::new();
    for (name, story) in every_story(language)? {
        mails.push(named(name, story.compose())?);
    }
    let nora = account("nn333333-ovh", "Nora Ruiz", "nora@nora.example", language)?;
    mails.push(named("test", compose_test(TestRecipient::Account(&nora), &sender()?, DUE))?);
    Ok(mails)
}

/// What every mail about a change or an account is made from, by the name of the mail.
pub fn every_story(language: &Language) -> Result<Vec<(&'static str, Story)>, Invalid> {
    use Asks::{Administrator, Incumbent, Nominee};
    use MailKind as Kind;
    let mail = |kind, asks, reads| Story::new(kind, asks, reads, language);
    let refused = |by: &str, reason: &str| -> Result<Ending, Invalid> {
        Ok(Ending::Refused { by: AccountId::parse(by)?, reason: RefusalReason::parse(reason)? })
    };
    let cancelled_by =
        |id: &str| -> Result<Ending, Invalid> { Ok(Ending::Cancelled(Canceller::Account(AccountId::parse(id)?))) };
    let replaced = Ending::Failed(FailureCause::IncumbentReplaced);
    let not_permitted = Ending::Failed(FailureCause::RequesterNotPermitted);
    let two = [Role::Technical, Role::Billing];
    let long_reason = "Sorry, I am leaving the company in March and cannot look after this any more, not even for a \
                       few weeks.\n\nPlease ask Pedro,\nhe knows the shop.";
    let shop = DisplayName::parse("Garden shop")?;

    let mut address_changed = mail(Kind::AddressChanged, Administrator, Reads::Nominee)?;
    address_changed.to_address = Some(EmailAddress::parse("nora@old.example")?);
    Ok(vec![
        ("confirm-requester", mail(Kind::Confirm, Administrator, Reads::Requester)?),
        ("confirm-requester-leaving", mail(Kind::Confirm, Incumbent, Reads::Requester)?),
        ("confirm-nominee", mail(Kind::Confirm, Administrator, Reads::Nominee)?.called(shop).roles(&two)),
        ("confirm-nominee-after-requester", mail(Kind::Confirm, Incumbent, Reads::Nominee)?),
        ("confirm-sole", mail(Kind::Confirm, Nominee, Reads::Nominee)?.roles(&two)),
        ("reminder-requester", mail(Kind::Reminder, Administrator, Reads::Requester)?),
        ("reminder-nominee", mail(Kind::Reminder, Administrator, Reads::Nominee)?),
        ("undelivered-requester", mail(Kind::Undelivered, Administrator, Reads::Requester)?),
        ("undelivered-requester-leaving", mail(Kind::Undelivered, Incumbent, Reads::Requester)?),
        ("undelivered-nominee", mail(Kind::Undelivered, Administrator, Reads::Nominee)?.roles(&two)),
        ("undelivered-nominee-after-requester", mail(Kind::Undelivered, Incumbent, Reads::Nominee)?),
        ("done-requester", mail(Kind::Done, Administrator, Reads::Requester)?.ending(Ending::Done)),
        ("done-requester-leaving", mail(Kind::Done, Incumbent, Reads::Requester)?.ending(Ending::Done)),
        ("done-nominee", mail(Kind::Done, Administrator, Reads::Nominee)?.ending(Ending::Done).roles(&Role::ALL)),
        ("done-sole", mail(Kind::Done, Nominee, Reads::Nominee)?.ending(Ending::Done)),
        ("replaced", mail(Kind::Replaced, Administrator, Reads::Incumbent)?.ending(Ending::Done)),
        ("passed", mail(Kind::Passed, Incumbent, Reads::Administrator)?.ending(Ending::Done).roles(&[Role::Billing])),
        (
            "refused-by-nominee",
            mail(Kind::Refused, Administrator, Reads::Requester)?.ending(refused("nn333333-ovh", long_reason)?),
        ),
        (
            "refused-by-nominee-without-reason",
            mail(Kind::Refused, Incumbent, Reads::Requester)?.ending(refused("nn333333-ovh", "")?),
        ),
        (
            "refused-by-requester",
            mail(Kind::Refused, Administrator, Reads::Nominee)?.ending(refused("aa111111-ovh", "It was a mistake.")?),
        ),
        (
            "refused-by-requester-leaving",
            mail(Kind::Refused, Incumbent, Reads::Nominee)?.ending(refused("tt222222-ovh", "")?),
        ),
        (
            "cancelled-by-requester",
            mail(Kind::Cancelled, Administrator, Reads::Nominee)?.ending(cancelled_by("aa111111-ovh")?),
        ),
        (
            "cancelled-by-requester-leaving",
            mail(Kind::Cancelled, Incumbent, Reads::Nominee)?.ending(cancelled_by("tt222222-ovh")?),
        ),
        // Who administers the service may cancel, named or not.
        (
            "cancelled-by-nominee",
            mail(Kind::Cancelled, Incumbent, Reads::Requester)?.ending(cancelled_by("nn333333-ovh")?),
        ),
        (
            "cancelled-by-administrator",
            mail(Kind::Cancelled, Incumbent, Reads::Requester)?.ending(cancelled_by("zz999999-ovh")?),
        ),
        (
            "cancelled-by-operator",
            mail(Kind::Cancelled, Administrator, Reads::Nominee)?.ending(Ending::Cancelled(Canceller::Operator)),
        ),
        (
            "cancelled-with-service",
            mail(Kind::Cancelled, Nominee, Reads::Nominee)?.ending(Ending::Cancelled(Canceller::ServiceDeleted)),
        ),
        ("expired-requester", mail(Kind::Expired, Administrator, Reads::Requester)?.ending(Ending::Expired)),
        ("expired-nominee", mail(Kind::Expired, Incumbent, Reads::Nominee)?.ending(Ending::Expired)),
        (
            "failed-incumbent-replaced",
            mail(Kind::Failed, Administrator, Reads::Requester)?.ending(replaced.clone()).roles(&two),
        ),
        ("failed-incumbent-replaced-leaving", mail(Kind::Failed, Incumbent, Reads::Requester)?.ending(replaced)),
        (
            "failed-requester-not-permitted",
            mail(Kind::Failed, Administrator, Reads::Requester)?.ending(not_permitted.clone()),
        ),
        (
            "failed-requester-not-permitted-nominee",
            mail(Kind::Failed, Administrator, Reads::Nominee)?.ending(not_permitted),
        ),
        ("address-changed", address_changed),
    ])
}

fn account(id: &str, name: &str, email: &str, language: &Language) -> Result<Account, Invalid> {
    Ok(Account {
        account_id: AccountId::parse(id)?,
        display_name: DisplayName::parse(name)?,
        email: EmailAddress::parse(email)?,
        language: language.clone(),
        billing_standing: BillingStanding::Good,
        create_time: DUE - WEEK,
        update_time: DUE - WEEK,
        revision: 1,
    })
}

fn sender() -> Result<Sender, Invalid> {
    Ok(Sender {
        from: Mailbox {
            name: Some("Example Hosting".to_owned()),
            address: EmailAddress::parse("contacts@hosting.example")?,
        },
        return_path: None,
        link_template: "https://relevo.example/changes/{change_id}#{token}".to_owned(),
    })
}
