//! Whose socket it is, and for how long.

use chrono::TimeDelta;
use dialgraph::{
    domain::viewer::Role,
    http::StreamOptions,
    store::{sessions, users},
};
use serde_json::{Value, json};

use super::{Client, SHORT, serve, with_streams};
use crate::{
    harness::{Backend, TestApp},
    identity::{held, token_of, user},
    on_both,
    writes::done,
};

const DAYS: &str = "subscription { statsUpdated { date } }";

/// Sockets look at the clock often.
async fn app(backend: &Backend) -> TestApp {
    let options = StreamOptions {
        clock_step: SHORT,
        ..StreamOptions::default()
    };
    TestApp::with_options(backend, with_streams(options)).await
}

on_both! {
    /// A token's end is the socket's, a minute later, because clocks differ.
    a_socket_ends_with_its_token = async |backend: Backend| {
        let app = app(&backend).await;
        let running = serve(&app).await;
        let mut client = Client::reader(&running, &app).await;
        client.subscribe("1", DAYS).await;
        app.clock.advance(TimeDelta::minutes(61) - TimeDelta::milliseconds(1));
        client.settle().await;
        app.clock.advance(TimeDelta::milliseconds(1));
        assert_eq!(client.next().await, json!([4403, "Forbidden: the token has expired"]));
    };

    /// A token is taken as many clients send it: within `headers`, names in any case.
    a_token_comes_in_several_forms = async |backend: Backend| {
        let app = app(&backend).await;
        let running = serve(&app).await;
        let token = app.token(Role::Analyst);
        let (bearer, lower) = (format!("Bearer {token}"), format!("bearer  {token}"));
        for payload in [
            json!({ "Authorization": bearer }),
            json!({ "authorization": lower }),
            json!({ "headers": { "Authorization": bearer } }),
            json!({ "headers": { "authorization": lower, "x-other": 1 } }),
            json!({ "Headers": { "AUTHORIZATION": bearer }, "other": null }),
            // What stands first counts.
            json!({ "authorization": bearer, "headers": { "Authorization": "Bearer x" } }),
        ] {
            let mut client = Client::connect(&running).await;
            client.say(json!({ "type": "connection_init", "payload": payload })).await;
            assert_eq!(client.next().await, json!({ "type": "connection_ack" }), "{payload}");
            client.subscribe("1", DAYS).await;
            client.settle().await;
        }
        for payload in [
            json!({ "headers": { "Authorization": "Bearer x" } }),
            json!({ "headers": { "Authorization": token } }),
            json!({ "headers": { "Authorization": null } }),
            json!({ "headers": { "Authorization": [bearer] } }),
            json!({ "headers": { "X-Authorization": bearer } }),
            json!({ "headers": bearer }),
            json!({ "headers": null }),
            json!({ "Authorization": "Bearer x", "headers": { "Authorization": bearer } }),
        ] {
            let mut client = Client::connect(&running).await;
            client.say(json!({ "type": "connection_init", "payload": payload })).await;
            assert_eq!(client.closed().await, 4403, "{payload}");
        }
    };

    /// A socket that is opened while its user is kept out, or their password is changed, does not stay.
    a_socket_that_is_being_opened_ends = async |backend: Backend| {
        let app = app(&backend).await;
        let running = serve(&app).await;
        let li = user(&app, "li", "AGENT").await;
        for round in 0..4 {
            let token = token_of(&app, "li").await;
            // It was looked up before, or is now.
            if round % 2 == 0 {
                Client::ready(&running, &token).await;
            }
            let (tx, row) = held(&app).await;
            if round < 2 {
                let mut fields = users::fields(&row);
                fields.is_active = false;
                users::update(&tx, &row, fields, app.now()).await.unwrap();
            } else {
                sessions::revoke_of_user(&tx, row.id, app.now()).await.unwrap();
            }
            // Nobody sees it yet.
            let mut client = Client::ready(&running, &token).await;
            let mut opening = Client::connect(&running).await;
            let (kept, ()) = tokio::join!(tx.commit(), opening.init(&token));
            kept.unwrap();
            assert_eq!(client.closed().await, 4403);
            let mut last = opening.next().await;
            if last == json!({ "type": "connection_ack" }) {
                last = opening.next().await;
            }
            assert_eq!(last[0], 4403, "{last}");
            done(&app, "updateUser", "user { id }", json!({ "id": li, "isActive": true })).await;
        }
    };

    /// An access token ends its sockets when it expires and when it is revoked.
    a_socket_ends_with_its_access_token = async |backend: Backend| {
        let app = app(&backend).await;
        let running = serve(&app).await;
        let create = |input: Value| {
            let app = &app;
            async move {
                let made = done(app, "createAccessToken", "secret accessToken { id }", input).await;
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                (text(&made["secret"]), text(&made["accessToken"]["id"]))
            }
        };
        let (short, _) = create(json!({ "name": "a", "role": "ANALYST", "expiresAt": "2026-11-20T04:00:03Z" })).await;
        let (long, id) = create(json!({ "name": "b", "role": "ANALYST" })).await;
        let mut expires = Client::ready(&running, &short).await;
        let mut revoked = Client::ready(&running, &long).await;
        app.clock.advance(TimeDelta::seconds(3));
        assert_eq!(expires.next().await, json!([4403, "Forbidden: the token has expired"]));
        revoked.settle().await;
        done(&app, "revokeAccessToken", "accessToken { id }", json!({ "id": id })).await;
        assert_eq!(revoked.next().await, json!([4403, "Forbidden: the token was revoked"]));
    };

    /// Somebody's revocation makes nobody else be looked up, and one's own but once or so, however
    /// many sockets one has.
    only_those_concerned_are_looked_up = async |backend: Backend| {
        let app = app(&backend).await;
        let running = serve(&app).await;
        let li = user(&app, "li", "AGENT").await;
        let session = token_of(&app, "li").await;
        let mut sockets = Vec::new();
        for _ in 0..20 {
            sockets.push(Client::ready(&running, &session).await);
        }
        let made = done(&app, "createAccessToken", "secret accessToken { id }", json!({ "name": "a", "role": "ANALYST" })).await;
        let mut revoked = Client::ready(&running, made["secret"].as_str().unwrap()).await;
        let looked_up = || {
            let statements = app.statements();
            statements.iter().filter(|sql| sql.contains(r#"FROM "sessions""#)).count()
        };
        looked_up();
        done(&app, "revokeAccessToken", "accessToken { id }", json!({ "id": made["accessToken"]["id"] })).await;
        assert_eq!(revoked.closed().await, 4403);
        for socket in &mut sockets {
            socket.settle().await;
        }
        assert_eq!(looked_up(), 0);
        done(&app, "updateUser", "user { role }", json!({ "id": li, "role": "ANALYST" })).await;
        for socket in &mut sockets {
            assert_eq!(socket.closed().await, 4403);
        }
        // Before and after each of two times that it is forgotten what was known: by the mutation,
        // and for whoever goes on.
        let times = looked_up();
        assert!((1..=3).contains(&times), "{times}");
    };

    /// What an access token may not do it may not do here, and the socket goes on.
    a_programs_socket_lets_nobody_in = async |backend: Backend| {
        let app = app(&backend).await;
        let running = serve(&app).await;
        let made = done(&app, "createAccessToken", "secret", json!({ "name": "a", "role": "ADMIN" })).await;
        let mut client = Client::ready(&running, made["secret"].as_str().unwrap()).await;
        for (id, mutation) in [
            ("1", r#"createUser(input: { name: "ghost", role: ADMIN, password: "correct horse battery" })"#),
            ("2", r#"createAccessToken(input: { name: "ghost", role: ADMIN })"#),
            ("3", r#"changePassword(input: { newPassword: "correct horse battery" })"#),
        ] {
            client.subscribe(id, &format!("mutation {{ {mutation} {{ __typename }} }}")).await;
            let answer = client.next().await;
            assert_eq!(answer["payload"]["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer:#}");
            assert_eq!(client.next().await, crate::subscriptions::complete(id));
        }
        client.settle().await;
    };

    /// A user's sockets end when they may come in no more, or may do something else.
    a_socket_ends_with_its_user = async |backend: Backend| {
        let app = app(&backend).await;
        let running = serve(&app).await;
        let li = user(&app, "li", "AGENT").await;
        let wu = user(&app, "wu", "AGENT").await;
        let mut gone = Client::ready(&running, &token_of(&app, "li").await).await;
        let mut changed = Client::ready(&running, &token_of(&app, "wu").await).await;
        done(&app, "deactivateUser", "user { isActive }", json!({ "id": li })).await;
        assert_eq!(gone.next().await, json!([4403, "Forbidden: the token was revoked"]));
        changed.settle().await;
        done(&app, "updateUser", "user { role }", json!({ "id": wu, "role": "ANALYST" })).await;
        assert_eq!(changed.next().await, json!([4403, "Forbidden: what the token lets you do has changed"]));
    };
}

/// Another instance's revocation ends sockets here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_instance_ends_a_socket() {
    let Some(backend) = Backend::postgres() else {
        return;
    };
    let app = TestApp::new(&backend).await;
    let other = app.another_process().await;
    let running = serve(&other).await;
    user(&app, "li", "AGENT").await;
    let mut client = Client::ready(&running, &token_of(&app, "li").await).await;
    // The other one begins to listen some time after its start.
    let mut run = 0;
    client.subscribe("1", DAYS).await;
    loop {
        run += 1;
        let name = format!("P{run}");
        done(
            &app,
            "createPackage",
            "package { id }",
            json!({ "name": name }),
        )
        .await;
        if tokio::time::timeout(SHORT, client.data("1")).await.is_ok() {
            break;
        }
    }
    client.say(super::complete("1")).await;
    client.settle_past("1").await;
    let li = app.data("{ users { nodes { id name } } }").await["users"]["nodes"][0]["id"].clone();
    done(
        &app,
        "deactivateUser",
        "user { isActive }",
        json!({ "id": li }),
    )
    .await;
    assert_eq!(
        client.next().await,
        json!([4403, "Forbidden: the token was revoked"])
    );
}

/// What a role sees masked it sees masked here.
#[tokio::test]
async fn a_socket_shows_no_more_than_http() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let running = serve(&app).await;
    let call = crate::harness::call("a", "2026-11-20T01:00:00Z");
    crate::harness::ingest(&app.database.db, vec![call]).await;
    for role in [Role::Analyst, Role::Agent] {
        let query = "{ calls { nodes { phoneNumber } } }";
        let mut client = Client::ready(&running, &app.token(role)).await;
        client.subscribe("1", query).await;
        let expected = app.query_as(role, query).await.data();
        assert_eq!(client.data("1").await, expected);
        let sees = expected.to_string().contains("13812348000");
        assert_eq!(sees, role == Role::Agent);
    }
}
