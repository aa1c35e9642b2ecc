//! `retired_grades`: what a grade meant, for the figures of calls that are kept no longer. Those figures
//! stay what they were, whatever becomes of the catalogue.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, Order, Query, UnionType},
};

use crate::{
    domain::{
        grade::{Grade, original_code},
        stats::{Cell, Dimension, RollupDeltas},
    },
    entity::{
        call, call_rollup, grade,
        retired_grade::{ActiveModel, Column, Entity},
    },
    store::{Result, Transaction, recounts, retention, rollups},
};

/// What the grades that rollups have mean: the catalogue in the order it was made, then the retired
/// ones. For figures alone: they come without the texts that they claim.
pub async fn list_all(db: &impl ConnectionTrait) -> Result<Vec<Grade>> {
    let columns = [
        Column::Code,
        Column::Label,
        Column::UnitPrice,
        Column::IsInterested,
        Column::IsSuccess,
    ];
    let retired = Query::select()
        .columns(columns)
        .expr(Expr::value(i64::MAX))
        .from(Entity)
        .take();
    let query = Query::select()
        .columns(columns)
        .column(grade::Column::Id)
        .from(grade::Entity)
        .union(UnionType::All, retired)
        .order_by_expr(Expr::cust("6"), Order::Asc)
        .order_by_expr(Expr::cust("1"), Order::Asc)
        .take();
    let rows = db.query_all(&query).await?;
    rows.iter()
        .map(|row| {
            Ok(Grade {
                code: row.try_get_by(0)?,
                label: row.try_get_by(1)?,
                patterns: Vec::new(),
                unit_price: row.try_get_by(2)?,
                is_interested: row.try_get_by(3)?,
                is_success: row.try_get_by(4)?,
            })
        })
        .collect()
}

/// Keeps `grade` as it is for the calls that are kept no longer and count under it. Returns how many
/// they are. Other writers of calls must be kept away, see [`claim_calls`](crate::store::claim_calls).
pub async fn retire(tx: &Transaction, grade: &Grade, now: DateTime<Utc>) -> Result<i64> {
    let Some(horizon) = retention::call_horizon(tx).await? else {
        return Ok(0);
    };
    // Those that are still there go on counting under the grade itself.
    let old = Condition::all()
        .add(retention::calls_before(horizon))
        .add(call::Column::GradeCode.eq(&grade.code));
    let there = recounts::count_all(tx, old).await?;
    let cells = call_rollup::Column::CallDate
        .lt(horizon)
        .and(call_rollup::Column::GradeCode.eq(&grade.code));
    let counted = rollups::calls_of(tx, Dimension::Day, cells.clone()).await?;
    let of_days = there
        .iter()
        .filter(|(cell, _)| cell.dimension == Dimension::Day);
    let kept = counted - of_days.map(|(_, counts)| counts.calls).sum::<i64>();
    if kept <= 0 {
        return Ok(0);
    }
    let known = Entity::find().all(tx).await?;
    let before = known
        .iter()
        .filter(|known| original_code(&known.code) == grade.code);
    let retired = grade.retired(before.count() + 1);
    Entity::insert(ActiveModel {
        code: Set(retired.clone()),
        label: Set(grade.label.clone()),
        unit_price: Set(grade.unit_price),
        is_interested: Set(grade.is_interested),
        is_success: Set(grade.is_success),
        retired_at: Set(now),
    })
    .exec_without_returning(tx)
    .await?;
    call_rollup::Entity::update_many()
        .col_expr(call_rollup::Column::GradeCode, Expr::value(&retired))
        .filter(cells)
        .exec(tx)
        .await?;
    let mut deltas = RollupDeltas::default();
    for (cell, counts) in there {
        let moved = Cell {
            grade_code: retired.clone(),
            ..cell.clone()
        };
        deltas.change_cell(moved, counts.negated());
        deltas.change_cell(cell, counts);
    }
    rollups::apply(tx, &deltas).await?;
    Ok(kept)
}
