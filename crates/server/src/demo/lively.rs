//! What five customers have done in the last days, so that there is something to look at: changes in every state, and the
//! mails that came of them.
//!
//! All of it happens: over gRPC, on a server whose clock is set back and then moved on, step by step, up to now.

use jiff::{SignedDuration, Timestamp};
use relevo_outbound::Folder;
use tokio_util::sync::CancellationToken;

use super::{
    failed,
    stage::{Letter, Person, Stage, administrator, billing, code_in, letter_to, technical},
    unexpected,
};
use crate::{Clock, Config, Error, Server, config::MailTransport, server::listen};

pub(super) const ANN: Person =
    Person { name: "Ann Archer", account_id: "aa123456-ovh", email: "ann@example.net", language: "en" };
const TOM: Person = Person { name: "Tom Tanner", account_id: "tt234567-ovh", email: "tom@example.org", language: "de" };
pub(super) const NORA: Person =
    Person { name: "Nora Núñez", account_id: "nn345678-ovh", email: "nora@example.com", language: "es" };
const CHLOE: Person =
    Person { name: "Chloé Laurent", account_id: "cl456789-ovh", email: "chloe@example.net", language: "fr" };
const MAREK: Person =
    Person { name: "Marek Zieliński", account_id: "mz567890-ovh", email: "marek@example.org", language: "pl" };

const fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

const fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

/// Time as it passes for the customers.
struct Days {
    server: Server,
    clock: Clock,
    stage: Stage,
    stop: CancellationToken,
}

/// Plays what has happened up to now, on an installation that is empty and served by nobody.
pub(super) async fn play(config: &Config) -> Result<(), Error> {
    let MailTransport::File(mails) = &config.mail_transport else {
        return Err(Error::Demo("the mails go elsewhere".to_owned()));
    };
    let clock = Clock::fixed(Timestamp::now() - days(9));
    let server = Server::open(config, clock.clone()).await?;
    let listener = listen("grpc.listen", ([127, 0, 0, 1], 0).into()).await?;
    let address = listener.local_addr().map_err(failed)?;
    let stop = CancellationToken::new();
    let serving = tokio::spawn(server.serve(listener, stop.clone()));
    let stage = Stage::connect(address, Folder::open(mails).map_err(failed)?).await?;
    let days = Days { server, clock, stage, stop: stop.clone() };
    let played = days.pass().await;
    stop.cancel();
    serving.await??;
    played
}

impl Days {
    async fn pass(mut self) -> Result<(), Error> {
        for person in [ANN, TOM, NORA, CHLOE, MAREK] {
            self.stage.add(&person).await?;
        }
        self.stage.order(&ANN, "example.com", "domain", technical(&TOM)).await?;
        self.stage.order(&ANN, "shop.example", "hosting", technical(&NORA)).await?;
        self.stage.order(&CHLOE, "atelier.example", "hosting", technical(&NORA)).await?;
        self.stage.order(&TOM, "vps-4711", "vps", Default::default()).await?;

        // Nobody answers, and a week later it is over.
        self.later(days(1));
        self.stage.ask(&CHLOE, "atelier.example", billing(&MAREK)).await?;
        self.mails(2).await?;

        // Done.
        self.later(days(3));
        let change = self.stage.ask(&ANN, "shop.example", technical(&TOM)).await?;
        let letters = self.mails(2).await?;
        self.later(minutes(12));
        self.stage.accept(&change, &ANN, &code(&letters, &ANN)?).await.map_err(unexpected)?;
        self.later(minutes(95));
        self.stage.accept(&change, &TOM, &code(&letters, &TOM)?).await.map_err(unexpected)?;
        self.mails(3).await?;

        // Refused, with a reason.
        self.later(days(1));
        let change = self.stage.ask(&CHLOE, "atelier.example", technical(&ANN)).await?;
        let letters = self.mails(2).await?;
        self.later(minutes(40));
        let reason = "I would be glad to help, but I have no time for it before March.\nPlease ask Tom.";
        self.stage.refuse(&change, &ANN, &code(&letters, &ANN)?, reason).await?;
        self.mails(1).await?;

        // Those who have not answered for six days are reminded.
        self.later(days(2));
        self.server.sweeper().sweep().await?;
        self.mails(2).await?;

        // Accepted by one; the other is awaited.
        let change = self.stage.ask(&TOM, "vps-4711", administrator(&MAREK)).await?;
        let letters = self.mails(2).await?;
        self.later(minutes(7));
        self.stage.accept(&change, &TOM, &code(&letters, &TOM)?).await.map_err(unexpected)?;

        self.later(days(1));
        self.server.sweeper().sweep().await?;
        self.mails(2).await?;

        // A code that was sent again: the first one is superseded.
        self.until_ago(minutes(90));
        let change = self.stage.ask(&CHLOE, "atelier.example", technical(&MAREK)).await?;
        self.mails(2).await?;
        self.later(minutes(20));
        self.stage.resend(&change, &MAREK).await?;
        self.mails(1).await?;

        // To be confirmed by both.
        self.until_ago(minutes(2));
        self.stage.ask(&ANN, "example.com", technical(&NORA)).await?;
        self.mails(2).await?;
        Ok(())
    }

    fn later(&self, by: SignedDuration) {
        self.clock.advance(by);
    }

    /// Goes on up to so long before now.
    fn until_ago(&self, ago: SignedDuration) {
        self.clock.advance((Timestamp::now() - ago).duration_since(self.clock.now()));
    }

    /// Sends what is due, and reads it.
    async fn mails(&mut self, expected: usize) -> Result<Vec<Letter>, Error> {
        self.server.courier().deliver_due(&|| self.clock.now(), &self.stop).await?;
        self.stage.letters(expected).await
    }
}

fn code(letters: &[Letter], of: &Person) -> Result<String, Error> {
    code_in(letter_to(letters, "confirm", of)?)
}
