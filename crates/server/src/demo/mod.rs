//! `relevo demo`: what Relevo does, shown on an installation of its own, over real gRPC and with real mail files.

mod lively;
mod serve;
mod stage;
mod story;

use std::path::Path;

use relevo_persistence::DatabaseUrl;

pub(crate) use serve::serve;
pub(crate) use story::play;

use crate::{Config, Error, config::MailTransport, keys::Keys};

/// Has an installation keep all that it has in a folder.
fn settle(config: &mut Config, folder: &Path) -> Result<(), Error> {
    config.database_url = DatabaseUrl::parse(&format!("sqlite://{}", folder.join("relevo.db").display()))?;
    config.keys = Keys::File(folder.join("token.key"));
    config.mail_transport = MailTransport::File(folder.join("mail"));
    Ok(())
}

fn failed(error: std::io::Error) -> Error {
    Error::Io("the demonstration".to_owned(), error)
}

fn expect(so: bool, what: &str) -> Result<(), Error> {
    if so { Ok(()) } else { Err(Error::Demo(format!("the story went wrong: {what}"))) }
}

fn unexpected(status: tonic::Status) -> Error {
    Error::Demo(format!("the story went wrong: {:?}: {}", status.code(), status.message()))
}
