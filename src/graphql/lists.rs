//! The lists at the root of the schema.

use async_graphql::{Context, Object};

use super::{
    audit::AuditEntry,
    connection::{Connection, ListArguments, Listed, list_of},
    dialing::{Agent, Call, CallTag, DialTask, Grade, LeadPackage, Tag},
    error::Result,
    identity::{AccessToken, User},
    permissions::Root,
    sync::{SyncAlert, SyncRun},
};

/// A root field for each list, all with the same arguments.
macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)+) => {
        /// Whole lists.
        #[derive(Default)]
        pub struct ListQuery;

        #[Object(guard = "Root::Query")]
        impl ListQuery {
            $(
                $(#[$doc])*
                async fn $name(
                    &self,
                    context: &Context<'_>,
                    #[graphql(desc = "The first so many; 20 by default, at most 200.")]
                    first: Option<i32>,
                    #[graphql(desc = "Only those behind this cursor.")]
                    after: Option<String>,
                    #[graphql(desc = "The last so many, at most 200; not together with first.")]
                    last: Option<i32>,
                    #[graphql(desc = "Only those before this cursor.")]
                    before: Option<String>,
                    #[graphql(desc = "Which of them.")]
                    filter: Option<Box<<$type as Listed>::Filter>>,
                    #[graphql(desc = "Their order, by the first key and then by the next; a list without it has the order that it says above. At most 8 keys. For those who see telephone numbers masked, texts that may hold one come last.")]
                    order_by: Option<Vec<<$type as Listed>::Order>>,
                ) -> Result<Connection<$type>> {
                    let arguments = ListArguments {
                        first,
                        after,
                        last,
                        before,
                        filter,
                        order_by,
                    };
                    list_of(context, arguments).await
                }
            )+
        }
    };
}

lists! {
    /// All packages, newest first.
    packages: LeadPackage,
    /// All dial tasks, newest first.
    tasks: DialTask,
    /// All calls, newest first.
    calls: Call,
    /// Each tag that calls have, once, with how many have it; by name and value.
    tags: Tag,
    /// The tags of all calls, one by one, by name and value.
    call_tags: CallTag,
    /// All agents, in the order in which they were first seen.
    agents: Agent,
    /// The catalogue of grades, in the order in which it was made.
    grades: Grade,
    /// All synchronisations, newest first.
    sync_runs: SyncRun,
    /// What was or is wrong with synchronisation: what is wrong now first, then the newest.
    sync_alerts: SyncAlert,
    /// What people did, newest first. For ADMIN.
    audit_log: AuditEntry,
    /// All users of this service, in the order in which they were made. For ADMIN.
    users: User,
    /// Access tokens, newest first: one's own, and for an ADMIN everybody's.
    access_tokens: AccessToken,
}
