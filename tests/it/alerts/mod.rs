//! Alerts: what is wrong is told once, its end too, and every message arrives.

mod conditions;
mod email;
mod outbox;
mod receiver;
mod senders;

use dialgraph::{
    app,
    domain::{alert::AlertRules, sync::SyncTrack},
    guanke::simulator::{Fault, FaultKind, FaultOn},
    notify::{Sender, Webhook},
    service::alerts::{Alerts, Channels},
};
use serde_json::Value;

use crate::harness::{TestApp, day};
pub use receiver::{Received, Receiver};

const CALLS: SyncTrack = SyncTrack::CallRecords;

/// What webhooks of tests are signed with.
const WEBHOOK_SECRET: &str = "a secret of webhooks";

/// What watches over `app` and tells by these.
fn telling_by(app: &TestApp, senders: Vec<Box<dyn Sender>>) -> Alerts {
    telling_by_channels(app, Channels::new(senders))
}

/// What watches over `app` and tells by these, in their languages.
fn telling_by_channels(app: &TestApp, channels: Channels) -> Alerts {
    app::alerts(app.base(), &app.syncer, AlertRules::default(), channels)
}

/// What watches over `app` and posts to `receiver`.
fn posting_to(app: &TestApp, receiver: &Receiver) -> Alerts {
    let url = receiver.url("/hook").into();
    let webhook = Webhook::new(&url, Some(WEBHOOK_SECRET.into())).unwrap();
    telling_by(app, vec![Box::new(webhook)])
}

/// Looks, and returns how many events people are told of.
async fn look(alerts: &Alerts) -> usize {
    alerts.watch.look().await.unwrap().count()
}

/// Lets a read of 19 November fail, with today read well; the platform is whole again afterwards.
pub async fn a_day_fails(app: &TestApp) {
    app.know_all_grades().await;
    app.synced(CALLS, "2026-11-20", "2026-11-20").await;
    app.platform.add_fault(Fault {
        on: FaultOn::Page {
            day: Some(day("2026-11-19")),
            page: Some(3),
        },
        kind: FaultKind::HttpStatus(502),
        times: None,
    });
    app.sync(CALLS, "2026-11-19", "2026-11-19").await;
    app.platform.clear_faults();
}

/// All alerts, open ones first.
async fn listed(app: &TestApp) -> Vec<Value> {
    let data = app
        .data("{ syncAlerts { nodes { kind track date runDatabaseId message isOpen openedAt resolvedAt lastNotifiedAt } } }")
        .await;
    data["syncAlerts"]["nodes"].as_array().unwrap().clone()
}
