//! The schedule: a tick is taken up once over all instances, and what a dead instance left behind
//! does not stay in the way.

use chrono::TimeDelta;
use dialgraph::{
    domain::{
        business_time::DayRange,
        dialing::Tag,
        sync::{SliceState, SyncStatus, SyncTrack, SyncTrigger, SyncWindow},
    },
    guanke::simulator::{Fault, FaultKind, FaultOn},
    store::{
        leases,
        run_claims::{self, Beat, Noted},
        schema,
        slice_claims::{self, RunDay, SliceCounts, SliceRow, Wanted, Window},
        sync_days,
        sync_runs::{self, NewRun, SyncRunRow},
    },
    sync::{Job, Tick},
};
use serde_json::{Value, json};

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

    /// What was missed is made up for at the start, today first; then, when its time comes, a job
    /// runs.
    the_schedule_is_followed = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        // Just before 12:10 in Shanghai; today is read every ten minutes.
        app.clock.set("2026-11-20T04:09:59.990Z".parse().unwrap());
        let syncer = app.syncer.clone();
        let following = tokio::spawn(async move { syncer.follow_schedule().await });
        let query = "{ syncRuns { nodes { window status } } }";
        let until = async |done: Value| {
            let wait = async {
                while app.data(query).await["syncRuns"]["nodes"] != done {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(std::time::Duration::from_secs(30), wait).await.unwrap();
        };
        let run = |window: &str| json!({ "window": window, "status": "SUCCEEDED" });
        until(json!([run("T3"), run("TODAY")])).await;
        app.clock.set("2026-11-20T04:10:00Z".parse().unwrap());
        until(json!([run("TODAY"), run("T3"), run("TODAY")])).await;
        app.syncer.stop().await;
        following.await.unwrap();

        // Another start at once has nothing to make up for.
        let next = app.another_instance().await;
        let following = { let next = next.clone(); tokio::spawn(async move { next.follow_schedule().await }) };
        app.statements();
        tokio::task::yield_now().await;
        next.stop().await;
        following.await.unwrap();
        until(json!([run("TODAY"), run("T3"), run("TODAY")])).await;
    };

    /// A run whose process died is gone on with by another, once it was silent for long enough; the
    /// day is free once its lease has expired.
    what_a_dead_instance_held_is_taken_over = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let now = "2026-11-20T04:00:00Z".parse().unwrap();
        let dead = begin(&app, "2026-11-19", "2026-11-19", "the dead one").await;
        let tx = app.database.db.begin().await.unwrap();
        let expires = now + TimeDelta::minutes(1);
        let name = "CALL_RECORDS:2026-11-19";
        leases::acquire(&tx, name, "the dead one", now, expires).await.unwrap().unwrap();
        assert_eq!(leases::acquire(&tx, name, "another", now, expires).await.unwrap(), None);
        tx.commit().await.unwrap();

        let state = "{ syncRuns { nodes { databaseId status daysDone error } } }";
        app.clock.advance(TimeDelta::seconds(59));
        app.syncer.take_over_dead_runs().await;
        app.syncer.wait_idle().await;
        let running = json!([{ "databaseId": dead.id, "status": "RUNNING", "daysDone": 0, "error": null }]);
        assert_eq!(app.data(state).await["syncRuns"]["nodes"], running);

        app.clock.advance(TimeDelta::seconds(2));
        app.syncer.take_over_dead_runs().await;
        app.syncer.wait_idle().await;
        let done = json!([{ "databaseId": dead.id, "status": "SUCCEEDED", "daysDone": 1, "error": null }]);
        assert_eq!(app.data(state).await["syncRuns"]["nodes"], done);
    };

    /// A run that one process after the other dies of is not given to yet another.
    a_run_that_kills_its_process_ends = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let run = begin(&app, "2026-11-19", "2026-11-19", "0").await;
        for owner in 1..=9 {
            app.clock.advance(TimeDelta::minutes(2));
            let (now, owner) = (app.now(), owner.to_string());
            let silent = now - TimeDelta::minutes(1);
            let tx = app.database.db.begin().await.unwrap();
            let adopted = run_claims::adopt(&tx, silent, &owner, 10, now).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!((adopted[0].id, adopted[0].owner.as_deref()), (run.id, Some(owner.as_str())));
        }
        let (tx, of) = (app.database.db.begin().await.unwrap(), day("2026-11-19"));
        sync_days::begin_read(&tx, CALLS, of, run.id, app.now()).await.unwrap();
        tx.commit().await.unwrap();
        app.clock.advance(TimeDelta::minutes(2));
        app.syncer.take_over_dead_runs().await;
        app.syncer.wait_idle().await;
        let data = app.data("{ syncRuns { nodes { status error } } }").await;
        let reason = "the process that ran it ended before it was done";
        assert_eq!(data["syncRuns"]["nodes"], json!([{ "status": "FAILED", "error": reason }]));
        let known = sync_days::find(app.database.db.read(), CALLS, of).await.unwrap().unwrap();
        assert_eq!((known.is_stale, known.error.as_deref()), (true, Some(reason)));
    };

    /// A day that a run gave up before it began is stale, unless it was read well meanwhile.
    a_day_that_was_not_even_begun_is_stale = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        let run = begin(&app, "2026-11-19", "2026-11-19", "somebody").await;
        let minute = TimeDelta::minutes(1);
        for (began, error) in [(app.now() - minute, None), (app.now() + minute, Some("paused"))] {
            let tx = app.database.db.begin().await.unwrap();
            sync_days::note_unread(&tx, CALLS, day("2026-11-19"), (run.id, began), "paused", app.now()).await.unwrap();
            tx.commit().await.unwrap();
            let known = sync_days::find(app.database.db.read(), CALLS, day("2026-11-19")).await.unwrap().unwrap();
            assert_eq!((known.is_stale, known.error.as_deref()), (error.is_some(), error));
            assert!(known.completed_at.is_some());
        }
    };

    /// Who was paused for so long that another went on with the run can note nothing on it any more.
    a_run_that_was_taken_over_is_lost = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let paused = begin(&app, "2026-11-19", "2026-11-19", "the paused one").await;
        let now = app.now() + TimeDelta::minutes(2);
        let tx = app.database.db.begin().await.unwrap();
        assert_eq!(run_claims::beat(&tx, &paused, app.now()).await.unwrap(), Beat::On);
        let new = run_claims::adopt(&tx, now - TimeDelta::minutes(1), "the new one", 10, now).await.unwrap();
        assert_eq!(run_claims::beat(&tx, &paused, now).await.unwrap(), Beat::Lost);
        let noted = run_claims::note_day(&tx, &paused, 0, None, now).await.unwrap();
        assert_eq!(noted, Noted::Lost);
        assert!(!run_claims::finish(&tx, &paused, SyncStatus::Failed, now).await.unwrap());
        assert!(run_claims::finish(&tx, &new[0], SyncStatus::Succeeded, now).await.unwrap());
        tx.commit().await.unwrap();
    };

    /// A slice is its reader's until its time is over or another claims it; then nothing that the reader
    /// writes is kept.
    a_slice_whose_time_is_over_is_lost = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let run = begin(&app, "2026-11-19", "2026-11-19", "a").await;
        let of = RunDay { run_id: run.id, track: CALLS, day: day("2026-11-19") };
        let now = app.now();
        let (minute, later) = (now + TimeDelta::minutes(1), now + TimeDelta::minutes(2));
        let window = Window { from: "2026-11-18T16:00:00Z".parse().unwrap(), to: "2026-11-19T15:59:59Z".parse().unwrap() };
        let tx = app.database.db.begin().await.unwrap();
        slice_claims::plan(&tx, of, &[window], now).await.unwrap();
        let first = slice_claims::claim(&tx, Wanted::Of(of), "a", now, minute).await.unwrap().unwrap();
        assert_eq!(slice_claims::claim(&tx, Wanted::Of(of), "b", now, minute).await.unwrap(), None);
        let hold = async |slice: &SliceRow, at| {
            slice_claims::hold(&tx, slice, SliceCounts::default(), None, at, minute).await.unwrap()
        };
        assert!(hold(&first, now).await);
        assert!(!hold(&first, minute).await, "its time is over, though nobody else wants it");
        let second = slice_claims::claim(&tx, Wanted::Of(of), "b", minute, later).await.unwrap().unwrap();
        assert_eq!((second.id, second.fence), (first.id, first.fence + 1));
        assert!(!hold(&first, now).await);
        assert!(!slice_claims::finish(&tx, &first, SliceState::Done, None, now).await.unwrap());
        let another = slice_claims::claim(&tx, Wanted::OfOthers("a"), "b", later, later).await.unwrap();
        assert_eq!(another, None, "a's own run");
        assert!(slice_claims::finish(&tx, &second, SliceState::Done, None, minute).await.unwrap());
        tx.commit().await.unwrap();
    };

    /// What another run read meanwhile of a day that was half read is no part of it: all of it is read
    /// again.
    a_day_that_another_run_began_is_read_anew = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let run = begin(&app, "2026-11-19", "2026-11-19", "the dead one").await;
        let of = RunDay { run_id: run.id, track: CALLS, day: day("2026-11-19") };
        let (now, later) = (app.now(), app.now() + TimeDelta::minutes(1));
        let window = |from: &str, to: &str| Window { from: from.parse().unwrap(), to: to.parse().unwrap() };
        let halves = [
            window("2026-11-18T16:00:00Z", "2026-11-19T03:59:59Z"),
            window("2026-11-19T04:00:00Z", "2026-11-19T15:59:59Z"),
        ];
        let tx = app.database.db.begin().await.unwrap();
        slice_claims::plan(&tx, of, &halves, now).await.unwrap();
        let first = slice_claims::claim(&tx, Wanted::Of(of), "the dead one", now, later).await.unwrap().unwrap();
        assert!(slice_claims::finish(&tx, &first, SliceState::Done, None, now).await.unwrap());
        tx.commit().await.unwrap();
        // Another run takes the day, and fails.
        app.platform.add_fault(Fault {
            on: FaultOn::Page { day: None, page: None },
            kind: FaultKind::HttpStatus(502),
            times: None,
        });
        assert_eq!(app.sync(CALLS, "2026-11-19", "2026-11-19").await.status, SyncStatus::Failed);
        app.platform.clear_faults();

        app.clock.advance(TimeDelta::minutes(2));
        app.syncer.take_over_dead_runs().await;
        app.syncer.wait_idle().await;
        let data = app.data(r#"{
            gradeStats(date: "2026-11-19") { totalRecords complete stale }
            syncRuns(orderBy: [{ field: ID, direction: ASC }]) { nodes { status slices { nodes { state expected } } } }
        }"#).await;
        assert_eq!(data["gradeStats"], json!({ "totalRecords": 300, "complete": true, "stale": false }));
        let run = &data["syncRuns"]["nodes"][0];
        assert_eq!(run["status"], "SUCCEEDED");
        let slices = run["slices"]["nodes"].as_array().unwrap();
        let of_state = |state: &str| slices.iter().filter(|slice| slice["state"] == state).count();
        assert_eq!((of_state("ABANDONED"), of_state("DONE")), (2, 1), "{slices:#?}");
    };

    /// Days before every window whose last read failed are read again with the longest window.
    a_day_that_fell_out_of_the_windows_is_healed = async |backend: Backend| {
        let app = TestApp::with_platform(&backend, |platform| platform.first_day = day("2026-11-05")).await;
        app.platform.add_fault(Fault {
            on: FaultOn::Page { day: Some(day("2026-11-05")), page: Some(1) },
            kind: FaultKind::Html,
            times: None,
        });
        assert_eq!(app.sync(CALLS, "2026-11-05", "2026-11-05").await.status, SyncStatus::Failed);
        app.platform.clear_faults();
        let job = Job::new(CALLS, SyncWindow::T10, "5 7 * * *").unwrap();
        app.syncer.take_up(Tick { job: &job, at: "2026-11-19T23:05:00Z".parse().unwrap() }).await.unwrap();
        app.syncer.wait_idle().await;
        let data = app.data(r#"{
            gradeStats(date: "2026-11-05") { totalRecords complete stale }
            syncRuns(first: 2) { nodes { window trigger from to status } }
        }"#).await;
        assert_eq!(data["gradeStats"], json!({ "totalRecords": 300, "complete": true, "stale": false }));
        let run = |from: &str, to: &str| json!({
            "window": "T10", "trigger": "SCHEDULE", "from": from, "to": to, "status": "SUCCEEDED",
        });
        let runs = json!([run("2026-11-05", "2026-11-05"), run("2026-11-10", "2026-11-19")]);
        assert_eq!(data["syncRuns"]["nodes"], runs);
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

    /// A day that was noted as read well does not fail afterwards, whatever ends its run.
    a_day_is_noted_once = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let run = begin(&app, "2026-11-19", "2026-11-20", "somebody").await;
        let tx = app.database.db.begin().await.unwrap();
        let note = async |done, error| {
            run_claims::note_day(&tx, &run, done, error, app.now()).await.unwrap()
        };
        assert_eq!(note(0, None).await, Noted::Now);
        assert_eq!(note(0, Some("cancelled")).await, Noted::Before { days_failed: 0 });
        assert_eq!(note(1, Some("cancelled")).await, Noted::Now);
        assert_eq!(note(1, Some("cancelled")).await, Noted::Before { days_failed: 1 });
        assert_eq!(note(0, None).await, Noted::Lost);
    };

    /// Days are read newest first: a refresh of today does not join a long run that has read it.
    a_refresh_does_not_join_a_run_that_is_done_with_its_day = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let long = begin(&app, "2026-11-01", "2026-11-20", "somebody").await;
        let tx = app.database.db.begin().await.unwrap();
        let noted = run_claims::note_day(&tx, &long, 0, None, app.now()).await.unwrap();
        assert_eq!(noted, Noted::Now);
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

/// A run of calls that another process has begun.
async fn begin(app: &TestApp, from: &str, to: &str, owner: &str) -> SyncRunRow {
    let new = NewRun {
        track: CALLS,
        window: SyncWindow::Manual,
        days: DayRange::new(day(from), day(to)).unwrap(),
        trigger: SyncTrigger::Api,
    };
    let tx = app.database.db.begin().await.unwrap();
    let run = sync_runs::create(&tx, new, owner, app.now()).await.unwrap();
    tx.commit().await.unwrap();
    run
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
