//! Filters: parts of texts that may hold a number tell nothing to those who see it masked, and whole
//! texts go on working.

use dialgraph::domain::viewer::Role;
use serde_json::json;

use super::{lists, named, types, world};
use crate::{
    harness::{Backend, TestApp},
    on_both,
};

/// Texts of which nothing may be asked.
const CLOSED: [&str; 3] = ["phoneNumber", "notes", "recordingUrl"];

async fn code(app: &TestApp, role: Role, query: &str) -> String {
    let answer = app.query_as(role, query).await;
    if answer.body["errors"].is_null() {
        return String::new();
    }
    answer.code().to_owned()
}

on_both! {
    /// The digits that the issue's forty questions found: every question is refused, and no answer differs.
    digits_are_not_found_one_by_one = async |backend: Backend| {
        let app = world(&backend, ["2222", "7777"]).await;
        for digit in 0..10 {
            for part in [format!("137{digit}"), format!("13722{digit}"), format!("{digit}0001")] {
                for query in [
                    r#"{ calls(filter:{tags:{some:{tagValue:{startsWith:"PART"}}}}){totalCount} }"#,
                    r#"{ calls(filter:{tags:{none:{tagValue:{contains:"PART"}}}}){totalCount} }"#,
                    r#"{ calls(filter:{customerName:{startsWith:"PART"}}){totalCount} }"#,
                    r#"{ tags(filter:{not:{tagValue:{contains:"PART"}}}){totalCount} }"#,
                    r#"{ agents(filter:{or:[{isSeat:{eq:false}},{name:{startsWith:"PART"}}]}){totalCount} }"#,
                    r#"{ packages(filter:{tasks:{every:{calls:{some:{deviceName:{contains:"PART"}}}}}}){totalCount} }"#,
                ] {
                    let query = query.replace("PART", &part);
                    assert_eq!(code(&app, Role::Analyst, &query).await, "FORBIDDEN", "{query}");
                }
            }
        }
        let query = r#"{ calls(filter:{tags:{some:{tagValue:{startsWith:"1372"}}}}){totalCount} }"#;
        assert_eq!(app.query_as(Role::Agent, query).await.data()["calls"]["totalCount"], 2);
        let refused = app.query_as(Role::Analyst, query).await;
        assert_eq!(refused.message(), "`tagValue` may hold a telephone number or an e-mail address, and is compared as a whole only: by eq, ne, in, notIn and isNull, because your role sees them masked (SEE_PHONE_NUMBERS is for ADMIN, MANAGER, AGENT)");
        assert_eq!(refused.body["errors"][0]["extensions"]["capability"], "SEE_PHONE_NUMBERS");
    };

    /// Whole texts without a number are compared as ever; with one they are refused, however it is written,
    /// because ten thousand would be tried in ten questions.
    whole_texts_stay = async |backend: Backend| {
        let app = world(&backend, ["2222", "7777"]).await;
        for (filter, calls) in [
            (json!({ "customerName": { "eq": "王" } }), 1),
            (json!({ "company": { "in": ["王", "1371"] } }), 2),
            (json!({ "province": { "ne": "王" } }), 5),
            (json!({ "city": { "notIn": ["1371", "1375", "1379"] } }), 3),
            (json!({ "deviceName": { "isNull": false } }), 6),
            (json!({ "tags": { "some": { "tagValue": { "eq": "1375" } } } }), 1),
            (json!({ "task": { "taskName": { "eq": "1379" } } }), 1),
            (json!({ "agent": { "name": { "in": ["1371", "1379"] } } }), 2),
            (json!({ "task": { "package": { "region": { "eq": "王" } } } }), 1),
            (json!({ "gradeCode": { "eq": "OTHER" }, "result": { "eq": "NO_ANSWER" } }), 6),
            // As it is shown, nothing is stored.
            (json!({ "customerName": { "eq": "137****0001" } }), 0),
        ] {
            let query = "query($filter: CallFilter) { calls(filter: $filter) { totalCount } }";
            let data = app.query_with(Role::Analyst, query, json!({ "filter": filter })).await.data();
            assert_eq!(data["calls"]["totalCount"], calls, "{filter}");
        }
        for number in [
            "13722220001", "137 2222 0001", "１３７２２２２０００１", "137‑2222‑0001", "①③⑦②②②②⓪⓪⓪①", "+86 137 2222 0001", "a 13722220001 b",
            "010-62345678", "+1 415 555 2671", "+44 20 7946 0958", "li.wei@example.com", "li.wei＠example.com",
        ] {
            for test in [json!({ "eq": number }), json!({ "in": ["王", number] }), json!({ "ne": number }), json!({ "notIn": [number] })] {
                for filter in [json!({ "customerName": test }), json!({ "tags": { "some": { "tagValue": test } } }), json!({ "task": { "taskName": test } })] {
                    let query = "query($filter: CallFilter) { calls(filter: $filter) { totalCount } }";
                    let answer = app.query_with(Role::Analyst, query, json!({ "filter": filter })).await;
                    assert_eq!(answer.code(), "FORBIDDEN", "{filter}");
                    let allowed = "is compared with texts without a telephone number or an e-mail address only, by eq, ne, in and notIn, because your role sees them masked";
                    assert!(answer.message().contains(allowed), "{}", answer.message());
                    app.query_with(Role::Manager, query, json!({ "filter": filter })).await.data();
                }
            }
        }
    };

    /// Every text of every filter in the schema, under every relation: a new one is closed, too.
    every_text_of_the_schema_is_compared_as_a_whole = async |backend: Backend| {
        let app = world(&backend, ["2222", "7777"]).await;
        let types = types(&app).await;
        let (mut texts, mut paths) = (0, 0);
        for list in lists(&app, &types).await {
            // A filter, and what it stands in.
            let mut open = vec![(list.filter.clone(), "FILTER".to_owned(), vec![list.filter.clone()])];
            while let Some((of, inside, way)) = open.pop() {
                paths += 1;
                for field in types[&of]["inputFields"].as_array().unwrap() {
                    let (name, target) = (field["name"].as_str().unwrap(), named(&field["type"]));
                    if target == "StringFilter" {
                        texts += 1;
                        let ask = async |test: &str| {
                            let filter = inside.replace("FILTER", &format!("{{{name}: {{{test}}}}}"));
                            let query = list.asked(&format!("first: 1, filter: {filter}"), "totalCount");
                            (code(&app, Role::Analyst, &query).await, query)
                        };
                        for test in [r#"contains: "1""#, r#"startsWith: "1""#, r#"eq: "13722220001", startsWith: "x""#] {
                            let (code, query) = ask(test).await;
                            assert_eq!(code, "FORBIDDEN", "{query}");
                        }
                        let (code, query) = ask(r#"eq: "x""#).await;
                        let expected = if CLOSED.contains(&name) { "FORBIDDEN" } else { "" };
                        assert_eq!(code, expected, "{query}");
                        continue;
                    }
                    let deeper = match target {
                        "CallTagsFilter" => ("CallTagFilter", "{some: FILTER}"),
                        "CallsFilter" => ("CallFilter", "{none: FILTER}"),
                        "DialTasksFilter" => ("DialTaskFilter", "{every: FILTER}"),
                        own if own == of => continue,
                        other if types[other]["inputFields"].as_array().is_some_and(|fields| fields.iter().any(|field| field["name"] == "and")) => (other, "FILTER"),
                        _ => continue,
                    };
                    if !way.iter().any(|known| known == deeper.0) && way.len() < 3 {
                        let wrapped = format!("{{{name}: {}}}", deeper.1);
                        let mut way = way.clone();
                        way.push(deeper.0.to_owned());
                        open.push((deeper.0.to_owned(), inside.replace("FILTER", &wrapped), way));
                    }
                }
            }
        }
        assert!(texts > 150 && paths > 30, "{texts} texts in {paths} filters");
    };
}
