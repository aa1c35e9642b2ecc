//! Instants as they are written: one reading of each, on both databases.

use dialgraph::{domain::viewer::Role, http::HttpOptions};
use serde_json::{Value, json};

use axum::{
    body::Body,
    http::{Request, header},
};

use crate::{
    harness::{Backend, TestApp, answer},
    on_both,
    writes::{a_call, a_task, at, call_input, done, problems, refused, with},
};

const SECRET: &str = "sixteen characters";

/// Instants that no two programs agree on, or that there are not.
const UNREADABLE: [&str; 9] = [
    "2026-11-19T02:00:60Z",
    "2026-11-19T10:00:60+08:00",
    "2016-12-31T23:59:60Z",
    "2016-12-31T23:59:60.5Z",
    "2026-11-19t02:59:60z",
    "2026-11-19T02:00:61Z",
    "2026-11-19T24:00:00Z",
    "9999-12-31T23:59:59-01:00",
    "0000-01-01T00:00:00+14:00",
];

on_both! {
    /// Wherever an instant is given: it is refused by its name and its place, and nothing is stored.
    a_leap_second_is_refused = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let (task, call) = (a_task(&app).await, a_call(&app).await);
        for instant in UNREADABLE {
            let format = |field: &str| vec![at(&format!("input.{field}"), "INVALID_FORMAT")];
            let create = with(&call_input(), json!({ "callTime": instant }));
            assert_eq!(refused(&app, "createCall", create).await, format("callTime"), "{instant}");
            let update = json!({ "id": call, "callTime": instant });
            assert_eq!(refused(&app, "updateCall", update).await, format("callTime"), "{instant}");
            let update = json!({ "id": task, "startTime": instant });
            assert_eq!(refused(&app, "updateTask", update).await, format("startTime"), "{instant}");
            let update = json!({ "id": task, "endTime": instant });
            assert_eq!(refused(&app, "updateTask", update).await, format("endTime"), "{instant}");
            let rows = json!({ "rows": [{ "externalId": "1", "callTime": instant, "result": "BUSY" }] });
            let results = done(&app, "importCalls", "results { status reason userErrors { field code message } }", rows).await["results"].clone();
            assert_eq!(problems(&results[0]["userErrors"]), format("rows.0.callTime"), "{instant}");
            let expected = format!("an instant is written as a text as in RFC 3339, such as \"2026-11-19T09:30:00Z\", with seconds from 00 to 59, and not \"{instant}\"");
            assert_eq!(results[0]["reason"], expected);
            for filter in ["eq", "gt", "lte"] {
                let query = "query($at: DateTime!) { calls(filter: { callTime: { FILTER: $at } }) { totalCount } }".replace("FILTER", filter);
                let answer = app.query_with(Role::Admin, &query, json!({ "at": instant })).await;
                assert_eq!(answer.code(), "BAD_USER_INPUT", "{instant}");
                assert!(answer.message().contains("seconds from 00 to 59"), "{}", answer.message());
                let query = format!("{{ calls(filter: {{ callTime: {{ {filter}: \"{instant}\" }} }}) {{ totalCount }} }}");
                assert_eq!(app.query(&query).await.code(), "BAD_USER_INPUT", "{instant}");
            }
        }
    };

    /// An instant is kept to the microsecond, in every form in which it may be written.
    an_instant_has_one_reading = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for (index, (given, kept)) in [
            ("2026-11-19T02:00:59Z", "2026-11-19T02:00:59Z"),
            ("2026-11-19T10:00:59.9+08:00", "2026-11-19T02:00:59.900Z"),
            ("2026-11-19T02:00:05.123456789Z", "2026-11-19T02:00:05.123456Z"),
            ("2026-11-19T02:00:05.999999999Z", "2026-11-19T02:00:05.999999Z"),
            ("2026-11-18T15:59:59.9999999Z", "2026-11-18T15:59:59.999999Z"),
        ].into_iter().enumerate() {
            let input = with(&call_input(), json!({ "callTime": given, "externalId": index.to_string() }));
            let payload = done(&app, "createCall", "call { callTime callDate }", input).await;
            assert_eq!(payload["call"]["callTime"], kept);
            let query = format!("{{ calls(filter: {{ callTime: {{ eq: \"{given}\" }} }}) {{ nodes {{ externalId callTime callDate }} }} }}");
            let data = app.data(&query).await;
            let expected = json!([{ "externalId": index.to_string(), "callTime": kept, "callDate": payload["call"]["callDate"] }]);
            assert_eq!(data["calls"]["nodes"], expected, "{given}");
        }
        let rows = json!({ "rows": [{ "externalId": "i", "callTime": "2026-11-19T02:00:07.000000999Z", "result": "BUSY" }] });
        let statuses = async || {
            let results = done(&app, "importCalls", "results { status code }", rows.clone()).await;
            results["results"][0].clone()
        };
        assert_eq!(statuses().await["status"], "CREATED");
        assert_eq!(statuses().await, json!({ "status": "UNCHANGED", "code": null }));
    };

    /// What the platform says is not lost: its leap second is the second before.
    a_leap_second_of_the_platform_is_kept = async |backend: Backend| {
        let options = HttpOptions { webhook_secret: Some(SECRET.into()), ..HttpOptions::default() };
        let app = TestApp::with_options(&backend, options).await;
        for (id, time) in [
            ("1", "2026-11-19 10:00:60"),
            ("2", "2026-11-19T10:00:60.250"),
            ("3", "2026-11-19T02:00:60Z"),
            ("4", "2026-11-19 23:59:60"),
        ] {
            let request = Request::post("/webhooks/guanke/cdr")
                .header("X-Webhook-Secret", SECRET)
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(json!({ "cdr_id": id, "call_time": time }).to_string()))
                .unwrap();
            assert_eq!(answer(app.send(request).await).await.status, 200);
        }
        let data = app.data("{ calls(orderBy: [{ field: ID }]) { nodes { callTime callDate callHour } } }").await;
        let ten = json!({ "callTime": "2026-11-19T02:00:59Z", "callDate": "2026-11-19", "callHour": 10 });
        let last = json!({ "callTime": "2026-11-19T15:59:59Z", "callDate": "2026-11-19", "callHour": 23 });
        assert_eq!(data["calls"]["nodes"], json!([ten, ten, ten, last]));
        let found: Value = app.data(r#"{ calls(filter: { callTime: { lt: "2026-11-19T02:01:00Z" } }) { totalCount } }"#).await;
        assert_eq!(found["calls"]["totalCount"], 3);
    };
}
