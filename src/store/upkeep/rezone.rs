//! Moving the stored business days to those of another zone: `calls`, `lead_packages`, and what was
//! proven by the windows of the old days.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    domain::{
        business_time::BusinessZone,
        sync::{SyncStatus, SyncTrack},
    },
    entity::{call, lead_package, sync_day, sync_lease, sync_run},
    store::{Change, Result, Transaction, calls::CallRow, dialect},
};

/// The calls whose ids follow `watermark`, in the order of their ids, at most `limit`.
pub async fn calls_after(tx: &Transaction, watermark: i64, limit: u64) -> Result<Vec<CallRow>> {
    Ok(call::Entity::find()
        .filter(call::Column::Id.gt(watermark))
        .order_by_asc(call::Column::Id)
        .limit(limit)
        .all(tx)
        .await?)
}

/// How many calls there are whose ids do not lie behind `watermark`, and how many at all.
pub async fn progress(db: &impl ConnectionTrait, watermark: i64) -> Result<(u64, u64)> {
    let done = call::Entity::find().filter(call::Column::Id.lte(watermark));
    Ok((done.count(db).await?, call::Entity::find().count(db).await?))
}

/// Gives calls another day and hour, those of each at once.
pub async fn set_days(
    tx: &Transaction,
    days: &BTreeMap<(NaiveDate, i16), Vec<i64>>,
    now: DateTime<Utc>,
) -> Result<()> {
    for ((day, hour), ids) in days {
        let among = dialect::one_of_ids(tx.get_database_backend(), call::Column::Id, ids);
        call::Entity::update_many()
            .col_expr(call::Column::CallDate, Expr::value(*day))
            .col_expr(call::Column::CallHour, Expr::value(*hour))
            .col_expr(call::Column::UpdatedAt, Expr::value(now))
            .col_expr(
                call::Column::Version,
                Expr::col(call::Column::Version).add(1),
            )
            .filter(among)
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Gives each package the day of `zone` on which it was created. Returns how many got another one.
pub async fn set_package_days(
    tx: &Transaction,
    zone: BusinessZone,
    now: DateTime<Utc>,
) -> Result<u64> {
    use lead_package::Column;
    let packages: Vec<(i64, DateTime<Utc>, NaiveDate)> = lead_package::Entity::find()
        .select_only()
        .columns([Column::Id, Column::CreatedAt, Column::CreatedDate])
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(tx)
        .await?;
    let mut days: BTreeMap<NaiveDate, Vec<i64>> = BTreeMap::new();
    for (id, created_at, day) in packages {
        let moved = zone.day_of(created_at);
        if moved != day {
            days.entry(moved).or_default().push(id);
        }
    }
    let mut moved = 0;
    for (day, ids) in days {
        let among = dialect::one_of_ids(tx.get_database_backend(), Column::Id, &ids);
        moved += lead_package::Entity::update_many()
            .col_expr(Column::CreatedDate, Expr::value(day))
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(among)
            .exec(tx)
            .await?
            .rows_affected;
    }
    Ok(moved)
}

/// The runs at work.
pub async fn running(tx: &Transaction) -> Result<Vec<i64>> {
    Ok(sync_run::Entity::find()
        .select_only()
        .column(sync_run::Column::Id)
        .filter(sync_run::Column::Status.eq(SyncStatus::Running))
        .into_tuple()
        .all(tx)
        .await?)
}

/// The days whose reads prove nothing any more.
#[derive(Debug, Clone, Copy)]
pub struct Unproven<'a> {
    /// The first of them; all days if `None`.
    pub first: Option<NaiveDate>,
    /// Days before this one cannot be read again: their calls are kept no longer.
    pub kept_from: Option<NaiveDate>,
    /// Why those days are not complete.
    pub reason: &'a str,
}

/// Takes back what was proven of the call records of days by the windows of other days: they are to be
/// read again. The platform's own figures are by its own days, and stay. Every job of the schedule is
/// due from now on. Returns how many days there are to be read again.
pub async fn forget_proofs(
    tx: &Transaction,
    unproven: Unproven<'_>,
    now: DateTime<Utc>,
) -> Result<u64> {
    use sync_day::Column;
    tx.note(Change::Anything);
    sync_lease::Entity::update_many()
        .col_expr(
            sync_lease::Column::TickedAt,
            Expr::value(Option::<DateTime<Utc>>::None),
        )
        .filter(sync_lease::Column::Name.starts_with("job:"))
        .exec(tx)
        .await?;
    // The windows that gave calls were of the old days.
    call::Entity::update_many()
        .col_expr(
            call::Column::ListedDay,
            Expr::value(Option::<NaiveDate>::None),
        )
        .filter(call::Column::ListedDay.is_not_null())
        .exec(tx)
        .await?;
    let forget = || {
        let none = || Expr::value(Option::<DateTime<Utc>>::None);
        let number = || Expr::value(Option::<i64>::None);
        let mut update = sync_day::Entity::update_many()
            .col_expr(Column::CompletedAt, none())
            .col_expr(Column::VerifiedAt, none())
            .col_expr(Column::ReadAt, none())
            .col_expr(Column::Expected, number())
            .col_expr(Column::Seen, number())
            .col_expr(Column::Undialled, Expr::value(0_i64))
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .filter(Column::Track.eq(SyncTrack::CallRecords));
        if let Some(first) = unproven.first {
            update = update.filter(Column::Day.gte(first));
        }
        update
    };
    let mut readable = forget()
        .col_expr(Column::IsStale, Expr::value(true))
        .col_expr(Column::Error, Expr::value(Option::<String>::None));
    if let Some(kept_from) = unproven.kept_from {
        readable = readable.filter(Column::Day.gte(kept_from));
        forget()
            .col_expr(Column::IsStale, Expr::value(false))
            .col_expr(Column::Error, Expr::value(unproven.reason))
            .filter(Column::Day.lt(kept_from))
            .exec(tx)
            .await?;
    }
    Ok(readable.exec(tx).await?.rows_affected)
}
