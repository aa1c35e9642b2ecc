//! What a request may ask for: refused before anything of it is done, with the figures.

use chrono::TimeDelta;
use dialgraph::{domain::viewer::Role, graphql::Limits};
use serde_json::{Value, json};

use crate::{
    harness::{Backend, TestApp, package},
    on_both,
};

/// What GraphiQL and other tools ask at first.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { description queryType { name kind } mutationType { name kind }
    types { ...FullType } directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
  fragment FullType on __Type { kind name description specifiedByURL
    fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
    inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef }
    enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
  fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
  fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
    ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";

async fn cost(app: &TestApp, query: &str, variables: Value) -> Value {
    let answer = app.query_with(Role::Manager, query, variables).await;
    answer.body["extensions"]["cost"]["requested"].clone()
}

on_both! {
    /// Every field costs 1, each as often as the page above it may have items; a total costs 20.
    a_query_costs_what_it_may_come_to = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for (query, variables, expected) in [
            ("{ __typename }", json!({}), 1),
            ("{ calls { totalCount } }", json!({}), 1 + 20),
            // Twenty by default: calls, nodes, and of each id and the task with its name.
            ("{ calls { nodes { id task { taskName } } } }", json!({}), 1 + 1 + 20 * 3),
            ("{ calls(last: 3) { edges { cursor node { id } } } }", json!({}), 1 + 1 + 3 * 3),
            ("query($n: Int) { calls(first: $n) { nodes { id } } }", json!({ "n": 7 }), 1 + 1 + 7),
            ("query($n: Int = 9) { calls(first: $n) { nodes { id } } }", json!({}), 1 + 1 + 9),
            ("{ calls(first: 5) { nodes { ...F ...F } } } fragment F on Call { tags { tagName tagValue } }", json!({}), 1 + 1 + 5 * 6),
            // Tasks: 5 × (id and calls: 1 + 1 + 10 × 1 and the total), and packages 20 of them.
            (
                "{ packages(first: 20) { nodes { id tasks(first: 5) { nodes { id calls(first: 10) { nodes { id } totalCount } } } } } }",
                json!({}),
                1 + 1 + 20 * (1 + 1 + 1 + 5 * (1 + 1 + 1 + 10 + 20)),
            ),
            ("query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }", json!({ "ids": ["a", "b", "c"] }), 1 + 3 * 2),
            (r#"{ tags(first: 2) { nodes { tagName } } }"#, json!({}), 1 + 1 + 2),
            (
                "mutation($i: AssignTasksInput!) { assignTasks(input: $i) { assigned tasks { id } } }",
                json!({ "i": { "packageId": null, "filter": { "taskName": { "eq": "x" } } } }),
                // The condition on the name is one more.
                1 + 1 + 1 + 1_000 + 1,
            ),
            // The condition, and for each of two packages those of its tasks: and, two filters with
            // a comparison each.
            (
                r#"query($in: DialTaskFilter) { packages(first: 2, filter: {name: {eq: "x"}}) { nodes { tasks(filter: $in) { __typename } } } }"#,
                json!({ "in": { "and": [{ "taskName": { "eq": "x" } }, { "taskName": { "eq": "y" } }] } }),
                1 + 1 + 1 + 2 * (1 + 4 + 1),
            ),
            (
                r#"mutation { assignTasks(input: {packageId: null, taskIds: ["a", "b"]}) { tasks { id taskName } } }"#,
                json!({}),
                1 + 1 + 2 * 2,
            ),
        ] {
            assert_eq!(cost(&app, query, variables).await, expected, "{query}");
        }
    };

    /// One more than the limit is too much, and says so; nothing of it is executed.
    each_limit_is_said_in_figures = async |backend: Backend| {
        let mut app = TestApp::new(&backend).await;
        let limits = Limits { cost: 100, depth: 5, roots: 3, aliases: 2, directives: 2, tokens: 100, ..Limits::default() };
        app.limit(limits);
        app.statements();
        let long = |length: usize| format!("{{ __typename }} #{}", "x".repeat(length - 16));
        let (long, longer) = (long(262_144), long(262_145));
        let wide = format!("{{ calls(filter: {{ id: {{ in: [{}] }} }}) {{ totalCount }} }}", "\"x\" ".repeat(100));
        for (good, bad, message) in [
            (
                "{ calls(first: 98) { nodes { id } } }",
                "{ calls(first: 99) { nodes { id } } }",
                "the query costs 101, and at most 100 is taken: ask for shorter pages (`first`), or for fewer lists in lists",
            ),
            (
                "{ calls(first: 1) { nodes { task { package { name } } } } }",
                "{ calls(first: 1) { nodes { task { package { tasks { totalCount } } } } } }",
                "the query nests fields to a depth of 6, and at most 5 is taken: ask for what lies deeper in a query of its own",
            ),
            (
                "{ __typename calls { totalCount } tags { totalCount } }",
                "{ __typename ...F } fragment F on Query { calls { totalCount } tags { totalCount } agents { totalCount } }",
                "the query has root fields to the number of 4, and at most 3 is taken: send it as several queries",
            ),
            (
                "{ a: __typename calls { b: totalCount totalCount } }",
                "{ a: __typename calls { b: totalCount c: totalCount } }",
                "the query has aliases to the number of 3, and at most 2 is taken: send it as several queries",
            ),
            (
                "{ __typename @skip(if: false) @include(if: true) }",
                "{ __typename @skip(if: false) @include(if: true) ... @include(if: true) { __typename } }",
                "the query has directives to the number of 3, and at most 2 is taken: send it as several queries",
            ),
            (
                long.as_str(),
                longer.as_str(),
                "the query has a length in bytes of 262145, and at most 262144 is taken: put values into variables",
            ),
            (
                "{ __typename }",
                wide.as_str(),
                "the query has words and signs to the number of 120, and at most 100 is taken: put values into variables, or send it as several queries",
            ),
        ] {
            assert_eq!(app.query(good).await.body["errors"], Value::Null, "{good}");
            app.statements();
            let refused = app.query(bad).await;
            assert_eq!((refused.code(), refused.message()), ("QUERY_TOO_COMPLEX", message));
            assert_eq!(refused.body["data"], Value::Null);
            assert_eq!(app.statements(), [""; 0]);
        }
        let refused = app.query("{ calls(first: 99) { nodes { id } } }").await;
        let expected = json!({ "code": "QUERY_TOO_COMPLEX", "requested": 101, "limit": 100 });
        assert_eq!(refused.body["errors"][0]["extensions"], expected);
        let expected = json!({ "requested": 101, "limit": 100, "remaining": null, "resetsAt": null });
        assert_eq!(refused.body["extensions"]["cost"], expected);
    };

    /// What is small as a text and large as an input is refused while it is a text.
    long_lists_and_filters_are_refused_before_they_are_read = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let filter = "query($or: [CallFilter!]) { calls(filter: {or: $or}) { totalCount } }";
        let written = |objects: usize| format!("{{ calls(filter: {{or: [{}]}}) {{ totalCount }} }}", "{} ".repeat(objects));
        let ids = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        let refused = "the query has in the filters of one field objects to the number of 601, and at most 600 is taken: a filter has at most 200 conditions";
        // The outermost object is one of them; of 599 empty ones the rules of filters say no.
        for (query, variables, code, message) in [
            (filter, json!({ "or": vec![json!({}); 599] }), "BAD_USER_INPUT", "a filter has at most 200 conditions, and this one has more"),
            (filter, json!({ "or": vec![json!({}); 600] }), "QUERY_TOO_COMPLEX", refused),
            (&written(600), json!({}), "QUERY_TOO_COMPLEX", refused),
            (ids, json!({ "ids": vec![""; 201] }), "BAD_USER_INPUT", "at most 200 ids can be looked up at once, and 201 were given"),
            (
                ids,
                json!({ "ids": vec![""; 10_001] }),
                "QUERY_TOO_COMPLEX",
                "the query has a list as an argument whose items are to the number of 10001, and at most 10000 is taken: send it as several queries",
            ),
        ] {
            let answer = app.query_with(Role::Admin, query, variables).await;
            assert_eq!((answer.code(), answer.message()), (code, message));
        }
    };

    /// Tools learn the schema; a query that goes round in it is refused.
    introspection_is_taken_but_not_in_circles = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let data = app.data(INTROSPECTION).await;
        assert!(data["__schema"]["types"].as_array().unwrap().len() > 50);
        let circles = format!("{{ __schema {{ types {{ {} name {} }} }} }}", "fields { type { ".repeat(4), "} }".repeat(4));
        let refused = app.query(&circles).await;
        assert_eq!(refused.code(), "QUERY_TOO_COMPLEX");
    };

    /// What a caller asked for comes back at a steady rate.
    a_budget_is_spent_and_comes_back = async |backend: Backend| {
        let mut app = TestApp::new(&backend).await;
        app.limit(Limits { budget: 100, budget_per_second: 10, ..Limits::default() });
        package(&app.database.db, "A", "2026-11-01T00:00:00Z").await;
        // 1 + 1 + 58 × 1.
        let query = "{ packages(first: 58) { nodes { name } } }";
        let first = app.query(query).await;
        let expected = json!({ "requested": 60, "limit": 50_000, "remaining": 40, "resetsAt": "2026-11-20T04:00:06.000Z" });
        assert_eq!(first.body["extensions"]["cost"], expected);
        assert_eq!(first.data()["packages"]["nodes"], json!([{ "name": "A" }]));
        app.statements();
        let refused = app.query(query).await;
        assert_eq!(refused.code(), "RATE_LIMITED");
        assert_eq!(refused.message(), "your budget does not allow for this query now: it costs 60, and 40 is left; try again in 2 s");
        assert_eq!(refused.body["errors"][0]["extensions"]["retryAfter"], 2);
        assert_eq!(app.statements(), [""; 0]);
        app.clock.set(app.now() + TimeDelta::seconds(2));
        assert_eq!(app.query(query).await.body["extensions"]["cost"]["remaining"], 0);
    };
}
