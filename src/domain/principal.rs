//! Who acts: the name under which somebody is recorded, owns tokens and has a budget.

use std::{borrow::Cow, fmt};

use super::user::name_key;

/// How the name of a user of ours begins; their number follows.
const USER: &str = "user:";
/// How the name of an access token begins; its number follows.
const ACCESS_TOKEN: &str = "token:";
/// The name of a command on the machine itself.
const COMMAND_LINE: &str = "cli";
/// The name of whoever did not come in.
const NOBODY: &str = "anonymous";
/// How the name of somebody begins whose token is signed with the shared secret, where their subject
/// alone does not tell them from others.
const BY_SECRET: &str = "jwt:";
/// How the name of somebody begins whose token is signed with another service's key.
const BY_PUBLIC_KEY: &str = "jwks:";

/// Somebody who acts. Its text, which is what is stored, differs for any two of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Principal {
    /// A user of ours.
    User(i64),
    /// A program with an access token.
    AccessToken(i64),
    /// A command on the machine itself.
    CommandLine,
    /// Somebody who did not come in.
    Nobody,
    /// Somebody whom another service knows.
    Foreign(Foreign),
}

/// Somebody whom another service knows. Two services may call different people alike, so it counts
/// who says so.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Foreign {
    /// Who signed for it.
    pub signer: Signer,
    /// Who issued the token (`iss`), as far as it says.
    pub issuer: Option<String>,
    /// Whom the token names (`sub`).
    pub subject: String,
}

/// Who signed a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signer {
    /// Somebody who has our own secret: ourselves, or a service that we share it with.
    Secret,
    /// Somebody else, whose public key we have.
    PublicKey,
}

impl Principal {
    /// Somebody whom a service that shares our secret calls so, and of whom no issuer is named.
    #[must_use]
    pub fn named(subject: impl Into<String>) -> Self {
        Self::Foreign(Foreign {
            signer: Signer::Secret,
            issuer: None,
            subject: subject.into(),
        })
    }

    /// The user of ours whom a token names `subject`.
    #[must_use]
    pub fn user_named(subject: &str) -> Option<Self> {
        let user = subject.strip_prefix(USER)?.parse().map(Self::User).ok()?;
        // One number is written in one way.
        (user.subject() == subject).then_some(user)
    }

    /// The number of the user of ours that this is.
    #[must_use]
    pub const fn user_id(&self) -> Option<i64> {
        match self {
            Self::User(id) => Some(*id),
            _ => None,
        }
    }

    /// Whether only this service itself may name somebody so in a token.
    #[must_use]
    pub fn is_reserved(subject: &str) -> bool {
        subject.starts_with(USER) || subject.starts_with(ACCESS_TOKEN)
    }

    /// Whom a token names: the `sub`.
    #[must_use]
    pub fn subject(&self) -> Cow<'_, str> {
        match self {
            Self::Foreign(foreign) => Cow::Borrowed(&foreign.subject),
            own => Cow::Owned(own.to_string()),
        }
    }

    /// Who issued their token, if that is another service that says who it is.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        match self {
            Self::Foreign(foreign) => foreign.issuer.as_deref(),
            _ => None,
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(formatter, "{USER}{id}"),
            Self::AccessToken(id) => write!(formatter, "{ACCESS_TOKEN}{id}"),
            Self::CommandLine => formatter.write_str(COMMAND_LINE),
            Self::Nobody => formatter.write_str(NOBODY),
            Self::Foreign(foreign) => foreign.fmt(formatter),
        }
    }
}

impl fmt::Display for Foreign {
    /// The subject alone where that can be nobody else; else `jwt:ISSUER#SUBJECT`, or `jwks:…`. The
    /// first # ends the issuer, in which it is written %23.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match (self.signer, &self.issuer) {
            (Signer::Secret, None) if !looks_like_ours(&self.subject) => {
                return formatter.write_str(&self.subject);
            }
            (Signer::Secret, _) => BY_SECRET,
            (Signer::PublicKey, _) => BY_PUBLIC_KEY,
        };
        let issuer = self.issuer.as_deref().unwrap_or_default();
        let issuer = issuer.replace('%', "%25").replace('#', "%23");
        write!(formatter, "{prefix}{issuer}#{}", self.subject)
    }
}

/// Whether people would take the subject for a name that we give, or it is written as one.
fn looks_like_ours(subject: &str) -> bool {
    let plain = name_key(subject);
    plain == COMMAND_LINE
        || plain == NOBODY
        || [USER, ACCESS_TOKEN, BY_SECRET, BY_PUBLIC_KEY]
            .iter()
            .any(|prefix| plain.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn foreign(signer: Signer, issuer: Option<&str>, subject: &str) -> Principal {
        Principal::Foreign(Foreign {
            signer,
            issuer: issuer.map(str::to_owned),
            subject: subject.to_owned(),
        })
    }

    #[test]
    fn a_subject_stands_alone_only_where_it_is_nobody_elses() {
        let secret = |issuer, subject| foreign(Signer::Secret, issuer, subject).to_string();
        assert_eq!(secret(None, "li"), "li");
        assert_eq!(secret(None, "li@example.com"), "li@example.com");
        assert_eq!(secret(Some("https://a"), "li"), "jwt:https://a#li");
        assert_eq!(
            foreign(Signer::PublicKey, Some("https://a"), "li").to_string(),
            "jwks:https://a#li"
        );
        assert_eq!(
            foreign(Signer::PublicKey, None, "li").to_string(),
            "jwks:#li"
        );
        // What people, too, would take for ours.
        for subject in [
            "cli",
            "CLI",
            " cli",
            "cli\u{200b}",
            "ｃｌｉ",
            "anonymous",
            "Anonymous",
            "jwt:https://a#li",
            "jwks:#li",
            "User:7",
        ] {
            assert_eq!(secret(None, subject), format!("jwt:#{subject}"));
        }
        assert_eq!(secret(None, "client"), "client");
    }

    #[test]
    fn no_two_principals_have_one_text() {
        let mut known = HashMap::from(
            [
                Principal::User(7),
                Principal::AccessToken(7),
                Principal::CommandLine,
                Principal::Nobody,
            ]
            .map(|own| (own.to_string(), own)),
        );
        let parts = [
            "", "#", "%", "%23", "a", "a#b", "b", "#b", "cli", "jwt:", "jwks:#", "jwt:a#b",
            "jwt:#a",
        ];
        let issuers = parts.into_iter().map(Some).chain([None]);
        for signer in [Signer::Secret, Signer::PublicKey] {
            for issuer in issuers.clone().filter(|issuer| *issuer != Some("")) {
                for subject in parts.into_iter().filter(|subject| !subject.is_empty()) {
                    let principal = foreign(signer, issuer, subject);
                    let before = known.insert(principal.to_string(), principal.clone());
                    assert_eq!(before, None, "{principal}");
                }
            }
        }
    }

    #[test]
    fn users_are_known_by_their_subject() {
        assert_eq!(Principal::user_named("user:7"), Some(Principal::User(7)));
        for other in [
            "token:7", "7", "user:", "user:x", "user:+7", "user:07", "li",
        ] {
            assert_eq!(Principal::user_named(other), None, "{other}");
        }
        assert!(Principal::is_reserved("token:7") && Principal::is_reserved("user:x"));
        assert_eq!(Principal::User(7).subject(), "user:7");
        assert_eq!(
            foreign(Signer::PublicKey, Some("https://a"), "cli").subject(),
            "cli"
        );
    }
}
