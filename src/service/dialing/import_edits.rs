//! Calls that were imported, and changed here since.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::{
    domain::{
        dialing::{CallSource, Tag},
        incoming::{IncomingCall, LinkedCall},
    },
    service::ingest::Outcome,
    store::{
        StoreError, Transaction,
        stored_calls::{self, StoredCall},
    },
};

/// Of the calls of `batch` that were imported like this before, those that are stored otherwise: somebody
/// changed them, and that stays.
pub(in crate::service) async fn edited(
    tx: &Transaction,
    batch: &[LinkedCall<'_>],
    outcomes: &HashMap<&str, Outcome>,
) -> Result<HashSet<String>, StoreError> {
    let is_unchanged = |told: &&LinkedCall<'_>| {
        let outcome = outcomes.get(told.call.external_id.as_str());
        outcome == Some(&Outcome::Unchanged)
    };
    let unchanged: Vec<&LinkedCall<'_>> = batch.iter().filter(is_unchanged).collect();
    if unchanged.is_empty() {
        return Ok(HashSet::new());
    }
    let ids: Vec<&str> = unchanged
        .iter()
        .map(|told| told.call.external_id.as_str())
        .collect();
    let stored = stored_calls::find(tx, CallSource::Import, &ids).await?;
    let is_edited = |told: &&&LinkedCall<'_>| {
        let stored = stored.get(&told.call.external_id);
        stored.is_some_and(|stored| differs(told, stored))
    };
    let edited = unchanged.iter().filter(is_edited);
    Ok(edited.map(|told| told.call.external_id.clone()).collect())
}

/// Whether a stored call is not what a row says: its tags belong to that, whoever gave them.
fn differs(told: &LinkedCall<'_>, stored: &StoredCall) -> bool {
    let said = told.call;
    // A task and an agent go by our ids or by the other system's, and what these are called here is
    // not for a row to say.
    let mut same = IncomingCall {
        task: said.task.clone(),
        agent: said.agent.clone(),
        tags: said.tags.clone(),
        ..stored.call.clone()
    };
    same.external_id.clone_from(&said.external_id);
    let task = stored.call.task.as_ref().map(|task| &task.external_id);
    let agent = stored.call.agent.as_ref().map(|agent| &agent.external_id);
    let is_linked = |id: Option<i64>, own: Option<i64>, said: Option<&String>, known| match id {
        Some(id) => own == Some(id),
        None => said == known,
    };
    let said_task = said.task.as_ref().map(|task| &task.external_id);
    let said_agent = said.agent.as_ref().map(|agent| &agent.external_id);
    same != *said
        || !is_linked(told.task_id, stored.task_id, said_task, task)
        || !is_linked(told.agent_id, stored.agent_id, said_agent, agent)
        || has_other_tags(&said.tags, stored)
}

fn has_other_tags(said: &[Tag], stored: &StoredCall) -> bool {
    let said: BTreeSet<&Tag> = said.iter().collect();
    let stored: BTreeSet<&Tag> = stored.call.tags.iter().chain(&stored.own_tags).collect();
    said != stored
}
