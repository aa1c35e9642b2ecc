//! Calls and their tags, with what counts them.

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Query},
};

use super::{Counter, Form, OneFormReport, PAGE, alone, changed, rename};
use crate::{
    domain::{grade::GradeCatalogue, stats::RollupDeltas},
    entity::{call, call_tag},
    store::{Result, Transaction, call_edits, dialect, grades, rollups, tag_counts},
};

/// Calls, and the figures that count them.
pub(super) async fn all(
    tx: &Transaction,
    report: &mut OneFormReport,
    counter: &mut Counter<'_>,
) -> Result<()> {
    let catalogue = GradeCatalogue::new(&grades::list(tx).await?);
    let mut last = 0;
    loop {
        let rows = call::Entity::find()
            .filter(call::Column::Id.gt(last))
            .order_by_asc(call::Column::Id)
            .limit(PAGE)
            .all(tx)
            .await?;
        let Some(row) = rows.last() else {
            return Ok(());
        };
        last = row.id;
        let read = rows.len();
        let mut deltas = RollupDeltas::default();
        for before in rows {
            let mut update = Query::update();
            let mut after = before.clone();
            macro_rules! read {
                ($($column:ident),+) => {$(
                    if let Some(Form(form)) = changed(stringify!($column), before.$column.as_deref()) {
                        update.value(stringify!($column), form.clone());
                        after.$column = form;
                    }
                )+};
            }
            read!(
                phone_number,
                grade,
                hangup_reason,
                notes,
                customer_name,
                company,
                province,
                city,
                device_name,
                recording_url
            );
            after.grade_code = catalogue.code_of(after.grade.as_deref()).map(str::to_owned);
            if after.grade_code != before.grade_code {
                update.value("grade_code", after.grade_code.clone());
            }
            let is_read = after != before;
            if is_read {
                update
                    .table(call::Entity)
                    .value("version", before.version + 1)
                    .value("updated_at", dialect::now(tx.get_database_backend()))
                    .and_where(Expr::col("id").eq(before.id));
                tx.execute(&update).await?;
                deltas_of(&before, &after, &mut deltas);
            }
            let is_renamed = match changed("external_id", before.external_id.as_deref()) {
                Some(Form(form)) => {
                    rename(tx, "calls", before.id, "external_id", form, report).await?
                }
                None => false,
            };
            if is_renamed && !is_read {
                touch(tx, before.id).await?;
            }
            if is_read || is_renamed {
                report.change("calls");
            }
        }
        rollups::apply(tx, &deltas).await?;
        counter.add(read);
    }
}

fn deltas_of(before: &call::Model, after: &call::Model, deltas: &mut RollupDeltas) {
    if let Some(before) = call_edits::counted(before) {
        deltas.remove(&before);
    }
    if let Some(after) = call_edits::counted(after) {
        deltas.add(&after);
    }
}

/// Readers who follow changes see this one too.
async fn touch(tx: &Transaction, id: i64) -> Result<()> {
    let update = Query::update()
        .table(call::Entity)
        .value("version", Expr::col("version").add(1))
        .value("updated_at", dialect::now(tx.get_database_backend()))
        .and_where(Expr::col("id").eq(id))
        .take();
    tx.execute(&update).await?;
    Ok(())
}

/// Tags, and the counts of them.
pub(super) async fn tags(
    tx: &Transaction,
    report: &mut OneFormReport,
    counter: &mut Counter<'_>,
) -> Result<()> {
    let mut last = 0;
    loop {
        let rows = call_tag::Entity::find()
            .filter(call_tag::Column::Id.gt(last))
            .order_by_asc(call_tag::Column::Id)
            .limit(PAGE)
            .all(tx)
            .await?;
        let Some(row) = rows.last() else {
            return Ok(());
        };
        last = row.id;
        counter.add(rows.len());
        let mut changes = Vec::new();
        for row in rows {
            let name = changed("tag_name", Some(&row.tag_name)).and_then(|form| form.0);
            let value = changed("tag_value", Some(&row.tag_value)).and_then(|form| form.0);
            if name.is_some() || value.is_some() {
                let name = name.unwrap_or(row.tag_name);
                let value = value.unwrap_or(row.tag_value);
                changes.push((row.id, row.call_id, name, value));
            }
        }
        if changes.is_empty() {
            continue;
        }
        let mut call_ids: Vec<i64> = changes.iter().map(|(_, call_id, ..)| *call_id).collect();
        call_ids.sort_unstable();
        call_ids.dedup();
        let before = tag_counts::of_calls(tx, &call_ids).await?;
        for (id, _, name, value) in changes {
            let update = Query::update()
                .table(call_tag::Entity)
                .values([
                    ("tag_name", Expr::value(name.as_str())),
                    ("tag_value", Expr::value(value.as_str())),
                ])
                .and_where(Expr::col("id").eq(id))
                .take();
            if alone(tx, &update).await? {
                report.change("call_tags");
            } else {
                report.keep_apart("call_tags", &id, "tag_name", &format!("{name}={value}"));
            }
        }
        let after = tag_counts::of_calls(tx, &call_ids).await?;
        tag_counts::apply(tx, after.minus(before)).await?;
    }
}
