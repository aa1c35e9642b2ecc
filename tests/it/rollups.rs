//! Rollups equal a recount of the calls, whatever is written in whatever order, by however many.

use std::collections::BTreeMap;

use dialgraph::{
    domain::{
        dialing::{CallResult, Tag},
        incoming::{IncomingCall, PlatformAgent},
        money::Money,
        stats::{CallCounts, Cell, Dimension},
    },
    entity::{call, call_rollup, call_tag, tag_count},
    store::{Database, rollups, tag_counts},
};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use sea_orm::EntityTrait as _;

use crate::{
    harness::{Backend, TestDatabase, call as new_call, ingest, remove, runner, task},
    on_both,
};

/// A call among few ids, days, tasks and so on, so that writes meet.
fn incoming() -> impl Strategy<Value = IncomingCall> {
    let place = (0..12_u8, 0..3_u8, 0..24_u8, 0..3_u8, 0..3_u8);
    let outcome = (
        prop::option::of(prop::sample::select(vec![
            "9元",
            "19元",
            "１",
            "A",
            "",
            "意向客户",
        ])),
        prop::option::of(prop::sample::select(vec!["江苏", "浙江"])),
        any::<bool>(),
        0..300_i32,
        prop::option::of(0..10_000_i64),
    );
    (place, outcome).prop_map(
        |((id, day, hour, task_id, agent), (grade, province, connected, duration, billed))| {
            let mut call = new_call(&id.to_string(), &format!("2026-11-1{day}T{hour:02}:00:00Z"));
            call.task = (task_id > 0).then(|| task(&task_id.to_string()));
            call.agent = (agent > 0).then(|| PlatformAgent {
                external_id: agent.to_string(),
                name: None,
                is_seat: true,
            });
            call.details.grade = grade.map(str::to_owned);
            call.details.province = province.map(str::to_owned);
            call.result = if connected {
                CallResult::Connected
            } else {
                CallResult::Busy
            };
            call.duration = duration;
            call.details.billed_amount = billed.map(Money::from_ten_thousandths);
            call.tags = (0..hour % 3)
                .map(|value| Tag {
                    name: "level".to_owned(),
                    value: value.to_string(),
                })
                .collect();
            call
        },
    )
}

fn batches(runner: &mut TestRunner, batches: usize) -> Vec<Vec<IncomingCall>> {
    let batch = prop::collection::vec(incoming(), 1..10);
    prop::collection::vec(batch, batches)
        .new_tree(runner)
        .unwrap()
        .current()
}

/// Some of the ids that calls have.
fn removed() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec((0..12_u8).prop_map(|id| id.to_string()), 0..4)
}

/// Counts the tags of calls row by row, with nothing of the code under test.
async fn recount_tags(db: &Database) -> BTreeMap<(i64, String, String), i64> {
    let calls = call::Entity::find().all(db.read()).await.unwrap();
    let tasks: BTreeMap<i64, i64> = calls
        .iter()
        .filter(|call| call.removed_at.is_none())
        .map(|call| (call.id, call.task_id.unwrap_or(0)))
        .collect();
    let mut counts = BTreeMap::new();
    for tag in call_tag::Entity::find().all(db.read()).await.unwrap() {
        if let Some(task) = tasks.get(&tag.call_id) {
            *counts
                .entry((*task, tag.tag_name, tag.tag_value))
                .or_default() += 1;
        }
    }
    counts
}

async fn stored_tags(db: &Database) -> BTreeMap<(i64, String, String), i64> {
    let rows = tag_count::Entity::find().all(db.read()).await.unwrap();
    rows.into_iter()
        .filter(|row| row.calls != 0)
        .map(|row| ((row.task_id, row.tag_name, row.tag_value), row.calls))
        .collect()
}

/// Counts the calls row by row, with nothing of the code under test.
async fn recount(db: &Database) -> BTreeMap<Cell, CallCounts> {
    let mut cells: BTreeMap<Cell, CallCounts> = BTreeMap::new();
    let calls = call::Entity::find().all(db.read()).await.unwrap();
    for call in calls.into_iter().filter(|call| call.removed_at.is_none()) {
        let id = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
        for (dimension, key) in [
            (Dimension::Day, String::new()),
            (Dimension::Task, id(call.task_id)),
            (Dimension::Agent, id(call.agent_id)),
            (Dimension::Hour, format!("{:02}", call.call_hour)),
            (
                Dimension::Province,
                call.province.clone().unwrap_or_default(),
            ),
        ] {
            let grade_code = call.grade_code.clone().unwrap_or_default();
            let cell = Cell {
                dimension,
                key,
                call_date: call.call_date,
                grade_code,
            };
            let counts = cells.entry(cell).or_default();
            counts.calls += 1;
            let seconds = i64::from(call.duration);
            if call.result == CallResult::Connected {
                counts.connected += 1;
                counts.talk_time += seconds;
            } else {
                counts.ring_time += seconds;
            }
            counts.billed = counts.billed.plus(call.billed_amount.unwrap_or_default());
        }
    }
    cells
}

async fn stored(db: &Database) -> BTreeMap<Cell, CallCounts> {
    let rows = call_rollup::Entity::find().all(db.read()).await.unwrap();
    rows.into_iter()
        .map(|row| {
            let cell = Cell {
                dimension: row.dimension,
                key: row.key,
                call_date: row.call_date,
                grade_code: row.grade_code,
            };
            let counts = CallCounts {
                calls: row.calls,
                connected: row.connected,
                talk_time: row.talk_time,
                ring_time: row.ring_time,
                billed: row.billed_amount,
            };
            (cell, counts)
        })
        .filter(|(_, counts)| !counts.is_zero())
        .collect()
}

on_both! {
    /// Random inserts, updates, repeats, removals and returns, batch after batch.
    rollups_equal_a_recount_after_any_writes = async |backend: Backend| {
        let mut runner = runner();
        for _ in 0..6 {
            let database = TestDatabase::migrated(&backend).await;
            for batch in batches(&mut runner, 8) {
                ingest(&database.db, batch.clone()).await;
                assert_eq!(stored(&database.db).await, recount(&database.db).await, "after {batch:?}");
                let gone = removed().new_tree(&mut runner).unwrap().current();
                remove(&database.db, &gone).await;
                assert_eq!(stored(&database.db).await, recount(&database.db).await, "without {gone:?}");
                assert_eq!(stored_tags(&database.db).await, recount_tags(&database.db).await, "without {gone:?}");
            }
            assert_eq!(rollups::differences(&database.db).await.unwrap(), []);
            assert_eq!(tag_counts::differences(&database.db).await.unwrap(), 0);
        }
    };

    /// The last version that arrived is the one that is stored, and only new versions are written.
    the_last_version_counts = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &database.db;
        let version = |grade: &str| {
            let mut call = new_call("1", "2026-11-19T01:00:00Z");
            call.details.grade = Some(grade.to_owned());
            call
        };
        assert_eq!(ingest(db, vec![version("A")]).await.inserted, 1);
        assert_eq!(ingest(db, vec![version("A")]).await.unchanged, 1);
        assert_eq!(ingest(db, vec![version("B"), version("9元")]).await.updated, 1);
        let call = call::Entity::find().one(db.read()).await.unwrap().unwrap();
        assert_eq!((call.grade.as_deref(), call.grade_code.as_deref()), (Some("9元"), Some("NINE_YUAN")));
    };

    /// Several writers of the same calls at once, each through a pool of its own.
    rollups_equal_a_recount_after_concurrent_writes = async |backend: Backend| {
        let mut runner = runner();
        let database = TestDatabase::migrated(&backend).await;
        let mut writers = Vec::new();
        for _ in 0..4 {
            let db = database.connect_again().await;
            let batches = batches(&mut runner, 15);
            let gone = removed().new_tree(&mut runner).unwrap().current();
            writers.push(tokio::spawn(async move {
                for batch in batches {
                    ingest(&db, batch).await;
                    remove(&db, &gone).await;
                }
            }));
        }
        for writer in writers {
            writer.await.unwrap();
        }
        let calls = call::Entity::find().all(database.db.read()).await.unwrap();
        let mut ids: Vec<_> = calls.iter().map(|call| call.external_id.clone()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), calls.len(), "each call once");
        assert_eq!(stored(&database.db).await, recount(&database.db).await);
        assert_eq!(stored_tags(&database.db).await, recount_tags(&database.db).await);
    };

    /// What was damaged by hand is found, and mended.
    damaged_rollups_are_found_and_rebuilt = async |backend: Backend| {
        use sea_orm::ConnectionTrait as _;
        let database = TestDatabase::migrated(&backend).await;
        let db = &database.db;
        for batch in batches(&mut runner(), 4) {
            let gone = vec![batch[0].external_id.clone()];
            ingest(db, batch).await;
            assert_eq!(remove(db, &gone).await, 1);
        }
        db.write().execute_unprepared("UPDATE call_rollups SET calls = calls + 1 WHERE dimension = 'DAY'").await.unwrap();
        assert!(!rollups::differences(db).await.unwrap().is_empty());
        let tx = db.begin().await.unwrap();
        rollups::rebuild(&tx).await.unwrap();
        tag_counts::rebuild(&tx).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(rollups::differences(db).await.unwrap(), []);
        assert_eq!(stored(db).await, recount(db).await);
        assert_eq!(stored_tags(db).await, recount_tags(db).await);
    };
}
