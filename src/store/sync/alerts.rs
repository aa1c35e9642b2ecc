//! `alerts`: what was or is wrong with synchronisation, and what people were told of it.

use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Func},
};

pub use crate::entity::alert::Model as AlertRow;
use crate::{
    domain::{
        alert::{
            AlertEvent, ChangedAlert, Condition, FailedDay, KnownAlert, SilentRun, Subject, Text,
        },
        page::OrderKey,
        sync::{SyncStatus, SyncTrack},
    },
    entity::{
        alert::{ActiveModel, Column, Entity},
        sync_day, sync_run,
    },
    store::{
        Result, Transaction,
        record::Stored,
        run_claims,
        table::{LazyTable, Table},
    },
};

/// All alerts, open ones first, then the newest.
pub static ALERTS: LazyTable = LazyLock::new(|| {
    let order = &[OrderKey::descending("is_open"), OrderKey::descending("id")];
    Table::of::<Entity>("SyncAlert", order, Vec::new())
});

impl Stored for AlertRow {
    fn table() -> &'static Table {
        &ALERTS
    }
}

/// Most alerts of a kind that are looked at in one go; the rest waits for its turn.
const MOST: u64 = 500;

/// The days whose last read failed, newest first.
pub async fn failed_days(db: &impl ConnectionTrait) -> Result<Vec<FailedDay>> {
    let days = sync_day::Entity::find()
        .filter(sync_day::Column::IsStale.eq(true))
        .filter(sync_day::Column::Error.is_not_null())
        .order_by_desc(sync_day::Column::Day)
        .limit(MOST)
        .all(db)
        .await?;
    Ok(days
        .into_iter()
        .map(|day| FailedDay {
            track: day.track,
            day: day.day,
            error: day.error.unwrap_or_default(),
        })
        .collect())
}

/// What is known of reading a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrackReads {
    /// The track.
    pub track: SyncTrack,
    /// When a day was last read well.
    pub read_at: Option<DateTime<Utc>>,
    /// Up to when `day` was read.
    pub synced_through: Option<DateTime<Utc>>,
}

/// When days of each track were last read well, and how far `day` was; tracks of which no day was ever
/// asked for are missing.
pub async fn track_reads(db: &impl ConnectionTrait, day: NaiveDate) -> Result<Vec<TrackReads>> {
    let of_day = Expr::case(
        sync_day::Column::Day.eq(day),
        Expr::col(sync_day::Column::SyncedThrough),
    );
    let reads = sync_day::Entity::find()
        .select_only()
        .column(sync_day::Column::Track)
        .column_as(sync_day::Column::SyncedAt.max(), "read_at")
        .column_as(Expr::expr(Func::max(of_day)), "synced_through")
        .group_by(sync_day::Column::Track)
        .into_tuple::<(SyncTrack, Option<DateTime<Utc>>, Option<DateTime<Utc>>)>()
        .all(db)
        .await?;
    let reads = reads.into_iter();
    Ok(reads
        .map(|(track, read_at, synced_through)| TrackReads {
            track,
            read_at,
            synced_through,
        })
        .collect())
}

/// The runs at work that showed no sign of life since `alive_since`.
pub async fn silent_runs(
    db: &impl ConnectionTrait,
    alive_since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<SilentRun>> {
    let runs = sync_run::Entity::find()
        .filter(sync_run::Column::Status.eq(SyncStatus::Running))
        .filter(run_claims::silent(alive_since, now))
        // What was handed over in good order is taken up at the next look.
        .filter(sync_run::Column::HeartbeatAt.gt(DateTime::UNIX_EPOCH))
        .order_by_desc(sync_run::Column::Id)
        .limit(MOST)
        .all(db)
        .await?;
    Ok(runs
        .into_iter()
        .map(|run| SilentRun {
            id: run.id,
            track: run.track,
            started_at: run.started_at,
        })
        .collect())
}

/// The alerts that are open, of which the end was not told, or of which something was told after
/// `since`; of a kind and subject the newest, each once.
pub async fn known(db: &impl ConnectionTrait, since: DateTime<Utc>) -> Result<Vec<KnownAlert>> {
    let rows = Entity::find()
        .filter(
            Column::IsOpen
                .eq(true)
                .or(Column::LastTold.ne(AlertEvent::Resolved))
                .or(Column::LastNotifiedAt.gt(since)),
        )
        .order_by_desc(Column::IsOpen)
        .order_by_desc(Column::Id)
        .all(db)
        .await?;
    let mut known: Vec<KnownAlert> = Vec::with_capacity(rows.len());
    for row in rows {
        let is_known = |other: &KnownAlert| other.kind == row.kind && other.subject == row.subject;
        if !known.iter().any(is_known) {
            known.push(KnownAlert {
                id: row.id,
                kind: row.kind,
                about: Subject {
                    track: row.track,
                    day: row.day,
                    run_id: row.run_id,
                },
                subject: row.subject,
                message: Text::new(row.message_zh.unwrap_or_default(), row.message),
                opened_at: row.opened_at,
                is_open: row.is_open,
                told: row.last_told,
                told_at: row.last_notified_at,
            });
        }
    }
    Ok(known)
}

/// Notes something new that is wrong, of which people are told now.
pub async fn open(tx: &Transaction, condition: &Condition, now: DateTime<Utc>) -> Result<AlertRow> {
    Ok(ActiveModel {
        kind: Set(condition.kind),
        subject: Set(condition.subject.key()),
        track: Set(condition.subject.track),
        day: Set(condition.subject.day),
        run_id: Set(condition.subject.run_id),
        message: Set(condition.message.en.clone()),
        message_zh: Set(Some(condition.message.zh.clone())),
        is_open: Set(true),
        opened_at: Set(now),
        last_told: Set(AlertEvent::Opened),
        last_notified_at: Set(now),
        ..Default::default()
    }
    .insert(tx)
    .await?)
}

/// Notes what became of an alert, and what people are told of it now.
pub async fn change(tx: &Transaction, changed: &ChangedAlert, now: DateTime<Utc>) -> Result<()> {
    let resolved_at = Func::coalesce([Expr::col(Column::ResolvedAt), Expr::value(now)]);
    let resolved_at = if changed.is_open {
        Expr::value(Option::<DateTime<Utc>>::None)
    } else {
        resolved_at.into()
    };
    let mut update = Entity::update_many()
        .col_expr(Column::IsOpen, Expr::value(changed.is_open))
        .col_expr(Column::ResolvedAt, resolved_at)
        .col_expr(Column::Message, Expr::value(changed.message.en.as_str()))
        .col_expr(Column::MessageZh, Expr::value(changed.message.zh.as_str()));
    if let Some(event) = changed.tell {
        update = update
            .col_expr(Column::LastTold, Expr::value(event))
            .col_expr(Column::LastNotifiedAt, Expr::value(now));
    }
    update.filter(Column::Id.eq(changed.id)).exec(tx).await?;
    Ok(())
}

/// The alert with this id.
pub async fn find(db: &impl ConnectionTrait, id: i64) -> Result<Option<AlertRow>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}
