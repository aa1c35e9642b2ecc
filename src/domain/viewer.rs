//! Who asks, and what their role lets them do.

use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// What a person or program may do; one each.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Display, IntoStaticStr, EnumString, VariantArray,
)]
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
    /// Start a synchronisation.
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
            Capability::Read | Capability::RevealPhoneNumbers => true,
            Capability::SeePhoneNumbers | Capability::WriteCalls => {
                matches!(self, Self::Admin | Self::Manager | Self::Agent)
            }
            Capability::RefreshStats | Capability::ManageLeads => {
                matches!(self, Self::Admin | Self::Manager)
            }
            Capability::ManageGrades | Capability::ReadAuditLog => matches!(self, Self::Admin),
        }
    }
}

/// The one who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// The token's `sub`.
    pub subject: String,
    /// What they may do.
    pub role: Role,
}

impl Viewer {
    /// Whether the viewer has `capability`.
    #[must_use]
    pub const fn may(&self, capability: Capability) -> bool {
        self.role.may(capability)
    }
}
