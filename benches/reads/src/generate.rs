//! `generate`: fills the database.

use anyhow::{Context as _, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    data::{self, Calls, Size},
    database::{Connection, DatabaseArgs},
    sink::{Row, Table, add},
};

/// Arguments of `generate`.
#[derive(Debug, Args)]
pub struct GenerateArgs {
    #[command(flatten)]
    database: DatabaseArgs,

    /// How many calls
    #[arg(long, default_value_t = 2_000_000, value_parser = clap::value_parser!(i64).range(1..))]
    calls: i64,

    /// How many tasks they belong to
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(i64).range(1..))]
    tasks: i64,

    /// How many packages the tasks belong to
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..))]
    packages: i64,

    /// What random choices start from: the same seed makes the same data
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Calls at a time.
const BATCH: usize = 2_000;

/// Fills an empty database in one transaction, so that it is never half full.
pub async fn run(arguments: GenerateArgs) -> anyhow::Result<()> {
    let size = Size {
        calls: arguments.calls,
        tasks: arguments.tasks,
        packages: arguments.packages,
    };
    let mut connection = arguments.database.connect().await?;
    let there = connection
        .number("SELECT count(*) FROM calls")
        .await
        .context("the database must be migrated: run `dialgraph migrate up`")?;
    if there == 0 {
        connection.execute("BEGIN").await?;
        fill(&mut connection, size, arguments.seed).await?;
        connection.execute("COMMIT").await?;
    } else if there != size.calls {
        bail!(
            "the database holds {there} calls, and {} are wanted: take another, or drop this one",
            size.calls
        );
    }
    let rollups = "SELECT count(*) FROM (SELECT 1 FROM call_rollups LIMIT 1) AS one";
    let counted = connection.number(rollups).await? > 0;
    println!("{}", if counted { "full" } else { "new" });
    Ok(())
}

async fn fill(connection: &mut Connection, size: Size, seed: u64) -> anyhow::Result<()> {
    let packages: Vec<Row> = (1..=size.packages)
        .map(|id| data::package(id, size))
        .collect();
    let tasks: Vec<Row> = (1..=size.tasks).map(|id| data::task(id, size)).collect();
    let agents: Vec<Row> = (1..=data::AGENT_COUNT).map(data::agent).collect();
    add(connection, data::PACKAGES, &packages).await?;
    add(connection, data::TASKS, &tasks).await?;
    add(connection, data::AGENTS, &agents).await?;

    let bar = progress(size)?;
    let mut calls = Calls::new(size, seed);
    loop {
        let (mut rows, mut tags) = (Vec::with_capacity(BATCH), Vec::new());
        while rows.len() < BATCH
            && let Some((call, its_tags)) = calls.next()
        {
            rows.push(call);
            tags.extend(its_tags);
        }
        if rows.is_empty() {
            break;
        }
        add(connection, data::CALLS, &rows).await?;
        add(connection, data::TAGS, &tags).await?;
        bar.inc(rows.len() as u64);
    }
    bar.finish_and_clear();
    number_on(connection).await
}

fn progress(size: Size) -> anyhow::Result<ProgressBar> {
    let style = "calls [{bar:30}] {percent:>3}%  {human_pos} of {human_len}  {per_sec}  {eta} left";
    let bar = ProgressBar::new(size.calls.unsigned_abs());
    bar.set_style(ProgressStyle::with_template(style)?.progress_chars("=> "));
    Ok(bar)
}

/// Rows came with their ids: PostgreSQL goes on behind them. SQLite does so by itself.
async fn number_on(connection: &mut Connection) -> anyhow::Result<()> {
    if !matches!(connection, Connection::Postgres(_)) {
        return Ok(());
    }
    for Table { name, .. } in [
        data::PACKAGES,
        data::TASKS,
        data::AGENTS,
        data::CALLS,
        data::TAGS,
    ] {
        let statement = format!(
            "SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"
        );
        connection.execute(&statement).await?;
    }
    Ok(())
}
