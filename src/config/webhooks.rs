use clap::Args;
use secrecy::SecretString;

use crate::domain::fields::given;

/// Fewest characters of the secret.
const SHORTEST: usize = 16;

/// What the platform may push to us.
#[derive(Clone, Args)]
#[command(next_help_heading = "Guanke platform")]
pub struct WebhookArgs {
    /// Secret of the addresses that the platform pushes calls and forms to, POST
    /// /webhooks/guanke/cdr and /webhooks/guanke/form, in the header X-Webhook-Secret or the
    /// parameter `secret`; at least 16 characters. Without it there are no such addresses
    #[arg(long, env = "GUANKE_WEBHOOK_SECRET", hide_env_values = true)]
    guanke_webhook_secret: Option<String>,
}

/// The secret keeps nobody out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "GUANKE_WEBHOOK_SECRET must have at least {SHORTEST} characters; make one with: openssl rand -hex 24"
)]
pub struct ShortWebhookSecret;

impl std::fmt::Debug for WebhookArgs {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("WebhookArgs")
    }
}

impl WebhookArgs {
    /// The secret, if one is set.
    ///
    /// # Errors
    /// [`ShortWebhookSecret`] for one that could be guessed.
    pub fn secret(&self) -> Result<Option<SecretString>, ShortWebhookSecret> {
        let Some(secret) = self.guanke_webhook_secret.as_deref().and_then(given) else {
            return Ok(None);
        };
        if secret.chars().count() < SHORTEST {
            return Err(ShortWebhookSecret);
        }
        Ok(Some(secret.into()))
    }
}
