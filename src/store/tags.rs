//! `call_tags`.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    sea_query::{OnConflict, Query},
};

use super::{
    Result, Transaction,
    calls::CALLS,
    dialect::{MAX_BINDINGS, ROWS_A_STATEMENT},
    record::stored,
    table::{LazyTable, Relation, Table},
};
pub use crate::entity::call_tag::Model as TagRow;
use crate::{
    domain::{
        dialing::{Tag, TagType},
        page::OrderKey,
    },
    entity::call_tag::{Column, Entity},
};

/// All tags of calls, by name and value.
pub static TAGS: LazyTable = LazyLock::new(|| {
    let order = &[
        OrderKey::ascending("tag_name"),
        OrderKey::ascending("tag_value"),
        OrderKey::ascending("id"),
    ];
    let relations = vec![Relation::one("call", "call_id", &CALLS)];
    Table::of::<Entity>(order, relations, read)
});

stored!(
    TagRow,
    TAGS,
    [id, call_id, tag_name, tag_value, tag_type, created_at]
);

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
