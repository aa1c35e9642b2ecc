//! Telling people outside: webhooks, DingTalk robots and e-mail. Knows no database; what is told when
//! is decided elsewhere, and so is whether it is tried again.

mod dingtalk;
mod email;
mod error;
mod http;
mod webhook;
mod words;

pub use dingtalk::Dingtalk;
pub use email::{Email, EmailConfig};
pub use error::{InvalidChannel, NotifyError};
pub use webhook::Webhook;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::alert::{AlertChannel, Notice};

/// How people are told.
#[async_trait]
pub trait Sender: Send + Sync {
    /// Where.
    fn channel(&self) -> AlertChannel;

    /// Sends a message once; `now` is what it is signed with.
    ///
    /// # Errors
    /// [`NotifyError`] when nobody said that it was taken. It may have been taken all the same. The
    /// text has no secrets and no addresses in it.
    async fn send(&self, notice: &Notice, now: DateTime<Utc>) -> Result<(), NotifyError>;
}
