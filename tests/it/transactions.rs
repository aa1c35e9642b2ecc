//! What becomes of transactions that fail, or that nobody waits for any more.

use std::{future::poll_fn, pin::pin, task::Poll};

use dialgraph::store::{Database, StoreError, Transaction, Trouble};
use sea_orm::{ConnectionTrait as _, DatabaseBackend, Statement};

use crate::harness::{Backend, TestDatabase};

async fn execute(db: &Database, sql: &str) -> Result<(), StoreError> {
    db.transaction(async |tx: &Transaction| Ok(tx.execute_unprepared(sql).await.map(drop)?))
        .await
}

/// The only value of the only row of `sql`, as the readers see it.
async fn value(db: &Database, sql: &str) -> i32 {
    let statement = Statement::from_string(db.read().get_database_backend(), sql);
    let row = db.read().query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

#[tokio::test]
async fn what_is_committed_after_the_disk_was_full_stays() {
    let database = TestDatabase::empty(&Backend::Sqlite).await;
    let db = &database.db;
    execute(db, "CREATE TABLE thing (body)").await.unwrap();
    let write = db.write();
    // The file can grow no more, which fails a write and takes its transaction back.
    write
        .execute_unprepared("PRAGMA max_page_count = 10")
        .await
        .unwrap();
    let full = execute(db, "INSERT INTO thing VALUES (randomblob(1000000))").await;
    let is_full = |error: &StoreError| {
        let full = Trouble::DiskFull;
        matches!(error, StoreError::Unwritable { trouble, .. } if *trouble == full)
    };
    assert!(full.as_ref().is_err_and(is_full), "{full:?}");
    write
        .execute_unprepared("PRAGMA max_page_count = 100000")
        .await
        .unwrap();

    // Taken back on purpose.
    let tx = db.begin().await.unwrap();
    tx.execute_unprepared("INSERT INTO thing VALUES (1)")
        .await
        .unwrap();
    drop(tx);
    execute(db, "INSERT INTO thing VALUES (2)").await.unwrap();

    assert_eq!(value(db, "SELECT sum(body) FROM thing").await, 2);
}

/// Waits for `work` so many times, and then gives it up.
async fn give_up_after<T>(waits: u32, work: impl Future<Output = T>) {
    let mut work = pin!(work);
    let mut left = waits;
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Pending if left > 0 => {
            left -= 1;
            Poll::Pending
        }
        Poll::Pending | Poll::Ready(_) => Poll::Ready(()),
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_nobody_waits_for_any_more_does_not_stay_open() {
    let Some(server) = Backend::postgres() else {
        return;
    };
    let database = TestDatabase::empty(&server).await;
    let narrow = database.connect_narrowly().await;
    for waits in 0..6 {
        give_up_after(waits, narrow.begin()).await;
        // Of one connection, this is the same one.
        let pid = "SELECT pg_backend_pid()";
        let pid = Statement::from_string(DatabaseBackend::Postgres, pid);
        let pid = narrow.write().query_one_raw(pid).await.unwrap().unwrap();
        let pid: i32 = pid.try_get_by_index(0).unwrap();
        let open = format!(
            "SELECT count(*)::int FROM pg_stat_activity WHERE pid = {pid} AND xact_start IS NOT NULL"
        );
        assert_eq!(value(&database.db, &open).await, 0, "after {waits} waits");
    }
}
