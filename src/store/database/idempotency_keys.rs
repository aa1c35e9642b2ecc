//! `idempotency_keys`: what writes with a key answered.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use crate::{
    domain::principal::Principal,
    entity::idempotency_key::{ActiveModel, Column, Entity},
    store::{Database, Result, StoreError, Transaction},
};

/// A key is one actor's, for one mutation.
#[derive(Debug, Clone, Copy)]
pub struct Key<'a> {
    /// Who it is.
    pub actor: &'a Principal,
    /// The mutation.
    pub operation: &'static str,
    /// As the actor chose it.
    pub key: &'a str,
}

/// The write that had the key first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// Fingerprint of its input.
    pub input_hash: i64,
    /// What it answered, as JSON.
    pub answer: String,
}

/// Takes the key for this transaction, unless it was used since `kept_since`: then says by which
/// write. Waits for another transaction that has just taken it.
pub async fn claim(
    tx: &Transaction,
    key: Key<'_>,
    input_hash: i64,
    now: DateTime<Utc>,
    kept_since: DateTime<Utc>,
) -> Result<Option<Earlier>> {
    let row = ActiveModel {
        actor: Set(key.actor.to_string()),
        operation: Set(key.operation.to_owned()),
        key: Set(key.key.to_owned()),
        input_hash: Set(input_hash),
        answer: Set(String::new()),
        created_at: Set(now),
    };
    let mut conflict = OnConflict::columns([Column::Actor, Column::Operation, Column::Key]);
    conflict
        .update_columns([Column::InputHash, Column::Answer, Column::CreatedAt])
        .action_and_where(Expr::col((Entity, Column::CreatedAt)).lt(kept_since));
    let taken = Entity::insert(row)
        .on_conflict(conflict)
        .exec_without_returning(tx)
        .await?;
    if taken > 0 {
        return Ok(None);
    }
    let earlier = Entity::find_by_id((
        key.actor.to_string(),
        key.operation.to_owned(),
        key.key.to_owned(),
    ))
    .one(tx)
    .await?;
    match earlier {
        Some(row) => Ok(Some(Earlier {
            input_hash: row.input_hash,
            answer: row.answer,
        })),
        // It was too old, and somebody deleted it just now: it can be taken the next time.
        None => Err(StoreError::Contended(DbErr::RecordNotFound(
            "idempotency key".to_owned(),
        ))),
    }
}

/// Stores what the write that took the key answered.
pub async fn answer(tx: &Transaction, key: Key<'_>, answer: String) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Answer, Expr::value(answer))
        .filter(Column::Actor.eq(key.actor.to_string()))
        .filter(Column::Operation.eq(key.operation))
        .filter(Column::Key.eq(key.key))
        .exec(tx)
        .await?;
    Ok(())
}

/// Deletes the keys that were used before `kept_since`, in a transaction of its own.
pub async fn prune(db: &Database, kept_since: DateTime<Utc>) -> Result<()> {
    let old = || Column::CreatedAt.lt(kept_since);
    if Entity::find().filter(old()).one(db.read()).await?.is_none() {
        return Ok(());
    }
    db.transaction(async |tx| {
        Entity::delete_many().filter(old()).exec(tx).await?;
        Ok(())
    })
    .await
}
