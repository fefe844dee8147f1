//! A way to a server that fails as networks do.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UnixStream},
    sync::watch,
    task::JoinHandle,
};

/// What becomes of what is sent.
#[derive(Debug, Clone, Copy, Default)]
struct Weather {
    /// It is swallowed, and nobody is told.
    is_silent: bool,
    /// How often all connections were cut.
    cuts: usize,
}

/// A way from a TCP address to a socket.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    weather: Arc<watch::Sender<Weather>>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// A way that works.
    pub async fn to(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let weather = Arc::new(watch::Sender::new(Weather::default()));
        let told = weather.clone();
        let task = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (socket, told) = (socket.clone(), told.clone());
                tokio::spawn(async move {
                    let Ok(far) = UnixStream::connect(socket).await else { return };
                    let (near_reader, near_writer) = near.into_split();
                    let (far_reader, far_writer) = far.into_split();
                    tokio::select! {
                        () = carry(near_reader, far_writer, told.subscribe()) => {}
                        () = carry(far_reader, near_writer, told.subscribe()) => {}
                    }
                });
            }
        });
        Self { address, weather, task }
    }

    /// Swallows what is sent, without a word.
    pub fn falls_silent(&self) {
        self.weather.send_modify(|weather| weather.is_silent = true);
    }

    /// Works again, for new connections; what was swallowed is lost, and with it the connections that it was sent on.
    pub fn clears(&self) {
        self.weather.send_modify(|weather| weather.is_silent = false);
    }

    /// Cuts all connections; new ones work.
    pub fn cuts(&self) {
        self.weather.send_modify(|weather| weather.cuts += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Carries bytes one way until either end hangs up or the connection is cut.
async fn carry(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut weather: watch::Receiver<Weather>,
) {
    let mut buffer = vec![0; 16 * 1024];
    let mut swallowed = false;
    let cuts = weather.borrow().cuts;
    loop {
        let now = *weather.borrow_and_update();
        if now.cuts != cuts {
            return;
        }
        tokio::select! {
            changed = weather.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            read = from.read(&mut buffer) => {
                let Some(bytes) = read.ok().and_then(|count| buffer.get(..count)).filter(|bytes| !bytes.is_empty())
                else {
                    return;
                };
                if now.is_silent || swallowed {
                    swallowed = true;
                } else if to.write_all(bytes).await.is_err() {
                    return;
                }
            }
        }
    }
}
