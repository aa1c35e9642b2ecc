//! `call_tags`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{ExprTrait, OnConflict, Query},
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
    entity::{
        call,
        call_tag::{Column, Entity},
    },
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

/// Gives calls tags. A tag that the call has already stays as it is. Returns how many were added.
pub async fn add(
    tx: &Transaction,
    tag_type: TagType,
    tags: &[(i64, &Tag)],
    now: DateTime<Utc>,
) -> Result<u64> {
    let mut added = 0;
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
                tag_type.into(),
                now.into(),
            ]);
        }
        insert.on_conflict(
            OnConflict::columns([Column::CallId, Column::TagName, Column::TagValue])
                .do_nothing()
                .to_owned(),
        );
        added += tx.execute(&insert).await?.rows_affected();
    }
    Ok(added)
}

/// Takes these tags away from a call, whoever gave them. Returns how many it had.
pub async fn remove(tx: &Transaction, call_id: i64, tags: &[Tag]) -> Result<u64> {
    let mut any = Condition::any();
    for tag in tags {
        any = any.add(
            Column::TagName
                .eq(tag.name.as_str())
                .and(Column::TagValue.eq(tag.value.as_str())),
        );
    }
    Ok(Entity::delete_many()
        .filter(Column::CallId.eq(call_id))
        .filter(any)
        .exec(tx)
        .await?
        .rows_affected)
}

/// Takes all tags away from a call. Returns how many it had.
pub async fn remove_all(tx: &Transaction, call_id: i64) -> Result<u64> {
    Ok(Entity::delete_many()
        .filter(Column::CallId.eq(call_id))
        .exec(tx)
        .await?
        .rows_affected)
}

/// Takes all tags away from the calls of a task. Returns how many they had.
pub async fn remove_all_of_task(tx: &Transaction, task_id: i64) -> Result<u64> {
    let calls = Query::select()
        .column(call::Column::Id)
        .from(call::Entity)
        .and_where(call::Column::TaskId.eq(task_id))
        .take();
    Ok(Entity::delete_many()
        .filter(Column::CallId.in_subquery(calls))
        .exec(tx)
        .await?
        .rows_affected)
}
