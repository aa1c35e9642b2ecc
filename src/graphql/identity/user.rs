use async_graphql::{ID, Object};

use super::{Role, UserFilter, UserOrder};
use crate::{
    graphql::{
        connection::listed,
        id::{self, Kind},
        scalars::DateTime,
    },
    store::users::UserRow,
};

listed! {
    User(UserRow) by UserFilter, UserOrder {
    }
}

/// Somebody who can sign in here.
#[Object(serial)]
impl User {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::global(Kind::User, self.0.row.id)
    }

    /// The id in the database, for joins in BI tools; `user:` and this number is the subject of the
    /// user's tokens.
    async fn database_id(&self) -> i64 {
        self.0.row.id
    }

    /// The name to sign in with.
    async fn name(&self) -> &str {
        &self.0.row.name
    }

    /// The e-mail address, which can be signed in with as well; null where none was given.
    async fn email(&self) -> Option<&str> {
        self.0.row.email.as_deref()
    }

    /// What they may do.
    async fn role(&self) -> Role {
        self.0.row.role.into()
    }

    /// Whether they may sign in.
    async fn is_active(&self) -> bool {
        self.0.row.is_active
    }

    /// Counts its changes, from 1: to be given as `expectedVersion` when it is changed.
    async fn version(&self) -> i64 {
        self.0.row.version
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime {
        self.0.row.created_at.into()
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.row.updated_at.into()
    }
}
