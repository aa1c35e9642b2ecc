use std::path::PathBuf;

use clap::Args;

use crate::{
    domain::fields::given,
    store::{ConnectOptions, DatabaseUrl, InvalidDatabaseUrl},
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

    /// Most connections to PostgreSQL at a time; most readers of a SQLite file (1-200)
    #[arg(long, env = "DATABASE_MAX_CONNECTIONS", default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=200))]
    max_connections: u32,
}

impl DatabaseArgs {
    /// The database; `file` names the SQLite file where none is given. Not checked by the parser of
    /// the command line, which would repeat the address, password and all.
    ///
    /// # Errors
    /// For an address that is no database's.
    pub fn url(&self, file: &str) -> Result<DatabaseUrl, InvalidDatabaseUrl> {
        match self.database_url.as_deref().and_then(given) {
            Some(url) => url.parse(),
            None => Ok(DatabaseUrl::sqlite_file(&self.data_dir.join(file))),
        }
    }

    /// How to open it.
    #[must_use]
    pub fn options(&self) -> ConnectOptions {
        ConnectOptions {
            max_connections: self.max_connections,
            ..ConnectOptions::default()
        }
    }
}
