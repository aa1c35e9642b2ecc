use crate::graphql::error::Result;
use async_graphql::{Context, Enum, ID, Object};

use super::Call;
use crate::{
    domain::page::Ordering,
    graphql::{
        connection::Listed,
        id::{self, Kind},
        loaders::{CallId, load},
        scalars::DateTime,
    },
    store::tags::{TagRow, Tags},
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

pub(in crate::graphql) struct CallTag(pub TagRow);

impl Listed for CallTag {
    type Table = Tags;
    const ORDERING: Ordering = Ordering {
        name: "tags",
        kinds: "i",
    };

    fn new(row: TagRow) -> Self {
        Self(row)
    }
}

/// A name and value that a call earned, such as interest_level = high.
#[Object]
impl CallTag {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::global(Kind::CallTag, self.0.id)
    }

    /// The id in the database, for joins in BI tools.
    async fn database_id(&self) -> i64 {
        self.0.id
    }

    /// The question or field.
    async fn tag_name(&self) -> &str {
        &self.0.tag_name
    }

    /// The answer.
    async fn tag_value(&self) -> &str {
        &self.0.tag_value
    }

    /// Who gave it.
    async fn tag_type(&self) -> TagType {
        self.0.tag_type.into()
    }

    /// The call that earned it.
    async fn call(&self, context: &Context<'_>) -> Result<Option<Call>> {
        Ok(load(context, CallId(self.0.call_id)).await?.map(Call))
    }

    /// When it was given.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }
}
