//! The lists at the root of the schema.

use async_graphql::Object;

use super::connection::{list_of, lists};

use crate::graphql::{
    audit::AuditEntry,
    dialing::{Agent, Call, CallTag, DialTask, Grade, LeadPackage, Tag},
    identity::{AccessToken, User},
    permissions::Root,
    sync::{SyncAlert, SyncRun},
};

/// Whole lists.
#[derive(Default)]
pub struct ListQuery;

lists! {
    #[Object(guard = "Root::Query")]
    ListQuery {
    /// All packages, newest first.
    packages: LeadPackage => |_, context, arguments| list_of(context, arguments),
    /// All dial tasks, newest first.
    tasks: DialTask => |_, context, arguments| list_of(context, arguments),
    /// All calls, newest first.
    calls: Call => |_, context, arguments| list_of(context, arguments),
    /// Each tag that calls have, once, with how many have it; by name and value.
    tags: Tag => |_, context, arguments| list_of(context, arguments),
    /// The tags of all calls, one by one, by name and value.
    call_tags: CallTag => |_, context, arguments| list_of(context, arguments),
    /// All agents, in the order in which they were first seen.
    agents: Agent => |_, context, arguments| list_of(context, arguments),
    /// The catalogue of grades, in the order in which it was made.
    grades: Grade => |_, context, arguments| list_of(context, arguments),
    /// All synchronisations, newest first.
    sync_runs: SyncRun => |_, context, arguments| list_of(context, arguments),
    /// What was or is wrong with synchronisation: what is wrong now first, then the newest.
    sync_alerts: SyncAlert => |_, context, arguments| list_of(context, arguments),
    /// What people did, newest first. For ADMIN.
    audit_log: AuditEntry => |_, context, arguments| list_of(context, arguments),
    /// All users of this service, in the order in which they were made. For ADMIN.
    users: User => |_, context, arguments| list_of(context, arguments),
    /// Access tokens, newest first: one's own, and for an ADMIN everybody's.
    access_tokens: AccessToken => |_, context, arguments| list_of(context, arguments),
    }
}
