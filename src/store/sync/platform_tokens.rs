//! `platform_tokens`: tokens of the calling platform, which arrive here encrypted.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::OnConflict,
};

pub use crate::entity::platform_token::Model as PlatformTokenRow;
use crate::{
    entity::platform_token::{ActiveModel, Column, Entity},
    store::{Result, Transaction},
};

/// The token of `account`, if there is one.
pub async fn find(db: &impl ConnectionTrait, account: &str) -> Result<Option<PlatformTokenRow>> {
    Ok(Entity::find_by_id(account.to_owned()).one(db).await?)
}

/// Keeps a token in place of the one before.
pub async fn save(
    tx: &Transaction,
    account: &str,
    ciphertext: Vec<u8>,
    fetched_at: DateTime<Utc>,
) -> Result<()> {
    Entity::insert(ActiveModel {
        account: Set(account.to_owned()),
        ciphertext: Set(ciphertext),
        fetched_at: Set(fetched_at),
    })
    .on_conflict(
        OnConflict::column(Column::Account)
            .update_columns([Column::Ciphertext, Column::FetchedAt])
            .to_owned(),
    )
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

/// Drops the token that was fetched at `fetched_at`, unless a newer one took its place.
pub async fn delete(tx: &Transaction, account: &str, fetched_at: DateTime<Utc>) -> Result<()> {
    Entity::delete_many()
        .filter(Column::Account.eq(account))
        .filter(Column::FetchedAt.lte(fetched_at))
        .exec(tx)
        .await?;
    Ok(())
}
