use async_graphql::{ID, Object};

use crate::{
    graphql::{
        connection::listed,
        error::Result,
        id::{self, Kind},
    },
    store::{Record, access_tokens::AccessTokenRow},
};

listed! {
    AccessToken(AccessTokenRow) {
    }
}

/// What a program comes in with, in place of a person: `Authorization: Bearer dg_…`. The secret
/// itself is shown once, when it is made. Whatever its role, it creates and changes no users, no
/// passwords and no access tokens.
#[Object(serial)]
impl AccessToken {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> Result<ID> {
        Ok(id::global(Kind::AccessToken, self.0.id()?))
    }

    #[graphql(flatten)]
    async fn columns(&self) -> &Record<AccessTokenRow> {
        &self.0
    }
}
