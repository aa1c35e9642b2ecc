//! `dialgraph rezone`.

use std::process::ExitCode;

use anyhow::bail;
use chrono_tz::Tz;
use clap::{Args, builder::BoolishValueParser};
use indicatif::MultiProgress;

use super::{print, progress, serve::open};
use crate::{
    clock::SystemClock,
    config::{DatabaseArgs, ZoneArgs, time_zone},
    domain::counting::{counted, verb},
    lifecycle,
    service::rezone::{Rezone, RezonePlan, RezoneReport},
    store::schema,
};

#[derive(Debug, Args)]
pub struct RezoneArgs {
    /// The time zone (IANA name) to move the days to. By default BUSINESS_TIMEZONE, or, where an earlier
    /// attempt did not finish, the one that it was for
    #[arg(long, env = "REZONE_TO", value_name = "ZONE", value_parser = time_zone)]
    to: Option<Tz>,

    /// Do it. Without this it only prints what would change; an attempt that did not finish goes on
    /// without it
    #[arg(long, env = "REZONE_YES", value_parser = BoolishValueParser::new())]
    yes: bool,

    #[command(flatten)]
    zone: ZoneArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Moves the days, with a bar on a terminal, and says what came of it.
pub async fn run(arguments: RezoneArgs, bars: &MultiProgress) -> anyhow::Result<ExitCode> {
    let db = open(&arguments.database, None).await?;
    if !schema::is_current(db.read()).await? {
        bail!("the database has not this program's schema: run `dialgraph migrate up`");
    }
    let stop = lifecycle::shutdown_on_signal();
    let rezone = Rezone {
        db: &db,
        clock: &SystemClock,
        stop: &stop,
    };
    let to = arguments.to.map(Into::into);
    let plan = rezone.plan(to, arguments.zone.zone()).await?;
    if plan.is_done() && plan.from == Some(plan.to) {
        print(format_args!(
            "the business days are those of {} already",
            plan.to
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("{}", intention(&plan));
    if !arguments.yes && !plan.resumes {
        bail!("nothing was changed: stop the service, then give --yes to do it");
    }
    let bar = progress::Counter::new("rezone", plan.calls, bars);
    let report = rezone.run(plan, |done| bar.update(done, "call")).await;
    bar.end();
    let report = report?;
    db.close().await;
    if !report.finished {
        bail!(
            "interrupted: run `dialgraph rezone` again, which goes on from here; until then the service does not start"
        );
    }
    print(outcome(&plan, &report))?;
    Ok(ExitCode::SUCCESS)
}

fn intention(plan: &RezonePlan) -> String {
    let from = plan.from.map_or_else(
        || "those of several time zones".to_owned(),
        |zone| {
            let guess = if plan.is_recorded {
                ""
            } else {
                "a zone such as "
            };
            format!("those of {guess}{zone}")
        },
    );
    if plan.is_done() {
        return format!(
            "the business days are {from}, which are the same in {}: only the name changes",
            plan.to
        );
    }
    let read_again = match plan.kept_from {
        Some((_, day)) => format!("the days from {day} on that were read"),
        None => "the days that were read".to_owned(),
    };
    let mut lines = vec![format!(
        "the business days are {from}, and become those of {}: {} {} counted again, and {read_again} are to be read from the platform again",
        plan.to,
        counted(plan.calls, "call"),
        verb(&plan.calls, "is", "are")
    )];
    if let Some((before, after)) = plan.kept_from {
        lines.push(format!(
            "calls before {before} are kept no longer: the figures of these days stay what they are; days before {after} to or from which calls are moved hold parts of days of both zones, and are not complete: they cannot be read again"
        ));
    }
    if plan.resumes {
        lines.push(format!(
            "an earlier attempt has moved {}",
            counted(plan.done, "call")
        ));
    }
    lines.join("\n")
}

fn outcome(plan: &RezonePlan, report: &RezoneReport) -> String {
    format!(
        "the business days are those of {to}: {} and {} got another day or hour, {} {} to be read again\nset BUSINESS_TIMEZONE={to} before the next start",
        counted(report.moved, "call"),
        counted(report.packages, "package"),
        counted(report.unread, "day"),
        verb(&report.unread, "is", "are"),
        to = plan.to
    )
}
