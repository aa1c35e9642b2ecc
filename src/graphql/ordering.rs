//! Orders of lists.

use async_graphql::Enum;

/// The direction of an order. Where the field has no value the record comes last, in either.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
pub(super) enum OrderDirection {
    /// From the smallest to the largest, from the earliest to the latest.
    Asc,
    /// From the largest to the smallest, from the latest to the earliest.
    Desc,
}

/// The order input of a type: an enum of its fields, and a field with a direction.
macro_rules! list_order {
    (
        $(#[$doc:meta])*
        $name:ident by $field_name:ident {
            $($(#[$field_doc:meta])* $field:ident => $column:literal,)+
        }
    ) => {
        #[doc = "Fields that the list can be ordered by."]
        #[allow(clippy::enum_variant_names, reason = "the words of the API")]
        #[derive(async_graphql::Enum, Copy, Clone, PartialEq, Eq)]
        pub(in crate::graphql) enum $field_name {
            $($(#[$field_doc])* $field,)+
        }

        $(#[$doc])*
        #[derive(async_graphql::InputObject)]
        pub(in crate::graphql) struct $name {
            /// By what.
            field: $field_name,
            /// Which way.
            #[graphql(default_with = "crate::graphql::ordering::OrderDirection::Asc")]
            direction: $crate::graphql::ordering::OrderDirection,
        }

        impl From<&$name> for $crate::domain::page::OrderKey {
            fn from(order: &$name) -> Self {
                Self {
                    field: match order.field {
                        $($field_name::$field => $column,)+
                    },
                    descending: order.direction == $crate::graphql::ordering::OrderDirection::Desc,
                }
            }
        }
    };
}
pub(super) use list_order;
