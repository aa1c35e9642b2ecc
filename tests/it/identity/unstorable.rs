//! Texts that no database holds, wherever they come in: U+0000, half an emoji, bytes that are no text.

use apollo_compiler::{
    Schema,
    ast::{FieldDefinition, InputValueDefinition, Type},
    schema::ExtendedType,
};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request, StatusCode, header},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use dialgraph::{
    domain::{sync::SyncTrack, viewer::Role},
    http::HttpOptions,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use std::net::SocketAddr;

use super::{PASSWORD, post, sign_in, user, viewer};
use crate::{
    harness::{Backend, SECRET, TestApp, answer},
    on_both,
    writes::done,
};

const TOKEN: &str = "/api/v1/auth/token";
const REVOKE: &str = "/api/v1/auth/revoke";
const HERE: &str = "192.0.2.1";

/// A token that another service minted.
fn minted(claims: &Value) -> String {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
}

/// A body without entries that say that it is our fault.
fn assert_our_fault_nowhere(asked: &str, body: &Value) {
    let errors = body["errors"].as_array().cloned().unwrap_or_default();
    for error in errors {
        assert_ne!(error["extensions"]["code"], "INTERNAL", "{asked}: {error}");
    }
}

/// Whether a type is written as a text.
fn is_text(ty: &Type) -> bool {
    matches!(ty.inner_named_type().as_str(), "String" | "ID")
}

/// A value of a type, with no more in it than there has to be.
fn plain(schema: &Schema, ty: &Type) -> Value {
    if ty.is_list() {
        return json!([plain(schema, ty.item_type())]);
    }
    match ty.inner_named_type().as_str() {
        "Int" | "Float" => json!(1),
        "Boolean" => json!(true),
        "Decimal" => json!("1"),
        "JSON" => json!({}),
        "Date" => json!("2026-11-19"),
        "DateTime" => json!("2026-11-19T02:00:00Z"),
        name => match &schema.types[name] {
            ExtendedType::Enum(words) => json!(words.values.keys().next().unwrap().as_str()),
            ExtendedType::InputObject(fields) => {
                let required = fields.fields.values().filter(|field| field.is_required());
                let values =
                    required.map(|field| (field.name.to_string(), plain(schema, &field.ty)));
                values.collect()
            }
            _ => json!("a1"),
        },
    }
}

/// Values of a type, each with U+0000 in another of its texts.
fn with_nul(schema: &Schema, ty: &Type) -> Vec<Value> {
    fn within(schema: &Schema, ty: &Type, depth: usize) -> Vec<Value> {
        if ty.is_list() {
            let values = within(schema, ty.item_type(), depth).into_iter();
            return values.map(|value| json!([value])).collect();
        }
        if is_text(ty) {
            return vec![json!("a\0b")];
        }
        let Some(ExtendedType::InputObject(fields)) = schema.types.get(ty.inner_named_type())
        else {
            return Vec::new();
        };
        if depth == 0 {
            return Vec::new();
        }
        let mut values = Vec::new();
        for (name, field) in &fields.fields {
            for text in within(schema, &field.ty, depth - 1) {
                let mut value = plain(schema, ty);
                value[name.as_str()] = text;
                values.push(value);
            }
        }
        values
    }
    // An input and its fields, or a filter and the operators of its fields.
    within(schema, ty, 2)
}

/// Asks with `given` for an argument: whatever is answered, it is not our fault.
async fn ask(
    app: &TestApp,
    schema: &Schema,
    kind: &str,
    name: &str,
    field: &FieldDefinition,
    argument: &InputValueDefinition,
    given: Value,
) {
    let mut declared = vec![format!("${}: {}", argument.name, argument.ty)];
    let mut passed = vec![format!("{0}: ${0}", argument.name)];
    let mut variables = json!({ (argument.name.as_str()): given.clone() });
    for other in field
        .arguments
        .iter()
        .filter(|other| other.is_required() && other.name != argument.name)
    {
        declared.push(format!("${}: {}", other.name, other.ty));
        passed.push(format!("{0}: ${0}", other.name));
        variables[other.name.as_str()] = plain(schema, &other.ty);
    }
    let is_leaf = matches!(
        schema.types[field.ty.inner_named_type()],
        ExtendedType::Scalar(_) | ExtendedType::Enum(_)
    );
    let selection = if is_leaf { "" } else { "{ __typename }" };
    let document = format!(
        "{kind}({}) {{ {name}({}) {selection} }}",
        declared.join(", "),
        passed.join(", ")
    );
    let answer = app.query_with(Role::Admin, &document, variables).await;
    for error in answer.body["errors"].as_array().into_iter().flatten() {
        assert_ne!(
            error["extensions"]["code"], "INTERNAL",
            "{document} {given}: {error}"
        );
        assert!(
            !error["path"].is_null(),
            "this test asks wrongly: {document} {given}: {error}"
        );
    }
}

on_both! {
    /// The endpoints of OAuth take texts, and say so.
    forms_are_texts = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "AGENT").await;
        let password = PASSWORD.replace(' ', "+");
        for (name, value) in [
            ("username", "a%00b"), ("username", "%00"), ("username", "li%00"), ("username", "li%ff"), ("username", "%ed%a0%80"),
            ("password", "a%00b"), ("password", "%c3%28"), ("grant_type", "password%00"), ("client_id", "%00"), ("scope", "%f5%80%80%80"),
        ] {
            let mut form = vec![("grant_type", "password"), ("username", "li"), ("password", password.as_str())];
            form.retain(|(known, _)| *known != name);
            form.push((name, value));
            let refused = post(&app, TOKEN, &form, HERE).await;
            assert_eq!((refused.status, refused.text("error").as_str()), (StatusCode::BAD_REQUEST, "invalid_request"), "{name}={value}");
        }
        for value in ["dgr_%00", "%00", "%ff%fe"] {
            let form = [("grant_type", "refresh_token"), ("refresh_token", value)];
            assert_eq!(post(&app, TOKEN, &form, HERE).await.text("error"), "invalid_request");
            assert_eq!(post(&app, REVOKE, &[("token", value)], HERE).await.text("error"), "invalid_request");
        }
        // Other invisible characters are dropped from a name, as they are everywhere.
        assert_eq!(sign_in(&app, "l%1bi%e2%80%8b", PASSWORD).await.status, StatusCode::OK);
        assert_eq!(sign_in(&app, "%ef%bf%bd", PASSWORD).await.text("error"), "invalid_grant");
    };

    /// Whoever is named by what cannot be stored is nobody; claims that are null are missing.
    claims_are_texts = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let claims = |change: Value| {
            let mut claims = json!({ "sub": "li", "role": "admin", "exp": 1_900_000_000 });
            for (name, value) in change.as_object().unwrap() {
                claims[name] = value.clone();
            }
            minted(&claims)
        };
        for sub in ["a\0b", "\0", "li\u{1f}", "l\ni"] {
            assert_eq!(viewer(&app, &claims(json!({ "sub": sub }))).await, None, "{sub:?}");
        }
        for fine in [
            json!({ "nbf": null, "iat": null }),
            json!({ "nbf": null, "iat": 1_700_000_000, "sid": null }),
            json!({ "email": "li@x\0", "name": "a\0b", "groups": ["\0"] }),
            json!({ "email": null, "is_admin": null, "aud": null, "iss": null }),
        ] {
            let token = claims(fine.clone());
            assert_eq!(viewer(&app, &token).await.as_deref(), Some("li ADMIN"), "{fine}");
            let made = r#"mutation { createPackage(input: { name: "A" }) { userErrors { code } } }"#;
            assert_our_fault_nowhere("createPackage", &app.query_by(&token, made, Value::Null).await.body);
        }
        for bad in [json!({ "exp": null }), json!({ "sub": null }), json!({ "nbf": "soon" }), json!({ "iat": [] })] {
            assert_eq!(viewer(&app, &claims(bad.clone())).await, None, "{bad}");
        }
    };

    /// Headers name requests and clients in the audit log.
    headers_are_texts = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for (name, value) in [
            ("x-request-id", &b"\xff\xfe"[..]), ("x-request-id", b"\xe4\xb8\xad"), ("x-request-id", b"a\tb"),
            ("user-agent", b"\xff"), ("x-forwarded-for", b"\xff, 10.0.0.9"), ("origin", b"\xc3\x28"),
        ] {
            let change = r#"mutation { createAccessToken(input: { name: "BI", role: ANALYST, expiresAt: "2026-11-21T00:00:00Z" }) { userErrors { code } } }"#;
            let mut request = Request::builder()
                .method(Method::POST)
                .uri("/graphql")
                .header(header::AUTHORIZATION, format!("Bearer {}", app.token(Role::Admin)))
                .header(header::CONTENT_TYPE, "application/json")
                .header(name, value)
                .body(Body::from(json!({ "query": change }).to_string()))
                .unwrap();
            let from: SocketAddr = "192.0.2.1:40000".parse().unwrap();
            request.extensions_mut().insert(ConnectInfo(from));
            let made = answer(app.send(request).await).await;
            assert_eq!(made.data()["createAccessToken"]["userErrors"], json!([]), "{name}");
        }
    };

    /// No text of any filter is our fault, nor is any other text that a query takes.
    queries_take_texts = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let schema = Schema::parse(dialgraph::graphql::sdl(), "schema.graphql").unwrap();
        let mut asked = 0;
        let query = schema.get_object("Query").unwrap();
        for (name, field) in &query.fields {
            for argument in &field.arguments {
                for given in with_nul(&schema, &argument.ty) {
                    asked += 1;
                    ask(&app, &schema, "query", name, field, argument, given).await;
                }
            }
        }
        assert!(asked > 200, "{asked}");
        // Half an emoji is no JSON text.
        let half = r#"{"query": "query($t: String!) { users(filter: {name: {eq: $t}}) { totalCount } }", "variables": {"t": "\ud83d"}}"#;
        let request = Request::post("/graphql")
            .header(header::AUTHORIZATION, format!("Bearer {}", app.token(Role::Admin)))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(half))
            .unwrap();
        assert_eq!(app.send(request).await.status(), StatusCode::BAD_REQUEST);
    };

    /// Nor is any text of a mutation: it is a problem of its own field, or taken without what nobody sees.
    mutations_take_texts = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let schema = Schema::parse(dialgraph::graphql::sdl(), "schema.graphql").unwrap();
        let mut asked = 0;
        let mutation = schema.get_object("Mutation").unwrap();
        for (name, field) in &mutation.fields {
            let argument = field.argument_by_name("input").unwrap();
            for given in with_nul(&schema, &argument.ty) {
                asked += 1;
                ask(&app, &schema, "mutation", name, field, argument, given).await;
            }
        }
        assert!(asked > 60, "{asked}");
    };

    /// A cursor is made by anybody who has seen one.
    cursors_are_texts = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for name in ["A", "B"] {
            done(&app, "createPackage", "package { id }", json!({ "name": name })).await;
        }
        let list = |after: &str| format!(r#"{{ packages(first: 1, after: "{after}", orderBy: [{{field: NAME}}]) {{ edges {{ cursor }} }} }}"#);
        let first = app.data(r#"{ packages(first: 1, orderBy: [{field: NAME}]) { edges { cursor } } }"#).await;
        let cursor = first["packages"]["edges"][0]["cursor"].as_str().unwrap().to_owned();
        if let Some(json) = URL_SAFE_NO_PAD.decode(&cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
            let forged = URL_SAFE_NO_PAD.encode(json.replace(r#""A""#, r#""A\u0000""#));
            assert_ne!(forged, cursor);
            assert_eq!(app.query(&list(&forged)).await.code(), "BAD_USER_INPUT");
        }
        assert_eq!(app.query(&list("%00")).await.code(), "BAD_USER_INPUT");
        assert!(app.query(&list(&cursor)).await.body["errors"].is_null());
    };

    /// What the platform pushes and lists is read without what no database holds.
    what_the_platform_says_is_stored = async |backend: Backend| {
        let options = HttpOptions { webhook_secret: Some("sixteen characters".into()), ..HttpOptions::default() };
        let app = TestApp::with_options(&backend, options).await;
        let push = async |kind: &str, content_type: &str, body: Vec<u8>| {
            let request = Request::post(format!("/webhooks/guanke/{kind}"))
                .header("X-Webhook-Secret", "sixteen characters")
                .header(header::CONTENT_TYPE, content_type)
                .body(Body::from(body))
                .unwrap();
            app.send(request).await.status()
        };
        let record = r#"{"cdr_id": "7\u0000", "call_time": "2026-11-19 10:00:00", "city": "杭\u0000州\ud83d", "intention": "9元\u0000", "notes": "a\u0000\udc00b"}"#;
        assert_eq!(push("cdr", "application/json", record.into()).await, StatusCode::OK);
        assert_eq!(push("cdr", "application/x-www-form-urlencoded", b"cdr_id=8%00&city=%ba%bc%00&notes=%00".to_vec()).await, StatusCode::OK);
        assert_eq!(push("form", "application/json", r#"{"cdr_id": "9", "ext": {"a\u0000": "b\u0000", "\ud83d": "c"}}"#.into()).await, StatusCode::OK);
        let notes = "说\0了\u{fffd}";
        let id = app.platform.edit_notes("2026-11-19".parse().unwrap(), 3, notes);
        app.synced(SyncTrack::CallRecords, "2026-11-19", "2026-11-19").await;
        let query = format!(r#"{{ calls(filter: {{ externalId: {{ eq: "{id}" }} }}) {{ nodes {{ notes }} }} }}"#);
        assert_eq!(app.data(&query).await["calls"]["nodes"][0]["notes"], "说了\u{fffd}");
    };
}
