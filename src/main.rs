//! `dialgraph`: see `dialgraph --help`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    dialgraph::cli::run().await
}
