//! The database: which one, and what is asked of it as a whole.

use std::str::FromStr;

use anyhow::{Context as _, bail};
use clap::Args;
use sqlx::{
    AssertSqlSafe, Connection as _, PgConnection, SqliteConnection,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};

/// Where the data is.
#[derive(Debug, Args)]
pub struct DatabaseArgs {
    /// `sqlite://PATH` or `postgres://USER:PASSWORD@HOST/NAME`
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
}

/// Arguments of `create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Arguments of `analyze`.
#[derive(Debug, Args)]
pub struct AnalyzeArgs {
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Arguments of `backends`.
#[derive(Debug, Args)]
pub struct BackendsArgs {
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Arguments of `tls`.
#[derive(Debug, Args)]
pub struct TlsArgs {
    #[command(flatten)]
    database: DatabaseArgs,
}

/// A connection to either kind.
pub enum Connection {
    /// To a server.
    Postgres(PgConnection),
    /// To a file.
    Sqlite(SqliteConnection),
}

impl DatabaseArgs {
    /// Opens a connection.
    pub async fn connect(&self) -> anyhow::Result<Connection> {
        let url = self.database_url.as_str();
        Ok(if url.starts_with("sqlite:") {
            let file = SqliteConnectOptions::from_str(url)?
                .journal_mode(SqliteJournalMode::Wal)
                .foreign_keys(true);
            Connection::Sqlite(SqliteConnection::connect_with(&file).await?)
        } else {
            Connection::Postgres(PgConnection::connect_with(&self.server()?).await?)
        })
    }

    /// The server, for what is not done with a file.
    pub fn server(&self) -> anyhow::Result<PgConnectOptions> {
        if self.database_url.starts_with("sqlite:") {
            bail!("this is only done with PostgreSQL");
        }
        Ok(PgConnectOptions::from_str(&self.database_url)?.application_name("bench-reads"))
    }
}

impl Connection {
    /// Executes statements that give nothing back.
    pub async fn execute(&mut self, statements: &str) -> anyhow::Result<()> {
        let statements = sqlx::raw_sql(AssertSqlSafe(statements));
        match self {
            Self::Postgres(connection) => statements.execute(connection).await.map(|_| ())?,
            Self::Sqlite(connection) => statements.execute(connection).await.map(|_| ())?,
        }
        Ok(())
    }

    /// The first column of the rows of a query, which is a number.
    pub async fn numbers(&mut self, query: &str) -> anyhow::Result<Vec<i64>> {
        let query = AssertSqlSafe(query);
        Ok(match self {
            Self::Postgres(connection) => sqlx::query_scalar(query).fetch_all(connection).await?,
            Self::Sqlite(connection) => sqlx::query_scalar(query).fetch_all(connection).await?,
        })
    }

    /// The first column of the rows of a query, which is a text.
    pub async fn texts(&mut self, query: &str) -> anyhow::Result<Vec<String>> {
        let query = AssertSqlSafe(query);
        Ok(match self {
            Self::Postgres(connection) => sqlx::query_scalar(query).fetch_all(connection).await?,
            Self::Sqlite(connection) => sqlx::query_scalar(query).fetch_all(connection).await?,
        })
    }

    /// The number that a query is about.
    pub async fn number(&mut self, query: &str) -> anyhow::Result<i64> {
        let numbers = self.numbers(query).await?;
        numbers.first().copied().context("no row")
    }
}

/// Makes a database on a server if it has none of this name. A file is made by whoever opens it.
pub async fn create(arguments: CreateArgs) -> anyhow::Result<()> {
    if arguments.database.database_url.starts_with("sqlite:") {
        return Ok(());
    }
    let server = arguments.database.server()?;
    let Err(missing) = PgConnection::connect_with(&server).await else {
        return Ok(());
    };
    // 3D000: there is no such database.
    let code = missing
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    let name = match (code.as_deref(), server.get_database()) {
        (Some("3D000"), Some(name)) => name.to_owned(),
        _ => return Err(missing.into()),
    };
    let server = PgConnection::connect_with(&server.database("postgres")).await?;
    let quoted = name.replace('"', "\"\"");
    Connection::Postgres(server)
        .execute(&format!("CREATE DATABASE \"{quoted}\""))
        .await
}

/// Statistics, and on PostgreSQL what makes index-only scans possible.
pub async fn analyze(arguments: AnalyzeArgs) -> anyhow::Result<()> {
    let mut connection = arguments.database.connect().await?;
    let statement = match connection {
        Connection::Postgres(_) => "VACUUM (ANALYZE)",
        Connection::Sqlite(_) => "ANALYZE",
    };
    connection.execute(statement).await
}

/// Prints process ids, one a line.
pub async fn backends(arguments: BackendsArgs) -> anyhow::Result<()> {
    arguments.database.server()?;
    let mut connection = arguments.database.connect().await?;
    let query = "SELECT pid::bigint FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()";
    for pid in connection.numbers(query).await? {
        println!("{pid}");
    }
    Ok(())
}

/// Prints a line for each program: its name, and whether its connections are encrypted.
pub async fn tls(arguments: TlsArgs) -> anyhow::Result<()> {
    arguments.database.server()?;
    let mut connection = arguments.database.connect().await?;
    let query = "SELECT CASE application_name WHEN 'bench-reads' THEN 'floor' \
                     WHEN '' THEN 'others' ELSE application_name END \
                 || CASE WHEN bool_and(ssl) THEN ': TLS' WHEN bool_or(ssl) THEN ': TLS in part' \
                     ELSE ': no TLS' END \
                 FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) \
                 WHERE datname = current_database() AND backend_type = 'client backend' \
                     AND pid <> pg_backend_pid() \
                 GROUP BY application_name ORDER BY 1";
    for line in connection.texts(query).await? {
        println!("{line}");
    }
    Ok(())
}
