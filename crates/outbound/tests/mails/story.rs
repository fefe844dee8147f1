//! The people of the tests, and every mail they can get.

use jiff::Timestamp;
use relevo_domain::{
    Account, AccountId, BillingStanding, ChangeId, ContactChange, Contacts, DisplayName, EmailAddress, Kind, Language,
    Mail, MailKind, RefusalReason, Role, Roles, Service, ServiceId, ServiceKey, State, Token,
    contact_change::{Canceller, Ending, FailureCause},
};
use relevo_outbound::message::{ComposeError, Facts, Mailbox, Message, Sender, compose};
use relevo_persistence::Subject;

pub(crate) const LANGUAGES: [&str; 2] = ["en", "es"];
pub(crate) const TOKEN: &str = "7K3M-9QXA-04ZD-T8RW-C5HN-2VPG-6BYE-J1SF";
pub(crate) const CHANGE_ID: &str = "019abc07-0d5a-7cc3-9f2e-6d8f4b3f1a20";
pub(crate) const LINK: &str =
    "https://relevo.example/changes/019abc07-0d5a-7cc3-9f2e-6d8f4b3f1a20#7K3M-9QXA-04ZD-T8RW-C5HN-2VPG-6BYE-J1SF";

/// What one mail is made from, to be altered before it is made.
pub(crate) struct Story {
    pub(crate) kind: MailKind,
    pub(crate) recipient: Account,
    pub(crate) requester: Account,
    pub(crate) incumbent: Account,
    pub(crate) nominee: Account,
    pub(crate) service: Service,
    pub(crate) change: ContactChange,
    pub(crate) token: Option<Token>,
    pub(crate) to_address: Option<EmailAddress>,
    pub(crate) sender: Sender,
}

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asks {
    /// Ann, the administrator, for Tom to be replaced by Nora.
    Administrator,
    /// Tom, for himself to be replaced by Nora.
    Incumbent,
    /// Ann, for Tom to be replaced by herself.
    Nominee,
}

/// Who reads.
#[derive(Clone, Copy)]
pub(crate) enum Reads {
    Requester,
    Incumbent,
    Nominee,
    Administrator,
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn account(id: &str, name: &str, email: &str, language: &str) -> Account {
    Account {
        account_id: AccountId::parse(id).unwrap(),
        display_name: DisplayName::parse(name).unwrap(),
        email: EmailAddress::parse(email).unwrap(),
        language: Language::parse(language).unwrap(),
        billing_standing: BillingStanding::Good,
        create_time: at("2024-01-02T03:04:05Z"),
        update_time: at("2024-01-02T03:04:05Z"),
        revision: 1,
    }
}

impl Story {
    pub(crate) fn new(kind: MailKind, asks: Asks, reads: Reads, language: &str) -> Self {
        let ann = account("aa111111-ovh", "Ann García", "ann@ann.example", language);
        let tom = account("tt222222-ovh", "Tom Weber", "tom@tom.example", language);
        let nora = account("nn333333-ovh", "Nora Ruiz", "nora@nora.example", language);
        let (requester, nominee) = match asks {
            Asks::Administrator => (ann.clone(), nora.clone()),
            Asks::Incumbent => (tom.clone(), nora.clone()),
            Asks::Nominee => (ann.clone(), ann.clone()),
        };
        let recipient = match reads {
            Reads::Requester => requester.clone(),
            Reads::Incumbent => tom.clone(),
            Reads::Nominee => nominee.clone(),
            Reads::Administrator => ann.clone(),
        };
        let change_id = ChangeId::parse(CHANGE_ID).unwrap();
        let service = Service {
            service_key: ServiceKey(change_id.0),
            service_id: ServiceId::parse("garden-tools.example").unwrap(),
            kind: Kind::parse("domain").unwrap(),
            display_name: None,
            contacts: Contacts {
                administrator: ann.account_id.clone(),
                technical: tom.account_id.clone(),
                billing: tom.account_id.clone(),
            },
            create_time: at("2024-01-02T03:04:05Z"),
            update_time: at("2024-01-02T03:04:05Z"),
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
            create_time: at("2026-02-27T09:05:30.25Z"),
            expire_time: at("2026-03-06T09:05:30.25Z"),
            remind_time: None,
            state: State::Pending,
            confirmations: Vec::new(),
        };
        Self {
            kind,
            recipient,
            requester,
            incumbent: tom,
            nominee,
            service,
            change,
            token: kind.carries_token().then(|| Token::parse(TOKEN).unwrap()),
            to_address: None,
            sender: Sender {
                from: Mailbox {
                    name: Some("Example Hosting".into()),
                    address: EmailAddress::parse("contacts@hosting.example").unwrap(),
                },
                return_path: None,
                public_url: "https://relevo.example".into(),
            },
        }
    }

    pub(crate) fn ending(mut self, ending: Ending) -> Self {
        self.change.state = State::Settled { at: at("2026-03-01T10:00:00Z"), ending };
        self
    }

    pub(crate) fn roles(mut self, roles: &[Role]) -> Self {
        self.change.roles = roles.iter().copied().collect();
        self
    }

    pub(crate) fn called(mut self, name: &str) -> Self {
        self.service.display_name = Some(DisplayName::parse(name).unwrap());
        self
    }

    pub(crate) fn try_compose(&self) -> Result<Message, ComposeError> {
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
            create_time: at("2026-02-27T09:05:30.25Z"),
        };
        compose(&facts, &self.sender)
    }

    pub(crate) fn compose(&self) -> Message {
        self.try_compose().unwrap()
    }
}

/// Every mail with a wording of its own, by name.
pub(crate) fn every_mail(language: &str) -> Vec<(&'static str, Story)> {
    use Asks::{Administrator, Incumbent, Nominee};
    use MailKind as Kind;
    let mail = |kind, asks, reads| Story::new(kind, asks, reads, language);
    let refused = |by: &str, reason: &str| Ending::Refused {
        by: AccountId::parse(by).unwrap(),
        reason: RefusalReason::parse(reason).unwrap(),
    };
    let cancelled_by = |id: &str| Ending::Cancelled(Canceller::Account(AccountId::parse(id).unwrap()));
    let replaced = Ending::Failed(FailureCause::IncumbentReplaced);
    let not_permitted = Ending::Failed(FailureCause::RequesterNotPermitted);
    let two = [Role::Technical, Role::Billing];
    let long_reason = "Sorry, I am leaving the company in March and cannot look after this any more, not even for a \
                       few weeks.\n\nPlease ask Pedro,\nhe knows the shop.";

    let mut address_changed = mail(Kind::AddressChanged, Administrator, Reads::Nominee);
    address_changed.to_address = Some(EmailAddress::parse("nora@old.example").unwrap());
    let stranger_cancelled = cancelled_by("zz999999-ovh");
    vec![
        ("confirm-requester", mail(Kind::Confirm, Administrator, Reads::Requester)),
        ("confirm-requester-leaving", mail(Kind::Confirm, Incumbent, Reads::Requester)),
        ("confirm-nominee", mail(Kind::Confirm, Administrator, Reads::Nominee).called("Garden shop").roles(&two)),
        ("confirm-nominee-after-requester", mail(Kind::Confirm, Incumbent, Reads::Nominee)),
        ("confirm-sole", mail(Kind::Confirm, Nominee, Reads::Nominee).roles(&two)),
        ("reminder-requester", mail(Kind::Reminder, Administrator, Reads::Requester)),
        ("reminder-nominee", mail(Kind::Reminder, Administrator, Reads::Nominee)),
        ("done-requester", mail(Kind::Done, Administrator, Reads::Requester).ending(Ending::Done)),
        ("done-requester-leaving", mail(Kind::Done, Incumbent, Reads::Requester).ending(Ending::Done)),
        ("done-nominee", mail(Kind::Done, Administrator, Reads::Nominee).ending(Ending::Done).roles(&Role::ALL)),
        ("done-sole", mail(Kind::Done, Nominee, Reads::Nominee).ending(Ending::Done)),
        ("replaced", mail(Kind::Replaced, Administrator, Reads::Incumbent).ending(Ending::Done)),
        ("passed", mail(Kind::Passed, Incumbent, Reads::Administrator).ending(Ending::Done).roles(&[Role::Billing])),
        (
            "refused-by-nominee",
            mail(Kind::Refused, Administrator, Reads::Requester).ending(refused("nn333333-ovh", long_reason)),
        ),
        (
            "refused-by-nominee-without-reason",
            mail(Kind::Refused, Incumbent, Reads::Requester).ending(refused("nn333333-ovh", "")),
        ),
        (
            "refused-by-requester",
            mail(Kind::Refused, Administrator, Reads::Nominee).ending(refused("aa111111-ovh", "It was a mistake.")),
        ),
        (
            "refused-by-requester-leaving",
            mail(Kind::Refused, Incumbent, Reads::Nominee).ending(refused("tt222222-ovh", "")),
        ),
        (
            "cancelled-by-requester",
            mail(Kind::Cancelled, Administrator, Reads::Nominee).ending(cancelled_by("aa111111-ovh")),
        ),
        (
            "cancelled-by-requester-leaving",
            mail(Kind::Cancelled, Incumbent, Reads::Nominee).ending(cancelled_by("tt222222-ovh")),
        ),
        ("cancelled-by-administrator", mail(Kind::Cancelled, Incumbent, Reads::Requester).ending(stranger_cancelled)),
        (
            "cancelled-by-operator",
            mail(Kind::Cancelled, Administrator, Reads::Nominee).ending(Ending::Cancelled(Canceller::Operator)),
        ),
        (
            "cancelled-with-service",
            mail(Kind::Cancelled, Nominee, Reads::Nominee).ending(Ending::Cancelled(Canceller::ServiceDeleted)),
        ),
        ("expired-requester", mail(Kind::Expired, Administrator, Reads::Requester).ending(Ending::Expired)),
        ("expired-nominee", mail(Kind::Expired, Incumbent, Reads::Nominee).ending(Ending::Expired)),
        (
            "failed-incumbent-replaced",
            mail(Kind::Failed, Administrator, Reads::Requester).ending(replaced.clone()).roles(&two),
        ),
        ("failed-incumbent-replaced-leaving", mail(Kind::Failed, Incumbent, Reads::Requester).ending(replaced)),
        (
            "failed-requester-not-permitted",
            mail(Kind::Failed, Administrator, Reads::Requester).ending(not_permitted.clone()),
        ),
        (
            "failed-requester-not-permitted-nominee",
            mail(Kind::Failed, Administrator, Reads::Nominee).ending(not_permitted),
        ),
        ("address-changed", address_changed),
    ]
}
