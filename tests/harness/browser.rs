//! A browser as far as the page needs one: it asks for pages, and sends their forms.

use std::{collections::BTreeMap, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Somebody at a browser.
#[derive(Debug, Clone)]
pub struct Browser {
    address: SocketAddr,
    headers: Vec<(String, String)>,
}

/// What a server answered.
#[derive(Debug, Clone)]
pub struct Shown {
    browser: Browser,
    /// The status.
    pub status: u16,
    /// The headers, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// What is to be shown.
    pub html: String,
    /// How many bytes came.
    pub size: usize,
}

impl Browser {
    /// A browser that asks at an address.
    pub fn at(address: SocketAddr) -> Self {
        Self { address, headers: Vec::new() }
    }

    /// One that sends a header with all that it asks.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends some bytes, and reads what comes back until the end.
    pub async fn says(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // The server may have heard enough before the end.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        answer
    }

    /// The same, where an answer comes back.
    pub async fn hears(&self, bytes: &[u8]) -> Shown {
        Shown::read(self.clone(), &self.says(bytes).await)
    }

    /// Asks by any method, with more headers and a body. The host is that of the address, unless it is among them.
    pub async fn asks(&self, method: &str, path: &str, more: &[(&str, &str)], body: &str) -> Shown {
        let mut request = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        if !more.iter().any(|(name, _)| *name == "host") {
            request += &format!("host: {}\r\n", self.address);
        }
        let own = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in own.chain(more.iter().copied()) {
            request += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() {
            request += &format!("content-length: {}\r\n", body.len());
        }
        self.hears(format!("{request}\r\n{body}").as_bytes()).await
    }

    /// Goes to a page.
    pub async fn goes_to(&self, path: &str) -> Shown {
        self.asks("GET", path, &[], "").await
    }

    /// Sends a form as a page of the same server does.
    pub async fn posts(&self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let encoded: Vec<_> =
            fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
        self.asks("POST", path, &headers, &encoded.join("&")).await
    }

    /// Opens the link of a mail, and lets the script of the page do what it does: it puts the code into the form, and sends
    /// it.
    pub async fn opens(&self, link: &str) -> Shown {
        let (page, code) = link.split_once('#').unwrap();
        let path = page.splitn(4, '/').nth(3).unwrap();
        let shown = self.goes_to(&format!("/{path}")).await;
        assert_eq!(shown.status, 200, "{shown:?}");
        shown.sends(&[("token", code)]).await
    }
}

/// Text as it stands in a form that is sent.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Text as it was before it was put into HTML.
fn plain(html: &str) -> String {
    let mut text = html.to_owned();
    for (entity, sign) in [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")] {
        text = text.replace(entity, sign);
    }
    text
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(plain(rest.split('"').next()?))
}

impl Shown {
    fn read(browser: Browser, answer: &[u8]) -> Self {
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(answer)));
        let head = String::from_utf8(answer.get(..end).unwrap().to_vec()).unwrap();
        let body = answer.get(end + 4..).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim().to_owned())
        });
        let html = String::from_utf8_lossy(body).into_owned();
        Self { browser, status, headers: headers.collect(), html, size: answer.len() }
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// The tags of a kind, each up to its `>`.
    pub fn tags(&self, kind: &str) -> Vec<&str> {
        let begin = format!("<{kind}");
        let rests = self.html.split(&begin).skip(1).filter(|rest| rest.starts_with([' ', '>', '\n']));
        rests.map(|rest| rest.split('>').next().unwrap()).collect()
    }

    /// What is read on the page: its text, on one line.
    pub fn text(&self) -> String {
        let body = self.html.split_once("<body").map_or(self.html.as_str(), |(_, body)| body);
        let texts = body.split('>').skip(1).map(|rest| plain(rest.split('<').next().unwrap_or_default()));
        texts
            .flat_map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Its heading.
    pub fn heading(&self) -> String {
        let (_, rest) = self.html.split_once("<h1>").unwrap_or_else(|| panic!("no heading: {self:?}"));
        plain(rest.split("</h1>").next().unwrap())
    }

    /// What its form holds.
    pub fn fields(&self) -> BTreeMap<String, String> {
        let inputs = self.tags("input");
        let inputs = inputs.iter().map(|tag| (attribute(tag, "name").unwrap(), attribute(tag, "value").unwrap()));
        let areas = self.html.split("<textarea").skip(1).map(|rest| {
            let (tag, rest) = rest.split_once('>').unwrap();
            // The first line end after the tag is none.
            let text = plain(rest.split("</textarea>").next().unwrap());
            (attribute(tag, "name").unwrap(), text.strip_prefix('\n').unwrap_or(&text).to_owned())
        });
        inputs.chain(areas).collect()
    }

    /// The buttons of its form, by name and value.
    pub fn buttons(&self) -> Vec<(String, String)> {
        let tags = self.tags("button");
        tags.iter().map(|tag| (attribute(tag, "name").unwrap(), attribute(tag, "value").unwrap())).collect()
    }

    /// The steps that it offers.
    pub fn offers(&self) -> Vec<String> {
        self.buttons().into_iter().filter(|(name, _)| name == "step").map(|(_, value)| value).collect()
    }

    /// Sends its form with some fields filled in, and no button pressed.
    pub async fn sends(&self, filled_in: &[(&str, &str)]) -> Shown {
        let form = self.tags("form");
        let action = attribute(form.first().unwrap_or_else(|| panic!("no form: {self:?}")), "action").unwrap();
        let mut fields = self.fields();
        fields.extend(filled_in.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.browser.posts(&action, &fields).await
    }

    /// Presses a button that decides or asks, after filling in some fields.
    pub async fn presses_with(&self, step: &str, filled_in: &[(&str, &str)]) -> Shown {
        assert!(self.offers().contains(&step.to_owned()), "no button {step}: {self:?}");
        self.sends(&[filled_in, &[("step", step)]].concat()).await
    }

    /// Presses a button that decides or asks.
    pub async fn presses(&self, step: &str) -> Shown {
        self.presses_with(step, &[]).await
    }

    /// Chooses another language.
    pub async fn switches_to(&self, language: &str) -> Shown {
        assert!(self.buttons().contains(&("speak".to_owned(), language.to_owned())), "{language}: {self:?}");
        self.sends(&[("speak", language)]).await
    }
}
