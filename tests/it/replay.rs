//! Records that were kept as they came, read again.

use std::sync::Arc;

use chrono::NaiveDate;
use dialgraph::{
    domain::{
        business_time::{BusinessZone, DayRange},
        sync::SyncTrack,
    },
    entity::{call, raw_record},
    service::ingest::Ingested,
    store::{raw_records, rollups, tag_counts},
    sync::{Replay, ReplayReport},
};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _};

use crate::{
    harness::{Backend, TestApp, call as new_call, day, ingest},
    on_both,
};

const CALLS: SyncTrack = SyncTrack::CallRecords;

fn replayer(app: &TestApp, dry_run: bool) -> Replay {
    Replay {
        instance: "replay".to_owned(),
        db: app.database.db.clone(),
        clock: Arc::clone(&app.clock) as _,
        zone: BusinessZone::default(),
        non_seats: vec!["管理员".to_owned()],
        dry_run,
        stop: tokio_util::sync::CancellationToken::new(),
    }
}

async fn replay(app: &TestApp, dry_run: bool) -> ReplayReport {
    let days = DayRange::new(day("2026-11-17"), day("2026-11-19")).unwrap();
    let report = replayer(app, dry_run).run(days, |_| {}).await.unwrap();
    assert!(report.finished);
    report
}

fn became(inserted: i64, updated: i64, unchanged: i64) -> Ingested {
    Ingested {
        inserted,
        updated,
        unchanged,
    }
}

/// All calls, but for when they were written.
async fn stored(app: &TestApp) -> Vec<call::Model> {
    let mut calls = call::Entity::find()
        .all(app.database.db.read())
        .await
        .unwrap();
    calls.sort_by_key(|call| call.id);
    for call in &mut calls {
        call.version = 0;
        call.updated_at = call.created_at;
    }
    calls
}

async fn keep(app: &TestApp, date: NaiveDate, texts: &[&str]) {
    let tx = app.database.db.begin().await.unwrap();
    raw_records::keep(&tx, CALLS, date, None, texts, app.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

on_both! {
    /// Calls that an older program read wrongly are mended, with their figures, and nobody is asked.
    what_was_read_wrongly_is_mended = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.synced(CALLS, "2026-11-18", "2026-11-19").await;
        // What did not change is not kept again.
        app.synced(CALLS, "2026-11-18", "2026-11-19").await;
        let kept = raw_record::Entity::find().all(app.database.db.read()).await.unwrap();
        assert_eq!(kept.iter().map(|row| row.records).sum::<i64>(), 600);
        assert!(kept.iter().all(|row| row.run_id.is_some() && row.body.len() < 40_000));
        let right = stored(&app).await;
        let asked = app.platform.requests().pages;

        let wrong = right.iter().filter(|call| call.call_date == day("2026-11-19")).take(2).map(|call| {
            let mut wrong = new_call(call.external_id.as_deref().unwrap(), "2026-11-19T01:00:00Z");
            wrong.duration = call.duration + 100;
            wrong.details.grade = Some("9元".to_owned());
            wrong
        });
        assert_eq!(ingest(&app.database.db, wrong.collect()).await.updated, 2);
        // And one that was lost.
        let lost = right.iter().find(|call| call.call_date == day("2026-11-18")).unwrap();
        app.data(&format!(r#"mutation {{ deleteCall(input: {{ id: {} }}) {{ userErrors {{ message }} }} }}"#, id_of(&app, lost).await)).await;

        let would = replay(&app, true).await;
        assert_eq!((would.days, would.records, would.calls), (2, 600, became(1, 2, 597)));
        assert_ne!(stored(&app).await, right);
        assert_eq!(replay(&app, false).await, would);
        let mended = stored(&app).await;
        let without_ids = |calls: &[call::Model]| {
            let mut calls: Vec<_> = calls.iter().cloned().map(|call| call::Model { id: 0, ..call }).collect();
            calls.sort_by_key(|call| call.external_id.clone());
            calls
        };
        assert_eq!(without_ids(&mended), without_ids(&right));
        assert_eq!(rollups::differences(&app.database.db).await.unwrap(), []);
        assert_eq!(tag_counts::differences(&app.database.db).await.unwrap(), 0);
        assert_eq!(replay(&app, false).await.calls, became(0, 0, 600));
        assert_eq!(app.platform.requests().pages, asked);
    };

    /// Of several versions the one that was kept last counts; what is no call is left out, and a call
    /// that the platform has no longer stays removed.
    the_last_version_counts = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let date = day("2026-11-17");
        let text = |id: u8, grade: &str| format!(r#"{{"id": {id}, "callTime": "2026-11-17 10:00:00", "callState": 1, "grade": "{grade}"}}"#);
        keep(&app, date, &[&text(1, "A"), &text(2, "A"), &text(3, "A"), r#"{"id": 4}"#]).await;
        keep(&app, date, &[&text(1, "B"), &text(1, "1元"), r#"{"id": 2, "callState": 0}"#]).await;
        ingest(&app.database.db, vec![new_call("3", "2026-11-17T02:00:00Z")]).await;
        let removed = "UPDATE calls SET removed_at = '2026-11-18T00:00:00+00:00', source_hash = NULL";
        app.database.db.write().execute_unprepared(removed).await.unwrap();
        let report = replay(&app, false).await;
        assert_eq!((report.days, report.records, report.unusable, report.removed), (1, 7, 1, 1));
        assert_eq!(report.calls, became(1, 0, 0));
        let calls = stored(&app).await;
        let ids: Vec<_> = calls.iter().map(|call| (call.external_id.as_deref().unwrap(), call.grade.as_deref())).collect();
        assert_eq!(ids, [("3", None), ("1", Some("1元"))]);
        let live = call::Entity::find().filter(call::Column::RemovedAt.is_null());
        assert_eq!(live.all(app.database.db.read()).await.unwrap().len(), 1);
    };
}

async fn id_of(app: &TestApp, call: &call::Model) -> serde_json::Value {
    let external_id = call.external_id.as_deref().unwrap();
    let query = format!(
        r#"{{ calls(filter: {{ externalId: {{ eq: "{external_id}" }} }}) {{ nodes {{ id }} }} }}"#
    );
    app.data(&query).await["calls"]["nodes"][0]["id"].clone()
}
