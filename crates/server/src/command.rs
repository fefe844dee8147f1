//! The `relevo` command.

use std::{
    io::{IsTerminal, Write, stderr},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::{
    Clock, Config, Error, Listeners, Server, audit, caller, console::say, copy, demo, preview, rotate, test_mail,
};

/// Relevo keeps who is the administrator, technical and billing contact of every service, and lets them hand a role
/// over: both sides confirm, each with a personal code that is mailed to them.
#[derive(Debug, Parser)]
#[command(name = "relevo", version)]
struct Command {
    /// A file of settings, over the defaults and under the environment (RELEVO__SECTION__KEY).
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Takes calls and sends mails, until it is told to stop. Also what `relevo` alone does.
    Serve,
    /// Brings the schema of the database up to date.
    Migrate,
    /// Moves an installation to another database, of either kind: copies every row into one that is empty.
    ///
    /// First stop every relevo process that serves the old database, and never start one on it again. It is not changed;
    /// nobody else can change it while it is copied, and it is refused if a process still has it open. Of the new one
    /// nothing is overwritten: it is refused if it holds a row, and gets the schema if it has none. All is copied and
    /// read again, or nothing is. The configuration is not looked at.
    Copy {
        /// The database to copy from, as database.url has it. Keep passwords in ~/.pgpass: others see arguments.
        #[arg(long, value_name = "URL")]
        from: String,
        /// The database to copy to: one without a row, or without anything.
        #[arg(long, value_name = "URL")]
        to: String,
    },
    /// Says whether the configuration is right.
    CheckConfig,
    /// Sends a test mail to an address, over the transport of the configuration, and says what the relay said.
    ///
    /// Needs no database, and leaves nothing in one. Ends with 1 if the mail was not taken.
    SendTestMail {
        /// Where it goes.
        #[arg(long, value_name = "ADDRESS")]
        to: String,
        /// The language that it is written in.
        #[arg(long, value_name = "TAG", default_value = "en")]
        language: String,
    },
    /// Makes a key for a caller, and prints it with the line of its [[callers]] that knows it again.
    ///
    /// The key is for the caller alone: it is kept nowhere, and cannot be had from the line.
    MakeKey,
    /// Makes a new key for the codes, and says what to do next.
    ///
    /// The new key is put first into token.key_file: once Relevo is started anew it makes the new codes, and those that
    /// were mailed before stay good. With token.keys the new key is printed, as all processes must be given it.
    RotateKey {
        /// For a key that somebody else has got hold of: also makes every code anew that could still be used, under the
        /// new key, and has it mailed. The old codes are worth nothing at once. Only while nothing serves; with
        /// token.keys, once the new key stands first in it.
        #[arg(long, conflicts_with = "retire")]
        compromised: bool,
        /// Takes the old keys away, if no code that could still be used was made with them.
        #[arg(long)]
        retire: bool,
    },
    /// Says whether the history is what was written.
    #[command(subcommand)]
    Audit(Audit),
    /// Writes every mail in every language, with sample people, as files to read: for translators.
    ///
    /// For each language a folder with each mail as text, as HTML and as it is sent (.eml), and an index.html over all of
    /// them. What an earlier preview of this version left is overwritten; a folder that holds anything else is refused. Needs no
    /// configuration, database or network.
    PreviewMails {
        /// The folder to write to. Made if it is not there.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Plays the story of a contact change on a database of its own, and prints it.
    Demo {
        /// Serves an installation of its own instead, with a mailbox and something to look at, until it is told to stop.
        ///
        /// Nothing of the configuration is used, and nothing but loopback addresses. Mails go nowhere but into the mailbox.
        #[arg(long)]
        serve: bool,
        /// The folder to keep it in; it goes on as it was left when it is served again. Without one it is gone at the end.
        #[arg(long, value_name = "DIR", requires = "serve")]
        dir: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum Audit {
    /// Reads the whole history, and prints what was altered, added or taken away: one line each. Ends with 1 if there is any.
    ///
    /// What it reads is one state of the database, also while it is served. All keys that ever made codes must be among
    /// the configured ones. A chain that was put back as a whole, with its head, to what it once was is told only by a
    /// checkpoint.
    Verify {
        /// What `relevo audit checkpoint` printed once: all of it must still be there.
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
    },
    /// Prints how long the history of each account and service is, and the digest of its newest event: to be kept where
    /// whoever has the database cannot reach it.
    Checkpoint,
    /// Takes what an older version wrote into the history that can be verified, after an upgrade.
    ///
    /// Run it once no older process serves any more, and look at what `relevo audit verify` says first: what it takes in
    /// is proven from then on, whoever wrote it.
    Adopt {
        /// Until when an older version served: what is later is left out.
        #[arg(long, value_name = "TIME")]
        until: jiff::Timestamp,
    },
}

/// Runs the command that the arguments name.
pub async fn run() -> ExitCode {
    let command = Command::parse();
    match act(command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr(), "relevo: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn act(command: Command) -> Result<(), Error> {
    let config = || Config::load(command.config.as_deref());
    match command.action.unwrap_or(Action::Serve) {
        Action::Serve => {
            let config = config()?;
            config.check_mails_reach()?;
            log_to_stderr(&config)?;
            serve(&config).await
        }
        Action::Migrate => {
            let config = config()?;
            let store = relevo_persistence::Store::open(&config.database_url, config.database_connections).await?;
            store.migrate().await?;
            store.close().await?;
            say("The schema is up to date.")
        }
        Action::Copy { from, to } => copy::run(&from, &to).await,
        Action::PreviewMails { out } => preview::run(&out),
        Action::CheckConfig => {
            config()?.check_mails_reach()?;
            say("The configuration is right.")
        }
        Action::SendTestMail { to, language } => {
            let config = config()?;
            log_to_stderr(&config)?;
            test_mail::run(&config, &to, &language).await
        }
        Action::MakeKey => caller::make_key(),
        Action::RotateKey { compromised: true, .. } => rotate::make_anew(&config()?).await,
        Action::RotateKey { retire: true, .. } => rotate::retire(&config()?).await,
        Action::RotateKey { .. } => rotate::turn(&config()?),
        Action::Audit(action) => {
            let config = config()?;
            log_to_stderr(&config)?;
            match action {
                Audit::Verify { checkpoint } => audit::verify(&config, checkpoint.as_deref()).await,
                Audit::Checkpoint => audit::checkpoint(&config).await,
                Audit::Adopt { until } => audit::adopt(&config, until).await,
            }
        }
        Action::Demo { serve: true, dir } => {
            log("warn")?;
            let stop = CancellationToken::new();
            stop_on_signals(stop.clone())?;
            demo::serve(dir.as_deref(), stop).await
        }
        Action::Demo { .. } => {
            config()?;
            demo::play().await
        }
    }
}

async fn serve(config: &Config) -> Result<(), Error> {
    let stop = CancellationToken::new();
    stop_on_signals(stop.clone())?;
    let server = Server::open(config, Clock::system()).await?;
    let listeners = Listeners::open(config).await?;
    let at =
        |key: &str, listener: &TcpListener| listener.local_addr().map_err(|error| Error::Io(key.to_owned(), error));
    let address = at("grpc.listen", &listeners.grpc)?;
    if let Some(page) = &listeners.page {
        tracing::info!(page = %at("page.listen", page)?, "the page is served");
    }
    if let Some(mailbox) = &listeners.mailbox {
        let mailbox = at("mailbox.listen", mailbox)?;
        tracing::info!(%mailbox, "the mailbox is served: everyone on this machine can read every mail, with its code");
    }
    let (database, tls) = (&config.database_url, config.tls.is_some());
    match config.callers.count() {
        0 => tracing::info!(
            %address, %database, tls,
            "serving; no callers are configured, so everyone on this machine may do everything, as the caller local"
        ),
        callers => tracing::info!(%address, %database, tls, callers, "serving"),
    }
    server.run(listeners, stop).await
}

/// The first signal stops the process in order; the second at once.
fn stop_on_signals(stop: CancellationToken) -> Result<(), Error> {
    let on = |kind| signal(kind).map_err(|error| Error::Io("signals".to_owned(), error));
    let (mut terminate, mut interrupt) = (on(SignalKind::terminate())?, on(SignalKind::interrupt())?);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if stop.is_cancelled() {
                std::process::exit(130);
            }
            stop.cancel();
        }
    });
    Ok(())
}

fn log_to_stderr(config: &Config) -> Result<(), Error> {
    log(&config.log_filter)
}

fn log(filter: &str) -> Result<(), Error> {
    let filter =
        EnvFilter::try_new(filter).map_err(|error| Error::Io("log.filter".to_owned(), std::io::Error::other(error)))?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).with_ansi(stderr().is_terminal()).init();
    Ok(())
}
