use async_graphql::{Context, Enum, ID, Object};

use super::Call;
use crate::{
    graphql::{
        connection::{listed, one},
        error::Result,
        filter::compared_words,
        id::{self, Kind},
        plan,
    },
    store::{Record, tags::TagRow},
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

compared_words!(TagType => crate::domain::dialing::TagType);

listed! {
    CallTag(TagRow) {
        "call" => plan::one::<Call, _>(&TagRow::CALL),
    }
}

/// A name and value that a call earned, such as interest_level = high.
#[Object(serial)]
impl CallTag {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> Result<ID> {
        Ok(id::global(Kind::CallTag, self.0.id()?))
    }

    #[graphql(flatten)]
    async fn columns(&self) -> &Record<TagRow> {
        &self.0
    }

    /// The call that earned it.
    async fn call(&self, context: &Context<'_>) -> Result<Option<Call>> {
        one(context, &self.0, TagRow::CALL).await
    }
}
