//! `dialgraph-bench-writes`: how fast calls are taken in, beside bare upserts of the same rows into
//! the same table; see `benches/README.md`.

mod bare;
mod database;
mod rows;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::Parser;
use dialgraph::{
    domain::{business_time::BusinessZone, dialing::CallSource, incoming::IncomingCall},
    service::ingest::ingest,
    store::Database,
};

use crate::database::{Bench, Place};

/// As the service has it.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Measure how fast calls are taken in: stored, tagged and counted, and bare.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    /// A PostgreSQL server on which databases may be created; without it only SQLite is measured
    #[arg(long, env = "BENCH_POSTGRES_URL", hide_env_values = true)]
    postgres_url: Option<String>,
    /// Leave SQLite out
    #[arg(long)]
    no_sqlite: bool,
    /// Rows that are measured at a time
    #[arg(long, env = "BENCH_ROWS", default_value_t = 50_000, value_parser = clap::value_parser!(u64).range(1_000..))]
    rows: u64,
    /// Rows of the filled table
    #[arg(long, env = "BENCH_FILLED", default_value_t = 500_000)]
    filled: u64,
    /// Rows a transaction
    #[arg(long, env = "BENCH_PAGE", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=30_000))]
    page: u64,
}

/// Who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writer {
    /// Bare upserts.
    Bare,
    /// All that the service does with a page.
    Whole,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: &Cli) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut places = Vec::new();
    if !cli.no_sqlite {
        places.push(("SQLite", Place::File(&folder)));
    }
    if let Some(url) = &cli.postgres_url {
        places.push(("PostgreSQL", Place::Server(url)));
    }
    for (name, place) in places {
        println!("{name}: rows/s, {} a transaction", cli.page);
        println!("{:28} {:>10} {:>10} {:>7}", "", "bare", "whole", "ratio");
        let bare = measure(cli, place, Writer::Bare).await?;
        let whole = measure(cli, place, Writer::Whole).await?;
        for ((phase, bare), (_, whole)) in bare.into_iter().zip(whole) {
            println!(
                "{phase:28} {bare:>10.0} {whole:>10.0} {:>7.2}",
                whole / bare
            );
        }
    }
    println!("memory at most: {} MB", peak_memory()?);
    Ok(())
}

/// Rows a second of each phase, in a database of its own.
async fn measure(
    cli: &Cli,
    place: Place<'_>,
    writer: Writer,
) -> anyhow::Result<Vec<(&'static str, f64)>> {
    let bench = Bench::create(place, &format!("{writer:?}").to_lowercase()).await?;
    let job = Job {
        db: &bench.db,
        writer,
        page: cli.page,
        now: "2026-11-20T04:00:00Z".parse()?,
        from: "2026-10-01T01:00:00Z".parse()?,
    };
    // Tasks and agents to refer to.
    let first = rows::page(0, cli.page.max(1_000), job.from);
    job.whole(&first).await?;
    let (start, rows) = (cli.page.max(1_000), cli.rows);
    let count = f64::from(u32::try_from(rows)?);
    let rate = |time: Duration| count / time.as_secs_f64();
    let as_told: fn(&mut [IncomingCall]) = |_| ();

    let mut rates = vec![(
        "new, empty table",
        rate(job.write(start, rows, as_told).await?),
    )];
    let filled = cli.filled.max(start + rows);
    job.write(start + rows, filled - start - rows, as_told)
        .await?;
    bench.settle().await?;
    rates.push((
        "new, filled table",
        rate(job.write(filled, rows, as_told).await?),
    ));
    bench.settle().await?;
    rates.push(("unchanged", rate(job.write(filled, rows, as_told).await?)));
    rates.push((
        "one of ten changed",
        rate(job.write(filled, rows, rows::edit).await?),
    ));
    let next = filled + rows;
    let started = Instant::now();
    let half = rows / 2;
    tokio::try_join!(
        job.write(next, half, as_told),
        job.write(next + half, rows - half, as_told),
    )?;
    rates.push(("new, two writers at once", rate(started.elapsed())));
    bench.drop().await?;
    Ok(rates)
}

/// What is written into what.
struct Job<'a> {
    db: &'a Database,
    writer: Writer,
    page: u64,
    now: DateTime<Utc>,
    from: DateTime<Utc>,
}

impl Job<'_> {
    /// Writes `count` calls from number `first` on, page by page; how long that took, without making
    /// them.
    async fn write(
        &self,
        first: u64,
        count: u64,
        prepare: fn(&mut [IncomingCall]),
    ) -> anyhow::Result<Duration> {
        let mut time = Duration::ZERO;
        let mut at = first;
        while at < first + count {
            let size = self.page.min(first + count - at);
            let mut page = rows::page(at, size, self.from);
            prepare(&mut page);
            let started = Instant::now();
            match self.writer {
                Writer::Bare => self.bare(&page).await?,
                Writer::Whole => self.whole(&page).await?,
            }
            time += started.elapsed();
            at += size;
        }
        Ok(time)
    }

    async fn bare(&self, page: &[IncomingCall]) -> anyhow::Result<()> {
        let zone = BusinessZone::default();
        let rows: Vec<_> = page
            .iter()
            .map(|call| bare::Row::new(call, zone, self.now))
            .collect();
        bare::upsert(self.db, &rows).await
    }

    async fn whole(&self, page: &[IncomingCall]) -> anyhow::Result<()> {
        loop {
            let tx = self.db.begin().await?;
            let zone = BusinessZone::default();
            match ingest(&tx, zone, CallSource::Guanke, page, self.now).await {
                Ok(_) => return Ok(tx.commit().await?),
                Err(error) if error.is_contended() => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Most memory that this process had, in MB.
fn peak_memory() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kb: u64 = kb.context("no VmHWM")?.trim().parse()?;
    Ok(kb / 1024)
}
