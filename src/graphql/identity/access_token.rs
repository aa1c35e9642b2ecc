use async_graphql::{ID, Object};

use super::{AccessTokenFilter, AccessTokenOrder, Role};
use crate::{
    domain::{
        access_token::{is_visible_to, maker_visible_to},
        filter::{Filter, Test},
        scalar::Scalar,
        viewer::Viewer,
    },
    graphql::{
        connection::listed,
        id::{self, Kind},
        scalars::DateTime,
    },
    store::access_tokens::AccessTokenRow,
};

listed! {
    AccessToken(AccessTokenRow) by AccessTokenFilter, AccessTokenOrder, whole = true, scope = scope {
    }
}

impl AccessToken {
    /// Whether `viewer` may see it.
    pub(super) fn is_visible_to(&self, viewer: &Viewer) -> bool {
        is_visible_to(viewer, &self.0.row.created_by)
    }
}

/// Those that `viewer` may see; none where that is all.
fn scope(viewer: &Viewer) -> Option<Filter> {
    let maker = maker_visible_to(viewer)?;
    let own = Test::Equal(Scalar::Text(maker));
    Some(Filter::field("created_by", own))
}

/// What a program comes in with, in place of a person: `Authorization: Bearer dg_…`. The secret
/// itself is shown once, when it is made. Whatever its role, it creates and changes no users, no
/// passwords and no access tokens.
#[Object(serial)]
impl AccessToken {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::global(Kind::AccessToken, self.0.row.id)
    }

    /// The id in the database; `token:` and this number is the actor of what the program changes.
    async fn database_id(&self) -> i64 {
        self.0.row.id
    }

    /// What it is for.
    async fn name(&self) -> &str {
        &self.0.row.name
    }

    /// What it may do, as long as its maker may do as much.
    async fn role(&self) -> Role {
        self.0.row.role.into()
    }

    /// Who made it, by `viewer { actor }`: `user:` and a number for a user of this service.
    async fn created_by(&self) -> &str {
        &self.0.row.created_by
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.row.created_at.into()
    }

    /// When it ends; null where it does not end by itself, but with its maker, a user of this
    /// service.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.row.expires_at.map(DateTime)
    }

    /// When it was last used, give or take a minute; null where it never was.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.row.last_used_at.map(DateTime)
    }

    /// When it was revoked; null where it was not.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.row.revoked_at.map(DateTime)
    }
}
