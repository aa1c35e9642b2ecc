//! Logs: to standard error, so that standard output is a command's answer.

use std::io::IsTerminal as _;

use clap::ValueEnum;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// `RUST_LOG` cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "RUST_LOG: `{0}` cannot be read: it must be a level (error, warn, info, debug, trace) or directives such as dialgraph=debug,sqlx=warn"
)]
pub struct InvalidFilter(String);

/// Starts logging. `RUST_LOG` chooses what is logged; `quiet` sets what is logged where it does not.
///
/// # Errors
/// [`InvalidFilter`] for a `RUST_LOG` that cannot be read.
pub fn init<W>(format: LogFormat, quiet: bool, writer: W) -> Result<(), InvalidFilter>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let default = if quiet { "warn" } else { "info,sqlx=warn" };
    let filter = match std::env::var("RUST_LOG") {
        Ok(filter) if !filter.trim().is_empty() => {
            EnvFilter::try_new(&filter).map_err(|_| InvalidFilter(filter))?
        }
        _ => EnvFilter::new(default),
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(writer);
    // A second start in one process, as in tests, keeps the first.
    let _ = match format {
        LogFormat::Text => subscriber.try_init(),
        LogFormat::Json => subscriber.json().try_init(),
    };
    Ok(())
}

/// An error as log lines take it: tracing prints what led to it, too, and an error's own text says
/// only what callers need to know.
#[must_use]
pub fn with_sources<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> &'a (dyn std::error::Error + 'static) {
    error
}
