//! The shape of answers, as clients see them.

use dialgraph::domain::{dialing::CallResult, money::Money, viewer::Role};

use crate::harness::{Backend, TestApp, call, ingest, task};

/// Every field of a call, and the one way in which instants, days, money and nothing are written.
#[tokio::test]
async fn a_call_with_everything() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let mut full = call("9001", "2026-11-19T16:00:05Z");
    full.task = Some(task("77"));
    full.duration = 61;
    full.result = CallResult::Connected;
    full.details.grade = Some(" 9元 ".to_owned());
    full.details.province = Some("浙江".to_owned());
    full.details.billed_amount = Some(Money::from_ten_thousandths(735));
    ingest(&app.database.db, vec![full]).await;
    let answer = app
        .query_as(
            Role::Analyst,
            "{ calls { edges { cursor node { id databaseId externalId phoneNumber callTime callDate callHour duration
               result grade gradeCode hangupReason province billedAmount source task { taskName status package { name } }
               agent { name } tags { tagName } createdAt } } pageInfo { hasNextPage hasPreviousPage } } }",
        )
        .await;
    insta::assert_json_snapshot!(answer.data());
}

/// An error: message, place and code.
#[tokio::test]
async fn a_refused_argument() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let answer = app.query("{ calls(first: 201) { nodes { id } } }").await;
    insta::assert_json_snapshot!(answer.body);
}
