//! Configuration: flags, each of which is an environment variable too. What is malformed is
//! refused at start, by the parser, with the variable's name and what is allowed.

mod alerts;
mod auth;
mod claims;
mod database;
mod environment;
mod guanke;
mod keys;
mod limits;
mod metrics;
mod retention;
mod schema;
mod server;
mod streams;
mod sync;
mod trusted_documents;
mod webhooks;

pub use alerts::{AlertArgs, AlertConfigError};
pub use auth::{AuthArgs, SecretError, SessionArgs};
pub use claims::{AnyParty, ClaimArgs};
pub use database::{DatabaseArgs, DatabaseConfigError};
pub use environment::Environment;
pub use guanke::{GuankeArgs, GuankeConfigError, NonSeatArgs};
pub use keys::{KeyArgs, KeyConfigError};
pub use limits::LimitArgs;
pub use metrics::{MetricsArgs, ShortMetricsToken};
pub use retention::RetentionArgs;
pub use schema::SchemaArgs;
pub use server::ServerArgs;
pub use streams::StreamArgs;
pub use sync::{SyncArgs, ZoneArgs, time_zone};
pub use webhooks::{ShortWebhookSecret, WebhookArgs};

use std::{fmt::Display, net::IpAddr, ops::RangeInclusive, str::FromStr, time::Duration};

/// A whole number of `range`: what reads one on the command line, and says what is allowed.
pub fn whole<T>(
    range: RangeInclusive<T>,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static
where
    T: FromStr + PartialOrd + Display + Clone + Send + Sync + 'static,
{
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        let (first, last) = (range.start(), range.end());
        number.ok_or_else(|| format!("it must be a whole number from {first} to {last}"))
    }
}

/// An IP address to listen on.
pub fn ip_address(text: &str) -> Result<IpAddr, &'static str> {
    text.parse().map_err(|_| {
        "it must be an IP address, such as 127.0.0.1 for this machine alone, or 0.0.0.0 for everybody"
    })
}

/// A span of time such as `30s`, which may be none.
pub fn duration(text: &str) -> Result<Duration, &'static str> {
    humantime::parse_duration(text).map_err(|_| "it must be a span of time, such as 800ms or 2m")
}

/// A span of time such as `30s`, longer than none.
fn positive_duration(text: &str) -> Result<Duration, &'static str> {
    humantime::parse_duration(text)
        .ok()
        .filter(|duration| !duration.is_zero())
        .ok_or("it must be a span of time longer than none, such as 30s or 2m")
}
