//! Over HTTP: who is let in, what is answered to what, and what is never told.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use dialgraph::{domain::viewer::Role, graphql::Limits};
use sea_orm::ConnectionTrait as _;
use serde_json::json;

use crate::{
    harness::{Backend, TestApp, answer, call, ingest},
    on_both,
};

fn get(uri: &str) -> axum::http::request::Builder {
    Request::builder().method(Method::GET).uri(uri)
}

on_both! {
    /// Without a valid token there is no GraphQL, and the answer says how to come by it.
    a_token_is_needed = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let post = |token: Option<&str>| {
            let request = Request::builder()
                .method(Method::POST)
                .uri("/graphql")
                .header(header::CONTENT_TYPE, "application/json");
            let request = match token {
                Some(token) => request.header(header::AUTHORIZATION, token),
                None => request,
            };
            request.body(Body::from(r#"{"query": "{ __typename }"}"#)).unwrap()
        };
        let token = app.token(Role::Analyst);
        for refused in [None, Some("Basic eDp5"), Some("Bearer x.y.z"), Some(&format!("Bearer {token}x")), Some(&token)] {
            let response = app.send(post(refused)).await;
            assert_eq!(response.headers()[header::WWW_AUTHENTICATE], r#"Bearer realm="dialgraph""#);
            let answer = answer(response).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
            assert_eq!(answer.code(), "UNAUTHENTICATED");
        }
        for scheme in ["Bearer", "bearer", "BEARER"] {
            let answer = answer(app.send(post(Some(&format!("{scheme} {token}")))).await).await;
            assert_eq!(answer.data(), json!({ "__typename": "Query" }));
        }
        app.clock.advance(chrono::TimeDelta::hours(2));
        let expired = answer(app.send(post(Some(&format!("Bearer {token}")))).await).await;
        assert_eq!(expired.message(), "the token has expired");
    };

    /// Health needs no token; readiness knows the database's schema.
    health_is_open_to_all = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for path in ["/healthz", "/readyz", "/api/health"] {
            let answer = answer(app.send(get(path).body(Body::empty()).unwrap()).await).await;
            assert_eq!((answer.status, &answer.body["status"]), (StatusCode::OK, &json!("ok")), "{path}");
        }
        dialgraph::store::schema::down(&app.database.db, Some(1)).await.unwrap();
        let unready = answer(app.send(get("/readyz").body(Body::empty()).unwrap()).await).await;
        assert_eq!(unready.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(unready.body["database"].as_str().unwrap().contains("migrate up"));
        let alive = answer(app.send(get("/healthz").body(Body::empty()).unwrap()).await).await;
        assert_eq!(alive.status, StatusCode::OK);
    };

    /// The start page leads to GraphiQL, which needs no token to be shown.
    the_start_page_leads_to_graphiql = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let response = app.send(get("/").body(Body::empty()).unwrap()).await;
        assert_eq!(response.headers()[header::LOCATION], "/graphiql");
        let page = answer(app.send(get("/graphiql").body(Body::empty()).unwrap()).await).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.as_str().unwrap().contains("GraphiQL"));
    };

    /// Queries can be asked with GET; changes cannot.
    a_link_changes_nothing = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let token = format!("Bearer {}", app.token(Role::Admin));
        let ask = |query: &str| {
            let uri = format!("/graphql?query={query}");
            get(&uri).header(header::AUTHORIZATION, &token).body(Body::empty()).unwrap()
        };
        let read = answer(app.send(ask("%7B__typename%7D")).await).await;
        assert_eq!(read.data(), json!({ "__typename": "Query" }));
        let change = "mutation%7BrefreshStats(input:%7Bdate:%222026-11-19%22%7D)%7Bruns%7Bjoined%7D%7D%7D";
        let response = app.send(ask(change)).await;
        assert_eq!(response.headers()[header::ALLOW], "POST");
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(app.data("{ syncRuns { nodes { id } } }").await["syncRuns"]["nodes"], json!([]));
        // A subscription is refused as in a POST.
        let subscription = answer(app.send(ask("subscription%7BstatsUpdated%7Bdate%7D%7D")).await).await;
        assert_eq!((subscription.status, subscription.code()), (StatusCode::OK, "BAD_USER_INPUT"));
        assert!(subscription.message().starts_with("subscriptions go over a WebSocket at /graphql/ws"), "{}", subscription.body);
    };

    /// Bodies that are no GraphQL request are refused with a reason.
    malformed_requests_say_what_is_wanted = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let token = format!("Bearer {}", app.token(Role::Admin));
        let post = |media_type: &str, body: String| {
            Request::builder()
                .method(Method::POST)
                .uri("/graphql")
                .header(header::AUTHORIZATION, &token)
                .header(header::CONTENT_TYPE, media_type)
                .body(Body::from(body))
                .unwrap()
        };
        let json_body = answer(app.send(post("application/json", "{".to_owned())).await).await;
        assert_eq!((json_body.status, json_body.code()), (StatusCode::BAD_REQUEST, "BAD_USER_INPUT"));
        let text = answer(app.send(post("text/plain", "{}".to_owned())).await).await;
        assert_eq!(text.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let empty = answer(app.send(post("application/json", "{}".to_owned())).await).await;
        assert_eq!(empty.message(), "the request has no `query`");
        let long = answer(app.send(post("application/json", "x".repeat(16 * 1024 * 1024 + 1))).await).await;
        assert_eq!(long.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(long.message().contains("16777216 bytes"), "{}", long.message());
        let unknown = app.query("{ nothing }").await;
        assert_eq!(unknown.code(), "BAD_USER_INPUT");
    };

    /// Analysts see figures and rows, but no phone numbers.
    phone_numbers_are_masked_for_analysts = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        ingest(&app.database.db, vec![call("1", "2026-11-19T01:00:00Z")]).await;
        for (role, number) in [
            (Role::Admin, "13812348000"),
            (Role::Manager, "13812348000"),
            (Role::Agent, "13812348000"),
            (Role::Analyst, "138****8000"),
        ] {
            let data = app.query_as(role, "{ calls { nodes { phoneNumber } } }").await.data();
            assert_eq!(data["calls"]["nodes"], json!([{ "phoneNumber": number }]), "{role}");
        }
    };

    /// When the database fails, the client learns where to look in the log, and nothing else.
    the_databases_words_never_leave_the_process = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.database.db.write().execute_unprepared("DROP TABLE call_tags").await.unwrap();
        let answer = app.query("{ callTags { nodes { tagName } } }").await;
        assert_eq!(answer.code(), "INTERNAL");
        let text = answer.body.to_string();
        for word in ["call_tags", "SELECT", "no such table", "relation"] {
            assert!(!text.contains(word), "{text}");
        }
        assert!(answer.body["errors"][0]["extensions"]["requestId"].is_string(), "{text}");
    };

    /// A query that could fetch millions of rows is refused before it fetches any.
    a_query_that_fetches_too_much_is_refused = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.statements();
        let query = "{ packages(first: 200) { nodes { tasks(first: 200) { nodes { calls(first: 200) { nodes { id } } } } } } }";
        assert_eq!(app.query(query).await.code(), "QUERY_TOO_COMPLEX");
        let deep = format!("{{ calls {{ nodes {{ {} id {} }} }} }}", "task { calls { nodes { ".repeat(8), "} } }".repeat(8));
        assert_eq!(app.query(&deep).await.code(), "QUERY_TOO_COMPLEX");
        assert_eq!(app.statements(), [""; 0]);
    };

    /// Texts that would take more stack or time than there is are refused before they are read.
    texts_that_could_bring_the_service_down_are_refused = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let nested = format!("{{ calls(filter: {}{}) {{ nodes {{ id }} }} }}", "{not: ".repeat(3_000), "}".repeat(3_000));
        assert_eq!(app.query(&nested).await.code(), "QUERY_TOO_COMPLEX");
        let lists = format!("{{ calls(filter: {}{}) {{ nodes {{ id }} }} }}", "[".repeat(3_000), "]".repeat(3_000));
        assert_eq!(app.query(&lists).await.code(), "QUERY_TOO_COMPLEX");
        let mut fragments = vec!["{ ...F0 } fragment F40 on Query { calls { totalCount } }".to_owned()];
        fragments.extend((0..40).map(|n| format!("fragment F{n} on Query {{ ...F{0} ...F{0} }}", n + 1)));
        assert_eq!(app.query(&fragments.join(" ")).await.code(), "QUERY_TOO_COMPLEX");
        let wide = vec!["{}"; 9_000].join(",");
        assert_eq!(app.query(&format!("{{ calls(filter: {{and: [{wide}]}}) {{ nodes {{ id }} }} }}")).await.code(), "QUERY_TOO_COMPLEX");
    };

    /// Many fields at once take long, but end, and nobody else waits for them.
    many_root_fields_end = async |backend: Backend| {
        let mut app = TestApp::new(&backend).await;
        app.limit(Limits { roots: 500, aliases: 500, ..Limits::default() });
        ingest(&app.database.db, vec![call("1", "2026-11-19T01:00:00Z")]).await;
        let fields: Vec<_> = (0..500).map(|n| format!("a{n}: calls(first: 1) {{ totalCount(atMost: 5) nodes {{ id }} }}")).collect();
        let query = format!("{{ {} }}", fields.join(" "));
        let answer = tokio::time::timeout(std::time::Duration::from_mins(2), app.query(&query)).await;
        assert_eq!(answer.expect("it ends").data()["a499"]["totalCount"], 1);
    };

    /// Fields come in the order of the query, whichever of them took longest.
    answers_are_in_the_order_of_the_query = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        ingest(&app.database.db, vec![call("1", "2026-11-19T01:00:00Z")]).await;
        let query = "{ tasks { nodes { id } } calls { nodes { tags { tagName } grade task { id } externalId } } t: __typename }";
        let request = Request::builder()
            .method(Method::POST)
            .uri("/graphql")
            .header(header::AUTHORIZATION, format!("Bearer {}", app.token(Role::Admin)))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json!({ "query": query }).to_string()))
            .unwrap();
        let response = app.send(request).await;
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let expected = r#"{"data":{"tasks":{"nodes":[]},"calls":{"nodes":[{"tags":[],"grade":null,"task":null,"externalId":"1"}]},"t":"Query"},"extensions""#;
        assert!(String::from_utf8_lossy(&body).starts_with(expected));
    };

    /// Ids are opaque and know their type.
    objects_are_found_by_their_global_ids = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        ingest(&app.database.db, vec![call("1", "2026-11-19T01:00:00Z")]).await;
        let data = app.data("{ calls { nodes { id databaseId } } }").await;
        let id = data["calls"]["nodes"][0]["id"].as_str().unwrap().to_owned();
        let query = format!(
            r#"{{ call(id: "{id}") {{ externalId callDate callHour }} node(id: "{id}") {{ __typename id }} nodes(ids: ["{id}", "x"]) {{ id }} }}"#
        );
        let expected = json!({
            "call": { "externalId": "1", "callDate": "2026-11-19", "callHour": 9 },
            "node": { "__typename": "Call", "id": id },
            "nodes": [{ "id": id }, null],
        });
        assert_eq!(app.data(&query).await, expected);
        let wrong = app.query(&format!(r#"{{ task(id: "{id}") {{ taskName }} }}"#)).await;
        assert_eq!(wrong.message(), "an id of type DialTask is wanted, and this is one of type Call");
        assert_eq!(wrong.code(), "BAD_USER_INPUT");
    };

    /// Page arguments out of bounds, contradictory ones and foreign cursors are refused.
    impossible_pages_are_refused = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        ingest(&app.database.db, vec![call("1", "2026-11-19T01:00:00Z")]).await;
        let cursor = app.data("{ calls { edges { cursor } } }").await["calls"]["edges"][0]["cursor"].as_str().unwrap().to_owned();
        for arguments in [
            "first: 201".to_owned(),
            "first: -1".to_owned(),
            "last: 1000".to_owned(),
            "first: 1, last: 1".to_owned(),
            r#"after: "1""#.to_owned(),
        ] {
            let answer = app.query(&format!("{{ calls({arguments}) {{ nodes {{ id }} }} }}")).await;
            assert_eq!(answer.code(), "BAD_USER_INPUT", "{arguments}");
        }
        let foreign = app.query(&format!(r#"{{ tasks(after: "{cursor}") {{ nodes {{ id }} }} }}"#)).await;
        assert_eq!(foreign.message(), "this cursor belongs to another list, or to another `orderBy` or `filter` of this one: a cursor is good for the list that gave it");
    };
}
