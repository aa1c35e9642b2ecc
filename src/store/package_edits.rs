//! `lead_packages`, changed a row at a time.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{Set, Unchanged},
};

use super::{
    Change, Result, Transaction, delete_row, package_rules,
    packages::{PackageRow, Packages},
};
use crate::{
    domain::{
        leads::PackageFields,
        package_rules::{PackageRule, name_key},
    },
    entity::lead_package::ActiveModel,
};

/// What the row and the `rules` of the package say of it.
#[must_use]
pub fn fields(row: &PackageRow, rules: Vec<PackageRule>) -> PackageFields {
    PackageFields {
        name: row.name.clone(),
        source: row.source.clone(),
        industry: row.industry.clone(),
        region: row.region.clone(),
        total_leads: row.total_leads,
        valid_leads: row.valid_leads,
        cost_per_lead: row.cost_per_lead,
        total_cost: row.total_cost,
        rules,
    }
}

/// Makes the row `before`, which must be locked, what `fields` say, and returns it.
pub async fn update(
    tx: &Transaction,
    before: &PackageRow,
    fields: PackageFields,
    now: DateTime<Utc>,
) -> Result<PackageRow> {
    // Totals of packages are those of all, on every day's dashboard.
    tx.note(Change::Figures);
    package_rules::replace(tx, before.id, &fields.rules).await?;
    Ok(ActiveModel {
        id: Unchanged(before.id),
        name_key: Set(Some(name_key(&fields.name))),
        name: Set(fields.name),
        source: Set(fields.source),
        industry: Set(fields.industry),
        region: Set(fields.region),
        total_leads: Set(fields.total_leads),
        valid_leads: Set(fields.valid_leads),
        cost_per_lead: Set(fields.cost_per_lead),
        total_cost: Set(fields.total_cost),
        updated_at: Set(now),
        version: Set(before.version + 1),
        ..Default::default()
    }
    .update(tx)
    .await?)
}

/// Deletes the row `before`, which must be locked.
pub async fn delete(tx: &Transaction, before: &PackageRow) -> Result<()> {
    tx.note(Change::Figures);
    delete_row::<Packages>(tx, before.id).await
}
