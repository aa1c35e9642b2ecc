//! Where the database is, and what is wrong with an address that is none.

use std::{fmt, path::Path, str::FromStr};

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{
    postgres::{PgConnectOptions, PgSslMode},
    sqlite::SqliteConnectOptions,
};

/// Where the database is: `sqlite://path` or `postgres://…`. May hold a password.
#[derive(Debug, Clone)]
pub struct DatabaseUrl(pub(super) Address);

#[derive(Debug, Clone)]
pub(super) enum Address {
    File(Box<SqliteConnectOptions>),
    Server(SecretString),
}

/// The forms that are taken.
const FORMS: &str =
    "it must be sqlite://PATH (a file, not :memory:) or postgres://USER:PASSWORD@HOST/NAME";

/// Why a text is no address of a database that is supported. Says nothing that may be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDatabaseUrl {
    /// It has another beginning.
    #[error("`{0}` is no kind of database that is supported: {FORMS}")]
    Kind(String),
    /// It has none, or names no file that can be one.
    #[error("{FORMS}")]
    Form,
    /// It goes on in another way than with two slashes.
    #[error("`{0}:` must be followed by two slashes: {FORMS}")]
    Slashes(String),
    /// It names no database.
    #[error("the name of the database is missing: write postgres://USER:PASSWORD@HOST/NAME")]
    Name,
    /// There are blanks in it.
    #[error("there is a blank in it: write %20 for one that belongs there")]
    Blank,
    /// What is taken for the port is none.
    #[error(
        "the port must be a number of 1 to 65535; in the name and the password write @ as %40, : as %3A, / as %2F, # as %23, ? as %3F and % as %25"
    )]
    Port,
    /// A sign that means something else there.
    #[error(
        "it cannot be read: in the name and the password write @ as %40, : as %3A, / as %2F, # as %23, ? as %3F and % as %25"
    )]
    Encoding,
    /// There is no such mode.
    #[error(
        "`sslmode={0}` is no mode of encryption: it must be disable, allow, prefer, require, verify-ca or verify-full"
    )]
    SslMode(String),
    /// There is no such parameter, and whoever wrote it counts on encryption.
    #[error(
        "there is no parameter `{0}`: those of encryption are sslmode, sslrootcert, sslcert and sslkey"
    )]
    Parameter(String),
    /// What a SQLite address has behind its question mark.
    #[error(
        "what follows the `?` cannot be read: SQLite takes mode (ro, rw or rwc), cache, immutable and vfs"
    )]
    FileParameter,
}

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        let (kind, rest) = text.split_once(':').ok_or(InvalidDatabaseUrl::Form)?;
        match kind {
            "sqlite" => file(text, rest),
            "postgres" | "postgresql" => server(text, kind, rest),
            _ if !rest.starts_with("//") => Err(InvalidDatabaseUrl::Form),
            kind => Err(InvalidDatabaseUrl::Kind(kind.to_owned())),
        }
    }
}

fn file(text: &str, path: &str) -> Result<DatabaseUrl, InvalidDatabaseUrl> {
    let name = path.trim_start_matches('/');
    let is_memory = path.contains(":memory:") || path.contains("mode=memory");
    if name.is_empty() || name.starts_with('?') || is_memory {
        return Err(InvalidDatabaseUrl::Form);
    }
    let options = SqliteConnectOptions::from_str(text);
    let options = options.map_err(|_| InvalidDatabaseUrl::FileParameter)?;
    Ok(DatabaseUrl(Address::File(Box::new(options))))
}

fn server(text: &str, kind: &str, rest: &str) -> Result<DatabaseUrl, InvalidDatabaseUrl> {
    let Some(rest) = rest.strip_prefix("//") else {
        return Err(InvalidDatabaseUrl::Slashes(kind.to_owned()));
    };
    if text.contains(char::is_whitespace) {
        return Err(InvalidDatabaseUrl::Blank);
    }
    if rest.contains('#') {
        return Err(InvalidDatabaseUrl::Encoding);
    }
    let (place, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, _) = place.split_once('/').unwrap_or((place, ""));
    check_port(authority)?;
    check_parameters(parameters)?;
    // What sqlx says of it may repeat a part of the password.
    let options = PgConnectOptions::from_str(text).map_err(|_| InvalidDatabaseUrl::Encoding)?;
    if options.get_database().is_none_or(str::is_empty) {
        return Err(InvalidDatabaseUrl::Name);
    }
    Ok(DatabaseUrl(Address::Server(text.into())))
}

fn check_port(authority: &str) -> Result<(), InvalidDatabaseUrl> {
    let (_, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    // The colons of an IPv6 address stand in brackets.
    let (_, after) = host.rsplit_once(']').unwrap_or(("", host));
    match after.rsplit_once(':') {
        Some((_, port)) if port.parse::<u16>().is_ok_and(|port| port > 0) => Ok(()),
        Some((_, "")) | None => Ok(()),
        Some(_) => Err(InvalidDatabaseUrl::Port),
    }
}

fn check_parameters(parameters: &str) -> Result<(), InvalidDatabaseUrl> {
    const KNOWN: [&str; 9] = [
        "sslmode",
        "ssl-mode",
        "sslrootcert",
        "ssl-root-cert",
        "ssl-ca",
        "sslcert",
        "ssl-cert",
        "sslkey",
        "ssl-key",
    ];
    for parameter in parameters.split('&') {
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if key.to_ascii_lowercase().starts_with("ssl") && !KNOWN.contains(&key) {
            return Err(InvalidDatabaseUrl::Parameter(key.to_owned()));
        }
        if matches!(key, "sslmode" | "ssl-mode") && PgSslMode::from_str(value).is_err() {
            return Err(InvalidDatabaseUrl::SslMode(value.to_owned()));
        }
        if key == "port" && !value.parse::<u16>().is_ok_and(|port| port > 0) {
            return Err(InvalidDatabaseUrl::Port);
        }
    }
    Ok(())
}

impl DatabaseUrl {
    /// The SQLite database in the file at `path`.
    #[must_use]
    pub fn sqlite_file(path: &Path) -> Self {
        let options = SqliteConnectOptions::new().filename(path);
        Self(Address::File(Box::new(options)))
    }

    /// Which database this is, without a password.
    #[must_use]
    pub fn place(&self) -> DatabasePlace {
        match &self.0 {
            Address::File(file) => DatabasePlace {
                kind: "SQLite",
                host: None,
                role: None,
                name: file.get_filename().display().to_string(),
            },
            Address::Server(url) => {
                let options = PgConnectOptions::from_str(url.expose_secret());
                let options = options.unwrap_or_else(|_| PgConnectOptions::new_without_pgpass());
                let host = match options.get_socket() {
                    Some(folder) => folder.display().to_string(),
                    None => format!("{}:{}", options.get_host(), options.get_port()),
                };
                DatabasePlace {
                    kind: "PostgreSQL",
                    host: Some(host),
                    role: Some(options.get_username().to_owned()),
                    name: options.get_database().unwrap_or_default().to_owned(),
                }
            }
        }
    }
}

/// Which database it is, for people. Without a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabasePlace {
    /// `SQLite` or `PostgreSQL`.
    pub kind: &'static str,
    /// Host and port of a server, or the folder of its socket.
    pub host: Option<String>,
    /// The role that comes in there.
    pub role: Option<String>,
    /// The database's name, or the file.
    pub name: String,
}

impl fmt::Display for DatabasePlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, name, .. } = self;
        match (&self.host, &self.role) {
            (Some(host), Some(role)) => {
                write!(formatter, "the {kind} database {name} at {host} as {role}")
            }
            _ => write!(formatter, "the {kind} file {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> String {
        url.parse::<DatabaseUrl>().unwrap_err().to_string()
    }

    #[test]
    fn only_files_and_servers_are_databases() {
        for url in [
            "sqlite://x.db",
            "sqlite:x.db",
            "sqlite:///var/x.db",
            "sqlite://my files/x.db?mode=rwc",
            "postgres://me:pw@host/db",
            "postgres://me:p%40w@[::1]:5433/db?sslmode=verify-full",
            "postgres:///db?host=/run/postgresql&port=5433",
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
            assert!(refused(url).contains(FORMS), "{url}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_and_what_is_allowed() {
        for (url, said) in [
            ("postgress://me:pa55word@host/db", "`postgress` is no kind"),
            ("postgres:/x", "`postgres:` must be followed by two slashes"),
            (
                "postgresql:x",
                "`postgresql:` must be followed by two slashes",
            ),
            ("postgres://me:pa55word@host", "the name of the database"),
            ("postgres://me:pa55word@host/", "the name of the database"),
            ("postgres://me:pa55word@host:99999/db", "1 to 65535"),
            ("postgres://me:pa55word@host:0/db", "1 to 65535"),
            ("postgres://me:pa55word@host/db?port=x", "1 to 65535"),
            ("postgres://me:pa55word/9@host/db", "/ as %2F"),
            ("postgres://me:pa55#word@host/db", "# as %23"),
            ("postgres://me:pa55word@host/my db", "write %20"),
            (
                "postgres://me:pa55word@host/db?sslmode=full",
                "`sslmode=full` is no mode",
            ),
            (
                "postgres://me:pa55word@host/db?sslmod=require",
                "no parameter `sslmod`",
            ),
            ("sqlite://x.db?mode=read", "mode (ro, rw or rwc)"),
        ] {
            let message = refused(url);
            assert!(message.contains(said), "{url}: {message}");
            assert!(!message.contains("pa55"), "{message}");
        }
    }

    #[test]
    fn a_password_is_never_printed() {
        let url: DatabaseUrl = "postgres://me:pa55word@host/db".parse().unwrap();
        assert!(!format!("{url:?}").contains("pa55word"));
        assert_eq!(
            url.place().to_string(),
            "the PostgreSQL database db at host:5432 as me"
        );
    }
}
