//! The `relevo` command.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    relevo_server::run().await
}
