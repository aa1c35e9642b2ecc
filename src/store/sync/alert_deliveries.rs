//! `alert_deliveries`: the outbox of alerts. A message is written with what it tells of, in one
//! transaction, and belongs to whoever claimed it until its time is over.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, Iterable, QueryFilter,
    sea_query::{Alias, Expr, ExprTrait, Query},
};

pub use crate::entity::alert_delivery::Model as DeliveryRow;
use crate::{
    clock::CLOCK_MARGIN,
    domain::alert::{AlertChannel, AlertEvent, DeliveryState, LONGEST_PAUSE},
    entity::alert_delivery::{ActiveModel, Column, Entity},
    store::{Result, Transaction, dialect},
};

/// Adds a message for each channel.
pub async fn add(
    tx: &Transaction,
    alert_id: i64,
    event: AlertEvent,
    channels: &[AlertChannel],
    now: DateTime<Utc>,
) -> Result<()> {
    if channels.is_empty() {
        return Ok(());
    }
    let rows = channels.iter().map(|&channel| ActiveModel {
        alert_id: Set(alert_id),
        event: Set(event),
        channel: Set(channel),
        state: Set(DeliveryState::Pending),
        next_attempt_at: Set(now),
        created_at: Set(now),
        ..Default::default()
    });
    Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// That it is time for an attempt. Nobody puts one off for longer than [`LONGEST_PAUSE`], whatever a
/// clock said that was wrong.
fn due_at(now: DateTime<Utc>) -> Expr {
    let next = || Column::NextAttemptAt;
    next()
        .lte(now)
        .or(next().gt(now + LONGEST_PAUSE + CLOCK_MARGIN))
}

/// Whether a message of `channel` is due.
pub async fn any_due(
    db: &impl ConnectionTrait,
    channel: AlertChannel,
    now: DateTime<Utc>,
) -> Result<bool> {
    let due = Entity::find()
        .filter(Column::State.eq(DeliveryState::Pending))
        .filter(Column::Channel.eq(channel))
        .filter(due_at(now));
    Ok(due.one(db).await?.is_some())
}

/// Gives `owner` a message of `channel` that is due and that nobody is sending, until `expires_at`;
/// `None` when there is none. What is told of one alert is told in order.
pub async fn claim(
    tx: &Transaction,
    channel: AlertChannel,
    owner: &str,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<Option<DeliveryRow>> {
    let earlier = Alias::new("earlier");
    let of_earlier = |column: Column| Expr::col((earlier.clone(), column));
    let waits = Query::select()
        .expr(Expr::val(1))
        .from_as(Entity, earlier.clone())
        .and_where(of_earlier(Column::AlertId).equals((Entity, Column::AlertId)))
        .and_where(of_earlier(Column::Channel).equals((Entity, Column::Channel)))
        .and_where(of_earlier(Column::State).eq(DeliveryState::Pending))
        .and_where(of_earlier(Column::Id).lt(Expr::col((Entity, Column::Id))))
        .take();
    let mut next = Query::select()
        .column((Entity, Column::Id))
        .from(Entity)
        .and_where(Column::State.eq(DeliveryState::Pending))
        .and_where(Column::Channel.eq(channel))
        .and_where(due_at(now))
        .and_where(
            Column::Owner
                .is_null()
                .or(Column::ExpiresAt.lte(now))
                .or(Column::ExpiresAt.gt(expires_at + CLOCK_MARGIN)),
        )
        .and_where(Expr::exists(waits).not())
        .order_by((Entity, Column::NextAttemptAt), sea_orm::Order::Asc)
        .order_by((Entity, Column::Id), sea_orm::Order::Asc)
        .limit(1)
        .take();
    dialect::skip_locked(tx.get_database_backend(), &mut next);
    let update = Query::update()
        .table(Entity)
        .value(Column::Owner, owner)
        .value(Column::Fence, Expr::col(Column::Fence).add(1))
        .value(Column::ExpiresAt, expires_at)
        .and_where(Column::Id.in_subquery(next))
        .returning(Query::returning().columns(Column::iter()))
        .take();
    let row = tx.query_one(&update).await?;
    Ok(row
        .map(|row| DeliveryRow::from_query_result(&row, ""))
        .transpose()?)
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy)]
pub enum Attempt<'a> {
    /// It was taken.
    Sent,
    /// It was not; it is tried again then.
    Again(DateTime<Utc>, &'a str),
    /// It was not, and is given up.
    GivenUp(&'a str),
}

/// Notes how an attempt ended, if the message is still its owner's; `false` when it is not.
pub async fn note(
    tx: &Transaction,
    delivery: &DeliveryRow,
    attempt: Attempt<'_>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let (state, error) = match attempt {
        Attempt::Sent => (DeliveryState::Sent, None),
        Attempt::Again(_, error) => (DeliveryState::Pending, Some(error)),
        Attempt::GivenUp(error) => (DeliveryState::Failed, Some(error)),
    };
    let mut update = Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .col_expr(Column::Error, Expr::value(error))
        .col_expr(Column::Owner, Expr::value(Option::<String>::None));
    update = match attempt {
        Attempt::Again(next, _) => update.col_expr(Column::NextAttemptAt, Expr::value(next)),
        Attempt::Sent | Attempt::GivenUp(_) => {
            update.col_expr(Column::FinishedAt, Expr::value(now))
        }
    };
    let done = update
        .filter(Column::Id.eq(delivery.id))
        .filter(Column::Fence.eq(delivery.fence))
        .filter(Column::State.eq(DeliveryState::Pending))
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Gives up the messages written before `before` that nobody is sending: those of a channel that no
/// instance has any more. Returns how many.
pub async fn give_up(
    tx: &Transaction,
    before: DateTime<Utc>,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<u64> {
    let done = Entity::update_many()
        .col_expr(Column::State, Expr::value(DeliveryState::Failed))
        .col_expr(
            Column::Error,
            sea_orm::sea_query::Func::coalesce([Expr::col(Column::Error), Expr::value(reason)])
                .into(),
        )
        .col_expr(Column::FinishedAt, Expr::value(now))
        .filter(Column::State.eq(DeliveryState::Pending))
        .filter(Column::CreatedAt.lt(before))
        .filter(Column::Owner.is_null().or(Column::ExpiresAt.lte(now)))
        .exec(tx)
        .await?;
    Ok(done.rows_affected)
}
