//! Rows of any table by their ids, to be written.

use std::collections::HashSet;

use sea_orm::{
    ConnectionTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, SimpleExpr},
};

/// A table whose rows have an `id`.
pub use sea_orm::EntityTrait as Rows;

use crate::store::{Result, Transaction, dialect};

/// A row of a table.
pub type Row<E> = <E as Rows>::Model;

fn id<E: Rows>() -> SimpleExpr {
    Expr::col((E::default().table_name(), "id"))
}

/// The rows with these ids, in no order; ids that there are none of are left out.
pub async fn find_by_ids<E: Rows>(db: &impl ConnectionTrait, ids: &[i64]) -> Result<Vec<Row<E>>> {
    let mut rows = Vec::with_capacity(ids.len());
    for ids in ids.chunks(dialect::MAX_BINDINGS) {
        let found = E::find().filter(id::<E>().is_in(ids.iter().copied()));
        rows.extend(found.all(db).await?);
    }
    Ok(rows)
}

/// Locks a row until the transaction ends, and returns it.
pub async fn lock_row<E: Rows>(tx: &Transaction, row_id: i64) -> Result<Option<Row<E>>> {
    Ok(lock_rows::<E>(tx, &[row_id]).await?.pop())
}

/// Locks rows until the transaction ends, in the order of their ids, and returns those that exist.
pub async fn lock_rows<E: Rows>(tx: &Transaction, ids: &[i64]) -> Result<Vec<Row<E>>> {
    let mut find = E::find()
        .filter(id::<E>().is_in(ids.iter().copied()))
        .order_by_asc(id::<E>());
    dialect::lock_rows(tx.get_database_backend(), QueryTrait::query(&mut find));
    Ok(find.all(tx).await?)
}

/// Which of these rows exist; those cannot be deleted until the transaction ends.
pub async fn hold_rows<E: Rows>(
    tx: &Transaction,
    ids: impl IntoIterator<Item = i64>,
) -> Result<HashSet<i64>> {
    let ids: Vec<i64> = ids.into_iter().collect();
    let mut held = HashSet::with_capacity(ids.len());
    for ids in ids.chunks(dialect::MAX_BINDINGS) {
        let mut find = E::find()
            .select_only()
            .expr_as(id::<E>(), "id")
            .filter(id::<E>().is_in(ids.iter().copied()))
            .order_by_asc(id::<E>());
        dialect::hold_rows(tx.get_database_backend(), QueryTrait::query(&mut find));
        held.extend(find.into_tuple::<i64>().all(tx).await?);
    }
    Ok(held)
}

/// Deletes a row.
pub async fn delete_row<E: Rows>(tx: &Transaction, row_id: i64) -> Result<()> {
    E::delete_many()
        .filter(id::<E>().eq(row_id))
        .exec(tx)
        .await?;
    Ok(())
}
