//! A client that says HTTP/1.1 as it is told to (RFC 9112): one request over a connection of its own.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// What a server says to one request.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// A header by its name in lower case; it must be there once, or not at all.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(it, _)| it == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} is there twice");
        value
    }
}

/// Asks for what a browser asks for that follows a link, and expects it to be there.
pub async fn get(address: SocketAddr, target: &str) -> Answer {
    let answer = ask(address, "GET", target, &[], "").await;
    assert_eq!(answer.status, 200, "{target}: {}", answer.body);
    answer
}

/// Says a request: its target and headers as they are given. `Host` is that of the address, unless it is among them.
pub async fn ask(address: SocketAddr, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut request = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        request.push_str(&format!("Host: {address}\r\n"));
    }
    if !body.is_empty() {
        request.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    said(address, format!("{request}\r\n{body}").as_bytes()).await
}

/// Says bytes, and reads what is answered until the connection is over.
pub async fn said(address: SocketAddr, bytes: &[u8]) -> Answer {
    let asking = async {
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    };
    read(&timeout(Duration::from_secs(30), asking).await.unwrap())
}

fn read(answer: &str) -> Answer {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.map(|line| line.split_once(": ").unwrap());
    let headers: Vec<_> = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    assert!(!headers.iter().any(|(name, _)| name == "transfer-encoding"), "bodies are sent whole");
    Answer { status, headers, body: body.to_owned() }
}
