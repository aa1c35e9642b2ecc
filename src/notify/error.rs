use secrecy::{ExposeSecret as _, SecretString};

/// Most characters of what a receiver said that are repeated.
const LONGEST: usize = 300;

/// Nobody said that a message was taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotifyError {
    /// There was no answer, or it broke off.
    #[error("there was no answer: {0}")]
    Exchange(String),
    /// The answer took too long.
    #[error("there was no answer in time")]
    Timeout,
    /// The answer was another than one of 2xx; redirects are not followed.
    #[error("the answer was HTTP {0}")]
    Status(u16),
    /// The receiver says why it does not take it.
    #[error("it was refused: {0}")]
    Refused(String),
    /// What was said is no answer of such a receiver.
    #[error("the answer cannot be understood")]
    Malformed,
    /// The message cannot be made.
    #[error("the message cannot be made: {0}")]
    Message(String),
}

/// A channel cannot be used as it is configured. The text never repeats the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidChannel {
    /// Not a web address.
    #[error("a web address is wanted, such as https://alerts.example.com/hook")]
    NoAddress,
    /// Its access token could be read on the way.
    #[error("it must begin with https://; http:// is for this machine itself only")]
    NotPrivate,
    /// Not the address of a mail server.
    #[error(
        "the address of a mail server is wanted: smtps://USER:PASSWORD@HOST, or smtp://USER:PASSWORD@HOST:587?tls=required"
    )]
    NoServer,
    /// The password could be read on the way.
    #[error("a password is sent over TLS only: use smtps://, or add ?tls=required")]
    OpenPassword,
    /// Not an e-mail address.
    #[error(
        "an e-mail address is wanted, such as alerts@example.com or Alerts <alerts@example.com>"
    )]
    NoMailbox,
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made")]
    Client,
}

/// What a receiver said, short, on one line, and without `secrets`.
pub(super) fn harmless(text: &str, secrets: &[&SecretString]) -> String {
    let mut text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    for secret in secrets {
        let secret = secret.expose_secret();
        if !secret.is_empty() {
            text = text.replace(secret, "…");
        }
    }
    text.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_receiver_says_is_short_and_has_no_secrets() {
        let secret = SecretString::from("pa55word");
        let said = format!("no\r\npa55word here{}", "!".repeat(1_000));
        let shown = harmless(&said, &[&secret, &SecretString::from("")]);
        assert!(shown.starts_with("no  … here!"), "{shown}");
        assert_eq!(shown.chars().count(), LONGEST);
    }
}
