//! What no access token may do, whatever its role: let people or programs in, who would be there when it
//! is not any more.

use dialgraph::domain::viewer::Role;
use serde_json::{Value, json};

use super::{PASSWORD, mutate, sign_in, token_of, user};
use crate::{
    harness::{Backend, TestApp},
    on_both,
    writes::{done, mutations, state},
};

/// The mutations that say who comes in, and what they take.
const REFUSED: [(&str, &str); 6] = [
    ("changePassword", "CHANGE_OWN_PASSWORD"),
    ("createAccessToken", "MAKE_ACCESS_TOKENS"),
    ("createUser", "MANAGE_USERS"),
    ("deactivateUser", "MANAGE_USERS"),
    ("revokeAccessToken", "MAKE_ACCESS_TOKENS"),
    ("updateUser", "MANAGE_USERS"),
];

/// An access token of the user `name`, with all that their role may.
async fn access_token(app: &TestApp, name: &str, role: &str) -> String {
    let session = token_of(app, name).await;
    let query = r#"mutation($role: Role!) { createAccessToken(input: { name: "BI", role: $role }) { secret } }"#;
    let made = app
        .query_by(&session, query, json!({ "role": role }))
        .await
        .data();
    made["createAccessToken"]["secret"]
        .as_str()
        .unwrap()
        .to_owned()
}

on_both! {
    /// Of all mutations of the schema exactly these are refused, for every role's token, with the rule
    /// and with what to use instead; nothing is written.
    an_access_token_lets_nobody_in = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "ADMIN").await;
        let token = access_token(&app, "li", "ADMIN").await;
        // Its use is noted once, here.
        app.query_by(&token, "{ __typename }", Value::Null).await.data();
        let before = state(&app.database.db).await;
        let mut refused = Vec::new();
        for (field, input, _) in mutations() {
            let answer = mutate(&app, &token, field, input).await;
            if answer.body["errors"].is_null() {
                assert_ne!(answer.data()[field]["userErrors"], json!([]), "{field}");
                continue;
            }
            assert_eq!(answer.code(), "FORBIDDEN", "{field}");
            let message = answer.message();
            assert!(message.contains("access token") && message.contains("/api/v1/auth/token"), "{message}");
            let capability = answer.body["errors"][0]["extensions"]["capability"].as_str().unwrap();
            assert!(message.contains(capability), "{message}");
            refused.push((field, capability.to_owned()));
        }
        refused.sort_unstable();
        assert_eq!(refused, REFUSED.map(|(field, capability)| (field, capability.to_owned())));
        assert_eq!(state(&app.database.db).await, before);
        // What they say of themselves agrees.
        let query = "{ viewer { role capabilities } }";
        let of = async |token: &str| app.query_by(token, query, Value::Null).await.data()["viewer"].clone();
        let capabilities = of(&token).await["capabilities"].as_array().unwrap().clone();
        for (_, capability) in REFUSED {
            assert!(!capabilities.contains(&json!(capability)), "{capability}");
            assert!(of(&token_of(&app, "li").await).await["capabilities"].as_array().unwrap().contains(&json!(capability)));
        }
        assert!(capabilities.contains(&json!("READ_USERS")));
    };

    /// Nobody is left behind who comes in when the token does not any more.
    nobody_outlives_a_revoked_token = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let li = user(&app, "li", "ADMIN").await;
        let token = access_token(&app, "li", "ADMIN").await;
        let ghost = json!({ "name": "ghost", "role": "ADMIN", "password": PASSWORD });
        assert_eq!(mutate(&app, &token, "createUser", ghost).await.code(), "FORBIDDEN");
        let other = "another long password";
        for whose in [json!({ "newPassword": other }), json!({ "id": li, "newPassword": other }),
            json!({ "id": li, "currentPassword": PASSWORD, "newPassword": other })] {
            assert_eq!(mutate(&app, &token, "changePassword", whose).await.code(), "FORBIDDEN");
        }
        // By another name, in a fragment, and beside what it may.
        let hidden = format!(
            r#"mutation {{ ...F }} fragment F on Mutation {{
                p: createPackage(input: {{ name: "A" }}) {{ package {{ name }} }}
                p2: createUser(input: {{ name: "ghost", role: ADMIN, password: "{PASSWORD}" }}) {{ user {{ id }} }} }}"#
        );
        let answer = app.query_by(&token, &hidden, Value::Null).await;
        assert_eq!(answer.code(), "FORBIDDEN");
        assert_eq!(answer.body["errors"][0]["path"], json!(["p2"]));
        assert_eq!(sign_in(&app, "ghost", PASSWORD).await.status, 400);
        assert_eq!(sign_in(&app, "li", other).await.status, 400);
        assert_eq!(sign_in(&app, "li", PASSWORD).await.status, 200);
        // The person may, as before.
        let session = token_of(&app, "li").await;
        let wang = json!({ "name": "wang", "role": "AGENT", "password": PASSWORD });
        assert_eq!(mutate(&app, &session, "createUser", wang).await.data()["createUser"]["userErrors"], json!([]));
    };

    /// A program still reads who there is, as far as its role does; one that is no ADMIN's sees no tokens.
    a_program_reads_as_before = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "ADMIN").await;
        let wu = user(&app, "wu", "MANAGER").await;
        let (admin, manager) = (access_token(&app, "li", "ADMIN").await, access_token(&app, "wu", "MANAGER").await);
        let names = async |token: &str, list: &str| {
            let query = format!("{{ {list} {{ totalCount }} }}");
            app.query_by(token, &query, Value::Null).await.body["data"][list]["totalCount"].as_i64()
        };
        assert_eq!((names(&admin, "users").await, names(&admin, "accessTokens").await), (Some(2), Some(2)));
        assert_eq!((names(&manager, "users").await, names(&manager, "accessTokens").await), (None, Some(0)));
        assert_eq!(names(&token_of(&app, "wu").await, "accessTokens").await, Some(1));
        assert_eq!(app.query_by(&manager, "{ users { totalCount } }", Value::Null).await.code(), "FORBIDDEN");
        // An administrator of another service, who is no program, does as before.
        done(&app, "deactivateUser", "user { isActive }", json!({ "id": wu })).await;
        assert_eq!(app.query_as(Role::Admin, "{ users { totalCount } }").await.data()["users"]["totalCount"], 2);
    };
}
