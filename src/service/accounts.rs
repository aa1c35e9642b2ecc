//! Who comes in with what this service gave out: sessions of users, and access tokens. What was
//! looked up counts for a few seconds, so that most requests ask the database nothing.

use std::{
    hash::Hash,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use quick_cache::sync::Cache;
use secrecy::SecretString;
use tokio::sync::watch;

use super::{
    passwords::{HashError, PasswordCost, Passwords},
    secrets::hash_of,
    throttle::{Pace, Throttle},
};
use crate::{
    clock::Clock,
    domain::viewer::{Role, Viewer},
    random::Entropy,
    store::{
        self, Database,
        access_tokens::{self, AccessTokenRow},
        sessions,
        users::UserRow,
    },
};

/// How users come in, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct AccountOptions {
    /// How hard passwords are hashed.
    pub cost: PasswordCost,
    /// How long a token (JWT) is good for.
    pub access_lifetime: TimeDelta,
    /// How long a refresh token is.
    pub refresh_lifetime: TimeDelta,
}

impl Default for AccountOptions {
    fn default() -> Self {
        Self {
            cost: PasswordCost::default(),
            access_lifetime: TimeDelta::hours(24),
            refresh_lifetime: TimeDelta::days(30),
        }
    }
}

/// Users and tokens, with what is remembered of them.
#[derive(Debug, Clone)]
pub struct Accounts(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub db: Database,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub options: AccountOptions,
    pub passwords: Passwords,
    /// By the name that somebody signs in with, whether there is such a user or not.
    pub by_account: Throttle<String>,
    pub by_address: Throttle<IpAddr>,
    sessions: Recent<i64, Option<Viewer>>,
    tokens: Recent<String, TokenHolder>,
    /// Counts how often everybody had to be looked up again.
    changed: watch::Sender<u64>,
}

/// Who comes in with an access token.
#[derive(Debug, Clone)]
pub struct TokenHolder {
    /// Who.
    pub viewer: Viewer,
    /// When the token ends, if it does by itself.
    pub expires_at: Option<DateTime<Utc>>,
}

/// How often the last use of an access token is noted at most.
const USE_NOTED: TimeDelta = TimeDelta::minutes(1);

impl Accounts {
    /// Nobody has come in yet.
    ///
    /// # Errors
    /// [`HashError`] for a cost that cannot be.
    pub fn new(
        db: Database,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        options: AccountOptions,
    ) -> Result<Self, HashError> {
        Ok(Self(Arc::new(Inner {
            passwords: Passwords::new(options.cost, entropy.clone())?,
            db,
            clock,
            entropy,
            options,
            by_account: Throttle::new(Pace::ACCOUNT),
            by_address: Throttle::new(Pace::ADDRESS),
            sessions: Recent::new(),
            tokens: Recent::new(),
            changed: watch::Sender::new(0),
        })))
    }

    /// How long a token (JWT) of a session is good for.
    #[must_use]
    pub fn access_lifetime(&self) -> TimeDelta {
        self.0.options.access_lifetime
    }

    /// The user whose session this is, as they are now; none when it has ended, or is not that of
    /// `claimed`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn holder_of_session(
        &self,
        id: i64,
        claimed: &Viewer,
    ) -> store::Result<Option<Viewer>> {
        let now = self.0.clock.now();
        let holder = if let Some(holder) = self.0.sessions.get(&id, now) {
            holder
        } else {
            let epoch = self.0.sessions.epoch();
            let found = sessions::find_open(self.0.db.read(), id).await?;
            let holder = found.and_then(|(_, user)| viewer_of(&user));
            self.0.sessions.put(&id, holder.clone(), now, epoch);
            holder
        };
        Ok(holder.filter(|holder| holder.subject == claimed.subject))
    }

    /// Who comes in with an access token; none when it is not known or has ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn holder_of_token(
        &self,
        secret: &SecretString,
    ) -> store::Result<Option<TokenHolder>> {
        let now = self.0.clock.now();
        let hash = hash_of(secret);
        let key = hash.expose().to_owned();
        if let Some(holder) = self.0.tokens.get(&key, now) {
            return Ok(holder.at(now));
        }
        let epoch = self.0.tokens.epoch();
        let Some((row, user)) = access_tokens::find_by_hash(self.0.db.read(), &hash).await? else {
            return Ok(None);
        };
        let Some(role) = role_of(&row, user.as_ref()) else {
            return Ok(None);
        };
        let holder = TokenHolder {
            viewer: Viewer::access_token(row.id, role, &row.created_by),
            expires_at: row.expires_at,
        };
        let Some(holder) = holder.at(now) else {
            return Ok(None);
        };
        self.note_use(&row, now).await;
        self.0.tokens.put(&key, holder.clone(), now, epoch);
        Ok(Some(holder))
    }

    /// Whoever comes next is looked up again: something was changed that counts at once.
    pub fn look_again(&self) {
        self.0.sessions.clear();
        self.0.tokens.clear();
        self.0.changed.send_modify(|times| *times += 1);
    }

    /// Changes whenever everybody has to be looked up again.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    /// Looks everybody up again when another instance changes something, for ever.
    pub async fn follow_changes(&self) {
        let mut access = self.0.db.changes().access();
        while access.changed().await.is_ok() {
            self.look_again();
        }
    }

    /// A token works whether its use can be noted or not.
    async fn note_use(&self, row: &AccessTokenRow, now: DateTime<Utc>) {
        let since = now - USE_NOTED;
        if row.last_used_at.is_some_and(|last| last >= since) {
            return;
        }
        let noted = self
            .0
            .db
            .transaction(async |tx| access_tokens::used(tx, row.id, now, since).await);
        if let Err(error) = noted.await {
            tracing::warn!(%error, "the use of an access token could not be noted");
        }
    }
}

impl TokenHolder {
    fn at(self, now: DateTime<Utc>) -> Option<Self> {
        let goes_on = self.expires_at.is_none_or(|end| now < end);
        goes_on.then_some(self)
    }
}

/// A user who may come in.
pub(super) fn viewer_of(user: &UserRow) -> Option<Viewer> {
    user.is_active
        .then(|| Viewer::user(user.id, user.role, user.email.clone()))
}

/// What the token may do now: no more than its maker. None when it was revoked, or its maker may
/// not come in any more.
fn role_of(token: &AccessTokenRow, maker: Option<&UserRow>) -> Option<Role> {
    if token.revoked_at.is_some() {
        return None;
    }
    match maker {
        None => Some(token.role),
        Some(maker) if !maker.is_active => None,
        Some(maker) if maker.role.covers(token.role) => Some(token.role),
        Some(maker) => Some(maker.role),
    }
}

/// How long a look-up counts: the longest that another instance's change goes unnoticed here.
const COUNTS_FOR: TimeDelta = TimeDelta::seconds(5);
/// Most look-ups that are remembered.
const MOST: usize = 10_000;

/// What was looked up lately.
#[derive(Debug)]
struct Recent<K, V> {
    known: Cache<K, (V, DateTime<Utc>)>,
    /// Counts how often all was forgotten.
    epoch: AtomicU64,
}

impl<K: Hash + Eq + Clone, V: Clone> Recent<K, V> {
    fn new() -> Self {
        Self {
            known: Cache::new(MOST),
            epoch: AtomicU64::new(0),
        }
    }

    fn get(&self, key: &K, now: DateTime<Utc>) -> Option<V> {
        let (value, at) = self.known.get(key)?;
        let age = now - at;
        (TimeDelta::zero() <= age && age < COUNTS_FOR).then_some(value)
    }

    fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    /// Remembers what was looked up after `epoch` was read, unless all was forgotten since: it may
    /// have been read before what changed.
    fn put(&self, key: &K, value: V, now: DateTime<Utc>, epoch: u64) {
        self.known.insert(key.clone(), (value, now));
        if self.epoch() != epoch {
            self.known.remove(key);
        }
    }

    fn clear(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        self.known.clear();
    }
}
