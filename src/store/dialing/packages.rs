//! `lead_packages`.

use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{Set, Unchanged},
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::Expr,
};

pub use crate::entity::lead_package::Model as PackageRow;
use crate::{
    domain::{
        business_time::DayRange,
        leads::PackageFields,
        money::Money,
        package_rules::{PackageRule, name_key},
        page::OrderKey,
    },
    entity::lead_package::{ActiveModel, Column, Entity},
    store::{
        Change, Result, Transaction, delete_row,
        dialect::{self, big_sum},
        package_rules,
        record::Stored,
        table::{LazyTable, Relation, Table, ToMany},
        tag_counts::of_package::TagSummaryRow,
        tasks::TaskRow,
    },
};

/// The table, to write it.
pub type Packages = Entity;

/// All packages, newest first.
pub static PACKAGES: LazyTable = LazyLock::new(|| {
    let order = &[
        OrderKey::descending("created_at"),
        OrderKey::descending("id"),
    ];
    let relations = vec![
        Relation::from(PackageRow::TASKS).filtered("The tasks that dial it."),
        Relation::from(PackageRow::TAG_SUMMARIES),
    ];
    Table::of::<Entity>("LeadPackage", order, relations)
});

impl PackageRow {
    /// The tasks that dial it.
    pub const TASKS: ToMany<Self, TaskRow> = ToMany::new("tasks", "package_id");
    /// The tags of its calls.
    pub const TAG_SUMMARIES: ToMany<Self, TagSummaryRow> =
        ToMany::new("tag_summaries", "package_id");
}

impl Stored for PackageRow {
    fn table() -> &'static Table {
        &PACKAGES
    }
}

/// The newest packages.
pub async fn newest(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<PackageRow>> {
    Ok(Entity::find()
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(db)
        .await?)
}

/// How many packages and leads there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sea_orm::FromQueryResult)]
pub struct PackageTotals {
    /// Packages.
    pub packages: i64,
    /// Σ total leads.
    pub total_leads: i64,
    /// Σ valid leads.
    pub valid_leads: i64,
}

/// Totals over all packages.
pub async fn totals(db: &impl ConnectionTrait) -> Result<PackageTotals> {
    sum_up(db, Entity::find()).await
}

/// Totals over the packages that were created on business day `day` or before.
pub async fn totals_until(db: &impl ConnectionTrait, day: NaiveDate) -> Result<PackageTotals> {
    sum_up(db, Entity::find().filter(Column::CreatedDate.lte(day))).await
}

async fn sum_up(db: &impl ConnectionTrait, packages: Select<Entity>) -> Result<PackageTotals> {
    Ok(packages
        .select_only()
        .expr_as(Column::Id.count(), "packages")
        .expr_as(big_sum(Expr::col(Column::TotalLeads)), "total_leads")
        .expr_as(big_sum(Expr::col(Column::ValidLeads)), "valid_leads")
        .into_model::<PackageTotals>()
        .one(db)
        .await?
        .unwrap_or_default())
}

/// What the packages created on a business day cost, and how many they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sea_orm::FromQueryResult)]
pub struct PackageDay {
    /// The business day.
    pub created_date: NaiveDate,
    /// Packages created that day.
    pub packages: i64,
    /// Σ total cost.
    pub cost: Money,
}

/// Packages created on each day of `range` that has any.
pub async fn created_by_day(db: &impl ConnectionTrait, range: DayRange) -> Result<Vec<PackageDay>> {
    Ok(Entity::find()
        .select_only()
        .column(Column::CreatedDate)
        .expr_as(Column::Id.count(), "packages")
        .expr_as(big_sum(Expr::col(Column::TotalCost)), "cost")
        .filter(Column::CreatedDate.between(range.from(), range.to()))
        .group_by(Column::CreatedDate)
        .into_model::<PackageDay>()
        .all(db)
        .await?)
}

/// The package whose name counts as the same as `name`.
pub async fn namesake(db: &impl ConnectionTrait, name: &str) -> Result<Option<PackageRow>> {
    let same = Column::NameKey.eq(name_key(name));
    Ok(Entity::find().filter(same).one(db).await?)
}

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

/// Adds a package, created on the business day `today`, and returns it.
pub async fn create(
    tx: &Transaction,
    fields: PackageFields,
    now: DateTime<Utc>,
    today: NaiveDate,
) -> Result<PackageRow> {
    // Its day, too, is one of the business days.
    dialect::write_calls(tx).await?;
    tx.note(Change::Figures);
    let rules = fields.rules.clone();
    let mut row = columns(fields, now);
    row.created_at = Set(now);
    row.created_date = Set(today);
    let package = row.insert(tx).await?;
    package_rules::replace(tx, package.id, &rules).await?;
    Ok(package)
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
    let mut row = columns(fields, now);
    row.id = Unchanged(before.id);
    row.version = Set(before.version + 1);
    Ok(row.update(tx).await?)
}

fn columns(fields: PackageFields, now: DateTime<Utc>) -> ActiveModel {
    ActiveModel {
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
        ..Default::default()
    }
}

/// Deletes the row `before`, which must be locked.
pub async fn delete(tx: &Transaction, before: &PackageRow) -> Result<()> {
    tx.note(Change::Figures);
    delete_row::<Packages>(tx, before.id).await
}
