//! The page behind the link in the mails.

use axum::{Router, http::StatusCode};

/// What is shown where.
pub(crate) fn router() -> Router {
    Router::new().fallback(async || StatusCode::NOT_FOUND)
}
