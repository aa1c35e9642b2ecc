//! Rows to test with.

use chrono::{DateTime, TimeDelta, Utc};
use dialgraph::{
    domain::{
        business_time::BusinessZone,
        call_details::CallDetails,
        dialing::{CallResult, CallSource},
        incoming::{IncomingCall, PlatformTask},
        leads::PackageFields,
        money::Money,
        package_rules::Link,
        viewer::{Role, Viewer},
    },
    entity::call as calls,
    service::{
        ingest::{self, Ingested},
        removal::mark_removed,
    },
    store::{Database, Transaction, packages, task_edits},
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};

/// A call at `time`, not answered, with nothing else known of it.
pub fn call(id: &str, time: &str) -> IncomingCall {
    IncomingCall {
        external_id: id.to_owned(),
        task: None,
        agent: None,
        phone_number: Some("13812348000".to_owned()),
        call_time: time.parse().unwrap(),
        duration: 0,
        result: CallResult::NoAnswer,
        details: CallDetails::default(),
        tags: Vec::new(),
    }
}

/// Ingests a batch as the platform's, in a transaction of its own; tried again when other writers
/// were in the way.
pub async fn ingest(db: &Database, batch: Vec<IncomingCall>) -> Ingested {
    loop {
        let tx = db.begin().await.unwrap();
        let now: DateTime<Utc> = "2026-11-20T04:00:00Z".parse().unwrap();
        let zone = BusinessZone::default();
        match ingest::ingest(&tx, zone, CallSource::Guanke, &batch, now).await {
            Ok(ingested) => {
                tx.commit().await.unwrap();
                return ingested;
            }
            Err(error) => assert!(error.is_contended(), "{error:?}"),
        }
    }
}

/// Marks calls as removed by the platform, in a transaction of its own; tried again when other
/// writers were in the way.
pub async fn remove(db: &Database, external_ids: &[String]) -> i64 {
    loop {
        let tx = db.begin().await.unwrap();
        let now: DateTime<Utc> = "2026-11-20T04:30:00Z".parse().unwrap();
        match mark_removed(&tx, external_ids, now).await {
            Ok(removed) => {
                tx.commit().await.unwrap();
                return removed;
            }
            Err(error) => assert!(error.is_contended(), "{error:?}"),
        }
    }
}

/// Somebody who sees every row.
pub fn reader() -> Viewer {
    Viewer::named("test", Role::Admin)
}

/// Gives tasks to a package by hand.
pub async fn give(tx: &Transaction, task_ids: &[i64], package_id: i64) {
    let now: DateTime<Utc> = "2026-11-20T04:00:00Z".parse().unwrap();
    let link = Link::by_hand(Some(package_id));
    task_edits::link(tx, task_ids, link, now).await.unwrap();
}

/// A package created at `time`.
pub async fn package(db: &Database, name: &str, time: &str) -> i64 {
    let created_at: DateTime<Utc> = time.parse().unwrap();
    let tx = db.begin().await.unwrap();
    let new = PackageFields {
        name: name.to_owned(),
        source: None,
        industry: None,
        region: None,
        total_leads: 1_000,
        valid_leads: 900,
        cost_per_lead: Money::from_ten_thousandths(500),
        total_cost: Money::from_ten_thousandths(500_000),
        rules: Vec::new(),
    };
    let today = BusinessZone::default().day_of(created_at);
    let package = packages::create(&tx, new, created_at, today).await.unwrap();
    tx.commit().await.unwrap();
    package.id
}

/// The platform's task with this id.
pub fn task(external_id: &str) -> PlatformTask {
    PlatformTask {
        external_id: external_id.to_owned(),
        name: Some(format!("任务 {external_id}")),
        package: None,
    }
}

/// The external ids of the platform's calls from `from` to before the second after `to` that are not
/// removed.
pub async fn live_external_ids(
    db: &impl ConnectionTrait,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Vec<String> {
    calls::Entity::find()
        .select_only()
        .column(calls::Column::ExternalId)
        .filter(calls::Column::Source.eq(CallSource::Guanke))
        .filter(calls::Column::RemovedAt.is_null())
        .filter(calls::Column::CallTime.gte(from))
        .filter(calls::Column::CallTime.lt(to + TimeDelta::seconds(1)))
        .into_tuple()
        .all(db)
        .await
        .unwrap()
}
