//! The time zone of the business days: kept in the database, and moved by a command.

mod command;
mod horizon;

use std::collections::BTreeMap;

use dialgraph::{
    clock::{Clock as _, ManualClock},
    domain::{
        business_time::{BusinessZone, DayRange},
        business_zone::OtherDays,
        incoming::IncomingCall,
        money::Money,
        stats::Dimension,
        sync::{SyncTrack, SyncTrigger, SyncWindow},
    },
    entity::{audit_entry, call as call_row, lead_package},
    service::{
        business_zone::settle,
        ingest,
        rezone::{Rezone, RezoneReport},
    },
    store::{
        Database, StoreError, business_zones, rollups, schema, sync_days,
        sync_runs::{self, NewRun},
        tag_counts,
    },
};
use sea_orm::{EntityTrait as _, QueryOrder as _};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{
    harness::{Backend, NOW, TestApp, TestDatabase, call, day, ingest, package, remove},
    on_both,
};

fn zone(name: &str) -> BusinessZone {
    name.parse().unwrap()
}

fn clock() -> ManualClock {
    ManualClock::new(NOW.parse().unwrap())
}

/// The database for a process with this BUSINESS_TIMEZONE.
async fn settled(db: &Database, name: &str) -> Result<Database, StoreError> {
    settle(db.clone(), zone(name), &clock()).await
}

async fn rezone(db: &Database, to: &str) -> RezoneReport {
    let (clock, stop) = (clock(), CancellationToken::new());
    let rezone = Rezone {
        db,
        clock: &clock,
        stop: &stop,
    };
    let plan = rezone.plan(Some(zone(to)), zone("UTC")).await.unwrap();
    rezone.run(plan, |_| {}).await.unwrap()
}

/// Calls by day, from the rollups.
async fn days(db: &Database) -> BTreeMap<String, i64> {
    let range = DayRange::new(day("2026-01-01"), day("2026-12-31")).unwrap();
    let mut days = BTreeMap::new();
    for (day, counts) in rollups::by_day(db.read(), range).await.unwrap() {
        *days.entry(day.to_string()).or_default() += counts.counts.calls;
    }
    days.retain(|_, calls| *calls != 0);
    days
}

fn counted<const N: usize>(days: [(&str, i64); N]) -> BTreeMap<String, i64> {
    days.map(|(day, calls)| (day.to_owned(), calls)).into()
}

/// The day and hour of each call.
async fn hours(db: &Database) -> Vec<(String, i16)> {
    let calls = call_row::Entity::find().order_by_asc(call_row::Column::Id);
    let calls = calls.all(db.read()).await.unwrap();
    calls
        .iter()
        .map(|call| (call.call_date.to_string(), call.call_hour))
        .collect()
}

async fn assert_counted(db: &Database) {
    assert_eq!(rollups::differences(db).await.unwrap(), []);
    assert_eq!(tag_counts::differences(db).await.unwrap(), 0);
}

async fn whose(db: &Database) -> Option<BusinessZone> {
    business_zones::find(db.read())
        .await
        .unwrap()
        .and_then(|stored| stored.zone)
}

/// A 9-yuan deal of a minute.
fn deal(id: &str, time: &str) -> IncomingCall {
    let mut deal = call(id, time);
    deal.result = dialgraph::domain::dialing::CallResult::Connected;
    deal.details.grade = Some("9元".to_owned());
    deal.duration = 60;
    deal.details.billed_amount = Some(Money::from_ten_thousandths(600));
    deal.details.province = Some("江苏".to_owned());
    deal
}

on_both! {
    /// Hand-worked: four calls around two midnights, in zones ahead and behind, of half hours, with
    /// summer time; and back again.
    calls_get_their_days_and_hours_with_their_figures = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &settled(&database.db, "Asia/Shanghai").await.unwrap();
        ingest(db, vec![
            call("1", "2026-11-19T15:59:59Z"),
            call("2", "2026-11-19T16:30:00Z"),
            call("3", "2026-11-20T04:59:59Z"),
            deal("4", "2026-11-20T05:00:00Z"),
        ]).await;
        let table = [
            // On standard time, five hours behind: midnight is at 05:00 UTC.
            ("America/New_York", [("2026-11-19", 10), ("2026-11-19", 11), ("2026-11-19", 23), ("2026-11-20", 0)]),
            // Five and a half ahead.
            ("Asia/Kolkata", [("2026-11-19", 21), ("2026-11-19", 22), ("2026-11-20", 10), ("2026-11-20", 10)]),
            ("Europe/Berlin", [("2026-11-19", 16), ("2026-11-19", 17), ("2026-11-20", 5), ("2026-11-20", 6)]),
            ("Asia/Tokyo", [("2026-11-20", 0), ("2026-11-20", 1), ("2026-11-20", 13), ("2026-11-20", 14)]),
            // Fourteen ahead.
            ("Pacific/Kiritimati", [("2026-11-20", 5), ("2026-11-20", 6), ("2026-11-20", 18), ("2026-11-20", 19)]),
            ("Asia/Shanghai", [("2026-11-19", 23), ("2026-11-20", 0), ("2026-11-20", 12), ("2026-11-20", 13)]),
        ];
        for (to, expected) in table {
            let report = rezone(&database.db, to).await;
            assert!(report.finished, "{to}");
            let expected = expected.map(|(day, hour)| (day.to_owned(), hour));
            assert_eq!(hours(db).await, expected, "{to}");
            let mut of_days: BTreeMap<String, i64> = BTreeMap::new();
            for (day, _) in expected {
                *of_days.entry(day).or_default() += 1;
            }
            assert_eq!(days(db).await, of_days, "{to}");
            assert_counted(db).await;
            assert_eq!(whose(db).await, Some(zone(to)));
        }
        // The deal took its money along, by day, hour and province.
        rezone(&database.db, "America/New_York").await;
        let sums = rollups::by_day(db.read(), DayRange::day(day("2026-11-20"))).await.unwrap();
        let deal = &sums.iter().find(|(_, counts)| counts.counts.calls == 1).unwrap().1;
        assert_eq!((deal.grade_code.as_str(), deal.counts.connected, deal.counts.billed), ("NINE_YUAN", 1, Money::from_ten_thousandths(600)));
        let (hours, _) = rollups::calls_by_hour(db.read(), DayRange::day(day("2026-11-19"))).await.unwrap();
        assert_eq!((hours[10], hours[11], hours[23], hours.iter().sum::<i64>()), (1, 1, 1, 3));
        let provinces = rollups::by_key(db.read(), Dimension::Province, &["江苏".to_owned()]).await.unwrap();
        assert_eq!(provinces.iter().map(|(_, counts)| counts.counts.calls).sum::<i64>(), 1);
    };

    /// The hour that clocks go through twice, and the one that they leave out.
    days_of_23_and_25_hours_are_whole = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &settled(&database.db, "Asia/Shanghai").await.unwrap();
        ingest(db, vec![
            // In New York 1 November 2026 has 01:30 twice; 8 March has no 02:30.
            call("1", "2026-11-01T05:30:00Z"),
            call("2", "2026-11-01T06:30:00Z"),
            call("3", "2026-11-02T04:59:59Z"),
            call("4", "2026-03-08T06:59:59Z"),
            call("5", "2026-03-08T07:00:00Z"),
            call("6", "2026-03-09T03:59:59Z"),
        ]).await;
        rezone(&database.db, "America/New_York").await;
        let expected = [
            ("2026-11-01", 1), ("2026-11-01", 1), ("2026-11-01", 23),
            ("2026-03-08", 1), ("2026-03-08", 3), ("2026-03-08", 23),
        ];
        assert_eq!(hours(db).await, expected.map(|(day, hour)| (day.to_owned(), hour)));
        assert_eq!(days(db).await, counted([("2026-03-08", 3), ("2026-11-01", 3)]));
        assert_counted(db).await;
    };

    /// Calls that the platform has no longer get their days, and count for nothing; packages get the
    /// day on which they were created; it is recorded.
    all_that_has_a_day_is_moved = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &settled(&database.db, "Asia/Shanghai").await.unwrap();
        ingest(db, vec![call("1", "2026-11-19T16:30:00Z"), call("2", "2026-11-19T17:00:00Z")]).await;
        remove(db, &["2".to_owned()]).await;
        package(&database.db, "浙江", "2026-11-19T16:30:00Z").await;
        package(&database.db, "江苏", "2026-11-19T10:00:00Z").await;
        let report = rezone(&database.db, "America/New_York").await;
        assert_eq!((report.moved, report.packages), (2, 1));
        assert_eq!(hours(db).await, [("2026-11-19".to_owned(), 11), ("2026-11-19".to_owned(), 12)]);
        assert_eq!(days(db).await, counted([("2026-11-19", 1)]));
        assert_counted(db).await;
        let packages = lead_package::Entity::find().all(db.read()).await.unwrap();
        assert!(packages.iter().all(|package| package.created_date == day("2026-11-19")), "{packages:?}");
        let log = audit_entry::Entity::find().all(db.read()).await.unwrap();
        let entry = &log.last().unwrap();
        assert_eq!((entry.actor.as_str(), entry.operation.as_str()), ("cli", "rezone"));
        let changes: Value = serde_json::from_str(&entry.changes).unwrap();
        assert_eq!(changes, json!({
            "zone": { "before": "Asia/Shanghai", "after": "America/New_York" },
            "calls": 2, "packages": 1, "daysToRead": 0,
        }));
    };

    /// Ended in the middle it goes on from there; meanwhile figures are right, and nothing else starts.
    it_goes_on_where_it_ended = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &settled(&database.db, "Asia/Shanghai").await.unwrap();
        for part in 0..5 {
            let calls = (0..900).map(|id| call(&format!("{part}-{id}"), "2026-11-19T16:30:00Z"));
            ingest(db, calls.collect()).await;
        }
        let (clock, stop) = (clock(), CancellationToken::new());
        let ended = Rezone { db: &database.db, clock: &clock, stop: &stop };
        let plan = ended.plan(Some(zone("America/New_York")), zone("UTC")).await.unwrap();
        assert_eq!((plan.has_begun, plan.done, plan.calls), (false, 0, 4_500));
        let report = ended.run(plan, |_| stop.cancel()).await.unwrap();
        assert!(!report.finished);
        assert_eq!(days(db).await, counted([("2026-11-19", 2_000), ("2026-11-20", 2_500)]));
        assert_counted(db).await;
        for name in ["Asia/Shanghai", "America/New_York", "UTC"] {
            let refused = settled(&database.db, name).await.unwrap_err();
            assert_eq!(
                refused.to_string(),
                "the business days of this database are being moved to America/New_York, and not all are yet: finish with `dialgraph rezone`"
            );
        }
        // With no zone named it goes on to the one that it was begun for, and may be turned round.
        let go_on = Rezone { stop: &CancellationToken::new(), ..ended.clone() };
        let plan = go_on.plan(None, zone("UTC")).await.unwrap();
        assert_eq!((plan.to, plan.has_begun, plan.done), (zone("America/New_York"), true, 2_000));
        let report = go_on.run(plan, |_| {}).await.unwrap();
        assert_eq!((report.finished, report.moved), (true, 4_500));
        assert_eq!(days(db).await, counted([("2026-11-19", 4_500)]));
        assert_counted(db).await;
        settled(&database.db, "America/New_York").await.unwrap();
    };

    /// Who began to move days and wants them back has them back.
    it_can_be_turned_round = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &settled(&database.db, "Asia/Shanghai").await.unwrap();
        for part in 0..3 {
            let calls = (0..900).map(|id| deal(&format!("{part}-{id}"), "2026-11-19T16:30:00Z"));
            ingest(db, calls.collect()).await;
        }
        let (clock, stop) = (clock(), CancellationToken::new());
        let ended = Rezone { db: &database.db, clock: &clock, stop: &stop };
        let plan = ended.plan(Some(zone("America/New_York")), zone("UTC")).await.unwrap();
        ended.run(plan, |_| stop.cancel()).await.unwrap();
        let report = rezone(&database.db, "Asia/Shanghai").await;
        assert_eq!((report.finished, report.moved), (true, 2_000));
        assert_eq!(days(db).await, counted([("2026-11-20", 2_700)]));
        assert_counted(db).await;
        assert_eq!(whose(db).await, Some(zone("Asia/Shanghai")));
    };

    /// Who was at work with the old days can write no call, complete no day, and create no package.
    writers_of_old_days_are_refused = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let old = settled(&database.db, "Asia/Shanghai").await.unwrap();
        ingest(&old, vec![call("1", "2026-11-19T16:30:00Z")]).await;
        let new = NewRun {
            track: SyncTrack::CallRecords,
            window: SyncWindow::Manual,
            days: DayRange::day(day("2026-11-20")),
            trigger: SyncTrigger::Cli,
        };
        let run = old.transaction(async |tx| sync_runs::create(tx, new, "old", clock().now()).await).await.unwrap();
        rezone(&database.db, "America/New_York").await;
        let expected = OtherDays::Recorded { configured: zone("Asia/Shanghai"), recorded: zone("America/New_York") };
        let now = clock().now();
        let refused = |done: Result<(), StoreError>| match done {
            Err(StoreError::OtherDays(reason)) => assert_eq!(reason, expected),
            other => panic!("{other:?}"),
        };
        let batch = [call("2", "2026-11-19T17:00:00Z")];
        refused(old.transaction(async |tx| {
            ingest::ingest(tx, zone("Asia/Shanghai"), dialgraph::domain::dialing::CallSource::Guanke, &batch, now).await?;
            Ok(())
        }).await);
        refused(old.transaction(async |tx| {
            sync_days::begin_read(tx, SyncTrack::CallRecords, day("2026-11-20"), run.id, now).await
        }).await);
        let read = sync_days::DayRead { expected: 1, seen: 1, undialled: 0, verified: true, synced_through: now, began: now, list_lag: chrono::TimeDelta::zero(), completes: true, doubt: None };
        refused(old.transaction(async |tx| {
            sync_days::finish_read(tx, SyncTrack::CallRecords, day("2026-11-20"), read, now).await
        }).await);
        refused(old.transaction(async |tx| rollups::rebuild(tx).await).await);
        // The run has ended, and says why.
        let run = sync_runs::find(old.read(), run.id).await.unwrap().unwrap();
        assert_eq!(run.error.as_deref(), Some("the business days are moved to America/New_York"));
        assert_eq!(hours(&old).await, [("2026-11-19".to_owned(), 11)]);
    };

    /// While days are being moved, people who write are asked to come back later.
    mutations_wait_for_days_that_are_being_moved = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let old = app.in_zone("Asia/Shanghai").await;
        ingest(&old.base().db, vec![call("1", "2026-11-19T16:30:00Z")]).await;
        let (clock, stop) = (clock(), CancellationToken::new());
        stop.cancel();
        let ended = Rezone { db: &app.database.db, clock: &clock, stop: &stop };
        let plan = ended.plan(Some(zone("America/New_York")), zone("UTC")).await.unwrap();
        assert!(!ended.run(plan, |_| {}).await.unwrap().finished);
        let write = r#"mutation { createCall(input: { callTime: "2026-11-19T16:30:00Z", result: NO_ANSWER }) { call { callDate } } }"#;
        let answer = old.query(write).await;
        let expected = ("UNAVAILABLE", "the business days are being moved to another time zone; try again later");
        assert_eq!((answer.code(), answer.message()), expected);
    };

    /// People who ask a service of the old days to write are told that it must be restarted, and nothing of
    /// it is kept; by the new days they are served.
    mutations_of_old_days_are_refused = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let old = app.in_zone("Asia/Shanghai").await;
        let writes = [
            r#"mutation { createCall(input: { callTime: "2026-11-19T16:30:00Z", result: NO_ANSWER }) { call { callDate } userErrors { message } } }"#,
            r#"mutation { importCalls(input: { rows: [{ externalId: "a", callTime: "2026-11-19T16:30:00Z", result: NO_ANSWER }] }) { results { status } } }"#,
            r#"mutation { createPackage(input: { name: "浙江", totalLeads: 1, validLeads: 1, costPerLead: "1" }) { package { createdDate } userErrors { message } } }"#,
            r#"mutation { computeDailyMetrics(input: { date: "2026-11-19" }) { userErrors { message } } }"#,
        ];
        rezone(&app.database.db, "America/New_York").await;
        for write in writes {
            let answer = old.query(write).await;
            assert_eq!((answer.code(), answer.message()), ("UNAVAILABLE", "the business days are those of America/New_York, and this service was started with BUSINESS_TIMEZONE=Asia/Shanghai: it must be restarted with BUSINESS_TIMEZONE=America/New_York"), "{write}");
        }
        assert!(hours(&app.database.db).await.is_empty());
        let new = app.in_zone("America/New_York").await;
        let created = new.data(writes[0]).await["createCall"].clone();
        assert_eq!(created, json!({ "call": { "callDate": "2026-11-19" }, "userErrors": [] }));
        for write in &writes[1..] {
            new.data(write).await;
        }
        assert_eq!(days(&app.database.db).await, counted([("2026-11-19", 2)]));
        assert_counted(&app.database.db).await;
    };

    /// While days are being moved, migrations cannot forget it.
    an_unfinished_move_keeps_its_table = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = settled(&database.db, "Asia/Shanghai").await.unwrap();
        ingest(&db, vec![call("1", "2026-11-19T16:30:00Z")]).await;
        let (clock, stop) = (clock(), CancellationToken::new());
        stop.cancel();
        let ended = Rezone { db: &database.db, clock: &clock, stop: &stop };
        let plan = ended.plan(Some(zone("Asia/Tokyo")), zone("UTC")).await.unwrap();
        assert!(!ended.run(plan, |_| {}).await.unwrap().finished);
        let refused = schema::down(&database.db, None).await.unwrap_err();
        let reason = std::error::Error::source(&refused).unwrap().to_string();
        assert!(!refused.to_string().contains("Migration Error"), "{refused}");
        assert!(reason.ends_with(&refused.to_string()), "{reason}");
        assert!(reason.contains("the business days are being moved to Asia/Tokyo") && reason.contains("`dialgraph rezone`"), "{reason}");
        assert!(schema::is_current(database.db.read()).await.unwrap());
        rezone(&database.db, "Asia/Tokyo").await;
        schema::down(&database.db, None).await.unwrap();
        schema::up(&database.db, None).await.unwrap();
        settled(&database.db, "Asia/Shanghai").await.unwrap();
    };

    /// Names of one zone are the same; the record keeps the name that was there first until it is
    /// changed on purpose.
    another_name_of_the_zone_is_no_other_zone = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        settled(&database.db, "Asia/Shanghai").await.unwrap();
        for name in ["PRC", "Asia/Chongqing", "Asia/Harbin"] {
            let db = settled(&database.db, name).await.unwrap();
            ingest(&db, vec![call(name, "2026-11-19T16:30:00Z")]).await;
        }
        assert_eq!(whose(&database.db).await, Some(zone("Asia/Shanghai")));
        for name in ["Asia/Singapore", "Asia/Tokyo", "UTC"] {
            let refused = settled(&database.db, name).await.unwrap_err().to_string();
            assert_eq!(refused, format!(
                "BUSINESS_TIMEZONE is {name}, and the business days of this database are those of Asia/Shanghai: set BUSINESS_TIMEZONE=Asia/Shanghai, or move all days with `dialgraph rezone --to {name}`"
            ));
        }
        assert_eq!(rezone(&database.db, "PRC").await, RezoneReport { finished: true, ..RezoneReport::default() });
        assert_eq!(whose(&database.db).await, Some(zone("PRC")));
    };

    /// A database from before zones were kept takes the configured one if its calls have its days.
    a_database_without_a_zone_takes_the_one_that_its_calls_have = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &database.db;
        ingest(db, vec![call("1", "2026-11-19T16:30:00Z"), call("2", "2026-11-19T10:00:00Z")]).await;
        let refused = settled(db, "America/New_York").await.unwrap_err().to_string();
        assert_eq!(
            refused,
            "BUSINESS_TIMEZONE is America/New_York, in which the call of 2026-11-19T10:00:00Z is of 2026-11-19 at hour 5; it is stored under 2026-11-19 at hour 18: set BUSINESS_TIMEZONE to the zone whose days they are, one such as Asia/Shanghai, Asia/Hong_Kong or Asia/Singapore, or move all days with `dialgraph rezone --to America/New_York`"
        );
        assert_eq!(whose(db).await, None);
        settled(db, "Asia/Shanghai").await.unwrap();
        assert_eq!(whose(db).await, Some(zone("Asia/Shanghai")));
    };

    /// A database in which days of several zones were mixed has those of one afterwards.
    mixed_days_become_those_of_one_zone = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &database.db;
        ingest(db, vec![call("1", "2026-11-19T16:30:00Z")]).await;
        let tokyo = [deal("2", "2026-11-19T15:30:00Z")];
        db.transaction(async |tx| {
            let now = clock().now();
            ingest::ingest(tx, zone("Asia/Tokyo"), dialgraph::domain::dialing::CallSource::Guanke, &tokyo, now).await
        }).await.unwrap();
        assert_eq!(days(db).await, counted([("2026-11-20", 2)]));
        let refused = settled(db, "Asia/Shanghai").await.unwrap_err().to_string();
        assert!(refused.contains("the calls have days of several time zones; `dialgraph rezone --to Asia/Shanghai` makes them those of one"), "{refused}");
        let report = rezone(db, "Asia/Shanghai").await;
        assert_eq!((report.finished, report.moved), (true, 1));
        assert_eq!(days(db).await, counted([("2026-11-19", 1), ("2026-11-20", 1)]));
        assert_counted(db).await;
        settled(db, "Asia/Shanghai").await.unwrap();
    };

    /// What was proven by the windows of the old days is proven no more; the platform's own figures
    /// are by its own days. Read again, by the windows of the new days, they are whole.
    days_are_to_be_read_again = async |backend: Backend| {
        let app = TestApp::with_platform(&backend, |platform| platform.first_day = day("2026-11-16")).await;
        settled(&app.database.db, "Asia/Shanghai").await.unwrap();
        app.synced(SyncTrack::CallRecords, "2026-11-16", "2026-11-19").await;
        app.synced(SyncTrack::TaskStats, "2026-11-17", "2026-11-18").await;
        rezone(&app.database.db, "America/New_York").await;
        assert_counted(&app.database.db).await;
        let app = app.in_zone("America/New_York").await;
        let coverage = r#"{ syncCoverage(from: "2026-11-17", to: "2026-11-18", tracks: [TRACK]) { days { date complete stale } } }"#;
        for (track, complete) in [("TASK_STATS", true), ("CALL_RECORDS", false)] {
            let known = |date: &str| json!({ "date": date, "complete": complete, "stale": !complete });
            let covered = app.data(&coverage.replace("TRACK", track)).await["syncCoverage"]["days"].clone();
            assert_eq!(covered, json!([known("2026-11-17"), known("2026-11-18")]), "{track}");
        }
        // In New York it is 23:00 of the 19th.
        app.synced(SyncTrack::CallRecords, "2026-11-16", "2026-11-18").await;
        assert_counted(&app.database.db).await;
        let (from, to) = (zone("America/New_York").start_of(day("2026-11-17")), zone("America/New_York").end_of(day("2026-11-18")));
        let within = call_row::Entity::find().all(app.database.db.read()).await.unwrap();
        let within = within.iter().filter(|call| from <= call.call_time && call.call_time < to).count();
        let trend = app.data(r#"{ trend(from: "2026-11-17", to: "2026-11-18") { calls } }"#).await["trend"].clone();
        let counted: i64 = trend.as_array().unwrap().iter().map(|day| day["calls"].as_i64().unwrap()).sum();
        assert_eq!(counted, i64::try_from(within).unwrap());
        // Everything that the platform has in these windows was stored.
        let covered = app.data(r#"{ syncCoverage(from: "2026-11-17", to: "2026-11-18", tracks: [CALL_RECORDS]) { totals { missing completeDays } days { expected undialled } } }"#).await["syncCoverage"].clone();
        assert_eq!(covered["totals"], json!([{ "missing": 0, "completeDays": 2 }]));
        let number = |day: &Value, field: &str| day[field].as_i64().unwrap();
        let dialled = covered["days"].as_array().unwrap().iter().map(|day| number(day, "expected") - number(day, "undialled"));
        assert_eq!(dialled.sum::<i64>(), counted);
        // The two sides count different calls.
        let compared = app.data(r#"{ reconciliation(from: "2026-11-18", to: "2026-11-18", by: [DAY]) { rows { cause } } }"#).await;
        assert_eq!(compared["reconciliation"]["rows"], json!([{ "cause": "DIFFERENT_DAYS" }]));
    };

    /// The platform's own figures of a day are whole once its day is over, whatever the day is here.
    figures_of_the_platform_are_by_its_own_days = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let app = app.in_zone("Asia/Tokyo").await;
        // 00:30 of the 20th in Tokyo, 23:30 of the 19th in Beijing.
        app.clock.set("2026-11-19T15:30:00Z".parse().unwrap());
        app.synced(SyncTrack::TaskStats, "2026-11-19", "2026-11-19").await;
        app.synced(SyncTrack::CallRecords, "2026-11-19", "2026-11-19").await;
        let coverage = r#"{ syncCoverage(from: "2026-11-19", to: "2026-11-19", tracks: [TRACK]) { days { complete } } }"#;
        let complete = async |track| app.data(&coverage.replace("TRACK", track)).await["syncCoverage"]["days"][0]["complete"].clone();
        assert_eq!((complete("TASK_STATS").await, complete("CALL_RECORDS").await), (json!(false), json!(true)));
        // Figures may still change for a quarter of an hour.
        app.clock.set("2026-11-19T16:15:00Z".parse().unwrap());
        app.synced(SyncTrack::TaskStats, "2026-11-19", "2026-11-19").await;
        assert_eq!(complete("TASK_STATS").await, json!(true));
    };
}
