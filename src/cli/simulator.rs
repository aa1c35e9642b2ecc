//! `dialgraph guanke-simulator`.

use std::{net::IpAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use chrono::Days;
use clap::{Args, ValueEnum};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;

use super::print;
use crate::{
    clock::{Clock as _, SystemClock},
    config::{duration, ip_address, whole},
    domain::{business_time::BusinessZone, listing::ListedBy},
    guanke::simulator::{FaultProfile, Simulator, SimulatorConfig, serve},
    lifecycle,
};

#[derive(Debug, Args)]
pub struct SimulatorArgs {
    /// Address to listen on
    #[arg(long, env = "SIMULATOR_HOST", default_value = "127.0.0.1", value_parser = ip_address)]
    host: IpAddr,

    /// Port to listen on; 0 takes any free one
    #[arg(long, env = "SIMULATOR_PORT", default_value_t = 8090, value_parser = whole::<u16>(0..=u16::MAX))]
    port: u16,

    #[command(flatten)]
    data: SimulatedData,

    /// How long a page of records takes, such as 800ms
    #[arg(long, env = "SIMULATOR_LATENCY", default_value = "0ms", value_parser = duration)]
    latency: Duration,

    /// What goes wrong, drawn from the seed
    #[arg(long, env = "SIMULATOR_FAULTS", value_enum, default_value_t = Faults::None)]
    faults: Faults,

    /// By which time of a call the list of a window has it: when it was dialled, when it ended, or when
    /// its record was uploaded, up to ten minutes later
    #[arg(long, env = "SIMULATOR_LISTED_BY", value_enum, default_value_t = ListBy::CallTime)]
    listed_by: ListBy,

    /// Each login makes the tokens given out before it useless
    #[arg(long, env = "SIMULATOR_LOGIN_REVOKES")]
    login_revokes: bool,
}

/// The time that a list goes by.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[expect(clippy::enum_variant_names, reason = "the words of --listed-by")]
enum ListBy {
    CallTime,
    EndTime,
    UploadTime,
}

impl From<ListBy> for ListedBy {
    fn from(by: ListBy) -> Self {
        match by {
            ListBy::CallTime => Self::CallTime,
            ListBy::EndTime => Self::EndTime,
            ListBy::UploadTime => Self::UploadTime,
        }
    }
}

/// How bad a day the platform has.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Faults {
    /// Nothing goes wrong
    None,
    /// About one request of 40 fails, answers nonsense, or is distorted; 2 calls of 1,000 come late
    Mild,
    /// About one request of three does; 10 calls of 1,000 come late, and deep pages are slower
    Bad,
}

impl Faults {
    fn profile(self, seed: u64) -> Option<FaultProfile> {
        match self {
            Self::None => None,
            Self::Mild => Some(FaultProfile::mild(seed)),
            Self::Bad => Some(FaultProfile::bad(seed)),
        }
    }

    fn apply_to(self, config: SimulatorConfig) -> SimulatorConfig {
        let (late_per_thousand, deep_page_percent, jitter) = match self {
            Self::None => (0, 0, Duration::ZERO),
            Self::Mild => (2, 0, config.latency_per_page / 4),
            Self::Bad => (10, 5, config.latency_per_page),
        };
        SimulatorConfig {
            late_per_thousand,
            deep_page_percent,
            latency_jitter: jitter,
            ..config
        }
    }
}

/// What the simulated platform holds.
#[derive(Debug, Clone, Copy, Args)]
pub struct SimulatedData {
    /// What all randomness comes from: the same seed gives the same calls
    #[arg(long, env = "SIMULATOR_SEED", default_value_t = 1, value_parser = whole::<u64>(0..=u64::MAX))]
    pub seed: u64,

    /// How many days of calls, today included (1-400)
    #[arg(long, env = "SIMULATOR_DAYS", default_value_t = 14, value_parser = whole::<u64>(1..=400))]
    pub days: u64,

    /// How many calls a day has (1-200000)
    #[arg(long, env = "SIMULATOR_CALLS_PER_DAY", default_value_t = 25_000,
        value_parser = whole::<u32>(1..=200_000))]
    pub calls_per_day: u32,
}

impl SimulatedData {
    /// A platform with these calls, up to today in Beijing.
    pub fn config(self) -> SimulatorConfig {
        let today = BusinessZone::default().day_of(SystemClock.now());
        let first = today
            .checked_sub_days(Days::new(self.days - 1))
            .unwrap_or(today);
        SimulatorConfig::new(self.seed, first, today, self.calls_per_day)
    }
}

pub async fn run(arguments: SimulatorArgs) -> anyhow::Result<()> {
    let config = arguments.faults.apply_to(SimulatorConfig {
        latency_per_page: arguments.latency,
        login_revokes: arguments.login_revokes,
        listed_by: arguments.listed_by.into(),
        ..arguments.data.config()
    });
    let listener = TcpListener::bind((arguments.host, arguments.port))
        .await
        .with_context(|| format!("cannot listen on {}:{}", arguments.host, arguments.port))?;
    // The account is a made-up one; whoever runs the simulator needs to know it.
    print(format_args!(
        "GUANKE_BASE_URL=http://{}",
        listener.local_addr()?
    ))?;
    print(format_args!("GUANKE_USERNAME={}", config.username))?;
    print(format_args!(
        "GUANKE_PASSWORD={}",
        config.password.expose_secret()
    ))?;
    print(format_args!(
        "GUANKE_API_SECRET={}",
        config.secret.expose_secret()
    ))?;
    print(format_args!(
        "# days {} to {}",
        config.first_day, config.last_day
    ))?;
    let stop = lifecycle::shutdown_on_signal();
    let profile = arguments.faults.profile(config.seed);
    let simulator = Simulator::new(config, Arc::new(SystemClock));
    simulator.follow_profile(profile);
    serve(simulator, listener, stop.cancelled_owned()).await?;
    Ok(())
}
