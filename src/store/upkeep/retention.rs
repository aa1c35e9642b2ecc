//! Deleting what is old, some rows at a time, and what has to be known of it afterwards.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Func, OnConflict, Query, SimpleExpr},
};

use crate::{
    domain::{business_time::latest_of, dialing::CallSource, sync::SyncStatus},
    entity::{call, call_tag, retention_horizon as horizon, sync_run},
    store::{
        Result, Transaction,
        call_pushes::{self, OldPushes},
        dialect, tag_counts,
    },
};

const CALLS: &str = "CALLS";
/// Before all days that there are calls of; of four digits, as SQLite compares texts.
pub const FIRST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(1, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// The first business day whose calls are all kept; `None` while no call was ever deleted for its
/// age. To store calls by it, see [`held_horizon`].
pub async fn call_horizon(db: &impl ConnectionTrait) -> Result<Option<NaiveDate>> {
    let row = horizon::Entity::find_by_id(CALLS.to_owned())
        .one(db)
        .await?;
    Ok(row.map(|row| row.day))
}

/// The horizon for a transaction that stores calls by it: it does not move until that ends.
pub async fn held_horizon(tx: &Transaction) -> Result<Option<NaiveDate>> {
    dialect::write_calls(tx).await?;
    call_horizon(tx).await
}

/// Says that calls of days before `day` are kept no longer. What was said of a later day stays. Waits
/// for whoever is storing calls, and they for this: none is stored by a horizon that has moved since.
pub async fn move_call_horizon(tx: &Transaction, day: NaiveDate, now: DateTime<Utc>) -> Result<()> {
    dialect::claim_calls(tx).await?;
    let row = horizon::ActiveModel {
        subject: sea_orm::ActiveValue::Set(CALLS.to_owned()),
        day: sea_orm::ActiveValue::Set(day),
        updated_at: sea_orm::ActiveValue::Set(now),
    };
    let mut conflict = OnConflict::column(horizon::Column::Subject);
    conflict
        .update_columns([horizon::Column::Day, horizon::Column::UpdatedAt])
        .action_and_where(Expr::col((horizon::Entity, horizon::Column::Day)).lt(day));
    horizon::Entity::insert(row)
        .on_conflict(conflict)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

fn horizon_day() -> SimpleExpr {
    let day = Query::select()
        .column((horizon::Entity, horizon::Column::Day))
        .from(horizon::Entity)
        .and_where(Expr::col((horizon::Entity, horizon::Column::Subject)).eq(CALLS))
        .take();
    SimpleExpr::SubQuery(None, Box::new(day.into()))
}

/// The horizon in a statement; before all days while there is none.
pub(in crate::store) fn first_kept() -> SimpleExpr {
    Func::coalesce([horizon_day(), Expr::value(FIRST_DAY)]).into()
}

/// That the call that goes by `alias` is of a day before the horizon; false while there is none. The
/// index is that of the instants.
pub(in crate::store) fn is_beyond(backend: DatabaseBackend, alias: &'static str) -> SimpleExpr {
    let time = Expr::col((alias, call::Column::CallTime));
    time.lt(dialect::next_midnight(backend, horizon_day()))
        .and(Expr::col((alias, call::Column::CallDate)).lt(horizon_day()))
}

/// 1 if any call may be of a day before the horizon, else 0: a look at the oldest.
pub(in crate::store) fn any_beyond(backend: DatabaseBackend) -> SimpleExpr {
    let oldest = Query::select()
        .expr(Expr::col((call::Entity, call::Column::CallTime)).min())
        .from(call::Entity)
        .take();
    let oldest = SimpleExpr::SubQuery(None, Box::new(oldest.into()));
    let is_beyond = oldest.lt(dialect::next_midnight(backend, horizon_day()));
    let flag: SimpleExpr = Expr::case(is_beyond, 1).finally(0).into();
    flag.cast_as("BIGINT")
}

/// That a call is of a business day before `day`. The index is that of the instants.
pub(in crate::store) fn calls_before(day: NaiveDate) -> SimpleExpr {
    let last = day.pred_opt().unwrap_or(day);
    call::Column::CallTime
        .lte(latest_of(last))
        .and(call::Column::CallDate.lt(day))
}

/// What was deleted of calls that are old.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PrunedCalls {
    /// Calls.
    pub calls: u64,
    /// Of those, calls of which something was pushed or imported that was deleted with them.
    pub pushes: u64,
}

/// Deletes calls of days before `day`, at most `limit`, with their tags and what was pushed and imported of
/// them. Their figures stay: what their tags counted for is noted, and of their rollups the horizon, which
/// must have been moved before, says that they are not to be compared any more.
pub async fn prune_calls(tx: &Transaction, day: NaiveDate, limit: u64) -> Result<PrunedCalls> {
    dialect::write_calls(tx).await?;
    let mut find = call::Entity::find()
        .select_only()
        .columns([
            call::Column::Id,
            call::Column::Source,
            call::Column::ExternalId,
        ])
        .filter(calls_before(day))
        .order_by_asc(call::Column::CallTime)
        .limit(limit);
    dialect::lock_rows(tx.get_database_backend(), QueryTrait::query(&mut find));
    let rows: Vec<(i64, CallSource, Option<String>)> = find.into_tuple().all(tx).await?;
    if rows.is_empty() {
        return Ok(PrunedCalls::default());
    }
    let ids: Vec<i64> = rows.iter().map(|(id, ..)| *id).collect();
    let told = rows.iter().filter_map(|(_, source, external_id)| {
        let external_id = external_id.as_deref()?;
        (*source == CallSource::Guanke).then_some(external_id)
    });
    let told: Vec<&str> = told.collect();
    let pushes = call_pushes::forget(tx, &told).await?;
    let counts = tag_counts::of_calls(tx, &ids).await?;
    tag_counts::archive(tx, counts).await?;
    call_tag::Entity::delete_many()
        .filter(call_tag::Column::CallId.is_in(ids.iter().copied()))
        .exec(tx)
        .await?;
    let deleted = call::Entity::delete_many()
        .filter(call::Column::Id.is_in(ids))
        .exec(tx)
        .await?;
    Ok(PrunedCalls {
        calls: deleted.rows_affected,
        pushes,
    })
}

/// Of how many calls what was pushed and imported is deleted: what is `old`, and what goes with calls of
/// days before `day`.
pub async fn count_pushes(
    db: &impl ConnectionTrait,
    old: &[OldPushes],
    day: Option<NaiveDate>,
) -> Result<u64> {
    call_pushes::count_old(db, old, day.map(calls_before)).await
}

/// Whether there are calls of days before `day`.
pub async fn has_old_calls(db: &impl ConnectionTrait, day: NaiveDate) -> Result<bool> {
    let mut find = call::Entity::find().select_only().column(call::Column::Id);
    find = find.filter(calls_before(day)).limit(1);
    Ok(find.into_tuple::<i64>().one(db).await?.is_some())
}

/// How many calls of days before `day` there are.
pub async fn old_calls(db: &impl ConnectionTrait, day: NaiveDate) -> Result<u64> {
    Ok(call::Entity::find()
        .filter(calls_before(day))
        .count(db)
        .await?)
}

/// That a run ended before `before`. One that is at work has no end.
fn runs_before(before: DateTime<Utc>) -> SimpleExpr {
    sync_run::Column::FinishedAt
        .lt(before)
        .and(sync_run::Column::Status.ne(SyncStatus::Running))
}

/// Deletes runs that ended before `before`, with their slices, at most `limit`. Returns how many.
pub async fn prune_runs(tx: &Transaction, before: DateTime<Utc>, limit: u64) -> Result<u64> {
    let mut old = Query::select();
    old.column(sync_run::Column::Id)
        .from(sync_run::Entity)
        .and_where(runs_before(before))
        .limit(limit);
    Ok(sync_run::Entity::delete_many()
        .filter(sync_run::Column::Id.in_subquery(old))
        .exec(tx)
        .await?
        .rows_affected)
}

/// How many runs ended before `before`.
pub async fn old_runs(db: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<u64> {
    Ok(sync_run::Entity::find()
        .filter(runs_before(before))
        .count(db)
        .await?)
}
