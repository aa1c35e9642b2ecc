//! `dialgraph rollups`.

use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};

use super::{print, serve::open};
use crate::{
    config::{DatabaseArgs, ZoneArgs},
    domain::{counting::counted, stats::CallCounts},
    service::business_zone::check,
    store::{rollups, schema, tag_counts},
};

#[derive(Debug, Args)]
pub struct RollupsArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Count all calls again and compare; exit status 1 when a figure differs
    Verify {
        #[command(flatten)]
        zone: ZoneArgs,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Make all rollups anew from the calls; other writers wait meanwhile
    Rebuild {
        #[command(flatten)]
        zone: ZoneArgs,
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

/// Most differences to print.
const PRINTED: usize = 20;

pub async fn run(arguments: RollupsArgs) -> anyhow::Result<ExitCode> {
    let (Action::Verify { zone, database } | Action::Rebuild { zone, database }) =
        &arguments.action;
    let db = open(database, None).await?;
    if !schema::is_current(db.read()).await? {
        bail!("the database has not this program's schema: run `dialgraph migrate up`");
    }
    let db = check(db, zone.zone()).await?;
    if matches!(arguments.action, Action::Rebuild { .. }) {
        db.transaction(async |tx| {
            rollups::rebuild(tx).await?;
            tag_counts::rebuild(tx).await
        })
        .await?;
        print(format_args!("rebuilt"))?;
    }
    let differences = rollups::differences(&db).await?;
    for difference in differences.iter().take(PRINTED) {
        let cell = &difference.cell;
        print(format_args!(
            "{} {} {} {}: {}",
            cell.call_date,
            cell.dimension,
            cell.key,
            cell.grade_code,
            differing(&difference.stored, &difference.counted)
        ))?;
    }
    let tags = tag_counts::differences(&db).await?;
    db.close().await;
    Ok(if differences.is_empty() && tags == 0 {
        print(format_args!("every rollup equals a recount of the calls"))?;
        ExitCode::SUCCESS
    } else {
        print(format_args!(
            "{} and {} of tags differ; make them right with: dialgraph rollups rebuild",
            counted(differences.len(), "rollup"),
            counted(tags, "count")
        ))?;
        ExitCode::FAILURE
    })
}

/// The measures that differ, with both values.
fn differing(stored: &CallCounts, counted: &CallCounts) -> String {
    let measures = |counts: &CallCounts| {
        [
            ("calls", counts.calls.to_string()),
            ("connected", counts.connected.to_string()),
            ("talk time", counts.talk_time.to_string()),
            ("ring time", counts.ring_time.to_string()),
            ("billed", counts.billed.to_decimal().to_string()),
        ]
    };
    let pairs = measures(stored).into_iter().zip(measures(counted));
    let differing = pairs
        .filter(|(stored, counted)| stored != counted)
        .map(|((name, stored), (_, counted))| format!("{name} stored {stored}, counted {counted}"));
    differing.collect::<Vec<_>>().join("; ")
}
