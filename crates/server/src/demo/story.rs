//! The story of a contact change, played and printed so that a person can follow it.

use relevo_api::v1::{ChangeState, ContactChange, Contacts, Decision, GetServiceRequest};
use relevo_outbound::Folder;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic_types::StatusExt;

use super::{
    expect, failed, settle,
    stage::{Letter, Person, Stage, code_in, letter_to, technical},
    unexpected,
};
use crate::{Clock, Config, Error, Listeners, Server, console::say, server::listen};

const SERVICE: &str = "example.com";

const ANN: Person = Person { name: "Ann Archer", account_id: "aa123456-ovh", email: "ann@example.net", language: "en" };
const TOM: Person = Person { name: "Tom Tanner", account_id: "tt234567-ovh", email: "tom@example.org", language: "en" };
const NORA: Person =
    Person { name: "Nora Núñez", account_id: "nn345678-ovh", email: "nora@example.com", language: "es" };

/// Plays the story. An error says where it did not go as it should.
pub(crate) async fn play() -> Result<(), Error> {
    let folder = tempfile::tempdir().map_err(failed)?;
    let mut config = Config::parse("")?;
    settle(&mut config, folder.path())?;

    let server = Server::open(&config, Clock::system()).await?;
    let listener = listen("grpc.listen", ([127, 0, 0, 1], 0).into()).await?;
    let address = listener.local_addr().map_err(failed)?;
    let stop = CancellationToken::new();
    let running = tokio::spawn(server.run(Listeners { grpc: listener, page: None, mailbox: None }, stop.clone()));

    say(format_args!("A server runs on {address}, with a database and a folder of mails of its own."))?;
    let mails = Folder::open(folder.path().join("mail")).map_err(failed)?;
    let played = Stage::connect(address, mails).await?.play().await;
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
        self.order(&ANN, SERVICE, "domain", technical(&TOM)).await?;
        self.show_contacts().await?;

        scene(2, "Ann names Nora as technical contact.")?;
        let change = self.ask(&ANN, SERVICE, technical(&NORA)).await?;
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

    async fn show_contacts(&mut self) -> Result<Contacts, Error> {
        let request = GetServiceRequest { service_id: SERVICE.to_owned(), ..Default::default() };
        let answer = self.contacts.get_service(request).await.map_err(unexpected)?;
        let contacts = answer.into_inner().service.and_then(|service| service.contacts).unwrap_or_default();
        say(format_args!("  administrator  {}", called(&contacts.administrator)))?;
        say(format_args!("  technical      {}", called(&contacts.technical)))?;
        say(format_args!("  billing        {}", called(&contacts.billing)))?;
        Ok(contacts)
    }
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
