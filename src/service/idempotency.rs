//! Repeating a write harmlessly: the same actor, mutation, key and input get the first answer.

use std::hash::Hash;

use chrono::TimeDelta;
use serde::{Serialize, de::DeserializeOwned};

use super::write::{Result, Work, WriteError, Writer};
use crate::{
    domain::{
        change::Change,
        fields::{Fields, TextRule},
        fingerprint::fingerprint,
        problem::{Code, Path, Problems},
    },
    store::idempotency_keys::{self, Key},
};

/// The name of the input's field.
const FIELD: &str = "idempotencyKey";
/// How long a key is kept.
const KEPT: TimeDelta = TimeDelta::hours(24);

/// The key that a caller gave, if any, by the rules of short texts.
pub(super) fn read_key(given: Option<&str>, problems: &mut Problems) -> Option<String> {
    let key = Change::Set(given?.to_owned());
    Fields::new(Path::input(), problems).required_text(FIELD, TextRule::SHORT, key, None)
}

impl Work {
    fn key<'k>(&'k self, key: &'k str) -> Key<'k> {
        Key {
            actor: &self.actor,
            operation: self.operation,
            key,
        }
    }

    /// What the write answered that had `key` before this one; without a key, or with a new one,
    /// nothing. Waits for one that is at work at the same time.
    pub async fn earlier<A: DeserializeOwned>(
        &self,
        key: Option<&str>,
        input: &impl Hash,
    ) -> Result<Option<A>> {
        let Some(key) = key else {
            return Ok(None);
        };
        let hash = fingerprint(input);
        let since = self.now - KEPT;
        let claimed =
            idempotency_keys::claim(&self.tx, self.key(key), hash, self.now, since).await?;
        let Some(earlier) = claimed else {
            return Ok(None);
        };
        let answer = serde_json::from_str(&earlier.answer).ok();
        if let Some(answer) = answer.filter(|_| earlier.input_hash == hash) {
            return Ok(Some(answer));
        }
        let message = "this key was used with another input in the last 24 hours; take a new one";
        let path = Path::input().field(FIELD);
        Err(WriteError::refused(
            path,
            Code::IdempotencyKeyReused,
            message,
        ))
    }

    /// Keeps the answer for repeats with `key`, if there is one.
    pub async fn keep_answer(&self, key: Option<&str>, answer: &impl Serialize) -> Result<()> {
        if let (Some(key), Ok(answer)) = (key, serde_json::to_string(answer)) {
            idempotency_keys::answer(&self.tx, self.key(key), answer).await?;
        }
        Ok(())
    }
}

impl Writer<'_> {
    /// Deletes keys that are too old to count. What was written stays written if that fails.
    pub(super) async fn prune_keys(&self, key: Option<&str>) {
        if key.is_none() {
            return;
        }
        if let Err(error) = idempotency_keys::prune(self.db, self.now - KEPT).await {
            tracing::warn!(%error, "old idempotency keys could not be deleted");
        }
    }
}
