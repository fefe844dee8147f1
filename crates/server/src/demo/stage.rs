//! What demonstrations are played with: people, a client, and the folder that the mails arrive in.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    time::{Duration, Instant},
};

use mail_parser::MessageParser;
use relevo_api::v1::{
    AcceptContactChangeRequest, Account, ContactChange, Contacts, CreateAccountRequest, CreateContactChangesRequest,
    CreateServiceRequest, RefuseContactChangeRequest, ResendTokenRequest, Service,
    contact_service_client::ContactServiceClient, request_service_client::RequestServiceClient,
};
use relevo_outbound::{Folder, Kept};
use tonic::{
    Status,
    transport::{Channel, Endpoint},
};

use super::{expect, failed, unexpected};
use crate::Error;

/// How long a mail may take to arrive; it takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much of a mail is read, in bytes.
const MAIL: u64 = 1024 * 1024;

/// Someone in a story.
#[derive(Debug, Clone, Copy)]
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) account_id: &'static str,
    pub(super) email: &'static str,
    pub(super) language: &'static str,
}

/// A mail as its reader sees it.
pub(super) struct Letter {
    pub(super) kind: String,
    pub(super) to: String,
    pub(super) subject: String,
    pub(super) text: String,
}

/// A server that is called, and the folder that its mails arrive in.
pub(super) struct Stage {
    pub(super) contacts: ContactServiceClient<Channel>,
    requests: RequestServiceClient<Channel>,
    mails: Folder,
    read: BTreeSet<Kept>,
}

impl Stage {
    pub(super) async fn connect(address: SocketAddr, mails: Folder) -> Result<Self, Error> {
        let channel = Endpoint::from_shared(format!("http://{address}"))?.connect().await?;
        let (contacts, requests) = (ContactServiceClient::new(channel.clone()), RequestServiceClient::new(channel));
        Ok(Self { contacts, requests, mails, read: BTreeSet::new() })
    }

    pub(super) async fn add(&mut self, person: &Person) -> Result<(), Error> {
        let account = Account {
            account_id: person.account_id.to_owned(),
            display_name: person.name.to_owned(),
            email: person.email.to_owned(),
            language: person.language.to_owned(),
            ..Default::default()
        };
        let request = CreateAccountRequest { account: Some(account), ..Default::default() };
        self.contacts.create_account(request).await.map_err(unexpected)?;
        Ok(())
    }

    /// Somebody orders a service; whoever is named holds the roles that the others do not.
    pub(super) async fn order(
        &mut self,
        by: &Person,
        service_id: &str,
        kind: &str,
        contacts: Contacts,
    ) -> Result<(), Error> {
        let service = Service {
            service_id: service_id.to_owned(),
            kind: kind.to_owned(),
            contacts: Some(contacts),
            ..Default::default()
        };
        let request =
            CreateServiceRequest { service: Some(service), account_id: by.account_id.to_owned(), ..Default::default() };
        self.contacts.create_service(request).await.map_err(unexpected)?;
        Ok(())
    }

    /// Somebody names new contacts of a service: one change comes of it.
    pub(super) async fn ask(
        &mut self,
        by: &Person,
        service_id: &str,
        contacts: Contacts,
    ) -> Result<ContactChange, Error> {
        let request = CreateContactChangesRequest {
            service_id: service_id.to_owned(),
            requester: by.account_id.to_owned(),
            contacts: Some(contacts),
            ..Default::default()
        };
        let answer = self.requests.create_contact_changes(request).await.map_err(unexpected)?;
        let change = answer.into_inner().changes.pop();
        change.ok_or_else(|| Error::Demo("no change was made".to_owned()))
    }

    pub(super) async fn accept(
        &mut self,
        change: &ContactChange,
        by: &Person,
        code: &str,
    ) -> Result<ContactChange, Status> {
        let request = AcceptContactChangeRequest {
            change_id: change.change_id.clone(),
            account_id: by.account_id.to_owned(),
            token: code.to_owned(),
            ..Default::default()
        };
        let answer = self.requests.accept_contact_change(request).await?;
        answer.into_inner().change.ok_or_else(|| Status::internal("no change"))
    }

    pub(super) async fn refuse(
        &mut self,
        change: &ContactChange,
        by: &Person,
        code: &str,
        reason: &str,
    ) -> Result<(), Error> {
        let request = RefuseContactChangeRequest {
            change_id: change.change_id.clone(),
            account_id: by.account_id.to_owned(),
            token: code.to_owned(),
            reason: reason.to_owned(),
            ..Default::default()
        };
        self.requests.refuse_contact_change(request).await.map_err(unexpected)?;
        Ok(())
    }

    pub(super) async fn resend(&mut self, change: &ContactChange, to: &Person) -> Result<(), Error> {
        let request = ResendTokenRequest {
            change_id: change.change_id.clone(),
            account_id: to.account_id.to_owned(),
            ..Default::default()
        };
        self.requests.resend_token(request).await.map_err(unexpected)?;
        Ok(())
    }

    /// The mails that arrive next: as many as are expected, and no more.
    pub(super) async fn letters(&mut self, expected: usize) -> Result<Vec<Letter>, Error> {
        let deadline = Instant::now() + PATIENCE;
        let mut letters = Vec::new();
        while letters.len() < expected && Instant::now() < deadline {
            for mail in self.mails.list().map_err(failed)?.into_iter().rev() {
                if !self.read.contains(&mail) {
                    letters.push(open(&self.mails, &mail)?);
                    self.read.insert(mail);
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        expect(letters.len() == expected, &format!("{expected} mails arrive, not {}", letters.len()))?;
        Ok(letters)
    }
}

fn open(folder: &Folder, mail: &Kept) -> Result<Letter, Error> {
    let raw = folder.read(mail, MAIL).map_err(failed)?;
    let parsed = MessageParser::default().parse(&raw);
    let parsed = parsed.ok_or_else(|| Error::Demo(format!("{} is no mail", mail.name())))?;
    let to = parsed.to().and_then(|to| to.first()).and_then(|to| to.address());
    Ok(Letter {
        kind: mail.kind().to_owned(),
        to: to.unwrap_or_default().to_owned(),
        subject: parsed.subject().unwrap_or_default().to_owned(),
        text: parsed.body_text(0).unwrap_or_default().into_owned(),
    })
}

pub(super) fn letter_to<'a>(letters: &'a [Letter], kind: &str, person: &Person) -> Result<&'a Letter, Error> {
    let letter = letters.iter().find(|letter| letter.kind == kind && letter.to == person.email);
    letter.ok_or_else(|| Error::Demo(format!("{} got no mail of the kind {kind}", person.name)))
}

/// The code stands alone on a line, in eight groups of four.
pub(super) fn code_in(letter: &Letter) -> Result<String, Error> {
    let is_code = |line: &&str| line.len() == 39 && line.split('-').filter(|group| group.len() == 4).count() == 8;
    let code = letter.text.lines().map(str::trim).find(is_code);
    code.map(str::to_owned).ok_or_else(|| Error::Demo(format!("no code in the mail to {}", letter.to)))
}

/// Contacts of whom only the technical one is named.
pub(super) fn technical(person: &Person) -> Contacts {
    Contacts { technical: person.account_id.to_owned(), ..Default::default() }
}

/// Contacts of whom only the billing one is named.
pub(super) fn billing(person: &Person) -> Contacts {
    Contacts { billing: person.account_id.to_owned(), ..Default::default() }
}

/// Contacts of whom only the administrator is named.
pub(super) fn administrator(person: &Person) -> Contacts {
    Contacts { administrator: person.account_id.to_owned(), ..Default::default() }
}
