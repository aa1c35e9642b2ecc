//! `dialgraph migrate`.

use std::sync::OnceLock;

use anyhow::bail;
use clap::{Args, Subcommand, builder::BoolishValueParser};
use indicatif::MultiProgress;

use super::{
    print,
    progress::Counter,
    serve::{create, open},
};
use crate::{
    config::{DatabaseArgs, Environment, whole},
    domain::counting::counted,
    store::{
        Database,
        schema::{self, KeptApart, Loss, OneFormReport, Progress, UserNamesReport},
    },
};

#[derive(Debug, Args)]
pub struct MigrateArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Apply migrations: all that are left, or the next few
    Up {
        /// How many; all that are left by default
        #[arg(long, env = "MIGRATE_STEPS", value_parser = whole::<u32>(1..=1_000))]
        steps: Option<u32>,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Take migrations back, and the data in their tables with them. Where data would be lost it says
    /// what, and changes nothing without --yes
    Down {
        /// How many; the last one by default
        #[arg(long, env = "MIGRATE_STEPS", default_value_t = 1, value_parser = whole::<u32>(1..=1_000))]
        steps: u32,
        /// Take all of them back
        #[arg(long, env = "MIGRATE_ALL", value_parser = BoolishValueParser::new(), conflicts_with = "steps")]
        all: bool,
        /// Delete the data that the older schema has no place for
        #[arg(long, env = "MIGRATE_YES", value_parser = BoolishValueParser::new())]
        yes: bool,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Show which migrations the database has
    Status {
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

pub async fn run(
    arguments: MigrateArgs,
    environment: Environment,
    bars: &MultiProgress,
) -> anyhow::Result<()> {
    let (Action::Up { database, .. } | Action::Down { database, .. } | Action::Status { database }) =
        &arguments.action;
    let db = match &arguments.action {
        Action::Up { .. } => create(database, environment).await?,
        Action::Down { .. } | Action::Status { .. } => open(database, None).await?,
    };
    match arguments.action {
        Action::Up { steps, .. } => up(&db, steps, bars).await?,
        Action::Down {
            steps, all, yes, ..
        } => down(&db, (!all).then_some(steps), yes).await?,
        Action::Status { .. } => {}
    }
    for migration in schema::status(&db).await? {
        let state = if migration.applied {
            "applied"
        } else {
            "pending"
        };
        print(format_args!("{state}  {}", migration.name))?;
    }
    if let Some(report) = schema::one_form(&db).await? {
        print_report(&report)?;
    }
    if let Some(report) = schema::user_names(&db).await? {
        print_user_names(&report)?;
    }
    db.close().await;
    Ok(())
}

/// Applies migrations, with a bar on a terminal while what is stored is changed.
async fn up(db: &Database, steps: Option<u32>, bars: &MultiProgress) -> anyhow::Result<()> {
    let bar = OnceLock::new();
    let show = |Progress { done, of }| {
        let bar = bar.get_or_init(|| Counter::new("migrate", of, bars));
        bar.update(done, "row");
    };
    let applied = schema::up_with(db, steps, &show).await;
    if let Some(bar) = bar.get() {
        bar.end();
    }
    Ok(applied?)
}

/// What became of texts and telephone numbers that were stored in several forms.
fn print_report(report: &OneFormReport) -> anyhow::Result<()> {
    for (table, rows) in &report.changed {
        print(format_args!(
            "in one form  {table}: {} changed",
            counted(*rows, "row")
        ))?;
    }
    if report.kept_apart > 0 {
        print(format_args!(
            "kept apart  {}, because another row has the same text in its one form:",
            counted(report.kept_apart, "row")
        ))?;
    }
    print_kept_apart(&report.rows)
}

fn print_kept_apart(rows: &[KeptApart]) -> anyhow::Result<()> {
    for row in rows {
        let KeptApart {
            table,
            id,
            column,
            form,
        } = row;
        print(format_args!("kept apart  {table} {id}: {column} {form}"))?;
    }
    Ok(())
}

/// What became of names of users, and whose look alike.
fn print_user_names(report: &UserNamesReport) -> anyhow::Result<()> {
    if report.changed > 0 {
        print(format_args!(
            "in one form  users: {} names or addresses changed",
            report.changed
        ))?;
    }
    print_kept_apart(&report.kept_apart)?;
    for [one, other] in &report.look_alikes {
        print(format_args!(
            "look alike  users {one} and {other}: give one of them another name"
        ))?;
    }
    Ok(())
}

async fn down(db: &Database, steps: Option<u32>, yes: bool) -> anyhow::Result<()> {
    let losses = schema::down_if(db, steps, |losses| yes || losses.is_empty()).await?;
    if losses.is_empty() {
        return Ok(());
    }
    let what = |loss: &Loss| {
        let name = match loss.of.as_str() {
            "audit_log" => "audit_log, which nobody can change or delete otherwise",
            name => name,
        };
        let unit = if loss.of.contains('.') {
            "value"
        } else {
            "row"
        };
        format!("\n  {} of {name}", counted(loss.count, unit))
    };
    let lost: String = losses.iter().map(what).collect();
    if yes {
        eprintln!("deleted:{lost}");
        return Ok(());
    }
    bail!(
        "nothing was changed, because this would delete:{lost}\nback the database up, and add --yes to do it all the same"
    )
}
