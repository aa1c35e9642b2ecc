use async_graphql::{ID, Object};

use crate::{
    graphql::{
        connection::listed,
        error::Result,
        id::{self, Kind},
    },
    store::{Record, users::UserRow},
};

listed! {
    User(UserRow) {
    }
}

/// Somebody who can sign in here.
#[Object(serial)]
impl User {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> Result<ID> {
        Ok(id::global(Kind::User, self.0.id()?))
    }

    #[graphql(flatten)]
    async fn columns(&self) -> &Record<UserRow> {
        &self.0
    }
}
