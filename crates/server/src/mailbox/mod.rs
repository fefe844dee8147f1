//! The mailbox: the mails of a folder, to be read in a browser while somebody develops or tries things out.
//!
//! It shows every code, and so is served on a loopback address alone, to browsers that call it by a loopback name: a page
//! from elsewhere whose name was made to lead here gets nothing. Nothing can be changed through it. What a request names
//! is looked for in the listing of the folder, and never opened by its name.

mod view;

use std::{fmt::Display, net::IpAddr};

use askama::Template;
use axum::{
    Router,
    extract::{Path, RawQuery, Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{self, HeaderName},
};
use relevo_outbound::Folder;

use view::{Filter, Listing, NotShown, Opened, Part};

const STYLE: &str = include_str!("../../templates/mailbox/mailbox.css");
const SCRIPT: &str = include_str!("../../templates/mailbox/mailbox.js");
const ICON: &str = include_str!("../../templates/mailbox/mailbox.svg");

/// What a page of ours may do.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// What the HTML of a mail may do: nothing but look as it wants, and open its links elsewhere. A mail has no images.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
                           frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";
const HTML: &str = "text/html; charset=utf-8";

/// A page of the mailbox.
#[derive(Template)]
#[template(path = "mailbox/page.html")]
struct Page {
    listing: Listing,
    opened: Option<Opened>,
}

/// What a request is for that has nothing to show.
#[derive(Template)]
#[template(path = "mailbox/nothing.html")]
struct Nothing<'a> {
    title: &'a str,
    words: &'a str,
}

/// The mailbox of a folder, for what comes in on a port.
pub(crate) fn router(folder: Folder, port: u16) -> Router {
    let part = |part| get(async move |folder, mail, query, headers| open(folder, mail, query, headers, part).await);
    Router::new()
        .route("/", get(list))
        .route("/mails/{mail}", part(Part::Html))
        .route("/mails/{mail}/text", part(Part::Text))
        .route("/mails/{mail}/source", part(Part::Source))
        .route("/mails/{mail}/frame", get(frame))
        .route("/mailbox.css", get(async || file("text/css; charset=utf-8", STYLE)))
        .route("/mailbox.js", get(async || file("text/javascript; charset=utf-8", SCRIPT)))
        .route("/mailbox.svg", get(async || file("image/svg+xml", ICON)))
        .fallback(async || nothing(StatusCode::NOT_FOUND, "There is nothing here", "The mails are in the mailbox."))
        .layer(from_fn_with_state(port, admit))
        .with_state(folder)
}

/// Lets in who asks for this mailbox by its own name, and only looks; and says to the browser what it may do with the
/// answer.
async fn admit(State(port): State<u16>, request: Request, next: Next) -> Response {
    let mut response = if !is_for(port, &request) {
        let words =
            "The mailbox is only there under a loopback name or address, as in http://127.0.0.1, with its port.";
        nothing(StatusCode::MISDIRECTED_REQUEST, "This is not that host", words)
    } else if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let words = "Mails are only read here: by GET and HEAD.";
        let refusal = nothing(StatusCode::METHOD_NOT_ALLOWED, "Nothing can be changed here", words);
        ([(header::ALLOW, "GET, HEAD")], refusal).into_response()
    } else {
        next.run(request).await
    };
    let always = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in always {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    let unless_said = [(header::CONTENT_SECURITY_POLICY, POLICY), (header::X_FRAME_OPTIONS, "DENY")];
    for (name, value) in unless_said {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Whether a request is for a loopback name or address, and this port.
fn is_for(port: u16, request: &Request) -> bool {
    let named = request.headers().get_all(header::HOST).iter().map(|host| host.to_str().unwrap_or_default());
    let mut named = named.chain(request.uri().authority().map(|authority| authority.as_str())).peekable();
    named.peek().is_some() && named.all(|authority| is_here(authority, port))
}

fn is_here(authority: &str, port: u16) -> bool {
    let (host, given) = match authority.rsplit_once(':') {
        Some((host, given)) if !given.ends_with(']') => (host, given.parse().ok()),
        _ => (authority, Some(80)),
    };
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let address = match address {
        Some(inner) => inner.parse().ok().map(IpAddr::V6),
        None => host.parse().ok().map(IpAddr::V4),
    };
    given == Some(port) && (host.eq_ignore_ascii_case("localhost") || address.is_some_and(|it| it.is_loopback()))
}

async fn list(State(folder): State<Folder>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    show(folder, query, headers, None).await
}

async fn open(
    State(folder): State<Folder>,
    Path(mail): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    part: Part,
) -> Response {
    show(folder, query, headers, Some((mail, part))).await
}

/// The list, and beside it the mail that is opened, if any; nothing if who asks has it as it is.
async fn show(folder: Folder, query: Option<String>, headers: HeaderMap, open: Option<(String, Part)>) -> Response {
    let read = move || {
        let filter = Filter::read(query.as_deref());
        let known = headers.get(header::IF_NONE_MATCH);
        let knows = |version: &str| known.is_some_and(|known| known.as_bytes() == tag(version).as_bytes());
        let name = open.as_ref().map(|(mail, _)| mail.as_str());
        let listing = Listing::read(&folder, &filter, name, knows)?;
        let opened = open.map(|(mail, part)| Opened::read(&folder, &mail, part, &filter)).transpose()?;
        Ok(Page { listing, opened })
    };
    match on_disk(read).await {
        Ok(page) => match page.render() {
            Ok(html) => {
                let headers = [(header::CONTENT_TYPE, HTML.to_owned()), (header::ETAG, tag(&page.listing.version))];
                (headers, html).into_response()
            }
            Err(error) => broken(&error),
        },
        Err(why) => not_shown(why),
    }
}

/// A version as HTTP writes it (RFC 9110, section 8.8.3).
fn tag(version: &str) -> String {
    format!("\"{version}\"")
}

/// The HTML of a mail alone, for the frame that it is shown in.
async fn frame(State(folder): State<Folder>, Path(mail): Path<String>) -> Response {
    match on_disk(move || view::frame(&folder, &mail)).await {
        Ok(html) => {
            let headers = [
                (header::CONTENT_TYPE, HTML),
                (header::CONTENT_SECURITY_POLICY, MAIL_POLICY),
                (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
            ];
            (headers, html).into_response()
        }
        Err(why) => not_shown(why),
    }
}

fn file(kind: &'static str, content: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], content).into_response()
}

fn nothing(status: StatusCode, title: &str, words: &str) -> Response {
    match (Nothing { title, words }).render() {
        Ok(html) => (status, [(header::CONTENT_TYPE, HTML)], html).into_response(),
        Err(error) => broken(&error),
    }
}

fn not_shown(why: NotShown) -> Response {
    match why {
        NotShown::Known(version) => (StatusCode::NOT_MODIFIED, [(header::ETAG, tag(&version))]).into_response(),
        NotShown::Gone => nothing(StatusCode::NOT_FOUND, "This mail is not there", "It may have been removed."),
        NotShown::Folder(error) => broken(&error),
    }
}

fn broken(error: &dyn Display) -> Response {
    tracing::warn!(%error, "the mailbox cannot be shown");
    (StatusCode::INTERNAL_SERVER_ERROR, format!("The mailbox cannot be shown: {error}\n")).into_response()
}

/// Runs what waits for the disk where it keeps nobody waiting.
async fn on_disk<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, NotShown> + Send + 'static,
) -> Result<T, NotShown> {
    let read = tokio::task::spawn_blocking(read).await;
    read.unwrap_or_else(|error| Err(NotShown::Folder(std::io::Error::other(error))))
}

#[cfg(test)]
mod tests {
    use super::is_here;

    #[test]
    fn it_is_there_under_loopback_names_and_its_port_alone() {
        for authority in ["localhost:8025", "LOCALHOST:8025", "127.0.0.1:8025", "127.1.2.3:8025", "[::1]:8025"] {
            assert!(is_here(authority, 8025), "{authority}");
        }
        for authority in [
            "",
            ":8025",
            "localhost",
            "localhost:",
            "localhost:80",
            "127.0.0.1",
            "127.0.0.1:8026",
            "[::1]",
            "::1:8025",
            "evil.example:8025",
            "localhost.evil.example:8025",
            "127.0.0.1.evil.example:8025",
            "evil@localhost:8025",
            "0.0.0.0:8025",
            "10.0.0.1:8025",
            "[::]:8025",
            "[::ffff:127.0.0.1]:8025",
            "[127.0.0.1]:8025",
        ] {
            assert!(!is_here(authority, 8025), "{authority}");
        }
        assert!(is_here("localhost", 80) && is_here("[::1]", 80) && !is_here("localhost:8025", 80));
    }
}
