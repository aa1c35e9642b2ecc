//! Access tokens, which programs come in with.

use axum::http::StatusCode;
use chrono::TimeDelta;
use dialgraph::{domain::viewer::Role, entity::access_token};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

use super::{token_of, user, viewer};
use crate::{
    harness::{Backend, TestApp},
    on_both,
    writes::{at, done, problems, send},
};

const CREATE: &str = "mutation($input: CreateAccessTokenInput!) { createAccessToken(input: $input) {
    secret accessToken { id name role createdBy expiresAt lastUsedAt } userErrors { field code message } } }";

/// Makes a token as the holder of `token`.
async fn create(app: &TestApp, token: &str, input: Value) -> Value {
    let asked = app.query_by(token, CREATE, json!({ "input": input })).await;
    asked.data()["createAccessToken"].clone()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

on_both! {
    /// While the database cannot be reached nobody can tell whether a token is good: that is no 401,
    /// which would make clients throw the token away, and no request that took too long.
    a_token_that_cannot_be_looked_up_is_not_refused = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let admin = app.token(Role::Admin);
        let secret = text(&create(&app, &admin, json!({ "name": "BI", "role": "ANALYST" })).await["secret"]);
        app.database.db.clone().close().await;
        let asked = app.query_by(&secret, "{ viewer { subject } }", Value::Null).await;
        assert_eq!((asked.status, asked.code()), (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"));
        assert!(asked.message().contains("database cannot be reached"), "{:?}", asked.body);
    };

    /// What a program takes is taken from its maker's: look-ups of numbers, and the budget.
    a_program_is_on_its_makers_account = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let analyst = app.token(Role::Analyst);
        let secret = text(&create(&app, &analyst, json!({ "name": "BI", "role": "ANALYST" })).await["secret"]);
        let look_up = r#"{ calls(filter: {phoneNumber: {eq: "13800138000"}}) { totalCount } }"#;
        for token in [&analyst, &secret].into_iter().cycle().take(60) {
            app.query_by(token, look_up, Value::Null).await.data();
        }
        for token in [&analyst, &secret] {
            assert_eq!(app.query_by(token, look_up, Value::Null).await.code(), "RATE_LIMITED");
        }
        // Each costs its one condition, the field and the total.
        let left = async |token| app.query_by(token, "{ __typename }", Value::Null).await.body["extensions"]["cost"]["remaining"].as_u64();
        let before = left(&analyst).await.unwrap();
        assert_eq!(left(&secret).await, Some(before - 1));
    };

    /// Nobody has more than a hundred at a time.
    tokens_are_bounded = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let admin = app.token(Role::Admin);
        for n in 0..100 {
            text(&create(&app, &admin, json!({ "name": format!("{n}"), "role": "ANALYST" })).await["secret"]);
        }
        let refused = create(&app, &admin, json!({ "name": "one more", "role": "ANALYST" })).await;
        assert_eq!(problems(&refused["userErrors"]), [at("input", "TOO_MANY")]);
        // One that has ended counts no more.
        let list = "{ accessTokens(first: 1) { nodes { id } } }";
        let id = app.data(list).await["accessTokens"]["nodes"][0]["id"].clone();
        done(&app, "revokeAccessToken", "accessToken { id }", json!({ "id": id })).await;
        text(&create(&app, &admin, json!({ "name": "again", "role": "ANALYST" })).await["secret"]);
    };

    /// A token shows its secret once, works, and is listed with its last use.
    a_program_comes_in = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "MANAGER").await;
        let li = token_of(&app, "li").await;
        let made = create(&app, &li, json!({ "name": " BI ", "role": "ANALYST" })).await;
        let secret = text(&made["secret"]);
        // 256 bits in base64url.
        assert!(secret.starts_with("dg_") && secret.len() == 3 + 43, "{secret}");
        let token = &made["accessToken"];
        assert_eq!((&token["name"], &token["role"], &token["createdBy"], &token["lastUsedAt"]),
            (&json!("BI"), &json!("ANALYST"), &json!("user:1"), &Value::Null));
        assert_eq!(viewer(&app, &secret).await.as_deref(), Some("token:1 ANALYST"));
        let row = access_token::Entity::find().one(app.database.db.read()).await.unwrap().unwrap();
        assert!(!row.token_hash.expose().contains(&secret[3..]));
        // Uses are noted a minute apart, and cost nothing in between.
        app.statements();
        assert!(viewer(&app, &secret).await.is_some());
        assert_eq!(app.statements(), [""; 0]);
        let query = "{ accessTokens { nodes { name lastUsedAt } } }";
        let used = |at: &str| json!([{ "name": "BI", "lastUsedAt": at }]);
        app.clock.advance(TimeDelta::seconds(59));
        assert!(viewer(&app, &secret).await.is_some());
        let li = token_of(&app, "li").await;
        let list = || async { app.query_by(&li, query, Value::Null).await.data()["accessTokens"]["nodes"].clone() };
        assert_eq!(list().await, used("2026-11-20T04:00:00Z"));
        app.clock.advance(TimeDelta::seconds(6));
        assert!(viewer(&app, &secret).await.is_some());
        assert_eq!(list().await, used("2026-11-20T04:01:05Z"));
    };

    /// No token may do more than its maker, now or later.
    a_token_never_does_more_than_its_maker = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let li = user(&app, "li", "MANAGER").await;
        let token = token_of(&app, "li").await;
        let above = create(&app, &token, json!({ "name": "x", "role": "ADMIN", "expiresAt": "2026-11-20T04:00:00Z" })).await;
        assert_eq!(problems(&above["userErrors"]), [at("input.expiresAt", "OUT_OF_RANGE"), at("input.role", "ABOVE_ROLE")]);
        assert_eq!(above["secret"], Value::Null);
        let secret = text(&create(&app, &token, json!({ "name": "x", "role": "MANAGER" })).await["secret"]);
        assert_eq!(viewer(&app, &secret).await.as_deref(), Some("token:1 MANAGER"));
        done(&app, "updateUser", "user { role }", json!({ "id": li, "role": "AGENT" })).await;
        assert_eq!(viewer(&app, &secret).await.as_deref(), Some("token:1 AGENT"));
    };

    /// A token ends when it says, when it is revoked, and with its maker.
    a_token_ends = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let li = user(&app, "li", "AGENT").await;
        let token = token_of(&app, "li").await;
        let end = json!({ "name": "short", "role": "AGENT", "expiresAt": "2026-11-20T04:00:03Z" });
        let short = text(&create(&app, &token, end).await["secret"]);
        assert!(viewer(&app, &short).await.is_some());
        app.clock.advance(TimeDelta::seconds(3));
        assert_eq!(viewer(&app, &short).await, None);

        let long = create(&app, &token, json!({ "name": "long", "role": "AGENT" })).await;
        let last = create(&app, &token, json!({ "name": "last", "role": "AGENT" })).await;
        assert!(viewer(&app, &text(&long["secret"])).await.is_some());
        let input = json!({ "id": long["accessToken"]["id"] });
        let ended = done(&app, "revokeAccessToken", "accessToken { revokedAt }", input.clone()).await;
        assert_eq!(ended["accessToken"]["revokedAt"], "2026-11-20T04:00:03Z");
        assert_eq!(viewer(&app, &text(&long["secret"])).await, None);
        app.clock.advance(TimeDelta::seconds(9));
        let again = done(&app, "revokeAccessToken", "accessToken { revokedAt }", input).await;
        assert_eq!(again, ended);

        assert!(viewer(&app, &text(&last["secret"])).await.is_some());
        done(&app, "deactivateUser", "user { isActive }", json!({ "id": li })).await;
        assert_eq!(viewer(&app, &text(&last["secret"])).await, None);
        assert_eq!(viewer(&app, "dg_x").await, None);
    };

    /// Everybody sees and ends their own, an administrator all.
    tokens_are_their_makers = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "AGENT").await;
        user(&app, "wang", "AGENT").await;
        let (li, wang) = (token_of(&app, "li").await, token_of(&app, "wang").await);
        let made = create(&app, &li, json!({ "name": "of li", "role": "AGENT" })).await;
        let id = text(&made["accessToken"]["id"]);
        let query = format!(r#"{{ accessTokens(filter: {{name: {{startsWith: "of"}}}}) {{ totalCount nodes {{ name }} }} node(id: "{id}") {{ id }} }}"#);
        let seen = async |token: &str| {
            let data = app.query_by(token, &query, Value::Null).await.data();
            (data["accessTokens"]["totalCount"].as_i64().unwrap(), data["node"].is_object())
        };
        assert_eq!(seen(&li).await, (1, true));
        assert_eq!(seen(&wang).await, (0, false));
        assert_eq!(seen(&app.token(Role::Admin)).await, (1, true));
        let input = json!({ "id": id });
        let foreign = send(&app, Role::Manager, "revokeAccessToken", "__typename", input.clone()).await.data();
        assert_eq!(problems(&foreign["revokeAccessToken"]["userErrors"]), [at("input.id", "NOT_FOUND")]);
        done(&app, "revokeAccessToken", "accessToken { name }", input).await;
    };
}
