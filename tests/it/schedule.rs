//! The schedule: a tick is taken up once over all instances, and what a dead instance left behind
//! does not stay in the way.

use chrono::TimeDelta;
use dialgraph::{
    domain::{
        business_time::DayRange,
        dialing::Tag,
        sync::{SyncStatus, SyncTrack, SyncTrigger, SyncWindow},
    },
    store::{
        leases, schema,
        sync_runs::{self, NewRun},
    },
    sync::{Job, Tick},
};
use serde_json::json;

use crate::{
    harness::{Backend, TestApp, TestDatabase, call, day, ingest, run},
    on_both,
};

const CALLS: SyncTrack = SyncTrack::CallRecords;

on_both! {
    /// Of two instances that see the same tick one runs it; the next tick is run again.
    a_tick_is_taken_up_once = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let other = app.another_instance().await;
        let job = Job::new(CALLS, SyncWindow::T3, "5 10 * * *").unwrap();
        let at = "2026-11-20T02:05:00Z".parse().unwrap();
        for syncer in [&app.syncer, &other, &app.syncer] {
            syncer.take_up(Tick { job: &job, at }).await.unwrap();
            syncer.wait_idle().await;
        }
        let query = "{ syncRuns { nodes { trigger window status from to } } }";
        let run = json!({
            // The platform has no calls on the 17th: an empty day is complete too.
            "trigger": "SCHEDULE", "window": "T3", "status": "SUCCEEDED", "from": "2026-11-17", "to": "2026-11-19",
        });
        assert_eq!(app.data(query).await["syncRuns"]["nodes"], json!([run]));

        other.take_up(Tick { job: &job, at: at + TimeDelta::days(1) }).await.unwrap();
        other.wait_idle().await;
        let runs = app.data(query).await["syncRuns"]["nodes"].as_array().unwrap().len();
        assert_eq!(runs, 2);
    };

    /// The schedule is followed: when its time comes, a job runs.
    the_schedule_is_followed = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        // Just before 12:10 in Shanghai; today is read every ten minutes.
        app.clock.set("2026-11-20T04:09:59.990Z".parse().unwrap());
        let syncer = app.syncer.clone();
        app.statements();
        let following = tokio::spawn(async move { syncer.follow_schedule().await });
        // It has looked at the clock once it looks for dead runs.
        while app.statements().is_empty() {
            tokio::task::yield_now().await;
        }
        app.clock.set("2026-11-20T04:10:00Z".parse().unwrap());
        let runs = async || app.data("{ syncRuns { nodes { window status } } }").await["syncRuns"]["nodes"].clone();
        let done = json!([{ "window": "TODAY", "status": "SUCCEEDED" }]);
        let until = async {
            while runs().await != done {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), until).await.unwrap();
        app.syncer.stop().await;
        following.await.unwrap();
    };

    /// A run whose process died is closed, and its day is free once its lease has expired.
    what_a_dead_instance_held_is_taken_over = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let now = "2026-11-20T04:00:00Z".parse().unwrap();
        let new = NewRun {
            track: CALLS,
            window: SyncWindow::Manual,
            days: DayRange::day(day("2026-11-19")),
            trigger: SyncTrigger::Cli,
        };
        let tx = app.database.db.begin().await.unwrap();
        let dead = sync_runs::create(&tx, new, now).await.unwrap();
        let expires = now + TimeDelta::minutes(1);
        let name = "CALL_RECORDS:2026-11-19";
        leases::acquire(&tx, name, "the dead one", now, expires).await.unwrap().unwrap();
        assert_eq!(leases::acquire(&tx, name, "another", now, expires).await.unwrap(), None);
        tx.commit().await.unwrap();

        app.clock.advance(TimeDelta::minutes(3));
        let job = Job::new(CALLS, SyncWindow::T3, "5 10 * * *").unwrap();
        app.syncer.take_up(Tick { job: &job, at: now }).await.unwrap();
        app.syncer.wait_idle().await;
        let data = app.data("{ syncRuns { nodes { databaseId status error } } }").await;
        let nodes = data["syncRuns"]["nodes"].as_array().unwrap();
        assert_eq!(nodes[0]["status"], "SUCCEEDED");
        let closed = json!({
            "databaseId": dead.id, "status": "FAILED",
            "error": "the process that ran it ended before it was done",
        });
        assert_eq!(nodes[1], closed);
    };

    /// A lease that another took over can neither be renewed nor released by its old owner.
    a_lost_lease_is_lost = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let now = "2026-11-20T04:00:00Z".parse().unwrap();
        let later = now + TimeDelta::minutes(1);
        let tx = database.db.begin().await.unwrap();
        let first = leases::acquire(&tx, "x", "a", now, later).await.unwrap().unwrap();
        let second = leases::acquire(&tx, "x", "b", later, later + TimeDelta::minutes(1)).await.unwrap().unwrap();
        assert!(second > first);
        assert!(!leases::renew(&tx, "x", "a", first, later).await.unwrap());
        leases::release(&tx, "x", "a", first).await.unwrap();
        assert!(leases::renew(&tx, "x", "b", second, later).await.unwrap());
        leases::release(&tx, "x", "b", second).await.unwrap();
        assert!(leases::acquire(&tx, "x", "a", now, later).await.unwrap().is_some());
        tx.commit().await.unwrap();
    };

    /// Days are read newest first: a refresh of today does not join a long run that has read it.
    a_refresh_does_not_join_a_run_that_is_done_with_its_day = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let now = "2026-11-20T04:00:00Z".parse().unwrap();
        let new = NewRun {
            track: CALLS,
            window: SyncWindow::Manual,
            days: DayRange::new(day("2026-11-01"), day("2026-11-20")).unwrap(),
            trigger: SyncTrigger::Cli,
        };
        let tx = app.database.db.begin().await.unwrap();
        let long = sync_runs::create(&tx, new, now).await.unwrap();
        let one_day = sync_runs::RunCounts { days_done: 1, ..Default::default() };
        sync_runs::add_counts(&tx, long.id, one_day, now).await.unwrap();
        tx.commit().await.unwrap();
        let refresh = |date: &str| {
            format!(r#"mutation {{ refreshStats(input: {{ date: "{date}", tracks: [CALL_RECORDS] }}) {{ runs {{ joined }} }} }}"#)
        };
        let joined = app.data(&refresh("2026-11-19")).await;
        assert_eq!(joined["refreshStats"]["runs"], json!([{ "joined": true }]));
        let started = app.data(&refresh("2026-11-20")).await;
        assert_eq!(started["refreshStats"]["runs"], json!([{ "joined": false }]));
        app.syncer.wait_idle().await;
    };

    /// Instances that start together migrate one after the other.
    instances_that_start_together_do_not_collide = async |backend: Backend| {
        let database = TestDatabase::empty(&backend).await;
        let (first, second) = (database.connect_again().await, database.connect_again().await);
        let (a, b, c) = tokio::join!(
            schema::up(&database.db, None),
            schema::up(&first, None),
            schema::up(&second, None),
        );
        assert!(a.is_ok() && b.is_ok() && c.is_ok(), "{a:?} {b:?} {c:?}");
        assert!(schema::is_current(database.db.read()).await.unwrap());
    };

    /// The longest tag that a record can bring fits every index.
    the_longest_tag_is_stored = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let mut call = call("1", "2026-11-19T01:00:00Z");
        // Four bytes a character, all different, so that nothing is compressed away.
        let text = |length: u32| (0..length).filter_map(|n| char::from_u32(0x2_0000 + n * 7)).collect::<String>();
        call.tags = vec![Tag { name: text(100), value: text(500) }];
        assert_eq!(ingest(&database.db, vec![call]).await.inserted, 1);
    };
}

/// A day on which the platform has no calls is complete, with zeros.
#[tokio::test]
async fn a_day_without_calls_is_complete() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let outcome = run(&app.syncer, CALLS, "2026-11-17", "2026-11-17").await;
    assert_eq!(outcome.status, SyncStatus::Succeeded);
    let data = app
        .data(r#"{ gradeStats(date: "2026-11-17") { totalRecords complete } }"#)
        .await;
    assert_eq!(
        data["gradeStats"],
        json!({ "totalRecords": 0, "complete": true })
    );
}
