//! What the tags of calls counted for that are kept no longer, and the counts of tags with it.
//!
//! Nothing but counts is left of these tags: those that become one tag are added.

use sea_orm::EntityTrait;

use super::changed;
use crate::{
    entity::archived_tag_count::Entity,
    store::{
        Change, Result, Transaction, data_changes,
        tag_counts::{self, TagCounts},
    },
};

/// The change in `data_changes`.
const NAME: &str = "ARCHIVED_TAGS";

/// Brings them to one form, unless that was done. All migrations must have been applied.
pub(in crate::store) async fn bring(tx: &Transaction) -> Result<()> {
    if !data_changes::is_owed(tx, NAME).await? {
        return Ok(());
    }
    let (mut before, mut after) = (TagCounts::default(), TagCounts::default());
    let mut rows = 0_u64;
    for row in Entity::find().all(tx).await? {
        let name = changed("tag_name", Some(&row.tag_name)).and_then(|form| form.0);
        let value = changed("tag_value", Some(&row.tag_value)).and_then(|form| form.0);
        if name.is_none() && value.is_none() {
            continue;
        }
        let key = (row.task_id, row.tag_name.clone(), row.tag_value.clone());
        let name = name.unwrap_or(row.tag_name);
        let value = value.unwrap_or(row.tag_value);
        before.count(row.task_id, &key.1, &key.2, row.calls);
        after.count(row.task_id, &name, &value, row.calls);
        Entity::delete_by_id(key).exec(tx).await?;
        rows += 1;
    }
    tag_counts::archive(tx, after.clone()).await?;
    tag_counts::apply(tx, after.minus(before)).await?;
    data_changes::done(tx, NAME, &rows).await?;
    if rows > 0 {
        tx.note(Change::Anything);
        tracing::info!(
            rows,
            "tags of calls that are kept no longer were brought to one form"
        );
    }
    Ok(())
}
