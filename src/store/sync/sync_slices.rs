//! `sync_slices`, read: the ledger of synchronisation.

use std::{collections::HashMap, sync::LazyLock};

use sea_orm::{
    ConnectionTrait,
    sea_query::{Expr, ExprTrait, Func, Query, SimpleExpr},
};

pub use crate::entity::sync_slice::Model as SyncSliceRow;
use crate::{
    domain::{page::OrderKey, sync::SliceState, sync_progress::SliceTotals},
    entity::sync_slice::{Column, Entity},
    store::{
        Result,
        dialect::{self, MAX_IDS, big_sum},
        record::Stored,
        sync_runs::SyncRunRow,
        table::{LazyTable, Relation, Table, ToOne},
    },
};

/// All slices, in the order in which they were planned.
pub static SYNC_SLICES: LazyTable = LazyLock::new(|| {
    let order = &[OrderKey::ascending("id")];
    let relations = vec![Relation::from(SyncSliceRow::RUN)];
    Table::of::<Entity>("SyncSlice", order, relations)
});

impl SyncSliceRow {
    /// The synchronisation that it is a part of.
    pub const RUN: ToOne<Self, SyncRunRow> = ToOne::new("run", "run_id");
}

impl Stored for SyncSliceRow {
    fn table() -> &'static Table {
        &SYNC_SLICES
    }
}

/// What the slices of each of these runs come to; runs without slices are left out. Slices that were
/// cut in two count as the two.
pub async fn totals(
    db: &impl ConnectionTrait,
    run_ids: &[i64],
) -> Result<HashMap<i64, SliceTotals>> {
    let backend = db.get_database_backend();
    let mut totals = HashMap::with_capacity(run_ids.len());
    for ids in run_ids.chunks(MAX_IDS) {
        let is_open = Expr::col(Column::State).is_in([SliceState::Pending, SliceState::Reading]);
        let is_known = is_open
            .clone()
            .not()
            .or(Expr::col(Column::Expected).is_not_null());
        // Nothing more comes of what is not open, whatever was expected of it.
        let due = Expr::case(is_open, Expr::col(Column::Expected))
            .finally(Func::coalesce([Expr::col(Column::Seen), Expr::value(0)]));
        let query = Query::select()
            .column(Column::RunId)
            .expr(Expr::col(Column::Id).count())
            .expr(big_sum(one_if(
                Expr::col(Column::State).eq(SliceState::Done),
            )))
            .expr(Expr::col(Column::Day).count_distinct())
            .expr(big_sum(one_if(is_known)))
            .expr(big_sum(due.into()))
            .expr(big_sum(Expr::col(Column::Seen)))
            .from(Entity)
            .and_where(dialect::one_of_ids(backend, Column::RunId, ids))
            .and_where(Expr::col(Column::State).ne(SliceState::Split))
            .group_by_col(Column::RunId)
            .take();
        for row in db.query_all(&query).await? {
            let of_run = SliceTotals {
                slices: row.try_get_by(1)?,
                done: row.try_get_by(2)?,
                days: row.try_get_by(3)?,
                known: row.try_get_by(4)?,
                due: row.try_get_by(5)?,
                seen: row.try_get_by(6)?,
            };
            totals.insert(row.try_get_by(0)?, of_run);
        }
    }
    Ok(totals)
}

fn one_if(condition: SimpleExpr) -> SimpleExpr {
    Expr::case(condition, 1).finally(0).into()
}
