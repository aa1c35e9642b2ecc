//! `access_tokens`.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{Set, Unchanged},
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
    sea_query::Expr,
};

pub use crate::entity::access_token::Model as AccessTokenRow;
use crate::{
    domain::{
        access::Access,
        access_token::{AccessTokenFields, maker_visible_to},
        filter::{Filter, Test},
        hidden::Hidden,
        page::OrderKey,
        principal::Principal,
        scalar::Scalar,
    },
    entity::{
        access_token::{ActiveModel, Column, Entity},
        user,
    },
    store::{
        Change, Result, Transaction,
        record::Stored,
        table::{LazyTable, Table},
        users::UserRow,
    },
};

/// The table, to write it.
pub type AccessTokens = Entity;

/// All access tokens, newest first.
pub static ACCESS_TOKENS: LazyTable = LazyLock::new(|| {
    let order = &[OrderKey::descending("id")];
    Table::of::<Entity>("AccessToken", order, Vec::new()).seen_by(|viewer| {
        let maker = maker_visible_to(viewer)?;
        let own = Test::Equal(Scalar::Text(maker));
        Some(Filter::field("created_by", own))
    })
});

impl Stored for AccessTokenRow {
    fn table() -> &'static Table {
        &ACCESS_TOKENS
    }
}

/// What the row says of the token.
#[must_use]
pub fn fields(row: &AccessTokenRow) -> AccessTokenFields {
    AccessTokenFields {
        name: row.name.clone(),
        role: row.role,
        expires_at: row.expires_at,
    }
}

/// Adds a token of `maker` and returns the row.
pub async fn create(
    tx: &Transaction,
    fields: AccessTokenFields,
    maker: &Principal,
    token_hash: Hidden,
    now: DateTime<Utc>,
) -> Result<AccessTokenRow> {
    let row = ActiveModel {
        name: Set(fields.name),
        role: Set(fields.role),
        token_hash: Set(token_hash),
        created_by: Set(maker.to_string()),
        user_id: Set(maker.user_id()),
        created_at: Set(now),
        expires_at: Set(fields.expires_at),
        ..Default::default()
    };
    Ok(row.insert(tx).await?)
}

/// How many tokens of this maker are good at the instant `now`.
pub async fn count_of(
    db: &impl ConnectionTrait,
    maker: &Principal,
    now: DateTime<Utc>,
) -> Result<u64> {
    let lasts = Condition::any()
        .add(Column::ExpiresAt.is_null())
        .add(Column::ExpiresAt.gt(now));
    Ok(Entity::find()
        .filter(Column::CreatedBy.eq(maker.to_string()))
        .filter(Column::RevokedAt.is_null())
        .filter(lasts)
        .count(db)
        .await?)
}

/// The token with this hash, and its maker if that is a user of ours.
pub async fn find_by_hash(
    db: &impl ConnectionTrait,
    token_hash: &Hidden,
) -> Result<Option<(AccessTokenRow, Option<UserRow>)>> {
    Ok(Entity::find()
        .filter(Column::TokenHash.eq(token_hash.clone()))
        .find_also_related(user::Entity)
        .one(db)
        .await?)
}

/// The token with this id, and its maker if that is a user of ours.
pub async fn find(
    db: &impl ConnectionTrait,
    id: i64,
) -> Result<Option<(AccessTokenRow, Option<UserRow>)>> {
    Ok(Entity::find_by_id(id)
        .find_also_related(user::Entity)
        .one(db)
        .await?)
}

/// Ends the token `before`, which must be locked, and returns the row.
pub async fn revoke(
    tx: &Transaction,
    before: &AccessTokenRow,
    now: DateTime<Utc>,
) -> Result<AccessTokenRow> {
    tx.note(Change::Access(Access::Token(before.id)));
    let row = ActiveModel {
        id: Unchanged(before.id),
        revoked_at: Set(Some(now)),
        ..Default::default()
    };
    Ok(row.update(tx).await?)
}

/// Ends all tokens of a user.
pub async fn revoke_of_user(tx: &Transaction, user_id: i64, now: DateTime<Utc>) -> Result<()> {
    tx.note(Change::Access(Access::User(user_id)));
    Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now))
        .filter(Column::UserId.eq(user_id))
        .filter(Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// Notes that the token is used now, unless another use was noted since `since`.
pub async fn used(
    tx: &Transaction,
    id: i64,
    now: DateTime<Utc>,
    since: DateTime<Utc>,
) -> Result<()> {
    let long_ago = Condition::any()
        .add(Column::LastUsedAt.is_null())
        .add(Column::LastUsedAt.lt(since));
    Entity::update_many()
        .col_expr(Column::LastUsedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(long_ago)
        .exec(tx)
        .await?;
    Ok(())
}
