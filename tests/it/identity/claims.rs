//! What tokens of other services say, and whom they are about: two services may mean two people by one
//! name, and none of them means us.

use dialgraph::{
    auth::{AdminClaim, ClaimRules},
    domain::viewer::Role,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{
    issuer::{Issuer, SigningKey},
    token_of, user, viewer,
};
use crate::{
    harness::{Backend, SECRET, TestApp},
    on_both,
    writes::{at, problems},
};

/// A token with these claims, signed with the shared secret.
pub fn signed(claims: &Value) -> String {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
}

/// What `iss` of the token of an agent says; null for nothing.
fn claims(sub: &str, iss: &Value) -> Value {
    let mut claims = json!({ "sub": sub, "role": "manager", "exp": 1_900_000_000 });
    if !iss.is_null() {
        claims["iss"] = iss.clone();
    }
    claims
}

/// Who a token says that one is: subject, issuer, and the name under which one is recorded.
async fn whom(app: &TestApp, token: &str) -> [Value; 3] {
    let query = "{ viewer { subject issuer actor } }";
    let viewer = app.query_by(token, query, Value::Null).await.data()["viewer"].clone();
    ["subject", "issuer", "actor"].map(|field| viewer[field].clone())
}

/// A package's name, made with an idempotency key.
async fn package(app: &TestApp, token: &str, key: &str, name: &str) -> Value {
    let query = "mutation($input: CreatePackageInput!) { createPackage(input: $input) { package { databaseId } userErrors { code } } }";
    let input = json!({ "name": name, "idempotencyKey": key });
    app.query_by(token, query, json!({ "input": input }))
        .await
        .data()["createPackage"]
        .clone()
}

on_both! {
    /// One subject of several issuers is several people: in what they own, in what is recorded of them,
    /// in what they may repeat, and in what is left to them.
    one_subject_of_two_issuers_is_two_people = async |backend: Backend| {
        let key = SigningKey::new("sso", Algorithm::ES256);
        let issuer = Issuer::new(&[&key]).await;
        let mut app = TestApp::new(&backend).await;
        app.trust(issuer.source());
        let (a, b) = (json!("https://a.example"), json!("https://b.example"));
        let people = [
            (signed(&claims("li", &Value::Null)), Value::Null, "li"),
            (signed(&claims("li", &a)), a.clone(), "jwt:https://a.example#li"),
            (signed(&claims("li", &b)), b, "jwt:https://b.example#li"),
            (key.sign(&key.header(), &claims("li", &Value::Null)), Value::Null, "jwks:#li"),
            (key.sign(&key.header(), &claims("li", &a)), a, "jwks:https://a.example#li"),
        ];
        let create = r#"mutation { createAccessToken(input: { name: "BI", role: ANALYST }) { accessToken { id createdBy } } }"#;
        let mut tokens = Vec::new();
        for (number, (token, iss, actor)) in people.iter().enumerate() {
            assert_eq!(whom(&app, token).await, [json!("li"), iss.clone(), json!(actor)]);
            let made = app.query_by(token, create, Value::Null).await.data()["createAccessToken"]["accessToken"].clone();
            assert_eq!(made["createdBy"], *actor);
            tokens.push(made["id"].clone());
            // The same key is another's.
            let made = package(&app, token, "k", &format!("P{number}")).await;
            assert_eq!((&made["userErrors"], &made["package"]["databaseId"]), (&json!([]), &json!(number + 1)));
        }
        let revoke = "mutation($id: ID!) { revokeAccessToken(input: { id: $id }) { userErrors { field code message } } }";
        for (number, (token, ..)) in people.iter().enumerate() {
            let seen = app.query_by(token, "{ accessTokens { nodes { id } } }", Value::Null).await.data();
            assert_eq!(seen["accessTokens"]["nodes"], json!([{ "id": tokens[number] }]));
            let other = json!({ "id": tokens[(number + 1) % tokens.len()] });
            let refused = app.query_by(token, revoke, other).await.data()["revokeAccessToken"].clone();
            assert_eq!(problems(&refused["userErrors"]), [at("input.id", "NOT_FOUND")]);
        }
        let query = r#"{ auditLog(filter: { operation: { eq: "createPackage" } }, orderBy: [{ field: ID }]) { nodes { actor } } }"#;
        let recorded = app.data(query).await["auditLog"]["nodes"].clone();
        assert_eq!(recorded, json!(people.each_ref().map(|(_, _, actor)| json!({ "actor": actor }))));
    };

    /// What one of two people of one name has spent the other has still.
    two_people_of_one_name_have_two_budgets = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let of = |iss: Value| {
            let mut claims = claims("li", &iss);
            claims["role"] = json!("analyst");
            signed(&claims)
        };
        let (a, b) = (of(json!("https://a.example")), of(json!("https://b.example")));
        let look_up = r#"{ calls(filter: {phoneNumber: {eq: "13800138000"}}) { totalCount } }"#;
        for _ in 0..60 {
            app.query_by(&a, look_up, Value::Null).await.data();
        }
        assert_eq!(app.query_by(&a, look_up, Value::Null).await.code(), "RATE_LIMITED");
        for other in [b, of(Value::Null)] {
            app.query_by(&other, look_up, Value::Null).await.data();
        }
        // A program of the first spends what is the first one's.
        let create = r#"mutation { createAccessToken(input: { name: "BI", role: ANALYST }) { secret } }"#;
        let made = app.query_by(&a, create, Value::Null).await.data()["createAccessToken"]["secret"].clone();
        assert_eq!(app.query_by(made.as_str().unwrap(), look_up, Value::Null).await.code(), "RATE_LIMITED");
    };

    /// Whoever another service calls as this one calls itself is not this one, nor looks like it.
    nobody_is_us_by_name = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for (number, sub) in ["cli", "anonymous", "CLI", " cli", "cli\u{200b}", "ｃｌｉ", "Anonymous", "jwt:https://a#li", "jwks:#li"].into_iter().enumerate() {
            let token = signed(&claims(sub, &Value::Null));
            let actor = format!("jwt:#{sub}");
            assert_eq!(whom(&app, &token).await, [json!(sub), Value::Null, json!(actor)]);
            package(&app, &token, "k", &format!("P{number}")).await;
            let query = "query($actor: String!) { auditLog(filter: { actor: { eq: $actor } }) { totalCount } }";
            let count = async |actor: &str| {
                let asked = app.query_with(Role::Admin, query, json!({ "actor": actor })).await;
                asked.data()["auditLog"]["totalCount"].clone()
            };
            assert_eq!((count(&actor).await, count(sub).await), (json!(1), json!(0)), "{sub}");
        }
        for sub in ["user:1", "token:1", "user:x"] {
            assert_eq!(viewer(&app, &signed(&claims(sub, &Value::Null))).await, None);
            assert_eq!(viewer(&app, &signed(&claims(sub, &json!("https://a")))).await, None);
        }
    };

    /// Where words are configured, another service's admins are none here; what this service signs
    /// itself goes on.
    our_words_mean_nothing_where_others_are_configured = async |backend: Backend| {
        let words = vec![("supervisor".to_owned(), Role::Manager), ("analyst".to_owned(), Role::Agent)];
        let rules = |admin: AdminClaim| ClaimRules { admin, words: words.clone(), ..ClaimRules::default() };
        let app = TestApp::with_rules(&backend, rules(AdminClaim::Legacy)).await;
        let who = async |app: &TestApp, mut claims: Value| {
            claims["sub"] = json!("li");
            claims["exp"] = json!(1_900_000_000);
            viewer(app, &signed(&claims)).await
        };
        for (claims, expected) in [
            (json!({ "role": "admin" }), None),
            (json!({ "role": "ADMIN" }), None),
            (json!({ "roles": ["manager", "agent"] }), None),
            (json!({ "is_admin": true }), None),
            (json!({ "role": "Supervisor", "is_admin": true }), Some("li MANAGER")),
            (json!({ "roles": ["admin", "analyst"] }), Some("li AGENT")),
        ] {
            assert_eq!(who(&app, claims.clone()).await.as_deref(), expected, "{claims}");
        }
        user(&app, "wu", "ANALYST").await;
        assert_eq!(viewer(&app, &token_of(&app, "wu").await).await.as_deref(), Some("user:1 ANALYST"));
        let named = TestApp::with_rules(&backend, rules(AdminClaim::Named("is_admin".to_owned()))).await;
        assert_eq!(who(&named, json!({ "is_admin": true })).await.as_deref(), Some("li ADMIN"));
        let usual = TestApp::new(&backend).await;
        assert_eq!(who(&usual, json!({ "is_admin": true })).await.as_deref(), Some("li ADMIN"));
    };
}
