//! The platform's token in the database: one for each account, and of no use to who copies it.

use std::sync::Arc;

use chrono::TimeDelta;
use dialgraph::{
    clock::ManualClock,
    entity::platform_token,
    guanke::{
        Client, ClientConfig, Credentials, RouterExchange, StoredToken, TokenStore as _,
        simulator::{Simulator, SimulatorConfig},
    },
    store::Database,
    sync::DatabaseTokenStore,
};
use sea_orm::EntityTrait as _;
use secrecy::ExposeSecret as _;

use crate::{
    harness::{Backend, TestDatabase, day},
    on_both,
};

const SECRET: &str = "a secret of tests, with more than 32 bytes";

fn store(db: &Database, login: &str, secret: &str) -> DatabaseTokenStore {
    store_of("one", &clock(), db, login, secret)
}

fn store_of(
    instance: &str,
    clock: &Arc<ManualClock>,
    db: &Database,
    login: &str,
    secret: &str,
) -> DatabaseTokenStore {
    let (clock, host) = (clock.clone(), "https://host/");
    DatabaseTokenStore::new(
        db.clone(),
        clock,
        instance.into(),
        host,
        &login.into(),
        &secret.into(),
    )
    .unwrap()
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new("2026-11-20T04:00:00Z".parse().unwrap()))
}

async fn value(store: &DatabaseTokenStore) -> Option<String> {
    let token = store.load().await.unwrap();
    token.map(|token| token.value.expose_secret().to_owned())
}

fn token(value: &str, fetched_at: &str) -> StoredToken {
    StoredToken {
        value: value.into(),
        fetched_at: fetched_at.parse().unwrap(),
    }
}

on_both! {
    /// Another login, or another secret of ours, finds no token; and the database holds none in clear.
    a_token_belongs_to_its_login = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &database.db;
        let first = store(db, "api-secret-1", SECRET);
        first.save(&token("token-1", "2026-11-01T00:00:00Z")).await.unwrap();
        assert_eq!(value(&store(db, "api-secret-1", SECRET)).await.as_deref(), Some("token-1"));
        assert_eq!(value(&store(db, "api-secret-2", SECRET)).await, None);
        assert_eq!(value(&store(db, "api-secret-1", "another secret, with more than 32 bytes")).await, None);

        let rows = platform_token::Entity::find().all(db.read()).await.unwrap();
        assert_eq!(rows.len(), 1);
        let kept = format!("{} {}", rows[0].account, String::from_utf8_lossy(&rows[0].ciphertext));
        assert!(!kept.contains("token-1") && !kept.contains("api-secret"), "{kept}");
    };

    /// A newer token takes the place of an older one, and is not forgotten with it.
    a_newer_token_stays = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let store = store(&database.db, "api-secret-1", SECRET);
        let (old, new) = (token("old", "2026-11-01T00:00:00Z"), token("new", "2026-11-02T00:00:00Z"));
        store.save(&old).await.unwrap();
        store.save(&new).await.unwrap();
        store.forget(&old).await.unwrap();
        assert_eq!(value(&store).await.as_deref(), Some("new"));
        store.forget(&new).await.unwrap();
        assert_eq!(value(&store).await, None);
    };

    /// The right to log in is one instance's at a time, until it is given back or runs out.
    one_logs_in_at_a_time = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let clock = clock();
        let of = |instance, login| store_of(instance, &clock, &database.db, login, SECRET);
        let (one, two) = (of("one", "api-secret-1"), of("two", "api-secret-1"));
        let first = one.claim_login().await.unwrap().unwrap();
        assert_eq!(two.claim_login().await.unwrap(), None);
        assert!(of("two", "api-secret-2").claim_login().await.unwrap().is_some());

        clock.advance(TimeDelta::seconds(20));
        one.keep_login(&first).await.unwrap();
        clock.advance(TimeDelta::seconds(29));
        assert_eq!(two.claim_login().await.unwrap(), None);
        clock.advance(TimeDelta::seconds(1));
        let second = two.claim_login().await.unwrap().unwrap();
        // The one that was too slow takes nothing back from its successor.
        one.keep_login(&first).await.unwrap();
        one.release_login(first).await.unwrap();
        assert_eq!(one.claim_login().await.unwrap(), None);
        two.release_login(second).await.unwrap();
        assert!(one.claim_login().await.unwrap().is_some());
    };

    /// Instances that start together, on a platform where each login revokes the tokens before it,
    /// log in once.
    instances_that_start_together_log_in_once = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let clock = clock();
        let config = SimulatorConfig {
            login_revokes: true,
            login_latency: std::time::Duration::from_millis(20),
            ..SimulatorConfig::new(7, day("2026-11-19"), day("2026-11-20"), 50)
        };
        let platform = Simulator::new(config, clock.clone());
        let client = |instance: &str| {
            let tokens = store_of(instance, &clock, &database.db, "api-secret-1", SECRET);
            let exchange = Arc::new(RouterExchange::new(platform.router()));
            let config = ClientConfig::new(
                "http://platform".parse().unwrap(),
                Credentials::Secret("demo-secret".into()),
            );
            Client::over(config, clock.clone(), Arc::new(tokens), exchange).unwrap()
        };
        let clients: Vec<Client> = ["one", "two", "three"].map(client).into();
        let moment = "2026-11-19T04:00:00Z".parse().unwrap();
        // With no token, and again when all have one that is refused.
        for logins in [1, 2] {
            let asked = clients.iter().map(|client| client.count(moment, moment));
            let answers = futures_util::future::join_all(asked).await;
            assert!(answers.iter().all(Result::is_ok), "{answers:?}");
            assert_eq!(platform.requests().logins, logins);
            platform.revoke_tokens();
            // Tokens are told apart by when they were given out.
            clock.advance(TimeDelta::seconds(1));
        }
    };
}
