//! Mails handed to real servers: Postfix, and one that asks for TLS and a login. `make peers` runs them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot go on stops, and shows what its peer has logged"
)]

mod authority;
mod delivering;
mod logging_in;
mod postfix;
mod tls_server;

use std::{net::TcpListener, process::Child, time::Duration};

use relevo_tests::{
    Person, TestServer,
    v1::{ContactChange, Delivery, ListDeliveriesRequest, MailDelivery},
};

/// How long a peer may take to start, to stop, and to deliver what it has taken.
const IN_TIME: Duration = Duration::from_secs(30);

/// A port that is free at this moment.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Stops a peer by its process id, as its operators would, and waits for its end.
fn end(peer: &mut Child) {
    let sent = std::process::Command::new("kill").args(["-s", "TERM", &peer.id().to_string()]).status();
    if !sent.is_ok_and(|sent| sent.success()) {
        let _ = peer.kill();
    }
    let _ = peer.wait();
}

/// Ann asks for Nora to be technical contact of example.com.
async fn asked(server: &TestServer) -> (Person, Person, ContactChange) {
    let (ann, nora) = (server.person("Ann").await, server.person("Nora").await);
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    (ann, nora, change)
}

/// Where the newest mail with a code to an account is, as operators see it.
async fn delivery(server: &TestServer, change: &ContactChange, to: &Person) -> Delivery {
    let seen = server.shows_operator(change).await;
    let own = seen.confirmations.into_iter().find(|it| it.account_id == to.account_id).unwrap();
    own.delivery.unwrap()
}

/// All mails of a change to an account, and what came of each attempt, as operators see them.
async fn deliveries(server: &TestServer, change: &ContactChange, to: &Person) -> Vec<MailDelivery> {
    let request = ListDeliveriesRequest { change_id: change.change_id.clone(), ..Default::default() };
    let all = server.requests().list_deliveries(request).await.unwrap().into_inner().deliveries;
    all.into_iter().filter(|mail| mail.account_id == to.account_id).collect()
}
