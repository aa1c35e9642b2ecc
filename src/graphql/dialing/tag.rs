use async_graphql::{Context, Enum, ID, Object};

use super::{Call, CallTagFilter, CallTagOrder};
use crate::{
    graphql::{
        connection::{listed, one},
        error::Result,
        id::{self, Kind},
        plan,
        scalars::DateTime,
    },
    store::tags::TagRow,
};

/// Who gave a call a tag.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::dialing::TagType")]
pub(in crate::graphql) enum TagType {
    /// The call's script, through the platform.
    Script,
    /// A person.
    Manual,
}

listed! {
    CallTag(TagRow) by CallTagFilter, CallTagOrder {
        "call" => "call": plan::one::<Call>,
    }
}

/// A name and value that a call earned, such as interest_level = high.
#[Object(serial)]
impl CallTag {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::global(Kind::CallTag, self.0.row.id)
    }

    /// The id in the database, for joins in BI tools.
    async fn database_id(&self) -> i64 {
        self.0.row.id
    }

    /// The question or field.
    async fn tag_name(&self) -> &str {
        &self.0.row.tag_name
    }

    /// The answer.
    async fn tag_value(&self) -> &str {
        &self.0.row.tag_value
    }

    /// Who gave it.
    async fn tag_type(&self) -> TagType {
        self.0.row.tag_type.into()
    }

    /// The call that earned it.
    async fn call(&self, context: &Context<'_>) -> Result<Option<Call>> {
        one(context, &self.0, "call", Some(self.0.row.call_id)).await
    }

    /// When it was given.
    async fn created_at(&self) -> DateTime {
        self.0.row.created_at.into()
    }
}
