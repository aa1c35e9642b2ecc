//! Which name of a task or an account counts: that of its newest call, in whatever order calls are read.

use std::collections::BTreeMap;

use chrono::{DateTime, SubsecRound, Utc};

use super::{
    incoming::{IncomingCall, PlatformAgent, PlatformTask},
    listing::FUTURE_TOLERANCE,
};

/// Something that calls refer to by its source's id, and name.
pub trait Nameable {
    /// The source's id.
    fn external_id(&self) -> &str;
    /// Its name; none where the record had none, or a blank one.
    fn name(&self) -> Option<&str>;
}

fn written(name: Option<&String>) -> Option<&str> {
    name.map(String::as_str)
        .filter(|name| !name.trim().is_empty())
}

impl Nameable for PlatformTask {
    fn external_id(&self) -> &str {
        &self.external_id
    }

    fn name(&self) -> Option<&str> {
        written(self.name.as_ref())
    }
}

impl Nameable for PlatformAgent {
    fn external_id(&self) -> &str {
        &self.external_id
    }

    fn name(&self) -> Option<&str> {
        written(self.name.as_ref())
    }
}

/// A task or an account as one call names it.
#[derive(Debug)]
pub struct Named<'a, T> {
    /// As the call has it.
    pub item: &'a T,
    /// The time of the call; the earliest there is for one of the future.
    pub as_of: DateTime<Utc>,
    /// The call's external id: of two calls of the same instant the greater one counts.
    pub call: &'a str,
}

impl<T> Clone for Named<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Named<'_, T> {}

impl<'a, T: Nameable> Named<'a, T> {
    fn new(item: &'a T, call: &'a IncomingCall, now: DateTime<Utc>) -> Self {
        let is_believable = call.call_time <= now + FUTURE_TOLERANCE;
        let as_of = if is_believable {
            call.call_time.max(DateTime::UNIX_EPOCH)
        } else {
            DateTime::UNIX_EPOCH
        };
        Self {
            item,
            // As exact as both databases keep it.
            as_of: as_of.trunc_subsecs(6),
            call: &call.external_id,
        }
    }

    /// Its external id.
    #[must_use]
    pub fn external_id(&self) -> &'a str {
        self.item.external_id()
    }

    /// Its name, if the call says one.
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        self.item.name()
    }

    /// What of it decides between two names.
    fn rank(&self) -> (bool, DateTime<Utc>, &'a str) {
        (self.name().is_some(), self.as_of, self.call)
    }
}

/// What `of` finds in `calls`, each once as its newest call names it, in the order of the external ids.
pub fn newest<'a, T: Nameable + 'a>(
    calls: impl IntoIterator<Item = &'a IncomingCall>,
    of: impl Fn(&'a IncomingCall) -> Option<&'a T>,
    now: DateTime<Utc>,
) -> Vec<Named<'a, T>> {
    let mut by_id: BTreeMap<&str, Named<'a, T>> = BTreeMap::new();
    for call in calls {
        let Some(item) = of(call) else { continue };
        let named = Named::new(item, call, now);
        by_id
            .entry(item.external_id())
            .and_modify(|kept| {
                if kept.rank() <= named.rank() {
                    *kept = named;
                }
            })
            .or_insert(named);
    }
    by_id.into_values().collect()
}
