//! Synchronisation: what it keeps, what it says of each day, and what goes wrong.

use std::time::Duration;

use chrono::TimeDelta;
use dialgraph::{
    domain::{
        business_time::DayRange,
        sync::{StatKind, SyncStatus, SyncTrack, SyncTrigger},
    },
    guanke::simulator::{Distortion, Fault, FaultKind, FaultOn},
    service::refresh::Refresher as _,
    store::{platform_stats, sync_days},
};
use serde_json::{Value, json};

use crate::{
    harness::{Backend, TestApp, day, run},
    on_both,
};

mod listing;
mod sharing;

const CALLS: SyncTrack = SyncTrack::CallRecords;

/// What the API says of a day.
async fn grades(app: &TestApp, date: &str) -> Value {
    let query =
        format!(r#"{{ gradeStats(date: "{date}") {{ totalRecords grade9 complete stale }} }}"#);
    app.data(&query).await["gradeStats"].clone()
}

fn fault(day_: &str, page: u32, kind: FaultKind, times: Option<u32>) -> Fault {
    Fault {
        on: FaultOn::Page {
            day: Some(day(day_)),
            page: Some(page),
        },
        kind,
        times,
    }
}

/// A platform with three days of 3,000 calls, of which the first was read.
async fn busy(backend: &Backend) -> TestApp {
    let app = TestApp::with_platform(backend, |platform| platform.calls_per_day = 3_000).await;
    app.synced(CALLS, "2026-11-18", "2026-11-18").await;
    app
}

/// What is known of the calls of a day.
async fn covered(app: &TestApp, date: &str) -> Value {
    let query = format!(
        r#"{{ syncCoverage(from: "{date}", to: "{date}", tracks: [CALL_RECORDS]) {{ days {{ complete stale expected stored missing }} }} }}"#
    );
    app.data(&query).await["syncCoverage"]["days"][0].clone()
}

/// The pages that were asked for more than once.
fn asked_twice(app: &TestApp) -> Vec<String> {
    let mut pages: Vec<String> = app
        .platform
        .pages_log()
        .iter()
        .map(|page| {
            format!(
                "{:?} {:?} {} {}",
                page.from, page.to, page.page, page.page_size
            )
        })
        .collect();
    pages.sort();
    let twice = pages.windows(2).filter(|pair| pair[0] == pair[1]);
    twice.map(|pair| pair[0].clone()).collect()
}

/// The slices of a run, counted from the last.
async fn slices(app: &TestApp, run: usize) -> Vec<Value> {
    let query = "{ syncRuns { nodes { slices(first: 100) { nodes { from state attempts expected seen } } } } }";
    let data = app.data(query).await;
    let mut slices = data["syncRuns"]["nodes"][run]["slices"]["nodes"]
        .as_array()
        .unwrap()
        .clone();
    slices.sort_by_key(|slice| slice["from"].to_string());
    slices
}

on_both! {
    /// Reading a day again changes nothing, and says so.
    a_second_run_changes_nothing = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let first = app.synced(CALLS, "2026-11-18", "2026-11-19").await;
        assert_eq!((first.counts.inserted, first.counts.unchanged), (600, 0));
        let second = app.synced(CALLS, "2026-11-18", "2026-11-19").await;
        assert_eq!(
            (second.counts.fetched, second.counts.inserted, second.counts.updated, second.counts.unchanged),
            (600, 0, 0, 600)
        );
        let data = app
            .data("{ syncRuns { nodes { track window trigger status from to pages fetched inserted updated unchanged error finishedAt } } }")
            .await;
        let run = |inserted, unchanged| json!({
            "track": "CALL_RECORDS", "window": "MANUAL", "trigger": "CLI", "status": "SUCCEEDED",
            "from": "2026-11-18", "to": "2026-11-19", "pages": 6, "fetched": 600,
            "inserted": inserted, "updated": 0, "unchanged": unchanged, "error": null,
            "finishedAt": "2026-11-20T04:00:00Z",
        });
        assert_eq!(data["syncRuns"]["nodes"], json!([run(0, 600), run(600, 0)]));
    };

    /// A grade that is edited on the platform arrives with the next run and moves the figures.
    a_late_edit_moves_the_figures = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        let before = grades(&app, "2026-11-19").await["grade9"].as_i64().unwrap();
        let deals = app.platform.truth(day("2026-11-19")).grades["NINE_YUAN"];
        assert_eq!(before, i64::from(deals));

        app.platform.edit_grade(day("2026-11-19"), 0, "９元", Some("NINE_YUAN"));
        app.platform.edit_grade(day("2026-11-19"), 1, "99元", Some("OTHER"));
        let outcome = app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        assert_eq!((outcome.counts.updated, outcome.counts.unchanged), (2, 298));
        let expected = i64::from(app.platform.truth(day("2026-11-19")).grades["NINE_YUAN"]);
        assert_eq!(grades(&app, "2026-11-19").await["grade9"].as_i64().unwrap(), expected);
        assert_eq!(expected, before + 1, "call 0 was no deal before");
    };

    /// A page that fails for good: the day is not complete, the run failed and says why, and the
    /// next one repairs it.
    a_day_whose_page_fails_is_not_complete = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.platform.add_fault(fault("2026-11-19", 3, FaultKind::HttpStatus(502), None));
        let outcome = app.sync(CALLS, "2026-11-19", "2026-11-19").await;
        assert_eq!(outcome.status, SyncStatus::Failed);
        let stats = grades(&app, "2026-11-19").await;
        assert_eq!((&stats["complete"], &stats["stale"]), (&json!(false), &json!(true)));
        let data = app.data("{ syncRuns(first: 1) { nodes { status error } } }").await;
        let run = &data["syncRuns"]["nodes"][0];
        assert_eq!(run["status"], "FAILED");
        assert_eq!(run["error"], "2026-11-19: Guanke answered with HTTP status 502");

        app.platform.clear_faults();
        app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        let stats = grades(&app, "2026-11-19").await;
        let deals = app.platform.truth(day("2026-11-19")).grades["NINE_YUAN"];
        assert_eq!(stats, json!({ "totalRecords": 300, "grade9": deals, "complete": true, "stale": false }));
    };

    /// A complete day whose newer read fails stays complete, is stale, and loses nothing.
    a_complete_day_whose_page_fails_is_stale = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        let before = grades(&app, "2026-11-19").await;
        app.platform.add_fault(fault("2026-11-19", 2, FaultKind::Html, None));
        let outcome = app.sync(CALLS, "2026-11-19", "2026-11-19").await;
        assert_eq!(outcome.status, SyncStatus::Failed);
        let mut expected = before.clone();
        expected["stale"] = json!(true);
        assert_eq!(grades(&app, "2026-11-19").await, expected);
        // Nothing is missing: all was stored before.
        let known = json!({ "complete": true, "stale": true, "expected": 300, "stored": 300, "missing": 0 });
        assert_eq!(covered(&app, "2026-11-19").await, known);

        app.platform.clear_faults();
        app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        assert_eq!(grades(&app, "2026-11-19").await, before);
    };

    /// Of several days, one that fails does not take the others with it.
    one_bad_day_makes_a_run_partial = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.platform.add_fault(fault("2026-11-18", 1, FaultKind::Code(500), None));
        let outcome = app.sync(CALLS, "2026-11-18", "2026-11-19").await;
        assert_eq!(outcome.status, SyncStatus::Partial);
        assert_eq!(outcome.failed.len(), 1);
        assert_eq!(outcome.failed[0].0, day("2026-11-18"));
        assert_eq!(grades(&app, "2026-11-19").await["complete"], true);
        // Nothing is known of the other day: no zeros are made up for it.
        let answer = app.query(r#"{ gradeStats(date: "2026-11-18") { totalRecords } }"#).await;
        assert_eq!(answer.code(), "NOT_SYNCED");
        assert!(answer.message().contains("the last attempt failed"), "{}", answer.message());
    };

    /// Faults that pass cost tries, not data.
    passing_faults_are_tried_again = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for (page, kind) in [
            (1, FaultKind::HttpStatus(503)),
            (2, FaultKind::Truncated),
            (3, FaultKind::TooManyRequests { retry_after: 0 }),
        ] {
            app.platform.add_fault(fault("2026-11-19", page, kind, Some(1)));
        }
        app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        assert_eq!(grades(&app, "2026-11-19").await["totalRecords"], 300);
    };

    /// A token that is revoked half-way costs one new login.
    a_revoked_token_costs_one_login = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.platform.revoke_tokens_after(2);
        app.synced(CALLS, "2026-11-18", "2026-11-19").await;
        assert_eq!(app.platform.requests().logins, 2);
        // The token is kept in the database: another instance needs no login of its own.
        let other = app.another_instance().await;
        let outcome = run(&other, CALLS, "2026-11-19", "2026-11-19").await;
        assert_eq!(outcome.status, SyncStatus::Succeeded);
        assert_eq!(app.platform.requests().logins, 2);
    };

    /// A day that is going on is read up to now, and complete only once it is over.
    today_is_complete_tomorrow = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.synced(CALLS, "2026-11-20", "2026-11-20").await;
        let so_far = app.platform.truth(day("2026-11-20")).calls;
        assert!(so_far > 0 && so_far < 300, "{so_far}");
        let query = r#"{ gradeStats(date: "2026-11-20") { totalRecords complete stale syncedThrough } }"#;
        let expected = json!({
            "totalRecords": so_far, "complete": false, "stale": false,
            "syncedThrough": "2026-11-20T04:00:00Z",
        });
        assert_eq!(app.data(query).await["gradeStats"], expected);

        // Records arrive late for a quarter of an hour.
        for (now, complete) in [("16:00:01", false), ("16:14:59", false), ("16:15:00", true)] {
            app.clock.set(format!("2026-11-20T{now}Z").parse().unwrap());
            app.synced(CALLS, "2026-11-20", "2026-11-20").await;
            let expected = json!({
                "totalRecords": 300, "complete": complete, "stale": false,
                "syncedThrough": "2026-11-20T15:59:59Z",
            });
            assert_eq!(app.data(query).await["gradeStats"], expected, "{now}");
            let why = r#"{ syncCoverage(from: "2026-11-20", to: "2026-11-20", tracks: [CALL_RECORDS]) { days { error } } }"#;
            let error = "it was read before 2026-11-21 00:15 (Asia/Shanghai): until then records of the day may arrive";
            let error = if complete { Value::Null } else { json!(error) };
            assert_eq!(app.data(why).await["syncCoverage"]["days"][0]["error"], error, "{now}");
        }
    };

    /// The platform's figures are asked for a day at a time, and booked on that day.
    statistics_are_booked_on_their_own_day = async |backend: Backend| {
        let app = TestApp::with_platform(&backend, |platform| platform.first_day = day("2026-11-10")).await;
        app.synced(SyncTrack::TaskStats, "2026-11-10", "2026-11-19").await;
        assert_eq!(app.platform.requests().statistics, 20);
        for date in (10..=19).map(|date| day(&format!("2026-11-{date}"))) {
            let truth = app.platform.truth(date);
            let rows = platform_stats::list(app.database.db.read(), date).await.unwrap();
            let sums = |kind| {
                rows.iter()
                    .filter(|row| row.kind == kind && !row.is_summary)
                    .fold((0, 0), |sum, row| (sum.0 + row.dialled, sum.1 + row.connected))
            };
            let expected = (i64::from(truth.calls), i64::from(truth.connected));
            assert_eq!(sums(StatKind::Account), expected, "{date}");
            assert_eq!(sums(StatKind::Task), expected, "{date}");
            let seats = rows.iter().filter(|row| row.is_seat && row.dialled > 0).count();
            assert_eq!(seats, truth.seats as usize, "{date}");
            let known = sync_days::find(app.database.db.read(), SyncTrack::TaskStats, date).await.unwrap().unwrap();
            assert!(known.completed_at.is_some() && !known.is_stale);
        }
        let again = app.synced(SyncTrack::TaskStats, "2026-11-10", "2026-11-19").await;
        assert_eq!((again.counts.inserted, again.counts.updated), (0, 0));
        assert_eq!(again.counts.fetched, again.counts.unchanged);
    };

    /// While a day goes on, a refresh asks for what is new and for one count, until an hour has passed.
    a_refresh_of_today_costs_two_requests = async |backend: Backend| {
        let app = busy(&backend).await;
        app.synced(CALLS, "2026-11-20", "2026-11-20").await;
        let refresh = async |minutes| {
            app.clock.advance(TimeDelta::minutes(minutes));
            let before = app.platform.requests().pages;
            app.synced(CALLS, "2026-11-20", "2026-11-20").await;
            let stats = grades(&app, "2026-11-20").await;
            assert_eq!(stats["totalRecords"], app.platform.truth(day("2026-11-20")).calls);
            app.platform.requests().pages - before
        };
        assert_eq!([refresh(1).await, refresh(1).await, refresh(5).await], [2, 2, 2]);
        assert!(refresh(60).await > 10, "the whole day is read again");
        assert_eq!(refresh(1).await, 2);
    };

    /// What was removed on the platform before the last minutes is noticed by the count of the day.
    a_removed_call_of_today_is_noticed_at_once = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.synced(CALLS, "2026-11-20", "2026-11-20").await;
        let so_far = app.platform.truth(day("2026-11-20")).calls;
        app.platform.remove_call(day("2026-11-20"), 0, true);
        app.clock.advance(TimeDelta::seconds(1));
        let outcome = app.synced(CALLS, "2026-11-20", "2026-11-20").await;
        assert_eq!(outcome.counts.removed, 1);
        let stats = grades(&app, "2026-11-20").await;
        assert_eq!(stats, json!({ "totalRecords": so_far - 1, "grade9": stats["grade9"], "complete": false, "stale": false }));
    };

    /// A platform that suddenly does not give many calls any more is not believed, until somebody says
    /// that it is so: rights may be lost, or the day be too old for it.
    many_calls_are_not_gone_at_once = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        let before = grades(&app, "2026-11-19").await;
        for call in 0..31 {
            app.platform.remove_call(day("2026-11-19"), call, true);
        }
        let outcome = app.sync(CALLS, "2026-11-19", "2026-11-19").await;
        let reason = "the platform does not give 31 of 300 calls any more that are stored";
        assert!(outcome.failed[0].1.starts_with(reason), "{outcome:?}");
        let after = json!({ "totalRecords": 300, "grade9": before["grade9"], "complete": true, "stale": true });
        assert_eq!(grades(&app, "2026-11-19").await, after);

        // It is the run that is told so, whoever reads its slices.
        let believing = app.syncer_with(|options| options.accepts_removals = true);
        app.platform.add_fault(fault("2026-11-19", 1, FaultKind::Hang(Duration::from_mins(10)), Some(1)));
        let hanging = app.platform.requests().pages + 1;
        believing.start(CALLS, DayRange::day(day("2026-11-19")), SyncTrigger::Api).await.unwrap();
        while app.platform.requests().pages < hanging {
            tokio::task::yield_now().await;
        }
        believing.stop().await;
        app.platform.clear_faults();
        app.syncer.take_over_dead_runs().await;
        app.syncer.wait_idle().await;
        let runs = app.data("{ syncRuns(first: 1) { nodes { status removed } } }").await;
        assert_eq!(runs["syncRuns"]["nodes"], json!([{ "status": "SUCCEEDED", "removed": 31 }]));
        assert_eq!(grades(&app, "2026-11-19").await["totalRecords"], 269);
    };

    /// A count that is wrong for good is told, and not chased to the last second.
    a_count_that_is_wrong_for_good_is_told = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let wrong = Distortion { total: 1, ..Distortion::default() };
        app.platform.add_fault(Fault {
            on: FaultOn::Page { day: None, page: None },
            kind: FaultKind::Distorted(wrong),
            times: None,
        });
        let outcome = app.sync(CALLS, "2026-11-19", "2026-11-19").await;
        assert_eq!(outcome.status, SyncStatus::Failed);
        assert!(outcome.failed[0].1.contains("could be read"), "{outcome:?}");
        // 300 records by halves of the day: no slice of a page is cut again.
        let slices = slices(&app, 0).await;
        assert!(slices.len() < 30, "{}", slices.len());
        assert_eq!(grades(&app, "2026-11-19").await["complete"], false);
    };

    /// A run that is at work ends soon after somebody asked for it, and keeps nobody from its day.
    a_cancelled_run_ends = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.platform.add_fault(fault("2026-11-19", 3, FaultKind::Hang(Duration::from_mins(10)), Some(1)));
        let started = app.data(r#"mutation { refreshStats(input: { from: "2026-11-18", to: "2026-11-19", tracks: [CALL_RECORDS] }) { runs { run { id } } } }"#).await;
        let id = started["refreshStats"]["runs"][0]["run"]["id"].as_str().unwrap().to_owned();
        while app.platform.requests().pages < 3 {
            tokio::task::yield_now().await;
        }
        let cancel = format!(r#"mutation {{ cancelSync(input: {{ runId: "{id}" }}) {{ userErrors {{ message }} }} }}"#);
        assert_eq!(app.data(&cancel).await["cancelSync"]["userErrors"], json!([]));
        app.syncer.wait_idle().await;
        let run = app.data(&format!(r#"{{ syncRun(id: "{id}") {{ status error daysDone cancelledAt }} }}"#)).await;
        let ended = json!({
            "status": "FAILED", "error": "2026-11-19: cancelled", "daysDone": 1, "cancelledAt": "2026-11-20T04:00:00Z",
        });
        assert_eq!(run["syncRun"], ended);
        // Two of three pages were read, and nobody knows what the rest of the day has.
        let known = json!({ "complete": false, "stale": true, "expected": null, "stored": null, "missing": null });
        assert_eq!(covered(&app, "2026-11-19").await, known);

        app.platform.clear_faults();
        app.synced(CALLS, "2026-11-18", "2026-11-19").await;
        assert_eq!(grades(&app, "2026-11-19").await["complete"], true);
    };

    /// Tasks and agents that are new are made on the way, each counted by its calls.
    tasks_and_agents_come_with_their_calls = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        let truth = app.platform.truth(day("2026-11-19"));
        let data = app
            .data("{ tasks { nodes { taskName externalId status totalCalls connectedCalls } } agents(first: 100) { nodes { name isSeat } } }")
            .await;
        let tasks = data["tasks"]["nodes"].as_array().unwrap();
        assert_eq!(tasks.len(), truth.tasks.len());
        for task in tasks {
            let tally = truth.tasks[task["taskName"].as_str().unwrap()];
            assert_eq!((&task["totalCalls"], &task["connectedCalls"]), (&json!(tally.calls), &json!(tally.connected)));
            assert_eq!(task["status"], "IN_PROGRESS");
        }
        let agents = data["agents"]["nodes"].as_array().unwrap();
        let managers: Vec<_> = agents.iter().filter(|agent| agent["isSeat"] == false).collect();
        assert_eq!(managers, [&json!({ "name": "管理员", "isSeat": false })]);
    };

    /// A platform that fails again and again is left alone: the run ends without asking on, and what it
    /// did not come to is doubtful, until the time to try again has come.
    a_platform_that_fails_is_left_alone = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.synced(CALLS, "2026-11-16", "2026-11-16").await;
        app.clock.advance(TimeDelta::seconds(10));
        app.platform.add_fault(Fault {
            on: FaultOn::Page { day: None, page: None },
            kind: FaultKind::Code(500),
            times: None,
        });
        let syncer = app.syncer_with(|options| {
            options.breaker.failures = 2;
            options.short_patience = Duration::ZERO;
        });
        let outcome = run(&syncer, CALLS, "2026-11-16", "2026-11-19").await;
        let failed: Vec<_> = outcome.failed.iter().map(|(day, _)| day.to_string()).collect();
        assert_eq!(failed, ["2026-11-19", "2026-11-18", "2026-11-17"]);
        let reason = "the platform is left alone until 2026-11-20 04:00:40 UTC, because it failed too often: ";
        assert!(outcome.failed[2].1.starts_with(reason), "{outcome:?}");
        let known = async |date| {
            let day = covered(&app, date).await;
            (day["complete"].clone(), day["stale"].clone())
        };
        assert_eq!(known("2026-11-16").await, (json!(true), json!(true)));
        assert_eq!(known("2026-11-17").await, (json!(false), json!(true)));
        let breaker = async || {
            let query = "{ syncStatus { tracks { track breaker { state failures retryAt } } } }";
            app.data(query).await["syncStatus"]["tracks"][1].clone()
        };
        let open = json!({ "state": "OPEN", "failures": 2, "retryAt": "2026-11-20T04:00:40Z" });
        assert_eq!(breaker().await, json!({ "track": "CALL_RECORDS", "breaker": open }));
        let asked = app.platform.requests().pages;
        assert_eq!(run(&syncer, CALLS, "2026-11-16", "2026-11-16").await.status, SyncStatus::Failed);
        assert_eq!(app.platform.requests().pages, asked);

        app.platform.clear_faults();
        app.clock.advance(TimeDelta::seconds(30));
        assert_eq!(run(&syncer, CALLS, "2026-11-16", "2026-11-19").await.status, SyncStatus::Succeeded);
        assert_eq!(known("2026-11-16").await, (json!(true), json!(false)));
        let closed = json!({ "state": "CLOSED", "failures": 0, "retryAt": null });
        assert_eq!(breaker().await, json!({ "track": "CALL_RECORDS", "breaker": closed }));
    };
}
