//! The bare upsert: the same rows into the same table with its indexes, and nothing else.

use chrono::{DateTime, NaiveDate, Utc};
use dialgraph::{
    domain::{business_time::BusinessZone, incoming::IncomingCall},
    store::Database,
};
use sqlx::{AssertSqlSafe, PgPool, Postgres, QueryBuilder, SqlitePool};

use crate::rows::{AGENTS, TASKS};

const COLUMNS: [(&str, &str); 24] = [
    ("external_id", "text"),
    ("task_id", "bigint"),
    ("agent_id", "bigint"),
    ("phone_number", "text"),
    ("call_time", "timestamptz"),
    ("call_date", "date"),
    ("call_hour", "smallint"),
    ("duration", "integer"),
    ("result", "text"),
    ("grade", "text"),
    ("grade_code", "text"),
    ("hangup_reason", "text"),
    ("notes", "text"),
    ("customer_name", "text"),
    ("company", "text"),
    ("province", "text"),
    ("city", "text"),
    ("device_name", "text"),
    ("recording_url", "text"),
    ("billed_amount", "bigint"),
    ("source", "text"),
    ("source_hash", "bigint"),
    ("created_at", "timestamptz"),
    ("updated_at", "timestamptz"),
];

/// Rows a statement of SQLite.
const ROWS_A_STATEMENT: usize = 100;

/// A row of the table.
pub struct Row<'a> {
    call: &'a IncomingCall,
    task_id: i64,
    agent_id: i64,
    call_date: NaiveDate,
    call_hour: i16,
    grade_code: Option<&'static str>,
    source_hash: i64,
    now: DateTime<Utc>,
}

impl<'a> Row<'a> {
    /// The row of a call, whose task and agent are some of the first.
    pub fn new(call: &'a IncomingCall, zone: BusinessZone, now: DateTime<Utc>) -> Self {
        let hash = call.fingerprint();
        let among = |count: u64| i64::try_from(hash.unsigned_abs() % count).unwrap_or_default() + 1;
        Self {
            call,
            task_id: among(TASKS),
            agent_id: among(AGENTS),
            call_date: zone.day_of(call.call_time),
            call_hour: i16::from(zone.hour_of(call.call_time)),
            grade_code: call.details.grade.as_deref().map(|grade| match grade {
                "9元" => "NINE_YUAN",
                "1元" => "ONE_YUAN",
                "A" => "A",
                "B" => "B",
                _ => "OTHER",
            }),
            source_hash: hash,
            now,
        }
    }

    fn billed(&self) -> Option<i64> {
        Some(self.call.details.billed_amount?.ten_thousandths())
    }
}

/// Upserts a page in a transaction of its own: PostgreSQL by one statement of arrays, SQLite by
/// statements of many rows.
pub async fn upsert(db: &Database, rows: &[Row<'_>]) -> anyhow::Result<()> {
    if db.write().get_database_backend() == sea_orm::DatabaseBackend::Postgres {
        arrays(db.write().get_postgres_connection_pool(), rows).await
    } else {
        many_rows(db.write().get_sqlite_connection_pool(), rows).await
    }
}

fn conflict() -> String {
    let set: Vec<String> = COLUMNS
        .iter()
        .filter(|(name, _)| !["external_id", "source", "created_at"].contains(name))
        .map(|(name, _)| format!("{name} = excluded.{name}"))
        .collect();
    format!(
        " ON CONFLICT (external_id, source) DO UPDATE SET {}",
        set.join(", ")
    )
}

fn names() -> String {
    COLUMNS.map(|(name, _)| name).join(", ")
}

async fn arrays(pool: &PgPool, rows: &[Row<'_>]) -> anyhow::Result<()> {
    let arrays: Vec<String> = (1..)
        .zip(COLUMNS)
        .map(|(place, (_, kind))| format!("${place}::{kind}[]"))
        .collect();
    let sql = format!(
        "INSERT INTO calls ({}) SELECT * FROM UNNEST({}){}",
        names(),
        arrays.join(", "),
        conflict(),
    );
    macro_rules! column {
        ($row:ident => $value:expr) => {
            rows.iter().map(|$row| $value).collect::<Vec<_>>()
        };
    }
    let mut tx = pool.begin().await?;
    sqlx::query::<Postgres>(AssertSqlSafe(sql))
        .bind(column!(row => row.call.external_id.as_str()))
        .bind(column!(row => row.task_id))
        .bind(column!(row => row.agent_id))
        .bind(column!(row => row.call.phone_number.as_deref()))
        .bind(column!(row => row.call.call_time))
        .bind(column!(row => row.call_date))
        .bind(column!(row => row.call_hour))
        .bind(column!(row => row.call.duration))
        .bind(column!(row => <&str>::from(row.call.result)))
        .bind(column!(row => row.call.details.grade.as_deref()))
        .bind(column!(row => row.grade_code))
        .bind(column!(row => row.call.details.hangup_reason.as_deref()))
        .bind(column!(row => row.call.details.notes.as_deref()))
        .bind(column!(row => row.call.details.customer_name.as_deref()))
        .bind(column!(row => row.call.details.company.as_deref()))
        .bind(column!(row => row.call.details.province.as_deref()))
        .bind(column!(row => row.call.details.city.as_deref()))
        .bind(column!(row => row.call.details.device_name.as_deref()))
        .bind(column!(row => row.call.details.recording_url.as_deref()))
        .bind(column!(row => row.billed()))
        .bind(column!(_row => "GUANKE"))
        .bind(column!(row => row.source_hash))
        .bind(column!(row => row.now))
        .bind(column!(row => row.now))
        .execute(&mut *tx)
        .await?;
    Ok(tx.commit().await?)
}

async fn many_rows(pool: &SqlitePool, rows: &[Row<'_>]) -> anyhow::Result<()> {
    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
    for rows in rows.chunks(ROWS_A_STATEMENT) {
        let mut query = QueryBuilder::new(format!("INSERT INTO calls ({}) ", names()));
        query.push_values(rows, |mut values, row| {
            values
                .push_bind(row.call.external_id.as_str())
                .push_bind(row.task_id)
                .push_bind(row.agent_id)
                .push_bind(row.call.phone_number.as_deref())
                .push_bind(row.call.call_time)
                .push_bind(row.call_date)
                .push_bind(row.call_hour)
                .push_bind(row.call.duration)
                .push_bind(<&str>::from(row.call.result))
                .push_bind(row.call.details.grade.as_deref())
                .push_bind(row.grade_code)
                .push_bind(row.call.details.hangup_reason.as_deref())
                .push_bind(row.call.details.notes.as_deref())
                .push_bind(row.call.details.customer_name.as_deref())
                .push_bind(row.call.details.company.as_deref())
                .push_bind(row.call.details.province.as_deref())
                .push_bind(row.call.details.city.as_deref())
                .push_bind(row.call.details.device_name.as_deref())
                .push_bind(row.call.details.recording_url.as_deref())
                .push_bind(row.billed())
                .push_bind("GUANKE")
                .push_bind(row.source_hash)
                .push_bind(row.now)
                .push_bind(row.now);
        });
        query.push(conflict());
        query.build().execute(&mut *tx).await?;
    }
    Ok(tx.commit().await?)
}
