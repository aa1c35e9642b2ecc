//! The command line: one file a command.

mod alert;
mod announce;
mod demo;
mod migrate;
mod progress;
mod retention;
mod rezone;
mod rollups;
mod said;
mod serve;
mod simulator;
mod sync;
mod sync_replay;
mod sync_status;
mod token;
mod user;

use std::{ffi::OsString, io::Write as _, process::ExitCode};

use chrono::NaiveDate;
use clap::{
    CommandFactory, Parser, Subcommand,
    error::{ContextKind, ContextValue},
};

use crate::{
    config::Environment,
    domain::business_time::DayRange,
    telemetry::{self, LogFormat},
};

/// One GraphQL service for an outbound call centre and the sales team behind it.
///
/// It pulls call records from the Guanke platform, keeps exact statistics, and answers GraphQL
/// about packages, tasks, calls, tags, agents and figures. Try it: `dialgraph demo`.
///
/// Every flag is an environment variable too, named in its help; a file `.env` is read.
#[derive(Debug, Parser)]
#[command(name = "dialgraph", version, max_term_width = 100)]
struct Cli {
    /// How log lines look. What is logged is chosen by RUST_LOG: info for `serve`, warnings for the
    /// other commands, unless it says otherwise
    #[arg(long, global = true, env = "LOG_FORMAT", value_enum, default_value_t)]
    log_format: LogFormat,

    /// What the program runs for: in development a weak JWT_SECRET_KEY, and keys of others (JWKS_URL)
    /// without JWT_ISSUER and JWT_AUDIENCE, are warned of, not refused
    #[arg(
        long = "env",
        env = "DIALGRAPH_ENV",
        global = true,
        value_enum,
        default_value_t
    )]
    environment: Environment,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one of them in the whole program"
)]
enum Command {
    /// Run the service: migrations, the API, and the background synchronisation if the platform's
    /// credentials are set
    Serve(serve::ServeArgs),
    /// Try everything with nothing to configure: a simulated platform, two weeks of believable
    /// calls, the API and GraphiQL
    Demo(demo::DemoArgs),
    /// Bring the database to this program's schema, take it back, or show where it stands
    Migrate(migrate::MigrateArgs),
    /// Synchronise some days in the foreground, also those that the schedule reads no more (after an
    /// update, say). Exit status 0 only if every day is complete (a day that is still going on: read up
    /// to now). Or, with `status`, show where synchronisation stands
    Sync(sync::SyncCommandArgs),
    /// Print a token (JWT), alone, on standard output
    Token(token::TokenArgs),
    /// Add a user who can sign in
    User(user::UserArgs),
    /// Print the GraphQL schema (SDL)
    Schema,
    /// Delete what is older than it has to be kept
    Retention(retention::RetentionCommandArgs),
    /// Move all business days to another time zone. Stop the service first, and set BUSINESS_TIMEZONE
    /// afterwards
    Rezone(rezone::RezoneArgs),
    /// Check the rollups against the calls they count, or make them anew
    Rollups(rollups::RollupsArgs),
    /// Try the channels that alerts are sent by
    Alert(alert::AlertCommandArgs),
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
            eprintln!("error: {}", said::said(&error));
            if error.is::<Misused>() {
                return ExitCode::from(2);
            }
            ExitCode::FAILURE
        }
    }
}

/// A command was called wrongly, in a way that only it can find out.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Misused(String);

/// The business days from the flag `--from` to the flag `--to`.
fn days_of_flags(from: NaiveDate, to: NaiveDate) -> Result<DayRange, Misused> {
    DayRange::new(from, to).ok_or_else(|| Misused("--to must not lie before --from".to_owned()))
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
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    Cli::try_parse_from(&arguments).map_err(|error| {
        // Nothing is left to do if standard error is closed.
        let _ = error.print();
        if let Some(variable) = variable_of(&error, &arguments) {
            eprintln!("\nThe value may come from the environment variable {variable}.");
        }
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
    })
}

/// The environment variable of the flag that an error is about, in the command that was given.
fn variable_of(error: &clap::Error, arguments: &[OsString]) -> Option<String> {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let long = flag.trim_start_matches("--").split([' ', '=']).next()?;
    let root = Cli::command();
    let mut commands = vec![&root];
    for argument in arguments {
        let named = commands
            .last()?
            .get_subcommands()
            .find(|command| argument == command.get_name());
        commands.extend(named);
    }
    let variable = commands
        .iter()
        .rev()
        .flat_map(|command| command.get_arguments())
        .find(|argument| argument.get_long() == Some(long))?
        .get_env()?;
    Some(variable.to_string_lossy().into_owned())
}

impl Cli {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let bar = indicatif::MultiProgress::new();
        telemetry::init(
            self.log_format,
            self.command.is_quiet(),
            progress::above(bar.clone()),
        )?;
        match self.command {
            Command::Serve(arguments) => serve::run(arguments, self.environment)
                .await
                .map(|()| ExitCode::SUCCESS),
            Command::Demo(arguments) => {
                demo::run(arguments, &bar).await.map(|()| ExitCode::SUCCESS)
            }
            Command::Migrate(arguments) => migrate::run(arguments, self.environment, &bar)
                .await
                .map(|()| ExitCode::SUCCESS),
            Command::Sync(arguments) => sync::run(arguments, self.environment, &bar).await,
            Command::Token(arguments) => {
                token::run(&arguments, self.environment).map(|()| ExitCode::SUCCESS)
            }
            Command::User(arguments) => user::run(arguments, self.environment)
                .await
                .map(|()| ExitCode::SUCCESS),
            Command::Schema => {
                print(crate::graphql::sdl().trim_end())?;
                Ok(ExitCode::SUCCESS)
            }
            Command::Retention(arguments) => {
                retention::run(arguments).await.map(|()| ExitCode::SUCCESS)
            }
            Command::Rezone(arguments) => rezone::run(arguments, &bar).await,
            Command::Rollups(arguments) => rollups::run(arguments).await,
            Command::Alert(arguments) => alert::run(arguments).await,
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
        fn check(command: &clap::Command) {
            let flags = command
                .get_arguments()
                .filter(|flag| !["help", "version"].contains(&flag.get_id().as_str()));
            for flag in flags {
                assert!(
                    flag.get_env().is_some(),
                    "{} {}",
                    command.get_name(),
                    flag.get_id()
                );
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    #[test]
    fn the_tables_of_both_manuals_have_every_variable() {
        fn check(command: &clap::Command, manual: &str) {
            for flag in command.get_arguments() {
                let Some(variable) = flag.get_env() else {
                    continue;
                };
                let cell = format!("`{}`", variable.to_string_lossy());
                assert!(manual.contains(&cell), "{cell}");
            }
            command
                .get_subcommands()
                .for_each(|command| check(command, manual));
        }
        for manual in [
            include_str!("../../README.md"),
            include_str!("../../README.zh-CN.md"),
        ] {
            let rows = manual.lines().filter(|line| line.starts_with('|'));
            let tables: String = rows.collect();
            check(&Cli::command(), &tables);
        }
    }

    #[test]
    fn a_malformed_value_names_its_environment_variable() {
        let variable = |arguments: &[&str]| {
            let arguments: Vec<OsString> = ["dialgraph"]
                .iter()
                .chain(arguments)
                .map(OsString::from)
                .collect();
            let error = Cli::try_parse_from(&arguments).unwrap_err();
            (variable_of(&error, &arguments), error.to_string())
        };
        let (name, message) = variable(&["serve", "--port", "http"]);
        assert_eq!(name.as_deref(), Some("PORT"));
        assert!(message.contains("http"), "{message}");
        let (name, _) = variable(&["guanke-simulator", "--port", "http"]);
        assert_eq!(name.as_deref(), Some("SIMULATOR_PORT"));
        let (name, _) = variable(&["migrate", "up", "--steps", "all"]);
        assert_eq!(name.as_deref(), Some("MIGRATE_STEPS"));
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
