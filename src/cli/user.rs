//! `dialgraph user`.

use std::{io::BufRead as _, sync::Arc};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use console::Term;
use secrecy::{ExposeSecret as _, SecretString};

use super::{print, serve::open};
use crate::{
    app::{self, Base},
    clock::{Clock as _, SystemClock},
    config::{DatabaseArgs, Environment},
    domain::{
        audit::Origin,
        business_time::BusinessZone,
        change::Change,
        problem::Problem,
        user::UserInput,
        viewer::{Role, Viewer},
    },
    metrics::Metrics,
    service::{
        accounts::AccountOptions,
        users,
        write::{WriteError, Writer},
    },
};

#[derive(Debug, Args)]
pub struct UserArgs {
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Add a user: the first administrator, who can add others through the API. The password is asked
    /// for, or read from the variable USER_PASSWORD, or from standard input if that is no terminal
    Create(CreateArgs),
}

#[derive(Debug, Args)]
struct CreateArgs {
    /// The name to sign in with
    #[arg(long, env = "USER_NAME")]
    name: String,

    /// An e-mail address, which can be signed in with as well
    #[arg(long, env = "USER_EMAIL")]
    email: Option<String>,

    /// What the user may do: admin, manager, agent or analyst
    #[arg(long, env = "USER_ROLE", value_parser = super::token::role)]
    role: Role,

    #[command(flatten)]
    database: DatabaseArgs,
}

/// Where a password is read from that no process list shows.
const PASSWORD: &str = "USER_PASSWORD";

pub async fn run(arguments: UserArgs, environment: Environment) -> anyhow::Result<()> {
    let UserCommand::Create(arguments) = arguments.command;
    let password = password()?;
    let clock = Arc::new(SystemClock);
    let base = Base {
        db: open(&arguments.database, Some(environment)).await?,
        clock: clock.clone(),
        zone: BusinessZone::default(),
        secret: SecretString::default(),
        metrics: Metrics::default(),
    };
    let accounts = app::accounts(&base, AccountOptions::default())?;
    let writer = Writer {
        db: &base.db,
        zone: base.zone,
        now: clock.now(),
        viewer: &Viewer::command_line(),
        origin: &Origin::CommandLine,
    };
    let input = UserInput {
        name: Change::Set(arguments.name),
        email: arguments.email.map_or(Change::Keep, Change::Set),
        role: Change::Set(arguments.role),
        is_active: Change::Keep,
    };
    let created = users::create(&writer, &accounts, input, &password).await;
    let user = created.map_err(refusal)?;
    print(format_args!(
        "created: {}, {}, number {}",
        user.name, user.role, user.id
    ))?;
    base.db.close().await;
    Ok(())
}

fn password() -> anyhow::Result<SecretString> {
    if let Some(password) = std::env::var_os(PASSWORD).filter(|password| !password.is_empty()) {
        let password = password.into_string();
        return Ok(password
            .map_err(|_| anyhow::anyhow!("{PASSWORD} is no UTF-8"))?
            .into());
    }
    let terminal = Term::stderr();
    if !std::io::IsTerminal::is_terminal(&std::io::stdin()) {
        let mut line = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut line)
            .context("the password cannot be read from standard input")?;
        return Ok(line.trim_end_matches(['\r', '\n']).into());
    }
    asked_for(|prompt| {
        terminal.write_str(prompt)?;
        terminal.read_secure_line()
    })
}

/// The password that somebody types twice, because nobody sees it; `ask` says what is wanted, and
/// reads a line.
fn asked_for(mut ask: impl FnMut(&str) -> std::io::Result<String>) -> anyhow::Result<SecretString> {
    let password = SecretString::from(ask("Password: ")?);
    let again = SecretString::from(ask("Once more: ")?);
    anyhow::ensure!(
        password.expose_secret() == again.expose_secret(),
        "these are two different passwords"
    );
    Ok(password)
}

/// What is wrong with the arguments, in one line each.
fn refusal(error: WriteError) -> anyhow::Error {
    let WriteError::Refused(problems) = error else {
        return error.into();
    };
    let line = |problem: Problem| {
        let path: Vec<String> = problem.path.into();
        let field = path.last().cloned().unwrap_or_default();
        format!("{field}: {}", problem.message)
    };
    let lines: Vec<String> = problems.into_iter().map(line).collect();
    anyhow::anyhow!(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_typed_twice() {
        let typed = |lines: [&'static str; 2]| {
            let (mut lines, mut prompts) = (lines.into_iter(), Vec::new());
            let password = asked_for(|prompt| {
                prompts.push(prompt.to_owned());
                Ok(lines.next().unwrap_or_default().to_owned())
            });
            assert_eq!(prompts, ["Password: ", "Once more: "]);
            password
                .map(|password| password.expose_secret().to_owned())
                .map_err(|error| error.to_string())
        };
        assert_eq!(typed(["a b", "a b"]), Ok("a b".to_owned()));
        let different = "these are two different passwords";
        assert_eq!(typed(["a b", "a b "]), Err(different.to_owned()));
        let closed = asked_for(|_| Err(std::io::ErrorKind::UnexpectedEof.into()));
        assert!(closed.is_err());
    }
}
