//! `data_changes`: what of the stored data the program changes once all tables are as it knows them,
//! in the transaction of the migrations that owe it.

use sea_orm::{
    ActiveValue::{Set, Unchanged},
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    entity::data_change::{ActiveModel, Column, Entity},
    store::{
        Result, StoreError, Transaction, masked_audit_log,
        one_form::{self, Progress, archived_tags},
        user_names,
    },
};

/// Whether something is still to be done.
pub(in crate::store) async fn are_owed(db: &impl ConnectionTrait) -> Result<bool> {
    let owed = Entity::find().filter(Column::IsDone.eq(false));
    Ok(owed.one(db).await?.is_some())
}

/// Does all that is owed. All migrations must have been applied.
pub(in crate::store) async fn make(
    tx: &Transaction,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<()> {
    one_form::bring(tx, progress).await?;
    archived_tags::bring(tx).await?;
    user_names::bring(tx).await?;
    masked_audit_log::mask(tx).await
}

/// Whether the change of this name is still to be done.
pub(in crate::store) async fn is_owed(db: &impl ConnectionTrait, name: &str) -> Result<bool> {
    let owed = Entity::find_by_id(name).filter(Column::IsDone.eq(false));
    Ok(owed.one(db).await?.is_some())
}

/// Notes that the change of this name is done, and what came of it.
pub(in crate::store) async fn done(
    tx: &Transaction,
    name: &str,
    report: &impl Serialize,
) -> Result<()> {
    let report = serde_json::to_string(report).map_err(unwritable)?;
    let done = ActiveModel {
        name: Unchanged(name.to_owned()),
        is_done: Set(true),
        report: Set(Some(report)),
    };
    Entity::update(done).exec(tx).await?;
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
pub(in crate::store) fn unwritable(error: serde_json::Error) -> StoreError {
    StoreError::Other(sea_orm::DbErr::Json(error.to_string()))
}

/// What came of it, if it was done.
pub(in crate::store) async fn report<T: DeserializeOwned>(
    db: &impl ConnectionTrait,
    name: &str,
) -> Result<Option<T>> {
    let row = Entity::find_by_id(name).one(db).await?;
    let report = row.and_then(|row| row.report);
    Ok(report.and_then(|report| serde_json::from_str(&report).ok()))
}
