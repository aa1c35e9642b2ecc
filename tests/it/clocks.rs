//! Instances whose clocks are wrong: what one whose clock is ahead notes keeps the others waiting for
//! no longer than it would have by a right one.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use dialgraph::{
    clock::ManualClock,
    domain::{
        alert::{AlertChannel, AlertEvent, AlertKind, Subject, Text},
        business_time::{BusinessZone, DayRange},
        sync::{SyncTrack, SyncTrigger, SyncWindow},
    },
    guanke::TokenStore as _,
    service::{housekeeping::Housekeeping, retention::RetentionOptions},
    store::{
        alert_deliveries, alerts, leases, run_claims,
        slice_claims::{self, RunDay, Wanted, Window},
        sync_days,
        sync_runs::{self, NewRun},
    },
    sync::{DatabaseTokenStore, Job, Tick},
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{
    harness::{Backend, NOW, TestApp, TestDatabase, day},
    on_both,
};

const CALLS: SyncTrack = SyncTrack::CallRecords;
const DAY: TimeDelta = TimeDelta::days(1);

fn now() -> DateTime<Utc> {
    NOW.parse().unwrap()
}

fn minutes(minutes: i64) -> TimeDelta {
    TimeDelta::minutes(minutes)
}

async fn windows(app: &TestApp) -> Value {
    app.data("{ syncRuns { nodes { window status } } }").await["syncRuns"]["nodes"].clone()
}

on_both! {
    /// A tick that an instance took up whose clock is a day ahead silences nobody; one of two minutes
    /// ahead is taken for what it says.
    a_tick_of_the_future_is_ignored = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        let job = Job::new(CALLS, SyncWindow::T3, "5 10 * * *").unwrap();
        let take = async |tick: DateTime<Utc>, by: DateTime<Utc>| {
            db.transaction(async |tx| leases::acquire_tick(tx, &job.name(), "other", by, by, tick).await).await.unwrap()
        };
        let at = "2026-11-20T02:05:00Z".parse().unwrap();
        assert!(take(at + DAY, now() + DAY).await.is_some());
        app.syncer.take_up(Tick { job: &job, at }).await.unwrap();
        app.syncer.wait_idle().await;
        let run = json!({ "window": "T3", "status": "SUCCEEDED" });
        assert_eq!(windows(&app).await, json!([run]));
        // It is noted in its place: nobody runs it again.
        app.syncer.take_up(Tick { job: &job, at }).await.unwrap();
        assert_eq!(take(at, now()).await, None);
        app.syncer.wait_idle().await;
        assert_eq!(windows(&app).await, json!([run]));
        assert!(take(now() + minutes(2), now() + minutes(2)).await.is_some());
        assert_eq!(take(at + minutes(1), now()).await, None);
    };

    /// At the start what was missed is made up for, whatever a clock that was ahead said of it.
    what_was_missed_is_seen_past_a_tick_of_the_future = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let later = now() + DAY;
        for window in ["T3", "TODAY"] {
            let name = format!("job:CALL_RECORDS:{window}");
            app.database.db.transaction(async |tx| leases::acquire_tick(tx, &name, "other", later, later, later).await).await.unwrap();
        }
        let ticks = leases::last_ticks(app.database.db.read(), now()).await.unwrap();
        assert!(ticks.is_empty(), "{ticks:?}");
        assert_eq!(leases::last_ticks(app.database.db.read(), later).await.unwrap().len(), 2);
        let syncer = app.syncer.clone();
        let following = tokio::spawn(async move { syncer.follow_schedule().await });
        let run = |window: &str| json!({ "window": window, "status": "SUCCEEDED" });
        let done = async {
            while windows(&app).await != json!([run("T3"), run("TODAY")]) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), done).await.unwrap();
        app.syncer.stop().await;
        following.await.unwrap();
    };

    /// What is deleted once a day is deleted, though somebody has done it tomorrow.
    housekeeping_is_not_silenced = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let housekeeping = |at: DateTime<Utc>| Housekeeping {
            db: database.db.clone(),
            clock: Arc::new(ManualClock::new(at)),
            zone: BusinessZone::default(),
            options: RetentionOptions::default(),
            instance: "x".to_owned(),
        };
        let stop = CancellationToken::new();
        assert!(housekeeping(now() + DAY).once(&stop).await.unwrap().is_some());
        assert!(housekeeping(now()).once(&stop).await.unwrap().is_some());
        assert!(housekeeping(now()).once(&stop).await.unwrap().is_none());
    };

    /// A lease is held for its time and a margin, however far ahead the clock of its owner is.
    a_lease_of_the_future_is_free = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let tx = database.db.begin().await.unwrap();
        let acquire = async |name: &str, owner: &str, by: DateTime<Utc>| {
            leases::acquire(&tx, name, owner, by, by + minutes(1)).await.unwrap()
        };
        assert!(acquire("x", "ahead", now() + TimeDelta::hours(3)).await.is_some());
        assert!(acquire("x", "right", now()).await.is_some());
        // Five minutes ahead may be true.
        assert!(acquire("y", "ahead", now() + minutes(5)).await.is_some());
        assert_eq!(acquire("y", "right", now()).await, None);
        assert!(acquire("y", "right", now() + minutes(6)).await.is_some());
    };

    /// The right to log in to the platform is such a lease.
    a_login_of_the_future_keeps_nobody_out = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let store = |instance: &str, at: DateTime<Utc>| {
            let (db, clock) = (database.db.clone(), Arc::new(ManualClock::new(at)));
            DatabaseTokenStore::new(db, clock, instance.to_owned(), "http://x/", &"user".into(), &"secret".into()).unwrap()
        };
        assert!(store("ahead", now() + DAY).claim_login().await.unwrap().is_some());
        assert!(store("right", now()).claim_login().await.unwrap().is_some());
        assert!(store("another", now()).claim_login().await.unwrap().is_none());
    };

    /// A run whose process died with a clock that was ahead is taken over, and joined by nobody.
    a_run_of_the_future_is_dead = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let new = NewRun {
            track: CALLS,
            window: SyncWindow::T3,
            days: DayRange::new(day("2026-11-17"), day("2026-11-19")).unwrap(),
            trigger: SyncTrigger::Schedule,
        };
        let db = &app.database.db;
        let dead = db.transaction(async |tx| sync_runs::create(tx, new, "dead", now() + DAY).await).await.unwrap();
        let since = now() - minutes(1);
        assert!(run_claims::any_dead(db.read(), since, now()).await.unwrap());
        assert!(sync_runs::find_running(db.read(), CALLS, new.days, since, now()).await.unwrap().is_empty());
        assert_eq!(sync_runs::find_running(db.read(), CALLS, new.days, since, now() + DAY).await.unwrap().len(), 1);
        app.syncer.take_over_dead_runs().await;
        app.syncer.wait_idle().await;
        let run = sync_runs::find(db.read(), dead.id).await.unwrap().unwrap();
        assert_eq!((run.status.to_string().as_str(), run.days_done), ("SUCCEEDED", 3));
    };

    /// A part of a day that its reader holds until tomorrow is read by others today.
    a_slice_of_the_future_is_free = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        let new = NewRun {
            track: CALLS,
            window: SyncWindow::Manual,
            days: DayRange::day(day("2026-11-19")),
            trigger: SyncTrigger::Cli,
        };
        let tx = db.begin().await.unwrap();
        let run = sync_runs::create(&tx, new, "a", now()).await.unwrap();
        let of = RunDay { run_id: run.id, track: CALLS, day: day("2026-11-19") };
        let window = Window { from: "2026-11-18T16:00:00Z".parse().unwrap(), to: "2026-11-19T15:59:59Z".parse().unwrap() };
        slice_claims::plan(&tx, of, &[window], now()).await.unwrap();
        let claim = async |owner: &str, by: DateTime<Utc>| {
            slice_claims::claim(&tx, Wanted::Of(of), owner, by, by + minutes(1)).await.unwrap()
        };
        assert!(claim("ahead", now() + DAY).await.is_some());
        assert!(claim("right", now()).await.is_some());
        assert_eq!(claim("another", now()).await, None);
    };

    /// A day that was read well tomorrow, and could not be read today, is stale today.
    a_failure_is_not_hidden_by_a_read_of_the_future = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.clock.set(now() + DAY);
        app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        app.clock.set(now());
        let db = &app.database.db;
        let run = sync_runs::newest(db.read()).await.unwrap().remove(0);
        let note = async |began, at| {
            db.transaction(async |tx| sync_days::note_unread(tx, CALLS, day("2026-11-19"), (run.id, began), "paused", at).await).await.unwrap();
            sync_days::find(db.read(), CALLS, day("2026-11-19")).await.unwrap().unwrap().is_stale
        };
        assert!(!note(now(), now() + DAY).await, "it was read since");
        assert!(note(now(), now()).await);
    };

    /// A run that was left goes on where another one has read the day meanwhile, but not by a clock that
    /// was ahead: that it was read tomorrow says nothing of what it was asked for.
    a_read_of_the_future_answers_no_request = async |backend: Backend| {
        for (ahead, is_read) in [(minutes(2), false), (DAY, true)] {
            let app = TestApp::new(&backend).await;
            let new = NewRun {
                track: CALLS,
                window: SyncWindow::T3,
                days: DayRange::day(day("2026-11-19")),
                trigger: SyncTrigger::Schedule,
            };
            let db = &app.database.db;
            let left = db.transaction(async |tx| sync_runs::create(tx, new, "dead", now() - minutes(30)).await).await.unwrap();
            app.clock.set(now() + ahead);
            app.synced(CALLS, "2026-11-19", "2026-11-19").await;
            app.clock.set(now());
            app.syncer.take_over_dead_runs().await;
            app.syncer.wait_idle().await;
            let run = sync_runs::find(db.read(), left.id).await.unwrap().unwrap();
            assert_eq!((run.status.to_string().as_str(), run.days_done), ("SUCCEEDED", 1));
            assert_eq!(run.pages > 0, is_read, "{ahead}");
        }
    };

    /// A message that is being sent, or put off, until tomorrow is sent today.
    a_message_of_the_future_is_sent = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let tx = database.db.begin().await.unwrap();
        let condition = dialgraph::domain::alert::Condition {
            kind: AlertKind::DayFailed,
            subject: Subject { track: CALLS, day: Some(day("2026-11-19")), run_id: None },
            message: Text::new("x", "x"),
        };
        let alert = alerts::open(&tx, &condition, now()).await.unwrap();
        let channel = AlertChannel::Webhook;
        alert_deliveries::add(&tx, alert.id, AlertEvent::Opened, &[channel], now() + DAY).await.unwrap();
        let claim = async |owner: &str, by: DateTime<Utc>| {
            alert_deliveries::claim(&tx, channel, owner, by, by + minutes(2)).await.unwrap()
        };
        assert!(alert_deliveries::any_due(&tx, channel, now()).await.unwrap());
        assert!(claim("ahead", now() + DAY).await.is_some());
        assert!(claim("right", now()).await.is_some());
        assert_eq!(claim("another", now()).await.map(|message| message.id), None);
    };
}
