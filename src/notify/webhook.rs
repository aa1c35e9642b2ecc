//! JSON to an address of the operator's, signed.

use async_trait::async_trait;
use aws_lc_rs::hmac;
use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::{Client, Url, header::CONTENT_TYPE};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::{
    Sender,
    error::{InvalidChannel, NotifyError},
    http, words,
};
use crate::domain::alert::{AlertChannel, Languages, Notice};

/// A webhook.
pub struct Webhook {
    client: Client,
    url: Url,
    secret: Option<SecretString>,
}

impl Webhook {
    /// One at `url`, which is told what is signed with `secret`, if there is one.
    ///
    /// # Errors
    /// [`InvalidChannel`] for what is no web address.
    pub fn new(url: &SecretString, secret: Option<SecretString>) -> Result<Self, InvalidChannel> {
        Ok(Self {
            client: http::client()?,
            url: http::address(url.expose_secret())?,
            secret,
        })
    }
}

/// The message as receivers read it.
fn body(notice: &Notice) -> Value {
    let instant = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let alert = notice.about.map(|alert| {
        json!({
            "id": alert.id,
            "kind": alert.kind.to_string(),
            "track": alert.subject.track.to_string(),
            "date": alert.subject.day,
            "runId": alert.subject.run_id,
            "openedAt": instant(alert.opened_at),
            "resolvedAt": alert.resolved_at.map(instant),
        })
    });
    let database = notice.database.map(|database| {
        json!({
            "id": null,
            "kind": "DATABASE_UNWRITABLE",
            "track": null,
            "date": null,
            "runId": null,
            "openedAt": instant(database.opened_at),
            "resolvedAt": database.resolved_at.map(instant),
        })
    });
    let alert = alert.or(database);
    let event = notice.about.map(|alert| alert.event);
    let event = event.or(notice.database.map(|database| database.event));
    let event = event.map_or("TEST", Into::into);
    let mut body = json!({
        "id": notice.id,
        "event": event,
        "at": instant(notice.at),
        "message": words::message(notice),
        "alert": alert,
    });
    if notice.languages == Languages::Both {
        body["messageZh"] = notice.message.zh.as_str().into();
    }
    body
}

/// `sha256=` and, in hexadecimal digits, the HMAC-SHA256 of the timestamp, a point and the body.
fn signature(secret: &SecretString, timestamp: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    let tag = hmac::sign(&key, format!("{timestamp}.{body}").as_bytes());
    format!("sha256={}", hex::encode(tag))
}

#[async_trait]
impl Sender for Webhook {
    fn channel(&self) -> AlertChannel {
        AlertChannel::Webhook
    }

    async fn send(&self, notice: &Notice, now: DateTime<Utc>) -> Result<(), NotifyError> {
        let (body, timestamp) = (body(notice).to_string(), now.timestamp());
        let mut request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("X-Dialgraph-Delivery", &notice.id)
            .header("X-Dialgraph-Timestamp", timestamp);
        if let Some(secret) = &self.secret {
            let signature = signature(secret, timestamp, &body);
            request = request.header("X-Dialgraph-Signature", signature);
        }
        http::exchange(request.body(body)).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf '%s' '1763611200.{"event":"TEST"}' | openssl dgst -sha256 -hmac 'a secret of tests'`
    #[test]
    fn the_signature_is_that_of_the_timestamp_and_the_body() {
        let secret = SecretString::from("a secret of tests");
        assert_eq!(
            signature(&secret, 1_763_611_200, r#"{"event":"TEST"}"#),
            "sha256=5eb17fa32a9a014f37fa9363f9bab84552891b312e699da5edfa906c899e0624"
        );
    }
}
