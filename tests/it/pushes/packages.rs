//! The package that a push carries back in its `params`.

use serde_json::json;

use super::{app, assert_counted, pushed};
use crate::{
    harness::{Backend, call, ingest, task},
    on_both,
    writes::{done, id},
};

on_both! {
    /// A push of a call that nobody read yet, and one of a call whose record named no package.
    a_push_links_the_task_of_its_call = async |backend: Backend| {
        let app = app(&backend).await;
        let created = done(&app, "createPackage", "package { id databaseId }", json!({ "name": "11月A包" })).await;
        let number = &created["package"]["databaseId"];
        let push = json!({ "cdr_id": "1", "task_id": "71", "task_name": "外呼一", "call_time": "2026-11-19 10:00:00",
            "params": json!({ "packageId": number, "lead": 7 }).to_string() });
        pushed(&app, "cdr", &push).await;
        let mut read = call("2", "2026-11-19T02:00:00Z");
        read.task = Some(task("72"));
        ingest(&app.database.db, vec![read.clone()]).await;
        let push = json!({ "cdr_id": "2", "task_id": "72", "remark": "x", "params": { "package_name": " 11月ａ包" } });
        pushed(&app, "cdr", &push).await;
        let query = "{ tasks(orderBy: [{ field: ID }]) { nodes { externalId packageAssignedBy package { id } } } }";
        let of = |external_id: &str| json!({ "externalId": external_id, "packageAssignedBy": "PARAMS", "package": { "id": id(&created["package"]) } });
        assert_eq!(app.data(query).await["tasks"]["nodes"], json!([of("71"), of("72")]));
        // The record that is read again says nothing of it, and takes nothing away.
        read.details.grade = Some("A".to_owned());
        ingest(&app.database.db, vec![read]).await;
        assert_eq!(app.data(query).await["tasks"]["nodes"], json!([of("71"), of("72")]));
        assert_counted(&app).await;
    };

    /// A push that comes before the record of its call is read.
    a_push_that_comes_first_links_too = async |backend: Backend| {
        let app = app(&backend).await;
        done(&app, "createPackage", "package { id }", json!({ "name": "A" })).await;
        pushed(&app, "cdr", &json!({ "cdr_id": "1", "task_id": "71", "params": { "package": { "name": "a" } } })).await;
        let mut read = call("1", "2026-11-19T02:00:00Z");
        read.task = Some(task("71"));
        ingest(&app.database.db, vec![read]).await;
        let data = app.data("{ tasks { nodes { package { name } } } }").await;
        assert_eq!(data["tasks"]["nodes"], json!([{ "package": { "name": "A" } }]));
    };
}
