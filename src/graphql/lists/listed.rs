//! What a type of the schema says so that lists of it can be shown.

use async_graphql::{Context, OutputType, SelectionField};

use crate::store::{Record, Selection, StoreError, Stored};

/// What a field leads to: the store's name for it, and how it is planned.
pub(in crate::graphql) type Lead = (&'static str, Plan);

/// Adds what a field selects to what is brought.
pub(in crate::graphql) type Plan =
    fn(&Context<'_>, &SelectionField<'_>, &str, &mut Selection) -> Result<(), StoreError>;

/// A type that is listed: shows a record of a table.
pub(in crate::graphql) trait Listed: OutputType {
    /// The row.
    type Row: Stored;

    /// The record as the API shows it.
    fn new(record: Record<Self::Row>) -> Self;

    /// What a field leads to, where it does not show a column of its own name.
    fn leads_to(field: &str) -> Option<Lead>;
}

/// A type that shows the records of a table, and how those of its fields are planned that do not
/// show a column of their own name.
macro_rules! listed {
    (
        $type:ident($row:ty) {
            $($field:literal => $lead:expr,)*
        }
    ) => {
        #[derive(Clone)]
        pub(in crate::graphql) struct $type($crate::store::Record<$row>);

        impl $crate::graphql::lists::listed::Listed for $type {
            type Row = $row;

            fn new(record: $crate::store::Record<$row>) -> Self {
                Self(record)
            }

            fn leads_to(field: &str) -> Option<$crate::graphql::lists::listed::Lead> {
                match field {
                    $($field => Some($lead),)*
                    _ => None,
                }
            }
        }
    };
}
pub(in crate::graphql) use listed;
