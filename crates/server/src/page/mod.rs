//! The page behind the links in the mails: where people see what they are asked, and answer.
//!
//! It does what the calls do, through the same functions, in the name of the caller `page`: a code is looked at as by
//! `InspectToken`, and whoever has it accepts, refuses or has a new one sent. A link leads to a form for the code; the code
//! stands behind the `#` of the link, from where a script of ours puts it into the form. Only what that form sends has an
//! effect: [`answer`] does it, [`refused`] says what came of it where it was refused, [`view`] shows it.

mod answer;
mod assets;
mod client;
mod form;
mod guard;
mod language;
mod refused;
mod view;

use std::{net::IpAddr, sync::Arc};

use axum::{
    Router,
    extract::{Extension, Path, State},
    http::{HeaderMap, StatusCode, Uri},
    middleware::map_response,
    response::Response,
    routing::{get, post},
};
use relevo_domain::ChangeId;
use relevo_outbound::Wording;
use tokio::time::Instant;

use self::{answer::Asked, assets::Assets, form::Form, view::View};
use crate::{caller::Caller, config::Page, http::Peer, installation::Installation, load::Load};

/// What the page is made of.
#[derive(Debug)]
pub(crate) struct Site {
    installation: Arc<Installation>,
    load: Arc<Load>,
    caller: Arc<Caller>,
    proxies: Vec<IpAddr>,
    /// Whose page it is.
    name: String,
    assets: Assets,
}

impl Site {
    /// Makes the page of an installation.
    pub(crate) fn new(settings: &Page, installation: Arc<Installation>, load: Arc<Load>) -> Self {
        Self {
            installation,
            load,
            caller: Caller::page(),
            proxies: settings.proxies.clone(),
            name: settings.look.name.clone(),
            assets: Assets::new(&settings.look),
        }
    }
}

/// What is shown where.
pub(crate) fn router(site: Site) -> Router {
    Router::new()
        .route("/changes/{change_id}", get(ask).merge(post(receive)))
        .route("/assets/{name}", get(asset))
        .fallback(nothing)
        .method_not_allowed_fallback(not_so)
        .layer(map_response(guard::protected))
        .with_state(Arc::new(site))
}

/// The language that a link names, as in `?lang=de`.
fn chosen(uri: &Uri) -> Option<&'static Wording> {
    let query = uri.query().unwrap_or_default();
    let named = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "lang");
    named.and_then(|(_, tag)| language::named(&tag))
}

/// Asks for the code. Whether there is such a change nobody hears who has not shown it.
async fn ask(State(site): State<Arc<Site>>, Path(change_id): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let Ok(change_id) = ChangeId::parse(&change_id) else {
        return site.nothing(StatusCode::NOT_FOUND, &uri, &headers);
    };
    let form = Form::empty(chosen(&uri));
    let wording = form.chosen.unwrap_or_else(|| language::liked(&headers));
    site.show(StatusCode::OK, &View::for_code(wording, change_id, &form))
}

/// Does what a form asks for.
async fn receive(
    State(site): State<Arc<Site>>,
    Extension(Peer(peer)): Extension<Peer>,
    Path(change_id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: axum::body::Body,
) -> Response {
    let Ok(change_id) = ChangeId::parse(&change_id) else {
        return site.nothing(StatusCode::NOT_FOUND, &uri, &headers);
    };
    if guard::is_foreign(&headers) {
        let view = View::notice(language::liked(&headers), "page-foreign-title", "page-foreign-opening");
        return site.show(StatusCode::FORBIDDEN, &view);
    }
    let form = match Form::receive(&headers, body).await {
        Ok(form) => form,
        Err(status) => return site.nothing(status, &uri, &headers),
    };
    let client = client::counted_as(client::address(peer, &headers, &site.proxies));
    let (liked, deadline) = (language::liked(&headers), Instant::now() + answer::LONGEST);
    site.answer(Asked { change_id, form, client, liked, deadline }).await
}

async fn asset(State(site): State<Arc<Site>>, uri: Uri, headers: HeaderMap) -> Response {
    let asset = site.assets.at(uri.path());
    asset.unwrap_or_else(|| site.nothing(StatusCode::NOT_FOUND, &uri, &headers))
}

async fn nothing(State(site): State<Arc<Site>>, uri: Uri, headers: HeaderMap) -> Response {
    site.nothing(StatusCode::NOT_FOUND, &uri, &headers)
}

async fn not_so(State(site): State<Arc<Site>>, uri: Uri, headers: HeaderMap) -> Response {
    site.nothing(StatusCode::METHOD_NOT_ALLOWED, &uri, &headers)
}

impl Site {
    /// Says that there is nothing to see.
    fn nothing(&self, status: StatusCode, uri: &Uri, headers: &HeaderMap) -> Response {
        let wording = chosen(uri).unwrap_or_else(|| language::liked(headers));
        self.show(status, &View::notice(wording, "page-nothing-title", "page-nothing-opening"))
    }
}
