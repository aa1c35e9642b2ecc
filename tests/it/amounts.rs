//! Amounts as they are written.

use dialgraph::domain::viewer::Role;
use serde_json::json;

use crate::{
    harness::{Backend, TestApp},
    on_both,
    writes::{a_call, a_package, at, call_input, done, problems, refused, with},
};

/// What one program reads as one amount and another as another, or as none.
const NONE: [&str; 16] = [
    "12_50",
    "1_250.00",
    "1,250.00",
    "12,50",
    "+1",
    "1e3",
    "1E-2",
    ".5",
    "5.",
    " 1",
    "1 ",
    "１２",
    "١٢",
    "0x10",
    "−1",
    "0.00000000000000000000000000000001",
];

on_both! {
    /// Wherever an amount is given.
    what_is_no_amount_is_refused = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let (package, call) = (a_package(&app).await, a_call(&app).await);
        for amount in NONE {
            let format = |field: &str| vec![at(&format!("input.{field}"), "INVALID_FORMAT")];
            let create = with(&call_input(), json!({ "billedAmount": amount }));
            assert_eq!(refused(&app, "createCall", create).await, format("billedAmount"), "{amount}");
            let update = json!({ "id": call, "billedAmount": amount });
            assert_eq!(refused(&app, "updateCall", update).await, format("billedAmount"), "{amount}");
            for field in ["costPerLead", "totalCost"] {
                assert_eq!(refused(&app, "updatePackage", json!({ "id": package, field: amount })).await, format(field), "{amount}");
            }
            let grade = json!({ "code": "NINE_YUAN", "unitPrice": amount });
            assert_eq!(refused(&app, "upsertGrade", grade).await, format("unitPrice"), "{amount}");
            let rows = json!({ "rows": [{ "externalId": "1", "callTime": "2026-11-19T02:00:00Z", "result": "BUSY", "billedAmount": amount }] });
            let results = done(&app, "importCalls", "results { userErrors { field code message } }", rows).await["results"].clone();
            assert_eq!(problems(&results[0]["userErrors"]), format("rows.0.billedAmount"), "{amount}");
            let query = "query($amount: Decimal!) { calls(filter: { billedAmount: { gt: $amount } }) { totalCount } }";
            let answer = app.query_with(Role::Admin, query, json!({ "amount": amount })).await;
            assert_eq!(answer.code(), "BAD_USER_INPUT", "{amount}");
        }
    };

    /// Zeros at its ends change nothing of an amount.
    an_amount_has_one_reading = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let call = a_call(&app).await;
        for (given, kept) in [("12.50", "12.50"), ("12.5", "12.50"), ("0012.500000", "12.50"), ("7", "7.00"), ("0.0001", "0.0001")] {
            let payload = done(&app, "updateCall", "call { billedAmount }", json!({ "id": call, "billedAmount": given })).await;
            assert_eq!(payload["call"]["billedAmount"], kept, "{given}");
            let query = format!(r#"{{ calls(filter: {{ billedAmount: {{ eq: "{given}" }} }}) {{ totalCount }} }}"#);
            assert_eq!(app.data(&query).await["calls"]["totalCount"], 1, "{given}");
        }
    };
}
