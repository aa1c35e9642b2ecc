//! Telling changes on: to the listeners of this process, and through PostgreSQL's `LISTEN` and
//! `NOTIFY` to the other instances on the same database.
//!
//! `NOTIFY` takes a lock of the whole server when its transaction commits. So it is not part of
//! the transactions that change something: one statement a second, at most, tells of all of them.

use std::{collections::BTreeSet, time::Duration};

use sea_orm::{ConnectionTrait as _, DatabaseBackend, Statement};
use sqlx::{
    PgPool,
    postgres::{PgListener, PgPoolOptions},
};
use tokio_util::sync::CancellationToken;

use crate::store::{
    Database, Lane, Result,
    changes::{Change, Changes},
};

/// The channel in the database.
const CHANNEL: &str = "dialgraph_changes";
/// So many changes go into one notification, which may have 8,000 bytes.
const A_NOTIFICATION: usize = 200;
/// The pauses before the database is asked again.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How long the database may take to pass something on, or to say that it is there.
const PATIENCE: Duration = Duration::from_secs(5);
/// After such a silence the database is asked whether it is there still: a connection may be lost
/// without a word.
const SILENCE: Duration = Duration::from_mins(1);

/// What the connection of an instance that listens is called, by which instances are counted.
const LISTENER: &str = "dialgraph listener";

/// Who is on a PostgreSQL database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sharing {
    /// Processes of the service that listen at present.
    pub instances: i64,
    /// Connections that the server gives to roles that are no superuser.
    pub connections: i64,
}

impl Database {
    /// Tells listeners here and elsewhere what is committed, and those here what is committed
    /// elsewhere, until `stop`. Failures are logged, and tried again.
    pub async fn follow_changes(&self, stop: CancellationToken) {
        let hear = async {
            if let Some(pool) = self.postgres() {
                hear(pool, self.changes(), self.instance()).await;
            }
        };
        let hear = Box::pin(stop.run_until_cancelled(hear));
        tokio::join!(self.tell_changes(&stop), hear);
    }

    /// Tells listeners here and elsewhere what is committed, until `stop`.
    pub async fn tell_changes(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            stop.run_until_cancelled(self.changes().some()).await;
            self.tell_rest().await;
            stop.run_until_cancelled(self.changes().pause()).await;
        }
        self.tell_rest().await;
    }

    /// Tells what was committed up to now.
    pub(in crate::store) async fn tell_rest(&self) {
        let changes = self.changes().take();
        for change in &changes {
            self.changes().publish(*change);
        }
        let Some(pool) = self.postgres() else {
            return;
        };
        let changes = self.changes().unsent(changes);
        // Listeners here wait for this meanwhile, and so does the end of the service.
        let notified = in_time(async {
            let _place = self
                .enter(Lane::Short)
                .await
                .map_err(std::io::Error::other)?;
            notify(pool, self.instance(), &changes).await
        });
        if let Err(error) = notified.await {
            tracing::warn!(%error, "other instances could not be told what changed; trying again");
            self.changes().keep_unsent(changes);
        }
    }

    /// How many processes of the service are on this PostgreSQL database, and how many connections its
    /// server gives to those who are no superuser; `None` on SQLite.
    ///
    /// # Errors
    /// When the database does not say.
    pub async fn sharing(&self) -> Result<Option<Sharing>> {
        if self.is_sqlite() {
            return Ok(None);
        }
        // What is reserved for others has other names before version 16.
        let sql = "SELECT (SELECT count(*) FROM pg_stat_activity \
                   WHERE datname = current_database() AND application_name = $1), \
                   (SELECT sum(CASE name WHEN 'max_connections' THEN setting::bigint \
                   ELSE -setting::bigint END) FROM pg_settings WHERE name IN \
                   ('max_connections', 'superuser_reserved_connections', 'reserved_connections'))::bigint";
        let values = [LISTENER.into()];
        let statement = Statement::from_sql_and_values(DatabaseBackend::Postgres, sql, values);
        let row = self.read().query_one_raw(statement).await?;
        let Some(row) = row else { return Ok(None) };
        let (instances, connections): (i64, i64) = (row.try_get_by(0)?, row.try_get_by(1)?);
        Ok(Some(Sharing {
            instances,
            connections,
        }))
    }

    fn postgres(&self) -> Option<&PgPool> {
        let connection = self.write();
        let is_postgres = connection.get_database_backend() == DatabaseBackend::Postgres;
        is_postgres.then(|| connection.get_postgres_connection_pool())
    }
}

async fn notify(pool: &PgPool, instance: u64, changes: &BTreeSet<Change>) -> sqlx::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let changes: Vec<String> = changes.iter().map(Change::to_string).collect();
    let payloads: Vec<String> = changes
        .chunks(A_NOTIFICATION)
        .map(|changes| format!("{instance:016x} {}", changes.join(" ")))
        .collect();
    sqlx::query("SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload")
        .bind(CHANNEL)
        .bind(payloads)
        .execute(pool)
        .await?;
    Ok(())
}

/// What the database answers, if it does so in time.
async fn in_time<T>(answer: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    let in_time = tokio::time::timeout(PATIENCE, answer).await;
    in_time.unwrap_or_else(|late| Err(std::io::Error::from(late).into()))
}

/// Listens for ever, on a connection of its own: the pool's are for work.
async fn hear(pool: &PgPool, changes: &Changes, instance: u64) {
    let mut pause = FIRST_PAUSE;
    let mut is_first = true;
    loop {
        // A lost connection would take the only place of its pool for a while yet.
        let own = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .connect_lazy_with(
                pool.connect_options()
                    .as_ref()
                    .clone()
                    .application_name(LISTENER),
            );
        let heard = listen(&own, changes, instance, is_first, &mut pause).await;
        let Err(error) = heard;
        tracing::warn!(%error, "what other instances change is not heard; trying again");
        is_first = false;
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn listen(
    pool: &PgPool,
    changes: &Changes,
    instance: u64,
    is_first: bool,
    pause: &mut Duration,
) -> sqlx::Result<std::convert::Infallible> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    *pause = FIRST_PAUSE;
    if !is_first {
        changes.publish(Change::Anything);
    }
    loop {
        match tokio::time::timeout(SILENCE, listener.try_recv()).await {
            Ok(heard) => match heard? {
                Some(notification) => publish(changes, notification.payload(), instance),
                // The connection was lost, and made anew: nobody knows what was said meanwhile.
                None => changes.publish(Change::Anything),
            },
            Err(_) => {
                in_time(sqlx::query("SELECT 1").execute(&mut listener)).await?;
            }
        }
    }
}

/// What another instance said. What this one says has been told already.
fn publish(changes: &Changes, payload: &str, instance: u64) {
    let mut words = payload.split(' ');
    let said_by = words.next().map(|word| u64::from_str_radix(word, 16));
    if said_by == Some(Ok(instance)) {
        return;
    }
    for word in words {
        changes.publish(word.parse().unwrap_or(Change::Anything));
    }
}
