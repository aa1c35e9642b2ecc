//! Whether the database takes writes: what the last of them came to, and one to find out.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use crate::{
    entity::write_probe::{ActiveModel, Column, Entity},
    store::{Database, Result, StoreError, Trouble},
};

/// What is known of writing. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct WriteHealth(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    trouble: Option<Trouble>,
    /// Whether a write failed since a probe last went well.
    has_failed: bool,
}

impl WriteHealth {
    /// Why writes fail at present, if they do.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        self.lock().trouble
    }

    /// Notes a write that failed; of no concern are those that others would not meet.
    pub(in crate::store) fn failed(&self, error: &StoreError) {
        let StoreError::Unwritable { trouble, .. } = error else {
            return;
        };
        let mut known = self.lock();
        known.has_failed = true;
        if known.trouble.replace(*trouble) != Some(*trouble) {
            tracing::error!(%trouble, "the database takes no writes");
        }
    }

    /// Notes a probe that went well. It is small, and may find room where others find none: it takes a
    /// second one, with no failure in between, for the trouble to be over.
    fn probed(&self) {
        let mut known = self.lock();
        if !std::mem::take(&mut known.has_failed) && known.trouble.take().is_some() {
            tracing::info!("the database takes writes again");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a probe writes: some pages, which need room.
const PROBE: usize = 16 * 1024;

/// Writes something, and notes what comes of it.
///
/// # Errors
/// When the database does not take it.
pub async fn probe(db: &Database, now: DateTime<Utc>) -> Result<()> {
    let filler = rand::random::<[u8; PROBE]>().to_vec();
    db.transaction(async |tx| {
        let row = ActiveModel {
            filler: Set(filler),
            written_at: Set(now),
            ..ActiveModel::default()
        };
        let id = Entity::insert(row).exec(tx).await?.last_insert_id;
        Entity::delete_many()
            .filter(Column::Id.lt(id))
            .exec(tx)
            .await?;
        Ok(())
    })
    .await?;
    db.health().probed();
    Ok(())
}
