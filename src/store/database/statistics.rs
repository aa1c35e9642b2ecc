//! What PostgreSQL knows of tables that grow fast.
//!
//! PostgreSQL plans by the size that a table had when it was last analysed, and a connection keeps the plans
//! of its prepared statements until it is analysed again. Autovacuum looks once a minute. While a database
//! is filled for the first time, every list would so be read by a plan for an empty table, which sorts all
//! calls for each page (measured: up to 800 ms among 68,500 calls). Whoever adds the first thousand calls,
//! and the first ten thousand, therefore has the tables analysed at once; after that the plans are those
//! for a large table, and autovacuum is soon enough.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

use crate::store::{Result, Transaction};

/// After so many calls the tables are analysed.
const MARKS: [u64; 2] = [1_000, 10_000];

/// How many calls this process has added. Clones share it.
#[derive(Debug, Clone, Default)]
pub(in crate::store) struct Growth(Arc<AtomicU64>);

impl Growth {
    /// Counts calls that were added. Returns the mark that they passed, if any.
    fn add(&self, added: u64) -> Option<u64> {
        let before = self.0.fetch_add(added, Ordering::Relaxed);
        let passed = |mark: &u64| (before..before.saturating_add(added)).contains(&(mark - 1));
        MARKS.into_iter().rfind(passed)
    }
}

/// Has PostgreSQL look at the tables of calls anew, if this process has added so many that it knows too
/// little of them. To be called at the end of a batch, with the number of calls that it added.
///
/// # Errors
/// When the database fails.
pub async fn follow_growth(tx: &Transaction, added: usize) -> Result<()> {
    if tx.get_database_backend() != DatabaseBackend::Postgres {
        return Ok(());
    }
    let added = u64::try_from(added).unwrap_or(u64::MAX);
    let Some(mark) = tx.growth().add(added) else {
        return Ok(());
    };
    // Another process, or autovacuum, may have been first. It is -1 as long as nobody was.
    let known = "SELECT reltuples::BIGINT FROM pg_class WHERE oid = 'calls'::REGCLASS";
    let known = Statement::from_string(DatabaseBackend::Postgres, known);
    let known = tx.query_one_raw(known).await?;
    let known: i64 = known.map_or(Ok(0), |row| row.try_get_by(0))?;
    if u64::try_from(known).is_ok_and(|known| known >= mark / 2) {
        return Ok(());
    }
    // Who has a table locked against it is about to analyse it, or is deleting much of it.
    tx.execute_unprepared(
        "ANALYZE (SKIP_LOCKED) calls, call_tags, call_rollups, tag_counts, dial_tasks, agents",
    )
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mark_is_passed_once() {
        let growth = Growth::default();
        let passed = [0, 500, 499, 1, 500, 8_499, 1, 1, 1_000_000].map(|added| growth.add(added));
        let (first, second) = (Some(1_000), Some(10_000));
        assert_eq!(
            passed,
            [None, None, None, first, None, None, second, None, None]
        );
    }

    #[test]
    fn one_batch_may_pass_both() {
        assert_eq!(Growth::default().add(1_000), Some(1_000));
        assert_eq!(Growth::default().add(10_000), Some(10_000));
        assert_eq!(Growth::default().add(u64::MAX), Some(10_000));
    }
}
