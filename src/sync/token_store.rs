//! The platform's token in the database: shared by all instances, because a login by one revokes
//! the token of the others, and encrypted, because a copy of the database must not be a login.

use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hkdf::{HKDF_SHA256, Salt},
    hmac,
};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    clock::Clock,
    guanke::{LOGIN_CLAIM, LoginClaim, StoredToken, TokenStore, TokenStoreError},
    store::{Database, StoreError, leases, platform_tokens},
};

/// Keeps the token of one account.
pub struct DatabaseTokenStore {
    db: Database,
    clock: Arc<dyn Clock>,
    instance: String,
    account: String,
    key: Arc<RandomizedNonceKey>,
}

impl std::fmt::Debug for DatabaseTokenStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("DatabaseTokenStore")
    }
}

impl DatabaseTokenStore {
    /// A store for the account that logs in as `login` (a user name, or the API secret) at
    /// `base_url`, under keys derived from `secret`, the service's own. `instance` is this process
    /// among all instances.
    ///
    /// # Errors
    /// When no key can be derived.
    pub fn new(
        db: Database,
        clock: Arc<dyn Clock>,
        instance: String,
        base_url: &str,
        login: &SecretString,
        secret: &SecretString,
    ) -> Result<Self, TokenStoreError> {
        let salt = Salt::new(HKDF_SHA256, b"dialgraph platform token v1");
        let derived = |purpose: &[u8]| {
            let mut key = [0; 32];
            salt.extract(secret.expose_secret().as_bytes())
                .expand(&[purpose], HKDF_SHA256)
                .and_then(|derived| derived.fill(&mut key))
                .map_err(|_| failed("no key could be derived"))?;
            Ok::<_, TokenStoreError>(key)
        };
        // The name tells accounts apart, and a login by secret must not be readable from it.
        let name = format!("{base_url} {}", login.expose_secret());
        let naming = hmac::Key::new(hmac::HMAC_SHA256, &derived(b"account")?);
        let key = RandomizedNonceKey::new(&AES_256_GCM, &derived(b"aes-256-gcm")?)
            .map_err(|_| failed("no key could be made"))?;
        Ok(Self {
            db,
            clock,
            instance,
            account: STANDARD_NO_PAD.encode(hmac::sign(&naming, name.as_bytes())),
            key: Arc::new(key),
        })
    }

    /// The lease of the right to log in.
    fn lease(&self) -> String {
        format!("login:{}", self.account)
    }

    fn seal(&self, token: &SecretString) -> Result<Vec<u8>, TokenStoreError> {
        let mut text = token.expose_secret().as_bytes().to_vec();
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(&self.account), &mut text)
            .map_err(|_| failed("it could not be encrypted"))?;
        Ok([nonce.as_ref().as_slice(), &text].concat())
    }

    /// `None` for a token that was encrypted under another secret: it is of no use any more.
    fn open(&self, sealed: &[u8]) -> Option<SecretString> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = text.to_vec();
        let open = self
            .key
            .open_in_place(nonce, Aad::from(&self.account), &mut text)
            .ok()?;
        String::from_utf8(open.to_vec())
            .ok()
            .map(SecretString::from)
    }
}

#[async_trait]
impl TokenStore for DatabaseTokenStore {
    async fn load(&self) -> Result<Option<StoredToken>, TokenStoreError> {
        let row = platform_tokens::find(self.db.read(), &self.account)
            .await
            .map_err(unavailable)?;
        Ok(row.and_then(|row| {
            Some(StoredToken {
                value: self.open(&row.ciphertext)?,
                fetched_at: row.fetched_at,
            })
        }))
    }

    async fn save(&self, token: &StoredToken) -> Result<(), TokenStoreError> {
        let sealed = self.seal(&token.value)?;
        let save = self.db.transaction(async |tx| {
            platform_tokens::save(tx, &self.account, sealed, token.fetched_at).await
        });
        save.await.map_err(unavailable)
    }

    async fn forget(&self, token: &StoredToken) -> Result<(), TokenStoreError> {
        let forget = self.db.transaction(async |tx| {
            platform_tokens::delete(tx, &self.account, token.fetched_at).await
        });
        forget.await.map_err(unavailable)
    }

    async fn claim_login(&self) -> Result<Option<LoginClaim>, TokenStoreError> {
        let now = self.clock.now();
        let claim = self.db.transaction(async |tx| {
            leases::acquire(tx, &self.lease(), &self.instance, now, now + LOGIN_CLAIM).await
        });
        Ok(claim.await.map_err(unavailable)?.map(LoginClaim))
    }

    async fn keep_login(&self, claim: &LoginClaim) -> Result<(), TokenStoreError> {
        let until = self.clock.now() + LOGIN_CLAIM;
        let renew = self.db.transaction(async |tx| {
            leases::renew(tx, &self.lease(), &self.instance, claim.0, until).await
        });
        renew.await.map_err(unavailable)?;
        Ok(())
    }

    async fn release_login(&self, claim: LoginClaim) -> Result<(), TokenStoreError> {
        let release = self.db.transaction(async |tx| {
            leases::release(tx, &self.lease(), &self.instance, claim.0).await
        });
        release.await.map_err(unavailable)
    }
}

fn failed(reason: &str) -> TokenStoreError {
    TokenStoreError(reason.to_owned())
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "used as a function of errors"
)]
fn unavailable(error: StoreError) -> TokenStoreError {
    TokenStoreError(error.to_string())
}
