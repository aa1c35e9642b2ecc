//! `call_tags`.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter,
    sea_query::{ExprTrait, OnConflict, Query},
};

pub use crate::entity::call_tag::Model as TagRow;
use crate::{
    domain::{
        dialing::{Tag, TagType},
        page::OrderKey,
    },
    entity::{
        call,
        call_tag::{Column, Entity},
    },
    store::{
        Result, Transaction,
        bulk::Bulk,
        calls::CallRow,
        dialect::MAX_BINDINGS,
        record::Stored,
        table::{LazyTable, Relation, Table, ToOne},
    },
};

/// All tags of calls, by name and value.
pub static TAGS: LazyTable = LazyLock::new(|| {
    let order = &[
        OrderKey::ascending("tag_name"),
        OrderKey::ascending("tag_value"),
        OrderKey::ascending("id"),
    ];
    let relations =
        vec![Relation::from(TagRow::CALL).filtered("The call that earned it is like this.")];
    Table::of::<Entity>("CallTag", order, relations).part_of("call")
});

impl TagRow {
    /// The call that earned it.
    pub const CALL: ToOne<Self, CallRow> = ToOne::new("call", "call_id");
}

impl Stored for TagRow {
    fn table() -> &'static Table {
        &TAGS
    }
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
    ADDED
        .execute(tx, tags, |(call_id, tag)| {
            [
                (*call_id).into(),
                tag.name.clone().into(),
                tag.value.clone().into(),
                tag_type.into(),
                now.into(),
            ]
        })
        .await
}

static ADDED: Bulk<5> = Bulk::new(
    || {
        let mut insert = Query::insert();
        insert
            .into_table(Entity)
            .columns([
                Column::CallId,
                Column::TagName,
                Column::TagValue,
                Column::TagType,
                Column::CreatedAt,
            ])
            .on_conflict(
                OnConflict::columns([Column::CallId, Column::TagName, Column::TagValue])
                    .do_nothing()
                    .to_owned(),
            );
        insert
    },
    150,
    300,
);

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
