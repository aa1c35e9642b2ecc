//! Sums that are larger than an Int: exact, and of a type that may be.

use dialgraph::{
    domain::{
        business_time::BusinessZone,
        dialing::{CallResult, CallSource},
        incoming::IncomingCall,
        sync::StatKind,
    },
    service::ingest::ingest,
    store::platform_stats::{self, NewPlatformStat},
};
use serde_json::{Value, json};

use crate::{
    harness::{Backend, TestApp, call, day},
    on_both,
    writes::{assert_counted, done},
};

/// The largest Int.
const MOST: i32 = i32::MAX;

fn lasting(id: &str, result: CallResult) -> IncomingCall {
    IncomingCall {
        result,
        duration: MOST,
        ..call(id, "2026-11-19T02:00:00Z")
    }
}

async fn kind_of(app: &TestApp, name: &str, field: &str) -> Value {
    let query = format!(
        r#"{{ __type(name: "{name}") {{ fields {{ name type {{ name ofType {{ name }} }} }} }} }}"#
    );
    let data = app.data(&query).await;
    let fields = data["__type"]["fields"].as_array().unwrap();
    let of = &fields.iter().find(|found| found["name"] == field).unwrap()["type"];
    if of["name"].is_null() {
        of["ofType"]["name"].clone()
    } else {
        of["name"].clone()
    }
}

on_both! {
    /// Leads of packages, and seconds of calls.
    sums_are_exact = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for name in ["A", "B", "C"] {
            let input = json!({ "name": name, "totalLeads": MOST, "validLeads": MOST });
            done(&app, "createPackage", "package { totalLeads validLeads }", input).await;
        }
        let calls = [("1", CallResult::Connected), ("2", CallResult::Connected), ("3", CallResult::Busy), ("4", CallResult::Voicemail)];
        let calls = calls.map(|(id, result)| lasting(id, result));
        let tx = app.database.db.begin().await.unwrap();
        ingest(&tx, BusinessZone::default(), CallSource::Guanke, &calls, app.now()).await.unwrap();
        tx.commit().await.unwrap();
        let (leads, seconds) = (6_442_450_941_i64, 4_294_967_294_i64);
        let data = app.data(r#"{
            dashboard(date: "2026-11-20") { totalLeads validLeads totalPackages yesterday { totalDuration totalRingTime } thisMonth { totalDuration } }
            metricsSummary(date: "2026-11-20") { totalLeads }
            yesterday: metricsSummary(date: "2026-11-19") { totalDuration totalRingTime avgCallDuration }
            callStats(from: "2026-11-01", to: "2026-11-20") { calls totalDuration totalRingTime averageHandleTime }
            trend(from: "2026-11-19", to: "2026-11-19") { totalDuration totalRingTime }
        }"#).await;
        assert_eq!(data, json!({
            "dashboard": { "totalLeads": leads, "validLeads": leads, "totalPackages": 3,
                "yesterday": { "totalDuration": seconds, "totalRingTime": seconds }, "thisMonth": { "totalDuration": seconds } },
            "metricsSummary": { "totalLeads": leads },
            "yesterday": { "totalDuration": seconds, "totalRingTime": seconds, "avgCallDuration": 2_147_483_647.0 },
            "callStats": { "calls": 4, "totalDuration": seconds, "totalRingTime": seconds, "averageHandleTime": 2_147_483_647.0 },
            "trend": [{ "totalDuration": seconds, "totalRingTime": seconds }],
        }));
        assert_counted(&app).await;
    };

    /// The platform's own figures, of which each may be an Int's largest.
    the_platform_s_figures_are_exact = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let stat = |name: &str| NewPlatformStat {
            kind: StatKind::Account,
            name: name.to_owned(),
            dialled: MOST.into(),
            connected: MOST.into(),
            success: MOST.into(),
            is_summary: false,
            is_seat: true,
        };
        let tx = app.database.db.begin().await.unwrap();
        platform_stats::replace(&tx, day("2026-11-19"), &["一", "二", "三"].map(stat), app.now()).await.unwrap();
        tx.commit().await.unwrap();
        let data = app.data(r#"{ reconciliation(from: "2026-11-19", to: "2026-11-19", by: [DAY]) { rows {
            platform { dialled connected success } difference { dialled connected success } } } }"#).await;
        let sum = 6_442_450_941_i64;
        assert_eq!(data["reconciliation"]["rows"], json!([{
            "platform": { "dialled": sum, "connected": sum, "success": sum },
            "difference": { "dialled": -sum, "connected": -sum, "success": -sum },
        }]));
    };

    /// Every sum of values says in the schema that it may be larger than an Int; numbers of rows are Ints.
    the_schema_says_so = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for (name, fields) in [
            ("Dashboard", &["totalLeads", "validLeads"][..]),
            ("MetricsSummary", &["totalLeads", "totalDuration", "totalRingTime"]),
            ("PeriodStats", &["totalDuration", "totalRingTime"]),
            ("TrendPoint", &["totalDuration", "totalRingTime"]),
            ("ReconciliationFigures", &["dialled", "connected", "success"]),
            ("SyncCoverageDay", &["expected", "stored", "missing"]),
            ("SyncCoverageTotals", &["missing"]),
            ("SyncSlice", &["expected", "seen"]),
        ] {
            for field in fields {
                assert_eq!(kind_of(&app, name, field).await, "BigInt", "{name}.{field}");
            }
        }
        assert_eq!(kind_of(&app, "LeadPackage", "totalLeads").await, "Int");
        assert_eq!(kind_of(&app, "PeriodStats", "calls").await, "Int");
    };
}
