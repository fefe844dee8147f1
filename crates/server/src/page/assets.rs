//! The files that the page is made of, each under a name that says what is in it: it may be kept for ever.

use axum::{
    body::Body,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::Response,
};
use sha2::{Digest, Sha256};

use crate::config::Look;

const STYLE: &str = include_str!("../../templates/page/page.css");
const SCRIPT: &str = include_str!("../../templates/page/page.js");

/// A file, and where it is.
#[derive(Debug)]
struct Asset {
    path: String,
    content_type: &'static str,
    bytes: Vec<u8>,
}

impl Asset {
    fn new(name: &str, extension: &str, content_type: &'static str, bytes: Vec<u8>) -> Self {
        let digest = hex::encode(Sha256::digest(&bytes));
        let path = format!("/assets/{name}-{}.{extension}", digest.get(..16).unwrap_or_default());
        Self { path, content_type, bytes }
    }
}

/// All files of the page.
#[derive(Debug)]
pub(super) struct Assets {
    style: Asset,
    script: Asset,
    logo: Option<Asset>,
}

impl Assets {
    pub(super) fn new(look: &Look) -> Self {
        let [light, dark] = &look.accents;
        let style = STYLE.replace("#17706b", light).replace("#1c7d77", dark);
        let logo = look.logo.as_ref().map(|logo| {
            let content_type = if logo.extension == "svg" { "image/svg+xml" } else { "image/png" };
            Asset::new("logo", logo.extension, content_type, logo.bytes.clone())
        });
        Self {
            style: Asset::new("page", "css", "text/css; charset=utf-8", style.into_bytes()),
            script: Asset::new("page", "js", "text/javascript; charset=utf-8", SCRIPT.as_bytes().to_vec()),
            logo,
        }
    }

    pub(super) fn style(&self) -> &str {
        &self.style.path
    }

    pub(super) fn script(&self) -> &str {
        &self.script.path
    }

    pub(super) fn logo(&self) -> Option<&str> {
        self.logo.as_ref().map(|logo| logo.path.as_str())
    }

    /// The file of a path, as it is sent.
    pub(super) fn at(&self, path: &str) -> Option<Response> {
        let all = [Some(&self.style), Some(&self.script), self.logo.as_ref()];
        let asset = all.into_iter().flatten().find(|asset| asset.path == path)?;
        Response::builder()
            .status(StatusCode::OK)
            .header(CONTENT_TYPE, asset.content_type)
            .header(CACHE_CONTROL, "public, max-age=31536000, immutable")
            .body(Body::from(asset.bytes.clone()))
            .ok()
    }
}
