//! What waits for its turn to write while the access of its caller ends.

use dialgraph::{
    domain::viewer::Role,
    store::{
        Lane, Transaction, access_tokens, lock_row, sessions,
        users::{self, Users},
    },
};
use serde_json::{Value, json};

use super::{mutate, token_of, user};
use crate::{
    harness::{Answer, Backend, TestApp},
    on_both,
    writes::done,
};

/// Whether one of people's writes waits for its turn.
fn is_somebody_queued(app: &TestApp) -> bool {
    let lanes = app.database.db.writers();
    lanes
        .iter()
        .any(|lane| lane.lane == Lane::People && lane.waiting > 0)
}

async fn until_somebody_is_queued(app: &TestApp) {
    while !is_somebody_queued(app) {
        tokio::task::yield_now().await;
    }
}

/// All places in which people's writes are done.
async fn all_places(app: &TestApp) -> Vec<Transaction> {
    let mut held = Vec::new();
    loop {
        tokio::select! {
            place = app.database.db.begin_in(Lane::People) => held.push(place.unwrap()),
            () = until_somebody_is_queued(app) => {
                if !held.is_empty() {
                    return held;
                }
            }
        }
    }
}

/// What comes of a mutation that was let in, and waits for its turn while something happens.
async fn meanwhile(
    app: &TestApp,
    mutation: impl Future<Output = Answer>,
    happens: impl AsyncFnOnce(&Transaction),
) -> Answer {
    let mut held = all_places(app).await;
    let happened = async {
        until_somebody_is_queued(app).await;
        let tx = held.pop().unwrap();
        happens(&tx).await;
        tx.commit().await.unwrap();
        for place in held {
            place.commit().await.unwrap();
        }
    };
    let (answer, ()) = tokio::join!(mutation, happened);
    answer
}

/// What ends an access, or changes what it lets do.
#[derive(Debug, Clone, Copy)]
enum End {
    /// The session of the first user is signed out.
    SignOut,
    Password,
    KeptOut,
    Role,
    /// The first access token is revoked.
    Token,
}

impl End {
    async fn happen(self, app: &TestApp, tx: &Transaction) {
        let now = app.now();
        let row = lock_row::<Users>(tx, 1).await.unwrap().unwrap();
        let mut fields = users::fields(&row);
        match self {
            Self::SignOut => sessions::revoke(tx, 1, now).await.unwrap(),
            Self::Password => {
                sessions::revoke_of_user(tx, 1, now).await.unwrap();
                let hash = row.password_hash.clone();
                users::set_password(tx, &row, hash, now).await.unwrap();
            }
            Self::KeptOut => {
                fields.is_active = false;
                users::update(tx, &row, fields, now).await.unwrap();
            }
            Self::Role => {
                fields.role = Role::Analyst;
                users::update(tx, &row, fields, now).await.unwrap();
            }
            Self::Token => {
                let (token, _) = access_tokens::find(tx, 1).await.unwrap().unwrap();
                access_tokens::revoke(tx, &token, now).await.unwrap();
            }
        }
    }
}

/// A service with the user li, a session of theirs and an access token.
async fn world(backend: &Backend) -> (TestApp, String, String) {
    let app = TestApp::new(backend).await;
    user(&app, "li", "ADMIN").await;
    let session = token_of(&app, "li").await;
    let query = r#"mutation { createAccessToken(input: { name: "BI", role: ADMIN }) { secret } }"#;
    let made = app.query_by(&session, query, Value::Null).await.data();
    let secret = made["createAccessToken"]["secret"].as_str().unwrap();
    // Its use is noted once, here.
    app.query_by(secret, "{ __typename }", Value::Null)
        .await
        .data();
    let secret = secret.to_owned();
    (app, session, secret)
}

on_both! {
    /// Whatever is written by a session that has ended when its turn comes is refused, and nothing of it
    /// is there.
    a_session_that_ends_writes_nothing = async |backend: Backend| {
        for (end, code) in [
            (End::SignOut, "UNAUTHENTICATED"),
            (End::Password, "UNAUTHENTICATED"),
            (End::KeptOut, "UNAUTHENTICATED"),
            (End::Role, "FORBIDDEN"),
        ] {
            for (field, input) in [
                ("createPackage", json!({ "name": "A" })),
                ("upsertGrade", json!({ "code": "G", "label": "g" })),
                ("createUser", json!({ "name": "ghost", "role": "ADMIN", "password": "purple elephants dance" })),
                ("createAccessToken", json!({ "name": "ghost", "role": "ANALYST" })),
            ] {
                let (app, session, _) = world(&backend).await;
                let mutation = mutate(&app, &session, field, input);
                let answer = meanwhile(&app, mutation, async |tx| end.happen(&app, tx).await).await;
                assert_eq!(answer.code(), code, "{field} {end:?}");
                let data = app.data("{ packages { totalCount } users { totalCount } accessTokens { totalCount } grades(filter: { code: { eq: \"G\" } }) { totalCount } }").await;
                assert_eq!(data, json!({
                    "packages": { "totalCount": 0 }, "users": { "totalCount": 1 }, "accessTokens": { "totalCount": 1 }, "grades": { "totalCount": 0 },
                }), "{field} {end:?}");
            }
        }
    };

    /// So is what is written by an access token that was revoked or whose maker is kept out; it goes on
    /// when their session ends or their password is changed.
    an_access_token_that_ends_writes_nothing = async |backend: Backend| {
        for (end, code) in [
            (End::Token, Some("UNAUTHENTICATED")),
            (End::KeptOut, Some("UNAUTHENTICATED")),
            (End::Role, Some("FORBIDDEN")),
            (End::SignOut, None),
            (End::Password, None),
        ] {
            let (app, _, token) = world(&backend).await;
            let mutation = mutate(&app, &token, "createPackage", json!({ "name": "A" }));
            let answer = meanwhile(&app, mutation, async |tx| end.happen(&app, tx).await).await;
            let packages = app.data("{ packages { totalCount } }").await["packages"]["totalCount"].clone();
            if let Some(code) = code {
                assert_eq!((answer.code(), packages), (code, json!(0)), "{end:?}");
            } else {
                assert_eq!(answer.data()["createPackage"]["userErrors"], json!([]), "{end:?}");
                assert_eq!(packages, 1);
            }
        }
    };

    /// Who ends their own session or token under another's hands is let in again, and writes.
    who_signs_in_again_writes = async |backend: Backend| {
        let (app, session, _) = world(&backend).await;
        let mutation = mutate(&app, &session, "createPackage", json!({ "name": "A" }));
        let answer = meanwhile(&app, mutation, async |tx| End::SignOut.happen(&app, tx).await).await;
        assert_eq!(answer.code(), "UNAUTHENTICATED");
        let session = token_of(&app, "li").await;
        let answer = mutate(&app, &session, "createPackage", json!({ "name": "A" })).await;
        assert_eq!(answer.data()["createPackage"]["userErrors"], json!([]));
        done(&app, "createPackage", "package { id }", json!({ "name": "B" })).await;
    };
}
