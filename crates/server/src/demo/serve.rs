//! `relevo demo --serve`: a server with something to look at, to be clicked through.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{
    failed,
    lively::{self, ANN, NORA},
    settle,
};
use crate::{Clock, Config, Error, Listeners, Server, console::say};

/// Where it is when nobody else is there.
const GRPC: u16 = 50051;
const PAGE: u16 = 8080;
const MAILBOX: u16 = 8025;

/// Serves an installation in a folder, or in one that is gone with it, until told to stop. One that is new is first
/// brought to life; one that is there already goes on as it was left.
pub(crate) async fn serve(folder: Option<&Path>, stop: CancellationToken) -> Result<(), Error> {
    let temporary = tempfile::tempdir().map_err(failed)?;
    let folder = folder.unwrap_or(temporary.path());
    let (grpc, page, mailbox) = (listen(GRPC).await?, listen(PAGE).await?, listen(MAILBOX).await?);
    let address = |listener: &TcpListener| listener.local_addr().map_err(failed);
    let (grpc_address, page_address, mailbox_address) = (address(&grpc)?, address(&page)?, address(&mailbox)?);

    let mut config = Config::parse(&format!("page.public_url = \"http://{page_address}\""))?;
    settle(&mut config, folder)?;
    let is_new = !folder.join("relevo.db").exists();
    if is_new {
        lively::play(&config).await?;
    }
    let server = Server::open(&config, Clock::system()).await?;
    say(format_args!(
        "Relevo runs, with all that it has in {}.\n\n  \
         Mailbox  http://{mailbox_address}\n  \
         Page     http://{page_address}\n  \
         gRPC     {grpc_address}\n",
        folder.display()
    ))?;
    if is_new {
        say(format_args!(
            "Two minutes ago {} has named {} as technical contact of example.com. To let the role pass:\n\n  \
             1. Open the mailbox, and the newest mail to {}.\n  \
             2. Its button leads to the page. Look at what is asked, and accept.\n  \
             3. Do the same with the newest mail to {}, in Spanish.\n  \
             4. The mailbox shows who is told.\n\n\
             The older mails lead to changes in other states: done, refused, expired, accepted by one of two, and one whose\n\
             first code was superseded.\n",
            ANN.name, NORA.name, ANN.name, NORA.name
        ))?;
    }
    say("Ctrl-C stops it.")?;
    server.run(Listeners { grpc, page: Some(page), mailbox: Some(mailbox) }, stop).await
}

/// Listens on a port, or on any that is free.
async fn listen(port: u16) -> Result<TcpListener, Error> {
    let at = |port| TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    match at(port).await {
        Ok(listener) => Ok(listener),
        Err(_) => at(0).await.map_err(failed),
    }
}
