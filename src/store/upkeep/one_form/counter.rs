//! How far the change is, for those who wait for it.

use sea_orm::{EntityTrait, PaginatorTrait};

use crate::{
    entity::{call, call_push, call_tag},
    store::{Result, Transaction},
};

/// After how many rows the log says how far the change is.
const LOG_EVERY: u64 = 50_000;

/// How far the change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Rows that were looked at.
    pub done: u64,
    /// Rows in all.
    pub of: u64,
}

/// Counts the rows that were looked at, and tells.
pub(super) struct Counter<'a> {
    now: Progress,
    tell: &'a (dyn Fn(Progress) + Send + Sync),
}

impl<'a> Counter<'a> {
    /// Of all calls, tags and pushes.
    pub(super) async fn new(
        tx: &Transaction,
        tell: &'a (dyn Fn(Progress) + Send + Sync),
    ) -> Result<Self> {
        let of = call::Entity::find().count(tx).await?
            + call_tag::Entity::find().count(tx).await?
            + call_push::Entity::find().count(tx).await?;
        let now = Progress { done: 0, of };
        if of > 0 {
            tracing::info!(
                rows = of,
                "texts and telephone numbers are brought to one form: nothing else starts until that is done"
            );
            tell(now);
        }
        Ok(Self { now, tell })
    }

    /// So many more were looked at.
    pub(super) fn add(&mut self, rows: usize) {
        let before = self.now.done;
        self.now.done += rows as u64;
        (self.tell)(self.now);
        let Progress { done, of } = self.now;
        if is_told(before, done) {
            tracing::info!(
                done,
                of,
                "texts and telephone numbers are brought to one form"
            );
        }
    }
}

/// Whether the log says that there are `done` rows now, and were `before`.
const fn is_told(before: u64, done: u64) -> bool {
    before / LOG_EVERY < done / LOG_EVERY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_tells_now_and_then() {
        let pages = (0..200_000_u64).step_by(1_000);
        let told = pages.filter(|done| is_told(*done, done + 1_000));
        assert_eq!(told.collect::<Vec<_>>(), [49_000, 99_000, 149_000, 199_000]);
        assert!(!is_told(50_000, 50_010));
        assert!(is_told(49_999, 50_000));
    }
}
