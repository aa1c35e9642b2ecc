//! What was pushed: JSON in which texts stand under the names of their columns.

use sea_orm::{
    ActiveValue::{Set, Unchanged},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Query},
};

use super::{Counter, OneFormReport, PAGE, alone, changed, form_of};
use crate::{
    domain::{dialing::CallSource, text::Reading},
    entity::{call, call_push},
    store::{Result, Transaction, call_pushes, data_changes::unwritable},
};

/// What was pushed, and the versions of the calls whose gaps it fills.
pub(super) async fn all(
    tx: &Transaction,
    report: &mut OneFormReport,
    counter: &mut Counter<'_>,
) -> Result<()> {
    let mut last = String::new();
    loop {
        let rows = call_push::Entity::find()
            .filter(call_push::Column::ExternalId.gt(last.as_str()))
            .order_by_asc(call_push::Column::ExternalId)
            .limit(PAGE)
            .all(tx)
            .await?;
        let Some(row) = rows.last() else {
            return Ok(());
        };
        last.clone_from(&row.external_id);
        counter.add(rows.len());
        for row in rows {
            push(tx, &row, report).await?;
        }
    }
}

async fn push(tx: &Transaction, row: &call_push::Model, report: &mut OneFormReport) -> Result<()> {
    let mut pushed: serde_json::Value = serde_json::from_str(&row.pushed).map_err(unwritable)?;
    let mut filled: serde_json::Value = serde_json::from_str(&row.filled).map_err(unwritable)?;
    read_pushed(&mut pushed);
    if let Some(names) = filled.get_mut("tags").and_then(|tags| tags.as_array_mut()) {
        for name in names {
            read_value(name, Reading::Name);
        }
    }
    let form = changed("external_id", Some(&row.external_id)).and_then(|form| form.0);
    let after = call_push::Model {
        external_id: form.clone().unwrap_or_else(|| row.external_id.clone()),
        pushed: pushed.to_string(),
        filled: filled.to_string(),
        ..row.clone()
    };
    let (old, new) = (call_pushes::read(row)?, call_pushes::read(&after)?);
    if form.is_none() && old == new {
        return Ok(());
    }
    let update = Query::update()
        .table(call_push::Entity)
        .values([
            ("external_id", Expr::value(after.external_id.as_str())),
            ("pushed", Expr::value(after.pushed.as_str())),
            ("filled", Expr::value(after.filled.as_str())),
        ])
        .and_where(Expr::col("external_id").eq(row.external_id.as_str()))
        .take();
    if !alone(tx, &update).await? {
        report.keep_apart(
            "call_pushes",
            &row.external_id,
            "external_id",
            &after.external_id,
        );
        return Ok(());
    }
    report.change("call_pushes");
    let before = old.merged.says(&row.external_id).fingerprint();
    let says = new.merged.says(&after.external_id).fingerprint();
    let stored = call::Entity::find()
        .filter(call::Column::Source.eq(CallSource::Guanke))
        .filter(call::Column::ExternalId.eq(after.external_id.as_str()))
        .filter(call::Column::SourceHash.is_not_null())
        .one(tx)
        .await?;
    let Some((id, hash)) = stored.and_then(|call| Some((call.id, call.source_hash?))) else {
        return Ok(());
    };
    // As `gaps::version` puts them together: the platform's own record stays the same.
    let hash = if row.polled {
        hash ^ before ^ says
    } else if hash == before {
        says
    } else {
        return Ok(());
    };
    let update = call::ActiveModel {
        id: Unchanged(id),
        source_hash: Set(Some(hash)),
        ..Default::default()
    };
    call::Entity::update(update).exec(tx).await?;
    Ok(())
}

/// The texts of merged pushes: each under the name of its column, with how rich its push was.
fn read_pushed(pushed: &mut serde_json::Value) {
    let Some(fields) = pushed.as_object_mut() else {
        return;
    };
    for (column, told) in fields.iter_mut() {
        let Some(value) = told.get_mut("value") else {
            continue;
        };
        if let Some(named) = value.as_object_mut() {
            for (part, value) in named {
                if let Some(reading) = Reading::of_column(part) {
                    read_value(value, reading);
                }
            }
        } else if let Some(reading) = Reading::of_column(column) {
            read_value(value, reading);
        }
    }
    let Some(tags) = fields.get_mut("tags").and_then(|tags| tags.as_object_mut()) else {
        return;
    };
    let read = std::mem::take(tags).into_iter().map(|(name, mut told)| {
        if let Some(values) = told
            .get_mut("value")
            .and_then(|values| values.as_array_mut())
        {
            for value in values {
                read_value(value, Reading::Name);
            }
        }
        (Reading::Name.read(&name), told)
    });
    tags.extend(read);
}

fn read_value(value: &mut serde_json::Value, reading: Reading) {
    if let Some(text) = value.as_str() {
        *value = form_of(reading, text).into();
    }
}
