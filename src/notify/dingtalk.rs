//! A robot of a DingTalk group: <https://open.dingtalk.com/document/robots/custom-robot-access>.

use async_trait::async_trait;
use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use reqwest::{Client, Url, header::CONTENT_TYPE};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;

use super::{
    Sender,
    error::{InvalidChannel, NotifyError, harmless},
    http, words,
};
use crate::domain::alert::{AlertChannel, Notice};

/// A DingTalk robot.
pub struct Dingtalk {
    client: Client,
    /// With the robot's access token in its query.
    url: Url,
    secret: Option<SecretString>,
}

impl Dingtalk {
    /// One at `url`, with the `secret` of its security setting "additional signature" (加签), if it has
    /// one.
    ///
    /// # Errors
    /// [`InvalidChannel`] for what is no web address, or not `https`.
    pub fn new(url: &SecretString, secret: Option<SecretString>) -> Result<Self, InvalidChannel> {
        let url = http::address(url.expose_secret())?;
        if url.scheme() != "https" && !http::is_this_machine(&url) {
            return Err(InvalidChannel::NotPrivate);
        }
        Ok(Self {
            client: http::client()?,
            url,
            secret,
        })
    }
}

/// Base64 of the HMAC-SHA256 of the timestamp in milliseconds, a line feed and the secret, by the
/// secret.
fn sign(secret: &SecretString, timestamp: i64) -> String {
    let secret = secret.expose_secret();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{timestamp}\n{secret}").as_bytes());
    STANDARD.encode(tag)
}

/// What the robot answers, with HTTP 200 whatever it says.
#[derive(Deserialize)]
struct Answer {
    errcode: i64,
    #[serde(default)]
    errmsg: String,
}

fn markdown(notice: &Notice) -> (String, String) {
    let mut titles = words::titles(notice).into_iter();
    let title = titles.next().unwrap_or_default();
    let mut lines = vec![format!("#### {title}")];
    lines.extend(titles.map(|title| format!("**{title}**")));
    lines.extend(words::lines(notice).iter().map(|line| plain(line)));
    (title, lines.join("\n\n"))
}

/// What the platform said must not become links, headings or mentions.
fn plain(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    for character in line.chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '!' => {
                plain.push('\\');
                plain.push(character);
            }
            // Nobody is called.
            '@' => plain.push('＠'),
            character if character.is_control() => plain.push(' '),
            character => plain.push(character),
        }
    }
    plain
}

#[async_trait]
impl Sender for Dingtalk {
    fn channel(&self) -> AlertChannel {
        AlertChannel::Dingtalk
    }

    async fn send(&self, notice: &Notice, now: DateTime<Utc>) -> Result<(), NotifyError> {
        let mut url = self.url.clone();
        if let Some(secret) = &self.secret {
            let timestamp = now.timestamp_millis();
            url.query_pairs_mut()
                .append_pair("timestamp", &timestamp.to_string())
                .append_pair("sign", &sign(secret, timestamp));
        }
        let (title, text) = markdown(notice);
        let body = json!({ "msgtype": "markdown", "markdown": { "title": title, "text": text } });
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string());
        let answer = http::exchange(request).await?;
        let answer: Answer = serde_json::from_slice(&answer).map_err(|_| NotifyError::Malformed)?;
        if answer.errcode == 0 {
            return Ok(());
        }
        let secrets: Vec<&SecretString> = self.secret.iter().collect();
        let said = harmless(&answer.errmsg, &secrets);
        Err(NotifyError::Refused(format!("{} {said}", answer.errcode)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf '1763611200000\nthis is secret' | openssl dgst -sha256 -hmac 'this is secret' -binary |
    /// base64`
    #[test]
    fn the_signature_is_that_of_the_documentation() {
        let secret = SecretString::from("this is secret");
        assert_eq!(
            sign(&secret, 1_763_611_200_000),
            "J7hYwQjtMJC179es3IMaIZJeo+JUwosYSewWcehkXFs="
        );
    }

    #[test]
    fn what_the_platform_said_is_no_markdown() {
        assert_eq!(
            plain("[x](http://y) @all\n# *z*"),
            "\\[x\\](http://y) ＠all \\# \\*z\\*"
        );
    }

    #[test]
    fn a_token_travels_by_https_or_on_this_machine() {
        let made = |url: &str| Dingtalk::new(&url.into(), None).err();
        assert_eq!(
            made("https://oapi.dingtalk.com/robot/send?access_token=x"),
            None
        );
        assert_eq!(made("http://127.0.0.1:1/robot"), None);
        assert_eq!(
            made("http://oapi.dingtalk.com/robot/send"),
            Some(InvalidChannel::NotPrivate)
        );
        assert_eq!(made("oapi.dingtalk.com"), Some(InvalidChannel::NoAddress));
    }
}
