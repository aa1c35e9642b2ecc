//! Databases of the benchmark's own: made, used and dropped.

use std::str::FromStr as _;

use anyhow::Context as _;
use dialgraph::store::{ConnectOptions, Database, DatabaseUrl, schema};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, postgres::PgConnectOptions};
use tempfile::TempDir;

/// Where databases are made.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    /// In a file of this folder.
    File(&'a TempDir),
    /// On this server.
    Server(&'a str),
}

/// An empty database, migrated, which is dropped at the end.
pub struct Bench {
    /// Open, as the service opens it.
    pub db: Database,
    server: Option<(PgConnection, String)>,
}

impl Bench {
    /// Makes one that goes by `name`.
    pub async fn create(place: Place<'_>, name: &str) -> anyhow::Result<Self> {
        let (url, server) = match place {
            Place::File(folder) => {
                let path = folder.path().join(format!("{name}.db"));
                (DatabaseUrl::sqlite_file(&path), None)
            }
            Place::Server(url) => {
                let name = format!("dialgraph_bench_{name}_{}", std::process::id());
                let mut server =
                    PgConnection::connect_with(&PgConnectOptions::from_str(url)?).await?;
                let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
                sqlx::raw_sql(create).execute(&mut server).await?;
                (in_database(url, &name)?, Some((server, name)))
            }
        };
        let db = Database::connect(&url, ConnectOptions::default()).await?;
        schema::up(&db, None).await?;
        Ok(Self { db, server })
    }

    /// Brings the statistics up to date, and writes what is held back.
    pub async fn settle(&self) -> anyhow::Result<()> {
        if self.server.is_some() {
            let pool = self.db.write().get_postgres_connection_pool();
            for statement in ["VACUUM ANALYZE", "CHECKPOINT"] {
                sqlx::raw_sql(statement).execute(pool).await?;
            }
        } else {
            let pool = self.db.write().get_sqlite_connection_pool();
            sqlx::raw_sql("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)")
                .execute(pool)
                .await?;
        }
        Ok(())
    }

    /// Drops it.
    pub async fn drop(self) -> anyhow::Result<()> {
        self.db.close().await;
        if let Some((mut server, name)) = self.server {
            let drop = AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"));
            sqlx::raw_sql(drop).execute(&mut server).await?;
        }
        Ok(())
    }
}

/// The URL with another name of the database.
fn in_database(url: &str, name: &str) -> anyhow::Result<DatabaseUrl> {
    let (rest, options) = url.split_once('?').unwrap_or((url, ""));
    let (server, _) = rest
        .rsplit_once('/')
        .context("the URL has to name a database")?;
    Ok(format!("{server}/{name}?{options}").parse()?)
}
