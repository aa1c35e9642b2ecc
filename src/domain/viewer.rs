//! Who asks, and what their role lets them do.

use sea_orm::DeriveValueType;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use super::principal::Principal;

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
    /// Make and end access tokens for programs, of no more than one's own role.
    MakeAccessTokens,
    /// Change one's own password.
    ChangeOwnPassword,
    /// Read users, and everybody's access tokens.
    ReadUsers,
    /// Create and change users, and end everybody's access tokens.
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

    /// Whether a program with an access token can have it: the one list of what none has, whatever
    /// its role. A token that lets people or programs in would outlive its own end in them.
    #[must_use]
    pub const fn is_for_access_tokens(self) -> bool {
        match self {
            Self::MakeAccessTokens | Self::ChangeOwnPassword | Self::ManageUsers => false,
            Self::Read
            | Self::SeePhoneNumbers
            | Self::RefreshStats
            | Self::ManageLeads
            | Self::WriteCalls
            | Self::ManageGrades
            | Self::ReadAuditLog
            | Self::RevealPhoneNumbers
            | Self::ReadUsers
            | Self::ReadMetrics => true,
        }
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
            | Capability::ReadUsers
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

/// The one who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// Who it is.
    pub principal: Principal,
    /// What they may do.
    pub role: Role,
    /// Their e-mail address, where it is known.
    pub email: Option<String>,
    /// For an access token, its maker, as stored.
    pub maker: Option<String>,
    /// For a user of ours, the session that they came in with.
    pub session: Option<i64>,
}

/// Why somebody may not do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// Their role has not this capability.
    Role(Capability),
    /// Their role has it, but they are a program with an access token.
    AccessToken(Capability),
}

impl Viewer {
    /// Somebody who may do what `role` may.
    #[must_use]
    pub const fn new(principal: Principal, role: Role) -> Self {
        Self {
            principal,
            role,
            email: None,
            maker: None,
            session: None,
        }
    }

    /// Somebody whom a service that shares our secret calls so.
    #[must_use]
    pub fn named(subject: impl Into<String>, role: Role) -> Self {
        Self::new(Principal::named(subject), role)
    }

    /// Whoever may give commands on the machine itself.
    #[must_use]
    pub const fn command_line() -> Self {
        Self::new(Principal::CommandLine, Role::Admin)
    }

    /// A user of ours.
    #[must_use]
    pub fn user(id: i64, role: Role, email: Option<String>) -> Self {
        Self {
            email,
            ..Self::new(Principal::User(id), role)
        }
    }

    /// The same, who came in with this session.
    #[must_use]
    pub fn in_session(self, session: i64) -> Self {
        Self {
            session: Some(session),
            ..self
        }
    }

    /// Who holds an access token that `maker` made.
    #[must_use]
    pub fn access_token(id: i64, role: Role, maker: &str) -> Self {
        Self {
            maker: Some(maker.to_owned()),
            ..Self::new(Principal::AccessToken(id), role)
        }
    }

    /// On whose account it goes what the viewer takes, for bounds of each caller: a program's on its
    /// maker's, who could make any number of programs.
    #[must_use]
    pub fn account(&self) -> String {
        self.maker
            .clone()
            .unwrap_or_else(|| self.principal.to_string())
    }

    /// The user of ours that this is.
    #[must_use]
    pub const fn user_id(&self) -> Option<i64> {
        self.principal.user_id()
    }

    /// Whether the viewer has `capability`.
    #[must_use]
    pub const fn may(&self, capability: Capability) -> bool {
        self.check(capability).is_ok()
    }

    /// That the viewer has `capability`.
    ///
    /// # Errors
    /// Why not.
    pub const fn check(&self, capability: Capability) -> Result<(), Denied> {
        if !self.role.may(capability) {
            return Err(Denied::Role(capability));
        }
        let is_token = matches!(self.principal, Principal::AccessToken(_));
        if is_token && !capability.is_for_access_tokens() {
            return Err(Denied::AccessToken(capability));
        }
        Ok(())
    }

    /// What the viewer may do, in the order of the table.
    pub fn capabilities(&self) -> impl Iterator<Item = Capability> {
        let capabilities = Capability::VARIANTS.iter().copied();
        capabilities.filter(|capability| self.may(*capability))
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
    fn an_access_token_has_no_say_in_who_comes_in() {
        let denied = |viewer: &Viewer| -> Vec<Denied> {
            let capabilities = Capability::VARIANTS.iter();
            capabilities
                .filter_map(|capability| viewer.check(*capability).err())
                .collect()
        };
        let token = Viewer::access_token(1, Role::Admin, "user:1");
        let expected = [
            Capability::MakeAccessTokens,
            Capability::ChangeOwnPassword,
            Capability::ManageUsers,
        ];
        assert_eq!(denied(&token), expected.map(Denied::AccessToken));
        for other in [
            Viewer::user(1, Role::Admin, None),
            Viewer::named("token:1", Role::Admin),
            Viewer::command_line(),
        ] {
            assert_eq!(denied(&other), []);
        }
        // What the role has not is for the role to say.
        let analyst = Viewer::access_token(1, Role::Analyst, "user:1");
        assert!(denied(&analyst).contains(&Denied::Role(Capability::ManageUsers)));
    }
}
