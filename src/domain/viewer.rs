//! Who asks, and what their role lets them do.

use sea_orm::DeriveValueType;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// What a person or program may do; one each.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Display,
    IntoStaticStr,
    EnumString,
    VariantArray,
    DeriveValueType,
)]
#[sea_orm(value_type = "String")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE", ascii_case_insensitive)]
pub enum Role {
    /// Everything.
    Admin,
    /// Runs the call centre: also refreshes and assigns.
    Manager,
    /// Works with calls and customers.
    Agent,
    /// Reads figures and masked rows.
    Analyst,
}

/// Something that not everyone may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Display, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Capability {
    /// Read packages, tasks, calls, tags, agents and figures.
    Read,
    /// See phone numbers unmasked.
    SeePhoneNumbers,
    /// Start and stop synchronisations.
    RefreshStats,
    /// Write packages and tasks, import and delete calls, count figures again.
    ManageLeads,
    /// Enter and change calls and their tags.
    WriteCalls,
    /// Write the grade catalogue.
    ManageGrades,
    /// Read what others did.
    ReadAuditLog,
    /// Ask for one telephone number, with a reason that is recorded.
    RevealPhoneNumbers,
    /// Make access tokens for programs, of no more than one's own role.
    MakeAccessTokens,
    /// Change one's own password.
    ChangeOwnPassword,
    /// Read and write users, and everybody's access tokens.
    ManageUsers,
    /// Read what the process counts.
    ReadMetrics,
}

impl Capability {
    /// The roles that have it.
    pub fn roles(self) -> impl Iterator<Item = Role> {
        Role::VARIANTS
            .iter()
            .copied()
            .filter(move |role| role.may(self))
    }
}

impl Role {
    /// The one table that decides who may do what.
    #[must_use]
    pub const fn may(self, capability: Capability) -> bool {
        match capability {
            Capability::Read
            | Capability::RevealPhoneNumbers
            | Capability::MakeAccessTokens
            | Capability::ChangeOwnPassword => true,
            Capability::SeePhoneNumbers | Capability::WriteCalls => {
                matches!(self, Self::Admin | Self::Manager | Self::Agent)
            }
            Capability::RefreshStats | Capability::ManageLeads => {
                matches!(self, Self::Admin | Self::Manager)
            }
            Capability::ManageGrades
            | Capability::ReadAuditLog
            | Capability::ManageUsers
            | Capability::ReadMetrics => matches!(self, Self::Admin),
        }
    }

    /// What this role may do, in the order of the table.
    pub fn capabilities(self) -> impl Iterator<Item = Capability> {
        Capability::VARIANTS
            .iter()
            .copied()
            .filter(move |capability| self.may(*capability))
    }

    /// Whether this role may do all that `other` may.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        other.capabilities().all(|capability| self.may(capability))
    }
}

/// How the subject of a user of ours begins; their number follows.
const USER: &str = "user:";
/// How the subject of an access token begins; its number follows.
const ACCESS_TOKEN: &str = "token:";

/// The one who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// Whom the token names: `user:7` is a user of ours, `token:7` an access token, and anything
    /// else is whoever another service calls so.
    pub subject: String,
    /// What they may do.
    pub role: Role,
    /// Their e-mail address, where it is known.
    pub email: Option<String>,
    /// For an access token, the subject of its maker.
    pub maker: Option<String>,
}

impl Viewer {
    /// Somebody whom another service or the command line names.
    #[must_use]
    pub fn named(subject: impl Into<String>, role: Role) -> Self {
        Self {
            subject: subject.into(),
            role,
            email: None,
            maker: None,
        }
    }

    /// A user of ours.
    #[must_use]
    pub fn user(id: i64, role: Role, email: Option<String>) -> Self {
        Self {
            subject: format!("{USER}{id}"),
            role,
            email,
            maker: None,
        }
    }

    /// Who holds an access token that `maker` made.
    #[must_use]
    pub fn access_token(id: i64, role: Role, maker: &str) -> Self {
        Self {
            maker: Some(maker.to_owned()),
            ..Self::named(format!("{ACCESS_TOKEN}{id}"), role)
        }
    }

    /// On whose account it goes what the viewer takes, for bounds of each caller: a program's on its
    /// maker's, who could make any number of programs.
    #[must_use]
    pub fn principal(&self) -> &str {
        self.maker.as_deref().unwrap_or(&self.subject)
    }

    /// The user of ours that this is.
    #[must_use]
    pub fn user_id(&self) -> Option<i64> {
        self.subject.strip_prefix(USER)?.parse().ok()
    }

    /// Whether this is a program with an access token.
    #[must_use]
    pub fn is_access_token(&self) -> bool {
        self.subject.starts_with(ACCESS_TOKEN)
    }

    /// Whether only this service itself may name somebody so.
    #[must_use]
    pub fn is_reserved(subject: &str) -> bool {
        subject.starts_with(USER) || subject.starts_with(ACCESS_TOKEN)
    }

    /// Whether the viewer has `capability`.
    #[must_use]
    pub const fn may(&self, capability: Capability) -> bool {
        self.role.may(capability)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_covers_those_that_may_do_less() {
        let below = |role: Role| -> Vec<Role> {
            let covered = Role::VARIANTS.iter().copied();
            covered.filter(|other| role.covers(*other)).collect()
        };
        assert_eq!(below(Role::Admin), Role::VARIANTS);
        assert_eq!(
            below(Role::Manager),
            [Role::Manager, Role::Agent, Role::Analyst]
        );
        assert_eq!(below(Role::Agent), [Role::Agent, Role::Analyst]);
        assert_eq!(below(Role::Analyst), [Role::Analyst]);
    }

    #[test]
    fn users_are_known_by_their_subject() {
        assert_eq!(Viewer::user(7, Role::Agent, None).user_id(), Some(7));
        for other in ["token:7", "7", "user:", "user:x", "li"] {
            assert_eq!(Viewer::named(other, Role::Agent).user_id(), None, "{other}");
        }
        assert!(Viewer::is_reserved("token:7") && Viewer::is_reserved("user:x"));
    }
}
