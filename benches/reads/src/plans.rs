//! `plans`: how PostgreSQL looked up calls, from what `auto_explain` told the service.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;

/// Arguments of `plans`.
#[derive(Debug, Args)]
pub struct PlansArgs {
    /// A log of the service with `auto_explain`'s notices
    log: PathBuf,
}

/// Prints each way once; reading the whole table of calls is an error, and so is no plan at all. Figures
/// look up no calls.
pub fn run(arguments: &PlansArgs) -> anyhow::Result<()> {
    let log = fs::read(&arguments.log).with_context(|| arguments.log.display().to_string())?;
    let log = String::from_utf8_lossy(&log);
    if !log.contains("  plan:") {
        bail!("the log has no plan");
    }
    let scans = scans(&log);
    for (scan, count) in &scans {
        println!("    {count:>3} x {scan}");
    }
    if scans.is_empty() {
        println!("    no statement looks up calls");
    }
    if scans.keys().any(|scan| scan.contains("Seq Scan")) {
        bail!("a statement reads all calls");
    }
    Ok(())
}

/// The nodes of all plans that read calls, and how often each occurs.
fn scans(log: &str) -> BTreeMap<String, usize> {
    let mut scans = BTreeMap::new();
    for line in log.lines() {
        let node = line.split("  (cost=").next().unwrap_or_default();
        let node = node.trim().trim_start_matches("-> ").trim();
        let table = node.split_once(" on ").map(|(_, table)| table);
        let table = table.and_then(|table| table.split_whitespace().next());
        if node.contains("Scan") && table == Some("calls") {
            *scans.entry(node.to_owned()).or_default() += 1;
        }
    }
    scans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_reads_calls_is_found() {
        let log = "\
INFO sqlx::postgres::notice: duration: 1.000 ms  plan:
Query Text: SELECT 1 FROM calls
Limit  (cost=0.42..1.00 rows=10 width=8)
  ->  Index Scan using ix on calls c  (cost=0.42..9.00 rows=100 width=8)
  ->  Seq Scan on call_tags  (cost=0.00..9.00 rows=100 width=8)
  ->  Parallel Seq Scan on calls  (cost=0.00..9.00 rows=100 width=8)";
        let scans = scans(log);
        let found: Vec<&str> = scans.keys().map(String::as_str).collect();
        assert_eq!(
            found,
            [
                "Index Scan using ix on calls c",
                "Parallel Seq Scan on calls"
            ]
        );
    }
}
