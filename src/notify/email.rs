//! E-mail.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    Sender,
    error::{InvalidChannel, NotifyError, harmless},
    http, words,
};
use crate::domain::alert::{AlertChannel, Notice};

/// How long the mail server may take for each of its answers, and for all of them.
const PATIENCE: Duration = Duration::from_secs(10);
const ALL_IN_ALL: Duration = Duration::from_secs(30);

/// Which e-mails are sent by whom.
pub struct EmailConfig<'a> {
    /// `smtps://…`, or `smtp://…` with `?tls=required`; plain `smtp://` without a password.
    pub server: &'a SecretString,
    /// The sender.
    pub from: &'a str,
    /// Who is told.
    pub to: &'a [String],
}

/// E-mails to some people.
pub struct Email {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    to: Vec<Mailbox>,
    /// What no error may repeat.
    password: Option<SecretString>,
}

impl Email {
    /// E-mails as `config` says. Connects to nobody yet.
    ///
    /// # Errors
    /// [`InvalidChannel`] for what is no server or no address, or where a password would be sent
    /// without TLS.
    pub fn new(config: &EmailConfig<'_>) -> Result<Self, InvalidChannel> {
        let address = config.server.expose_secret();
        let url: Url = address.parse().map_err(|_| InvalidChannel::NoServer)?;
        let is_open = url.scheme() == "smtp"
            && !url
                .query_pairs()
                .any(|(name, value)| name == "tls" && value == "required");
        if is_open && url.password().is_some() && !http::is_this_machine(&url) {
            return Err(InvalidChannel::OpenPassword);
        }
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(address)
            .map_err(|_| InvalidChannel::NoServer)?
            .timeout(Some(PATIENCE))
            .build();
        let mailbox = |text: &str| text.parse().map_err(|_| InvalidChannel::NoMailbox);
        let to: Vec<Mailbox> = config
            .to
            .iter()
            .map(|to| mailbox(to))
            .collect::<Result<_, _>>()?;
        if to.is_empty() {
            return Err(InvalidChannel::NoMailbox);
        }
        Ok(Self {
            transport,
            from: mailbox(config.from)?,
            to,
            password: url.password().map(SecretString::from),
        })
    }

    fn message(&self, notice: &Notice, now: DateTime<Utc>) -> Result<Message, NotifyError> {
        let titles = words::titles(notice);
        let lines = words::lines(notice).join("\n");
        let text = format!("{}\n\n{lines}\n", titles.join("\n"));
        let subject = titles.into_iter().next().unwrap_or_default();
        let mut message = Message::builder()
            .from(self.from.clone())
            .subject(subject)
            .date(now.into())
            // The same for each attempt: mail programs show a message once that comes twice.
            .message_id(Some(format!(
                "<alert-{}@{}>",
                notice.id,
                self.from.email.domain()
            )))
            .header(ContentType::TEXT_PLAIN);
        for to in &self.to {
            message = message.to(to.clone());
        }
        let unmade = |error: lettre::error::Error| NotifyError::Message(error.to_string());
        message.body(text).map_err(unmade)
    }
}

#[async_trait]
impl Sender for Email {
    fn channel(&self) -> AlertChannel {
        AlertChannel::Email
    }

    async fn send(&self, notice: &Notice, now: DateTime<Utc>) -> Result<(), NotifyError> {
        let message = self.message(notice, now)?;
        let sent = tokio::time::timeout(ALL_IN_ALL, self.transport.send(message));
        match sent.await {
            Err(_) => Err(NotifyError::Timeout),
            Ok(Err(error)) if error.is_timeout() => Err(NotifyError::Timeout),
            Ok(Err(error)) => {
                let secrets: Vec<&SecretString> = self.password.iter().collect();
                Err(NotifyError::Refused(harmless(&error.to_string(), &secrets)))
            }
            Ok(Ok(_)) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(server: &str, from: &str, to: &[&str]) -> Option<InvalidChannel> {
        let to: Vec<String> = to.iter().map(ToString::to_string).collect();
        let config = EmailConfig {
            server: &server.into(),
            from,
            to: &to,
        };
        Email::new(&config).err()
    }

    #[tokio::test]
    async fn a_password_is_sent_over_tls_only() {
        let made = |server| made(server, "a@example.com", &["B <b@example.com>"]);
        for good in [
            "smtps://me:pw@mail.example.com",
            "smtp://me:pw@mail.example.com:587?tls=required",
            "smtp://mail.example.com",
            "smtp://me:pw@127.0.0.1:2525",
        ] {
            assert_eq!(made(good), None, "{good}");
        }
        for open in [
            "smtp://me:pw@mail.example.com",
            "smtp://me:pw@mail.example.com?tls=opportunistic",
        ] {
            assert_eq!(made(open), Some(InvalidChannel::OpenPassword), "{open}");
        }
        for none in ["mail.example.com", "https://mail.example.com", "smtp:", ""] {
            assert_eq!(made(none), Some(InvalidChannel::NoServer), "{none}");
        }
    }

    #[tokio::test]
    async fn senders_and_receivers_are_checked() {
        let server = "smtps://mail.example.com";
        let none = Some(InvalidChannel::NoMailbox);
        assert_eq!(made(server, "nobody", &["b@example.com"]), none);
        assert_eq!(made(server, "a@example.com", &["nobody"]), none);
        assert_eq!(made(server, "a@example.com", &[]), none);
    }
}
