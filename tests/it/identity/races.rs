//! What is under way while somebody's password is changed, or somebody is kept out.

use std::sync::Arc;

use axum::http::StatusCode;
use dialgraph::{
    domain::{hidden::Hidden, viewer::Role},
    entity::session,
    random::SystemEntropy,
    service::passwords::{PasswordCost, Passwords},
    store::{
        Transaction, sessions,
        users::{self, UserRow},
    },
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde_json::{Value, json};

use super::{
    Granted, PASSWORD, held, mutate, refresh, sign_in, token_of, until_somebody_waits, user, viewer,
};
use crate::{
    harness::{Backend, TestApp},
    on_both,
    writes::done,
};

const NEW: &str = "purple elephants dance";

/// A hash of a password.
async fn hash(password: &str) -> Hidden {
    let cost = PasswordCost {
        memory: 8,
        passes: 1,
        at_once: 1,
    };
    let passwords = Passwords::new(cost, Arc::new(SystemEntropy)).unwrap();
    passwords.hash(&password.into()).await.unwrap()
}

/// What is changed of a user while something is under way.
#[derive(Debug, Clone, Copy)]
enum Meanwhile {
    Password,
    KeptOut,
    Role,
    Rehashed,
}

impl Meanwhile {
    async fn happen(self, app: &TestApp, tx: &Transaction, row: &UserRow) {
        let now = app.now();
        let mut fields = users::fields(row);
        match self {
            Self::Password => {
                sessions::revoke_of_user(tx, row.id, now).await.unwrap();
                users::set_password(tx, row, hash(NEW).await, now)
                    .await
                    .unwrap();
            }
            Self::KeptOut => {
                fields.is_active = false;
                sessions::revoke_of_user(tx, row.id, now).await.unwrap();
                users::update(tx, row, fields, now).await.unwrap();
            }
            Self::Role => {
                fields.role = Role::Analyst;
                users::update(tx, row, fields, now).await.unwrap();
            }
            Self::Rehashed => users::renew_hash(tx, row.id, hash(PASSWORD).await)
                .await
                .unwrap(),
        }
    }
}

/// What comes of `work` that is under way when something happens to the first user.
async fn meanwhile<T>(
    app: &Arc<TestApp>,
    happens: Meanwhile,
    work: impl AsyncFnOnce(Arc<TestApp>) -> T,
) -> T {
    let (tx, row) = held(app).await;
    happens.happen(app, &tx, &row).await;
    let happened = async {
        until_somebody_waits(app).await;
        tx.commit().await.unwrap();
    };
    let (came, ()) = tokio::join!(work(app.clone()), happened);
    came
}

async fn open_sessions(app: &TestApp) -> u64 {
    let open = session::Entity::find().filter(session::Column::RevokedAt.is_null());
    open.count(app.database.db.read()).await.unwrap()
}

fn outcome(granted: &Granted) -> Option<&str> {
    granted.body["error"].as_str()
}

on_both! {
    /// A sign-in with the old password that was compared before the change opens nothing after it.
    a_changed_password_ends_sign_ins_under_way = async |backend: Backend| {
        let app = Arc::new(TestApp::new(&backend).await);
        user(&app, "li", "AGENT").await;
        let granted = meanwhile(&app, Meanwhile::Password, async |app| sign_in(&app, "li", PASSWORD).await).await;
        assert_eq!(outcome(&granted), Some("invalid_grant"));
        assert_eq!(open_sessions(&app).await, 0);
        assert_eq!(sign_in(&app, "li", NEW).await.status, StatusCode::OK);
    };

    /// Nor does one of somebody who is kept out, also when they are let in again.
    who_is_kept_out_opens_no_session_meanwhile = async |backend: Backend| {
        let app = Arc::new(TestApp::new(&backend).await);
        let li = user(&app, "li", "AGENT").await;
        let granted = meanwhile(&app, Meanwhile::KeptOut, async |app| sign_in(&app, "li", PASSWORD).await).await;
        assert_eq!(outcome(&granted), Some("invalid_grant"));
        done(&app, "updateUser", "user { id }", json!({ "id": li, "isActive": true })).await;
        assert_eq!(open_sessions(&app).await, 0);
    };

    /// What somebody may do is what they may when the session begins, and a password that is only hashed
    /// anew is the same.
    what_else_changes_meanwhile_counts = async |backend: Backend| {
        let app = Arc::new(TestApp::new(&backend).await);
        user(&app, "li", "AGENT").await;
        let granted = meanwhile(&app, Meanwhile::Rehashed, async |app| sign_in(&app, "li", PASSWORD).await).await;
        assert_eq!(outcome(&granted), None);
        let granted = meanwhile(&app, Meanwhile::Role, async |app| sign_in(&app, "li", PASSWORD).await).await;
        assert_eq!(viewer(&app, &granted.text("access_token")).await.as_deref(), Some("user:1 ANALYST"));
    };

    /// Going on with a session ends with it, whether the token was used before or not.
    sessions_under_way_end = async |backend: Backend| {
        for happens in [Meanwhile::Password, Meanwhile::KeptOut] {
            let app = Arc::new(TestApp::new(&backend).await);
            let li = user(&app, "li", "AGENT").await;
            let unused = sign_in(&app, "li", PASSWORD).await.text("refresh_token");
            let used = sign_in(&app, "li", PASSWORD).await.text("refresh_token");
            refresh(&app, &used).await.text("refresh_token");
            let tokens = [unused.clone(), used.clone()];
            let granted = meanwhile(&app, happens, async move |app| {
                futures_util::future::join_all(tokens.iter().map(|token| refresh(&app, token))).await
            }).await;
            for granted in &granted {
                assert_eq!(outcome(granted), Some("invalid_grant"), "{happens:?}");
            }
            done(&app, "updateUser", "user { id }", json!({ "id": li, "isActive": true })).await;
            assert_eq!(open_sessions(&app).await, 0);
        }
    };

    /// A token that is made while its maker is kept out does not live on when they are let in again; one
    /// of somebody who may do less now does no more than that.
    access_tokens_under_way_end = async |backend: Backend| {
        let app = Arc::new(TestApp::new(&backend).await);
        let li = user(&app, "li", "MANAGER").await;
        let token = token_of(&app, "li").await;
        assert!(viewer(&app, &token).await.is_some());
        let make = |token: String, role: &'static str| async move |app: Arc<TestApp>| {
            let query = format!(r#"mutation {{ createAccessToken(input: {{ name: "x", role: {role} }}) {{ secret userErrors {{ field code }} }} }}"#);
            app.query_by(&token, &query, Value::Null).await.code().to_owned()
        };
        assert_eq!(meanwhile(&app, Meanwhile::Role, make(token.clone(), "MANAGER")).await, "FORBIDDEN");
        assert_eq!(meanwhile(&app, Meanwhile::KeptOut, make(token, "ANALYST")).await, "UNAUTHENTICATED");
        done(&app, "updateUser", "user { id }", json!({ "id": li, "isActive": true })).await;
        assert_eq!(app.data("{ accessTokens { totalCount } }").await["accessTokens"]["totalCount"], 0);
    };

    /// Nothing that changes users or tokens is done for somebody whose password is changed, who is kept
    /// out or may do less when it begins.
    changes_of_users_under_way_are_refused = async |backend: Backend| {
        for (happens, code) in [
            (Meanwhile::Password, "UNAUTHENTICATED"),
            (Meanwhile::KeptOut, "UNAUTHENTICATED"),
            (Meanwhile::Role, "FORBIDDEN"),
        ] {
            let app = Arc::new(TestApp::new(&backend).await);
            let li = user(&app, "li", "ADMIN").await;
            let wang = user(&app, "wang", "ADMIN").await;
            let made = done(&app, "createAccessToken", "accessToken { id }", json!({ "name": "BI", "role": "ANALYST" })).await;
            let bi = made["accessToken"]["id"].clone();
            for (field, input) in [
                ("createUser", json!({ "name": "ghost", "role": "ADMIN", "password": PASSWORD })),
                ("updateUser", json!({ "id": wang, "role": "AGENT" })),
                ("deactivateUser", json!({ "id": wang })),
                ("changePassword", json!({ "id": wang, "newPassword": NEW })),
                ("createAccessToken", json!({ "name": "ghost", "role": "ANALYST" })),
                ("revokeAccessToken", json!({ "id": bi })),
            ] {
                let token = token_of(&app, "li").await;
                let answer = meanwhile(&app, happens, async move |app| mutate(&app, &token, field, input).await).await;
                assert_eq!(answer.code(), code, "{field} {happens:?}");
                done(&app, "updateUser", "user { id }", json!({ "id": li, "role": "ADMIN", "isActive": true })).await;
                done(&app, "changePassword", "user { id }", json!({ "id": li, "newPassword": PASSWORD })).await;
            }
            let data = app.data("{ users { nodes { name role isActive } } accessTokens { nodes { name revokedAt } } }").await;
            assert_eq!(data, json!({
                "users": { "nodes": [
                    { "name": "li", "role": "ADMIN", "isActive": true },
                    { "name": "wang", "role": "ADMIN", "isActive": true },
                ] },
                "accessTokens": { "nodes": [{ "name": "BI", "revokedAt": null }] },
            }));
            assert_eq!(sign_in(&app, "wang", PASSWORD).await.status, StatusCode::OK);
        }
    };

    /// However a change and sign-ins fall together, none with the old password is left.
    no_session_of_the_old_password_is_left = async |backend: Backend| {
        let app = Arc::new(TestApp::new(&backend).await);
        let li = user(&app, "li", "AGENT").await;
        for round in 0..3 {
            let (old, new) = if round % 2 == 0 { (PASSWORD, NEW) } else { (NEW, PASSWORD) };
            let sign_ins = futures_util::future::join_all((0..4).map(|_| sign_in(&app, "li", old)));
            let change = done(&app, "changePassword", "user { id }", json!({ "id": li, "newPassword": new }));
            let (granted, _) = tokio::join!(sign_ins, change);
            for granted in granted.iter().filter(|granted| granted.status == StatusCode::OK) {
                assert_eq!(viewer(&app, &granted.text("access_token")).await, None);
                assert_eq!(outcome(&refresh(&app, &granted.text("refresh_token")).await), Some("invalid_grant"));
            }
            assert_eq!(open_sessions(&app).await, 0);
            app.clock.advance(chrono::TimeDelta::minutes(2));
        }
    };

    /// A password that is hashed anew while it is changed is changed all the same; one that was changed
    /// by somebody else is not.
    changing_a_password_meanwhile = async |backend: Backend| {
        let app = Arc::new(TestApp::new(&backend).await);
        user(&app, "li", "AGENT").await;
        let change = |token: String| async move |app: Arc<TestApp>| {
            let query = "mutation($input: ChangePasswordInput!) { changePassword(input: $input) { userErrors { field code } } }";
            let input = json!({ "currentPassword": PASSWORD, "newPassword": "green giraffes sing" });
            app.query_by(&token, query, json!({ "input": input })).await
        };
        let token = token_of(&app, "li").await;
        assert_eq!(meanwhile(&app, Meanwhile::Password, change(token)).await.code(), "UNAUTHENTICATED");
        let (tx, row) = held(&app).await;
        users::set_password(&tx, &row, hash(PASSWORD).await, app.now()).await.unwrap();
        tx.commit().await.unwrap();
        let token = token_of(&app, "li").await;
        let changed = meanwhile(&app, Meanwhile::Rehashed, change(token)).await;
        assert_eq!(changed.data()["changePassword"]["userErrors"], json!([]));
        assert_eq!(sign_in(&app, "li", "green giraffes sing").await.status, StatusCode::OK);
    };
}
