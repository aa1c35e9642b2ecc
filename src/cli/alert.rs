//! `dialgraph alert`.

use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};

use super::print;
use crate::{
    clock::{Clock as _, SystemClock},
    config::AlertArgs,
};

#[derive(Debug, Args)]
pub struct AlertCommandArgs {
    #[command(subcommand)]
    command: AlertCommand,
}

#[derive(Debug, Subcommand)]
enum AlertCommand {
    /// Send a test message to every channel that is configured. Exit status 0 only if each of them
    /// took it
    Test(TestArgs),
}

#[derive(Debug, Args)]
struct TestArgs {
    #[command(flatten)]
    alerts: AlertArgs,
}

pub async fn run(arguments: AlertCommandArgs) -> anyhow::Result<ExitCode> {
    let AlertCommand::Test(arguments) = arguments.command;
    let channels = arguments.alerts.channels()?;
    let results = channels.test(SystemClock.now()).await;
    if results.is_empty() {
        bail!(
            "no channel is configured: set ALERT_WEBHOOK_URL, ALERT_DINGTALK_URL or ALERT_SMTP_URL"
        );
    }
    let mut code = ExitCode::SUCCESS;
    for (channel, result) in results {
        match result {
            Ok(()) => print(format_args!("{channel}: taken"))?,
            Err(error) => {
                code = ExitCode::FAILURE;
                print(format_args!("{channel}: {error}"))?;
            }
        }
    }
    Ok(code)
}
