//! Tags that people give calls and take away.

use dialgraph::domain::{dialing::Tag, viewer::Role};
use serde_json::json;

use super::{a_call, at, audit, done, id, refused};
use crate::{
    harness::{Backend, TestApp, call, ingest},
    on_both,
};

on_both! {
    /// Only tags that were not there are added, and only those that were there removed.
    tags_are_added_and_removed = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let call = a_call(&app).await;
        let tags = |tags: &[(&str, &str)]| {
            let tags: Vec<_> = tags.iter().map(|(name, value)| json!({ "tagName": name, "tagValue": value })).collect();
            json!({ "callId": call, "tags": tags })
        };
        let selection = "added call { version tags { tagName tagValue tagType } }";
        let added = done(&app, "addCallTags", selection, tags(&[("a", "1"), ("b", "2"), ("a", "1 ")])).await;
        assert_eq!((&added["added"], &added["call"]["version"]), (&json!(2), &json!(2)));
        let more = done(&app, "addCallTags", selection, tags(&[("a", "1"), ("a", "2")])).await;
        assert_eq!((&more["added"], more["call"]["tags"].as_array().unwrap().len()), (&json!(1), 3));
        let same = done(&app, "addCallTags", selection, tags(&[("a", "1")])).await;
        assert_eq!((&same["added"], &same["call"]["version"]), (&json!(0), &json!(3)));
        let selection = "removed call { version tags { tagName tagValue } }";
        let removed = done(&app, "removeCallTags", selection, tags(&[("a", "1"), ("a", "9"), ("a", "2")])).await;
        let expected = json!({ "removed": 2, "call": { "version": 4, "tags": [{ "tagName": "b", "tagValue": "2" }] }, "userErrors": [] });
        assert_eq!(removed, expected);
        let none = done(&app, "removeCallTags", selection, tags(&[("a", "1")])).await;
        assert_eq!((&none["removed"], &none["call"]["version"]), (&json!(0), &json!(4)));
        let recorded = audit(&app.database.db).await;
        let operations: Vec<&str> = recorded.iter().map(|(operation, ..)| operation.as_str()).collect();
        assert_eq!(operations, ["createCall", "addCallTags", "addCallTags", "removeCallTags"]);
    };

    /// What cannot be.
    bad_tags_are_refused = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let call = a_call(&app).await;
        let tag = json!({ "tagName": "a", "tagValue": "1" });
        for field in ["addCallTags", "removeCallTags"] {
            let bad = json!({ "callId": "x", "tags": [tag, { "tagName": " ", "tagValue": "" }] });
            let expected = [
                at("input.callId", "INVALID_ID"),
                at("input.tags.1.tagName", "BLANK"),
                at("input.tags.1.tagValue", "BLANK"),
            ];
            assert_eq!(refused(&app, field, bad).await, expected);
            let gone = json!({ "callId": "Q2FsbDo5OQ", "tags": [] });
            let expected = [at("input.callId", "NOT_FOUND"), at("input.tags", "REQUIRED")];
            assert_eq!(refused(&app, field, gone).await, expected);
            let many = json!({ "callId": call, "tags": vec![tag.clone(); 51], "expectedVersion": 2 });
            let expected = [at("input.expectedVersion", "CONFLICT"), at("input.tags", "TOO_MANY")];
            assert_eq!(refused(&app, field, many).await, expected);
        }
    };

    /// What a mark turns round is stored as it is shown, whichever field it comes in: nobody hides a number by it.
    what_is_shown_from_right_to_left_is_stored_as_it_is_shown = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let turned = "\u{202e}67894321731\u{202c}";
        let input = json!({ "callTime": "2026-11-19T01:00:00Z", "result": "CONNECTED", "phoneNumber": turned,
            "customerName": format!("王 {turned}"), "company": turned, "notes": format!("打 {turned}\n\u{202e}87654") });
        let fields = "phoneNumber customerName company notes";
        let created = done(&app, "createCall", &format!("call {{ id {fields} }}"), input).await;
        let call = id(&created["call"]);
        let tag = json!({ "callId": call, "tags": [{ "tagName": "x", "tagValue": turned }] });
        done(&app, "addCallTags", "added", tag).await;
        let query = format!("{{ call(id: \"{call}\") {{ {fields} tags {{ tagValue }} }} }}");
        let number = "13712349876";
        let expected = json!({ "phoneNumber": number, "customerName": format!("王 {number}"), "company": number,
            "notes": format!("打 {number}\n45678"), "tags": [{ "tagValue": number }] });
        assert_eq!(app.data(&query).await["call"], expected);
        let masked = app.query_as(Role::Analyst, &query).await.data();
        let number = "137****9876";
        let expected = json!({ "phoneNumber": number, "customerName": format!("王 {number}"), "company": number,
            "notes": format!("打 {number}\n45678"), "tags": [{ "tagValue": number }] });
        assert_eq!(masked["call"], expected);
    };

    /// A newer version of the platform's brings its own tags anew, and leaves those of people.
    people_s_tags_stay_when_the_platform_s_change = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let mut told = call("1", "2026-11-19T01:00:00Z");
        let tag = |value: &str| Tag { name: "script".to_owned(), value: value.to_owned() };
        told.tags = vec![tag("old")];
        ingest(&app.database.db, vec![told.clone()]).await;
        let data = app.data("{ calls { nodes { id } } }").await;
        let call = id(&data["calls"]["nodes"][0]);
        let input = json!({ "callId": call, "tags": [{ "tagName": "mine", "tagValue": "1" }] });
        done(&app, "addCallTags", "added", input).await;
        told.tags = vec![tag("new")];
        ingest(&app.database.db, vec![told]).await;
        let data = app.data("{ calls { nodes { tags { tagValue tagType } } } }").await;
        let expected = json!([{ "tagValue": "1", "tagType": "MANUAL" }, { "tagValue": "new", "tagType": "SCRIPT" }]);
        assert_eq!(data["calls"]["nodes"][0]["tags"], expected);
    };
}
