//! Tags with how many calls have them: of all calls, and of a package.

use async_graphql::Object;

use crate::{
    graphql::{
        connection::listed,
        filter::{FloatFilter, IntFilter, StringFilter, list_filter},
        ordering::list_order,
    },
    store::tag_counts::{TagRow, of_package::TagSummaryRow},
};

listed! {
    Tag(TagRow) by TagFilter, TagOrder, whole = true {
    }
}

/// A name and value that calls have, once, with how many have it.
#[Object(serial)]
impl Tag {
    /// The question or field.
    async fn tag_name(&self) -> &str {
        &self.0.row.tag_name
    }

    /// The answer.
    async fn tag_value(&self) -> &str {
        &self.0.row.tag_value
    }

    /// Calls that have it.
    async fn tag_count(&self) -> i64 {
        self.0.row.tag_count
    }
}

list_filter! {
    /// Which tags. What is said of several fields holds together.
    TagFilter {
        ids {}
        /// The question or field.
        tag_name: StringFilter,
        /// The answer.
        tag_value: StringFilter,
        /// Calls that have it.
        tag_count: IntFilter,
    }
}

list_order! {
    /// A key of the order of tags.
    TagOrder by TagOrderField {
        /// The question or field.
        TagName => "tag_name",
        /// The answer.
        TagValue => "tag_value",
        /// Calls that have it.
        TagCount => "tag_count",
    }
}

listed! {
    PackageTagSummary(TagSummaryRow) by PackageTagSummaryFilter, PackageTagSummaryOrder, whole = true {
    }
}

/// A name and value that calls of a package have, with how many have it.
#[Object(serial)]
impl PackageTagSummary {
    /// The question or field.
    async fn tag_name(&self) -> &str {
        &self.0.row.tag_name
    }

    /// The answer.
    async fn tag_value(&self) -> &str {
        &self.0.row.tag_value
    }

    /// Calls of the package's tasks that have it.
    async fn tag_count(&self) -> i64 {
        self.0.row.tag_count
    }

    /// Its share of the package's tags of this name, 0–100: of 4 answers to interest_level, 1 that
    /// is high makes 25.
    async fn percentage(&self) -> f64 {
        self.0.row.percentage
    }
}

list_filter! {
    /// Which tags of a package. What is said of several fields holds together.
    PackageTagSummaryFilter {
        ids {}
        /// The question or field.
        tag_name: StringFilter,
        /// The answer.
        tag_value: StringFilter,
        /// Calls of the package that have it.
        tag_count: IntFilter,
        /// Its share of the package's tags of this name, 0–100.
        percentage: FloatFilter,
    }
}

list_order! {
    /// A key of the order of a package's tags.
    PackageTagSummaryOrder by PackageTagSummaryOrderField {
        /// The question or field.
        TagName => "tag_name",
        /// The answer.
        TagValue => "tag_value",
        /// Calls of the package that have it.
        TagCount => "tag_count",
        /// Its share of the package's tags of this name.
        Percentage => "percentage",
    }
}
