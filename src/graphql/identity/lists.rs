//! Which users and access tokens a list has, and how they can be ordered.

use super::Role;
use crate::graphql::{
    filter::{BooleanFilter, DateTimeFilter, IntFilter, StringFilter, WordFilter, list_filter},
    ordering::list_order,
};

list_filter! {
    /// Which users. What is said of several fields holds together.
    UserFilter {
        ids {
            /// The user itself.
            id: User,
        }
        /// The id in the database.
        database_id("id"): IntFilter,
        /// The name to sign in with.
        name: StringFilter,
        /// The e-mail address, in small letters.
        email: StringFilter,
        /// What they may do.
        role: WordFilter<Role>,
        /// Whether they may sign in.
        is_active: BooleanFilter,
        /// Counts its changes, from 1.
        version: IntFilter,
        /// When it was created.
        created_at: DateTimeFilter,
        /// When it was last changed.
        updated_at: DateTimeFilter,
    }
}

list_order! {
    /// A key of the order of users.
    UserOrder by UserOrderField {
        /// The order in which they were made.
        Id => "id",
        /// The name.
        Name => "name",
        /// The e-mail address.
        Email => "email",
        /// The role, by the word.
        Role => "role",
        /// When it was created.
        CreatedAt => "created_at",
        /// When it was last changed.
        UpdatedAt => "updated_at",
    }
}

list_filter! {
    /// Which access tokens. What is said of several fields holds together.
    AccessTokenFilter {
        ids {
            /// The token itself.
            id: AccessToken,
        }
        /// The id in the database.
        database_id("id"): IntFilter,
        /// What it is for.
        name: StringFilter,
        /// What it may do.
        role: WordFilter<Role>,
        /// Who made it.
        created_by: StringFilter,
        /// When it was made.
        created_at: DateTimeFilter,
        /// When it ends.
        expires_at: DateTimeFilter,
        /// When it was last used.
        last_used_at: DateTimeFilter,
        /// When it was revoked.
        revoked_at: DateTimeFilter,
    }
}

list_order! {
    /// A key of the order of access tokens.
    AccessTokenOrder by AccessTokenOrderField {
        /// The order in which they were made.
        Id => "id",
        /// What it is for.
        Name => "name",
        /// When it was made.
        CreatedAt => "created_at",
        /// When it ends; those that do not come last.
        ExpiresAt => "expires_at",
        /// When it was last used; those that never were come last.
        LastUsedAt => "last_used_at",
    }
}
