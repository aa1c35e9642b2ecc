//! `call_tags`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{OnConflict, Query},
};

use super::{
    Keyset, Result, Transaction,
    dialect::{MAX_BINDINGS, ROWS_A_STATEMENT},
};
pub use crate::entity::call_tag::Model as TagRow;
use crate::{
    domain::{
        dialing::{Tag, TagType},
        page::{Cursor, CursorValue},
    },
    entity::call_tag::{Column, Entity},
};

/// The table, to list it.
pub type Tags = Entity;

impl Keyset for Entity {
    const KEYS: &'static [Column] = &[Column::Id];
    const DESCENDING: bool = true;

    fn cursor(row: &TagRow) -> Cursor {
        Cursor(vec![CursorValue::Int(row.id)])
    }
}

/// The tags of each of these calls, by name and value. Calls without tags are missing.
pub async fn by_call(
    db: &impl ConnectionTrait,
    call_ids: &[i64],
) -> Result<HashMap<i64, Vec<TagRow>>> {
    let mut tags: HashMap<i64, Vec<TagRow>> = HashMap::new();
    for call_ids in call_ids.chunks(MAX_BINDINGS) {
        let rows = Entity::find()
            .filter(Column::CallId.is_in(call_ids.iter().copied()))
            .order_by_asc(Column::CallId)
            .order_by_asc(Column::TagName)
            .order_by_asc(Column::TagValue)
            .all(db)
            .await?;
        for row in rows {
            tags.entry(row.call_id).or_default().push(row);
        }
    }
    Ok(tags)
}

/// Takes the tags that a script gave away from these calls.
pub async fn delete_script_tags(tx: &Transaction, call_ids: &[i64]) -> Result<()> {
    for call_ids in call_ids.chunks(MAX_BINDINGS) {
        Entity::delete_many()
            .filter(Column::CallId.is_in(call_ids.iter().copied()))
            .filter(Column::TagType.eq(TagType::Script))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Gives calls the tags of their script. A tag that the call has already stays as it is.
pub async fn add_script_tags(
    tx: &Transaction,
    tags: &[(i64, &Tag)],
    now: DateTime<Utc>,
) -> Result<()> {
    for tags in tags.chunks(ROWS_A_STATEMENT) {
        let mut insert = Query::insert();
        insert.into_table(Entity).columns([
            Column::CallId,
            Column::TagName,
            Column::TagValue,
            Column::TagType,
            Column::CreatedAt,
        ]);
        for (call_id, tag) in tags {
            insert.values_panic([
                (*call_id).into(),
                tag.name.clone().into(),
                tag.value.clone().into(),
                TagType::Script.into(),
                now.into(),
            ]);
        }
        insert.on_conflict(
            OnConflict::columns([Column::CallId, Column::TagName, Column::TagValue])
                .do_nothing()
                .to_owned(),
        );
        tx.execute(&insert).await?;
    }
    Ok(())
}
