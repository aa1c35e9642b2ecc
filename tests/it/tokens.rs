//! The platform's token in the database: one for each account, and of no use to who copies it.

use dialgraph::{
    entity::platform_token,
    guanke::{StoredToken, TokenStore as _},
    store::Database,
    sync::DatabaseTokenStore,
};
use sea_orm::EntityTrait as _;
use secrecy::ExposeSecret as _;

use crate::{
    harness::{Backend, TestDatabase},
    on_both,
};

const SECRET: &str = "a secret of tests, with more than 32 bytes";

fn store(db: &Database, login: &str, secret: &str) -> DatabaseTokenStore {
    DatabaseTokenStore::new(db.clone(), "https://host/", &login.into(), &secret.into()).unwrap()
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
}
