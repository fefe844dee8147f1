//! A client that says HTTP/2 frame by frame (RFC 9113), and so what no proper client would.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What every connection begins with.
pub const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The types of frames.
pub const DATA: u8 = 0;
/// Headers of a stream.
pub const HEADERS: u8 = 1;
/// The end of a stream before its time.
pub const RST_STREAM: u8 = 3;
/// Settings.
pub const SETTINGS: u8 = 4;
/// A question whether the other is there.
pub const PING: u8 = 6;
/// Leave to say more.
pub const WINDOW_UPDATE: u8 = 8;
/// The end of a connection.
pub const GOAWAY: u8 = 7;
/// More headers of a stream.
pub const CONTINUATION: u8 = 9;
/// The flag of the last frame of a stream.
pub const END_STREAM: u8 = 1;
/// The flag of a frame that answers.
pub const ACK: u8 = 1;
/// The flag of the last frame of headers.
pub const END_HEADERS: u8 = 4;

/// A frame as it is written.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A header as HPACK writes one that it knows nothing of (RFC 7541, section 6.2.2).
pub fn header(name: &str, value: &str) -> Vec<u8> {
    let mut written = vec![0];
    for text in [name, value] {
        assert!(text.len() < 127, "longer texts are written in another way");
        written.push(u8::try_from(text.len()).unwrap());
        written.extend(text.bytes());
    }
    written
}

/// The headers of a call of a method, with more.
pub fn call(path: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let needed = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ];
    needed.iter().chain(more).flat_map(|(name, value)| header(name, value)).collect()
}

/// A connection on which nothing is said but what a test says, and nothing answered.
#[derive(Debug)]
pub struct Frames(TcpStream);

impl Frames {
    /// Says the preface.
    pub async fn connect(address: SocketAddr) -> Self {
        let mut frames = Self(TcpStream::connect(address).await.unwrap());
        frames.say(&[PREFACE.as_slice(), &frame(SETTINGS, 0, 0, &[])].concat()).await.unwrap();
        frames
    }

    /// Says something.
    pub async fn say(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.write_all(bytes).await
    }

    /// The next frame: its type, flags and payload; nothing when the connection is over.
    pub async fn next(&mut self) -> Option<(u8, u8, Vec<u8>)> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).await.ok()?;
        let [_, _, _, kind, flags, ..] = head;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.0.read_exact(&mut payload).await.ok()?;
        Some((kind, flags, payload))
    }

    /// Listens until the connection is over, and says with which error; none if none was said.
    pub async fn ended(&mut self) -> Option<u32> {
        let mut error = None;
        while let Some((kind, _, payload)) = self.next().await {
            if kind == GOAWAY {
                error = payload.get(4..8).map(|code| u32::from_be_bytes(code.try_into().unwrap()));
            }
        }
        error
    }

    /// Listens and answers pings, as a proper client does, until the connection is over.
    pub async fn answers_pings(&mut self) {
        while let Some((kind, flags, payload)) = self.next().await {
            if kind == PING && flags & ACK == 0 && self.say(&frame(PING, ACK, 0, &payload)).await.is_err() {
                return;
            }
        }
    }
}
