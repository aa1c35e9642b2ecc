//! Taking in what the platform pushes: kept for good before it is acknowledged, and merged with what
//! its own records say, so that the order in which they come makes no difference.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};

use crate::{
    clock::Clock,
    domain::{
        business_time::BusinessZone,
        dialing::CallSource,
        incoming::{IncomingCall, LinkedCall},
        listing::FUTURE_TOLERANCE,
        pushed_call::{Filled, PushKind, PushedCall},
    },
    service::{gaps, ingest, package_rules},
    store::{
        Database, Lane, Retry, StoreError, Transaction,
        call_pushes::{self, CallPushes},
        claim_calls, retention,
        stored_calls::{self, StoredCall},
    },
};

/// A body of a push cannot be used: names the field and the rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnusablePush(pub String);

/// Reads the bodies of pushes. Implemented by `sync`.
pub trait PushReader: Send + Sync {
    /// The calls that a body is about.
    ///
    /// # Errors
    /// [`UnusablePush`] when there is no call in it that can be told from others.
    fn read(
        &self,
        kind: PushKind,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<Vec<PushedCall>, UnusablePush>;
}

/// Takes pushes in.
#[derive(Clone)]
pub struct Pushes {
    db: Database,
    clock: Arc<dyn Clock>,
    zone: BusinessZone,
    reader: Arc<dyn PushReader>,
}

/// What was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// How many calls the body was about.
    pub calls: usize,
    /// How many of them are dated in the future: a clock of the platform is wrong.
    pub in_future: usize,
}

/// Why a push was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// It will never be.
    #[error(transparent)]
    Unusable(#[from] UnusablePush),
    /// It may be the next time.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Pushes {
    /// Pushes that are read by `reader`, into `db`.
    #[must_use]
    pub fn new(
        db: Database,
        clock: Arc<dyn Clock>,
        zone: BusinessZone,
        reader: Arc<dyn PushReader>,
    ) -> Self {
        Self {
            db,
            clock,
            zone,
            reader,
        }
    }

    /// Takes in what a body says. When this returns, all of it is committed. Calls that are dated in the
    /// future are stored as well, and logged.
    ///
    /// # Errors
    /// See [`PushError`]; nothing was kept then.
    pub async fn take(
        &self,
        kind: PushKind,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<Taken, PushError> {
        let pushes = self.reader.read(kind, content_type, body)?;
        let taken = Retry::FOREGROUND.run(|_| async {
            let now = self.clock.now();
            let merged = self.db.transaction_in(Lane::People, async |tx| {
                merge(tx, self.zone, kind, &pushes, now).await
            });
            merged.await.map(|_| now)
        });
        let in_future = warn_of_future(&pushes, taken.await?);
        Ok(Taken {
            calls: pushes.len(),
            in_future,
        })
    }
}

/// Logs the calls whose time has not come, and counts them.
fn warn_of_future(pushes: &[PushedCall], now: DateTime<Utc>) -> usize {
    let latest = now + FUTURE_TOLERANCE;
    let times = pushes
        .iter()
        .filter_map(|push| Some((&push.external_id, push.call_time?)));
    let in_future = times.filter(|(_, time)| *time > latest);
    in_future
        .inspect(|(id, time)| {
            tracing::warn!(call.id = %id, call.time = %time, "a pushed call is dated in the future: it is stored, and counts on that day until the platform dates it otherwise");
        })
        .count()
}

/// What pushes came to: external ids of calls.
#[derive(Debug, Default)]
pub(in crate::service) struct Filling {
    /// Those that are new, or say something else than before.
    pub changed: HashSet<String>,
    /// Of an import: those of which somebody changed what a row says and an earlier one had filled in, or
    /// anything since the same row was imported.
    pub edited: HashSet<String>,
}

/// Merges pushes with what was pushed before, and fills the gaps of their calls. Of calls of days whose
/// calls are not kept any more nothing is noted: there is no call, and none to come, that it could fill.
pub(in crate::service) async fn merge(
    tx: &Transaction,
    zone: BusinessZone,
    kind: PushKind,
    pushes: &[PushedCall],
    now: DateTime<Utc>,
) -> Result<Filling, StoreError> {
    // A page that is being stored has looked for pushes already: it must be committed first.
    claim_calls(tx).await?;
    let ids: Vec<&str> = pushes
        .iter()
        .map(|push| push.external_id.as_str())
        .collect();
    let mut known = call_pushes::find(tx, &ids).await?;
    let mut new: BTreeMap<&str, Merged> = BTreeMap::new();
    for push in pushes {
        let id = push.external_id.as_str();
        let merged = new.entry(id).or_insert_with(|| {
            let pushes = known.remove(id).unwrap_or_default();
            Merged {
                before: pushes.merged.says(id),
                was_known: pushes.received_at.is_some(),
                was_imported: pushes.kinds.contains(&PushKind::Import),
                pushes,
                is_new: false,
            }
        });
        merged.is_new |= if kind.is_pushed() {
            merged.pushes.merged.merge(push)
        } else {
            merged.pushes.merged.merge_import(push)
        };
        merged.is_new |= merged.pushes.kinds.insert(kind);
    }
    if kind.is_pushed() {
        new.retain(|_, merged| merged.is_new);
    }
    let ids: Vec<&str> = new.keys().copied().collect();
    let stored = stored_calls::lock(tx, CallSource::Guanke, &ids).await?;
    let edited = if kind.is_pushed() {
        HashSet::new()
    } else {
        edited(pushes, &new, &stored)
    };
    new.retain(|_, merged| merged.is_new);
    let written = fill(&mut new, stored);
    let written = only_kept(tx, zone, written, &mut new).await?;
    let batch: Vec<LinkedCall<'_>> = written.iter().map(Written::linked).collect();
    ingest::store(tx, zone, CallSource::Guanke, &batch, now).await?;
    let named: Vec<(i64, String)> = written
        .iter()
        .filter_map(|written| Some((written.task_id?, written.package.clone()?)))
        .collect();
    package_rules::follow(tx, &[], &named, now).await?;
    let pushes = new
        .into_iter()
        .map(|(id, merged)| (id, merged.pushes))
        .collect();
    call_pushes::save(tx, &pushes, now).await?;
    let changed = written.iter().filter(|written| written.is_changed);
    let changed = changed.map(|written| written.call.external_id.clone());
    Ok(Filling {
        changed: changed.collect(),
        edited,
    })
}

/// The calls of which somebody changed what `pushes` say and had filled in before, and those of which somebody
/// changed anything since the same row was imported.
fn edited(
    pushes: &[PushedCall],
    known: &BTreeMap<&str, Merged>,
    stored: &HashMap<String, StoredCall>,
) -> HashSet<String> {
    let is_edited = |push: &&PushedCall| {
        let merged = known.get(push.external_id.as_str());
        let stored = stored.get(&push.external_id);
        merged.zip(stored).is_some_and(|(merged, stored)| {
            let mut call = stored.call.clone();
            name_as_pushed(&mut call, &merged.before);
            let filled = &merged.pushes.filled;
            let before = &merged.before;
            before.was_changed(push, filled, &call, &stored.own_tags)
                || !merged.is_new && filled.was_edited(&call, &stored.own_tags)
        })
    };
    let edited = pushes.iter().filter(is_edited);
    edited.map(|push| push.external_id.clone()).collect()
}

/// The calls of days whose calls are kept; of the others nothing is noted either.
async fn only_kept(
    tx: &Transaction,
    zone: BusinessZone,
    written: Vec<Written>,
    new: &mut BTreeMap<&str, Merged>,
) -> Result<Vec<Written>, StoreError> {
    let Some(horizon) = retention::held_horizon(tx).await? else {
        return Ok(written);
    };
    let is_kept = |written: &Written| zone.day_of(written.call.call_time) >= horizon;
    let (kept, gone): (Vec<_>, Vec<_>) = written.into_iter().partition(is_kept);
    for written in &gone {
        new.remove(written.call.external_id.as_str());
    }
    Ok(kept)
}

/// What was pushed of a call, with what came now.
struct Merged {
    pushes: CallPushes,
    /// What was said before.
    before: PushedCall,
    /// Whether anything was pushed before.
    was_known: bool,
    /// Whether a row of an import was among that.
    was_imported: bool,
    /// Whether what came now was not known.
    is_new: bool,
}

/// A call to store.
struct Written {
    call: IncomingCall,
    task_id: Option<i64>,
    agent_id: Option<i64>,
    /// The package that the pushes name, where the task is not theirs.
    package: Option<String>,
    version: i64,
    /// Whether it says something else than what is stored.
    is_changed: bool,
}

impl Written {
    fn linked(&self) -> LinkedCall<'_> {
        LinkedCall {
            call: &self.call,
            task_id: self.task_id,
            agent_id: self.agent_id,
            version: Some(self.version),
            listed_day: None,
        }
    }
}

/// The calls that the pushes change, and notes what of them is theirs. A call that the platform has no
/// longer stays as it is.
fn fill(new: &mut BTreeMap<&str, Merged>, mut stored: HashMap<String, StoredCall>) -> Vec<Written> {
    let mut written = Vec::with_capacity(new.len());
    for (id, merged) in new {
        let says = merged.pushes.merged.says(id);
        let change = match stored.remove(*id) {
            None => says.alone().map(|(call, mut filled)| {
                filled.note_stored(&call, &[], false);
                let written = Written {
                    call,
                    task_id: None,
                    agent_id: None,
                    package: None,
                    version: says.fingerprint(),
                    is_changed: true,
                };
                merged.pushes.polled = false;
                (written, filled)
            }),
            Some(stored) => refill(merged, &says, stored),
        };
        if let Some((call, filled)) = change {
            written.push(call);
            merged.pushes.filled = filled;
        }
    }
    written
}

/// A stored call, with what `says` in place of what was said before.
fn refill(merged: &mut Merged, says: &PushedCall, stored: StoredCall) -> Option<(Written, Filled)> {
    // What nothing was pushed of is the platform's own record.
    merged.pushes.polled |= !merged.was_known;
    let hash = stored.source_hash.filter(|_| !stored.removed)?;
    let before = &merged.before;
    let mut call = stored.call;
    name_as_pushed(&mut call, before);
    call.tags.sort_unstable();
    let was = call.clone();
    let own_tags = &stored.own_tags;
    let is_edited = merged.was_imported && merged.pushes.filled.was_edited(&was, own_tags);
    let ((mut call, mut filled), version) = if merged.pushes.polled {
        let polled = if merged.was_known {
            gaps::version(hash, before)
        } else {
            hash
        };
        let own = before.take_back(call, &merged.pushes.filled);
        (says.fill(own), gaps::version(polled, says))
    } else {
        let again = says.alone_again(call, before, &merged.pushes.filled)?;
        (again, says.fingerprint())
    };
    let is_changed = call != was;
    filled.note_stored(&call, own_tags, is_edited);
    let package = call.task.as_ref().and_then(|task| task.package.clone());
    if !filled.has_task() {
        call.task = None;
    }
    if !filled.has_agent() {
        call.agent = None;
    }
    let written = Written {
        task_id: stored.task_id.filter(|_| !filled.has_task()),
        agent_id: stored.agent_id.filter(|_| !filled.has_agent()),
        package,
        call,
        version,
        is_changed,
    };
    Some((written, filled))
}

/// Names the task and the agent of a stored call as the pushes did that told them, to be comparable.
fn name_as_pushed(call: &mut IncomingCall, before: &PushedCall) {
    if let (Some(task), Some(pushed)) = (&mut call.task, &before.task)
        && task.external_id == pushed.external_id
    {
        task.clone_from(pushed);
    }
    if let (Some(agent), Some(pushed)) = (&mut call.agent, &before.agent)
        && agent.external_id == pushed.external_id
    {
        agent.clone_from(pushed);
    }
}
