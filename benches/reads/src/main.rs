//! `dialgraph-bench-reads`: what `benches/reads.sh` is made of; see `benches/README.md`.

mod compare;
mod data;
mod database;
mod figures;
mod floor;
mod generate;
mod plans;
mod report;
mod requests;
mod sink;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The read benchmark of dialgraph: the data, the floor, the requests and the report.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make the database if it is missing
    Create(database::CreateArgs),
    /// Fill a migrated, empty database; print `new` if its rollups have to be made yet, else `full`
    Generate(generate::GenerateArgs),
    /// Bring the statistics of the database up to date
    Analyze(database::AnalyzeArgs),
    /// Print the process ids of PostgreSQL's side of the database's connections
    Backends(database::BackendsArgs),
    /// Print for each program that is connected to the database whether it uses TLS
    Tls(database::TlsArgs),
    /// Write the requests, for a load generator
    Requests(requests::RequestsArgs),
    /// Answer the same requests by SQL written by hand: what a service could do at best
    Floor(floor::FloorArgs),
    /// Compare two files of JSON; exit status 1 and the first difference if they differ
    Compare(compare::CompareArgs),
    /// Print how PostgreSQL looked up calls, from a log; exit status 1 if it read all of them
    Plans(plans::PlansArgs),
    /// Print the rounds, their medians and ratios; exit status 1 if a target is missed
    Report(report::ReportArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Create(arguments) => database::create(arguments).await,
        Command::Generate(arguments) => generate::run(arguments).await,
        Command::Analyze(arguments) => database::analyze(arguments).await,
        Command::Backends(arguments) => database::backends(arguments).await,
        Command::Tls(arguments) => database::tls(arguments).await,
        Command::Requests(arguments) => requests::run(arguments).await,
        Command::Floor(arguments) => floor::run(arguments).await,
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Plans(arguments) => plans::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
