//! `raw_records`: the platform's records as they came, those of a page in a row, compressed.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::Query,
};

use crate::{
    domain::sync::SyncTrack,
    entity::raw_record::{ActiveModel, Column, Entity},
    store::{Result, StoreError, Transaction},
};

/// How hard zstd tries: its default, some 300 MB/s and a tenth of the size.
const LEVEL: i32 = 3;
/// Texts of more bytes take more than a millisecond, and are compressed aside.
const AT_ONCE: usize = 256 * 1024;
/// Most bytes of a page's texts: nothing that this program kept is longer.
const LONGEST: u64 = 256 * 1024 * 1024;
/// Stands before each text (RFC 7464); no JSON text has it unescaped.
const SEPARATOR: char = '\u{1e}';

/// Keeps the JSON `texts` of records that a run read of a day; without any, nothing is written.
pub async fn keep(
    tx: &Transaction,
    track: SyncTrack,
    day: NaiveDate,
    run_id: Option<i64>,
    texts: &[&str],
    now: DateTime<Utc>,
) -> Result<()> {
    if texts.is_empty() {
        return Ok(());
    }
    let row = ActiveModel {
        id: NotSet,
        run_id: Set(run_id),
        track: Set(track),
        day: Set(day),
        fetched_at: Set(now),
        records: Set(i64::try_from(texts.len()).unwrap_or(i64::MAX)),
        body: Set(pack(texts).await?),
    };
    Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

async fn pack(texts: &[&str]) -> Result<Vec<u8>> {
    let length = texts.iter().map(|text| text.len() + 1).sum();
    let mut joined = String::with_capacity(length);
    for text in texts {
        joined.push(SEPARATOR);
        joined.push_str(text);
    }
    aside(length, move || {
        zstd::bulk::compress(joined.as_bytes(), LEVEL)
    })
    .await
}

async fn unpack(body: Vec<u8>) -> Result<Vec<String>> {
    let joined = aside(body.len().saturating_mul(10), move || {
        use std::io::Read as _;
        let mut joined = String::new();
        zstd::stream::read::Decoder::new(body.as_slice())?
            .take(LONGEST)
            .read_to_string(&mut joined)?;
        Ok(joined)
    });
    let joined = joined.await?;
    let texts = joined.split(SEPARATOR).skip(1);
    Ok(texts.map(str::to_owned).collect())
}

/// Does what takes long for `length` bytes where nobody has to wait for it.
async fn aside<T: Send + 'static>(
    length: usize,
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T> {
    let failed = |error: String| StoreError::Other(DbErr::Custom(format!("raw_records: {error}")));
    let done = if length < AT_ONCE {
        work()
    } else {
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| failed(error.to_string()))?
    };
    done.map_err(|error| failed(error.to_string()))
}

/// Records of a day as they were kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRecords {
    /// Tells them from others; greater ones came later.
    pub id: i64,
    /// Their JSON texts, in the platform's order.
    pub texts: Vec<String>,
}

/// The records of `day` that were kept last before those of id `before`, if any.
pub async fn before(
    db: &impl ConnectionTrait,
    track: SyncTrack,
    day: NaiveDate,
    before: Option<i64>,
) -> Result<Option<RawRecords>> {
    let mut find = Entity::find()
        .filter(Column::Track.eq(track))
        .filter(Column::Day.eq(day))
        .order_by_desc(Column::Id);
    if let Some(before) = before {
        find = find.filter(Column::Id.lt(before));
    }
    let Some(row) = find.one(db).await? else {
        return Ok(None);
    };
    Ok(Some(RawRecords {
        id: row.id,
        texts: unpack(row.body).await?,
    }))
}

/// How many records of a day are kept, repeated ones included.
pub async fn count(db: &impl ConnectionTrait, track: SyncTrack, day: NaiveDate) -> Result<i64> {
    let sum = crate::store::dialect::big_sum(sea_orm::sea_query::Expr::col(Column::Records));
    let records: Option<i64> = Entity::find()
        .select_only()
        .expr(sum)
        .filter(Column::Track.eq(track))
        .filter(Column::Day.eq(day))
        .into_tuple()
        .one(db)
        .await?;
    Ok(records.unwrap_or_default())
}

/// Deletes what was fetched before `before`, at most `limit` rows. Returns how many.
pub async fn prune(tx: &Transaction, before: DateTime<Utc>, limit: u64) -> Result<u64> {
    let mut old = Query::select();
    old.column(Column::Id)
        .from(Entity)
        .and_where(Column::FetchedAt.lt(before))
        .limit(limit);
    Ok(Entity::delete_many()
        .filter(Column::Id.in_subquery(old))
        .exec(tx)
        .await?
        .rows_affected)
}

/// How many rows were fetched before `before`.
pub async fn count_before(db: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<u64> {
    let old = Entity::find().filter(Column::FetchedAt.lt(before));
    Ok(old.count(db).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_packed_comes_out_again_small_or_large() {
        let long = format!("{{\"a\":\"{}\"}}", "电话".repeat(100_000));
        for texts in [vec!["{}"], vec!["{\"a\": \"\\u001e\n\"}", "null", &long]] {
            let packed = pack(&texts).await.unwrap();
            assert!(packed.len() < 2_000, "{}", packed.len());
            assert_eq!(unpack(packed).await.unwrap(), texts);
        }
        assert!(unpack(vec![1, 2, 3]).await.is_err());
    }
}
