//! The way from a browser to the page, on which somebody listens.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpSocket},
    task::JoinHandle,
};

/// A way to a server, and all that was said to it, connection by connection.
pub(crate) struct Wire {
    /// Where it begins.
    pub(crate) address: SocketAddr,
    said: Arc<Mutex<Vec<Vec<u8>>>>,
    task: JoinHandle<()>,
}

impl Wire {
    /// A way that comes from an address of this machine, as far as the server sees.
    pub(crate) async fn to(server: SocketAddr, from: Ipv4Addr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let said: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let heard = said.clone();
        let task = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let heard = heard.clone();
                tokio::spawn(async move {
                    let socket = TcpSocket::new_v4().unwrap();
                    socket.bind((from, 0).into()).unwrap();
                    let Ok(far) = socket.connect(server).await else { return };
                    let (mut near_reader, mut near_writer) = near.into_split();
                    let (mut far_reader, mut far_writer) = far.into_split();
                    let connection = {
                        let mut heard = heard.lock().unwrap();
                        heard.push(Vec::new());
                        heard.len() - 1
                    };
                    let hears = async {
                        let mut buffer = vec![0; 16 * 1024];
                        while let Ok(count @ 1..) = near_reader.read(&mut buffer).await {
                            heard.lock().unwrap()[connection].extend(&buffer[..count]);
                            if far_writer.write_all(&buffer[..count]).await.is_err() {
                                return;
                            }
                        }
                    };
                    tokio::select! {
                        () = hears => {}
                        _ = copy(&mut far_reader, &mut near_writer) => {}
                    }
                });
            }
        });
        Self { address, said, task }
    }

    /// The heads of all requests: first lines and headers, in the order of their connections.
    pub(crate) fn heads(&self) -> Vec<String> {
        let mut heads = Vec::new();
        for connection in self.said.lock().unwrap().iter() {
            let mut rest = String::from_utf8_lossy(connection).into_owned();
            while let Some((head, behind)) = rest.split_once("\r\n\r\n") {
                let lines = head.lines().map(str::to_ascii_lowercase);
                let length = lines.filter_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).next();
                heads.push(head.to_owned());
                rest = behind.get(length.unwrap_or(0)..).unwrap_or_default().to_owned();
            }
        }
        heads
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}
