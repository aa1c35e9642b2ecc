//! Opening the database: one pool for PostgreSQL; for SQLite one writer beside many readers.

use std::{path::Path, str::FromStr, sync::Arc, time::Duration};

use sea_orm::{
    DatabaseBackend, DatabaseConnection, DbErr, SqliteTransactionMode, SqlxPostgresConnector,
    SqlxSqliteConnector, TransactionOptions, TransactionTrait,
};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    Connection as _, PgConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Changes, Result, StoreError, Transaction};
use crate::{domain::business_time::BusinessZone, metrics::PoolState};

/// Where the database is: `sqlite://path` or `postgres://…`. May hold a password.
#[derive(Debug, Clone)]
pub struct DatabaseUrl(Place);

#[derive(Debug, Clone)]
enum Place {
    File(Box<SqliteConnectOptions>),
    Server(SecretString),
}

/// The text is no address of a database that is supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it must be sqlite://PATH (a file, not :memory:) or postgres://USER:PASSWORD@HOST/NAME")]
pub struct InvalidDatabaseUrl;

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        let place = match text.split_once(':').ok_or(InvalidDatabaseUrl)? {
            ("sqlite", path) => {
                let is_file = !path.trim_start_matches('/').is_empty()
                    && !path.contains(":memory:")
                    && !path.contains("mode=memory");
                let options = SqliteConnectOptions::from_str(text).ok();
                options
                    .filter(|_| is_file)
                    .map(|options| Place::File(Box::new(options)))
            }
            ("postgres" | "postgresql", _) => PgConnectOptions::from_str(text)
                .is_ok()
                .then(|| Place::Server(text.into())),
            _ => None,
        };
        place.map(Self).ok_or(InvalidDatabaseUrl)
    }
}

impl DatabaseUrl {
    /// The SQLite database in the file at `path`.
    #[must_use]
    pub fn sqlite_file(path: &Path) -> Self {
        Self(Place::File(Box::new(
            SqliteConnectOptions::new().filename(path),
        )))
    }
}

/// How to open the database.
#[derive(Debug, Clone, Copy)]
pub struct ConnectOptions {
    /// Most connections at a time (PostgreSQL), most readers (SQLite).
    pub max_connections: u32,
    /// How long to wait for a free connection, or for SQLite's write lock.
    pub acquire_timeout: Duration,
    /// Whether a SQLite file that is missing is made.
    pub create: bool,
    /// How long one statement may take on PostgreSQL.
    pub statement_timeout: Duration,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            max_connections: 10,
            create: true,
            acquire_timeout: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(30),
        }
    }
}

/// The database, open.
#[derive(Debug, Clone)]
pub struct Database {
    read: DatabaseConnection,
    write: DatabaseConnection,
    changes: Changes,
    /// Tells what this process says to other instances from what they say.
    instance: u64,
    /// Whose days this process counts by; none for one that writes nothing that depends on it.
    zone: Option<BusinessZone>,
}

impl Database {
    /// Opens the database; a SQLite file and its folder are made when missing, if the options say so.
    ///
    /// # Errors
    /// When it cannot be reached or opened.
    pub async fn connect(url: &DatabaseUrl, options: ConnectOptions) -> Result<Self> {
        match &url.0 {
            Place::File(file) => connect_sqlite(file.as_ref().clone(), options).await,
            Place::Server(url) => connect_postgres(url.expose_secret(), options).await,
        }
        .map_err(|error| StoreError::Open(Arc::new(error)))
    }

    /// Connections for reading.
    #[must_use]
    pub const fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// Connections for writing, to look behind the store with; the program itself writes in
    /// [`Self::begin`] and [`Self::transaction`].
    #[must_use]
    pub const fn write(&self) -> &DatabaseConnection {
        &self.write
    }

    /// How many connections there are, and how many nobody uses.
    #[must_use]
    pub fn pools(&self) -> Vec<PoolState> {
        if self.read.get_database_backend() == DatabaseBackend::Sqlite {
            let state = |name, connection: &DatabaseConnection| {
                let pool = connection.get_sqlite_connection_pool();
                PoolState {
                    name,
                    size: pool.size(),
                    idle: pool.num_idle(),
                }
            };
            return vec![state("read", &self.read), state("write", &self.write)];
        }
        let pool = self.read.get_postgres_connection_pool();
        vec![PoolState {
            name: "all",
            size: pool.size(),
            idle: pool.num_idle(),
        }]
    }

    /// What is committed through this, and heard of other instances.
    #[must_use]
    pub const fn changes(&self) -> &Changes {
        &self.changes
    }

    pub(super) const fn instance(&self) -> u64 {
        self.instance
    }

    fn new(read: DatabaseConnection, write: DatabaseConnection) -> Self {
        Self {
            read,
            write,
            changes: Changes::default(),
            instance: rand::random(),
            zone: None,
        }
    }

    /// The same database for a process that counts by the days of `zone`: from now on it writes calls
    /// only while these are the days of the database, see [`business_zones`](super::business_zones).
    #[must_use]
    pub fn in_zone(self, zone: BusinessZone) -> Self {
        Self {
            zone: Some(zone),
            ..self
        }
    }

    /// Opens a transaction that may write. On SQLite it takes the write lock at once, so that it
    /// cannot fail half-way because another process wrote in between.
    ///
    /// # Errors
    /// When no connection or lock was to be had in time.
    pub async fn begin(&self) -> Result<Transaction> {
        let sqlite = self.write.get_database_backend() == DatabaseBackend::Sqlite;
        let options = TransactionOptions {
            sqlite_transaction_mode: sqlite.then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let inner = if sqlite {
            self.write.begin_with_options(options).await?
        } else {
            // Told to the end, even if nobody waits for it any more: sqlx does not know that it has to
            // roll back what it began before PostgreSQL's answer came.
            let write = self.write.clone();
            tokio::spawn(async move { write.begin_with_options(options).await })
                .await
                .map_err(|error| DbErr::Custom(error.to_string()))??
        };
        Ok(Transaction::new(inner, self.changes.clone(), self.zone))
    }

    /// The same database, with foreign keys off for what is written through it. On SQLite they would delete
    /// what refers to a table that is dropped to be put in another's place, and a transaction cannot turn
    /// them off; PostgreSQL has no need of it.
    ///
    /// # Errors
    /// When it cannot be opened once more.
    pub(super) async fn without_foreign_keys(&self) -> Result<Self> {
        if self.write.get_database_backend() != DatabaseBackend::Sqlite {
            return Ok(self.clone());
        }
        let options = self.write.get_sqlite_connection_pool().connect_options();
        let options = options.as_ref().clone().foreign_keys(false);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await
            .map_err(|error| StoreError::Open(Arc::new(error)))?;
        Ok(Self {
            write: SqlxSqliteConnector::from_sqlx_sqlite_pool(pool),
            ..self.clone()
        })
    }

    /// Closes what [`Self::without_foreign_keys`] opened beside `db`.
    pub(super) async fn close_apart(self, db: &Self) {
        if db.write.get_database_backend() == DatabaseBackend::Sqlite
            && let Err(error) = self.write.close().await
        {
            tracing::warn!(%error, "a database connection did not close cleanly");
        }
    }

    /// Does `work` in a transaction that may write: all of it, or nothing when it fails.
    ///
    /// # Errors
    /// What `work` fails with, or when the transaction cannot be opened or committed.
    pub async fn transaction<T>(
        &self,
        work: impl AsyncFnOnce(&Transaction) -> Result<T>,
    ) -> Result<T> {
        let tx = self.begin().await?;
        let done = work(&tx).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// Calls `callback` for every statement; tests count with it.
    pub fn on_statement(&mut self, callback: impl Fn(&str) + Clone + Send + Sync + 'static) {
        for connection in [&mut self.read, &mut self.write] {
            let callback = callback.clone();
            connection.set_metric_callback(move |info| callback(&info.statement.sql));
        }
    }

    /// Closes all connections, waiting for those in use; what was committed is told before.
    pub async fn close(self) {
        self.tell_rest().await;
        for connection in [self.read, self.write] {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "database connections did not close cleanly");
            }
        }
    }
}

async fn connect_sqlite(
    file: SqliteConnectOptions,
    options: ConnectOptions,
) -> Result<Database, sqlx::Error> {
    if let (true, Some(folder)) = (options.create, file.get_filename().parent()) {
        std::fs::create_dir_all(folder)?;
    }
    let file = file
        .create_if_missing(options.create)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(options.acquire_timeout)
        .pragma("cache_size", "-16000")
        .statement_cache_capacity(128);
    let pool = |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .test_before_acquire(false)
            // When the disk is full, or fails, SQLite rolls back by itself; sqlx goes on to count the
            // transaction as open, and what is committed after it would be a savepoint in none.
            .before_acquire(|connection, _| {
                let is_usable = !connection.is_in_transaction();
                Box::pin(async move { Ok(is_usable) })
            })
            .acquire_timeout(options.acquire_timeout.saturating_mul(3))
    };
    // The writer touches all indexes in every batch, and moving the log into the file is a sync:
    // more memory for the one connection, and a log of 16 MB, of 4 kB a page.
    let writer = file
        .clone()
        .pragma("cache_size", "-64000")
        .pragma("wal_autocheckpoint", "4000");
    let write = pool(1).connect_with(writer).await?;
    let read = pool(options.max_connections)
        .connect_with(file.pragma("query_only", "on"))
        .await?;
    Ok(Database::new(
        SqlxSqliteConnector::from_sqlx_sqlite_pool(read),
        SqlxSqliteConnector::from_sqlx_sqlite_pool(write),
    ))
}

async fn connect_postgres(url: &str, options: ConnectOptions) -> Result<Database, sqlx::Error> {
    let timeout = options.statement_timeout.as_millis().to_string();
    let server = PgConnectOptions::from_str(url)?
        .application_name("dialgraph")
        .statement_cache_capacity(128)
        .options([("statement_timeout", timeout.as_str())]);
    // The pool would try again until its time-out, and then say no more than that it was over.
    PgConnection::connect_with(&server).await?.close().await?;
    let pool = PgPoolOptions::new()
        .max_connections(options.max_connections)
        .test_before_acquire(false)
        .acquire_timeout(options.acquire_timeout)
        .connect_with(server)
        .await?;
    let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
    Ok(Database::new(connection.clone(), connection))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_and_servers_are_databases() {
        for url in [
            "sqlite://x.db",
            "sqlite:x.db",
            "sqlite:///var/x.db",
            "postgres://me:pw@host/db",
            "postgresql://host/db",
        ] {
            assert!(url.parse::<DatabaseUrl>().is_ok(), "{url}");
        }
        for url in [
            "sqlite:",
            "sqlite://",
            "sqlite::memory:",
            "sqlite://x.db?mode=memory",
            "mysql://host/db",
            "x.db",
            "",
        ] {
            assert!(url.parse::<DatabaseUrl>().is_err(), "{url}");
        }
    }

    #[test]
    fn a_password_is_never_printed() {
        let url: DatabaseUrl = "postgres://me:pa55word@host/db".parse().unwrap();
        assert!(!format!("{url:?}").contains("pa55word"));
    }
}
