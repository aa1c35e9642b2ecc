//! `retired_grades`: what a grade meant, for the figures of calls that are kept no longer. Those figures
//! stay what they were, whatever becomes of the catalogue.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};

use super::{Result, Transaction, recounts, retention, rollups};
use crate::{
    domain::{
        grade::{Grade, original_code},
        stats::{Cell, Dimension, RollupDeltas},
    },
    entity::{
        call, call_rollup,
        retired_grade::{ActiveModel, Entity, Model},
    },
};

/// All of them, with the codes that rollups have; they claim no texts.
pub async fn list(db: &impl ConnectionTrait) -> Result<Vec<Grade>> {
    let rows = Entity::find().all(db).await?;
    Ok(rows.into_iter().map(Grade::from).collect())
}

impl From<Model> for Grade {
    fn from(row: Model) -> Self {
        Self {
            code: row.code,
            label: row.label,
            patterns: Vec::new(),
            unit_price: row.unit_price,
            is_interested: row.is_interested,
            is_success: row.is_success,
        }
    }
}

/// Keeps `grade` as it is for the calls that are kept no longer and count under it. Returns how many
/// they are. Other writers of calls must be kept away, see [`claim_calls`](super::claim_calls).
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
    let known = list(tx).await?;
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
