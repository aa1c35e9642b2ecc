//! Opening the database: connections to read with, which no writer takes, and a few to write with, of
//! which SQLite has one.

use std::{str::FromStr, sync::Arc, time::Duration};

use sea_orm::{
    DatabaseBackend, DatabaseConnection, DbErr, SqliteTransactionMode, SqlxPostgresConnector,
    SqlxSqliteConnector, TransactionOptions, TransactionTrait,
};
use secrecy::ExposeSecret as _;
use sqlx::{
    Connection as _, PgConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{
    domain::{business_time::BusinessZone, veil::by_hash},
    metrics::PoolState,
    store::{
        Changes, DatabasePlace, DatabaseUrl, Result, StoreError, Transaction,
        address::Address,
        dialect,
        health::WriteHealth,
        make_private_folder, private_files,
        statistics::Growth,
        write_queue::{Lane, LaneState, Place, Places, WriteQueue},
    },
};

/// How to open the database.
#[derive(Debug, Clone, Copy)]
pub struct ConnectOptions {
    /// Most connections at a time (PostgreSQL), most readers (SQLite).
    pub max_connections: u32,
    /// How many of people's writes may wait for their turn.
    pub write_queue: usize,
    /// How long a write waits for its turn at most.
    pub write_patience: Duration,
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
            max_connections: default_connections(),
            write_queue: 500,
            // Less than a request may take, so that who waits in vain is answered when to come again.
            write_patience: Duration::from_secs(28),
            create: true,
            acquire_timeout: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(30),
        }
    }
}

/// Four connections a processor: 10 at least, 40 at most.
#[must_use]
pub fn default_connections() -> u32 {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    u32::try_from(processors).map_or(40, |processors| (processors * 4).clamp(10, 40))
}

impl ConnectOptions {
    /// How many of PostgreSQL's connections are for writing. Writers of calls wait for each other in the
    /// database: more of them would only hold connections while they do.
    const fn writers(&self) -> u32 {
        let third = self.max_connections / 3;
        if third < 1 {
            1
        } else if third > 8 {
            8
        } else {
            third
        }
    }

    const fn readers(&self) -> u32 {
        let readers = self.max_connections.saturating_sub(self.writers());
        if readers < 1 { 1 } else { readers }
    }

    /// Of `writers`, one is for short writes, and half of the others for synchronisation, where there
    /// are that many.
    const fn places(&self, writers: u32) -> Places {
        let long = if writers > 1 { writers - 1 } else { 1 };
        Places {
            all: writers,
            long,
            background: long.div_ceil(2),
            queue: self.write_queue,
            patience: self.write_patience,
        }
    }
}

/// The database, open.
#[derive(Debug, Clone)]
pub struct Database {
    read: DatabaseConnection,
    write: DatabaseConnection,
    queue: WriteQueue,
    place: Arc<DatabasePlace>,
    health: WriteHealth,
    growth: Growth,
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
        let place = url.place();
        let opened = match &url.0 {
            Address::File(file) => connect_sqlite(file.as_ref().clone(), options).await,
            Address::Server(url) => connect_postgres(url.expose_secret(), options).await,
        };
        let (read, write, places) =
            opened.map_err(|error| StoreError::cannot_open(&place, &error))?;
        Ok(Self {
            read,
            write,
            queue: WriteQueue::new(places),
            place: Arc::new(place),
            health: WriteHealth::default(),
            growth: Growth::default(),
            changes: Changes::default(),
            instance: rand::random(),
            zone: None,
        })
    }

    /// Which database it is.
    #[must_use]
    pub fn place(&self) -> &DatabasePlace {
        &self.place
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
        let state = |name, connection: &DatabaseConnection| {
            let (size, idle) = if self.is_sqlite() {
                let pool = connection.get_sqlite_connection_pool();
                (pool.size(), pool.num_idle())
            } else {
                let pool = connection.get_postgres_connection_pool();
                (pool.size(), pool.num_idle())
            };
            PoolState { name, size, idle }
        };
        vec![state("read", &self.read), state("write", &self.write)]
    }

    /// How many write, and how many wait to.
    #[must_use]
    pub fn writers(&self) -> Vec<LaneState> {
        self.queue.state()
    }

    /// Whether it can be written.
    #[must_use]
    pub const fn health(&self) -> &WriteHealth {
        &self.health
    }

    pub(in crate::store) fn is_sqlite(&self) -> bool {
        self.write.get_database_backend() == DatabaseBackend::Sqlite
    }

    /// The right to write on one connection.
    pub(in crate::store) async fn enter(&self, lane: Lane) -> Result<Place> {
        self.queue.enter(lane).await
    }

    /// What is committed through this, and heard of other instances.
    #[must_use]
    pub const fn changes(&self) -> &Changes {
        &self.changes
    }

    pub(in crate::store) const fn instance(&self) -> u64 {
        self.instance
    }

    /// The same database for a process that counts by the days of `zone`: from now on it writes calls
    /// only while these are the days of the database, see [`business_zones`](crate::store::business_zones).
    #[must_use]
    pub fn in_zone(self, zone: BusinessZone) -> Self {
        Self {
            zone: Some(zone),
            ..self
        }
    }

    /// Opens a transaction for a short write; see [`Self::begin_in`].
    ///
    /// # Errors
    /// When no connection or lock was to be had in time.
    pub async fn begin(&self) -> Result<Transaction> {
        self.begin_in(Lane::Short).await
    }

    /// Opens a transaction that may write, when it is the turn of `lane`. On SQLite it takes the write
    /// lock at once, so that it cannot fail half-way because another process wrote in between.
    ///
    /// Whoever has one open must not ask for another: the two would wait for each other.
    ///
    /// # Errors
    /// When too many wait already, or no connection or lock was to be had in time.
    pub async fn begin_in(&self, lane: Lane) -> Result<Transaction> {
        let place = self.enter(lane).await?;
        let begun = self.begun().await;
        let inner = begun
            .map_err(StoreError::from)
            .inspect_err(|error| self.health.failed(error))?;
        Ok(Transaction::new(
            inner,
            self.changes.clone(),
            self.zone,
            self.health.clone(),
            self.growth.clone(),
            place,
        ))
    }

    async fn begun(&self) -> Result<sea_orm::DatabaseTransaction, DbErr> {
        let sqlite = self.is_sqlite();
        let options = TransactionOptions {
            sqlite_transaction_mode: sqlite.then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        if sqlite {
            return self.write.begin_with_options(options).await;
        }
        // Carried to its end, even if nobody waits for it any more: sqlx does not know that it has to
        // roll back what it began before PostgreSQL's answer came.
        let write = self.write.clone();
        tokio::spawn(async move { write.begin_with_options(options).await })
            .await
            .map_err(|error| DbErr::Custom(error.to_string()))?
    }

    /// The same database, with foreign keys off for what is written through it. On SQLite they would delete
    /// what refers to a table that is dropped to be put in another's place, and a transaction cannot turn
    /// them off; PostgreSQL has no need of it.
    ///
    /// # Errors
    /// When it cannot be opened once more.
    pub(in crate::store) async fn without_foreign_keys(&self) -> Result<Self> {
        if self.write.get_database_backend() != DatabaseBackend::Sqlite {
            return Ok(self.clone());
        }
        let options = self.write.get_sqlite_connection_pool().connect_options();
        let options = options.as_ref().clone().foreign_keys(false);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await
            .map_err(|error| StoreError::cannot_open(&self.place, &error))?;
        Ok(Self {
            write: SqlxSqliteConnector::from_sqlx_sqlite_pool(pool),
            ..self.clone()
        })
    }

    /// Closes what [`Self::without_foreign_keys`] opened beside `db`.
    pub(in crate::store) async fn close_apart(self, db: &Self) {
        if db.write.get_database_backend() == DatabaseBackend::Sqlite
            && let Err(error) = self.write.close().await
        {
            tracing::warn!(%error, "a database connection did not close cleanly");
        }
    }

    /// Does a short piece of work in a transaction that may write: all of it, or nothing when it fails.
    ///
    /// # Errors
    /// What `work` fails with, or when the transaction cannot be opened or committed.
    pub async fn transaction<T>(
        &self,
        work: impl AsyncFnOnce(&Transaction) -> Result<T>,
    ) -> Result<T> {
        self.transaction_in(Lane::Short, work).await
    }

    /// The same when it is the turn of `lane`.
    ///
    /// # Errors
    /// What `work` fails with, or when the transaction cannot be opened or committed.
    pub async fn transaction_in<T>(
        &self,
        lane: Lane,
        work: impl AsyncFnOnce(&Transaction) -> Result<T>,
    ) -> Result<T> {
        let tx = self.begin_in(lane).await?;
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

/// What was opened: to read with, to write with, and by how many at once.
type Opened = (DatabaseConnection, DatabaseConnection, Places);

async fn connect_sqlite(
    file: SqliteConnectOptions,
    options: ConnectOptions,
) -> Result<Opened, sqlx::Error> {
    let path = file.get_filename();
    if options.create {
        if let Some(folder) = path.parent() {
            make_private_folder(folder)?;
        }
        private_files::make(path);
    }
    private_files::narrow(path);
    let file = file
        .create_if_missing(options.create)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(options.acquire_timeout)
        .pragma("cache_size", "-16000")
        .collation(dialect::BY_HASH, by_hash)
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
    Ok((
        SqlxSqliteConnector::from_sqlx_sqlite_pool(read),
        SqlxSqliteConnector::from_sqlx_sqlite_pool(write),
        options.places(1),
    ))
}

async fn connect_postgres(url: &str, options: ConnectOptions) -> Result<Opened, sqlx::Error> {
    let timeout = options.statement_timeout.as_millis().to_string();
    let server = PgConnectOptions::from_str(url)?
        .application_name("dialgraph")
        .statement_cache_capacity(128)
        .options([("statement_timeout", timeout.as_str())]);
    // The pool would try again until its time-out, and then say no more than that it was over.
    PgConnection::connect_with(&server).await?.close().await?;
    let pool = |connections| {
        PgPoolOptions::new()
            .max_connections(connections)
            .test_before_acquire(false)
            .acquire_timeout(options.acquire_timeout)
    };
    let read = pool(options.readers()).connect_with(server.clone()).await?;
    let write = pool(options.writers()).connect_lazy_with(server);
    Ok((
        SqlxPostgresConnector::from_sqlx_postgres_pool(read),
        SqlxPostgresConnector::from_sqlx_postgres_pool(write),
        options.places(options.writers()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_of_the_connections_writes_and_one_of_them_is_for_short_writes() {
        // Most connections; readers, writers, of these for long writes, of those for the background.
        for (most, readers, writers, long, background) in [
            (2, 1, 1, 1, 1),
            (6, 4, 2, 1, 1),
            (10, 7, 3, 2, 1),
            (16, 11, 5, 4, 2),
            (40, 32, 8, 7, 4),
            (200, 192, 8, 7, 4),
        ] {
            let options = ConnectOptions {
                max_connections: most,
                ..ConnectOptions::default()
            };
            let places = options.places(options.writers());
            assert_eq!(
                (
                    options.readers(),
                    places.all,
                    places.long,
                    places.background
                ),
                (readers, writers, long, background),
                "{most}"
            );
        }
        assert!((10..=40).contains(&default_connections()));
    }
}
