//! What the platform's records do not say, filled with what it pushed.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        incoming::{IncomingCall, LinkedCall},
        pushed_call::PushedCall,
    },
    service::ingest::Outcome,
    store::{
        StoreError, Transaction,
        call_pushes::{self, CallPushes},
    },
};

/// A call as it is to be stored.
struct Whole<'a> {
    told: LinkedCall<'a>,
    /// With its gaps filled, and the number of this version.
    filled: Option<(IncomingCall, i64)>,
}

/// A batch of the platform's records, some of which have gaps that pushes fill.
pub(in crate::service) struct WholeCalls<'a> {
    calls: Vec<Whole<'a>>,
    pushes: BTreeMap<&'a str, CallPushes>,
}

impl<'a> WholeCalls<'a> {
    /// Fills the gaps of `batch`. Of several versions of one call the last one counts.
    pub(in crate::service) fn new(
        batch: &[LinkedCall<'a>],
        pushes: &mut HashMap<String, CallPushes>,
    ) -> Self {
        let mut of_calls: BTreeMap<&'a str, CallPushes> = BTreeMap::new();
        let calls = batch.iter().map(|told| {
            let id = told.call.external_id.as_str();
            if let Some(pushes) = pushes.remove(id) {
                of_calls.insert(id, pushes);
            }
            let filled = of_calls.get_mut(id).map(|pushes| {
                let says = pushes.merged.says(id);
                let (call, mut filled) = says.fill(told.call.clone());
                filled.note_stored(&call, &[], false);
                pushes.filled = filled;
                pushes.polled = true;
                (call, version(told.fingerprint(), &says))
            });
            Whole {
                told: *told,
                filled,
            }
        });
        Self {
            calls: calls.collect(),
            pushes: of_calls,
        }
    }

    /// The batch to store.
    pub(in crate::service) fn batch(&self) -> Vec<LinkedCall<'_>> {
        self.calls.iter().map(Whole::linked).collect()
    }

    /// Notes which gaps were filled of the calls that were written.
    pub(in crate::service) async fn note(
        mut self,
        tx: &Transaction,
        outcomes: &HashMap<&str, Outcome>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.pushes
            .retain(|id, _| outcomes.get(id) != Some(&Outcome::Unchanged));
        call_pushes::save(tx, &self.pushes, now).await
    }
}

impl Whole<'_> {
    fn linked(&self) -> LinkedCall<'_> {
        match &self.filled {
            Some((call, version)) => LinkedCall {
                call,
                version: Some(*version),
                ..self.told
            },
            None => self.told,
        }
    }
}

/// The number of the version of a call that the platform's own record of number `polled` and its
/// pushes make: what of it is that of the pushes can be taken away again.
pub(in crate::service) fn version(polled: i64, says: &PushedCall) -> i64 {
    polled ^ says.fingerprint()
}
