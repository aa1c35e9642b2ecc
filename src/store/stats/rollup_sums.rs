//! `call_rollups`, summed over grades: what our figures of days are compared by.

use chrono::NaiveDate;
use sea_orm::{
    ConnectionTrait,
    sea_query::{Expr, ExprTrait, Query, SimpleExpr},
};

use crate::{
    domain::{business_time::DayRange, grade, stats::Dimension},
    entity::call_rollup::{Column, Entity},
    store::{Result, dialect::big_sum},
};

/// The calls of a day that have one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaySum {
    /// What the key is of.
    pub dimension: Dimension,
    /// The key; empty where calls have none.
    pub key: String,
    /// The day.
    pub date: NaiveDate,
    /// Calls.
    pub calls: i64,
    /// Of those, connected.
    pub connected: i64,
    /// Of those, with one of the grades that mean success.
    pub success: i64,
    /// Of those, with a grade that the catalogue does not know.
    pub unknown_grades: i64,
}

/// The sums of each day of `range` and key of `dimensions`; `success` are the codes of the grades
/// that mean it.
pub async fn of_days(
    db: &impl ConnectionTrait,
    range: DayRange,
    dimensions: &[Dimension],
    success: &[&str],
) -> Result<Vec<DaySum>> {
    let calls = |condition: SimpleExpr| {
        let calls = Expr::case(condition, Expr::col(Column::Calls)).finally(0);
        big_sum(calls.into())
    };
    let grade = || Expr::col(Column::GradeCode);
    let query = Query::select()
        .columns([Column::Dimension, Column::Key, Column::CallDate])
        .expr(big_sum(Expr::col(Column::Calls)))
        .expr(big_sum(Expr::col(Column::Connected)))
        .expr(calls(grade().is_in(success.iter().copied())))
        .expr(calls(
            grade()
                .eq(grade::OTHER)
                .or(grade().like(format!("{}#%", grade::OTHER))),
        ))
        .from(Entity)
        .and_where(Expr::col(Column::Dimension).is_in(dimensions.iter().copied()))
        .and_where(Expr::col(Column::CallDate).between(range.from(), range.to()))
        .group_by_columns([Column::Dimension, Column::Key, Column::CallDate])
        .take();
    let rows = db.query_all(&query).await?;
    rows.iter()
        .map(|row| {
            Ok(DaySum {
                dimension: row.try_get_by(0)?,
                key: row.try_get_by(1)?,
                date: row.try_get_by(2)?,
                calls: row.try_get_by(3)?,
                connected: row.try_get_by(4)?,
                success: row.try_get_by(5)?,
                unknown_grades: row.try_get_by(6)?,
            })
        })
        .collect()
}
