//! `calls` that the platform has no longer: which there are to compare with it, and their marks.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};

use super::{Result, Transaction, calls::CallRow, dialect};
use crate::{
    domain::dialing::CallSource,
    entity::call::{Column, Entity},
};

/// The external ids of the platform's calls from `from` to `to`, both in whole seconds and
/// included, that are not removed, with when each was first stored.
///
/// # Errors
/// When the database fails.
pub async fn live_external_ids(
    db: &impl ConnectionTrait,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<(String, DateTime<Utc>)>> {
    Ok(Entity::find()
        .select_only()
        .columns([Column::ExternalId, Column::CreatedAt])
        .filter(live(from, to))
        .into_tuple()
        .all(db)
        .await?)
}

/// How many calls [`live_external_ids`] would give.
///
/// # Errors
/// When the database fails.
pub async fn count_live(
    db: &impl ConnectionTrait,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<i64> {
    let count = Entity::find().filter(live(from, to)).count(db).await?;
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

/// The whole second `to` belongs to the window.
fn live(from: DateTime<Utc>, to: DateTime<Utc>) -> Condition {
    known()
        .add(Column::CallTime.gte(from))
        .add(Column::CallTime.lt(to + TimeDelta::seconds(1)))
}

/// The calls that the platform told us of and is not found to have lost.
fn known() -> Condition {
    Condition::all()
        .add(Column::Source.eq(CallSource::Guanke))
        .add(Column::ExternalId.is_not_null())
        .add(Column::RemovedAt.is_null())
}

/// Locks those of the platform's calls that are not removed, in the order in which every writer
/// locks, and returns them.
pub async fn lock_known(tx: &Transaction, external_ids: &[&str]) -> Result<Vec<CallRow>> {
    let backend = tx.get_database_backend();
    let mut find = Entity::find()
        .filter(dialect::among(backend, Column::ExternalId, external_ids))
        .filter(known())
        .order_by_asc(Column::ExternalId);
    dialect::lock_rows(backend, QueryTrait::query(&mut find));
    Ok(find.all(tx).await?)
}

/// Marks calls, which must be locked. The version that is stored is forgotten, so that the same one
/// told again is a change.
pub async fn mark(tx: &Transaction, call_ids: &[i64], now: DateTime<Utc>) -> Result<()> {
    for call_ids in call_ids.chunks(dialect::MAX_BINDINGS) {
        Entity::update_many()
            .col_expr(Column::RemovedAt, Expr::value(now))
            .col_expr(Column::SourceHash, Expr::value(Option::<i64>::None))
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(Column::Id.is_in(call_ids.iter().copied()))
            .exec(tx)
            .await?;
    }
    Ok(())
}
