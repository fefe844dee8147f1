//! What the service tests are told with: a server, its mailbox, and people who call it.
//!
//! [`TestServer`] is the real server on a port of its own, with a database of its own and a clock that stands still
//! until it is moved. Nothing runs in the background: mails go when somebody reads them or [`TestServer::deliver`] is
//! called, and what is over ends with [`TestServer::sweep`], so that no test waits and none races. A server that is
//! dropped with mails that nobody has read fails its test.

#![expect(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, reason = "a test that cannot go on stops")]

mod browser;
mod call;
mod caller;
mod database;
mod demo;
mod home;
pub mod http2;
mod mailbox;
mod person;
pub mod process;
pub mod proxy;
mod refused;
mod server;
pub mod smtp;
pub mod tls;
mod wait;

pub use browser::{Browser, Shown};
pub use call::{Call, MUTATIONS, call_as, with_key};
pub use caller::{Caller, request_id};
pub use database::Database;
pub use demo::Demo;
pub use home::{Engine, Home};
pub use mailbox::Letter;
pub use person::{Naming, Person};
pub use refused::Refused;
pub use server::TestServer;
pub use wait::eventually;

pub use relevo_api::v1;
