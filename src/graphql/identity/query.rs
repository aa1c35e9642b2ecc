use async_graphql::{Context, Object, SimpleObject};

use super::{
    AccessToken, AccessTokenFilter, AccessTokenOrder, Capability, Role, User, UserFilter, UserOrder,
};
use crate::{
    domain::{
        filter::{Filter, Test},
        scalar::Scalar,
        viewer,
    },
    graphql::{
        connection::{Connection, ListArguments, find, found, list_of, list_within},
        context::ContextExt,
        error::Result,
        permissions::Root,
    },
};

/// The one who asks.
#[derive(SimpleObject)]
#[graphql(complex)]
struct Viewer {
    /// Whom the token names, as the record of changes has it: `user:7` is a user of this service,
    /// `token:7` an access token, anything else whoever another service calls so.
    subject: String,
    /// The e-mail address, as far as it is known; null for a program. Hidden, as every address is, for
    /// an ANALYST.
    email: Option<String>,
    /// What they may do.
    role: Role,
    /// The same, one by one.
    capabilities: Vec<Capability>,
}

#[async_graphql::ComplexObject]
impl Viewer {
    /// The user of this service that this is; null where another service knows them, or for a
    /// program.
    async fn user(&self, context: &Context<'_>) -> Result<Option<User>> {
        match context.request()?.viewer.user_id() {
            Some(id) => find(context, id).await,
            None => Ok(None),
        }
    }
}

/// Queries about users and their tokens.
#[derive(Default)]
pub struct IdentityQuery;

#[Object(guard = "Root::Query")]
impl IdentityQuery {
    /// The one who asks.
    async fn viewer(&self, context: &Context<'_>) -> Result<Viewer> {
        let viewer = &context.request()?.viewer;
        Ok(Viewer {
            subject: viewer.subject.clone(),
            email: viewer.email.clone(),
            role: viewer.role.into(),
            capabilities: viewer.role.capabilities().map(Into::into).collect(),
        })
    }

    /// All users of this service, in the order in which they were made. For ADMIN.
    async fn users(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first so many; 20 by default, at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 200; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which of them.")] filter: Option<Box<UserFilter>>,
        #[graphql(desc = "Their order, by the first key and then by the next. At most 8 keys.")]
        order_by: Option<Vec<UserOrder>>,
    ) -> Result<Connection<User>> {
        let arguments = ListArguments {
            first,
            after,
            last,
            before,
            filter,
            order_by,
        };
        list_of(context, arguments).await
    }

    /// Access tokens, newest first: one's own, and for an ADMIN everybody's.
    async fn access_tokens(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first so many; 20 by default, at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 200; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which of them.")] filter: Option<Box<AccessTokenFilter>>,
        #[graphql(desc = "Their order, by the first key and then by the next. At most 8 keys.")]
        order_by: Option<Vec<AccessTokenOrder>>,
    ) -> Result<Connection<AccessToken>> {
        let arguments = ListArguments {
            first,
            after,
            last,
            before,
            filter,
            order_by,
        };
        let viewer = &context.request()?.viewer;
        let own = Test::Equal(Scalar::Text(viewer.subject.clone()));
        let own = Filter::field("created_by", own);
        let scope = (!viewer.may(viewer::Capability::ManageUsers)).then_some(own);
        list_within(context, arguments, scope).await
    }
}

/// The users with these ids, for those who may see them.
pub(in crate::graphql) async fn visible_users(
    context: &Context<'_>,
    ids: &[i64],
) -> Result<Vec<(i64, User)>> {
    let viewer = &context.request()?.viewer;
    let manages = viewer.may(viewer::Capability::ManageUsers);
    let visible = |id: &i64| manages || viewer.user_id() == Some(*id);
    let ids: Vec<i64> = ids.iter().copied().filter(visible).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    found(context, &ids).await
}

/// The access tokens with these ids that the viewer may see.
pub(in crate::graphql) async fn visible_tokens(
    context: &Context<'_>,
    ids: &[i64],
) -> Result<Vec<(i64, AccessToken)>> {
    let mut found: Vec<(i64, AccessToken)> = found(context, ids).await?;
    let viewer = &context.request()?.viewer;
    found.retain(|(_, token)| token.is_visible_to(viewer));
    Ok(found)
}
