//! `sync_leases`: who may work on what at present, over all instances.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, OnConflict, Query},
};

use crate::{
    clock::CLOCK_MARGIN,
    entity::sync_lease::{Column, Entity},
    store::{Result, Transaction},
};

/// Takes the lease `name` for `owner` until `expires_at`, if it is free or has expired. One that is held
/// for much longer than that was taken by a clock that is ahead, and is taken over.
/// Returns its fence number, or `None` when another owner holds it.
pub async fn acquire(
    tx: &Transaction,
    name: &str,
    owner: &str,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<Option<i64>> {
    take(tx, name, owner, expires_at, None, free(now, expires_at)).await
}

/// Takes up a tick of the schedule once over all instances: like [`acquire`], and refused when
/// this tick or a later one was taken up before. One that lies ahead of `now` was taken up by a clock
/// that was wrong: it is passed over, with a warning, and this one is noted in its place.
pub async fn acquire_tick(
    tx: &Transaction,
    name: &str,
    owner: &str,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    tick: DateTime<Utc>,
) -> Result<Option<i64>> {
    let before = Entity::find_by_id(name.to_owned()).one(tx).await?;
    if let Some(ahead) = before.and_then(|lease| lease.ticked_at) {
        is_credible(name, ahead, now);
    }
    let ticked = || Expr::col((Entity, Column::TickedAt));
    let fresh = ticked()
        .is_null()
        .or(ticked().lt(tick))
        .or(ticked().gt(now + CLOCK_MARGIN));
    let free = free(now, expires_at).and(fresh);
    take(tx, name, owner, expires_at, Some(tick), free).await
}

/// The last tick that was taken up under each lease that has any, by its name; but for those that lie
/// ahead of `now`.
pub async fn last_ticks(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Result<HashMap<String, DateTime<Utc>>> {
    let ticked = Entity::find()
        .filter(Column::TickedAt.is_not_null())
        .all(db)
        .await?;
    Ok(ticked
        .into_iter()
        .filter_map(|lease| Some((lease.name, lease.ticked_at?)))
        .filter(|(name, ticked)| is_credible(name, *ticked, now))
        .collect())
}

/// Whether a tick can have been taken up by `now`; if not, somebody should look at the clocks.
fn is_credible(name: &str, ticked: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let is_credible = ticked <= now + CLOCK_MARGIN;
    if !is_credible {
        tracing::warn!(
            job = name,
            %ticked,
            %now,
            "a tick of the schedule was taken up by a clock that is ahead, or this one is behind: it is ignored"
        );
    }
    is_credible
}

/// Who holds the lease `name`, or held it when it expired; `None` when it was given back.
pub async fn owner(db: &impl ConnectionTrait, name: &str) -> Result<Option<String>> {
    let lease = Entity::find_by_id(name.to_owned()).one(db).await?;
    Ok(lease.and_then(|lease| lease.owner))
}

/// Nobody has the lease, or its time is over: at the latest when that of whoever takes it now would be,
/// with a margin.
fn free(now: DateTime<Utc>, longest: DateTime<Utc>) -> Expr {
    let expires = || Expr::col((Entity, Column::ExpiresAt));
    Expr::col((Entity, Column::Owner))
        .is_null()
        .or(expires().lte(now))
        .or(expires().gt(longest + CLOCK_MARGIN))
}

async fn take(
    tx: &Transaction,
    name: &str,
    owner: &str,
    expires_at: DateTime<Utc>,
    tick: Option<DateTime<Utc>>,
    condition: Expr,
) -> Result<Option<i64>> {
    let mut conflict = OnConflict::column(Column::Name);
    conflict
        .update_columns([Column::Owner, Column::ExpiresAt])
        .value(Column::Fence, Expr::col((Entity, Column::Fence)).add(1))
        .action_and_where(condition);
    if tick.is_some() {
        conflict.update_column(Column::TickedAt);
    }
    let mut insert = Query::insert();
    insert
        .into_table(Entity)
        .columns([
            Column::Name,
            Column::Owner,
            Column::Fence,
            Column::ExpiresAt,
            Column::TickedAt,
        ])
        .values_panic([
            name.into(),
            owner.into(),
            1.into(),
            expires_at.into(),
            tick.into(),
        ])
        .on_conflict(conflict)
        .returning_col(Column::Fence);
    let row = tx.query_one(&insert).await?;
    Ok(row.map(|row| row.try_get("", "fence")).transpose()?)
}

/// Holds the lease on until `expires_at`. `false`: it is another's by now, and whatever was done
/// under it in this transaction must not be kept.
pub async fn renew(
    tx: &Transaction,
    name: &str,
    owner: &str,
    fence: i64,
    expires_at: DateTime<Utc>,
) -> Result<bool> {
    let done = Entity::update_many()
        .col_expr(Column::ExpiresAt, Expr::value(expires_at))
        .filter(Column::Name.eq(name))
        .filter(Column::Owner.eq(owner))
        .filter(Column::Fence.eq(fence))
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Gives every lease back, whoever holds it: for one who knows that nobody else is there.
pub async fn release_all(tx: &Transaction) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Owner, Expr::value(Option::<String>::None))
        .exec(tx)
        .await?;
    Ok(())
}

/// Gives the lease back, if it is still this owner's.
pub async fn release(tx: &Transaction, name: &str, owner: &str, fence: i64) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Owner, Expr::value(Option::<String>::None))
        .filter(Column::Name.eq(name))
        .filter(Column::Owner.eq(owner))
        .filter(Column::Fence.eq(fence))
        .exec(tx)
        .await?;
    Ok(())
}
