//! `dialgraph sync`.

use std::{process::ExitCode, sync::Arc, time::Instant};

use anyhow::bail;
use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum, builder::BoolishValueParser};
use indicatif::MultiProgress;

use super::{Misused, days_of_flags, progress, serve, sync_replay, sync_status};
use crate::{
    app::Base,
    clock::{Clock as _, SystemClock},
    config::{AuthArgs, DatabaseArgs, Environment, GuankeArgs, RetentionArgs, SyncArgs},
    domain::{
        business_time::DayRange,
        counting::{counted, verb},
        sync::{SyncStatus, SyncTrack, SyncTrigger, SyncWindow},
    },
    lifecycle,
    metrics::Metrics,
    service::{
        business_zone::settle,
        coverage::{self, DayCoverage},
    },
    store::sync_runs::NewRun,
    sync::{Reporter, RunOutcome, SyncOptions, Syncer},
};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct SyncCommandArgs {
    #[command(subcommand)]
    action: Option<Action>,

    /// What to ask the platform for
    #[arg(long, env = "SYNC_TRACK", value_enum, required = true)]
    track: Option<Track>,

    /// The first business day, YYYY-MM-DD
    #[arg(long, env = "SYNC_FROM", value_name = "DATE", value_parser = day, required = true)]
    from: Option<NaiveDate>,

    /// The last business day, included
    #[arg(long, env = "SYNC_TO", value_name = "DATE", value_parser = day, required = true)]
    to: Option<NaiveDate>,

    /// Take it for granted if the platform does not give many calls any more that are stored: mark them
    /// as removed, however many they are
    #[arg(long, env = "ACCEPT_REMOVALS", value_parser = BoolishValueParser::new())]
    accept_removals: bool,

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
    #[command(flatten)]
    retention: RetentionArgs,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Read the records of some days again that were kept as they came, without asking the platform:
    /// after an update, calls become what this program makes of them
    Replay(sync_replay::ReplayArgs),
    /// Show what ran last and what comes next, whether the platform is left alone, and what is known
    /// of the last days: from the database, without the platform
    Status(sync_status::StatusArgs),
}

pub(super) fn day(text: &str) -> Result<NaiveDate, &'static str> {
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
    mut arguments: SyncCommandArgs,
    environment: Environment,
    bars: &MultiProgress,
) -> anyhow::Result<ExitCode> {
    match arguments.action.take() {
        Some(Action::Replay(replay)) => sync_replay::run(replay, bars).await,
        Some(Action::Status(status)) => sync_status::run(status).await.map(|()| ExitCode::SUCCESS),
        None => read(arguments, environment, bars).await,
    }
}

/// Reads days from the platform.
async fn read(
    arguments: SyncCommandArgs,
    environment: Environment,
    bars: &MultiProgress,
) -> anyhow::Result<ExitCode> {
    let (Some(track), Some(from), Some(to)) = (arguments.track, arguments.from, arguments.to)
    else {
        bail!("--track, --from and --to are wanted");
    };
    let clock = Arc::new(SystemClock);
    let zone = arguments.sync.zone();
    let days = days_of_flags(from, to)?;
    let today = zone.day_of(clock.now());
    if days.to() > today {
        let message = format!("--to must not lie in the future: today is {today}");
        return Err(Misused(message).into());
    }
    let secret = arguments.auth.secret(environment)?;
    // Before anything is opened or changed.
    let Some(client) = arguments.guanke.client()? else {
        bail!(
            "the platform's credentials are not set: GUANKE_USERNAME and GUANKE_PASSWORD, or GUANKE_API_SECRET"
        );
    };
    let migrate = (!arguments.no_migrate).then_some(environment);
    let db = serve::open(&arguments.database, migrate).await?;
    let base = Base {
        db: settle(db, zone, &*clock).await?,
        clock,
        zone,
        secret,
        metrics: Metrics::default(),
    };
    let options = SyncOptions {
        keeps_raw: arguments.retention.options().keeps_raw(),
        accepts_removals: arguments.accept_removals,
        ..arguments.sync.options()
    };
    let syncer = serve::syncer(&base, client, &arguments.guanke, &arguments.sync, options)?;
    let stop = lifecycle::shutdown_on_signal();
    let stopping = syncer.clone();
    let db = base.db.clone();
    tokio::spawn(async move {
        // A service on the same database shows how far the run is.
        db.tell_changes(&stop).await;
        stopping.stop().await;
    });
    let outcome = run_shown(&syncer, track.into(), days, bars).await?;
    let are_complete = outcome.status == SyncStatus::Succeeded && {
        let coverage = coverage::coverage(&base.db, days, &[track.into()]).await?;
        say_incomplete(&coverage.days, zone.day_of(base.clock.now()))
    };
    base.db.close().await;
    Ok(if are_complete {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Says which days that are over are not complete though they were read, and why. `true`: all are.
fn say_incomplete(days: &[DayCoverage], today: NaiveDate) -> bool {
    let is_over = |day: &&DayCoverage| day.date < today;
    let mut incomplete = days
        .iter()
        .filter(is_over)
        .filter(|day| !day.is_complete())
        .peekable();
    let are_complete = incomplete.peek().is_none();
    for day in incomplete {
        let reason = day.known.as_ref().and_then(|known| known.error.as_deref());
        eprintln!(
            "{} is not complete: {}",
            day.date,
            reason.unwrap_or("it was not read to its end")
        );
    }
    are_complete
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
    let left = days.days() - outcome.counts.days_done;
    if left > 0 {
        eprintln!(
            "{title}: {left} of {} {} not reached",
            counted(days.days(), "day"),
            verb(&left, "was", "were")
        );
    }
    Ok(outcome)
}

fn summary(outcome: &RunOutcome, started: Instant) -> String {
    let counts = &outcome.counts;
    let seconds = started.elapsed().as_secs_f64();
    format!(
        "{}, {} in {seconds:.1} s and {}: {} new, {} changed, {} unchanged, {} removed, {} skipped",
        counted(counts.days_done, "day"),
        counted(counts.fetched, "row"),
        counted(counts.pages, "request"),
        counts.inserted,
        counts.updated,
        counts.unchanged,
        counts.removed,
        counts.skipped
    )
}
