//! The Relevo process: configuration, calls, background work, and how it starts and stops.
//!
//! [`run`] is the `relevo` command. [`Server`] is a process in the making: opened, it can be asked for its parts, and
//! run on a listener until it is told to stop.

mod audit;
mod caller;
pub mod clock;
mod command;
pub mod config;
mod connection;
mod console;
mod contacts;
mod copy;
mod deadline;
mod demo;
pub mod error;
mod grpc;
mod health;
mod http;
mod installation;
mod keys;
pub mod limits;
pub mod load;
mod mailbox;
mod mutation;
mod page;
mod places;
mod preview;
mod requests;
mod rotate;
mod server;
mod sweeper;
mod test_mail;
mod tls;

pub use caller::{Callers, Grant};
pub use clock::Clock;
pub use command::run;
pub use config::Config;
pub use error::Error;
pub use keys::Keys;
pub use server::{Listeners, Server, listen};
pub use sweeper::Sweeper;
pub use tls::TlsFiles;
