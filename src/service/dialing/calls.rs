//! Writing calls by hand. Figures follow in the same transaction.

use crate::{
    domain::{
        audit::Record,
        call::{CallFields, CallInput, GivenTag, read_tags},
        change::{Change, GivenId},
        dialing::{CallSource, Tag, TagType},
        fields::{Fields, TextRule},
        grade::GradeCatalogue,
        problem::{Code, Path, Problems},
        stats::{CountedCall, RollupDeltas},
    },
    service::{
        audit::{changed, object},
        idempotency::read_key,
        write::{Result, Work, WriteError, Writer, accepted, check_version},
    },
    store::{
        StoreError,
        agents::Agents,
        call_edits,
        calls::{CallRow, Calls},
        delete_row, find_by_ids, grades, retention, rollups,
        tag_counts::{self, TagCounts},
        tags,
        tasks::Tasks,
        write_calls,
    },
};

/// A call that a person enters.
#[derive(Debug, Clone, Default)]
pub struct NewCall {
    /// An id that another system has for it.
    pub external_id: Change<String>,
    /// What it has.
    pub call: CallInput,
    /// Its tags.
    pub tags: Vec<GivenTag>,
}

/// Adds a call. A repeat with the same `key` gives the call that the first one made, as it is now;
/// none if it was deleted since.
///
/// # Errors
/// Every problem of the input, an external id that another call has among them, or when the
/// database fails; nothing is written then.
pub async fn create(
    writer: &Writer<'_>,
    input: &NewCall,
    key: Option<&str>,
) -> Result<Option<CallRow>> {
    let created = writer.write("createCall", async move |work: &Work| {
        write_calls(&work.tx).await?;
        let mut problems = Problems::default();
        let path = Path::input();
        let call = input.call.clone();
        let fields = CallFields::read(
            None,
            call,
            path.clone(),
            (work.now, work.zone),
            &mut problems,
        );
        let external_id = Fields::new(path.clone(), &mut problems).text(
            "externalId",
            TextRule::ID,
            input.external_id.clone(),
            None,
        );
        let tags = read_tags(input.tags.clone(), &path.field("tags"), &mut problems);
        let key = read_key(key, &mut problems);
        if problems.is_empty() {
            let input = (&fields, &external_id, &tags);
            if let Some(id) = work.earlier(key.as_deref(), &input).await? {
                return Ok(find_by_ids::<Calls>(&work.tx, &[id]).await?.pop());
            }
        }
        hold_references(work, &input.call, &mut problems).await?;
        check_kept(work, fields.as_ref(), &mut problems).await?;
        if let Some(id) = &external_id
            && call_edits::is_taken(&work.tx, id).await?
        {
            problems.note(path.field("externalId"), Code::Taken, TAKEN);
        }
        let fields = accepted(fields, problems)?;
        let record = fields.record().with("externalId", external_id.clone());
        let call = add(work, external_id, fields, &tags).await?;
        work.keep_answer(key.as_deref(), &call.id).await?;
        let added = changed(object::CALL, &call.id, &Record::default(), &record);
        work.record_with(added, [("tags", tags.len() as u64)])
            .await?;
        Ok(Some(call))
    });
    let created = created.await?;
    writer.prune_keys(key).await;
    Ok(created)
}

const TAKEN: &str = "another call has this externalId";

async fn add(
    work: &Work,
    external_id: Option<String>,
    fields: CallFields,
    tags: &[Tag],
) -> Result<CallRow> {
    let counted = counted(work, &fields).await?;
    let has_id = external_id.is_some();
    let created = call_edits::create(&work.tx, external_id, fields, &counted, work.now).await;
    let call = created.map_err(|error| match error {
        // Somebody else added it since it was looked up; nothing else is unique of a call.
        StoreError::Constraint(_) if has_id => {
            WriteError::refused(Path::input().field("externalId"), Code::Taken, TAKEN)
        }
        error => error.into(),
    })?;
    let tags: Vec<(i64, &Tag)> = tags.iter().map(|tag| (call.id, tag)).collect();
    tags::add(&work.tx, TagType::Manual, &tags, work.now).await?;
    let mut deltas = RollupDeltas::default();
    deltas.add(&counted);
    rollups::apply(&work.tx, &deltas).await?;
    tag_counts::follow(&work.tx, call.id, TagCounts::default()).await?;
    Ok(call)
}

/// What figures need to know of a call, by the catalogue as it is now.
async fn counted(work: &Work, fields: &CallFields) -> Result<CountedCall> {
    let catalogue = GradeCatalogue::new(&grades::list(&work.tx).await?);
    Ok(fields.counted(work.zone, &catalogue))
}

async fn hold_references(work: &Work, input: &CallInput, problems: &mut Problems) -> Result<()> {
    work.hold::<Tasks>("taskId", object::TASK, &input.task, problems)
        .await?;
    work.hold::<Agents>("agentId", object::AGENT, &input.agent, problems)
        .await
}

/// Notes at the input's field `name` that the call is removed: the platform's own word on it, should
/// it come, must not meet changes that nobody saw counted.
pub(in crate::service) fn check_there(row: &CallRow, name: &str, problems: &mut Problems) {
    if row.removed_at.is_some() {
        let message = "the platform has this call no longer, so that it cannot be changed";
        problems.note(Path::input().field(name), Code::Removed, message);
    }
}

/// Notes that a call is of a day whose calls are not kept any more.
async fn check_kept(
    work: &Work,
    fields: Option<&CallFields>,
    problems: &mut Problems,
) -> Result<()> {
    let horizon = retention::held_horizon(&work.tx).await?;
    if let Some((horizon, fields)) = horizon.zip(fields) {
        fields.check_kept(work.zone, horizon, &Path::input(), problems);
    }
    Ok(())
}

/// Notes that the time of a call of the platform's own is to be changed: synchronisation looks for
/// the call there, and would take it for removed.
fn check_time(row: &CallRow, problems: &mut Problems) {
    if row.source == CallSource::Guanke {
        let message = "the platform told of this call, and callTime is where it is looked for: it cannot be changed";
        problems.note(Path::input().field("callTime"), Code::Protected, message);
    }
}

/// Changes a call, whoever told us of it, but for the time of a call that the platform told of. The
/// platform's next version of a call of its own replaces the change.
///
/// # Errors
/// Every problem of the input, a stale `expected_version` or a removed call among them, or when the
/// database fails; nothing is written then.
pub async fn update(
    writer: &Writer<'_>,
    id: &GivenId,
    input: &CallInput,
    expected_version: Option<i64>,
) -> Result<CallRow> {
    writer
        .write("updateCall", async move |work: &Work| {
            write_calls(&work.tx).await?;
            let mut problems = Problems::default();
            // Tasks before calls, in the order in which every writer locks.
            hold_references(work, input, &mut problems).await?;
            let row = work.lock::<Calls>(object::CALL, id).await?;
            check_version(expected_version, row.version, &mut problems);
            check_there(&row, "id", &mut problems);
            let before = call_edits::fields(&row);
            let path = Path::input();
            let after = CallFields::read(
                Some(&before),
                input.clone(),
                path,
                (work.now, work.zone),
                &mut problems,
            );
            if let Some(after) = after
                .as_ref()
                .filter(|after| after.call_time != before.call_time)
            {
                check_time(&row, &mut problems);
                check_kept(work, Some(after), &mut problems).await?;
            }
            let after = accepted(after, problems)?;
            if after == before {
                return Ok(row);
            }
            let change = changed(object::CALL, &row.id, &before.record(), &after.record());
            work.record(vec![change]).await?;
            let counted = counted(work, &after).await?;
            let mut deltas = RollupDeltas::default();
            if let Some(before) = call_edits::counted(&row) {
                deltas.remove(&before);
                deltas.add(&counted);
            }
            let before = tag_counts::of_calls(&work.tx, &[row.id]).await?;
            let call = call_edits::update(&work.tx, &row, after, &counted, work.now).await?;
            rollups::apply(&work.tx, &deltas).await?;
            tag_counts::follow(&work.tx, row.id, before).await?;
            Ok(call)
        })
        .await
}

/// What was deleted with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeletedCall {
    /// Its id.
    pub id: i64,
    /// Tags that it had.
    pub tags: u64,
}

/// Deletes a call with its tags; figures no longer count it. A call that the platform knows comes
/// back when its day is read again.
///
/// # Errors
/// When there is no such call or not in the version expected, or when the database fails; nothing
/// is written then.
pub async fn delete(
    writer: &Writer<'_>,
    id: &GivenId,
    expected_version: Option<i64>,
) -> Result<DeletedCall> {
    writer
        .write("deleteCall", async move |work: &Work| {
            write_calls(&work.tx).await?;
            let row = work.lock::<Calls>(object::CALL, id).await?;
            let mut problems = Problems::default();
            check_version(expected_version, row.version, &mut problems);
            accepted(Some(()), problems)?;
            let mut deltas = RollupDeltas::default();
            if let Some(before) = call_edits::counted(&row) {
                deltas.remove(&before);
            }
            let before = tag_counts::of_calls(&work.tx, &[row.id]).await?;
            let tags = tags::remove_all(&work.tx, row.id).await?;
            delete_row::<Calls>(&work.tx, row.id).await?;
            rollups::apply(&work.tx, &deltas).await?;
            tag_counts::follow(&work.tx, row.id, before).await?;
            let before = call_edits::fields(&row)
                .record()
                .with("externalId", row.external_id.clone());
            let gone = changed(object::CALL, &row.id, &before, &Record::default());
            work.record_with(gone, [("deletedTags", tags)]).await?;
            Ok(DeletedCall { id: row.id, tags })
        })
        .await
}
