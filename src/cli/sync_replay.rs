//! `dialgraph sync replay`.

use std::{process::ExitCode, sync::Arc};

use anyhow::bail;
use chrono::NaiveDate;
use clap::{Args, builder::BoolishValueParser};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::{days_of_flags, print, serve::open, sync::day};
use crate::{
    app,
    clock::{Clock as _, SystemClock},
    config::{DatabaseArgs, NonSeatArgs, ZoneArgs},
    domain::counting::counted,
    lifecycle,
    service::business_zone::check,
    store::schema,
    sync::{Replay, ReplayReport},
};

#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// The first business day, YYYY-MM-DD
    #[arg(long, env = "REPLAY_FROM", value_name = "DATE", value_parser = day)]
    from: NaiveDate,

    /// The last business day, included
    #[arg(long, env = "REPLAY_TO", value_name = "DATE", value_parser = day)]
    to: NaiveDate,

    /// Only say what would change
    #[arg(long, env = "DRY_RUN", value_parser = BoolishValueParser::new())]
    dry_run: bool,

    #[command(flatten)]
    zone: ZoneArgs,
    #[command(flatten)]
    non_seats: NonSeatArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Reads kept records again, with a bar on a terminal, and says what came of it.
pub async fn run(arguments: ReplayArgs, bars: &MultiProgress) -> anyhow::Result<ExitCode> {
    let days = days_of_flags(arguments.from, arguments.to)?;
    let db = open(&arguments.database, None).await?;
    if !schema::is_current(db.read()).await? {
        bail!("the database has not this program's schema: run `dialgraph migrate up`");
    }
    let db = check(db, arguments.zone.zone()).await?;
    let replay = Replay {
        db: db.clone(),
        clock: Arc::new(SystemClock),
        zone: arguments.zone.zone(),
        non_seats: arguments.non_seats.names(),
        dry_run: arguments.dry_run,
        instance: app::instance(SystemClock.now()),
        stop: lifecycle::shutdown_on_signal(),
    };
    let bar = bars.add(ProgressBar::new(replay.kept(days).await?));
    if let Ok(style) = ProgressStyle::with_template(
        "replay [{bar:30}] {percent:>3}%  {msg}  {per_sec}  {eta} left",
    ) {
        bar.set_style(style.progress_chars("=> "));
    }
    let report = replay
        .run(days, |now| {
            bar.set_message(now.day.to_string());
            bar.set_position(now.records);
        })
        .await?;
    bar.finish_and_clear();
    db.close().await;
    print(words(&report, arguments.dry_run))?;
    if report.records == 0 {
        eprintln!(
            "no records of these days are kept as they came: RETENTION_RAW_DAYS says for how long they are"
        );
    }
    if !report.finished {
        bail!("interrupted: run it again for the rest");
    }
    Ok(ExitCode::SUCCESS)
}

fn words(report: &ReplayReport, dry_run: bool) -> String {
    let (calls, would) = (report.calls, if dry_run { "would be " } else { "" });
    format!(
        "{}, {}: {} {would}new, {} {would}changed, {} unchanged, {} removed, {} cannot be used",
        counted(report.days, "day"),
        counted(report.records, "record"),
        counted(calls.inserted, "call"),
        calls.updated,
        calls.unchanged,
        report.removed,
        counted(report.unusable, "record")
    )
}
