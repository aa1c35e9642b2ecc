//! Whose access to the service was changed.

use std::{fmt, str::FromStr};

/// What is looked up before somebody is let in, by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// A session, with all tokens that came of it.
    Session(i64),
    /// An access token.
    Token(i64),
    /// A user, with all their sessions and the access tokens they made.
    User(i64),
}

impl fmt::Display for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(id) => write!(formatter, "session:{id}"),
            Self::Token(id) => write!(formatter, "token:{id}"),
            Self::User(id) => write!(formatter, "user:{id}"),
        }
    }
}

/// Text that names no access that is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nobody's access that is known here")]
pub struct UnknownAccess;

impl FromStr for Access {
    type Err = UnknownAccess;

    fn from_str(text: &str) -> Result<Self, UnknownAccess> {
        let (kind, id) = text.split_once(':').ok_or(UnknownAccess)?;
        let id = id.parse().map_err(|_| UnknownAccess)?;
        match kind {
            "session" => Ok(Self::Session(id)),
            "token" => Ok(Self::Token(id)),
            "user" => Ok(Self::User(id)),
            _ => Err(UnknownAccess),
        }
    }
}
