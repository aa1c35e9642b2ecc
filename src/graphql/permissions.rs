//! Who may use which field of the schema's roots: this table says it, and nothing else. A field
//! that is not in it is for nobody. What a role may do is said by [`Role::may`], and what an access
//! token never may by [`Capability::is_for_access_tokens`]; what of an object is shown to whom, by
//! `privacy` and the lookups.
//!
//! [`Role::may`]: crate::domain::viewer::Role::may

use async_graphql::{Context, Guard, Result};

use super::{context::ContextExt, error::ApiError};
use crate::domain::viewer::Capability;

/// A root of the schema; as a guard, lets only those use its fields who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    /// What can be read.
    Query,
    /// What can be changed.
    Mutation,
    /// What is told when it happens.
    Subscription,
}

/// What the fields of the roots ask for.
const NEEDED: [(Root, Capability, &[&str]); 13] = [
    (
        Root::Query,
        Capability::Read,
        &[
            // One's own; those of others take more.
            "accessTokens",
            "agent",
            "agents",
            "call",
            "callStats",
            "callTags",
            "calls",
            "dashboard",
            "gradeStats",
            "grades",
            "metricsSummary",
            "node",
            "nodes",
            "package",
            "packages",
            "reconciliation",
            "syncAlerts",
            "syncCoverage",
            "syncRun",
            "syncRuns",
            "syncStatus",
            "tags",
            "task",
            "tasks",
            "trend",
            "viewer",
        ],
    ),
    (
        Root::Query,
        Capability::ManageLeads,
        &["packageRulePreview"],
    ),
    (Root::Query, Capability::ReadUsers, &["users"]),
    (Root::Query, Capability::ReadAuditLog, &["auditLog"]),
    (
        Root::Mutation,
        Capability::WriteCalls,
        &["addCallTags", "createCall", "removeCallTags", "updateCall"],
    ),
    (
        Root::Mutation,
        Capability::ManageLeads,
        &[
            "assignTasks",
            "computeDailyMetrics",
            "createPackage",
            "createTask",
            "deleteCall",
            "deletePackage",
            "deleteTask",
            "importCalls",
            "refreshTaskMetrics",
            "updatePackage",
            "updateTask",
        ],
    ),
    (
        Root::Mutation,
        Capability::RefreshStats,
        &["cancelSync", "refreshStats", "resyncDays"],
    ),
    (
        Root::Mutation,
        Capability::ManageGrades,
        &["deleteGrade", "upsertGrade"],
    ),
    (
        Root::Mutation,
        Capability::RevealPhoneNumbers,
        &["revealPhone"],
    ),
    (
        Root::Mutation,
        Capability::MakeAccessTokens,
        &["createAccessToken", "revokeAccessToken"],
    ),
    // One's own: anybody else's takes more, which the field itself asks for.
    (
        Root::Mutation,
        Capability::ChangeOwnPassword,
        &["changePassword"],
    ),
    (
        Root::Mutation,
        Capability::ManageUsers,
        &["createUser", "deactivateUser", "updateUser"],
    ),
    (
        Root::Subscription,
        Capability::Read,
        &["statsUpdated", "syncProgress"],
    ),
];

/// What using a field of a root takes; nothing suffices where nothing was decided.
fn needed(root: Root, field: &str) -> Option<Capability> {
    let mut decisions = NEEDED.iter();
    let decided =
        |(of, _, fields): &&(Root, Capability, &[&str])| *of == root && fields.contains(&field);
    decisions.find(decided).map(|(_, needed, _)| *needed)
}

impl Guard for Root {
    async fn check(&self, context: &Context<'_>) -> Result<()> {
        let field = context.field().name();
        let Some(needed) = needed(*self, field) else {
            tracing::error!(root = ?self, field, "nobody decided who may use this field");
            return Err(ApiError::Undecided.into());
        };
        let allowed = context.request()?.viewer.check(needed);
        Ok(allowed.map_err(ApiError::from)?)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use async_graphql::parser::{
        parse_schema,
        types::{TypeKind, TypeSystemDefinition},
    };

    use super::*;

    /// The fields of a root in the schema as it is.
    fn fields_of(root: Root) -> BTreeSet<String> {
        let schema = parse_schema(crate::graphql::sdl()).unwrap();
        let fields = schema.definitions.into_iter().filter_map(|definition| {
            let TypeSystemDefinition::Type(definition) = definition else {
                return None;
            };
            match definition.node.kind {
                TypeKind::Object(object) if definition.node.name.node == format!("{root:?}") => {
                    Some(object.fields)
                }
                _ => None,
            }
        });
        fields
            .flatten()
            .map(|field| field.node.name.node.to_string())
            .collect()
    }

    #[test]
    fn every_field_of_a_root_is_decided_once_and_nothing_else_is() {
        for root in [Root::Query, Root::Mutation, Root::Subscription] {
            let decided = NEEDED.iter().filter(|(of, ..)| *of == root);
            let decided: Vec<String> = decided
                .flat_map(|(.., fields)| fields.iter().map(ToString::to_string))
                .collect();
            let once: BTreeSet<String> = decided.iter().cloned().collect();
            assert_eq!(once.len(), decided.len(), "decided twice: {decided:?}");
            assert_eq!(once, fields_of(root));
        }
    }

    #[test]
    fn what_nobody_decided_is_for_nobody() {
        assert_eq!(needed(Root::Query, "users"), Some(Capability::ReadUsers));
        assert_eq!(needed(Root::Mutation, "users"), None);
        assert_eq!(needed(Root::Query, "salaries"), None);
    }
}
