//! Users: made, changed, kept out.

use chrono::TimeDelta;
use dialgraph::{domain::viewer::Role, entity::audit_entry};
use sea_orm::{EntityTrait as _, QueryOrder as _};
use serde_json::{Value, json};

use super::{PASSWORD, refresh, sign_in, token_of, user, viewer};
use crate::{
    harness::{Backend, TestApp},
    on_both,
    writes::{at, audit, done, problems, refused, send},
};

/// The payload of a mutation that the holder of `token` sends.
async fn by(app: &TestApp, token: &str, field: &str, input: Value) -> Value {
    let (first, rest) = field.split_at(1);
    let query = format!(
        "mutation($input: {}{rest}Input!) {{ {field}(input: $input) {{ userErrors {{ field code message }} }} }}",
        first.to_uppercase()
    );
    app.query_by(token, &query, json!({ "input": input }))
        .await
        .body
}

/// The last change that was recorded.
async fn audit_of(app: &TestApp) -> (String, String, Value) {
    let find = audit_entry::Entity::find().order_by_desc(audit_entry::Column::Id);
    let entry = find.one(app.database.db.read()).await.unwrap().unwrap();
    let changes = serde_json::from_str(&entry.changes).unwrap();
    (entry.operation, entry.object_type, changes)
}

on_both! {
    /// A user is made as said, recorded without secrets, and listed.
    a_user_is_created = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let input = json!({ "name": " Li Na ", "email": "Li.Na@Example.com", "role": "AGENT", "password": PASSWORD });
        let selection = "user { databaseId name email role isActive version createdAt }";
        let created = done(&app, "createUser", selection, input).await;
        let expected = json!({ "databaseId": 1, "name": "Li Na", "email": "li.na@example.com", "role": "AGENT",
            "isActive": true, "version": 1, "createdAt": "2026-11-20T04:00:00Z" });
        assert_eq!(created["user"], expected);
        let change = |after: Value| json!({ "before": null, "after": after });
        let expected = json!({ "name": change(json!("Li Na")), "email": change(json!("l***@example.com")),
            "role": change(json!("AGENT")), "isActive": change(json!(true)) });
        assert_eq!(audit(&app.database.db).await, [("createUser".to_owned(), "User".to_owned(), expected)]);
        user(&app, "wang", "ADMIN").await;
        let query = "{ users(filter: {role: {eq: AGENT}}, orderBy: [{field: NAME}]) { totalCount nodes { name } } }";
        assert_eq!(app.data(query).await["users"], json!({ "totalCount": 1, "nodes": [{ "name": "Li Na" }] }));
    };

    /// Every problem comes at once; nobody has another's name.
    a_bad_user_is_refused_for_every_reason = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "AGENT").await;
        let input = |name: &str, email: &str, password: &str| json!({ "name": name, "email": email, "role": "AGENT", "password": password });
        let bad = refused(&app, "createUser", input("a@b", "li", "short")).await;
        assert_eq!(bad, [at("input.email", "INVALID_FORMAT"), at("input.name", "INVALID_FORMAT"), at("input.password", "TOO_SHORT")]);
        let common = refused(&app, "createUser", input("zhang", "zhang@x", "Password1234!")).await;
        assert_eq!(common, [at("input.password", "TOO_COMMON")]);
        let taken = refused(&app, "createUser", input("LI", "LI@example.com", PASSWORD)).await;
        assert_eq!(taken, [at("input.email", "TAKEN"), at("input.name", "TAKEN")]);
    };

    /// What is changed counts at once for who is signed in; a stale version is refused.
    a_role_counts_at_once = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let li = user(&app, "li", "MANAGER").await;
        let token = token_of(&app, "li").await;
        assert_eq!(viewer(&app, &token).await.as_deref(), Some("user:1 MANAGER"));
        let input = json!({ "id": li, "role": "ANALYST", "expectedVersion": 1 });
        let changed = done(&app, "updateUser", "user { role version email }", input).await;
        assert_eq!(changed["user"], json!({ "role": "ANALYST", "version": 2, "email": "li@example.com" }));
        assert_eq!(viewer(&app, &token).await.as_deref(), Some("user:1 ANALYST"));
        let stale = refused(&app, "updateUser", json!({ "id": li, "role": "AGENT", "expectedVersion": 1 })).await;
        assert_eq!(stale, [at("input.expectedVersion", "CONFLICT")]);
    };

    /// Who is kept out is out at once, also after being let in again; other instances notice within
    /// seconds.
    a_deactivated_user_is_out = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let elsewhere = app.another_service();
        let li = user(&app, "li", "AGENT").await;
        let granted = sign_in(&app, "li", PASSWORD).await;
        let token = granted.text("access_token");
        assert!(viewer(&app, &token).await.is_some() && viewer(&elsewhere, &token).await.is_some());
        done(&app, "deactivateUser", "user { isActive version }", json!({ "id": li, "expectedVersion": 1 })).await;
        assert_eq!(viewer(&app, &token).await, None);
        // At the latest: it may be told before.
        app.clock.advance(TimeDelta::seconds(5));
        assert_eq!(viewer(&elsewhere, &token).await, None);

        assert_eq!(sign_in(&app, "li", PASSWORD).await.text("error"), "invalid_grant");
        assert_eq!(refresh(&app, &granted.text("refresh_token")).await.text("error"), "invalid_grant");
        done(&app, "updateUser", "user { isActive }", json!({ "id": li, "isActive": true })).await;
        assert_eq!(viewer(&app, &token).await, None);
        assert!(viewer(&app, &token_of(&app, "li").await).await.is_some());
    };

    /// A session that was looked up costs no SQL for five seconds.
    most_requests_ask_the_database_nothing = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "AGENT").await;
        let token = token_of(&app, "li").await;
        app.statements();
        for (seconds, expected) in [(0, 1), (0, 0), (4, 0), (1, 1), (0, 0)] {
            app.clock.advance(TimeDelta::seconds(seconds));
            assert!(viewer(&app, &token).await.is_some());
            let asked = app.statements();
            assert_eq!(asked.len(), expected, "{asked:?}");
        }
    };

    /// Somebody who can make users is always left.
    the_last_admin_stays = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let li = user(&app, "li", "ADMIN").await;
        assert_eq!(refused(&app, "deactivateUser", json!({ "id": li })).await, [at("input.id", "PROTECTED")]);
        assert_eq!(refused(&app, "updateUser", json!({ "id": li, "role": "AGENT" })).await, [at("input.role", "PROTECTED")]);
        let wang = user(&app, "wang", "ADMIN").await;
        // Two who take it away from each other at the same time.
        let (one, other) = tokio::join!(
            send(&app, Role::Admin, "deactivateUser", "__typename", json!({ "id": li })),
            send(&app, Role::Admin, "deactivateUser", "__typename", json!({ "id": wang })),
        );
        let refusals = [one, other].map(|answer| problems(&answer.data()["deactivateUser"]["userErrors"]));
        assert_eq!(refusals.iter().filter(|refusal| refusal.is_empty()).count(), 1, "{refusals:?}");
    };

    /// Everybody changes their own password, if they know it; then they have to sign in again.
    a_password_is_changed = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let li = user(&app, "li", "AGENT").await;
        let wang = user(&app, "wang", "AGENT").await;
        let token = token_of(&app, "li").await;
        let new = "purple elephants dance";
        let errors = |body: Value| problems(&body["data"]["changePassword"]["userErrors"]);
        let unknown = by(&app, &token, "changePassword", json!({ "newPassword": new })).await;
        assert_eq!(errors(unknown), [at("input.currentPassword", "REQUIRED")]);
        let wrong = by(&app, &token, "changePassword", json!({ "currentPassword": "x", "newPassword": "li" })).await;
        assert_eq!(errors(wrong), [at("input.currentPassword", "WRONG_PASSWORD"), at("input.newPassword", "TOO_SHORT")]);
        let foreign = by(&app, &token, "changePassword", json!({ "id": wang, "newPassword": new })).await;
        assert_eq!(foreign["errors"][0]["extensions"]["code"], "FORBIDDEN");
        let input = json!({ "id": li, "currentPassword": PASSWORD, "newPassword": new });
        assert_eq!(errors(by(&app, &token, "changePassword", input).await), []);
        let (operation, object, changes) = audit_of(&app).await;
        assert_eq!((operation.as_str(), object.as_str(), changes), ("changePassword", "User", json!({ "passwords": 1 })));
        assert_eq!(viewer(&app, &token).await, None);
        assert_eq!(sign_in(&app, "li", PASSWORD).await.text("error"), "invalid_grant");
        sign_in(&app, "li", new).await.text("access_token");
        // An administrator need not know it.
        done(&app, "changePassword", "user { version }", json!({ "id": wang, "newPassword": new })).await;
        sign_in(&app, "wang", new).await.text("access_token");
    };

    /// A present password cannot be guessed without end either.
    guessing_the_present_password_waits = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "AGENT").await;
        let token = token_of(&app, "li").await;
        let guess = || by(&app, &token, "changePassword", json!({ "currentPassword": "x", "newPassword": "purple elephants dance" }));
        for _ in 0..5 {
            let body = guess().await;
            assert_eq!(problems(&body["data"]["changePassword"]["userErrors"]), [at("input.currentPassword", "WRONG_PASSWORD")]);
        }
        let body = guess().await;
        assert_eq!(problems(&body["data"]["changePassword"]["userErrors"]), [at("input.currentPassword", "TOO_MANY_ATTEMPTS")]);
    };

    /// Users are for administrators, on every path; everybody sees themselves.
    users_are_for_admins = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let li = user(&app, "li", "AGENT").await;
        let node = format!(r#"{{ node(id: "{li}") {{ id }} }}"#);
        for role in [Role::Manager, Role::Agent, Role::Analyst] {
            assert_eq!(app.query_as(role, "{ users { totalCount } }").await.code(), "FORBIDDEN");
            assert_eq!(app.query_as(role, &node).await.data()["node"], Value::Null);
            for (field, input) in [
                ("createUser", json!({ "name": "x", "role": "ADMIN", "password": PASSWORD })),
                ("updateUser", json!({ "id": li, "role": "ADMIN" })),
                ("deactivateUser", json!({ "id": li })),
                ("changePassword", json!({ "id": li, "newPassword": PASSWORD })),
            ] {
                assert_eq!(send(&app, role, field, "__typename", input).await.code(), "FORBIDDEN", "{field}");
            }
        }
        assert_eq!(app.data(&node).await["node"]["id"], json!(li));
        let token = token_of(&app, "li").await;
        assert_eq!(app.query_by(&token, &node, Value::Null).await.data()["node"]["id"], json!(li));
    };
}
