//! What protects the page from other pages, and those who use it from being watched.

use axum::{
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS},
    },
    response::Response,
};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";
/// Nothing of the machine is of use to the page.
const PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";

/// What every answer carries: nothing is taken from elsewhere, shown elsewhere, said elsewhere or kept.
const HEADERS: [(HeaderName, HeaderValue); 8] = [
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("permissions-policy"), HeaderValue::from_static(PERMISSIONS)),
    (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow")),
];

/// Gives an answer the headers that all have.
pub(super) async fn protected(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.extend(HEADERS);
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whether a form was sent by another page than ours, as the browser says: Fetch Metadata, `Sec-Fetch-Site`. One that does
/// not say it is too old to know, or no browser.
pub(super) fn is_foreign(headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-site") {
        Some(site) => site != "same-origin" && site != "none",
        None => false,
    }
}
