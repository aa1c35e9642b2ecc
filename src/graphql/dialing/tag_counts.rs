//! Tags with how many calls have them: of all calls, and of a package.

use async_graphql::Object;

use crate::{
    graphql::{connection::listed, error::Result},
    store::{
        Record,
        tag_counts::{TagRow, of_package::TagSummaryRow},
    },
};

listed! {
    Tag(TagRow) {
    }
}

/// A name and value that calls have, once, with how many have it.
#[Object(serial)]
impl Tag {
    /// Calls that have it.
    async fn tag_count(&self) -> Result<i64> {
        Ok(self.0.get(TagRow::TAG_COUNT)?)
    }

    #[graphql(flatten)]
    async fn columns(&self) -> &Record<TagRow> {
        &self.0
    }
}

listed! {
    PackageTagSummary(TagSummaryRow) {
    }
}

/// A name and value that calls of a package have, with how many have it.
#[Object(serial)]
impl PackageTagSummary {
    /// Calls of the package's tasks that have it.
    async fn tag_count(&self) -> Result<i64> {
        Ok(self.0.get(TagSummaryRow::TAG_COUNT)?)
    }

    #[graphql(flatten)]
    async fn columns(&self) -> &Record<TagSummaryRow> {
        &self.0
    }
}
