//! Connections: taken, greeted with TLS where it is to be had, and handed to the server.
//!
//! Greeting is done beside the taking, for ten seconds at the most, and of so many at a time, of which any makes
//! room. A client that is greeted says the preface of HTTP/2 within ten seconds more, and from then on answers pings.
//! Nobody who only opens connections keeps others from being served.

use std::{
    collections::VecDeque,
    future::Future,
    hash::{BuildHasher, RandomState},
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{Stream, stream};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
    time::{Sleep, sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConnection, server::TlsStream};
use tokio_util::either::Either;
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::transport::server::Connected;

use crate::{
    places::{Place, Places},
    tls::Tls,
};

/// How long a client may take to agree on TLS, and then to say the preface.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many bytes the preface is (RFC 9113, section 3.4). Who has said it is pinged.
const PREFACE: usize = 24;
/// How many clients may be agreeing on TLS at a time.
const GREETINGS: usize = 256;
/// How long nothing is taken when the machine has no more connections to give.
const PAUSE: Duration = Duration::from_millis(100);

/// Who is at the other end, as far as the connection says.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    names: Arc<[String]>,
    place: Arc<Place>,
}

impl Peer {
    /// The names in its certificate: URIs, and DNS names in lower case. Its authority has been checked.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Says which caller was found to be at the other end.
    pub(crate) fn is_known_as(&self, caller: &str) {
        self.place.is_of(caller);
    }
}

/// A connection that is ready for calls.
pub(crate) struct Connection {
    stream: Either<TcpStream, Box<TlsStream<TcpStream>>>,
    peer: Peer,
    /// Comes when another has taken the place of this one.
    lost: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Runs out if the preface is not said.
    silence: Option<Pin<Box<Sleep>>>,
    /// Bytes.
    heard: usize,
}

impl Connection {
    fn new(stream: Either<TcpStream, Box<TlsStream<TcpStream>>>, names: Vec<String>, place: Arc<Place>) -> Self {
        let lost = Box::pin(place.lost.clone().cancelled_owned());
        let peer = Peer { names: names.into(), place };
        Self { stream, peer, lost, silence: Some(Box::pin(sleep(PATIENCE))), heard: 0 }
    }
}

/// A stream under TLS, and the names in the certificate of the client.
type Greeted = (Box<TlsStream<TcpStream>>, Vec<String>);

/// Where connections come from.
struct Incoming {
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    greetings: JoinSet<Option<Greeted>>,
    /// The greetings by age; some of them are over.
    begun: VecDeque<AbortHandle>,
    places: Places,
}

/// The connections that are taken from a listener, for ever, of which there are so many at a time.
pub(crate) fn incoming(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    at_a_time: usize,
) -> impl Stream<Item = io::Result<Connection>> + Send {
    let places = Places::new(at_a_time);
    let incoming = Incoming { listener, tls, greetings: JoinSet::new(), begun: VecDeque::new(), places };
    stream::unfold(incoming, async |mut incoming| Some((Ok(incoming.next().await), incoming)))
}

impl Incoming {
    async fn next(&mut self) -> Connection {
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match (accepted, &self.tls) {
                    (Ok((stream, _)), tls) => {
                        // It may be gone already.
                        let _ = stream.set_nodelay(true);
                        match tls.as_ref().map(|tls| TlsAcceptor::from(tls.current())) {
                            None => return Connection::new(Either::Left(stream), Vec::new(), self.places.take()),
                            Some(acceptor) => self.greet(stream, acceptor),
                        }
                    }
                    (Err(error), _) => pause_after(error).await,
                },
                Some(greeted) = self.greetings.join_next() => {
                    if let Ok(Some((stream, names))) = greeted {
                        return Connection::new(Either::Right(stream), names, self.places.take());
                    }
                }
            }
        }
    }

    fn greet(&mut self, stream: TcpStream, acceptor: TlsAcceptor) {
        let greeting = self.greetings.spawn(async move {
            match timeout(PATIENCE, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => {
                    let names = names(stream.get_ref().1);
                    Some((Box::new(stream), names))
                }
                Ok(Err(error)) => {
                    tracing::debug!(%error, "a client does not agree on TLS");
                    None
                }
                Err(_) => None,
            }
        });
        self.begun.push_back(greeting);
        if self.begun.len() > GREETINGS {
            self.begun.retain(|greeting| !greeting.is_finished());
        }
        if self.begun.len() > GREETINGS {
            // Any of them: were it always the oldest, who opens many would see to it that nobody is done in time.
            let nth = RandomState::new().hash_one(0) % self.begun.len() as u64;
            if let Some(given_up) = usize::try_from(nth).ok().and_then(|nth| self.begun.swap_remove_back(nth)) {
                given_up.abort();
            }
        }
    }
}

/// A client that is gone already is no reason to wait; a machine that has no more files to give is.
pub(crate) async fn pause_after(error: io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    if !matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted) {
        tracing::error!(%error, "no connection can be taken");
        sleep(PAUSE).await;
    }
}

/// The names in the certificate of a client: its subject alternative names (RFC 5280, section 4.2.1.6) that are URIs or
/// DNS names. What bounds the DNS names of an authority does not bound its URIs: only one with a scheme and `://`, as a
/// DNS name never is, is a URI here.
fn names(tls: &ServerConnection) -> Vec<String> {
    let Some(certificate) = tls.peer_certificates().and_then(|chain| chain.first()) else { return Vec::new() };
    let Ok(certificate) = webpki::EndEntityCert::try_from(certificate) else { return Vec::new() };
    let uris = certificate.valid_uri_names().filter(|uri| uri.contains("://")).map(str::to_owned);
    uris.chain(certificate.valid_dns_names().map(str::to_ascii_lowercase)).collect()
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.lost.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let before = buf.filled().len();
        let said = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.heard = self.heard.saturating_add(buf.filled().len() - before);
        if self.heard >= PREFACE {
            self.silence = None;
        }
        if said.is_pending()
            && let Some(silence) = &mut self.silence
            && silence.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        said
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
