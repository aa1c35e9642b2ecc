use chrono::TimeDelta;
use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};

use super::whole;
use crate::{
    domain::{
        alert::{AlertRules, Languages},
        fields::given,
    },
    notify::{Dingtalk, Email, EmailConfig, InvalidChannel, Sender, Webhook},
    service::alerts::Channels,
};

/// Fewest characters of a secret that messages are signed with.
const SHORTEST_SECRET: usize = 16;

/// Who is told when synchronisation or the database is in trouble, and when.
#[expect(
    clippy::struct_field_names,
    reason = "clap makes the flags of the names"
)]
#[derive(Clone, Args)]
#[command(next_help_heading = "Alerts")]
pub struct AlertArgs {
    /// Address that alerts are posted to as JSON
    #[arg(long, env = "ALERT_WEBHOOK_URL", hide_env_values = true)]
    alert_webhook_url: Option<String>,

    /// Secret that they are signed with (HMAC-SHA256, header X-Dialgraph-Signature); at least 16
    /// characters
    #[arg(long, env = "ALERT_WEBHOOK_SECRET", hide_env_values = true)]
    alert_webhook_secret: Option<String>,

    /// Address of a DingTalk robot, with its access token
    #[arg(long, env = "ALERT_DINGTALK_URL", hide_env_values = true)]
    alert_dingtalk_url: Option<String>,

    /// Secret of the robot, where its security setting is the signature (加签)
    #[arg(long, env = "ALERT_DINGTALK_SECRET", hide_env_values = true)]
    alert_dingtalk_secret: Option<String>,

    /// Mail server that alerts are sent by: smtps://USER:PASSWORD@HOST, or
    /// smtp://USER:PASSWORD@HOST:587?tls=required
    #[arg(long, env = "ALERT_SMTP_URL", hide_env_values = true)]
    alert_smtp_url: Option<String>,

    /// Sender of the e-mails
    #[arg(long, env = "ALERT_EMAIL_FROM")]
    alert_email_from: Option<String>,

    /// Receivers of the e-mails, separated by commas
    #[arg(long, env = "ALERT_EMAIL_TO")]
    alert_email_to: Option<String>,

    /// Languages of the messages: zh, en, or zh,en for both
    #[arg(long, env = "ALERT_LANGUAGES", default_value = "zh,en", value_parser = languages)]
    alert_languages: Languages,

    /// How many minutes after the time that the schedule should have read it today may be unread
    /// (1-1440)
    #[arg(long, env = "ALERT_LAG_MINUTES", default_value_t = 30,
        value_parser = whole::<i64>(1..=1_440))]
    alert_lag_minutes: i64,

    /// After how many hours people are told again of what is still wrong (1-720)
    #[arg(long, env = "ALERT_REPEAT_HOURS", default_value_t = 24,
        value_parser = whole::<i64>(1..=720))]
    alert_repeat_hours: i64,
}

/// Alerts cannot be sent as the configuration says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AlertConfigError {
    /// A variable cannot be used.
    #[error("{variable}: {reason}")]
    Invalid {
        /// The variable.
        variable: &'static str,
        /// Why not.
        reason: InvalidChannel,
    },
    /// One that needs another.
    #[error("{given} is set, but {missing} is not: both are needed")]
    Missing {
        /// The variable that is set.
        given: &'static str,
        /// The one that is missing.
        missing: &'static str,
    },
    /// A secret that can be guessed.
    #[error(
        "{0}: at least {SHORTEST_SECRET} characters are needed; make one with: openssl rand -hex 32"
    )]
    ShortSecret(&'static str),
}

impl std::fmt::Debug for AlertArgs {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("AlertArgs")
    }
}

impl AlertArgs {
    /// When people are told.
    #[must_use]
    pub fn rules(&self) -> AlertRules {
        AlertRules {
            lag: TimeDelta::minutes(self.alert_lag_minutes),
            repeat: TimeDelta::hours(self.alert_repeat_hours),
            ..AlertRules::default()
        }
    }

    /// How people are told, besides the log and the metrics. To be called within a runtime.
    ///
    /// # Errors
    /// See [`AlertConfigError`].
    pub fn channels(&self) -> Result<Channels, AlertConfigError> {
        let mut senders: Vec<Box<dyn Sender>> = Vec::new();
        if let Some(webhook) = self.webhook()? {
            senders.push(Box::new(webhook));
        }
        if let Some(dingtalk) = self.dingtalk()? {
            senders.push(Box::new(dingtalk));
        }
        if let Some(email) = self.email()? {
            senders.push(Box::new(email));
        }
        Ok(Channels::new(senders).in_languages(self.alert_languages))
    }

    fn webhook(&self) -> Result<Option<Webhook>, AlertConfigError> {
        let (url, secret) = signed(
            ("ALERT_WEBHOOK_URL", text(self.alert_webhook_url.as_deref())),
            (
                "ALERT_WEBHOOK_SECRET",
                text(self.alert_webhook_secret.as_deref()),
            ),
        )?;
        let is_short =
            |secret: &SecretString| secret.expose_secret().chars().count() < SHORTEST_SECRET;
        if secret.as_ref().is_some_and(is_short) {
            return Err(AlertConfigError::ShortSecret("ALERT_WEBHOOK_SECRET"));
        }
        url.map(|url| Webhook::new(&url, secret))
            .transpose()
            .map_err(|reason| invalid("ALERT_WEBHOOK_URL", reason))
    }

    fn dingtalk(&self) -> Result<Option<Dingtalk>, AlertConfigError> {
        let (url, secret) = signed(
            (
                "ALERT_DINGTALK_URL",
                text(self.alert_dingtalk_url.as_deref()),
            ),
            (
                "ALERT_DINGTALK_SECRET",
                text(self.alert_dingtalk_secret.as_deref()),
            ),
        )?;
        url.map(|url| Dingtalk::new(&url, secret))
            .transpose()
            .map_err(|reason| invalid("ALERT_DINGTALK_URL", reason))
    }

    fn email(&self) -> Result<Option<Email>, AlertConfigError> {
        let server = ("ALERT_SMTP_URL", text(self.alert_smtp_url.as_deref()));
        let from = ("ALERT_EMAIL_FROM", text(self.alert_email_from.as_deref()));
        let to = ("ALERT_EMAIL_TO", text(self.alert_email_to.as_deref()));
        let all = [server, from, to];
        let Some((set, _)) = all.into_iter().find(|(_, value)| value.is_some()) else {
            return Ok(None);
        };
        let value = |(missing, value): (&'static str, Option<&str>)| match value {
            Some(value) => Ok(value.to_owned()),
            None => Err(AlertConfigError::Missing {
                given: set,
                missing,
            }),
        };
        let (server, from, to) = (value(server)?, value(from)?, value(to)?);
        let to: Vec<String> = to
            .split(',')
            .filter_map(|one| given(one.trim()).map(str::to_owned))
            .collect();
        let config = EmailConfig {
            server: &server.into(),
            from: &from,
            to: &to,
        };
        Email::new(&config).map(Some).map_err(|reason| {
            let variable = match reason {
                InvalidChannel::NoMailbox => "ALERT_EMAIL_FROM, ALERT_EMAIL_TO",
                _ => "ALERT_SMTP_URL",
            };
            invalid(variable, reason)
        })
    }
}

fn languages(text: &str) -> Result<Languages, String> {
    let text = text.to_ascii_lowercase();
    let mut languages: Vec<&str> = text.split(',').map(str::trim).collect();
    languages.sort_unstable();
    languages.dedup();
    match languages.as_slice() {
        ["en"] => Ok(Languages::English),
        ["zh"] => Ok(Languages::Chinese),
        ["en", "zh"] => Ok(Languages::Both),
        _ => Err("zh, en, or zh,en is wanted".to_owned()),
    }
}

type Variable<'a> = (&'static str, Option<&'a str>);

/// An address and the secret that goes with it, which is of no use alone.
fn signed(
    url: Variable<'_>,
    secret: Variable<'_>,
) -> Result<(Option<SecretString>, Option<SecretString>), AlertConfigError> {
    let value = |(_, value): Variable<'_>| value.map(SecretString::from);
    match (value(url), value(secret)) {
        (None, Some(_)) => Err(AlertConfigError::Missing {
            given: secret.0,
            missing: url.0,
        }),
        both => Ok(both),
    }
}

fn text(value: Option<&str>) -> Option<&str> {
    value.and_then(given).map(str::trim)
}

const fn invalid(variable: &'static str, reason: InvalidChannel) -> AlertConfigError {
    AlertConfigError::Invalid { variable, reason }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use strum::VariantArray as _;

    use crate::domain::alert::AlertChannel;

    #[derive(Parser)]
    struct Test {
        #[command(flatten)]
        alerts: AlertArgs,
    }

    fn channels(arguments: &[&str]) -> Result<Vec<AlertChannel>, String> {
        let arguments = ["test"].iter().chain(arguments);
        let channels = Test::parse_from(arguments).alerts.channels();
        channels
            .map(|channels| channels.kinds())
            .map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn channels_are_what_is_configured() {
        assert_eq!(channels(&[]), Ok(vec![]));
        let all = [
            "--alert-webhook-url=http://10.0.0.1/hook",
            "--alert-webhook-secret=0123456789abcdef",
            "--alert-dingtalk-url=https://oapi.dingtalk.com/robot/send?access_token=x",
            "--alert-dingtalk-secret=SECx",
            "--alert-smtp-url=smtps://me:pw@mail.example.com",
            "--alert-email-from=dialgraph <a@example.com>",
            "--alert-email-to=b@example.com, c@example.com,",
        ];
        assert_eq!(channels(&all), Ok(AlertChannel::VARIANTS.to_vec()));
    }

    #[test]
    fn messages_are_in_chinese_english_or_both() {
        for (text, expected) in [
            ("zh", Languages::Chinese),
            ("EN", Languages::English),
            ("en, zh", Languages::Both),
        ] {
            assert_eq!(languages(text), Ok(expected), "{text}");
        }
        for text in ["", "fr", "zh,fr", "zh en"] {
            assert!(languages(text).is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn what_is_wrong_is_named_and_not_repeated() {
        for (arguments, variable, secret) in [
            (
                vec!["--alert-webhook-url=pa55word"],
                "ALERT_WEBHOOK_URL: ",
                "pa55word",
            ),
            (
                vec![
                    "--alert-webhook-url=http://x",
                    "--alert-webhook-secret=pa55word",
                ],
                "ALERT_WEBHOOK_SECRET: ",
                "pa55word",
            ),
            (
                vec!["--alert-webhook-secret=pa55word"],
                "ALERT_WEBHOOK_SECRET is set, but ALERT_WEBHOOK_URL is not",
                "pa55word",
            ),
            (
                vec!["--alert-dingtalk-url=http://oapi.dingtalk.com/?access_token=pa55word"],
                "ALERT_DINGTALK_URL: ",
                "pa55word",
            ),
            (
                vec!["--alert-smtp-url=smtp://me:pa55word@mail.example.com"],
                "ALERT_SMTP_URL is set, but ALERT_EMAIL_FROM is not",
                "pa55word",
            ),
            (
                vec![
                    "--alert-smtp-url=smtp://me:pa55word@mail.example.com",
                    "--alert-email-from=a@example.com",
                    "--alert-email-to=b@example.com",
                ],
                "ALERT_SMTP_URL: ",
                "pa55word",
            ),
            (
                vec![
                    "--alert-smtp-url=smtps://mail.example.com",
                    "--alert-email-from=a@example.com",
                    "--alert-email-to=,",
                ],
                "ALERT_EMAIL_FROM, ALERT_EMAIL_TO: ",
                "pa55word",
            ),
        ] {
            let error = channels(&arguments).unwrap_err();
            assert!(error.starts_with(variable), "{error}");
            assert!(!error.contains(secret), "{error}");
        }
    }
}
