//! Access tokens of callers whom another service knows: nobody tells this one when they may not come in
//! any more, so their tokens end by themselves.

use chrono::{DateTime, TimeDelta, Utc};
use dialgraph::{
    domain::viewer::{Role, Viewer},
    entity::access_token,
    store::schema,
};
use sea_orm::{ConnectionTrait as _, EntityTrait as _, QueryOrder as _};
use serde_json::{Value, json};

use super::{claims::signed, token_of, user, viewer};
use crate::{
    harness::{Backend, TestApp, TestDatabase, down_to},
    on_both,
    writes::{at, problems},
};

const CREATE: &str =
    "mutation($input: CreateAccessTokenInput!) { createAccessToken(input: $input) {
    secret accessToken { createdBy expiresAt } userErrors { field code message } } }";

async fn create(app: &TestApp, token: &str, expires_at: Value) -> Value {
    let mut input = json!({ "name": "BI", "role": "ANALYST" });
    if expires_at != json!("left out") {
        input["expiresAt"] = expires_at;
    }
    let asked = app.query_by(token, CREATE, json!({ "input": input })).await;
    asked.data()["createAccessToken"].clone()
}

on_both! {
    /// Whoever is no user here gets the longest life where nothing is said, and no longer one.
    tokens_of_foreign_makers_end = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let exp = json!(app.now().timestamp() + 1);
        let makers = [
            app.token(Role::Admin),
            signed(&json!({ "sub": "li", "role": "admin", "exp": exp })),
            signed(&json!({ "sub": "li", "role": "analyst", "iss": "https://sso", "exp": exp })),
        ];
        for maker in &makers {
            for nothing in [json!("left out"), Value::Null] {
                let made = create(&app, maker, nothing).await;
                assert_eq!(made["userErrors"], json!([]));
                assert_eq!(made["accessToken"]["expiresAt"], "2026-12-20T04:00:00Z");
            }
            let made = create(&app, maker, json!("2026-12-20T04:00:00Z")).await;
            assert_eq!(made["accessToken"]["expiresAt"], "2026-12-20T04:00:00Z");
            let made = create(&app, maker, json!("2026-11-21T00:00:00Z")).await;
            assert_eq!(made["accessToken"]["expiresAt"], "2026-11-21T00:00:00Z");
            for late in ["2026-12-20T04:00:01Z", "2027-11-20T00:00:00Z", "9999-12-31T23:59:59Z"] {
                let refused = create(&app, maker, json!(late)).await;
                assert_eq!(problems(&refused["userErrors"]), [at("input.expiresAt", "OUT_OF_RANGE")]);
                let message = refused["userErrors"][0]["message"].as_str().unwrap();
                assert!(message.contains("30 days") && message.contains("2026-12-20T04:00:00Z"), "{message}");
            }
        }
        let secret = create(&app, &makers[0], Value::Null).await["secret"].as_str().unwrap().to_owned();
        app.clock.advance(TimeDelta::days(30) - TimeDelta::seconds(1));
        assert!(viewer(&app, &secret).await.is_some());
        app.clock.advance(TimeDelta::seconds(1));
        assert_eq!(viewer(&app, &secret).await, None);
    };

    /// A user's tokens end with the user, and need no end of their own.
    tokens_of_users_end_with_them = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "ANALYST").await;
        let li = token_of(&app, "li").await;
        for (said, expected) in [
            (json!("left out"), Value::Null),
            (Value::Null, Value::Null),
            (json!("2036-11-20T00:00:00Z"), json!("2036-11-20T00:00:00Z")),
        ] {
            assert_eq!(create(&app, &li, said).await["accessToken"]["expiresAt"], expected);
        }
    };

    /// Those that an older version made without an end, or with a late one, end a month after the
    /// migration; others stay as they are.
    older_tokens_end_a_month_after_the_migration = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &database.db;
        down_to(db, "m20261130_040101_end_tokens_of_others").await;
        let user = "INSERT INTO users (id, name, name_key, password_hash, role, is_active, created_at, updated_at)
            VALUES (1, 'li', 'li', 'x', 'ADMIN', TRUE, '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00')";
        db.write().execute_unprepared(user).await.unwrap();
        for (id, maker, user, expires, revoked) in [
            (1, "li", "NULL", "NULL", "NULL"),
            (2, "cli", "NULL", "'2999-01-01T00:00:00+00:00'", "NULL"),
            (3, "li", "NULL", "'2020-01-01T00:00:00+00:00'", "NULL"),
            (4, "user:1", "1", "NULL", "NULL"),
            (5, "Anonymous", "NULL", "NULL", "'2020-01-01T00:00:00+00:00'"),
            (6, "client", "NULL", "NULL", "NULL"),
            (7, "jwt:https://sso#li", "NULL", "NULL", "NULL"),
        ] {
            let row = format!(
                "INSERT INTO access_tokens (id, name, role, token_hash, created_by, user_id, created_at, expires_at, revoked_at)
                 VALUES ({id}, 'BI', 'ANALYST', 'hash {id}', '{maker}', {user}, '2020-01-01T00:00:00+00:00', {expires}, {revoked})"
            );
            db.write().execute_unprepared(&row).await.unwrap();
        }
        schema::up(db, None).await.unwrap();
        let find = access_token::Entity::find().order_by_asc(access_token::Column::Id);
        let rows = find.all(db.read()).await.unwrap();
        #[expect(clippy::disallowed_methods, reason = "migrations take the time from the database")]
        let month = Utc::now() + TimeDelta::days(30);
        let is_capped = |end: Option<DateTime<Utc>>| end.is_some_and(|end| (month - end).abs() < TimeDelta::hours(1));
        let seen: Vec<_> = rows.iter().map(|row| (row.created_by.as_str(), is_capped(row.expires_at))).collect();
        assert_eq!(seen, [("li", true), ("jwt:#cli", true), ("li", false), ("user:1", false),
            ("jwt:#Anonymous", false), ("client", true), ("jwt:#jwt:https://sso#li", true)]);
        assert_eq!((rows[2].expires_at, rows[3].expires_at), (Some("2020-01-01T00:00:00Z".parse().unwrap()), None));
        assert_eq!(rows[4].expires_at, None);
        // What the program writes for the same maker is the same.
        assert_eq!(Viewer::named("jwt:https://sso#li", Role::Agent).principal.to_string(), rows[6].created_by);
        down_to(db, "m20261130_040102_keep_own_names").await;
        let rows = access_token::Entity::find().order_by_asc(access_token::Column::Id).all(db.read()).await.unwrap();
        let makers: Vec<_> = rows.iter().map(|row| row.created_by.as_str()).collect();
        assert_eq!(makers, ["li", "cli", "li", "user:1", "Anonymous", "client", "jwt:https://sso#li"]);
    };
}
