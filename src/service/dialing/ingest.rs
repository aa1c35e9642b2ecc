//! Taking calls in: a batch is stored, tagged and counted in the caller's transaction.
//!
//! A record that is stored as it is costs one look-up and no write. A newer version overwrites
//! the one before and moves its counts. Two writers of the same calls at the same time end with
//! every call counted once: whoever inserts a call counts it, and whoever changes it locks it
//! first and takes the counts of what it replaces away. A call that was removed counted for nothing,
//! and is there again.
//!
//! A call is known by its source and the id that it has there, and so are its task and its agent. These
//! have the name of their newest call, whatever the order in which calls come.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        business_time::BusinessZone,
        dialing::{CallSource, Tag, TagType},
        grade::GradeCatalogue,
        incoming::{IncomingCall, LinkedCall, PlatformAgent, PlatformTask},
        naming::{Named, newest},
        stats::RollupDeltas,
    },
    service::{gaps::WholeCalls, listed_parts::ListedParts, package_rules},
    store::{
        StoreError, Transaction,
        agents::Agents,
        call_batches::{self, CallVersion, KnownCall},
        call_pushes, follow_growth, grades,
        naming::{self, Known},
        retention, rollups,
        tag_counts::{self, TagCounts},
        tags,
        tasks::Tasks,
        write_calls,
    },
};

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was new.
    Inserted,
    /// It had changed.
    Updated,
    /// It was stored as it is.
    Unchanged,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ingested {
    /// Calls that were new.
    pub inserted: i64,
    /// Calls that had changed.
    pub updated: i64,
    /// Calls that were stored as they are.
    pub unchanged: i64,
}

impl Ingested {
    /// Counts what became of each call.
    #[must_use]
    pub fn of<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Self {
        let mut sum = Self::default();
        for outcome in outcomes {
            match outcome {
                Outcome::Inserted => sum.inserted += 1,
                Outcome::Updated => sum.updated += 1,
                Outcome::Unchanged => sum.unchanged += 1,
            }
        }
        sum
    }

    /// Both.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            inserted: self.inserted + other.inserted,
            updated: self.updated + other.updated,
            unchanged: self.unchanged + other.unchanged,
        }
    }
}

/// Stores a batch. Of several versions of one call in the batch the last one counts.
///
/// # Errors
/// When the database fails; the transaction must then be rolled back. A contended one can be
/// tried again.
pub async fn ingest(
    tx: &Transaction,
    zone: BusinessZone,
    source: CallSource,
    batch: &[IncomingCall],
    now: DateTime<Utc>,
) -> Result<Ingested, StoreError> {
    let batch: Vec<LinkedCall<'_>> = batch.iter().map(LinkedCall::from).collect();
    let outcomes = ingest_each(tx, zone, source, &batch, now).await?;
    Ok(Ingested::of(outcomes.values()))
}

/// Stores a batch like [`ingest`], and says what became of each call, by its external id. Ids of
/// our own that calls have must be held, see [`hold_rows`](crate::store::hold_rows). What the platform
/// pushed of its calls fills their gaps.
///
/// # Errors
/// As [`ingest`].
pub async fn ingest_each<'a>(
    tx: &Transaction,
    zone: BusinessZone,
    source: CallSource,
    batch: &[LinkedCall<'a>],
    now: DateTime<Utc>,
) -> Result<HashMap<&'a str, Outcome>, StoreError> {
    write_calls(tx).await?;
    if source != CallSource::Guanke {
        return store(tx, zone, source, batch, now).await;
    }
    let kept = only_kept(tx, zone, batch).await?;
    let ids: Vec<&'a str> = external_ids(&kept).collect();
    let mut pushes = call_pushes::find(tx, &ids).await?;
    let whole = WholeCalls::new(&kept, &mut pushes);
    let became = store(tx, zone, source, &whole.batch(), now).await?;
    let outcomes = external_ids(batch).map(|id| (id, became.get(id).copied()));
    let outcomes: HashMap<&'a str, Outcome> = outcomes
        .map(|(id, outcome)| (id, outcome.unwrap_or(Outcome::Unchanged)))
        .collect();
    whole.note(tx, &outcomes, now).await?;
    Ok(outcomes)
}

/// The calls of days whose calls are kept. Of others the figures are there and the calls are not: they
/// would be counted twice.
pub(in crate::service) async fn only_kept<'a>(
    tx: &Transaction,
    zone: BusinessZone,
    batch: &[LinkedCall<'a>],
) -> Result<Vec<LinkedCall<'a>>, StoreError> {
    let horizon = retention::held_horizon(tx).await?;
    let is_kept = |told: &&LinkedCall<'a>| {
        horizon.is_none_or(|first| zone.day_of(told.call.call_time) >= first)
    };
    Ok(batch.iter().filter(is_kept).copied().collect())
}

fn external_ids<'a>(batch: &[LinkedCall<'a>]) -> impl Iterator<Item = &'a str> {
    batch.iter().map(|told| told.call.external_id.as_str())
}

/// Stores a batch as it is, whatever was pushed. The transaction must have said that it writes calls.
///
/// # Errors
/// As [`ingest`].
pub(in crate::service) async fn store<'a>(
    tx: &Transaction,
    zone: BusinessZone,
    source: CallSource,
    batch: &[LinkedCall<'a>],
    now: DateTime<Utc>,
) -> Result<HashMap<&'a str, Outcome>, StoreError> {
    // Ordered by external id, the order in which every writer locks.
    let calls: BTreeMap<&str, (i64, LinkedCall<'a>)> = batch
        .iter()
        .map(|told| (told.call.external_id.as_str(), (told.fingerprint(), *told)))
        .collect();
    let told: Vec<&IncomingCall> = calls.values().map(|(_, told)| told.call).collect();
    let (known, mut names) = Names::find(tx, source, &told, now).await?;
    let written: Vec<(i64, LinkedCall<'a>)> = calls
        .values()
        .filter(|(fingerprint, told)| {
            let known = known.get(&told.call.external_id);
            known.and_then(|known| known.source_hash) != Some(*fingerprint)
        })
        .copied()
        .collect();
    let told = calls.values().map(|(_, told)| *told);
    let mut parts = ListedParts::find(tx, zone, told, &known).await?;
    let mut outcomes: HashMap<&str, Outcome> = calls
        .into_keys()
        .map(|id| (id, Outcome::Unchanged))
        .collect();
    if written.is_empty() {
        parts.note(tx, now).await?;
        let renamed = names.apply(tx, now).await?;
        package_rules::follow(tx, &renamed, &[], now).await?;
        return Ok(outcomes);
    }

    names.add(tx, &written, now).await?;
    let versions = versions(tx, zone, &names, &written).await?;
    let (fresh, stored): (Vec<_>, Vec<_>) = versions
        .iter()
        .partition(|version| !known.contains_key(&version.call.external_id));
    let mut deltas = RollupDeltas::default();

    let mut call_ids = call_batches::insert_new(tx, &fresh, now).await?;
    let (added, raced): (Vec<_>, Vec<_>) = fresh
        .into_iter()
        .partition(|version| call_ids.contains_key(&version.call.external_id));
    for &version in &added {
        deltas.add(&version.counted());
        outcomes.insert(&version.call.external_id, Outcome::Inserted);
    }

    let mut candidates: Vec<&CallVersion<'_>> = stored.into_iter().chain(raced).collect();
    candidates.sort_by(|a, b| a.call.external_id.cmp(&b.call.external_id));
    let changes = (&mut deltas, &mut parts);
    let (replaced, tags_before) = replace(tx, source, &candidates, changes, now).await?;
    for version in candidates {
        if replaced.contains_key(&version.call.external_id) {
            outcomes.insert(&version.call.external_id, Outcome::Updated);
        }
    }

    let replaced_ids: Vec<i64> = replaced.values().copied().collect();
    tags::delete_script_tags(tx, &replaced_ids).await?;
    call_ids.extend(replaced);
    let new_tags: Vec<(i64, &Tag)> = written
        .iter()
        .filter_map(|(_, told)| Some((*call_ids.get(&told.call.external_id)?, told.call)))
        .flat_map(|(id, call)| call.tags.iter().map(move |tag| (id, tag)))
        .collect();
    tags::add(tx, TagType::Script, &new_tags, now).await?;
    rollups::apply(tx, &deltas).await?;
    let tags_after = tag_counts::of_calls(tx, &replaced_ids).await?;
    let changes = tags_after.plus(tags_of(&added)).minus(tags_before);
    tag_counts::apply(tx, changes).await?;
    parts.note(tx, now).await?;
    let hints = package_hints(&names, &written);
    let renamed = names.apply(tx, now).await?;
    package_rules::follow(tx, &renamed, &hints, now).await?;
    follow_growth(tx, added.len()).await?;
    Ok(outcomes)
}

/// The tasks and agents that a batch names, each as its newest call does, and as they are stored.
struct Names<'a> {
    source: CallSource,
    tasks: Vec<Named<'a, PlatformTask>>,
    agents: Vec<Named<'a, PlatformAgent>>,
    known_tasks: Known,
    known_agents: Known,
}

impl<'a> Names<'a> {
    /// The names, and the fingerprints of the calls that are stored. Names count whether their call is new
    /// or not: one that is stored as it is may be newer than the one that gave the stored name.
    async fn find(
        tx: &Transaction,
        source: CallSource,
        told: &[&'a IncomingCall],
        now: DateTime<Utc>,
    ) -> Result<(HashMap<String, KnownCall>, Self), StoreError> {
        let calls: Vec<&str> = told.iter().map(|call| call.external_id.as_str()).collect();
        let tasks = newest(told.iter().copied(), |call| call.task.as_ref(), now);
        let agents = newest(told.iter().copied(), |call| call.agent.as_ref(), now);
        let task_ids: Vec<&str> = tasks.iter().map(Named::external_id).collect();
        let agent_ids: Vec<&str> = agents.iter().map(Named::external_id).collect();
        let stored = call_batches::stored(tx, source, &calls, &task_ids, &agent_ids).await?;
        let names = Self {
            source,
            tasks,
            agents,
            known_tasks: stored.tasks,
            known_agents: stored.agents,
        };
        Ok((stored.calls, names))
    }

    /// Adds the tasks and agents of `calls` that are new.
    async fn add(
        &mut self,
        tx: &Transaction,
        calls: &[(i64, LinkedCall<'a>)],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let calls = || calls.iter().map(|(_, told)| told.call);
        let tasks = calls().filter_map(|call| Some(call.task.as_ref()?.external_id.as_str()));
        let (source, known) = (self.source, &mut self.known_tasks);
        naming::add::<Tasks>(tx, source, &self.tasks, &tasks.collect(), known, now).await?;
        let agents = calls().filter_map(|call| Some(call.agent.as_ref()?.external_id.as_str()));
        let known = &mut self.known_agents;
        naming::add::<Agents>(tx, source, &self.agents, &agents.collect(), known, now).await
    }

    /// Gives tasks and agents the names of newer calls. Returns the ids of tasks that are new or renamed.
    async fn apply(self, tx: &Transaction, now: DateTime<Utc>) -> Result<Vec<i64>, StoreError> {
        let source = self.source;
        let mut tasks = self.known_tasks.inserted.clone();
        tasks.extend(
            naming::rename::<Tasks>(tx, source, &self.tasks, &self.known_tasks, now).await?,
        );
        naming::rename::<Agents>(tx, source, &self.agents, &self.known_agents, now).await?;
        Ok(tasks)
    }
}

/// What the tags of new calls count for.
fn tags_of(calls: &[&CallVersion<'_>]) -> TagCounts {
    let mut counts = TagCounts::default();
    for version in calls {
        let tags: BTreeSet<&Tag> = version.call.tags.iter().collect();
        for tag in tags {
            counts.add(version.task_id, &tag.name, &tag.value);
        }
    }
    counts
}

/// Overwrites those of `candidates` that differ from what is stored once they are locked; returns
/// their ids by external id, and what their tags counted for before.
async fn replace(
    tx: &Transaction,
    source: CallSource,
    candidates: &[&CallVersion<'_>],
    (deltas, parts): (&mut RollupDeltas, &mut ListedParts<'_>),
    now: DateTime<Utc>,
) -> Result<(HashMap<String, i64>, TagCounts), StoreError> {
    if candidates.is_empty() {
        return Ok((HashMap::new(), TagCounts::default()));
    }
    let ids: Vec<&str> = candidates
        .iter()
        .map(|version| version.call.external_id.as_str())
        .collect();
    let locked = call_batches::lock(tx, source, &ids).await?;
    let mut replaced = HashMap::new();
    let mut changed = Vec::new();
    for &version in candidates {
        // A call that was deleted since it was looked up comes with the next read.
        let Some(stored) = locked.get(&version.call.external_id) else {
            continue;
        };
        if stored.source_hash == Some(version.source_hash) {
            continue;
        }
        if let Some(before) = &stored.counted {
            deltas.remove(before);
            let id = &version.call.external_id;
            parts.redated(id, before.call_date, version.call_date);
        }
        deltas.add(&version.counted());
        replaced.insert(version.call.external_id.clone(), stored.id);
        changed.push(version);
    }
    let ids: Vec<i64> = replaced.values().copied().collect();
    let tags_before = tag_counts::of_calls(tx, &ids).await?;
    call_batches::overwrite(tx, &changed, now).await?;
    Ok((replaced, tags_before))
}

/// The rows to store: with our ids of tasks and agents, business day and hour, and grade code.
async fn versions<'a>(
    tx: &Transaction,
    zone: BusinessZone,
    names: &Names<'_>,
    calls: &[(i64, LinkedCall<'a>)],
) -> Result<Vec<CallVersion<'a>>, StoreError> {
    let catalogue = GradeCatalogue::new(&grades::list(tx).await?);
    let version = |&(fingerprint, told): &(i64, LinkedCall<'a>)| {
        let LinkedCall { call, .. } = told;
        let task_id = || names.known_tasks.id(&call.task.as_ref()?.external_id);
        let agent_id = || names.known_agents.id(&call.agent.as_ref()?.external_id);
        CallVersion {
            call,
            task_id: told.task_id.or_else(task_id),
            agent_id: told.agent_id.or_else(agent_id),
            call_date: zone.day_of(call.call_time),
            call_hour: i16::from(zone.hour_of(call.call_time)),
            grade_code: catalogue
                .code_of(call.details.grade.as_deref())
                .map(str::to_owned),
            source: names.source,
            source_hash: fingerprint,
        }
    };
    Ok(calls.iter().map(version).collect())
}

/// The packages that records name for tasks.
fn package_hints(names: &Names<'_>, calls: &[(i64, LinkedCall<'_>)]) -> Vec<(i64, String)> {
    let hints = calls.iter().filter_map(|(_, told)| {
        let task = told.call.task.as_ref()?;
        let id = names.known_tasks.id(&task.external_id)?;
        Some((id, task.package.clone()?))
    });
    let hints: BTreeSet<(i64, String)> = hints.collect();
    hints.into_iter().collect()
}
