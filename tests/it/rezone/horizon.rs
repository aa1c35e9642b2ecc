//! Days moved where calls of old days are kept no longer: nothing is counted twice, and nothing lost.

use dialgraph::{
    service::retention::{RetentionOptions, retain},
    store::retention::{call_horizon, move_call_horizon, prune_calls},
};

use super::*;

const CALLS_TOO: RetentionOptions = RetentionOptions {
    raw_days: 30,
    call_days: Some(11),
    run_days: 90,
};

/// Deletes calls that are older than eleven days at noon of the 20th in Shanghai.
async fn retained(db: &Database, name: &str) -> u64 {
    let stop = CancellationToken::new();
    let report = retain(db, CALLS_TOO, zone(name), clock().now(), &stop)
        .await
        .unwrap();
    report.calls
}

/// One of the 8th in Shanghai, two of the 9th, one of the 19th.
fn calls() -> Vec<IncomingCall> {
    vec![
        deal("1", "2026-11-08T10:00:00Z"),
        call("2", "2026-11-08T16:30:00Z"),
        deal("3", "2026-11-09T06:00:00Z"),
        call("4", "2026-11-19T02:00:00Z"),
    ]
}

/// Tells the calls again to whoever counts by the days of `name`.
async fn again(db: &Database, name: &str) {
    let db = settled(db, name).await.unwrap();
    db.transaction(async |tx| {
        let source = dialgraph::domain::dialing::CallSource::Guanke;
        ingest::ingest(tx, zone(name), source, &calls(), clock().now()).await
    })
    .await
    .unwrap();
}

/// A database of Shanghai's days whose calls of the 8th and before are gone.
async fn pruned(backend: &Backend) -> TestDatabase {
    let database = TestDatabase::migrated(backend).await;
    let db = settled(&database.db, "Asia/Shanghai").await.unwrap();
    ingest(&db, calls()).await;
    assert_eq!(retained(&db, "Asia/Shanghai").await, 1);
    assert_eq!(
        call_horizon(db.read()).await.unwrap(),
        Some(day("2026-11-09"))
    );
    database
}

on_both! {
    /// Kept since 16:00 UTC of the 8th, which is 11:00 in New York: what is kept of the 8th there is
    /// added to what is known of Shanghai's 8th, and the 9th is the first day that is kept whole.
    days_behind = async |backend: Backend| {
        let database = pruned(&backend).await;
        let db = &database.db;
        rezone(db, "America/New_York").await;
        let expected = [("2026-11-08", 11), ("2026-11-09", 1), ("2026-11-18", 21)];
        assert_eq!(hours(db).await, expected.map(|(day, hour)| (day.to_owned(), hour)));
        let sums = counted([("2026-11-08", 2), ("2026-11-09", 1), ("2026-11-18", 1)]);
        assert_eq!(days(db).await, sums);
        assert_eq!(call_horizon(db.read()).await.unwrap(), Some(day("2026-11-09")));
        assert_counted(db).await;
        // Told again, and counted again, they are what they were.
        again(db, "America/New_York").await;
        assert_eq!(days(db).await, sums);
        db.transaction(async |tx| rollups::rebuild(tx).await).await.unwrap();
        assert_eq!(days(db).await, sums);
        // What lies behind the horizon goes with the next deletion, and its figures stay.
        let later = "2026-11-21T12:00:00Z".parse().unwrap();
        retain(db, CALLS_TOO, zone("America/New_York"), later, &CancellationToken::new()).await.unwrap();
        assert_eq!(days(db).await, sums);
        assert_eq!(call_row::Entity::find().all(db.read()).await.unwrap().len(), 1);
        assert_counted(db).await;
    };

    /// The same instant is 01:00 of the 9th in Tokyo: of its first hour calls are gone, so that the 10th
    /// is the first day that is kept whole.
    days_ahead = async |backend: Backend| {
        let database = pruned(&backend).await;
        let db = &database.db;
        rezone(db, "Asia/Tokyo").await;
        let expected = [("2026-11-09", 1), ("2026-11-09", 15), ("2026-11-19", 11)];
        assert_eq!(hours(db).await, expected.map(|(day, hour)| (day.to_owned(), hour)));
        let sums = counted([("2026-11-08", 1), ("2026-11-09", 2), ("2026-11-19", 1)]);
        assert_eq!(days(db).await, sums);
        assert_eq!(call_horizon(db.read()).await.unwrap(), Some(day("2026-11-10")));
        again(db, "Asia/Tokyo").await;
        db.transaction(async |tx| rollups::rebuild(tx).await).await.unwrap();
        assert_eq!(days(db).await, sums);
        assert_counted(db).await;
    };

    /// Moved to and fro, the sum stays, and so does what is kept no longer.
    to_and_fro = async |backend: Backend| {
        let database = pruned(&backend).await;
        let db = &database.db;
        for to in ["America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "Europe/Berlin", "Asia/Shanghai"] {
            rezone(db, to).await;
            again(db, to).await;
            assert_eq!(days(db).await.values().sum::<i64>(), 4, "{to}");
            assert_counted(db).await;
        }
        let horizon = call_horizon(db.read()).await.unwrap().unwrap();
        assert!(day("2026-11-09") <= horizon && horizon <= day("2026-11-12"), "{horizon}");
    };

    /// Calls that were to be deleted and are still there keep their figures where they were counted.
    what_was_left_over_keeps_its_figures = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &database.db;
        settled(db, "Asia/Shanghai").await.unwrap();
        ingest(db, calls()).await;
        ingest(db, vec![call("0", "2026-11-08T12:00:00Z")]).await;
        // The deletion of two calls of the 8th is killed after the first one.
        db.transaction(async |tx| {
            move_call_horizon(tx, day("2026-11-09"), clock().now()).await?;
            prune_calls(tx, day("2026-11-09"), 1).await
        }).await.unwrap();
        assert_eq!(days(db).await["2026-11-08"], 2);
        rezone(db, "America/New_York").await;
        assert_eq!(days(db).await, counted([("2026-11-08", 3), ("2026-11-09", 1), ("2026-11-18", 1)]));
        assert_counted(db).await;
        let left: Vec<_> = hours(db).await.into_iter().map(|(day, _)| day).collect();
        assert_eq!(left.iter().filter(|day| *day == "2026-11-08").count(), 2);
    };

    /// Days that cannot be read again are not said to be whole, and not waited for either.
    border_days_are_not_read_again = async |backend: Backend| {
        let database = pruned(&backend).await;
        let db = &database.db;
        let read = |date| async move {
            let now = clock().now();
            let tx = db.begin().await.unwrap();
            let new = NewRun {
                track: SyncTrack::CallRecords,
                window: SyncWindow::Manual,
                days: DayRange::day(day(date)),
                trigger: SyncTrigger::Cli,
            };
            let run = sync_runs::create(&tx, new, "test", now).await.unwrap();
            sync_days::begin_read(&tx, SyncTrack::CallRecords, day(date), run.id, now).await.unwrap();
            let whole = sync_days::DayRead { expected: 1, seen: 1, undialled: 0, verified: true, synced_through: now, began: now, list_lag: chrono::TimeDelta::zero(), completes: true, doubt: None };
            sync_days::finish_read(&tx, SyncTrack::CallRecords, day(date), whole, now).await.unwrap();
            tx.commit().await.unwrap();
        };
        for date in ["2026-11-07", "2026-11-08", "2026-11-09", "2026-11-19"] {
            read(date).await;
        }
        let report = rezone(db, "America/New_York").await;
        assert_eq!(report.unread, 2);
        let mut known = Vec::new();
        for row in sync_days::list(db.read(), SyncTrack::CallRecords, DayRange::new(day("2026-11-01"), day("2026-11-30")).unwrap()).await.unwrap() {
            known.push((row.day.to_string(), row.completed_at.is_some(), row.is_stale, row.error.is_some()));
        }
        let row = |day: &str, complete, stale, error| (day.to_owned(), complete, stale, error);
        assert_eq!(known, [
            // Nothing was moved to it or from it.
            row("2026-11-07", true, false, false),
            row("2026-11-08", false, false, true),
            row("2026-11-09", false, true, false),
            row("2026-11-19", false, true, false),
        ]);
    };
}
