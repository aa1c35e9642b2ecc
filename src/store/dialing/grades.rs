//! `grades`.

use std::{
    cmp::{Ordering, Reverse},
    sync::LazyLock,
};

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{Set, Unchanged},
    ConnectionTrait, EntityTrait, Order, QueryOrder,
    sea_query::{Expr, ExprTrait, Query},
};

pub use crate::entity::grade::Model as GradeRow;
use crate::{
    domain::{
        business_time::DayRange,
        grade::{Grade, OTHER, UnknownGrade},
        page::OrderKey,
        privacy::may_hide,
    },
    entity::call,
    entity::grade::{ActiveModel, Column, Entity, Model, Patterns},
    store::{
        Change, Result, Transaction,
        record::Stored,
        table::{LazyTable, Table},
    },
};

/// The table, to write it.
pub type Grades = Entity;

/// The catalogue, in the order it was made.
pub static GRADES: LazyTable = LazyLock::new(|| {
    let order = &[OrderKey::ascending("id")];
    Table::of::<Entity>("Grade", order, Vec::new())
});

impl Stored for GradeRow {
    fn table() -> &'static Table {
        &GRADES
    }
}

/// The rows of the catalogue, in the order it was made.
pub async fn rows(db: &impl ConnectionTrait) -> Result<Vec<GradeRow>> {
    Ok(Entity::find().order_by_asc(Column::Id).all(db).await?)
}

/// The catalogue, in the order it was made.
pub async fn list(db: &impl ConnectionTrait) -> Result<Vec<Grade>> {
    Ok(rows(db).await?.into_iter().map(Grade::from).collect())
}

/// The grade texts that no grade of the catalogue claims, with the number of calls that have each on
/// the business days of `days`, most first, at most `limit`. What OTHER is called is meant by whoever
/// writes it. An index of these calls alone answers.
pub async fn unknown(
    db: &impl ConnectionTrait,
    days: DayRange,
    limit: u64,
) -> Result<Vec<UnknownGrade>> {
    let text = || Expr::col(call::Column::Grade);
    let calls = Expr::col(call::Column::Grade).count();
    let label = Query::select()
        .column(Column::Label)
        .from(Entity)
        .and_where(Expr::col(Column::Code).eq(OTHER))
        .take();
    let query = Query::select()
        .expr(text())
        .expr(calls.clone())
        .from(call::Entity)
        // As the index has it: SQLite does not look into a bound value.
        .and_where(Expr::col(call::Column::GradeCode).eq(Expr::cust("'OTHER'")))
        .and_where(Expr::col(call::Column::RemovedAt).is_null())
        .and_where(Expr::col(call::Column::CallDate).between(days.from(), days.to()))
        .and_where(text().not_in_subquery(label))
        .group_by_col(call::Column::Grade)
        .order_by_expr(calls, Order::Desc)
        .order_by_expr(Expr::col(call::Column::Id).min(), Order::Asc)
        .limit(limit)
        .take();
    let rows = db.query_all(&query).await?;
    let unknown = rows.iter().map(|row| {
        Ok(UnknownGrade {
            text: row.try_get_by(0)?,
            calls: row.try_get_by(1)?,
        })
    });
    let mut unknown = unknown.collect::<Result<Vec<_>>>()?;
    // Of those with as many calls, texts that may hold a number come last, in the order of their first
    // calls, which says nothing of their digits.
    unknown.sort_by(|a, b| {
        let place = |grade: &UnknownGrade| (Reverse(grade.calls), may_hide(&grade.text));
        place(a).cmp(&place(b)).then_with(|| {
            if may_hide(&a.text) {
                Ordering::Equal
            } else {
                a.text.cmp(&b.text)
            }
        })
    });
    Ok(unknown)
}

/// Adds a grade and returns it.
pub async fn create(tx: &Transaction, grade: &Grade, now: DateTime<Utc>) -> Result<GradeRow> {
    tx.note(Change::Figures);
    let mut row = columns(grade, now);
    row.created_at = Set(now);
    Ok(row.insert(tx).await?)
}

/// Makes the row `before` what `grade` says, and returns it.
pub async fn update(
    tx: &Transaction,
    before: &GradeRow,
    grade: &Grade,
    now: DateTime<Utc>,
) -> Result<GradeRow> {
    // Its price is that of all calls that have it.
    tx.note(Change::Figures);
    let mut row = columns(grade, now);
    row.id = Unchanged(before.id);
    row.version = Set(before.version + 1);
    Ok(row.update(tx).await?)
}

fn columns(grade: &Grade, now: DateTime<Utc>) -> ActiveModel {
    ActiveModel {
        code: Set(grade.code.clone()),
        label: Set(grade.label.clone()),
        patterns: Set(Patterns(grade.patterns.clone())),
        unit_price: Set(grade.unit_price),
        is_interested: Set(grade.is_interested),
        is_success: Set(grade.is_success),
        updated_at: Set(now),
        ..Default::default()
    }
}

impl From<Model> for Grade {
    fn from(row: Model) -> Self {
        Self {
            code: row.code,
            label: row.label,
            patterns: row.patterns.0,
            unit_price: row.unit_price,
            is_interested: row.is_interested,
            is_success: row.is_success,
        }
    }
}
