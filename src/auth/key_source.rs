//! Where the public keys of other services come from: a file, or an address that is asked for them.

use std::{fs::File, io::Read as _, net::IpAddr, path::PathBuf, time::Duration};

use chrono::TimeDelta;
use reqwest::{Client, Url, header::CACHE_CONTROL, redirect::Policy};

use super::key_set::{KeySet, UnreadableKeys};

/// Most bytes of a set of keys: some hundred of them, with their certificates.
const LONGEST: usize = 512 * 1024;
/// How long an address may take to answer, all of it.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// How long what an address said is good for where it does not say itself, and the bounds of what
/// it may say.
const GOOD_FOR: TimeDelta = TimeDelta::minutes(10);
const SHORTEST: TimeDelta = TimeDelta::minutes(1);
const LONGEST_GOOD: TimeDelta = TimeDelta::hours(1);

/// Where keys come from.
#[derive(Debug, Clone)]
pub struct KeySource(Kind);

#[derive(Debug, Clone)]
enum Kind {
    File(PathBuf),
    Address { client: Client, url: Url },
}

/// Keys cannot come from here at all.
#[derive(Debug, thiserror::Error)]
pub enum InvalidKeySource {
    /// Not a web address.
    #[error("a web address is wanted, such as https://sso.example.com/jwks.json")]
    NoAddress,
    /// Anybody on the way could put in keys of their own.
    #[error("it must begin with https://; http:// is for this machine itself only")]
    NotPrivate,
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made")]
    Client(#[source] reqwest::Error),
}

/// Keys could not be read now.
#[derive(Debug, thiserror::Error)]
pub enum KeySourceError {
    /// The file cannot be read.
    #[error("the file cannot be read")]
    File(#[from] std::io::Error),
    /// There was no answer, or it broke off.
    #[error("there was no answer")]
    Exchange(#[source] reqwest::Error),
    /// The answer was another than 200.
    #[error("the answer was HTTP {0}")]
    Status(u16),
    /// There is more of it than keys can be.
    #[error("it is longer than {LONGEST} bytes")]
    TooLong,
    /// What was read has no keys.
    #[error("{0}")]
    Unreadable(String),
    /// The work ended early.
    #[error("reading was interrupted")]
    Interrupted,
}

impl From<UnreadableKeys> for KeySourceError {
    fn from(error: UnreadableKeys) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// Keys, and for how long they are good without being asked for again.
#[derive(Debug)]
pub(super) struct Published {
    pub keys: KeySet,
    pub good_for: TimeDelta,
}

impl KeySource {
    /// A file, which is read again every minute at most.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Kind::File(path.into()))
    }

    /// An address that answers within `patience`.
    ///
    /// # Errors
    /// [`InvalidKeySource`] for one that is not `https`, unless it is this machine's own.
    pub fn address(url: &str, patience: Duration) -> Result<Self, InvalidKeySource> {
        let url: Url = url.parse().map_err(|_| InvalidKeySource::NoAddress)?;
        if !(url.scheme() == "https" || url.scheme() == "http" && is_this_machine(&url)) {
            return Err(InvalidKeySource::NotPrivate);
        }
        let client = Client::builder()
            // Covers the body too.
            .timeout(patience)
            // It could lead to where anybody can put in keys.
            .redirect(Policy::none())
            .user_agent(concat!("dialgraph/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(InvalidKeySource::Client)?;
        Ok(Self(Kind::Address { client, url }))
    }

    /// Whether the keys are a file's, which should be there from the start.
    #[must_use]
    pub const fn is_file(&self) -> bool {
        matches!(self.0, Kind::File(_))
    }

    /// How long to wait at least before keys are read again.
    pub(super) const fn pause(&self) -> TimeDelta {
        match self.0 {
            Kind::File(_) => TimeDelta::seconds(5),
            Kind::Address { .. } => TimeDelta::minutes(1),
        }
    }

    pub(super) async fn read(&self) -> Result<Published, KeySourceError> {
        match &self.0 {
            Kind::File(path) => {
                let path = path.clone();
                let read = tokio::task::spawn_blocking(move || read_file(&path));
                Ok(Published {
                    keys: KeySet::read(&read.await.map_err(|_| KeySourceError::Interrupted)??)?,
                    good_for: SHORTEST,
                })
            }
            Kind::Address { client, url } => ask(client, url.clone()).await,
        }
    }
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    host == "localhost" || address.is_some_and(|address| address.is_loopback())
}

fn read_file(path: &PathBuf) -> Result<Vec<u8>, KeySourceError> {
    let mut text = Vec::new();
    let most = LONGEST as u64 + 1;
    File::open(path)?.take(most).read_to_end(&mut text)?;
    if text.len() > LONGEST {
        return Err(KeySourceError::TooLong);
    }
    Ok(text)
}

async fn ask(client: &Client, url: Url) -> Result<Published, KeySourceError> {
    let broken = |error: reqwest::Error| KeySourceError::Exchange(error.without_url());
    let mut response = client.get(url).send().await.map_err(broken)?;
    if response.status() != reqwest::StatusCode::OK {
        return Err(KeySourceError::Status(response.status().as_u16()));
    }
    let good_for = good_for(&response).unwrap_or(GOOD_FOR);
    let mut text = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if text.len() + chunk.len() > LONGEST {
            return Err(KeySourceError::TooLong);
        }
        text.extend_from_slice(&chunk);
    }
    Ok(Published {
        keys: KeySet::read(&text)?,
        good_for,
    })
}

/// What the answer says of it, within bounds (RFC 9111, 5.2.2.1).
fn good_for(response: &reqwest::Response) -> Option<TimeDelta> {
    let said = response.headers().get(CACHE_CONTROL)?.to_str().ok()?;
    let seconds = said
        .split(',')
        .find_map(|directive| directive.trim().strip_prefix("max-age="))?;
    let said = TimeDelta::try_seconds(seconds.parse().ok()?)?;
    Some(said.clamp(SHORTEST, LONGEST_GOOD))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_by_https_or_from_this_machine() {
        let valid = |url: &str| KeySource::address(url, PATIENCE).is_ok();
        for url in [
            "https://sso.example.com/jwks",
            "http://127.0.0.1:8000/jwks",
            "http://[::1]/jwks",
            "http://localhost/jwks",
        ] {
            assert!(valid(url), "{url}");
        }
        for url in [
            "http://sso.example.com/jwks",
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com/",
            "http://10.0.0.1/",
            "file:///etc/jwks",
            "sso.example.com",
            "",
        ] {
            assert!(!valid(url), "{url}");
        }
    }
}
