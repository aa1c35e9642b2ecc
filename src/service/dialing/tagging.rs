//! Giving calls tags by hand, and taking tags away.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    domain::{
        audit::Recorded,
        call::{GivenTag, read_tags},
        change::GivenId,
        dialing::{Tag, TagType},
        problem::{Code, Path, Problems},
    },
    service::{
        audit::object,
        calls::check_there,
        idempotency::read_key,
        write::{Result, Work, Writer, accepted, check_version},
    },
    store::{
        audit_log::Changed,
        call_edits,
        calls::{CallRow, Calls},
        find_by_ids, tag_counts, tags, write_calls,
    },
};

/// What came of changing a call's tags.
#[derive(Debug, Clone)]
pub struct Tagged {
    /// The call as it is now; none if it was deleted since the write that this one repeats.
    pub call: Option<CallRow>,
    /// How many tags were added or removed.
    pub changed: u64,
}

#[derive(Serialize, Deserialize)]
struct Answer {
    call: i64,
    changed: u64,
}

/// Gives a call tags; those that it has already stay as they are. A repeat with the same `key` adds
/// nothing, and says what the first one added.
///
/// # Errors
/// Every problem of the input, or when the database fails; nothing is written then.
pub async fn add(
    writer: &Writer<'_>,
    id: &GivenId,
    given: &[GivenTag],
    expected_version: Option<i64>,
    key: Option<&str>,
) -> Result<Tagged> {
    let tagged = writer.write("addCallTags", async move |work: &Work| {
        write_calls(&work.tx).await?;
        let mut problems = Problems::default();
        let tags = read(given.to_vec(), &mut problems);
        let key = read_key(key, &mut problems);
        if problems.is_empty() {
            let input = (id.as_ref().ok(), &tags);
            let earlier = work.earlier(key.as_deref(), &input).await?;
            if let Some(Answer { call, changed }) = earlier {
                let call = find_by_ids::<Calls>(&work.tx, &[call]).await?.pop();
                return Ok(Tagged { call, changed });
            }
        }
        let call = lock(work, id, expected_version, problems).await?;
        let rows: Vec<(i64, &Tag)> = tags.iter().map(|tag| (call.id, tag)).collect();
        let before = tag_counts::of_calls(&work.tx, &[call.id]).await?;
        let changed = tags::add(&work.tx, TagType::Manual, &rows, work.now).await?;
        tag_counts::follow(&work.tx, call.id, before).await?;
        let answer = Answer {
            call: call.id,
            changed,
        };
        work.keep_answer(key.as_deref(), &answer).await?;
        finish(work, call, changed, "addedTags", &tags).await
    });
    let tagged = tagged.await?;
    writer.prune_keys(key).await;
    Ok(tagged)
}

/// Takes tags away from a call, whoever gave them; those that it does not have are no problem.
///
/// # Errors
/// Every problem of the input, or when the database fails; nothing is written then.
pub async fn remove(
    writer: &Writer<'_>,
    id: &GivenId,
    given: &[GivenTag],
    expected_version: Option<i64>,
) -> Result<Tagged> {
    writer
        .write("removeCallTags", async move |work: &Work| {
            write_calls(&work.tx).await?;
            let mut problems = Problems::default();
            let tags = read(given.to_vec(), &mut problems);
            let call = lock(work, id, expected_version, problems).await?;
            let before = tag_counts::of_calls(&work.tx, &[call.id]).await?;
            let changed = tags::remove(&work.tx, call.id, &tags).await?;
            tag_counts::follow(&work.tx, call.id, before).await?;
            finish(work, call, changed, "removedTags", &tags).await
        })
        .await
}

fn read(given: Vec<GivenTag>, problems: &mut Problems) -> Vec<Tag> {
    let path = Path::input().field("tags");
    if given.is_empty() {
        let message = "at least one tag has to be given";
        problems.note(path.clone(), Code::Required, message);
    }
    read_tags(given, &path, problems)
}

/// Locks the call, if nothing is wrong with it or the rest of the input.
async fn lock(
    work: &Work,
    id: &GivenId,
    expected_version: Option<i64>,
    mut problems: Problems,
) -> Result<CallRow> {
    let call = work
        .lock_noting::<Calls>("callId", object::CALL, id, &mut problems)
        .await?;
    if let Some(call) = &call {
        check_version(expected_version, call.version, &mut problems);
        check_there(call, "callId", &mut problems);
    }
    accepted(call, problems)
}

/// Records the change, if there was any, and counts the call's version up.
async fn finish(
    work: &Work,
    call: CallRow,
    changed: u64,
    what: &'static str,
    tags: &[Tag],
) -> Result<Tagged> {
    if changed == 0 {
        let call = Some(call);
        return Ok(Tagged { call, changed });
    }
    let tags: Vec<Value> = tags
        .iter()
        .map(|tag| json!({ "tagName": tag.name, "tagValue": tag.value }))
        .collect();
    let change = Changed {
        object_type: object::CALL,
        object_id: Some(call.id.to_string()),
        changes: Recorded::default().with(what, tags),
    };
    work.record_with(change, [("changedTags", changed)]).await?;
    let call = Some(call_edits::touch(&work.tx, &call, work.now).await?);
    Ok(Tagged { call, changed })
}
