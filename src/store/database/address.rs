//! Where the database is, and what is wrong with an address that is none.

use std::{fmt, net::IpAddr, path::Path, str::FromStr};

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{
    postgres::{PgConnectOptions, PgSslMode},
    sqlite::SqliteConnectOptions,
};

/// Where the database is: `sqlite://path` or `postgres://…`. May hold a password.
#[derive(Debug, Clone)]
pub struct DatabaseUrl(pub(in crate::store) Address);

#[derive(Debug, Clone)]
pub(in crate::store) enum Address {
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
    /// It names no user, and nothing else does.
    #[error("it names no user: write postgres://USER:PASSWORD@HOST/NAME, or set PGUSER")]
    User,
    /// There is a user, and no host after it.
    #[error(
        "the host is missing behind the @: write postgres://USER@HOST/NAME, or postgres:///NAME?host=FOLDER&user=USER for a socket"
    )]
    Host,
    /// A parameter with a value that it cannot have.
    #[error("`{name}={value}` is not taken: it must be {allowed}")]
    Value {
        /// The parameter.
        name: String,
        /// What it was given.
        value: String,
        /// What it may be.
        allowed: &'static str,
    },
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
    check_host(authority)?;
    check_parameters(parameters)?;
    // What sqlx says of it may repeat a part of the password.
    let options = PgConnectOptions::from_str(text).map_err(|_| InvalidDatabaseUrl::Encoding)?;
    if options.get_database().is_none_or(str::is_empty) {
        return Err(InvalidDatabaseUrl::Name);
    }
    let variable = std::env::var("PGUSER").ok();
    if !names_user(authority, parameters)
        && !is_user_known(variable.as_deref(), options.get_username())
    {
        return Err(InvalidDatabaseUrl::User);
    }
    Ok(DatabaseUrl(Address::Server(text.into())))
}

/// Whether a user stands in the address itself.
fn names_user(authority: &str, parameters: &str) -> bool {
    let (credentials, _) = authority.rsplit_once('@').unwrap_or(("", authority));
    let has_user = !credentials.is_empty() && !credentials.starts_with(':');
    let mut parameters = parameters.split('&');
    has_user || parameters.any(|parameter| parameter.starts_with("user=") && parameter != "user=")
}

/// Whether there is a user beside the address: what `PGUSER` says, or the name that sqlx read from the
/// system. Where that does not give it, sqlx puts one of these words in its place.
fn is_user_known(variable: Option<&str>, of_system: &str) -> bool {
    match variable {
        Some(user) => !user.is_empty(),
        None => !matches!(of_system, "" | "anonymous" | "unknown"),
    }
}

fn check_host(authority: &str) -> Result<(), InvalidDatabaseUrl> {
    match authority.rsplit_once('@') {
        Some((_, host)) if host.is_empty() || host.starts_with(':') => {
            Err(InvalidDatabaseUrl::Host)
        }
        _ => Ok(()),
    }
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
        let is_allowed = match key {
            "hostaddr" => value.parse::<IpAddr>().is_ok(),
            "statement-cache-capacity" => value.parse::<usize>().is_ok(),
            _ => true,
        };
        if !is_allowed {
            return Err(InvalidDatabaseUrl::Value {
                name: key.to_owned(),
                value: value.to_owned(),
                allowed: match key {
                    "hostaddr" => "an IP address",
                    _ => "a whole number",
                },
            });
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

    /// The file of a SQLite database.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match &self.0 {
            Address::File(file) => Some(file.get_filename()),
            Address::Server(_) => None,
        }
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

impl DatabasePlace {
    /// Which database it is, in Chinese.
    #[must_use]
    pub fn in_chinese(&self) -> String {
        let Self { kind, name, .. } = self;
        match (&self.host, &self.role) {
            (Some(host), Some(role)) => {
                format!("{kind} 数据库 {name}，位于 {host}，用户 {role}")
            }
            _ => format!("{kind} 文件 {name}"),
        }
    }
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
            "postgres:///db?host=/run/postgresql&port=5433&user=me",
            "postgresql://me@host/db",
            "postgres://host/db?user=me",
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
            ("postgres://me:pa55word@/db", "the host is missing"),
            ("postgres://me@:5432/db?host=/run", "the host is missing"),
            (
                "postgres://me:pa55word@host/db?hostaddr=localhost",
                "`hostaddr=localhost` is not taken: it must be an IP address",
            ),
            (
                "postgres://me@host/db?statement-cache-capacity=-1",
                "it must be a whole number",
            ),
            ("sqlite://x.db?mode=read", "mode (ro, rw or rwc)"),
        ] {
            let message = refused(url);
            assert!(message.contains(said), "{url}: {message}");
            assert!(!message.contains("pa55"), "{message}");
        }
    }

    #[test]
    fn a_user_stands_in_the_address_or_is_known_from_elsewhere() {
        for (authority, parameters, expected) in [
            ("me@host", "", true),
            ("me:pw@host:5432", "sslmode=require", true),
            ("host", "sslmode=require&user=me", true),
            ("", "host=/run/postgresql&user=me", true),
            ("host", "", false),
            ("", "", false),
            (":pw@host", "", false),
            ("@host", "", false),
            ("host", "user=", false),
            ("", "host=/run/postgresql&application_name=user", false),
        ] {
            let named = names_user(authority, parameters);
            assert_eq!(named, expected, "{authority}?{parameters}");
        }
        for (variable, of_system, expected) in [
            (None, "anonymous", false),
            (None, "unknown", false),
            (None, "limei", true),
            (Some("anonymous"), "anonymous", true),
            (Some("me"), "anonymous", true),
            (Some(""), "", false),
        ] {
            let known = is_user_known(variable, of_system);
            assert_eq!(known, expected, "{variable:?} {of_system}");
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
        assert_eq!(
            url.place().in_chinese(),
            "PostgreSQL 数据库 db，位于 host:5432，用户 me"
        );
    }

    #[test]
    fn a_file_is_named_in_both_languages() {
        let url = DatabaseUrl::sqlite_file(Path::new("data/x.db"));
        assert_eq!(url.file(), Some(Path::new("data/x.db")));
        assert_eq!(url.place().to_string(), "the SQLite file data/x.db");
        assert_eq!(url.place().in_chinese(), "SQLite 文件 data/x.db");
    }
}
