//! Packages claim tasks by their names: those that are there and those to come, unless a person or the
//! platform's records say otherwise.

use dialgraph::{
    domain::{incoming::PlatformTask, viewer::Role},
    entity::{audit_entry, lead_package},
    store::{rollups, schema, tag_counts},
};
use sea_orm::{ConnectionTrait as _, EntityTrait as _, QueryOrder as _};
use serde_json::{Value, json};

use crate::{
    harness::{Backend, TestApp, TestDatabase, call, ingest},
    on_both,
    writes::{assert_counted, at, audit, done, id, payload, refused, send},
};

/// A call of a task of the platform, with a tag.
async fn a_task(app: &TestApp, external_id: &str, name: &str, package: Option<&str>) {
    let mut call = call(&format!("call of {external_id}"), "2026-11-19T01:00:00Z");
    call.task = Some(PlatformTask {
        external_id: external_id.to_owned(),
        name: Some(name.to_owned()),
        package: package.map(str::to_owned),
    });
    call.tags.push(dialgraph::domain::dialing::Tag {
        name: "interest".to_owned(),
        value: external_id.to_owned(),
    });
    ingest(&app.database.db, vec![call]).await;
}

/// Of each task, oldest first: its name, its package, what decided, and how many claim it.
async fn links(app: &TestApp) -> Vec<(String, Option<String>, Option<String>, i64)> {
    let query = "{ tasks(orderBy: [{ field: ID }]) { nodes { taskName package { name } packageAssignedBy packageClaims } } }";
    let data = app.data(query).await;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let nodes = data["tasks"]["nodes"].as_array().unwrap().iter();
    nodes
        .map(|task| {
            (
                text(&task["taskName"]).unwrap(),
                text(&task["package"]["name"]),
                text(&task["packageAssignedBy"]),
                task["packageClaims"].as_i64().unwrap(),
            )
        })
        .collect()
}

fn link(
    name: &str,
    package: Option<&str>,
    by: &str,
    claims: i64,
) -> (String, Option<String>, Option<String>, i64) {
    let by = (!by.is_empty()).then(|| by.to_owned());
    (name.to_owned(), package.map(str::to_owned), by, claims)
}

async fn a_package(app: &TestApp, name: &str, rules: Value) -> String {
    let input = json!({ "name": name, "rules": rules });
    id(&done(app, "createPackage", "package { id }", input).await["package"])
}

fn prefix(text: &str) -> Value {
    json!([{ "match": "PREFIX", "text": text }])
}

/// The id of the task of this name.
async fn task_id(app: &TestApp, name: &str) -> String {
    let query =
        format!(r#"{{ tasks(filter: {{ taskName: {{ eq: "{name}" }} }}) {{ nodes {{ id }} }} }}"#);
    id(&app.data(&query).await["tasks"]["nodes"][0])
}

async fn unlinked(app: &TestApp) -> (i64, i64) {
    let data = app
        .data("{ syncStatus { tasksWithoutPackage tasksClaimedTwice } }")
        .await;
    let count = |name: &str| data["syncStatus"][name].as_i64().unwrap();
    (count("tasksWithoutPackage"), count("tasksClaimedTwice"))
}

on_both! {
    /// A synchronised task belongs to a package because its name says so, and the package's figures and
    /// tags are those of its calls; so does a task that comes later, in whatever way.
    rules_claim_tasks_that_are_there_and_to_come = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        a_task(&app, "1", "浙江企业-11月A包-01", None).await;
        a_task(&app, "2", "江苏企业-11月B包-01", None).await;
        assert_eq!(unlinked(&app).await, (2, 0));
        let rules = json!([{ "match": "PREFIX", "text": "浙江企业-11月Ａ包-" }, { "match": "PATTERN", "text": r"^vip.*\d{2}$" }]);
        let selection = "package { name rules { match text } totalCalls tagSummaries { nodes { tagValue tagCount } } } linkedTasks unlinkedTasks";
        let input = json!({ "name": "浙江企业-11月A包", "rules": rules });
        let created = done(&app, "createPackage", selection, input).await;
        assert_eq!((&created["linkedTasks"], &created["unlinkedTasks"]), (&json!(1), &json!(0)));
        // As every text is read: in the width of ASCII.
        let rules = json!([{ "match": "PREFIX", "text": "浙江企业-11月A包-" }, { "match": "PATTERN", "text": r"^vip.*\d{2}$" }]);
        assert_eq!(created["package"]["rules"], rules);
        assert_eq!(created["package"]["totalCalls"], 1);
        assert_eq!(created["package"]["tagSummaries"]["nodes"], json!([{ "tagValue": "1", "tagCount": 1 }]));
        let recorded = audit(&app.database.db).await;
        assert_eq!(recorded[0].2["rules"]["after"], json!(["PREFIX 浙江企业-11月A包-", r"PATTERN ^vip.*\d{2}$"]));
        let (_, object, moved) = &recorded[1];
        assert_eq!((object.as_str(), &moved["packageAssignedBy"]), ("DialTask", &json!({ "before": null, "after": "RULE" })));

        // A page, an import, and a person.
        a_task(&app, "3", "VIP外呼-07", None).await;
        let row = |name: &str| json!({ "externalId": name, "callTime": "2026-11-19T02:00:00Z", "result": "BUSY", "taskExternalId": name, "taskName": name });
        done(&app, "importCalls", "created", json!({ "rows": [row("浙江企业-11月a包-02"), row("其他")] })).await;
        let task = done(&app, "createTask", "task { version package { name } packageAssignedBy }", json!({ "taskName": "浙江企业－１１月A包－03" })).await;
        assert_eq!(task["task"], json!({ "version": 1, "package": { "name": "浙江企业-11月A包" }, "packageAssignedBy": "RULE" }));
        let package = Some("浙江企业-11月A包");
        assert_eq!(links(&app).await, [
            link("浙江企业-11月A包-01", package, "RULE", 1),
            link("江苏企业-11月B包-01", None, "", 0),
            link("VIP外呼-07", package, "RULE", 1),
            link("其他", None, "", 0),
            link("浙江企业-11月a包-02", package, "RULE", 1),
            link("浙江企业-11月A包-03", package, "RULE", 1),
        ]);
        assert_eq!(app.data("{ packages { nodes { totalCalls } } }").await["packages"]["nodes"], json!([{ "totalCalls": 3 }]));
        assert_counted(&app).await;
    };

    /// A new name is asked about again, whoever gave it.
    a_renamed_task_follows_its_name = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        a_package(&app, "A", prefix("A-")).await;
        a_package(&app, "B", prefix("B-")).await;
        a_task(&app, "1", "A-1", None).await;
        assert_eq!(links(&app).await, [link("A-1", Some("A"), "RULE", 1)]);
        a_task(&app, "1", "B-1", None).await;
        assert_eq!(links(&app).await, [link("B-1", Some("B"), "RULE", 1)]);
        a_task(&app, "1", "C-1", None).await;
        assert_eq!(links(&app).await, [link("C-1", None, "", 0)]);
        let input = json!({ "id": task_id(&app, "C-1").await, "taskName": "a-1" });
        let updated = done(&app, "updateTask", "task { package { name } }", input).await;
        assert_eq!(updated["task"]["package"]["name"], "A");
        // The same name again is no news.
        let before = app.data("{ tasks { nodes { version } } }").await;
        let mut again = call("another", "2026-11-19T03:00:00Z");
        again.task = Some(PlatformTask { external_id: "1".to_owned(), name: None, package: None });
        ingest(&app.database.db, vec![again]).await;
        assert_eq!(app.data("{ tasks { nodes { version } } }").await, before);
    };

    /// A task that two packages claim belongs to none, is listed and counted, and comes to the one that
    /// is left when the other claims it no longer.
    a_task_that_two_claim_belongs_to_none = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        a_task(&app, "1", "浙江-A-01", None).await;
        a_task(&app, "2", "无", None).await;
        let first = a_package(&app, "浙江", prefix("浙江-")).await;
        let input = json!({ "name": "A", "rules": [{ "match": "CONTAINS", "text": "-A-" }] });
        let second = done(&app, "createPackage", "package { id } linkedTasks unlinkedTasks", input).await;
        assert_eq!((&second["linkedTasks"], &second["unlinkedTasks"]), (&json!(0), &json!(1)));
        assert_eq!(links(&app).await, [link("浙江-A-01", None, "", 2), link("无", None, "", 0)]);
        assert_eq!(unlinked(&app).await, (2, 1));
        // Both counts are one statement, beside the three of the status itself.
        app.statements();
        unlinked(&app).await;
        assert_eq!(app.statements().len(), 4);
        let listed = app.data(r#"{ all: tasks(filter: { package: { isNull: true } }) { totalCount }
            twice: tasks(filter: { packageClaims: { gt: 1 } }) { nodes { taskName } }
            linked: tasks(filter: { package: { isNull: false } }) { totalCount } }"#).await;
        assert_eq!(listed, json!({ "all": { "totalCount": 2 }, "twice": { "nodes": [{ "taskName": "浙江-A-01" }] }, "linked": { "totalCount": 0 } }));

        let second = id(&second["package"]);
        let updated = done(&app, "updatePackage", "package { rules { text } version } linkedTasks", json!({ "id": second, "rules": null })).await;
        assert_eq!(updated, json!({ "package": { "rules": [], "version": 2 }, "linkedTasks": 1, "userErrors": [] }));
        assert_eq!(links(&app).await[0], link("浙江-A-01", Some("浙江"), "RULE", 1));
        done(&app, "updatePackage", "linkedTasks", json!({ "id": second, "rules": prefix("浙江-A") })).await;
        assert_eq!(unlinked(&app).await, (2, 1));
        let deleted = done(&app, "deletePackage", "unlinkedTasks", json!({ "id": first })).await;
        assert_eq!(deleted["unlinkedTasks"], 0);
        assert_eq!(links(&app).await[0], link("浙江-A-01", Some("A"), "RULE", 1));
    };

    /// What a person decided stays, that a task belongs to none included, until they give it back.
    a_person_s_decision_wins = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for number in ["1", "2", "3"] {
            a_task(&app, number, &format!("A-{number}"), None).await;
        }
        let (first, second) = (task_id(&app, "A-1").await, task_id(&app, "A-2").await);
        let other = a_package(&app, "other", json!([])).await;
        done(&app, "assignTasks", "assigned", json!({ "packageId": other, "taskIds": [first] })).await;
        done(&app, "updateTask", "task { id }", json!({ "id": second, "packageId": null })).await;
        let claims = a_package(&app, "A", prefix("A-")).await;
        let decided = [
            link("A-1", Some("other"), "HAND", 0),
            link("A-2", None, "HAND", 0),
            link("A-3", Some("A"), "RULE", 1),
        ];
        assert_eq!(links(&app).await, decided);
        // Neither another name nor other rules nor the records change that.
        a_task(&app, "1", "A-1", Some("name:A")).await;
        done(&app, "updatePackage", "linkedTasks", json!({ "id": claims, "rules": [{ "match": "CONTAINS", "text": "a-" }] })).await;
        assert_eq!(links(&app).await, decided);
        // Given to the package that it is in, it is pinned there.
        let third = task_id(&app, "A-3").await;
        let pinned = done(&app, "assignTasks", "assigned tasks { packageAssignedBy }", json!({ "packageId": claims, "taskIds": [third] })).await;
        assert_eq!(pinned, json!({ "assigned": 0, "tasks": [{ "packageAssignedBy": "HAND" }], "userErrors": [] }));
        done(&app, "updatePackage", "linkedTasks", json!({ "id": claims, "rules": [] })).await;
        assert_eq!(links(&app).await[2], link("A-3", Some("A"), "HAND", 0));

        let both = json!({ "packageId": null, "byRules": true, "taskIds": [first] });
        assert_eq!(refused(&app, "assignTasks", both).await, [at("input.byRules", "CONFLICTING")]);
        done(&app, "updatePackage", "linkedTasks", json!({ "id": claims, "rules": prefix("A-2") })).await;
        let back = json!({ "byRules": true, "filter": { "packageAssignedBy": { "eq": "HAND" } } });
        let given = done(&app, "assignTasks", "assigned package { name } tasks { taskName package { name } }", back).await;
        assert_eq!((&given["assigned"], &given["package"]), (&json!(3), &json!(null)));
        assert_eq!(links(&app).await, [
            // Its record names the package.
            link("A-1", Some("A"), "PARAMS", 1),
            link("A-2", Some("A"), "RULE", 1),
            link("A-3", None, "", 0),
        ]);
        assert_counted(&app).await;
    };

    /// The package that was given with a number when it was submitted counts more than rules; one that
    /// there is not yet is remembered.
    a_record_names_its_package = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let claims = a_package(&app, "A", prefix("A-")).await;
        let data = app.data("{ packages { nodes { databaseId } } }").await;
        let number = data["packages"]["nodes"][0]["databaseId"].to_string();
        a_task(&app, "1", "x", Some(&number)).await;
        a_task(&app, "2", "x", Some(&claims)).await;
        a_task(&app, "3", "A-1", Some("b")).await;
        a_task(&app, "4", "A-2", Some("99999")).await;
        let expected = [
            link("x", Some("A"), "PARAMS", 1),
            link("x", Some("A"), "PARAMS", 1),
            // There is no package B yet, and none of this number.
            link("A-1", Some("A"), "RULE", 1),
            link("A-2", Some("A"), "RULE", 1),
        ];
        assert_eq!(links(&app).await, expected);
        let created = done(&app, "createPackage", "package { id } linkedTasks", json!({ "name": "Ｂ" })).await;
        assert_eq!(created["linkedTasks"], 1);
        assert_eq!(links(&app).await[2], link("A-1", Some("B"), "PARAMS", 1));
        // A record that names another one: nobody can tell.
        let mut other = call("other", "2026-11-19T03:00:00Z");
        other.task = Some(PlatformTask { external_id: "3".to_owned(), name: None, package: Some("name:A".to_owned()) });
        ingest(&app.database.db, vec![other]).await;
        assert_eq!(links(&app).await[2], link("A-1", None, "", 2));
        let rename = json!({ "id": created["package"]["id"], "name": "C" });
        done(&app, "updatePackage", "linkedTasks", rename).await;
        assert_eq!(links(&app).await[2], link("A-1", Some("A"), "PARAMS", 1));
    };

    /// A record that an earlier program stored without the package that it names: the next read of its day
    /// links its task, and is no news after that.
    what_was_stored_without_its_package_is_linked_by_the_next_read = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        done(&app, "createPackage", "package { id }", json!({ "name": "A" })).await;
        let named = |package: Option<&str>| {
            let mut call = call("1", "2026-11-01T03:00:00Z");
            call.task = Some(PlatformTask { external_id: "3".to_owned(), name: Some("x".to_owned()), package: package.map(str::to_owned) });
            vec![call]
        };
        let db = &app.database.db;
        ingest(db, named(None)).await;
        assert_eq!(links(&app).await, [link("x", None, "", 0)]);
        assert_eq!(ingest(db, named(Some("name:A"))).await.updated, 1);
        assert_eq!(links(&app).await, [link("x", Some("A"), "PARAMS", 1)]);
        assert_eq!(ingest(db, named(Some("name:A"))).await.unchanged, 1);
    };

    /// A preview says what rules would do, and does nothing.
    rules_can_be_tried = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for (number, name) in [("1", "A-1"), ("2", "A-2"), ("3", "AB-1"), ("4", "AC-1"), ("5", "B-1")] {
            a_task(&app, number, name, None).await;
        }
        a_package(&app, "AB", prefix("AB-")).await;
        let package = a_package(&app, "A", prefix("A-")).await;
        done(&app, "updateTask", "task { id }", json!({ "id": task_id(&app, "AC-1").await, "packageId": null })).await;
        let before = crate::writes::state(&app.database.db).await;
        let query = r#"query ($rules: [PackageRuleInput!]!, $package: ID, $first: Int) {
            packageRulePreview(rules: $rules, packageId: $package, first: $first) {
              matched linked unlinked claimedTwice overridden
              tasks { task { taskName } change claimedBy { name } } userErrors { field code } } }"#;
        let preview = async |variables: Value| {
            let data = app.query_with(Role::Manager, query, variables).await.data();
            data["packageRulePreview"].clone()
        };
        let wider = preview(json!({ "package": package, "rules": [{ "match": "PATTERN", "text": "^A[BC]?-1$" }, { "match": "PREFIX", "text": "B" }] })).await;
        let task = |name: &str, change: &str, by: &[&str]| json!({ "task": { "taskName": name }, "change": change,
            "claimedBy": by.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>() });
        assert_eq!(wider, json!({ "matched": 4, "linked": 1, "unlinked": 1, "claimedTwice": 1, "overridden": 1, "userErrors": [],
            "tasks": [task("B-1", "LINKED", &["A"]), task("A-2", "UNLINKED", &[]), task("AB-1", "CLAIMED_TWICE", &["AB", "A"]),
                      task("AC-1", "OVERRIDDEN", &["A"]), task("A-1", "KEPT", &["A"])] }));
        let new = preview(json!({ "rules": prefix("B-"), "first": 1 })).await;
        assert_eq!((&new["linked"], &new["tasks"]), (&json!(1), &json!([task("B-1", "LINKED", &[])])));
        let bad = preview(json!({ "package": "x", "rules": [{ "match": "PATTERN", "text": "(" }, { "match": "PREFIX", "text": " " }] })).await;
        assert_eq!(bad["userErrors"], json!([{ "field": ["rules", "0", "text"], "code": "INVALID_FORMAT" },
            { "field": ["rules", "1", "text"], "code": "BLANK" }, { "field": ["packageId"], "code": "INVALID_ID" }]));
        assert_eq!(crate::writes::state(&app.database.db).await, before);
        let analyst = app.query_with(Role::Analyst, query, json!({ "rules": [] })).await;
        assert_eq!(analyst.code(), "FORBIDDEN");
        let many = app.query_with(Role::Admin, query, json!({ "rules": [], "first": 201 })).await;
        assert_eq!(many.code(), "BAD_USER_INPUT");
        // However many tasks there are.
        app.statements();
        preview(json!({ "rules": prefix("A") })).await;
        assert!(app.statements().len() <= 7);
    };

    /// Every problem of every rule at once, each with its place.
    bad_rules_are_refused_for_every_reason = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let rules = json!([{ "match": "PREFIX", "text": "" }, { "match": "PATTERN", "text": "a(" }, { "match": "PATTERN", "text": "x*" },
            { "match": "CONTAINS", "text": "包".repeat(201) }, { "match": "PREFIX", "text": "A" }, { "match": "PREFIX", "text": "ａ" },
            { "match": "PATTERN", "text": "(?:a{1000}){1000}" }]);
        let expected = [
            at("input.name", "BLANK"),
            at("input.rules.0.text", "BLANK"),
            at("input.rules.1.text", "INVALID_FORMAT"),
            at("input.rules.2.text", "INVALID_FORMAT"),
            at("input.rules.3.text", "TOO_LONG"),
            at("input.rules.5.text", "DUPLICATE"),
            at("input.rules.6.text", "INVALID_FORMAT"),
        ];
        assert_eq!(refused(&app, "createPackage", json!({ "name": " ", "rules": rules })).await, expected);
        let package = a_package(&app, "A", json!([])).await;
        let many = vec![json!({ "match": "PREFIX", "text": "A" }); 51];
        assert_eq!(refused(&app, "updatePackage", json!({ "id": package, "rules": many })).await, [at("input.rules", "TOO_MANY")]);
        let answer = payload(&app, "createPackage", "__typename", json!({ "name": "B", "rules": [{ "match": "PATTERN", "text": "a(" }] })).await;
        assert_eq!(answer["userErrors"][0]["message"], "this is no regular expression: unclosed group");
        // A pattern that says nothing of the names would claim whatever comes.
        for pattern in [".+", ".", r"\w", r"[\s\S]", ".{1,}", "^.", "[^x]", "task|.", "(?i).+", r"\S+$", ".*.", "(?s).+", r"\S", ".{2,}", r"\p{L}"] {
            let rules = json!([{ "match": "PATTERN", "text": pattern }]);
            assert_eq!(refused(&app, "updatePackage", json!({ "id": package, "rules": rules })).await, [at("input.rules.0.text", "INVALID_FORMAT")], "{pattern}");
        }
        let one = json!([{ "match": "PREFIX", "text": "a" }, { "match": "CONTAINS", "text": "包" }, { "match": "PATTERN", "text": r"\d" }]);
        done(&app, "updatePackage", "package { id }", json!({ "id": package, "rules": one })).await;
    };

    /// Two packages never have the same name, whatever its width, case and blanks, and whoever is first.
    names_of_packages_are_unique = async |backend: Backend| {
        let app = std::sync::Arc::new(TestApp::new(&backend).await);
        a_package(&app, "11月A包", json!([])).await;
        let second = a_package(&app, "B", json!([])).await;
        for name in ["11月A包", "１１月ａ包", "\u{feff}11月A包\u{200b}", " 11月A包 "] {
            assert_eq!(refused(&app, "createPackage", json!({ "name": name })).await, [at("input.name", "TAKEN")], "{name:?}");
            assert_eq!(refused(&app, "updatePackage", json!({ "id": second, "name": name })).await, [at("input.name", "TAKEN")], "{name:?}");
        }
        let answer = payload(&app, "createPackage", "__typename", json!({ "name": "b" })).await;
        let message = answer["userErrors"][0]["message"].as_str().unwrap();
        assert!(message.starts_with("there is a package of this name: B, with databaseId "), "{message}");
        // Its own name in another case is no other package's.
        done(&app, "updatePackage", "package { name }", json!({ "id": second, "name": "b" })).await;
        let racing = (0..8).map(|_| {
            let app = app.clone();
            tokio::spawn(async move {
                let answer = send(&app, Role::Manager, "createPackage", "package { id }", json!({ "name": "同时" })).await.data();
                answer["createPackage"]["userErrors"].as_array().unwrap().iter().map(|error| error["code"].clone()).collect::<Vec<_>>()
            })
        });
        let answers: Vec<_> = futures_util::future::join_all(racing).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers.iter().filter(|errors| errors.is_empty()).count(), 1, "{answers:?}");
        assert_eq!(answers.iter().filter(|errors| errors.as_slice() == ["TAKEN"]).count(), 7, "{answers:?}");
    };

    /// Packages of one name from before are told apart by numbers, and the audit log says so; what tasks
    /// belonged to was decided by people.
    duplicates_from_before_are_told_apart = async |backend: Backend| {
        let database = TestDatabase::empty(&backend).await;
        let db = &database.db;
        schema::up(db, None).await.unwrap();
        // Back to before packages had rules.
        let steps = schema::status(db).await.unwrap().iter().filter(|migration| migration.name.as_str() >= "m20261129_000501").count();
        schema::down(db, Some(u32::try_from(steps).unwrap())).await.unwrap();
        let write = db.write();
        for (id, name) in [(1, "A包"), (2, "ａ包"), (3, "A包 (2)"), (4, " A包"), (5, "B")] {
            write.execute_unprepared(&format!(
                "INSERT INTO lead_packages (id, name, total_leads, valid_leads, cost_per_lead, total_cost, created_date, created_at, updated_at)
                 VALUES ({id}, '{name}', 1, 1, 0, 0, '2026-11-19', '2026-11-19T00:00:00+00:00', '2026-11-19T00:00:00+00:00')"
            )).await.unwrap();
        }
        write.execute_unprepared(
            "INSERT INTO dial_tasks (package_id, task_name, status, created_at, updated_at)
             VALUES (5, 'B-1', 'PENDING', '2026-11-19T00:00:00+00:00', '2026-11-19T00:00:00+00:00')"
        ).await.unwrap();
        schema::up(db, None).await.unwrap();
        let packages = lead_package::Entity::find().order_by_asc(lead_package::Column::Id).all(db.read()).await.unwrap();
        let names: Vec<(&str, i64)> = packages.iter().map(|package| (package.name.as_str(), package.version)).collect();
        // Renamed, then brought to one form.
        assert_eq!(names, [("A包", 1), ("a包 (3)", 3), ("A包 (2)", 1), ("A包 (4)", 3), ("B", 1)]);
        let recorded = audit_entry::Entity::find().order_by_asc(audit_entry::Column::Id).all(db.read()).await.unwrap();
        let renamed: Vec<(&str, Option<&str>)> = recorded.iter().map(|entry| (entry.operation.as_str(), entry.object_id.as_deref())).collect();
        assert_eq!(renamed, [("renamePackage", Some("2")), ("renamePackage", Some("4"))]);
        assert!(recorded[0].changes.contains("ａ包 (3)"));
        let task = dialgraph::entity::dial_task::Entity::find().one(db.read()).await.unwrap().unwrap();
        assert_eq!(task.package_assigned_by.map(|by| by.to_string()).as_deref(), Some("HAND"));
        // Down and up again, with what is there.
        schema::down(db, Some(u32::try_from(steps).unwrap())).await.unwrap();
        schema::up(db, None).await.unwrap();
        let again = lead_package::Entity::find().order_by_asc(lead_package::Column::Id).all(db.read()).await.unwrap();
        assert_eq!(again, packages);
        assert_eq!(rollups::differences(db).await.unwrap(), []);
        assert_eq!(tag_counts::differences(db).await.unwrap(), 0);
    };

    /// An older schema does not know who linked a task: links that rules and records made are taken back
    /// with them, and said to be, so that they are not those of people when it is brought up again.
    links_of_rules_do_not_become_links_of_people = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        let rules = || json!([{ "match": "PREFIX", "text": "A-" }]);
        done(&app, "createPackage", "package { id }", json!({ "name": "规则", "rules": rules() })).await;
        done(&app, "createPackage", "package { id }", json!({ "name": "记录" })).await;
        a_task(&app, "1", "A-1", None).await;
        a_task(&app, "2", "B-1", Some("记录")).await;
        a_task(&app, "3", "C-1", None).await;
        let by_hand = "UPDATE dial_tasks SET package_assigned_by = 'HAND', package_id = (SELECT id FROM lead_packages WHERE name = '记录')
             WHERE task_name = 'C-1'";
        db.write().execute_unprepared(by_hand).await.unwrap();
        assert_eq!(links(&app).await, [
            link("A-1", Some("规则"), "RULE", 1), link("B-1", Some("记录"), "PARAMS", 1), link("C-1", Some("记录"), "HAND", 0),
        ]);
        let steps = schema::status(db).await.unwrap().iter().filter(|migration| migration.name.as_str() >= "m20261129_000501").count();
        let steps = Some(u32::try_from(steps).unwrap());
        let losses = schema::down_if(db, steps, |_| true).await.unwrap();
        let lost = losses.iter().find(|loss| loss.of == "dial_tasks.package_id");
        assert_eq!(lost.map(|loss| loss.count), Some(2), "{losses:?}");
        schema::up(db, None).await.unwrap();
        assert_eq!(links(&app).await, [link("A-1", None, "", 0), link("B-1", None, "", 0), link("C-1", Some("记录"), "HAND", 0)]);
        // The same rule decides again.
        done(&app, "createPackage", "package { id }", json!({ "name": "规则 2", "rules": rules() })).await;
        assert_eq!(links(&app).await[0], link("A-1", Some("规则 2"), "RULE", 1));
    };

    /// Whether there is a related record can be asked of every record that leads to one.
    a_relation_that_leads_nowhere_can_be_asked_for = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        a_task(&app, "1", "A-1", None).await;
        ingest(&app.database.db, vec![call("alone", "2026-11-19T02:00:00Z")]).await;
        let found = async |filter: &str| {
            let data = app.data(&format!("{{ calls(filter: {filter}) {{ nodes {{ externalId }} }} }}")).await;
            data["calls"]["nodes"].as_array().unwrap().iter().map(|call| call["externalId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(found("{ task: { isNull: true } }").await, ["alone"]);
        assert_eq!(found("{ task: { isNull: false } }").await, ["call of 1"]);
        assert_eq!(found("{ not: { task: { isNull: true } } }").await, ["call of 1"]);
        assert_eq!(found("{ task: { isNull: false, taskName: { eq: \"x\" } } }").await, Vec::<String>::new());
        assert_eq!(found("{ task: { isNull: true, taskName: { eq: \"A-1\" } } }").await, Vec::<String>::new());
        assert_eq!(found("{ agent: { isNull: true } }").await.len(), 2);
        assert_eq!(found("{ task: { package: { isNull: true } } }").await, ["call of 1"]);
        let tags = app.data("{ callTags(filter: { call: { isNull: false } }) { totalCount } }").await;
        assert_eq!(tags["callTags"]["totalCount"], 1);
        for misplaced in ["{ isNull: true }", "{ or: [{ isNull: true }] }", "{ task: { not: { isNull: true } } }", "{ tags: { some: { isNull: true } } }"] {
            let answer = app.query(&format!("{{ calls(filter: {misplaced}) {{ totalCount }} }}")).await;
            assert_eq!(answer.code(), "BAD_USER_INPUT", "{misplaced}");
            assert!(answer.message().contains("isNull"), "{}", answer.message());
        }
    };
}
