//! Processes that share the work, stop, or die: what is done is not done again.

use std::time::Duration;

use chrono::TimeDelta;
use dialgraph::{
    domain::{
        business_time::DayRange,
        sync::{SyncStatus, SyncTrigger, SyncWindow},
    },
    guanke::simulator::FaultKind,
    store::{
        sync_days,
        sync_runs::{self, NewRun},
    },
};
use serde_json::json;

use super::{CALLS, asked_twice, busy, fault, grades, slices};
use crate::{
    harness::{Backend, TestApp, day, run},
    on_both,
};

on_both! {
    /// Two instances read a day once: the second waits for the first, and takes what it read.
    two_instances_do_not_read_a_day_twice = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.platform.add_fault(fault("2026-11-19", 1, FaultKind::Hang(Duration::from_millis(100)), Some(1)));
        let other = app.another_instance().await;
        let (first, second) = tokio::join!(
            app.sync(CALLS, "2026-11-19", "2026-11-19"),
            run(&other, CALLS, "2026-11-18", "2026-11-19"),
        );
        assert_eq!((first.status, second.status), (SyncStatus::Succeeded, SyncStatus::Succeeded));
        assert_eq!(first.counts.fetched + second.counts.fetched, 300 + 300);
        assert_eq!(app.platform.requests().pages, 3 + 3);
        assert_eq!(asked_twice(&app), Vec::<String>::new());
        assert_eq!(grades(&app, "2026-11-19").await["totalRecords"], 300);
    };

    /// A day that a stopping service leaves is stale, and the next run goes on with it.
    a_service_that_stops_leaves_a_day_for_the_next_run = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.platform.add_fault(fault("2026-11-19", 3, FaultKind::Hang(Duration::from_mins(1)), Some(1)));
        let syncer = app.syncer.clone();
        let stop = async {
            while app.platform.requests().pages < 3 {
                tokio::task::yield_now().await;
            }
            syncer.stop().await;
        };
        let (outcome, ()) = tokio::join!(app.sync(CALLS, "2026-11-19", "2026-11-19"), stop);
        assert_eq!(outcome.status, SyncStatus::Failed);
        assert_eq!(outcome.failed[0].1, "stopped before its end, because the program was");
        let left = sync_days::find(app.database.db.read(), CALLS, day("2026-11-19")).await.unwrap().unwrap();
        assert!(left.is_stale && left.completed_at.is_none());

        // Whether the request that hung was struck by its fault before it was dropped is a race.
        app.platform.clear_faults();
        let next = app.another_instance().await;
        let outcome = run(&next, CALLS, "2026-11-19", "2026-11-19").await;
        assert_eq!(outcome.status, SyncStatus::Succeeded);
        assert_eq!(outcome.counts.inserted + outcome.counts.unchanged, 300);
        assert_eq!(grades(&app, "2026-11-19").await["complete"], true);
    };

    /// A service that stops gives back all slices that it is reading: the next one need not wait.
    all_slices_are_given_back = async |backend: Backend| {
        let app = busy(&backend).await;
        app.platform.add_fault(fault("2026-11-19", 1, FaultKind::Hang(Duration::from_mins(10)), None));
        app.data(r#"mutation { refreshStats(input: { date: "2026-11-19", tracks: [CALL_RECORDS] }) { runs { run { id } } } }"#).await;
        let in_state = async |state: &str| slices(&app, 0).await.iter().filter(|slice| slice["state"] == state).count();
        while in_state("READING").await < 4 {
            tokio::task::yield_now().await;
        }
        app.syncer.stop().await;
        assert_eq!(in_state("PENDING").await, 4);
    };

    /// A command that is given again after it was killed reads everything: what the killed one had read
    /// may have been edited since.
    a_command_given_again_reads_everything_again = async |backend: Backend| {
        let app = busy(&backend).await;
        let killed = app.another_instance().await;
        app.platform.add_fault(fault("2026-11-19", 8, FaultKind::Hang(Duration::from_mins(10)), Some(1)));
        let first = tokio::spawn(async move { run(&killed, CALLS, "2026-11-19", "2026-11-19").await });
        let done = async || slices(&app, 0).await.iter().filter(|slice| slice["state"] == "DONE").count();
        while done().await < 3 {
            tokio::task::yield_now().await;
        }
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        app.platform.clear_faults();
        let deals = app.platform.truth(day("2026-11-19")).grades["NINE_YUAN"];
        for nth in 0..17 {
            app.platform.edit_grade(day("2026-11-19"), nth, "9元", Some("NINE_YUAN"));
        }
        let edited = app.platform.truth(day("2026-11-19")).grades["NINE_YUAN"];
        assert!(edited > deals);
        app.clock.advance(TimeDelta::minutes(2));
        let before = app.platform.requests().pages;
        let outcome = app.sync(CALLS, "2026-11-19", "2026-11-19").await;
        assert_eq!((outcome.run_id, outcome.status), (3, SyncStatus::Succeeded));
        assert!(app.platform.requests().pages - before >= 30, "3,000 records by 100");
        let stats = grades(&app, "2026-11-19").await;
        assert_eq!((&stats["totalRecords"], &stats["grade9"]), (&json!(3_000), &json!(edited)));
        let runs = app.data("{ syncRuns { nodes { status error } } }").await;
        let killed = json!({ "status": "FAILED", "error": "the process that ran it ended before it was done" });
        assert_eq!(runs["syncRuns"]["nodes"][1], killed);
    };

    /// A day that was still going on has more by now: a command that is given again later reads all of it,
    /// and ends what was left.
    a_command_does_not_go_on_with_what_is_out_of_date = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let days = DayRange::new(day("2026-11-18"), day("2026-11-20")).unwrap();
        let (track, window, trigger) = (CALLS, SyncWindow::Manual, SyncTrigger::Cli);
        let tx = app.database.db.begin().await.unwrap();
        sync_runs::create(&tx, NewRun { track, window, days, trigger }, "dead", app.now()).await.unwrap();
        tx.commit().await.unwrap();
        app.clock.advance(TimeDelta::hours(1));
        let outcome = app.synced(CALLS, "2026-11-18", "2026-11-20").await;
        assert_eq!((outcome.run_id, outcome.counts.days_done), (2, 3));
        let runs = app.data("{ syncRuns { nodes { status error } } }").await;
        let left = json!({ "status": "FAILED", "error": "the process that ran it ended before it was done" });
        assert_eq!(runs["syncRuns"]["nodes"], json!([{ "status": "SUCCEEDED", "error": null }, left]));
    };

    /// Two instances share the slices of a day: every page is asked for once, whoever asks.
    two_instances_share_a_day = async |backend: Backend| {
        let app = busy(&backend).await;
        let other = app.another_instance().await;
        let helping = { let other = other.clone(); tokio::spawn(async move { other.share_work().await }) };
        app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        other.stop().await;
        helping.await.unwrap();
        assert_eq!(asked_twice(&app), Vec::<String>::new());
        let slices = slices(&app, 0).await;
        assert_eq!(slices.len(), 4, "3,000 calls, 800 a slice");
        let sum = |field: &str| slices.iter().map(|slice| slice[field].as_i64().unwrap()).sum::<i64>();
        assert_eq!((sum("expected"), sum("seen")), (3_000, 3_000));
        assert!(slices.iter().all(|slice| slice["state"] == "DONE" && slice["attempts"] == 1), "{slices:#?}");
    };

    /// When a process dies, another goes on with its run once its time is over: slices that were done
    /// are not read again, and those that were not are.
    another_goes_on_with_what_was_not_done = async |backend: Backend| {
        let app = busy(&backend).await;
        // One of the four slices waits for its eighth page for ever.
        let last = fault("2026-11-19", 8, FaultKind::Hang(Duration::from_mins(10)), Some(1));
        app.platform.add_fault(last);
        let started = app.data(r#"mutation { refreshStats(input: { date: "2026-11-19", tracks: [CALL_RECORDS] }) { runs { run { id } } } }"#).await;
        let id = started["refreshStats"]["runs"][0]["run"]["id"].as_str().unwrap().to_owned();
        let done = async || slices(&app, 0).await.iter().filter(|slice| slice["state"] == "DONE").count();
        while done().await < 3 {
            tokio::task::yield_now().await;
        }
        app.syncer.kill();
        app.syncer.wait_idle().await;
        app.platform.clear_faults();
        let other = app.another_instance().await;
        app.clock.advance(TimeDelta::seconds(61));
        other.take_over_dead_runs().await;
        other.wait_idle().await;
        let run = app.data(&format!(r#"{{ syncRun(id: "{id}") {{ status daysDone }} }}"#)).await;
        assert_eq!(run["syncRun"], json!({ "status": "SUCCEEDED", "daysDone": 1 }));
        let slices = slices(&app, 0).await;
        let mut attempts: Vec<_> = slices.iter().map(|slice| slice["attempts"].as_i64().unwrap()).collect();
        attempts.sort_unstable();
        assert_eq!(attempts, [1, 1, 1, 2]);
        assert_eq!(grades(&app, "2026-11-19").await["totalRecords"], 3_000);
    };
}
