//! `lead_packages`.

use std::sync::LazyLock;

use chrono::NaiveDate;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Select, sea_query::Expr,
};

use super::{
    Change, Result, Transaction,
    dialect::{self, big_sum},
    record::stored,
    table::{LazyTable, Relation, Table},
    tag_counts::of_package::TAG_SUMMARIES,
    tasks::TASKS,
};
pub use crate::entity::lead_package::Model as PackageRow;
use crate::{
    domain::{business_time::DayRange, money::Money, package_rules::name_key, page::OrderKey},
    entity::lead_package::{ActiveModel, Column, Entity},
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
        Relation::many("tasks", &TASKS, "package_id"),
        Relation::many("tag_summaries", &TAG_SUMMARIES, "package_id"),
    ];
    Table::of::<Entity>(order, relations, read)
});

stored!(
    PackageRow,
    PACKAGES,
    [
        id,
        name,
        source,
        industry,
        region,
        total_leads,
        valid_leads,
        cost_per_lead,
        total_cost,
        created_date,
        created_at,
        updated_at,
        version,
        name_key,
    ]
);

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

/// What a new package has.
#[derive(Debug, Clone)]
pub struct NewPackage {
    /// Its name.
    pub name: String,
    /// Where the leads come from.
    pub source: Option<String>,
    /// The industry of the leads.
    pub industry: Option<String>,
    /// The region of the leads.
    pub region: Option<String>,
    /// How many leads.
    pub total_leads: i32,
    /// How many of them can be dialled.
    pub valid_leads: i32,
    /// Price of a lead.
    pub cost_per_lead: Money,
    /// Price of all.
    pub total_cost: Money,
    /// When it was created.
    pub created_at: chrono::DateTime<chrono::Utc>,
    /// The business day of that.
    pub created_date: NaiveDate,
}

/// Adds a package and returns it.
pub async fn create(tx: &Transaction, new: NewPackage) -> Result<PackageRow> {
    use sea_orm::ActiveModelTrait;
    // Its day, too, is one of the business days.
    dialect::write_calls(tx).await?;
    tx.note(Change::Figures);
    Ok(ActiveModel {
        name_key: Set(Some(name_key(&new.name))),
        name: Set(new.name),
        source: Set(new.source),
        industry: Set(new.industry),
        region: Set(new.region),
        total_leads: Set(new.total_leads),
        valid_leads: Set(new.valid_leads),
        cost_per_lead: Set(new.cost_per_lead),
        total_cost: Set(new.total_cost),
        created_date: Set(new.created_date),
        created_at: Set(new.created_at),
        updated_at: Set(new.created_at),
        ..Default::default()
    }
    .insert(tx)
    .await?)
}
