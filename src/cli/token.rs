//! `dialgraph token`.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use clap::Args;

use super::print;
use crate::{
    auth::JwtKeys,
    clock::SystemClock,
    config::{AuthArgs, ClaimArgs, Environment},
    domain::{
        principal::Principal,
        viewer::{Role, Viewer},
    },
};

#[derive(Debug, Args)]
pub struct TokenArgs {
    /// What its holder may do: admin, manager, agent or analyst
    #[arg(long, env = "TOKEN_ROLE", value_parser = role)]
    role: Role,

    /// Whom it names (`sub`); it appears in logs. The record of changes has `jwt:#cli` for `cli`,
    /// because `cli` alone is a command on the machine itself
    #[arg(long, env = "TOKEN_SUBJECT", default_value = "cli")]
    subject: String,

    /// How long it is good for, such as 24h or 30d (and a minute longer, for clocks that differ); ACCESS_TOKEN_EXPIRE_MINUTES by default
    #[arg(long, env = "TOKEN_EXPIRES", value_parser = lifetime)]
    expires: Option<Duration>,

    #[command(flatten)]
    auth: AuthArgs,
    #[command(flatten)]
    claims: ClaimArgs,
}

pub(super) fn role(text: &str) -> Result<Role, &'static str> {
    text.parse()
        .map_err(|_| "it must be admin, manager, agent or analyst")
}

/// The longest that a token may be good for: ten years.
const LONGEST: Duration = Duration::from_hours(3_660 * 24);

fn lifetime(text: &str) -> Result<Duration, &'static str> {
    humantime::parse_duration(text)
        .ok()
        .filter(|lifetime| (Duration::from_secs(1)..=LONGEST).contains(lifetime))
        .ok_or("it must be a span of time from 1s to 3660days, such as 24h or 30d")
}

pub fn run(arguments: &TokenArgs, environment: Environment) -> anyhow::Result<()> {
    let secret = arguments.auth.secret(environment)?;
    let keys = JwtKeys::new(&secret, Arc::new(SystemClock)).with_rules(arguments.claims.rules());
    let lifetime = match arguments.expires {
        Some(expires) => TimeDelta::from_std(expires)?,
        None => arguments.auth.lifetime(),
    };
    anyhow::ensure!(
        !Principal::is_reserved(&arguments.subject),
        "--subject: only the service itself names somebody user:… or token:…"
    );
    let viewer = Viewer::named(&arguments.subject, arguments.role);
    print(format_args!("{}", keys.issue(&viewer, lifetime)?))?;
    Ok(())
}
