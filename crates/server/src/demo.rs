//! The story of a contact change, played on a server of its own over real gRPC with real mail files, and printed so
//! that a person can follow it.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use mail_parser::MessageParser;
use relevo_api::v1::{
    AcceptContactChangeRequest, Account, ChangeState, ContactChange, Contacts, CreateAccountRequest,
    CreateContactChangesRequest, CreateServiceRequest, Decision, GetServiceRequest, Service,
    contact_service_client::ContactServiceClient, request_service_client::RequestServiceClient,
};
use relevo_persistence::DatabaseUrl;
use tokio_util::sync::CancellationToken;
use tonic::{
    Status,
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt;

use crate::{Clock, Config, Error, Server, config::MailTransport, console::say, keys::Keys, server::listen};

const SERVICE: &str = "example.com";
/// How long a mail may take to arrive; it takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Someone in the story.
struct Person {
    name: &'static str,
    account_id: &'static str,
    email: &'static str,
    language: &'static str,
}

const ANN: Person = Person { name: "Ann Archer", account_id: "aa123456-ovh", email: "ann@example.net", language: "en" };
const TOM: Person = Person { name: "Tom Tanner", account_id: "tt234567-ovh", email: "tom@example.org", language: "en" };
const NORA: Person =
    Person { name: "Nora Núñez", account_id: "nn345678-ovh", email: "nora@example.com", language: "es" };

/// A mail as its reader sees it.
struct Letter {
    kind: String,
    to: String,
    subject: String,
    text: String,
}

/// The stage: a server, and the folder that its mails arrive in.
struct Stage {
    contacts: ContactServiceClient<Channel>,
    requests: RequestServiceClient<Channel>,
    mails: PathBuf,
    read: BTreeSet<PathBuf>,
}

/// Plays the story. An error says where it did not go as it should.
pub(crate) async fn run() -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::Io("a temporary folder".to_owned(), error);
    let folder = tempfile::tempdir().map_err(failed)?;
    let mails = folder.path().join("mail");
    let mut config = Config::parse("")?;
    config.database_url = DatabaseUrl::parse(&format!("sqlite://{}", folder.path().join("relevo.db").display()))?;
    config.keys = Keys::File(folder.path().join("token.key"));
    config.mail_transport = MailTransport::File(mails.clone());

    let server = Server::open(&config, Clock::system()).await?;
    let listener = listen("grpc.listen", ([127, 0, 0, 1], 0).into()).await?;
    let address = listener.local_addr().map_err(failed)?;
    let stop = CancellationToken::new();
    let running = tokio::spawn(server.run(listener, None, stop.clone()));

    say(format_args!("A server runs on {address}, with a database and a folder of mails of its own."))?;
    let channel = Endpoint::from_shared(format!("http://{address}"))?.connect().await?;
    let stage = Stage {
        contacts: ContactServiceClient::new(channel.clone()),
        requests: RequestServiceClient::new(channel),
        mails,
        read: BTreeSet::new(),
    };
    let played = stage.play().await;
    stop.cancel();
    running.await??;
    played?;
    say("\nThe end is right: the role has passed, once and whole, and everyone knows.")
}

impl Stage {
    async fn play(mut self) -> Result<(), Error> {
        for person in [ANN, TOM, NORA] {
            self.add(&person).await?;
        }
        scene(1, "Ann has ordered example.com. Tom is its technical contact.")?;
        self.order().await?;
        self.show_contacts().await?;

        scene(2, "Ann names Nora as technical contact.")?;
        let change = self.ask().await?;
        show_change(&change)?;
        expect(change.state() == ChangeState::Pending, "the change waits for both")?;

        scene(3, "Two mails arrive, each with a code of its own. Tom gets none: he is not asked.")?;
        let letters = self.letters(2).await?;
        let anns = letter_to(&letters, "confirm", &ANN)?;
        let noras = letter_to(&letters, "confirm", &NORA)?;
        show_whole(anns)?;
        show_head(noras)?;
        let (anns, noras) = (code_in(anns)?, code_in(noras)?);
        say(format_args!("  Ann's code   {anns}\n  Nora's code  {noras}"))?;
        expect(anns != noras, "the codes differ")?;

        scene(4, "Ann accepts with her code. That is not enough.")?;
        let change = self.accept(&change, &ANN, &anns).await.map_err(unexpected)?;
        show_change(&change)?;
        expect(change.state() == ChangeState::Pending, "the change waits for Nora")?;

        scene(5, "Somebody tries Ann's code for Nora. It is personal.")?;
        let refused = self.accept(&change, &NORA, &anns).await.err();
        expect(show_refusal(refused)? == "TOKEN_INVALID", "another's code is worth nothing")?;

        scene(6, "Nora accepts with hers. The role passes at that moment.")?;
        let change = self.accept(&change, &NORA, &noras).await.map_err(unexpected)?;
        show_change(&change)?;
        expect(change.state() == ChangeState::Done, "the change is done")?;

        scene(7, "Ann and Nora are told that it is done; Tom is told that he was replaced.")?;
        let letters = self.letters(3).await?;
        for (kind, person) in [("done", &ANN), ("done", &NORA), ("replaced", &TOM)] {
            show_head(letter_to(&letters, kind, person)?)?;
        }
        let technical = self.show_contacts().await?.technical;
        expect(technical == NORA.account_id, "Nora is the technical contact")?;

        scene(8, "The codes are spent.")?;
        let refused = self.accept(&change, &NORA, &noras).await.err();
        expect(show_refusal(refused)? == "CHANGE_SETTLED", "what has ended is final")
    }

    async fn add(&mut self, person: &Person) -> Result<(), Error> {
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

    async fn order(&mut self) -> Result<(), Error> {
        let service = Service {
            service_id: SERVICE.to_owned(),
            kind: "domain".to_owned(),
            contacts: Some(Contacts { technical: TOM.account_id.to_owned(), ..Default::default() }),
            ..Default::default()
        };
        let request = CreateServiceRequest {
            service: Some(service),
            account_id: ANN.account_id.to_owned(),
            ..Default::default()
        };
        self.contacts.create_service(request).await.map_err(unexpected)?;
        Ok(())
    }

    async fn ask(&mut self) -> Result<ContactChange, Error> {
        let request = CreateContactChangesRequest {
            service_id: SERVICE.to_owned(),
            requester: ANN.account_id.to_owned(),
            contacts: Some(Contacts { technical: NORA.account_id.to_owned(), ..Default::default() }),
            ..Default::default()
        };
        let answer = self.requests.create_contact_changes(request).await.map_err(unexpected)?;
        let change = answer.into_inner().changes.pop();
        change.ok_or_else(|| Error::Demo("no change was made".to_owned()))
    }

    async fn accept(&mut self, change: &ContactChange, by: &Person, code: &str) -> Result<ContactChange, Status> {
        let request = AcceptContactChangeRequest {
            change_id: change.change_id.clone(),
            account_id: by.account_id.to_owned(),
            token: code.to_owned(),
            ..Default::default()
        };
        let answer = self.requests.accept_contact_change(request).await?;
        answer.into_inner().change.ok_or_else(|| Status::internal("no change"))
    }

    async fn show_contacts(&mut self) -> Result<Contacts, Error> {
        let request = GetServiceRequest { service_id: SERVICE.to_owned(), ..Default::default() };
        let answer = self.contacts.get_service(request).await.map_err(unexpected)?;
        let contacts = answer.into_inner().service.and_then(|service| service.contacts).unwrap_or_default();
        say(format_args!("  administrator  {}", called(&contacts.administrator)))?;
        say(format_args!("  technical      {}", called(&contacts.technical)))?;
        say(format_args!("  billing        {}", called(&contacts.billing)))?;
        Ok(contacts)
    }

    /// The mails that arrive next: as many as are expected, and no more.
    async fn letters(&mut self, expected: usize) -> Result<Vec<Letter>, Error> {
        let deadline = Instant::now() + PATIENCE;
        let mut letters = Vec::new();
        while letters.len() < expected && Instant::now() < deadline {
            for path in mail_files(&self.mails)? {
                if self.read.insert(path.clone()) {
                    letters.push(open(&path)?);
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        expect(letters.len() == expected, &format!("{expected} mails arrive, not {}", letters.len()))?;
        Ok(letters)
    }
}

fn mail_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |error| Error::Io(format!("the folder {}", folder.display()), error);
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "eml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn open(path: &Path) -> Result<Letter, Error> {
    let raw = std::fs::read(path).map_err(|error| Error::Io(path.display().to_string(), error))?;
    let parsed = MessageParser::default().parse(&raw);
    let parsed = parsed.ok_or_else(|| Error::Demo(format!("{} is no mail", path.display())))?;
    let to = parsed.to().and_then(|to| to.first()).and_then(|to| to.address());
    Ok(Letter {
        kind: parsed.message_id().and_then(|id| id.split('.').next()).unwrap_or_default().to_owned(),
        to: to.unwrap_or_default().to_owned(),
        subject: parsed.subject().unwrap_or_default().to_owned(),
        text: parsed.body_text(0).unwrap_or_default().into_owned(),
    })
}

fn letter_to<'a>(letters: &'a [Letter], kind: &str, person: &Person) -> Result<&'a Letter, Error> {
    let letter = letters.iter().find(|letter| letter.kind == kind && letter.to == person.email);
    letter.ok_or_else(|| Error::Demo(format!("{} got no mail of the kind {kind}", person.name)))
}

/// The code stands alone on a line, in eight groups of four.
fn code_in(letter: &Letter) -> Result<String, Error> {
    let is_code = |line: &&str| line.len() == 39 && line.split('-').filter(|group| group.len() == 4).count() == 8;
    let code = letter.text.lines().map(str::trim).find(is_code);
    code.map(str::to_owned).ok_or_else(|| Error::Demo(format!("no code in the mail to {}", letter.to)))
}

fn scene(number: usize, title: &str) -> Result<(), Error> {
    say(format_args!("\n{number}. {title}"))
}

fn show_head(letter: &Letter) -> Result<(), Error> {
    say(format_args!("  To {:<18} {}", letter.to, letter.subject))
}

fn show_whole(letter: &Letter) -> Result<(), Error> {
    show_head(letter)?;
    letter.text.trim_end().lines().try_for_each(|line| say(format_args!("  | {line}").to_string().trim_end()))
}

fn show_change(change: &ContactChange) -> Result<(), Error> {
    let state = change.state().as_str_name().trim_start_matches("CHANGE_STATE_");
    say(format_args!("  change {}  {state}", change.change_id))?;
    change.confirmations.iter().try_for_each(|party| {
        let decision = Decision::as_str_name(&party.decision()).trim_start_matches("DECISION_");
        say(format_args!("    {:<28} {decision}", called(&party.account_id)))
    })
}

/// Shows why a call was refused, and says its reason.
fn show_refusal(refused: Option<Status>) -> Result<String, Error> {
    let refused = refused.ok_or_else(|| Error::Demo("a call went through that must not".to_owned()))?;
    let reason = refused.get_details_error_info().map(|info| info.reason).unwrap_or_default();
    say(format_args!("  {:?} {reason}: {}", refused.code(), refused.message()))?;
    Ok(reason)
}

fn called(account_id: &str) -> String {
    let person = [ANN, TOM, NORA].into_iter().find(|person| person.account_id == account_id);
    person.map_or(account_id.to_owned(), |person| format!("{} ({account_id})", person.name))
}

fn expect(so: bool, what: &str) -> Result<(), Error> {
    if so { Ok(()) } else { Err(Error::Demo(format!("the story went wrong: {what}"))) }
}

fn unexpected(status: Status) -> Error {
    Error::Demo(format!("the story went wrong: {:?}: {}", status.code(), status.message()))
}
