//! `report`: medians of the rounds, ratios to the floor, and whether the targets are met.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use serde::Deserialize;

/// Requests a second as a part of the floor's, at least.
const RATIOS: [(&str, f64); 3] = [("nested", 0.5), ("page", 0.5), ("point", 0.4)];
/// p99 as a multiple of p50, less than.
const SPREAD: f64 = 5.0;
/// Resident memory after the run, less than.
const RESIDENT_MB: f64 = 200.0;

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The folder of oha's results, SERVER.QUERY.ROUND.json; the servers are dialgraph and floor.
    /// Beside each a file .ticks: hundredths of a second of work, the server's and PostgreSQL's
    folder: PathBuf,

    /// The queries
    #[arg(long, value_delimiter = ' ', default_value = "nested page point")]
    queries: Vec<String>,

    /// How many rounds there were
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
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

/// A measured run: requests a second, seconds, bytes; milliseconds of work for a request.
#[derive(Debug, Clone, Copy)]
struct Measured {
    rate: f64,
    p50: f64,
    p99: f64,
    size: f64,
    work: f64,
}

/// Prints the table and the verdict.
pub fn run(arguments: &ReportArgs) -> anyhow::Result<()> {
    println!(
        "{:<8} {:<10} {:>9} {:>9} {:>9} {:>8} {:>7} {:>7} {:>6}",
        "query", "server", "req/s", "p50 ms", "p99 ms", "p99/p50", "cpu ms", "kB", "ratio"
    );
    let mut missed = Vec::new();
    let mut has_floor = false;
    for query in &arguments.queries {
        let service = rounds(arguments, "dialgraph", query)?;
        let floor = rounds(arguments, "floor", query)?;
        let ratio = (!floor.is_empty()).then(|| {
            let pairs = service.iter().zip(&floor);
            median(pairs.map(|(service, floor)| service.rate / floor.rate))
        });
        let spread = line(query, "dialgraph", &service, ratio);
        if spread >= SPREAD {
            missed.push(format!("{query}: p99 is {spread:.1} times p50"));
        }
        if let Some(ratio) = ratio {
            has_floor = true;
            line(query, "floor", &floor, None);
            let target = RATIOS.iter().find(|(name, _)| name == query);
            let target = target.map_or(0.0, |(_, ratio)| *ratio);
            if ratio < target {
                missed.push(format!(
                    "{query}: {ratio:.2} of the floor, {target} is wanted"
                ));
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

/// The runs of a server and query, or none if the server was not measured at all.
fn rounds(arguments: &ReportArgs, server: &str, query: &str) -> anyhow::Result<Vec<Measured>> {
    let file = |round: u32| {
        arguments
            .folder
            .join(format!("{server}.{query}.{round}.json"))
    };
    if server == "floor" && !file(1).exists() {
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
    Ok(Measured {
        rate: result.summary.requests_per_sec,
        p50: times.p50.context("no request ended")?,
        p99: times.p99.context("no request ended")?,
        size: result.summary.size_per_request.unwrap_or_default(),
        work: ticks * 10.0 / f64::from(answers),
    })
}

/// Prints a line of medians, and returns p99 / p50.
fn line(query: &str, server: &str, rounds: &[Measured], ratio: Option<f64>) -> f64 {
    let of = |value: fn(&Measured) -> f64| median(rounds.iter().map(value));
    let spread = of(|round| round.p99 / round.p50);
    println!(
        "{query:<8} {server:<10} {:>9.0} {:>9.2} {:>9.2} {spread:>8.1} {:>7.2} {:>7.1} {:>6}",
        of(|round| round.rate),
        of(|round| round.p50 * 1_000.0),
        of(|round| round.p99 * 1_000.0),
        of(|round| round.work),
        of(|round| round.size / 1_000.0),
        ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}")),
    );
    spread
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
