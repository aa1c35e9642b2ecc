//! `dialgraph sync`.

use std::{process::ExitCode, sync::Arc, time::Instant};

use anyhow::{Context as _, bail};
use chrono::NaiveDate;
use clap::{Args, ValueEnum, builder::BoolishValueParser};
use indicatif::MultiProgress;

use super::{progress, serve};
use crate::{
    app::Base,
    clock::{Clock as _, SystemClock},
    config::{AuthArgs, DatabaseArgs, Environment, GuankeArgs, SyncArgs},
    domain::{
        business_time::DayRange,
        sync::{SyncStatus, SyncTrack, SyncTrigger, SyncWindow},
    },
    lifecycle,
    store::sync_runs::NewRun,
    sync::{Reporter, RunOutcome, Syncer},
};

#[derive(Debug, Args)]
pub struct SyncCommandArgs {
    /// What to ask the platform for
    #[arg(long, env = "SYNC_TRACK", value_enum)]
    track: Track,

    /// The first business day, YYYY-MM-DD
    #[arg(long, env = "SYNC_FROM", value_name = "DATE", value_parser = day)]
    from: NaiveDate,

    /// The last business day, included
    #[arg(long, env = "SYNC_TO", value_name = "DATE", value_parser = day)]
    to: NaiveDate,

    /// Do not apply migrations first
    #[arg(long, env = "NO_MIGRATE", value_parser = BoolishValueParser::new())]
    no_migrate: bool,

    #[command(flatten)]
    auth: AuthArgs,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    guanke: GuankeArgs,
    #[command(flatten)]
    sync: SyncArgs,
}

fn day(text: &str) -> Result<NaiveDate, &'static str> {
    text.parse()
        .map_err(|_| "a day is written YYYY-MM-DD, such as 2026-11-19")
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Track {
    /// Every call record
    CallRecords,
    /// The platform's own daily figures
    TaskStats,
}

impl From<Track> for SyncTrack {
    fn from(track: Track) -> Self {
        match track {
            Track::CallRecords => Self::CallRecords,
            Track::TaskStats => Self::TaskStats,
        }
    }
}

pub async fn run(
    arguments: SyncCommandArgs,
    environment: Environment,
    bars: &MultiProgress,
) -> anyhow::Result<ExitCode> {
    let clock = Arc::new(SystemClock);
    let zone = arguments.sync.zone();
    let days =
        DayRange::new(arguments.from, arguments.to).context("--to must not lie before --from")?;
    let today = zone.day_of(clock.now());
    if days.to() > today {
        bail!("--to must not lie in the future: today is {today}");
    }
    let secret = arguments.auth.secret(environment)?;
    // Before anything is opened or changed.
    let Some(client) = arguments.guanke.client()? else {
        bail!(
            "the platform's credentials are not set: GUANKE_USERNAME and GUANKE_PASSWORD, or GUANKE_API_SECRET"
        );
    };
    let base = Base {
        db: serve::open(&arguments.database, !arguments.no_migrate).await?,
        clock,
        zone,
        secret,
    };
    let syncer = serve::syncer(&base, client, &arguments.guanke, &arguments.sync)?;
    let stop = lifecycle::shutdown_on_signal();
    let stopping = syncer.clone();
    let db = base.db.clone();
    tokio::spawn(async move {
        // A service on the same database shows how far the run is.
        db.tell_changes(&stop).await;
        stopping.stop().await;
    });
    let outcome = run_shown(&syncer, arguments.track.into(), days, bars).await?;
    base.db.close().await;
    Ok(match outcome.status {
        SyncStatus::Succeeded => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// Runs in the foreground, with progress, and says what came of it.
pub(super) async fn run_shown(
    syncer: &Syncer,
    track: SyncTrack,
    days: DayRange,
    bars: &MultiProgress,
) -> anyhow::Result<RunOutcome> {
    let new = NewRun {
        track,
        window: SyncWindow::Manual,
        days,
        trigger: SyncTrigger::Cli,
    };
    let title = match track {
        SyncTrack::CallRecords => "call records",
        SyncTrack::TaskStats => "statistics",
    };
    let started = Instant::now();
    let (reporter, listener) = Reporter::new();
    let (outcome, ()) = tokio::join!(
        syncer.run(new, reporter),
        progress::show(title, days, bars, listener)
    );
    let outcome = outcome?;
    eprintln!("{title}: {}", summary(&outcome, started));
    for (day, reason) in &outcome.failed {
        eprintln!("{title}: {day} could not be read: {reason}");
    }
    Ok(outcome)
}

fn summary(outcome: &RunOutcome, started: Instant) -> String {
    let counts = &outcome.counts;
    let seconds = started.elapsed().as_secs_f64();
    format!(
        "{} {}, {} rows in {seconds:.1} s: {} new, {} changed, {} unchanged, {} skipped",
        counts.days_done,
        if counts.days_done == 1 { "day" } else { "days" },
        counts.fetched,
        counts.inserted,
        counts.updated,
        counts.unchanged,
        counts.skipped
    )
}
