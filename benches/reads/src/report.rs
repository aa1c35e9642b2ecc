//! `report`: each round and their medians, beside the floor, and whether the targets are met.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use serde::Deserialize;

/// The servers, in the order in which they are reported.
const SERVERS: [&str; 3] = [SERVICE, FLOOR, "postgraphile"];
const SERVICE: &str = "dialgraph";
const FLOOR: &str = "floor";

/// Requests a second as a part of the floor's, at least. Figures have no target.
const RATIOS: [(&str, f64); 3] = [("nested", 0.5), ("page", 0.5), ("point", 0.4)];
/// p99 as a multiple of p50, less than.
const SPREAD: f64 = 5.0;
/// Resident memory after the run, less than.
const RESIDENT_MB: f64 = 200.0;

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The folder of oha's results, SERVER.QUERY.ROUND.json; the servers are dialgraph, and floor and
    /// postgraphile where they were measured. Beside each a file .ticks: hundredths of a second of work,
    /// the server's and PostgreSQL's
    folder: PathBuf,

    /// The queries
    #[arg(
        long,
        value_delimiter = ' ',
        default_value = "nested page point dashboard gradeStats trend"
    )]
    queries: Vec<String>,

    /// How many rounds there were
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,

    /// Resident memory of dialgraph after the run, in kilobytes
    #[arg(long)]
    resident_kb: u32,
}

/// What oha writes, as far as it is needed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Result {
    summary: Summary,
    latency_percentiles: Percentiles,
    status_code_distribution: BTreeMap<String, u32>,
    error_distribution: BTreeMap<String, u32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    requests_per_sec: f64,
    size_per_request: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct Percentiles {
    p50: Option<f64>,
    p99: Option<f64>,
}

/// A measured run: requests a second, seconds, p99 as a multiple of p50, bytes; milliseconds of work for
/// a request.
#[derive(Debug, Clone, Copy)]
struct Measured {
    rate: f64,
    p50: f64,
    p99: f64,
    spread: f64,
    size: f64,
    work: f64,
}

/// A run beside the floor's of the same round: requests a second as a part of the floor's, p99 as a
/// multiple of the floor's.
#[derive(Debug, Clone, Copy)]
struct Beside {
    rate: f64,
    p99: f64,
}

impl Measured {
    fn median(runs: &[Self]) -> Self {
        let of = |value: fn(&Self) -> f64| median(runs.iter().map(value));
        Self {
            rate: of(|run| run.rate),
            p50: of(|run| run.p50),
            p99: of(|run| run.p99),
            spread: of(|run| run.spread),
            size: of(|run| run.size),
            work: of(|run| run.work),
        }
    }
}

impl Beside {
    fn of(runs: &[Measured], floor: &[Measured]) -> Vec<Self> {
        let pairs = runs.iter().zip(floor);
        pairs
            .map(|(run, floor)| Self {
                rate: run.rate / floor.rate,
                p99: run.p99 / floor.p99,
            })
            .collect()
    }

    fn median(runs: &[Self]) -> Option<Self> {
        (!runs.is_empty()).then(|| Self {
            rate: median(runs.iter().map(|run| run.rate)),
            p99: median(runs.iter().map(|run| run.p99)),
        })
    }
}

/// Prints the table and the verdict.
pub fn run(arguments: &ReportArgs) -> anyhow::Result<()> {
    println!(
        "{:<10} {:<12} {:<6} {:>8} {:>8} {:>8} {:>7} {:>7} {:>7} {:>6} {:>6}",
        "query",
        "server",
        "round",
        "req/s",
        "p50 ms",
        "p99 ms",
        "p99/p50",
        "cpu ms",
        "kB",
        "ratio",
        "p99 x"
    );
    let mut missed = Vec::new();
    let mut has_floor = false;
    for query in &arguments.queries {
        let floor = rounds(arguments, FLOOR, query)?;
        has_floor |= !floor.is_empty();
        for server in SERVERS {
            let runs = rounds(arguments, server, query)?;
            if runs.is_empty() {
                continue;
            }
            let beside = if server == FLOOR {
                Vec::new()
            } else {
                Beside::of(&runs, &floor)
            };
            for (place, run) in runs.iter().enumerate() {
                let round = (place + 1).to_string();
                line([query, server, &round], run, beside.get(place));
            }
            let (run, beside) = (Measured::median(&runs), Beside::median(&beside));
            line([query, server, "median"], &run, beside.as_ref());
            if server == SERVICE {
                missed.extend(misses(query, &run, beside.as_ref()));
            }
        }
    }
    let resident = f64::from(arguments.resident_kb) / 1_024.0;
    println!("resident memory of dialgraph after the run: {resident:.0} MB");
    if !has_floor {
        println!("the targets are about PostgreSQL");
        return Ok(());
    }
    if resident >= RESIDENT_MB {
        missed.push(format!("{resident:.0} MB resident"));
    }
    if missed.is_empty() {
        println!("all targets met");
        return Ok(());
    }
    bail!("missed: {}", missed.join("; "))
}

/// The targets that the service misses with a query.
fn misses(query: &str, run: &Measured, beside: Option<&Beside>) -> Vec<String> {
    let mut missed = Vec::new();
    let spread = run.spread;
    if spread >= SPREAD {
        missed.push(format!("{query}: p99 is {spread:.1} times p50"));
    }
    let target = RATIOS.iter().find(|(name, _)| *name == query);
    if let (Some(Beside { rate, .. }), Some((_, target))) = (beside, target)
        && rate < target
    {
        missed.push(format!(
            "{query}: {rate:.2} of the floor, {target} is wanted"
        ));
    }
    missed
}

/// The runs of a server and query, or none if the server was not measured at all.
fn rounds(arguments: &ReportArgs, server: &str, query: &str) -> anyhow::Result<Vec<Measured>> {
    let file = |round: u32| {
        arguments
            .folder
            .join(format!("{server}.{query}.{round}.json"))
    };
    if server != SERVICE && !file(1).exists() {
        return Ok(Vec::new());
    }
    (1..=arguments.rounds)
        .map(|round| {
            let file = file(round);
            let text = fs::read(&file).with_context(|| file.display().to_string())?;
            let ticks = fs::read_to_string(file.with_extension("ticks"))?;
            measured(&text, ticks.trim().parse()?).with_context(|| file.display().to_string())
        })
        .collect()
}

fn measured(text: &[u8], ticks: f64) -> anyhow::Result<Measured> {
    let result: Result = serde_json::from_slice(text)?;
    let statuses = &result.status_code_distribution;
    let errors = &result.error_distribution;
    if statuses.keys().any(|status| status != "200") || !errors.is_empty() {
        bail!("requests failed: {statuses:?} {errors:?}");
    }
    let answers: u32 = statuses.values().sum();
    let times = &result.latency_percentiles;
    let (p50, p99) = times.p50.zip(times.p99).context("no request ended")?;
    Ok(Measured {
        rate: result.summary.requests_per_sec,
        p50,
        p99,
        spread: p99 / p50,
        size: result.summary.size_per_request.unwrap_or_default(),
        work: ticks * 10.0 / f64::from(answers),
    })
}

/// Prints a line: of which query, server and round, and what was measured.
fn line([query, server, round]: [&str; 3], run: &Measured, beside: Option<&Beside>) {
    let or_nothing = |value: Option<f64>| value.map_or_else(String::new, |it| format!("{it:.2}"));
    println!(
        "{query:<10} {server:<12} {round:<6} {:>8.0} {:>8.2} {:>8.2} {:>7.1} {:>7.2} {:>7.1} {:>6} {:>6}",
        run.rate,
        run.p50 * 1_000.0,
        run.p99 * 1_000.0,
        run.spread,
        run.work,
        run.size / 1_000.0,
        or_nothing(beside.map(|it| it.rate)),
        or_nothing(beside.map(|it| it.p99)),
    );
}

/// The middle value; of two in the middle the larger.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_with_failures_is_no_result() {
        let result = |statuses: &str| {
            format!(
                r#"{{"summary": {{"requestsPerSec": 10.0, "sizePerRequest": 5}},
                    "latencyPercentiles": {{"p50": 0.1, "p99": 0.2}},
                    "statusCodeDistribution": {statuses}, "errorDistribution": {{}}}}"#
            )
        };
        assert!(measured(result(r#"{"200": 10}"#).as_bytes(), 5.0).is_ok());
        assert!(measured(result(r#"{"200": 9, "503": 1}"#).as_bytes(), 5.0).is_err());
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((median([3.0, 1.0, 2.0].into_iter()) - 2.0).abs() < f64::EPSILON);
    }
}
