//! Tags with how many calls have them: of all calls, and of a package.

use std::sync::Arc;

use async_graphql::Object;

use crate::{
    domain::page::OrderKey,
    graphql::{
        connection::Listed,
        filter::{FloatFilter, IntFilter, StringFilter, list_filter},
        ordering::list_order,
    },
    store::{
        Record,
        tag_counts::{TagRow, of_package::TagSummaryRow},
    },
};

/// A name and value that calls have, once, with how many have it. Exact at every moment, and as
/// fast for millions of calls.
pub(in crate::graphql) struct Tag(Arc<Record<TagRow>>);

impl Listed for Tag {
    type Row = TagRow;
    type Filter = TagFilter;
    type Order = TagOrder;
    const WHOLE: bool = true;

    fn new(record: Arc<Record<TagRow>>) -> Self {
        Self(record)
    }

    fn key(order: &TagOrder) -> OrderKey {
        order.into()
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

/// A name and value that calls of a package have.
pub(in crate::graphql) struct PackageTagSummary(Arc<Record<TagSummaryRow>>);

impl Listed for PackageTagSummary {
    type Row = TagSummaryRow;
    type Filter = PackageTagSummaryFilter;
    type Order = PackageTagSummaryOrder;
    const WHOLE: bool = true;

    fn new(record: Arc<Record<TagSummaryRow>>) -> Self {
        Self(record)
    }

    fn key(order: &PackageTagSummaryOrder) -> OrderKey {
        order.into()
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
