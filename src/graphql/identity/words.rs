use async_graphql::Enum;

use crate::graphql::filter::compared_words;

/// What a person or program may do; one each.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::viewer::Role")]
pub(in crate::graphql) enum Role {
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
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::viewer::Capability")]
pub(in crate::graphql) enum Capability {
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
    /// Make and end access tokens for programs, of no more than one's own role. Never for an access
    /// token itself.
    MakeAccessTokens,
    /// Change one's own password. Never for an access token.
    ChangeOwnPassword,
    /// Read users, and everybody's access tokens.
    ReadUsers,
    /// Create and change users, and end everybody's access tokens. Never for an access token.
    ManageUsers,
    /// Read what the process counts, at /metrics.
    ReadMetrics,
}

compared_words!(Role => crate::domain::viewer::Role);
