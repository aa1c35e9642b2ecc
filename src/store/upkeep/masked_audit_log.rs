//! Masking the telephone numbers and addresses that older programs recorded in the audit log: once, in
//! the transaction of the migrations. The database keeps everybody from changing what is recorded;
//! that is lifted for this alone, and nobody else sees the table without it.

use sea_orm::{
    ActiveValue::{Set, Unchanged},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::Value;

use crate::{
    domain::{audit::Recorded, privacy::hidden},
    entity::audit_entry::{ActiveModel, Column, Entity, Model},
    store::{Result, Transaction, data_changes, dialect},
};

/// The change in `data_changes`.
const NAME: &str = "MASKED_AUDIT_LOG";
/// Rows that are read at a time.
const PAGE: u64 = 1_000;

/// Masks all that is recorded, unless that was done.
pub(in crate::store) async fn mask(tx: &Transaction) -> Result<()> {
    if !data_changes::is_owed(tx, NAME).await? {
        return Ok(());
    }
    let guard = dialect::lift_audit_guard(tx).await?;
    let masked = all(tx).await?;
    dialect::restore_audit_guard(tx, guard).await?;
    data_changes::done(tx, NAME, &masked).await?;
    if masked > 0 {
        tracing::info!(
            entries = masked,
            "telephone numbers and e-mail addresses in the audit log were masked"
        );
    }
    Ok(())
}

/// How many entries were changed.
async fn all(tx: &Transaction) -> Result<u64> {
    let mut masked = 0;
    let mut last = 0;
    loop {
        let rows = Entity::find()
            .filter(Column::Id.gt(last))
            .order_by_asc(Column::Id)
            .limit(PAGE)
            .all(tx)
            .await?;
        let Some(row) = rows.last() else {
            return Ok(masked);
        };
        last = row.id;
        for row in &rows {
            let changes = of(row);
            if changes != row.changes {
                masked += 1;
                let update = ActiveModel {
                    id: Unchanged(row.id),
                    changes: Set(changes),
                    ..Default::default()
                };
                Entity::update(update).exec_without_returning(tx).await?;
            }
        }
    }
}

/// What is recorded, masked. What cannot be read is masked as a text.
fn of(row: &Model) -> String {
    match serde_json::from_str(&row.changes) {
        Ok(Value::Object(fields)) => {
            let before = Value::Object(fields.clone()).to_string();
            let masked = Recorded::of(fields).to_string();
            // Another way to write the same stays.
            if masked == before {
                row.changes.clone()
            } else {
                masked
            }
        }
        _ => hidden(&row.changes).into_owned(),
    }
}
