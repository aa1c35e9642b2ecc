//! Platforms that list a call by another time than that at which it was dialled: it counts on its own
//! day, and no window takes away what another one gave.

use std::time::Duration;

use chrono::TimeDelta;
use dialgraph::{
    domain::{
        business_time::BusinessZone,
        listing::{ListedBy, Listing},
        sync::SyncStatus,
    },
    entity::sync_track,
    guanke::simulator::ExtraCall,
    service::retention::{RetentionOptions, retain},
    store::{rollups, sync_tracks},
};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{CALLS, covered};
use crate::{
    harness::{Backend, TestApp, day},
    on_both,
};

/// A minute before midnight, and longer than it.
const ACROSS_MIDNIGHT: ExtraCall = ExtraCall {
    second: 86_390,
    duration: 30,
};

/// Three days of 30 calls, the first with one more ten seconds before midnight.
async fn listing_by(backend: &Backend, by: ListedBy) -> TestApp {
    TestApp::with_platform(backend, |platform| {
        platform.calls_per_day = 30;
        platform.listed_by = by;
        platform.uploaded_within = Duration::from_mins(5);
        let extra = vec![ACROSS_MIDNIGHT];
        platform.extra_calls.insert(day("2026-11-18"), extra);
    })
    .await
}

/// How many calls the figures count of the 18th and the 19th, and the deals of the 18th.
async fn counted(app: &TestApp) -> (Vec<i64>, i64) {
    let query = r#"{ trend(from: "2026-11-18", to: "2026-11-19") { calls }
                     gradeStats(date: "2026-11-18") { grade9 } }"#;
    let data = app.data(query).await;
    let points = data["trend"].as_array().unwrap();
    let calls = points.iter().map(|point| point["calls"].as_i64().unwrap());
    let deals = data["gradeStats"]["grade9"].as_i64().unwrap();
    (calls.collect(), deals)
}

fn whole(calls: u32) -> Value {
    json!({ "complete": true, "stale": false, "expected": calls, "stored": calls, "missing": 0 })
}

/// What `syncStatus` says of the list of call records.
async fn learnt(app: &TestApp) -> (Value, i64) {
    let data = app
        .data("{ syncStatus { tracks { track listedBy listLagSeconds } } }")
        .await;
    let tracks = data["syncStatus"]["tracks"].as_array().unwrap();
    let calls = tracks.iter().find(|track| track["track"] == "CALL_RECORDS");
    let calls = calls.unwrap();
    let lag = calls["listLagSeconds"].as_i64().unwrap();
    (calls["listedBy"].clone(), lag)
}

async fn removed(app: &TestApp) -> Value {
    let query = "{ calls(filter: { removedAt: { isNull: false } }) { totalCount } }";
    app.data(query).await["calls"]["totalCount"].clone()
}

on_both! {
    /// 23:59:50, ended 00:00:20: the list has it under the next day, figures under its own.
    a_call_that_ends_after_midnight_counts_on_the_day_it_was_dialled = async |backend: Backend| {
        let app = listing_by(&backend, ListedBy::EndTime).await;
        app.synced(CALLS, "2026-11-18", "2026-11-19").await;
        assert_eq!(counted(&app).await, (vec![31, 30], 1));
        assert_eq!(covered(&app, "2026-11-18").await, whole(31));
        assert_eq!(covered(&app, "2026-11-19").await, whole(30));
        assert_eq!(learnt(&app).await.0, json!("END_TIME"));

        // Whatever is read again, and in whatever order, nothing goes and nothing comes.
        for (from, to) in [("18", "18"), ("19", "19"), ("18", "19"), ("18", "18")] {
            let (from, to) = (format!("2026-11-{from}"), format!("2026-11-{to}"));
            let outcome = app.synced(CALLS, &from, &to).await;
            assert_eq!((outcome.counts.inserted, outcome.counts.removed), (0, 0), "{from}..{to}");
            assert_eq!(counted(&app).await, (vec![31, 30], 1));
        }
        assert_eq!(covered(&app, "2026-11-18").await, whole(31));
        assert_eq!(removed(&app).await, json!(0));
        assert_eq!(rollups::differences(&app.database.db).await.unwrap(), []);
    };

    /// The day alone: its read looks behind midnight for its last calls.
    a_day_is_complete_only_with_its_calls_behind_midnight = async |backend: Backend| {
        for by in [ListedBy::EndTime, ListedBy::UploadTime] {
            let app = listing_by(&backend, by).await;
            app.synced(CALLS, "2026-11-18", "2026-11-18").await;
            assert_eq!(covered(&app, "2026-11-18").await, whole(31), "{by}");
            assert_eq!(learnt(&app).await.0, json!(by.to_string()));
            app.synced(CALLS, "2026-11-19", "2026-11-19").await;
            assert_eq!(counted(&app).await, (vec![31, 30], 1));
            assert_eq!(covered(&app, "2026-11-18").await, whole(31), "{by}");
        }
    };

    /// A platform that lists by upload, of which a call is at a window's edge as if it went by the end: the
    /// one that is uploaded nine minutes after it was dialled is not lost behind midnight.
    a_call_at_a_window_s_edge_does_not_make_a_late_one_lost = async |backend: Backend| {
        let app = TestApp::with_platform(&backend, |platform| {
            platform.calls_per_day = 30;
            platform.first_day = day("2026-11-15");
            platform.listed_by = ListedBy::UploadTime;
            platform.extra_calls.insert(day("2026-11-16"), vec![ACROSS_MIDNIGHT]);
            let before_midnight = ExtraCall { second: 86_280, duration: 30 };
            platform.extra_calls.insert(day("2026-11-18"), vec![before_midnight]);
        }).await;
        // 00:00:23 of the next day, three seconds after it ended; and 00:07.
        app.platform.relist(day("2026-11-16"), 30, "2026-11-16T16:00:23Z".parse().ok());
        app.platform.relist(day("2026-11-18"), 30, "2026-11-18T16:07:00Z".parse().ok());
        app.synced(CALLS, "2026-11-15", "2026-11-17").await;
        assert_eq!(learnt(&app).await.0, json!("UPLOAD_TIME"));
        assert_eq!(covered(&app, "2026-11-16").await, whole(31));
        app.synced(CALLS, "2026-11-18", "2026-11-18").await;
        assert_eq!(covered(&app, "2026-11-18").await, whole(31));
        let deals = r#"{ gradeStats(date: "2026-11-18") { grade9 } }"#;
        assert_eq!(app.data(deals).await["gradeStats"]["grade9"], json!(1));
    };

    /// What a call at the edge suggests is found out with two calls, of two requests each, once.
    the_end_is_believed_of_calls_that_were_looked_for = async |backend: Backend| {
        let app = listing_by(&backend, ListedBy::EndTime).await;
        let first = app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        assert_eq!(learnt(&app).await.0, json!("END_TIME"));
        let second = app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        assert_eq!(first.counts.pages, second.counts.pages + 4);
    };

    /// With many slices, each of which lists calls of the one before: the same calls every time.
    slices_take_nothing_from_each_other = async |backend: Backend| {
        for by in [ListedBy::EndTime, ListedBy::UploadTime] {
            let app = TestApp::with_platform(&backend, |platform| {
                platform.calls_per_day = 3_000;
                platform.listed_by = by;
            }).await;
            for slices in [4, 1, 7] {
                let syncer = app.syncer_with(|options| options.unknown_slices = slices);
                let outcome = crate::harness::run(&syncer, CALLS, "2026-11-19", "2026-11-19").await;
                assert_eq!((outcome.status, outcome.counts.removed), (SyncStatus::Succeeded, 0), "{by}: {outcome:?}");
                assert_eq!(covered(&app, "2026-11-19").await, whole(3_000), "{by}");
            }
            assert_eq!(rollups::differences(&app.database.db).await.unwrap(), []);
        }
    };

    /// A call that was listed with the next day and is gone from there is gone.
    what_is_gone_from_the_window_that_gave_it_is_removed = async |backend: Backend| {
        let app = listing_by(&backend, ListedBy::EndTime).await;
        app.synced(CALLS, "2026-11-18", "2026-11-19").await;
        app.platform.remove_call(day("2026-11-18"), 30, true);
        // Its own day has not given it.
        app.synced(CALLS, "2026-11-18", "2026-11-18").await;
        assert_eq!(counted(&app).await, (vec![31, 30], 1));
        app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        assert_eq!(counted(&app).await, (vec![30, 30], 0));
        assert_eq!(covered(&app, "2026-11-18").await, whole(30));
        assert_eq!(removed(&app).await, json!(1));

        app.platform.remove_call(day("2026-11-18"), 30, false);
        app.synced(CALLS, "2026-11-18", "2026-11-18").await;
        assert_eq!(counted(&app).await, (vec![31, 30], 1));
        assert_eq!(removed(&app).await, json!(0));
    };

    /// A platform that was taken to list by the time of the call: days that rest on that are complete no
    /// more once it is seen not to, and are read again by the run that saw it, or the next one.
    days_read_while_less_was_known_are_doubted = async |backend: Backend| {
        let app = listing_by(&backend, ListedBy::EndTime).await;
        let tx = app.database.db.begin().await.unwrap();
        let by_call_time = Listing { by: Some(ListedBy::CallTime), longest: TimeDelta::zero() };
        sync_tracks::save_listing(&tx, CALLS, by_call_time, app.now()).await.unwrap();
        tx.commit().await.unwrap();
        app.synced(CALLS, "2026-11-18", "2026-11-18").await;
        assert_eq!(covered(&app, "2026-11-18").await, whole(30));

        // The next day shows it, and cannot be read whole itself.
        app.platform.misdate(day("2026-11-19"), 0, "2027-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(app.sync(CALLS, "2026-11-19", "2026-11-19").await.status, SyncStatus::Failed);
        let doubted = json!({ "complete": false, "stale": true, "expected": 31, "stored": 31, "missing": 0 });
        assert_eq!(covered(&app, "2026-11-18").await, doubted);
        let query = r#"{ syncCoverage(from: "2026-11-18", to: "2026-11-18", tracks: [CALL_RECORDS]) { days { error } } }"#;
        let error = app.data(query).await["syncCoverage"]["days"][0]["error"].clone();
        assert!(error.as_str().unwrap().starts_with("the platform lists calls longer after"), "{error}");
        app.synced(CALLS, "2026-11-18", "2026-11-18").await;
        assert_eq!(covered(&app, "2026-11-18").await, whole(31));
    };

    /// Whatever is learnt of the list by a day, that day brings what the one before it lacked.
    the_next_day_settles_the_doubt = async |backend: Backend| {
        let app = listing_by(&backend, ListedBy::EndTime).await;
        let tx = app.database.db.begin().await.unwrap();
        let by_call_time = Listing { by: Some(ListedBy::CallTime), longest: TimeDelta::zero() };
        sync_tracks::save_listing(&tx, CALLS, by_call_time, app.now()).await.unwrap();
        tx.commit().await.unwrap();
        app.synced(CALLS, "2026-11-18", "2026-11-18").await;
        assert_eq!(covered(&app, "2026-11-18").await, whole(30));
        app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        assert_eq!(covered(&app, "2026-11-18").await, whole(31));
        assert_eq!(counted(&app).await, (vec![31, 30], 1));
    };

    /// A platform that lists by the time of the call is found to by one request, once.
    one_request_shows_by_which_time_calls_are_listed = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        sync_track::Entity::delete_many().exec(app.database.db.write()).await.unwrap();
        assert_eq!(learnt(&app).await, (json!(null), 0));
        let first = app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        assert_eq!(learnt(&app).await, (json!("CALL_TIME"), 0));
        let second = app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        assert_eq!(first.counts.pages, second.counts.pages + 1);
    };

    /// A record of a time that has not come: it is stored and reported, and the day that lists it is not
    /// complete as long as the platform has it so.
    a_call_of_the_future_is_reported = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let id = app.platform.misdate(day("2026-11-19"), 7, "2027-03-01T02:00:00Z".parse().unwrap());
        let outcome = app.sync(CALLS, "2026-11-19", "2026-11-19").await;
        assert_eq!(outcome.status, SyncStatus::Failed);
        let reason = format!("1 record is dated in the future, the first one ({id}) 2027-03-01 02:00:00 UTC: it is stored, and the day is not complete while the platform has it so");
        assert_eq!(outcome.failed[0].1, reason);
        let day_ = json!({ "complete": false, "stale": true, "expected": 299, "stored": 299, "missing": 0 });
        assert_eq!(covered(&app, "2026-11-19").await, day_);
        let query = format!(r#"{{ calls(filter: {{ externalId: {{ eq: "{id}" }} }}) {{ nodes {{ callDate }} }} }}"#);
        assert_eq!(app.data(&query).await["calls"]["nodes"], json!([{ "callDate": "2027-03-01" }]));
        // Its calls are in the sums: the day was read, and the read failed.
        let query = r#"{ trend(from: "2026-11-19", to: "2026-11-19") { state calls } gradeStats(date: "2026-11-19") { state totalRecords complete }
            callStats(from: "2026-11-18", to: "2026-11-19") { calls state neverReadDays }
            syncCoverage(from: "2026-11-18", to: "2026-11-19", tracks: [CALL_RECORDS]) { totals { staleDays neverReadDays } } }"#;
        assert_eq!(app.data(query).await, json!({ "trend": [{ "state": "STALE", "calls": 299 }],
            "gradeStats": { "state": "STALE", "totalRecords": 299, "complete": false },
            "callStats": { "calls": 299, "state": "STALE", "neverReadDays": 1 },
            "syncCoverage": { "totals": [{ "staleDays": 1, "neverReadDays": 1 }] } }));

        app.platform.misdate(day("2026-11-19"), 7, "2026-11-19T03:00:00Z".parse().unwrap());
        app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        assert_eq!(covered(&app, "2026-11-19").await, whole(300));
        assert_eq!(rollups::differences(&app.database.db).await.unwrap(), []);
    };

    /// A clock that was years behind: the call counts on the day that it tells, and the day that lists it
    /// is complete without it.
    a_call_of_the_past_counts_there = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.platform.misdate(day("2026-11-19"), 7, "2020-01-01T02:00:00Z".parse().unwrap());
        for _ in 0..2 {
            app.synced(CALLS, "2026-11-19", "2026-11-19").await;
            assert_eq!(covered(&app, "2026-11-19").await, whole(299));
            let query = r#"{ callStats(from: "2020-01-01", to: "2020-01-01") { calls } }"#;
            assert_eq!(app.data(query).await["callStats"]["calls"], json!(1));
        }
        assert_eq!(learnt(&app).await, (json!("CALL_TIME"), 0));
        assert_eq!(removed(&app).await, json!(0));
    };

    /// A platform that uploads a record again, and lists it under the next day from then on: the call stays
    /// where it was dialled, and neither day misses one.
    a_record_that_is_listed_under_another_day_by_now_is_no_less_there = async |backend: Backend| {
        for by in [ListedBy::EndTime, ListedBy::UploadTime, ListedBy::CallTime] {
            let app = listing_by(&backend, by).await;
            app.synced(CALLS, "2026-11-18", "2026-11-19").await;
            app.platform.relist(day("2026-11-18"), 3, "2026-11-19T04:00:00Z".parse().ok());
            for (from, to) in [("19", "19"), ("18", "18"), ("18", "19")] {
                let outcome = app.synced(CALLS, &format!("2026-11-{from}"), &format!("2026-11-{to}")).await;
                assert_eq!((outcome.counts.inserted, outcome.counts.removed), (0, 0), "{by}");
                assert_eq!(counted(&app).await.0, vec![31, 30], "{by}");
                assert_eq!(covered(&app, "2026-11-18").await, whole(31), "{by}");
                assert_eq!(covered(&app, "2026-11-19").await, whole(30), "{by}");
            }
            // And back again, which is more than twelve hours earlier.
            app.platform.relist(day("2026-11-18"), 3, None);
            for date in ["2026-11-19", "2026-11-18"] {
                let outcome = app.synced(CALLS, date, date).await;
                assert_eq!((outcome.counts.inserted, outcome.counts.removed), (0, 0), "{by}");
                assert_eq!(counted(&app).await.0, vec![31, 30], "{by}");
                assert_eq!(covered(&app, "2026-11-18").await, whole(31), "{by}");
                assert_eq!(covered(&app, "2026-11-19").await, whole(30), "{by}");
            }
        }
    };

    /// A record that the platform lists twice for good, in one day or in two: it is one call, and both days
    /// are complete.
    a_record_that_is_listed_twice_is_one_call = async |backend: Backend| {
        for (slices, again) in [(1, "2026-11-19T04:00:00Z"), (4, "2026-11-19T04:00:00Z"), (4, "2026-11-18T12:00:00Z")] {
            let app = listing_by(&backend, ListedBy::CallTime).await;
            app.platform.list_again(day("2026-11-18"), 3, again.parse().unwrap());
            let syncer = app.syncer_with(|options| options.unknown_slices = slices);
            for (from, to) in [("18", "19"), ("18", "18"), ("19", "19"), ("18", "19")] {
                let outcome = crate::harness::run(&syncer, CALLS, &format!("2026-11-{from}"), &format!("2026-11-{to}")).await;
                assert_eq!((outcome.status, outcome.counts.removed), (SyncStatus::Succeeded, 0), "{again}: {outcome:?}");
                assert_eq!(covered(&app, &format!("2026-11-{from}")).await["missing"], json!(0), "{again}");
            }
            assert_eq!(counted(&app).await.0, vec![31, 30], "{again}");
            assert_eq!(covered(&app, "2026-11-18").await, whole(31), "{again}");
            assert_eq!(covered(&app, "2026-11-19").await, whole(30), "{again}");
            assert_eq!(rollups::differences(&app.database.db).await.unwrap(), []);
        }
    };

    /// A call whose time is put right by the platform counts on its new day, and its old day expects it no
    /// longer.
    a_call_of_another_day_by_now_is_missed_by_none = async |backend: Backend| {
        let app = listing_by(&backend, ListedBy::CallTime).await;
        app.synced(CALLS, "2026-11-18", "2026-11-19").await;
        let noon = "2026-11-19T04:00:00Z".parse().unwrap();
        app.platform.misdate(day("2026-11-18"), 3, noon);
        app.platform.relist(day("2026-11-18"), 3, Some(noon));
        app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        assert_eq!(counted(&app).await.0, vec![30, 31]);
        assert_eq!(covered(&app, "2026-11-18").await, whole(30));
        assert_eq!(covered(&app, "2026-11-19").await, whole(31));
    };

    /// What one call shows may be wrong: its duration was edited, or it is gone.
    one_call_that_is_not_found_does_not_show_by_which_time_calls_are_listed = async |backend: Backend| {
        let app = TestApp::with_platform(&backend, |platform| {
            platform.calls_per_day = 30;
            platform.listed_by = ListedBy::EndTime;
            // The longest of the day, so that it is looked for first.
            platform.extra_calls.insert(day("2026-11-18"), vec![ExtraCall { second: 43_200, duration: 20_000 }]);
        }).await;
        app.platform.relist(day("2026-11-18"), 30, "2026-11-18T10:00:00Z".parse().ok());
        app.synced(CALLS, "2026-11-18", "2026-11-18").await;
        assert_eq!(learnt(&app).await.0, json!("END_TIME"));
    };

    /// Imported calls of a day are not among those that came from the platform.
    stored_are_the_platform_s_calls_that_figures_count = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        let import = r#"mutation { importCalls(input: { rows: [{ externalId: "i", callTime: "2026-11-19T03:00:00Z", result: BUSY }] }) { created } }"#;
        assert_eq!(app.data(import).await["importCalls"]["created"], json!(1));
        assert_eq!(covered(&app, "2026-11-19").await, whole(300));
        let query = r#"{ callStats(from: "2026-11-19", to: "2026-11-19") { calls freshness { readAt } } }"#;
        let stats = json!({ "calls": 301, "freshness": { "readAt": "2026-11-20T04:00:00Z" } });
        assert_eq!(app.data(query).await["callStats"], stats);
    };

    /// Calls kept for fifteen days, of which the first was listed with a call of the day before: as that goes,
    /// nothing is missing, and what was known of the days before stays.
    coverage_is_the_same_after_retention = async |backend: Backend| {
        let app = TestApp::with_platform(&backend, |platform| {
            platform.calls_per_day = 30;
            platform.first_day = day("2026-11-03");
            platform.listed_by = ListedBy::EndTime;
            for date in ["2026-11-03", "2026-11-04"] {
                platform.extra_calls.insert(day(date), vec![ACROSS_MIDNIGHT]);
            }
        }).await;
        app.synced(CALLS, "2026-11-03", "2026-11-05").await;
        let import = r#"mutation { importCalls(input: { rows: [{ externalId: "i", callTime: "2026-11-04T03:00:00Z", result: BUSY }] }) { created } }"#;
        assert_eq!(app.data(import).await["importCalls"]["created"], json!(1));
        for _ in 0..3 {
            assert_eq!(covered(&app, "2026-11-03").await, whole(31));
            assert_eq!(covered(&app, "2026-11-04").await, whole(31));
            assert_eq!(covered(&app, "2026-11-05").await, whole(30));
            let kept = RetentionOptions { call_days: Some(15), ..RetentionOptions::default() };
            let (zone, stop) = (BusinessZone::default(), CancellationToken::new());
            retain(&app.database.db, kept, zone, app.now(), &stop).await.unwrap();
        }
        app.synced(CALLS, "2026-11-05", "2026-11-05").await;
        assert_eq!(covered(&app, "2026-11-05").await, whole(30));
        assert_eq!(removed(&app).await, json!(0));
    };
}
