//! The command line: one file a command.

mod demo;
mod migrate;
mod progress;
mod rollups;
mod serve;
mod simulator;
mod sync;
mod token;

use std::{ffi::OsString, io::Write as _, process::ExitCode};

use clap::{
    CommandFactory, Parser, Subcommand,
    error::{ContextKind, ContextValue},
};

use crate::telemetry::{self, LogFormat};

/// One GraphQL service for an outbound call centre and the sales team behind it.
///
/// It pulls call records from the Guanke platform, keeps exact statistics, and answers GraphQL
/// about packages, tasks, calls, tags, agents and figures. Try it: `dialgraph demo`.
///
/// Every flag is an environment variable too, named in its help; a file `.env` is read.
#[derive(Debug, Parser)]
#[command(name = "dialgraph", version, max_term_width = 100)]
struct Cli {
    /// How log lines look. What is logged is chosen by RUST_LOG (info by default)
    #[arg(long, global = true, env = "LOG_FORMAT", value_enum, default_value_t)]
    log_format: LogFormat,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service: migrations, the API, and the background synchronisation if the platform's
    /// credentials are set
    Serve(serve::ServeArgs),
    /// Try everything with nothing to configure: a simulated platform, two weeks of believable
    /// calls, the API and GraphiQL
    Demo(demo::DemoArgs),
    /// Bring the database to this program's schema, take it back, or show where it stands
    Migrate(migrate::MigrateArgs),
    /// Synchronise some days in the foreground. Exit status 0 only if every day is complete (a day
    /// that is still going on: read up to now)
    Sync(sync::SyncCommandArgs),
    /// Print a token (JWT), alone, on standard output
    Token(token::TokenArgs),
    /// Print the GraphQL schema (SDL)
    Schema,
    /// Check the rollups against the calls they count, or make them anew
    Rollups(rollups::RollupsArgs),
    /// Run a simulated Guanke platform by itself
    GuankeSimulator(simulator::SimulatorArgs),
}

/// Reads the command line and carries it out. The exit status: 0 done, 1 failed, 2 misused.
pub async fn run() -> ExitCode {
    if let Err(error) = load_dotenv() {
        eprintln!("error: .env: {error}");
        return ExitCode::from(2);
    }
    let cli = match parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    match cli.run().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A line of a command's answer. A reader that has seen enough (`| head`) ends the program quietly.
fn print(line: impl std::fmt::Display) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    match writeln!(output, "{line}").and_then(|()| output.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        written => Ok(written?),
    }
}

fn load_dotenv() -> Result<(), String> {
    match dotenvy::dotenv() {
        Err(dotenvy::Error::LineParse(_, column)) => Err(format!(
            "a line cannot be read, near its character {column}: NAME=value is wanted"
        )),
        Err(error) if !error.not_found() => Err(error.to_string()),
        _ => Ok(()),
    }
}

fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, ExitCode> {
    Cli::try_parse_from(arguments).map_err(|error| {
        // Nothing is left to do if standard error is closed.
        let _ = error.print();
        if let Some(variable) = variable_of(&error) {
            eprintln!("\nThe value may come from the environment variable {variable}.");
        }
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
    })
}

/// The environment variable of the flag that an error is about.
fn variable_of(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let long = flag.trim_start_matches("--").split([' ', '=']).next()?;
    let command = Cli::command();
    std::iter::once(&command)
        .chain(command.get_subcommands())
        .flat_map(clap::Command::get_arguments)
        .find(|argument| argument.get_long() == Some(long))?
        .get_env()
        .map(|variable| variable.to_string_lossy().into_owned())
}

impl Cli {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let bar = indicatif::MultiProgress::new();
        telemetry::init(
            self.log_format,
            self.command.is_quiet(),
            progress::above(bar.clone()),
        );
        match self.command {
            Command::Serve(arguments) => serve::run(arguments).await.map(|()| ExitCode::SUCCESS),
            Command::Demo(arguments) => {
                demo::run(arguments, &bar).await.map(|()| ExitCode::SUCCESS)
            }
            Command::Migrate(arguments) => {
                migrate::run(arguments).await.map(|()| ExitCode::SUCCESS)
            }
            Command::Sync(arguments) => sync::run(arguments, &bar).await,
            Command::Token(arguments) => token::run(&arguments).map(|()| ExitCode::SUCCESS),
            Command::Schema => {
                print(crate::graphql::sdl().trim_end())?;
                Ok(ExitCode::SUCCESS)
            }
            Command::Rollups(arguments) => rollups::run(arguments).await,
            Command::GuankeSimulator(arguments) => {
                simulator::run(arguments).await.map(|()| ExitCode::SUCCESS)
            }
        }
    }
}

impl Command {
    /// Commands whose own output is what people look at log only warnings, unless RUST_LOG says
    /// otherwise.
    const fn is_quiet(&self) -> bool {
        !matches!(self, Self::Serve(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_is_an_environment_variable_too() {
        let command = Cli::command();
        let serve = command.find_subcommand("serve").unwrap();
        for argument in serve
            .get_arguments()
            .filter(|argument| argument.get_id() != "help")
        {
            assert!(argument.get_env().is_some(), "{}", argument.get_id());
        }
    }

    #[test]
    fn a_malformed_value_names_its_environment_variable() {
        let variable = |arguments: &[&str]| {
            let arguments = ["dialgraph"].iter().chain(arguments);
            let error = Cli::try_parse_from(arguments).unwrap_err();
            (variable_of(&error), error.to_string())
        };
        let (name, message) = variable(&["serve", "--port", "http"]);
        assert_eq!(name.as_deref(), Some("PORT"));
        assert!(message.contains("http"), "{message}");
        for (flag, value, name) in [
            ("--guanke-cdr-api", "cdr", "GUANKE_CDR_API"),
            ("--guanke-page-size", "1001", "GUANKE_PAGE_SIZE"),
            ("--business-timezone", "Mars", "BUSINESS_TIMEZONE"),
            (
                "--sync-call-records-today",
                "often",
                "SYNC_CALL_RECORDS_TODAY",
            ),
        ] {
            assert_eq!(variable(&["serve", flag, value]).0.as_deref(), Some(name));
        }
    }
}
