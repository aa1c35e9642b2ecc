use async_graphql::{Context, ID, InputObject, MaybeUndefined, MergedObject, Object, SimpleObject};
use secrecy::ExposeSecret as _;

use super::{AccessToken, Role, User};
use crate::{
    domain::{access_token, change::Change, user::UserInput, viewer::Capability},
    graphql::{
        connection::shown,
        context::ContextExt,
        error::Result,
        id::{self, Kind},
        input::{answer, change, payloads, writer},
        permissions::Root,
        scalars::{DateTime, Written},
        user_error::UserError,
    },
    service::{access_tokens, users},
};

/// A new user.
#[derive(InputObject)]
pub(super) struct CreateUserInput {
    /// The name to sign in with: letters, digits, single spaces and signs other than @, at most 200
    /// characters. One that looks like another user's, in either case, is TAKEN.
    name: String,
    /// An e-mail address, which can be signed in with as well.
    email: MaybeUndefined<String>,
    /// What they may do.
    role: Role,
    /// At least 12 characters that can be seen, and nothing that everybody tries first. Send it as a
    /// variable.
    password: String,
}

/// Changes of a user: what is left out stays as it is.
#[derive(InputObject)]
pub(super) struct UpdateUserInput {
    /// Which user.
    id: ID,
    /// The name to sign in with.
    name: MaybeUndefined<String>,
    /// The e-mail address; null for none.
    email: MaybeUndefined<String>,
    /// What they may do; counts at once, also for those who are signed in.
    role: MaybeUndefined<Role>,
    /// Whether they may sign in. Who may not any more loses all sessions and access tokens.
    is_active: MaybeUndefined<bool>,
    /// The version that the change was made for: another one is a CONFLICT, and nothing is written.
    expected_version: Option<i64>,
}

/// Another password.
#[derive(InputObject)]
pub(super) struct ChangePasswordInput {
    /// Whose; one's own where nothing is said. Somebody else's only for ADMIN.
    id: Option<ID>,
    /// The present password; an ADMIN need not know that of somebody else. Send it as a variable.
    current_password: Option<String>,
    /// At least 12 characters that can be seen, and nothing that everybody tries first. Send it as a
    /// variable.
    new_password: String,
}

/// Which user may not sign in any more.
#[derive(InputObject)]
pub(super) struct DeactivateUserInput {
    /// Which user.
    id: ID,
    /// The version that the change was made for: another one is a CONFLICT, and nothing is written.
    expected_version: Option<i64>,
}

/// A new access token.
#[derive(InputObject)]
pub(super) struct CreateAccessTokenInput {
    /// What it is for, at most 200 characters.
    name: String,
    /// What it may do: no more than oneself.
    role: Role,
    /// When it ends. Where nothing is said: for a user of this service never by itself, for anybody
    /// else as late as it may, which is FOREIGN_ACCESS_TOKEN_MAX_DAYS (30 by default) from now.
    expires_at: MaybeUndefined<Written<DateTime>>,
}

/// Which access token to end.
#[derive(InputObject)]
pub(super) struct RevokeAccessTokenInput {
    /// Which token.
    id: ID,
}

/// What came of creating a user.
#[derive(SimpleObject, Default)]
pub(super) struct CreateUserPayload {
    /// The new user; null when there are userErrors.
    user: Option<User>,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

/// What came of changing a user.
#[derive(SimpleObject, Default)]
pub(super) struct UpdateUserPayload {
    /// The user as it is now; null when there are userErrors.
    user: Option<User>,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

/// What came of changing a password.
#[derive(SimpleObject, Default)]
pub(super) struct ChangePasswordPayload {
    /// The user, whose sessions have all ended; null when there are userErrors.
    user: Option<User>,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

/// What came of keeping a user out.
#[derive(SimpleObject, Default)]
pub(super) struct DeactivateUserPayload {
    /// The user as it is now; null when there are userErrors.
    user: Option<User>,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

/// What came of making an access token.
#[derive(SimpleObject, Default)]
pub(super) struct CreateAccessTokenPayload {
    /// The token; null when there are userErrors.
    access_token: Option<AccessToken>,
    /// The secret, to be sent as `Authorization: Bearer …`: shown now and never again; null when
    /// there are userErrors.
    secret: Option<String>,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

/// What came of ending an access token.
#[derive(SimpleObject, Default)]
pub(super) struct RevokeAccessTokenPayload {
    /// The token as it is now; null when there are userErrors.
    access_token: Option<AccessToken>,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

payloads!(
    CreateUserPayload,
    UpdateUserPayload,
    ChangePasswordPayload,
    DeactivateUserPayload,
    CreateAccessTokenPayload,
    RevokeAccessTokenPayload,
);

/// Changes of users and of what they and their programs come in with.
#[derive(MergedObject, Default)]
pub struct IdentityMutation(UserMutation, AccessTokenMutation);

/// Changes of users.
#[derive(Default)]
struct UserMutation;

#[Object(guard = "Root::Mutation")]
impl UserMutation {
    /// Creates a user. For ADMIN, but not for an access token.
    async fn create_user(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The new user.")] input: CreateUserInput,
    ) -> Result<CreateUserPayload> {
        let user = UserInput {
            name: Change::Set(input.name),
            email: change(input.email),
            role: Change::Set(input.role.into()),
            is_active: Change::Keep,
        };
        let accounts = &context.services()?.accounts;
        let password = input.password.into();
        let done = users::create(&writer(context)?, accounts, user, &password).await;
        answer(done, |row| CreateUserPayload {
            user: Some(shown(row)),
            ..Default::default()
        })
    }

    /// Changes a user. The last ADMIN who can sign in stays one. For ADMIN, but not for an access
    /// token.
    async fn update_user(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which user, and what of it.")] input: UpdateUserInput,
    ) -> Result<UpdateUserPayload> {
        let id = id::given(&input.id, Kind::User);
        let user = UserInput {
            name: change(input.name),
            email: change(input.email),
            role: change(input.role),
            is_active: change(input.is_active),
        };
        let accounts = &context.services()?.accounts;
        let version = input.expected_version;
        let done = users::update(&writer(context)?, accounts, &id, user, version).await;
        answer(done, |row| UpdateUserPayload {
            user: Some(shown(row)),
            ..Default::default()
        })
    }

    /// Gives a user another password: oneself, or for ADMIN anybody. All the user's sessions end,
    /// this one among them if it is theirs; access tokens stay. Not for an access token.
    async fn change_password(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose, and which.")] input: ChangePasswordInput,
    ) -> Result<ChangePasswordPayload> {
        let own = context.request()?.viewer.user_id();
        let user = match (&input.id, own) {
            (Some(id), _) => id::given(id, Kind::User),
            (None, Some(own)) => Ok(own),
            (None, None) => Err("you are no user of this service: say whose password".to_owned()),
        };
        let is_own = own.is_some() && user.as_ref().ok() == own.as_ref();
        if !is_own {
            context.request()?.viewer.check(Capability::ManageUsers)?;
        }
        let password = users::NewPassword {
            user,
            current: input.current_password.map(Into::into),
            new: input.new_password.into(),
        };
        let accounts = &context.services()?.accounts;
        let done = users::change_password(&writer(context)?, accounts, &password).await;
        answer(done, |row| ChangePasswordPayload {
            user: Some(shown(row)),
            ..Default::default()
        })
    }

    /// Keeps a user from signing in; all their sessions and access tokens end at once. The last
    /// ADMIN who can sign in stays. For ADMIN, but not for an access token.
    async fn deactivate_user(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which user.")] input: DeactivateUserInput,
    ) -> Result<DeactivateUserPayload> {
        let id = id::given(&input.id, Kind::User);
        let accounts = &context.services()?.accounts;
        let version = input.expected_version;
        let done = users::deactivate(&writer(context)?, accounts, &id, version).await;
        answer(done, |row| DeactivateUserPayload {
            user: Some(shown(row)),
            ..Default::default()
        })
    }
}

/// Changes of access tokens.
#[derive(Default)]
struct AccessTokenMutation;

#[Object(guard = "Root::Mutation")]
impl AccessTokenMutation {
    /// Makes an access token for a program, and shows its secret, this once. That of a user of this
    /// service ends with them, and may never do more than they may. That of a caller whom another
    /// service knows ends by itself, after FOREIGN_ACCESS_TOKEN_MAX_DAYS (30 by default) at the
    /// latest: nobody tells this service when such a caller may not come in any more. Not for access
    /// tokens.
    async fn create_access_token(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The new token.")] input: CreateAccessTokenInput,
    ) -> Result<CreateAccessTokenPayload> {
        let token = access_token::AccessTokenInput {
            name: input.name,
            role: input.role.into(),
            expires_at: change(input.expires_at),
        };
        let accounts = &context.services()?.accounts;
        let done = access_tokens::create(&writer(context)?, accounts, &token).await;
        answer(done, |(row, secret)| CreateAccessTokenPayload {
            access_token: Some(shown(row)),
            secret: Some(secret.expose_secret().to_owned()),
            ..Default::default()
        })
    }

    /// Ends an access token at once: one's own, and for an ADMIN anybody's. Not for access tokens; who
    /// has the secret of one can end it at /api/v1/auth/revoke.
    async fn revoke_access_token(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which token.")] input: RevokeAccessTokenInput,
    ) -> Result<RevokeAccessTokenPayload> {
        let id = id::given(&input.id, Kind::AccessToken);
        let accounts = &context.services()?.accounts;
        let done = access_tokens::revoke(&writer(context)?, accounts, &id).await;
        answer(done, |row| RevokeAccessTokenPayload {
            access_token: Some(shown(row)),
            ..Default::default()
        })
    }
}
