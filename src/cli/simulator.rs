//! `dialgraph guanke-simulator`.

use std::{net::IpAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use chrono::Days;
use clap::Args;
use secrecy::ExposeSecret;
use tokio::net::TcpListener;

use super::print;
use crate::{
    clock::{Clock as _, SystemClock},
    domain::business_time::BusinessZone,
    guanke::simulator::{Simulator, SimulatorConfig, serve},
    lifecycle,
};

#[derive(Debug, Args)]
pub struct SimulatorArgs {
    /// Address to listen on
    #[arg(long, env = "SIMULATOR_HOST", default_value = "127.0.0.1")]
    host: IpAddr,

    /// Port to listen on; 0 takes any free one
    #[arg(long, env = "SIMULATOR_PORT", default_value_t = 8090)]
    port: u16,

    #[command(flatten)]
    data: SimulatedData,

    /// How long a page of records takes, such as 800ms
    #[arg(long, env = "SIMULATOR_LATENCY", default_value = "0ms", value_parser = humantime::parse_duration)]
    latency: Duration,
}

/// What the simulated platform holds.
#[derive(Debug, Clone, Copy, Args)]
pub struct SimulatedData {
    /// What all randomness comes from: the same seed gives the same calls
    #[arg(long, env = "SIMULATOR_SEED", default_value_t = 1)]
    pub seed: u64,

    /// How many days of calls, today included (1-400)
    #[arg(long, env = "SIMULATOR_DAYS", default_value_t = 14, value_parser = clap::value_parser!(u64).range(1..=400))]
    pub days: u64,

    /// How many calls a day has (1-200000)
    #[arg(long, env = "SIMULATOR_CALLS_PER_DAY", default_value_t = 25_000,
        value_parser = clap::value_parser!(u32).range(1..=200_000))]
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
    let config = SimulatorConfig {
        latency_per_page: arguments.latency,
        ..arguments.data.config()
    };
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
    let simulator = Simulator::new(config, Arc::new(SystemClock));
    serve(simulator, listener, stop.cancelled_owned()).await?;
    Ok(())
}
