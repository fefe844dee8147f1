//! A router of pages on a listener: HTTP/1.1 (RFC 9112).
//!
//! A proxy in front of it may speak what it likes to browsers. Nobody holds anything up by saying nothing: a head comes
//! within ten seconds, also the next one on a connection that is kept, and of too many connections the oldest makes room.

use std::{convert::Infallible, net::IpAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, extract::Request, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tower::Service;

use crate::{
    connection::pause_after,
    places::{Place, Places},
};

/// How long a client may take to say what it asks for, and how long a connection is kept for the next question.
const PATIENCE: Duration = Duration::from_secs(10);
/// How large the head of a request may be, in bytes.
const HEAD: usize = 16 * 1024;

/// Who is at the other end of the connection that a request came by; in the extensions of each.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Serves the pages, on so many connections at a time, until told to stop. What is under way then is finished.
pub(crate) async fn serve(listener: TcpListener, pages: Router, at_a_time: usize, stop: CancellationToken) {
    let mut places = Places::new(at_a_time);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    // It may be gone already.
                    let _ = stream.set_nodelay(true);
                    let peer = Peer(peer.ip().to_canonical());
                    connections.spawn(converse(stream, peer, pages.clone(), places.take(), stop.clone()));
                }
                Err(error) => pause_after(error).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Answers what is asked over a connection, until it ends, its place is another's, or the process stops.
async fn converse(stream: TcpStream, peer: Peer, pages: Router, place: Arc<Place>, stop: CancellationToken) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let mut pages = pages.clone();
        async move { Ok::<Response, Infallible>(pages.call(request).await.unwrap_or_else(|never| match never {})) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(HEAD);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let conversation = async {
        tokio::select! {
            ended = connection.as_mut() => ended,
            () = stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    };
    tokio::select! {
        // A client that goes away, or does not speak HTTP, is nobody's fault here.
        _ = conversation => {}
        () = place.lost.cancelled() => {}
    }
}
