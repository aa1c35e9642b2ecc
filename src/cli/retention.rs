//! `dialgraph retention`.

use anyhow::bail;
use clap::{Args, Subcommand, builder::BoolishValueParser};

use super::{print, serve::open};
use crate::{
    clock::{Clock as _, SystemClock},
    config::{DatabaseArgs, RetentionArgs, ZoneArgs},
    domain::counting::counted,
    lifecycle,
    service::{
        business_zone::check,
        retention::{RetentionReport, retain, survey},
    },
    store::schema,
};

#[derive(Debug, Args)]
pub struct RetentionCommandArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Delete what is older than the RETENTION_* settings allow, as the service does once a day. It can
    /// be interrupted, and goes on the next time
    Run(RunArgs),
}

#[derive(Debug, Args)]
struct RunArgs {
    /// Only say how much would be deleted
    #[arg(long, env = "DRY_RUN", value_parser = BoolishValueParser::new())]
    dry_run: bool,
    #[command(flatten)]
    zone: ZoneArgs,
    #[command(flatten)]
    retention: RetentionArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

pub async fn run(arguments: RetentionCommandArgs) -> anyhow::Result<()> {
    let Action::Run(arguments) = arguments.action;
    let db = open(&arguments.database, None).await?;
    if !schema::is_current(db.read()).await? {
        bail!("the database has not this program's schema: run `dialgraph migrate up`");
    }
    let (options, zone, now) = (
        arguments.retention.options(),
        arguments.zone.zone(),
        SystemClock.now(),
    );
    let db = check(db, zone).await?;
    if arguments.dry_run {
        let report = survey(&db, options, zone, now).await?;
        print(format_args!("would delete {}", words(&report)))?;
    } else {
        let stop = lifecycle::shutdown_on_signal();
        let report = retain(&db, options, zone, now, &stop).await?;
        print(format_args!("deleted {}", words(&report)))?;
        if !report.finished {
            bail!("interrupted: the rest is deleted the next time");
        }
    }
    db.close().await;
    Ok(())
}

fn words(report: &RetentionReport) -> String {
    if report.is_empty() {
        return "nothing".to_owned();
    }
    format!(
        "{} of raw records, pushes of {}, {}, {}",
        counted(report.raw_pages, "page"),
        counted(report.pushes, "call"),
        counted(report.runs, "run"),
        counted(report.calls, "call")
    )
}
