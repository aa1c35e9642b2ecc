use std::path::PathBuf;

use clap::Args;

use super::whole;
use crate::{
    domain::fields::given,
    store::{
        ConnectOptions, DatabaseUrl, InvalidDatabaseUrl, InvalidServerSetting, default_connections,
    },
};

/// Where the data is.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Database")]
pub struct DatabaseArgs {
    /// `sqlite://PATH` or `postgres://USER:PASSWORD@HOST/NAME`; a SQLite file in the data folder
    /// when not given
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,

    /// Folder for the SQLite file where no database is named; made when missing
    #[arg(long, env = "DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,

    /// Most connections of a process to PostgreSQL, a third of them (8 at most) to write with, and one
    /// more that listens; most readers of a SQLite file (2-200). By default four a processor, 10 at
    /// least, 40 at most
    #[arg(long, env = "DATABASE_MAX_CONNECTIONS",
        value_parser = whole::<u32>(2..=200))]
    max_connections: Option<u32>,

    /// How many writes of people may wait for their turn; more are refused with RATE_LIMITED (1-100000)
    #[arg(long, env = "DATABASE_WRITE_QUEUE", default_value_t = 500,
        value_parser = whole::<u32>(1..=100_000))]
    write_queue: u32,
}

/// The database cannot be opened as the configuration says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseConfigError {
    /// The address is none.
    #[error("DATABASE_URL: {0}")]
    Url(InvalidDatabaseUrl),
    /// What else says how to reach the server.
    #[error(transparent)]
    Server(#[from] InvalidServerSetting),
}

impl DatabaseArgs {
    /// Whether a database is named; else it is a SQLite file.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.database_url.as_deref().and_then(given).is_some()
    }

    /// The database; `file` names the SQLite file where none is given. Not checked by the parser of
    /// the command line, which would repeat the address, password and all.
    ///
    /// # Errors
    /// For an address that is no database's, and settings of PostgreSQL that would be passed over.
    pub fn url(&self, file: &str) -> Result<DatabaseUrl, DatabaseConfigError> {
        // Files that secrets come from end with a line break.
        let named = self.database_url.as_deref().map(str::trim);
        let Some(url) = named.and_then(given) else {
            return Ok(DatabaseUrl::sqlite_file(&self.data_dir.join(file)));
        };
        let url: DatabaseUrl = url.parse().map_err(DatabaseConfigError::Url)?;
        url.check_server_settings(|name| std::env::var(name).ok())?;
        Ok(url)
    }

    /// How to open it.
    #[must_use]
    pub fn options(&self) -> ConnectOptions {
        ConnectOptions {
            max_connections: self.max_connections.unwrap_or_else(default_connections),
            write_queue: usize::try_from(self.write_queue).unwrap_or(usize::MAX),
            ..ConnectOptions::default()
        }
    }
}
