//! What a document may not say, by the rules of the GraphQL specification, section 5, that
//! async-graphql 7.2 leaves out or keeps only in part; and that what is said in answer helps.

use crate::harness::{Backend, TestApp};

/// Documents that mean nothing, and what the answer says of them.
const MISTAKES: [(&str, &str); 35] = [
    (
        "{ viewer { subject @uppercase } }",
        "cannot find directive `@uppercase` in this document",
    ),
    (
        "{ viewer { subject @deprecated } }",
        "deprecated directive is not supported for FIELD location",
    ),
    (
        "query @include(if: true) { viewer { subject } }",
        "include directive is not supported for QUERY location",
    ),
    (
        "query($id: ID! @skip(if: true)) { call(id: $id) { id } }",
        "skip directive is not supported for VARIABLE_DEFINITION location",
    ),
    (
        "{ viewer { ...F } } fragment F on Viewer @skip(if: true) { subject }",
        "skip directive is not supported for FRAGMENT_DEFINITION location",
    ),
    (
        "{ viewer { subject @skip(if: false) @skip(if: true) } }",
        "non-repeatable directive skip can only be used once per location",
    ),
    (
        "{ viewer { ... @include(if: true) @include(if: true) { subject } } }",
        "non-repeatable directive include can only be used once per location",
    ),
    (
        "{ viewer { subject @include } }",
        "the required argument `@include(if:)` is not provided",
    ),
    (
        "query($id: ID) { call(id: $id) { id } }",
        "variable `$id` of type `ID` cannot be used for argument `id` of type `ID!`",
    ),
    (
        "query($on: Boolean) { viewer { subject @include(if: $on) } }",
        "variable `$on` of type `Boolean` cannot be used for argument `if` of type `Boolean!`",
    ),
    (
        "query($ids: [ID]!) { nodes(ids: $ids) { id } }",
        "variable `$ids` of type `[ID]!` cannot be used for argument `ids` of type `[ID!]!`",
    ),
    (
        "{ packages { nodes { a: region } nodes { a: industry } } }",
        "cannot select different fields into the same alias `a`",
    ),
    (
        "{ tasks { nodes { calls(first: 1) { totalCount } } } tasks { nodes { calls(first: 2) { totalCount } } } }",
        "operation must not provide conflicting field arguments for the same name `calls`",
    ),
    (
        "{ node(id: \"x\") { ... on Call { a: duration } ... on Agent { a: name } } }",
        "operation must not select different types using the same name `a`",
    ),
    (
        "{ viewer { nothing } }",
        "type `Viewer` does not have a field `nothing`",
    ),
    ("{ viewer { subject }", "syntax error: expected R_CURLY"),
    (
        r#"{ calls(filter: {province: {eq: "a", eq: "b"}}) { totalCount } }"#,
        "`eq` is given twice in one object, a StringFilter",
    ),
    (
        r#"{ calls(filter: {province: {eq: "a"}, province: {eq: "a"}}) { totalCount } }"#,
        "`province` is given twice in one object, a CallFilter",
    ),
    (
        r#"mutation { createPackage(input: {name: "a", totalLeads: 1, name: "b"}) { package { id } } }"#,
        "`name` is given twice in one object, a CreatePackageInput",
    ),
    (
        "query($f: CallFilter = {or: [{duration: {lt: 1}}, {duration: {lt: 1, lt: 2}}]}) { calls(filter: $f) { totalCount } }",
        "`lt` is given twice in one object, an IntFilter",
    ),
    (
        "{ ...F } fragment F on Query { calls(orderBy: {field: CALL_TIME, direction: ASC, field: DURATION}) { totalCount } }",
        "`field` is given twice in one object, a CallOrder",
    ),
    (
        "mutation { importCalls(input: {rows: [{duration: 1, duration: 2}]}) { created } }",
        "`duration` is given twice in one object, an ImportCallRow",
    ),
    (
        r#"mutation { updatePackage(input: {id: "x", name: "a", name: "b"}) { package { id } } }"#,
        "`name` is given twice in one object, an UpdatePackageInput",
    ),
    (
        "mutation($n: String) { createPackage(input: {name: $n}) { package { id } } }",
        "variable `$n` of type `String` stands where `String!` is wanted",
    ),
    (
        "query($ids: [ID]) { calls(filter: {or: [{taskId: {in: $ids}}]}) { totalCount } }",
        "variable `$ids` of type `[ID]` stands where `[ID!]` is wanted",
    ),
    (
        "query($id: ID) { ...F } fragment F on Query { nodes(ids: [$id]) { id } }",
        "variable `$id` of type `ID` stands where `ID!` is wanted",
    ),
    (
        "query($on: Boolean = null) { viewer { role @include(if: $on) } }",
        "variable `$on` of type `Boolean` stands where `Boolean!` is wanted",
    ),
    (
        r#"{ gradeStats(date: "2026-02-30") { label: __typename } }"#,
        "a day is written as a text YYYY-MM-DD",
    ),
    (
        r#"{ calls(filter: {callTime: {in: ["2026-11-19T01:00:00Z", "01:00"]}}) { totalCount } }"#,
        "an instant is written as a text as in RFC 3339",
    ),
    (
        "{ calls(filter: {billedAmount: {gt: 0.5}}) { totalCount } }",
        "an amount is written as a text",
    ),
    (
        r#"{ calls(filter: {billedAmount: {gt: "922337203685477.5808"}}) { totalCount } }"#,
        "an amount is from -922337203685477.5807 to 922337203685477.5807, and not \"922337203685477.5808\"",
    ),
    (
        "{ calls(filter: {billedAmount: {gt: 9007199254740993.0}}) { totalCount } }",
        "and not a number of 9007199254740992 or more, which is not read exactly",
    ),
    (
        r#"query($day: Date = "today") { gradeStats(date: $day) { label: __typename } }"#,
        "a day is written as a text YYYY-MM-DD",
    ),
    (
        "mutation { importCalls(input: {rows: [{duration: 60.5}]}) { created } }",
        "expected value of type Int, found a float",
    ),
    (
        "{ calls(first: 3000000000) { totalCount } }",
        "int cannot represent non 32-bit signed integer value",
    ),
];

#[tokio::test]
async fn documents_that_mean_nothing_are_refused_with_their_place() {
    let app = TestApp::new(&Backend::Sqlite).await;
    for (document, words) in MISTAKES {
        let answer = app.query(document).await.body;
        let error = &answer["errors"][0];
        let message = error["message"].as_str().unwrap_or_default();
        assert!(message.contains(words), "{document}\n{answer}");
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{document}");
        assert!(error["locations"][0]["line"].is_u64(), "{answer}");
        assert!(answer.get("data").is_none(), "{answer}");
    }
}
