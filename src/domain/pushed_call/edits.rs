//! Whether somebody changed a call here after its gaps were filled.

use std::collections::BTreeSet;

use super::{Filled, IncomingCall, Tag, fingerprint};

impl Filled {
    /// Notes how `call` is stored from now on. What somebody changed after an import stays changed, if
    /// `is_edited`.
    pub fn note_stored(&mut self, call: &IncomingCall, own_tags: &[Tag], is_edited: bool) {
        self.stored = Some(form(call, own_tags));
        self.is_edited = is_edited;
    }

    /// Whether somebody changed the call since it was noted, be it in what the platform says itself. Not known
    /// of a call that an older program stored.
    #[must_use]
    pub fn was_edited(&self, call: &IncomingCall, own_tags: &[Tag]) -> bool {
        let form = || form(call, own_tags);
        self.is_edited || self.stored.is_some_and(|stored| stored != form())
    }
}

/// A number that differs when anything of the call does that people can change: not what its task and its
/// agent are called, and whoever gave a tag.
fn form(call: &IncomingCall, own_tags: &[Tag]) -> i64 {
    let task = call.task.as_ref().map(|task| &task.external_id);
    let agent = call.agent.as_ref().map(|agent| &agent.external_id);
    let tags: BTreeSet<&Tag> = call.tags.iter().chain(own_tags).collect();
    let IncomingCall {
        phone_number,
        call_time,
        duration,
        result,
        details,
        ..
    } = call;
    let own = (phone_number, call_time, duration, result, details);
    fingerprint(&(task, agent, own, tags))
}
