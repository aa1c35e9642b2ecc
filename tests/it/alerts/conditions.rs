//! What is wrong is found, told once, and over when it is.

use chrono::TimeDelta;
use dialgraph::{
    domain::{
        business_time::DayRange,
        sync::{SyncTrigger, SyncWindow},
        viewer::Role,
    },
    store::{
        leases, run_claims,
        sync_runs::{self, NewRun},
        sync_tracks::{self, TrackState},
    },
};
use serde_json::json;

use super::{CALLS, a_day_fails, listed, look, posting_to, receiver::Receiver, telling_by};
use crate::{
    harness::{Backend, TestApp, day},
    on_both,
};

fn minutes(minutes: i64) -> TimeDelta {
    TimeDelta::minutes(minutes)
}

async fn note(app: &TestApp, state: TrackState) {
    let tx = app.database.db.begin().await.unwrap();
    sync_tracks::save(&tx, CALLS, &state, app.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

fn kinds(alerts: &[serde_json::Value]) -> Vec<(&str, bool)> {
    let kind = |alert: &'_ serde_json::Value| alert["isOpen"].as_bool().unwrap();
    alerts
        .iter()
        .map(|alert| (alert["kind"].as_str().unwrap(), kind(alert)))
        .collect()
}

on_both! {
    /// A day that fails: one alert, one message; another when it is read well.
    a_failed_day_is_told_once_and_so_is_its_end = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let receiver = Receiver::start().await;
        let alerts = posting_to(&app, &receiver);
        app.clock.advance(minutes(1));
        a_day_fails(&app).await;
        assert_eq!(look(&alerts).await, 1);
        assert_eq!(alerts.outbox.send_due().await.unwrap(), 1);
        let open = json!({
            "kind": "DAY_FAILED", "track": "CALL_RECORDS", "date": "2026-11-19", "runDatabaseId": null,
            "message": "2026-11-19: call records could not be read whole: Guanke answered with HTTP status 502",
            "isOpen": true, "openedAt": "2026-11-20T04:01:00Z", "resolvedAt": null,
            "lastNotifiedAt": "2026-11-20T04:01:00Z",
        });
        assert_eq!(listed(&app).await, std::slice::from_ref(&open));
        // It lasts.
        for _ in 0..3 {
            app.clock.advance(minutes(1));
            assert_eq!(look(&alerts).await, 0);
        }
        // Its end is told at the next look, and says what works again, for people in their own time.
        app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        app.clock.advance(TimeDelta::seconds(30));
        assert_eq!(look(&alerts).await, 1);
        alerts.outbox.send_due().await.unwrap();
        let mut over = open;
        over["isOpen"] = json!(false);
        over["resolvedAt"] = json!("2026-11-20T04:04:30Z");
        over["lastNotifiedAt"] = over["resolvedAt"].clone();
        assert_eq!(listed(&app).await, [over]);
        let mut received = receiver.received();
        let told = received.pop().unwrap().json();
        assert_eq!((&received[0].json()["event"], &told["event"]), (&json!("OPENED"), &json!("RESOLVED")));
        assert_eq!(told["message"], "recovered: reading call records of 2026-11-19, lasted 3 min 30 s");
        assert_eq!(told["messageZh"], "已恢复：2026-11-19 的通话记录读取，持续 3 分钟 30 秒");
    };

    /// Today that is not read half an hour after it should have been; and nobody says at midnight that
    /// all is well.
    a_lag_is_told_until_today_is_read = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let alerts = telling_by(&app, Vec::new());
        app.know_all_grades().await;
        // 12:00: it was due at 11:30 at the latest.
        app.synced(CALLS, "2026-11-20", "2026-11-20").await;
        assert_eq!(look(&alerts).await, 0);
        app.clock.set("2026-11-20T04:39:00Z".parse().unwrap());
        assert_eq!(look(&alerts).await, 0, "12:00 was read at 12:00");
        app.clock.set("2026-11-20T04:40:00Z".parse().unwrap());
        assert_eq!(look(&alerts).await, 1, "12:10 was not read by 12:40");
        let open = listed(&app).await;
        assert_eq!(kinds(&open), [("LAG", true)]);
        assert_eq!(
            open[0]["message"],
            "call records of today should have been read at 2026-11-20 12:10:00, and they are known up to 2026-11-20 12:00:00 only"
        );
        // Half past midnight, and half past nine, when today is due for the first time.
        app.clock.set("2026-11-20T16:30:00Z".parse().unwrap());
        assert_eq!(look(&alerts).await, 0);
        assert_eq!(kinds(&listed(&app).await), [("LAG", true)]);
        app.clock.set("2026-11-21T01:20:00Z".parse().unwrap());
        app.sync(CALLS, "2026-11-21", "2026-11-21").await;
        app.clock.set("2026-11-21T01:30:00Z".parse().unwrap());
        assert_eq!(look(&alerts).await, 1);
        assert_eq!(kinds(&listed(&app).await), [("LAG", false)]);
    };

    /// A platform that is left alone, and one that refuses us.
    a_pause_and_a_refusal_are_told = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let alerts = telling_by(&app, Vec::new());
        app.clock.set("2026-11-20T00:00:00Z".parse().unwrap());
        note(&app, TrackState {
            failures: 5,
            opened_at: Some(app.now()),
            retry_at: Some(app.now() + minutes(1)),
            error: Some("Guanke did not answer in time".to_owned()),
            refused_at: Some(app.now()),
        }).await;
        assert_eq!(look(&alerts).await, 2);
        let open = listed(&app).await;
        assert_eq!(kinds(&open), [("CREDENTIALS_REFUSED", true), ("PLATFORM_PAUSED", true)]);
        assert_eq!(
            open[1]["message"],
            "Guanke is left alone since 2026-11-20 08:00:00 (call records); it is tried again at 2026-11-20 08:01:00: Guanke did not answer in time"
        );
        app.clock.advance(minutes(10));
        note(&app, TrackState::default()).await;
        assert_eq!(look(&alerts).await, 2);
        let over = listed(&app).await;
        assert_eq!(kinds(&over), [("CREDENTIALS_REFUSED", false), ("PLATFORM_PAUSED", false)]);
    };

    /// A run without a sign of life.
    a_stuck_run_is_told = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let alerts = telling_by(&app, Vec::new());
        app.clock.set("2026-11-20T00:00:00Z".parse().unwrap());
        let new = NewRun {
            track: CALLS,
            window: SyncWindow::Manual,
            days: DayRange::day(day("2026-11-19")),
            trigger: SyncTrigger::Api,
        };
        let tx = app.database.db.begin().await.unwrap();
        let run = sync_runs::create(&tx, new, "gone", app.now()).await.unwrap();
        let left = sync_runs::create(&tx, new, "stopped", app.now()).await.unwrap();
        run_claims::hand_over(&tx, &left).await.unwrap();
        tx.commit().await.unwrap();
        app.clock.advance(minutes(10));
        assert_eq!(look(&alerts).await, 0);
        app.clock.advance(minutes(1));
        // What was left in good order is taken up at the next look.
        assert_eq!(look(&alerts).await, 1);
        let open = listed(&app).await;
        assert_eq!((&open[0]["kind"], &open[0]["runDatabaseId"]), (&json!("RUN_STUCK"), &json!(run.id)));
    };

    /// What lasts is told again after a day, and what comes and goes is not told each time.
    what_lasts_is_told_again_and_what_flaps_is_not = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let receiver = Receiver::start().await;
        let alerts = posting_to(&app, &receiver);
        let bad = |at| TrackState { refused_at: Some(at), ..TrackState::default() };
        app.clock.set("2026-11-20T00:00:00Z".parse().unwrap());
        let began = app.now();
        for (minute, is_bad, told) in [
            // Its end is told at once; that it is back only if it stays for ten minutes after that.
            (0, true, 1), (1, false, 1), (2, true, 0), (3, false, 0), (4, true, 0), (10, true, 0), (11, true, 1),
        ] {
            app.clock.set(began + minutes(minute));
            note(&app, if is_bad { bad(began) } else { TrackState::default() }).await;
            assert_eq!(look(&alerts).await, told, "minute {minute}");
            alerts.outbox.send_due().await.unwrap();
        }
        // A day later today lags, too.
        app.clock.set(began + minutes(11) + TimeDelta::days(1));
        assert_eq!(look(&alerts).await, 1);
        alerts.outbox.send_due().await.unwrap();
        assert_eq!(receiver.events(), ["OPENED", "RESOLVED", "OPENED", "REPEATED"]);
        assert_eq!(kinds(&listed(&app).await), [("CREDENTIALS_REFUSED", true)], "it is one alert");
    };

    /// Two instances look once a minute together.
    two_instances_tell_once = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let receiver = Receiver::start().await;
        a_day_fails(&app).await;
        let (one, other) = (posting_to(&app, &receiver), posting_to(&app, &receiver));
        let (first, second) = tokio::join!(look(&one), look(&other));
        assert_eq!(first + second, 1);
        let (first, second) = tokio::join!(one.outbox.send_due(), other.outbox.send_due());
        assert_eq!(first.unwrap() + second.unwrap(), 1);
        assert_eq!(receiver.events(), ["OPENED"]);
    };

    /// Nothing that the rules keep is in the way of the schedule's own leases.
    looking_leaves_no_lease_behind = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let alerts = telling_by(&app, Vec::new());
        look(&alerts).await;
        let tx = app.database.db.begin().await.unwrap();
        let later = app.now() + minutes(1);
        assert!(leases::acquire(&tx, "alerts", "other", app.now(), later).await.unwrap().is_some());
    };

    /// Who may read runs may read alerts.
    alerts_are_for_everybody_and_can_be_filtered = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let alerts = telling_by(&app, Vec::new());
        a_day_fails(&app).await;
        look(&alerts).await;
        let query = r#"{ open: syncAlerts(filter: { isOpen: { eq: true }, kind: { eq: DAY_FAILED } }) { totalCount nodes { id databaseId } }
            lag: syncAlerts(filter: { kind: { in: [LAG, RUN_STUCK] } }, orderBy: [{ field: OPENED_AT, direction: DESC }]) { totalCount } }"#;
        let data = app.query_as(Role::Analyst, query).await.data();
        assert_eq!((&data["open"]["totalCount"], &data["lag"]["totalCount"]), (&json!(1), &json!(0)));
        let id = data["open"]["nodes"][0]["id"].as_str().unwrap();
        let node = app.data(&format!(r#"{{ node(id: "{id}") {{ __typename id }} }}"#)).await;
        assert_eq!(node["node"], json!({ "__typename": "SyncAlert", "id": id }));
    };
}
