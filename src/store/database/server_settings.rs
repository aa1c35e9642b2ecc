//! What says how to reach PostgreSQL beside the address: the variables that its own programs read, and the
//! files of certificates. sqlx passes over a variable that it cannot read, and does not say which file is
//! missing; whoever wrote `PGSSLMODE=verify_full` counts on what they wrote.

use std::{fs, net::IpAddr, path::Path, str::FromStr as _};

use percent_encoding::percent_decode_str;
use secrecy::ExposeSecret as _;
use sqlx::postgres::PgSslMode;

use crate::store::address::{Address, DatabaseUrl};

/// A setting of the connection to PostgreSQL that cannot be meant so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidServerSetting {
    /// A variable with a value that it cannot have.
    #[error("{name}: `{value}` is not taken: it must be {allowed}")]
    Value {
        /// The variable.
        name: &'static str,
        /// What it is set to.
        value: String,
        /// What it may be.
        allowed: &'static str,
    },
    /// A file that is not there, or not to be read.
    #[error("{setting}: `{path}` cannot be read: {reason}")]
    File {
        /// The variable, or the parameter of the address.
        setting: String,
        /// The file.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// A file that holds something else.
    #[error("{setting}: `{path}` holds no {wanted} in PEM form")]
    Content {
        /// The variable, or the parameter of the address.
        setting: String,
        /// The file.
        path: String,
        /// What should be in it.
        wanted: &'static str,
    },
    /// Half of a client's certificate.
    #[error("{given} is set, but {missing} is not: a client's certificate takes both")]
    Half {
        /// The variable or parameter that is set.
        given: String,
        /// The parameter that is missing.
        missing: &'static str,
    },
}

/// A file of certificates: the parameters of an address that name it, and the variable that does where
/// none of them is there.
struct Pem {
    parameters: &'static [&'static str],
    variable: &'static str,
    wanted: &'static str,
    sign: &'static str,
}

const ROOT: Pem = Pem {
    parameters: &["sslrootcert", "ssl-root-cert", "ssl-ca"],
    variable: "PGSSLROOTCERT",
    wanted: "certificate",
    sign: "-----BEGIN CERTIFICATE-----",
};
const CERTIFICATE: Pem = Pem {
    parameters: &["sslcert", "ssl-cert"],
    variable: "PGSSLCERT",
    ..ROOT
};
const KEY: Pem = Pem {
    parameters: &["sslkey", "ssl-key"],
    variable: "PGSSLKEY",
    wanted: "private key",
    sign: "PRIVATE KEY-----",
};

/// A setting: what it is called, and what it says.
type Setting = (String, String);

/// The parameters of an address, as it gives them.
struct Parameters<'a>(&'a str);

impl Parameters<'_> {
    /// The last of those that have one of `names`.
    fn find(&self, names: &[&str]) -> Option<Setting> {
        let mut pairs = self.0.split('&').filter_map(|pair| pair.split_once('='));
        let (name, value) = pairs.rfind(|(name, _)| names.contains(name))?;
        let value = value.replace('+', " ");
        let value = percent_decode_str(&value).decode_utf8_lossy().into_owned();
        Some((format!("DATABASE_URL: {name}"), value))
    }
}

impl DatabaseUrl {
    /// Checks what beside the address says how to reach PostgreSQL; `variable` reads the environment. An
    /// empty variable counts as none.
    ///
    /// # Errors
    /// [`InvalidServerSetting`] for what sqlx would pass over, and for files that cannot be used.
    pub fn check_server_settings(
        &self,
        variable: impl Fn(&'static str) -> Option<String>,
    ) -> Result<(), InvalidServerSetting> {
        let Address::Server(url) = &self.0 else {
            return Ok(());
        };
        let variable = |name| variable(name).filter(|value| !value.is_empty());
        check_values(&variable)?;
        let url = url.expose_secret();
        let (place, parameters) = url.split_once('?').unwrap_or((url, ""));
        let parameters = Parameters(parameters);
        check_password_file(place, &parameters, &variable)?;
        check_pem_files(&parameters, &variable)
    }
}

fn check_values(
    variable: &impl Fn(&'static str) -> Option<String>,
) -> Result<(), InvalidServerSetting> {
    type Check = (&'static str, fn(&str) -> bool, &'static str);
    const CHECKS: [Check; 3] = [
        (
            "PGSSLMODE",
            |text| PgSslMode::from_str(text).is_ok(),
            "disable, allow, prefer, require, verify-ca or verify-full",
        ),
        (
            "PGPORT",
            |text| text.parse::<u16>().is_ok_and(|port| port > 0),
            "a number of 1 to 65535",
        ),
        (
            "PGHOSTADDR",
            |text| text.parse::<IpAddr>().is_ok(),
            "an IP address (names are for PGHOST)",
        ),
    ];
    for (name, is_allowed, allowed) in CHECKS {
        if let Some(value) = variable(name).filter(|value| !is_allowed(value)) {
            return Err(InvalidServerSetting::Value {
                name,
                value,
                allowed,
            });
        }
    }
    Ok(())
}

/// The file is read only where no password is given.
fn check_password_file(
    place: &str,
    parameters: &Parameters<'_>,
    variable: &impl Fn(&'static str) -> Option<String>,
) -> Result<(), InvalidServerSetting> {
    let (_, authority) = place.split_once("//").unwrap_or_default();
    let (authority, _) = authority.split_once('/').unwrap_or((authority, ""));
    let (credentials, _) = authority.rsplit_once('@').unwrap_or_default();
    let has_password = credentials.contains(':')
        || parameters.find(&["password"]).is_some()
        || variable("PGPASSWORD").is_some();
    match variable("PGPASSFILE") {
        Some(path) if !has_password => read("PGPASSFILE".to_owned(), &path).map(|_| ()),
        _ => Ok(()),
    }
}

fn check_pem_files(
    parameters: &Parameters<'_>,
    variable: &impl Fn(&'static str) -> Option<String>,
) -> Result<(), InvalidServerSetting> {
    let mode = parameters.find(&["sslmode", "ssl-mode"]);
    let mode = mode.map(|(_, mode)| mode).or_else(|| variable("PGSSLMODE"));
    let mode = mode.and_then(|mode| PgSslMode::from_str(&mode).ok());
    if matches!(mode, Some(PgSslMode::Disable | PgSslMode::Allow)) {
        return Ok(());
    }
    let find = |pem: &Pem| {
        parameters.find(pem.parameters).or_else(|| {
            let value = variable(pem.variable)?;
            Some((pem.variable.to_owned(), value))
        })
    };
    let (certificate, key) = (find(&CERTIFICATE), find(&KEY));
    let half = |(given, _): &Setting, missing| {
        Err(InvalidServerSetting::Half {
            given: given.clone(),
            missing,
        })
    };
    match (&certificate, &key) {
        (Some(given), None) => return half(given, "sslkey (PGSSLKEY)"),
        (None, Some(given)) => return half(given, "sslcert (PGSSLCERT)"),
        _ => {}
    }
    for (pem, named) in [(ROOT, find(&ROOT)), (CERTIFICATE, certificate), (KEY, key)] {
        if let Some((setting, path)) = named {
            check_pem(&pem, setting, path)?;
        }
    }
    Ok(())
}

fn check_pem(pem: &Pem, setting: String, path: String) -> Result<(), InvalidServerSetting> {
    // A variable may hold what would be in the file.
    if path.trim_start().starts_with("-----BEGIN") {
        return Ok(());
    }
    let content = read(setting.clone(), &path)?;
    if String::from_utf8_lossy(&content).contains(pem.sign) {
        return Ok(());
    }
    Err(InvalidServerSetting::Content {
        setting,
        path,
        wanted: pem.wanted,
    })
}

fn read(setting: String, path: &str) -> Result<Vec<u8>, InvalidServerSetting> {
    fs::read(Path::new(path)).map_err(|error| InvalidServerSetting::File {
        setting,
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of `url` with `variables`; nothing when it is taken.
    fn said(url: &str, variables: &[(&str, &str)]) -> String {
        let url: DatabaseUrl = url.parse().unwrap();
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        match url.check_server_settings(variable) {
            Ok(()) => String::new(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn variables_that_would_be_passed_over_are_refused() {
        let url = "postgres://me@host/db";
        for (name, value, allowed) in [
            ("PGSSLMODE", "verify_full", "verify-full"),
            ("PGSSLMODE", "on", "disable, allow"),
            ("PGSSLMODE", " require", "disable, allow"),
            ("PGPORT", "5432x", "1 to 65535"),
            ("PGPORT", "0", "1 to 65535"),
            ("PGPORT", "70000", "1 to 65535"),
            ("PGHOSTADDR", "localhost", "an IP address"),
        ] {
            let message = said(url, &[(name, value)]);
            let expected = format!("{name}: `{value}` is not taken: it must be ");
            assert!(message.starts_with(&expected), "{message}");
            assert!(message.contains(allowed), "{message}");
            assert_eq!(said("sqlite://x.db", &[(name, value)]), "");
        }
        for (name, value) in [
            ("PGSSLMODE", "Verify-Full"),
            ("PGSSLMODE", ""),
            ("PGPORT", "5433"),
            ("PGHOSTADDR", "::1"),
        ] {
            assert_eq!(said(url, &[(name, value)]), "", "{name}={value}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_with_the_setting_that_names_it() {
        let missing = "`/nosuch.pem` cannot be read: No such file or directory (os error 2)";
        for parameter in ["sslrootcert", "ssl-ca"] {
            let url = format!("postgres://me@host/db?sslmode=require&{parameter}=/nosuch.pem");
            let expected = format!("DATABASE_URL: {parameter}: {missing}");
            assert_eq!(said(&url, &[]), expected);
        }
        let url = "postgres://me@host/db";
        let root = [("PGSSLROOTCERT", "/nosuch.pem")];
        assert_eq!(said(url, &root), format!("PGSSLROOTCERT: {missing}"));
        let pair = [("PGSSLCERT", "/nosuch.pem"), ("PGSSLKEY", "/nosuch.pem")];
        assert_eq!(said(url, &pair), format!("PGSSLCERT: {missing}"));
        assert_eq!(
            said(url, &pair[..1]),
            "PGSSLCERT is set, but sslkey (PGSSLKEY) is not: a client's certificate takes both"
        );
        let plain = "postgres://me@host/db?sslmode=disable&sslrootcert=/nosuch.pem";
        assert_eq!(said(plain, &[]), "");
        let inline = [("PGSSLROOTCERT", "-----BEGIN CERTIFICATE-----\n…")];
        assert_eq!(said(url, &inline), "");
    }

    #[test]
    fn a_file_has_to_hold_what_it_is_for() {
        let folder = tempfile::tempdir().unwrap();
        let [root, key] = ["my ca.pem", "key.pem"].map(|name| folder.path().join(name));
        fs::write(&root, "-----BEGIN CERTIFICATE-----\n").unwrap();
        fs::write(&key, "-----BEGIN EC PRIVATE KEY-----\n").unwrap();
        let (root, key) = (root.display().to_string(), key.display().to_string());
        let url = |parameters: String| format!("postgres://me@host/db?{parameters}");
        let escaped = root.replace(' ', "%20");
        assert_eq!(said(&url(format!("sslrootcert={escaped}")), &[]), "");
        let pair = format!("sslcert={escaped}&sslkey={key}");
        assert_eq!(said(&url(pair), &[]), "");
        assert_eq!(
            said(&url(format!("sslrootcert={key}")), &[]),
            format!("DATABASE_URL: sslrootcert: `{key}` holds no certificate in PEM form")
        );
        assert_eq!(
            said(&url(format!("sslcert={escaped}")), &[("PGSSLKEY", &root)]),
            format!("PGSSLKEY: `{root}` holds no private key in PEM form")
        );
    }

    #[test]
    fn a_file_of_passwords_has_to_be_there_where_one_is_needed() {
        let variables = [("PGPASSFILE", "/nosuch")];
        let message = said("postgres://me@host/db", &variables);
        assert!(message.starts_with("PGPASSFILE: `/nosuch` cannot be read"));
        assert_eq!(said("postgres://me:pw@host/db", &variables), "");
        assert_eq!(said("postgres://me@host/db?password=pw", &variables), "");
        let given = [variables[0], ("PGPASSWORD", "pw")];
        assert_eq!(said("postgres://me@host/db", &given), "");
    }
}
