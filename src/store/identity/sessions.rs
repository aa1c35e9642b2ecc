//! `sessions` and `refresh_tokens`.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    sea_query::Expr,
};

pub use crate::entity::{refresh_token::Model as RefreshTokenRow, session::Model as SessionRow};
use crate::{
    domain::{access::Access, hidden::Hidden},
    entity::{refresh_token, session, user},
    store::{Change, Result, Transaction, lock_row, users::UserRow},
};

/// Opens a session of a user and returns its id.
pub async fn open(
    tx: &Transaction,
    user_id: i64,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<i64> {
    let row = session::ActiveModel {
        user_id: Set(user_id),
        created_at: Set(now),
        expires_at: Set(expires_at),
        ..Default::default()
    };
    Ok(row.insert(tx).await?.id)
}

/// The session with this id, unless it was revoked, and its user.
pub async fn find_open(
    db: &impl ConnectionTrait,
    id: i64,
) -> Result<Option<(SessionRow, UserRow)>> {
    let found = session::Entity::find_by_id(id)
        .filter(session::Column::RevokedAt.is_null())
        .find_also_related(user::Entity)
        .one(db)
        .await?;
    Ok(found.and_then(|(session, user)| Some((session, user?))))
}

/// The same, and keeps the user and with them all their sessions as they are until the transaction ends.
pub async fn lock_open(tx: &Transaction, id: i64) -> Result<Option<(SessionRow, UserRow)>> {
    let Some((session, _)) = find_open(tx, id).await? else {
        return Ok(None);
    };
    // In this order everywhere: a user first, then their sessions, then what belongs to these.
    lock_row::<user::Entity>(tx, session.user_id).await?;
    find_open(tx, id).await
}

/// Lets a session go on until `expires_at`.
pub async fn prolong(tx: &Transaction, id: i64, expires_at: DateTime<Utc>) -> Result<()> {
    session::Entity::update_many()
        .col_expr(session::Column::ExpiresAt, Expr::value(expires_at))
        .filter(session::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Ends a session. One that has ended already stays as it is.
pub async fn revoke(tx: &Transaction, id: i64, now: DateTime<Utc>) -> Result<()> {
    tx.note(Change::Access(Access::Session(id)));
    session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::value(now))
        .filter(session::Column::Id.eq(id))
        .filter(session::Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// Ends all sessions of a user.
pub async fn revoke_of_user(tx: &Transaction, user_id: i64, now: DateTime<Utc>) -> Result<()> {
    tx.note(Change::Access(Access::User(user_id)));
    session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::value(now))
        .filter(session::Column::UserId.eq(user_id))
        .filter(session::Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// Adds a refresh token to a session.
pub async fn add_refresh_token(
    tx: &Transaction,
    session_id: i64,
    token_hash: Hidden,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    let row = refresh_token::ActiveModel {
        session_id: Set(session_id),
        token_hash: Set(token_hash),
        expires_at: Set(expires_at),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}

/// The refresh token with this hash, used or not.
pub async fn find_refresh_token(
    db: &impl ConnectionTrait,
    token_hash: &Hidden,
) -> Result<Option<RefreshTokenRow>> {
    Ok(refresh_token::Entity::find()
        .filter(refresh_token::Column::TokenHash.eq(token_hash.clone()))
        .one(db)
        .await?)
}

/// Uses a refresh token up. Says whether it was still unused: of several who try at once only one
/// is told so.
pub async fn use_refresh_token(tx: &Transaction, id: i64, now: DateTime<Utc>) -> Result<bool> {
    let done = refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::UsedAt, Expr::value(now))
        .filter(refresh_token::Column::Id.eq(id))
        .filter(refresh_token::Column::UsedAt.is_null())
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Deletes sessions and refresh tokens whose time was over before `now`.
pub async fn prune(tx: &Transaction, now: DateTime<Utc>) -> Result<()> {
    refresh_token::Entity::delete_many()
        .filter(refresh_token::Column::ExpiresAt.lt(now))
        .exec(tx)
        .await?;
    session::Entity::delete_many()
        .filter(session::Column::ExpiresAt.lt(now))
        .exec(tx)
        .await?;
    Ok(())
}
