//! `calls`, written by people: one at a time, those of a task, or those of a grade.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{Set, Unchanged},
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    domain::{
        call::CallFields, call_details::CallDetails, dialing::CallSource, stats::CountedCall,
    },
    entity::call::{ActiveModel, Column, Entity},
    store::{Result, Transaction, calls::CallRow, dialect::MAX_BINDINGS},
};

/// What the row says of the call.
#[must_use]
pub fn fields(row: &CallRow) -> CallFields {
    let mut row = row.clone();
    CallFields {
        task_id: row.task_id,
        agent_id: row.agent_id,
        phone_number: row.phone_number.take(),
        call_time: row.call_time,
        duration: row.duration,
        result: row.result,
        details: details(row),
    }
}

/// What else the row says of the call.
pub(in crate::store) fn details(row: CallRow) -> CallDetails {
    CallDetails {
        grade: row.grade,
        hangup_reason: row.hangup_reason,
        notes: row.notes,
        customer_name: row.customer_name,
        company: row.company,
        province: row.province,
        city: row.city,
        device_name: row.device_name,
        recording_url: row.recording_url,
        billed_amount: row.billed_amount,
    }
}

/// What figures know of the call that is stored; none of one that is removed.
#[must_use]
pub fn counted(row: &CallRow) -> Option<CountedCall> {
    row.removed_at.is_none().then(|| CountedCall {
        call_date: row.call_date,
        call_hour: row.call_hour,
        task_id: row.task_id,
        agent_id: row.agent_id,
        province: row.province.clone(),
        grade_code: row.grade_code.clone(),
        connected: row.result.is_connected(),
        duration: row.duration,
        billed: row.billed_amount.unwrap_or_default(),
    })
}

/// Whether a call that a person entered has this external id.
pub async fn is_taken(tx: &Transaction, external_id: &str) -> Result<bool> {
    let found = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::ExternalId.eq(external_id))
        .filter(Column::Source.eq(CallSource::Manual))
        .into_tuple::<i64>()
        .one(tx)
        .await?;
    Ok(found.is_some())
}

/// Adds a call that a person entered, and returns it.
pub async fn create(
    tx: &Transaction,
    external_id: Option<String>,
    fields: CallFields,
    counted: &CountedCall,
    now: DateTime<Utc>,
) -> Result<CallRow> {
    let mut row = columns(fields, counted, now);
    row.external_id = Set(external_id);
    row.source = Set(CallSource::Manual);
    row.created_at = Set(now);
    Ok(row.insert(tx).await?)
}

/// Makes the row `before`, which must be locked, what `fields` say, and returns it. Who told us of
/// the call, and of which version, stays: the platform's next version replaces this one.
pub async fn update(
    tx: &Transaction,
    before: &CallRow,
    fields: CallFields,
    counted: &CountedCall,
    now: DateTime<Utc>,
) -> Result<CallRow> {
    let mut row = columns(fields, counted, now);
    row.id = Unchanged(before.id);
    row.version = Set(before.version + 1);
    Ok(row.update(tx).await?)
}

fn columns(fields: CallFields, counted: &CountedCall, now: DateTime<Utc>) -> ActiveModel {
    let details = fields.details;
    ActiveModel {
        task_id: Set(fields.task_id),
        agent_id: Set(fields.agent_id),
        phone_number: Set(fields.phone_number),
        call_time: Set(fields.call_time),
        call_date: Set(counted.call_date),
        call_hour: Set(counted.call_hour),
        duration: Set(fields.duration),
        result: Set(fields.result),
        grade: Set(details.grade),
        grade_code: Set(counted.grade_code.clone()),
        hangup_reason: Set(details.hangup_reason),
        notes: Set(details.notes),
        customer_name: Set(details.customer_name),
        company: Set(details.company),
        province: Set(details.province),
        city: Set(details.city),
        device_name: Set(details.device_name),
        recording_url: Set(details.recording_url),
        billed_amount: Set(details.billed_amount),
        updated_at: Set(now),
        ..Default::default()
    }
}

/// Notes that something of the call, which must be locked, was changed in another table.
pub async fn touch(tx: &Transaction, before: &CallRow, now: DateTime<Utc>) -> Result<CallRow> {
    Ok(ActiveModel {
        id: Unchanged(before.id),
        updated_at: Set(now),
        version: Set(before.version + 1),
        ..Default::default()
    }
    .update(tx)
    .await?)
}

/// Deletes the calls of a task, without their tags. Returns how many there were.
pub async fn delete_of_task(tx: &Transaction, task_id: i64) -> Result<u64> {
    Ok(Entity::delete_many()
        .filter(Column::TaskId.eq(task_id))
        .exec(tx)
        .await?
        .rows_affected)
}

/// The grade texts that calls have, each with the code that they have for it.
pub async fn grade_texts(tx: &Transaction) -> Result<Vec<(String, Option<String>)>> {
    Ok(Entity::find()
        .select_only()
        .columns([Column::Grade, Column::GradeCode])
        .filter(Column::Grade.is_not_null())
        .distinct()
        .into_tuple()
        .all(tx)
        .await?)
}

/// Gives the calls that have one of these grade texts, and code `from`, the code `to`. Returns how
/// many there were.
pub async fn regrade(
    tx: &Transaction,
    texts: &[String],
    from: Option<&str>,
    to: Option<&str>,
    now: DateTime<Utc>,
) -> Result<u64> {
    let mut regraded = 0;
    for texts in texts.chunks(MAX_BINDINGS) {
        regraded += Entity::update_many()
            .col_expr(Column::GradeCode, Expr::value(to.map(str::to_owned)))
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(graded(texts, from))
            .exec(tx)
            .await?
            .rows_affected;
    }
    Ok(regraded)
}

/// That a call has one of these grade texts, and this code.
pub(in crate::store) fn graded(
    texts: &[String],
    code: Option<&str>,
) -> sea_orm::sea_query::SimpleExpr {
    let text = Column::Grade.is_in(texts.iter().map(String::as_str));
    text.and(match code {
        Some(code) => Column::GradeCode.eq(code),
        None => Column::GradeCode.is_null(),
    })
}
