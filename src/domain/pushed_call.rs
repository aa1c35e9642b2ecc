//! What the platform pushes of a call: some of its fields, in several pieces, in any order, more than
//! once. The pieces are merged into one, and fill the gaps of what the platform's own record says.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString};

use super::{
    call_details::CallDetails,
    dialing::{CallResult, Tag},
    fingerprint::fingerprint,
    incoming::{IncomingCall, PlatformAgent, PlatformTask},
    money::Money,
};

/// What is pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumString)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE", ascii_case_insensitive)]
pub enum PushKind {
    /// A finished call.
    Cdr,
    /// A form that was submitted about a call.
    Form,
    /// A row of an import that says which of the platform's calls it is: it fills gaps as a push does.
    Import,
}

impl PushKind {
    /// Whether the platform pushes it.
    #[must_use]
    pub const fn is_pushed(self) -> bool {
        !matches!(self, Self::Import)
    }
}

/// How many pushes of a call are remembered, to tell a repeated one from a new one.
const REMEMBERED: usize = 20;

/// A value, and how many fields the push said that told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Told<T> {
    value: T,
    richness: u32,
}

impl<T: PartialEq> Told<T> {
    /// The richer one; of two that are as rich, `other`, which was told later.
    fn merge(mine: &mut Option<Self>, other: Option<Self>) {
        let Some(other) = other else { return };
        match mine {
            Some(mine) if mine.richness > other.richness => {}
            _ => *mine = Some(other),
        }
    }
}

/// What a push says of a call. What it does not say is `None`, which differs from a value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct PushedCall {
    /// The platform's id of the call.
    pub external_id: String,
    /// When it was dialled.
    pub call_time: Option<DateTime<Utc>>,
    /// Talk time in seconds, not negative.
    pub duration: Option<i32>,
    /// How it ended.
    pub result: Option<CallResult>,
    /// The platform's task.
    pub task: Option<PlatformTask>,
    /// The platform's account.
    pub agent: Option<PlatformAgent>,
    /// The number dialled.
    pub phone_number: Option<String>,
    /// What else is known of it.
    pub details: CallDetails,
    /// What its script or its form collected.
    pub tags: Vec<Tag>,
}

/// The fields that a push may say, of which a call may also have none: name, type, and where they are.
macro_rules! fields {
    ($($name:ident: $type:ty => $($path:ident).+,)+) => {
        /// All that was pushed of a call so far.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct MergedPushes {
            #[serde(skip_serializing_if = "Option::is_none")]
            call_time: Option<Told<DateTime<Utc>>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            duration: Option<Told<i32>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            result: Option<Told<CallResult>>,
            $(#[serde(skip_serializing_if = "Option::is_none")] $name: Option<Told<$type>>,)+
            /// The values of each name.
            tags: BTreeMap<String, Told<BTreeSet<String>>>,
            /// Fingerprints of the pushes that were merged last.
            pushes: Vec<i64>,
        }

        impl PushedCall {
            /// How many fields it says, each name of a tag being one.
            #[must_use]
            pub fn richness(&self) -> u32 {
                let names: BTreeSet<&str> = self.tags.iter().map(|tag| tag.name.as_str()).collect();
                let said = [
                    self.call_time.is_some(),
                    self.duration.is_some(),
                    self.result.is_some(),
                    $(self.$($path).+.is_some(),)+
                ];
                let said = said.into_iter().filter(|said| *said).count() + names.len();
                u32::try_from(said).unwrap_or(u32::MAX)
            }

            /// Fills what `call` does not say. What it says itself stays.
            fn fill_fields(&self, call: &mut IncomingCall, filled: &mut Filled) {
                $(if let (None, Some(value)) = (&call.$($path).+, &self.$($path).+) {
                    call.$($path).+ = Some(value.clone());
                    filled.fields.insert(stringify!($name).to_owned());
                })+
            }

            /// Whether somebody changed a field of `call` that was filled with what this says, and that
            /// `again` says too.
            fn was_field_changed(&self, again: &Self, filled: &Filled, call: &IncomingCall) -> bool {
                $((again.$($path).+.is_some()
                    && filled.fields.contains(stringify!($name))
                    && call.$($path).+ != self.$($path).+))||+
            }

            /// Takes back what was filled and nobody changed since.
            fn take_back_fields(&self, call: &mut IncomingCall, filled: &Filled) {
                $(if filled.fields.contains(stringify!($name)) && call.$($path).+ == self.$($path).+ {
                    call.$($path).+ = None;
                })+
            }
        }

        impl MergedPushes {
            /// Adds what `push` says. Where both say something the richer push counts, and of two as
            /// rich the later one. Returns whether this was a new one: a repeated push changes nothing.
            pub fn merge(&mut self, push: &PushedCall) -> bool {
                let version = push.fingerprint();
                if self.pushes.contains(&version) {
                    return false;
                }
                if self.pushes.len() == REMEMBERED {
                    self.pushes.remove(0);
                }
                self.pushes.push(version);
                self.merge_fields(push, push.richness());
                true
            }

            /// Adds what a row of an import says. Whatever is pushed counts more, and of two imports the
            /// later one. Returns whether that changed anything.
            pub fn merge_import(&mut self, row: &PushedCall) -> bool {
                let before = self.clone();
                self.merge_fields(row, 0);
                *self != before
            }

            fn merge_fields(&mut self, push: &PushedCall, richness: u32) {
                Told::merge(&mut self.call_time, push.call_time.map(|value| Told { value, richness }));
                Told::merge(&mut self.duration, push.duration.map(|value| Told { value, richness }));
                Told::merge(&mut self.result, push.result.map(|value| Told { value, richness }));
                $(Told::merge(
                    &mut self.$name,
                    push.$($path).+.clone().map(|value| Told { value, richness }),
                );)+
                self.merge_tags(&push.tags, richness);
            }

            /// What all pushes together say of the call with this id.
            #[must_use]
            pub fn says(&self, external_id: &str) -> PushedCall {
                let mut said = PushedCall {
                    external_id: external_id.to_owned(),
                    call_time: self.call_time.as_ref().map(|told| told.value),
                    duration: self.duration.as_ref().map(|told| told.value),
                    result: self.result.as_ref().map(|told| told.value),
                    tags: self.tags(),
                    ..PushedCall::default()
                };
                $(said.$($path).+ = self.$name.as_ref().map(|told| told.value.clone());)+
                said
            }
        }
    };
}

fields! {
    task: PlatformTask => task,
    agent: PlatformAgent => agent,
    phone_number: String => phone_number,
    grade: String => details.grade,
    hangup_reason: String => details.hangup_reason,
    notes: String => details.notes,
    customer_name: String => details.customer_name,
    company: String => details.company,
    province: String => details.province,
    city: String => details.city,
    device_name: String => details.device_name,
    recording_url: String => details.recording_url,
    billed_amount: Money => details.billed_amount,
}

/// Which values of a call are those of its pushes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filled {
    fields: BTreeSet<String>,
    /// Names of tags.
    tags: BTreeSet<String>,
    /// A fingerprint of the call as it was stored with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stored: Option<i64>,
    /// Whether somebody had changed the call by then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_edited: bool,
}

impl Filled {
    /// Whether the task is that of a push.
    #[must_use]
    pub fn has_task(&self) -> bool {
        self.fields.contains("task")
    }

    /// Whether the agent is that of a push.
    #[must_use]
    pub fn has_agent(&self) -> bool {
        self.fields.contains("agent")
    }
}

impl PushedCall {
    /// A number that differs when anything it says does, but for a chance of 2⁻⁶⁴.
    #[must_use]
    pub fn fingerprint(&self) -> i64 {
        fingerprint(self)
    }

    /// The platform's own record of the call, with its gaps filled; and which these were.
    #[must_use]
    pub fn fill(&self, mut call: IncomingCall) -> (IncomingCall, Filled) {
        let mut filled = Filled::default();
        // A masked number says less than the number itself.
        let is_better = |number: &String| {
            call.phone_number.as_deref().is_some_and(is_masked) && !is_masked(number)
        };
        if self.phone_number.as_ref().is_some_and(is_better) {
            call.phone_number = None;
        }
        self.fill_fields(&mut call, &mut filled);
        if let (Some(task), Some(pushed)) = (&mut call.task, &self.task)
            && task.external_id == pushed.external_id
            && task.package.is_none()
        {
            task.package.clone_from(&pushed.package);
        }
        let told: BTreeSet<String> = call.tags.iter().map(|tag| tag.name.clone()).collect();
        let new = self.tags.iter().filter(|tag| !told.contains(&tag.name));
        for tag in new {
            filled.tags.insert(tag.name.clone());
            call.tags.push(tag.clone());
        }
        call.tags.sort_unstable();
        (call, filled)
    }

    /// What a call was before [`Self::fill`] filled its gaps: what was changed since stays.
    #[must_use]
    pub fn take_back(&self, mut call: IncomingCall, filled: &Filled) -> IncomingCall {
        self.take_back_fields(&mut call, filled);
        call.tags
            .retain(|tag| !(filled.tags.contains(&tag.name) && self.tags.contains(tag)));
        call
    }

    /// Whether somebody changed something of `call` that was filled with what this says, and that `again`
    /// says too. People's own tags are no part of `call`.
    #[must_use]
    pub fn was_changed(
        &self,
        again: &Self,
        filled: &Filled,
        call: &IncomingCall,
        own_tags: &[Tag],
    ) -> bool {
        let was_tag_changed = |name: &str| {
            let named = |tag: &&Tag| tag.name == name;
            let is_gone = |tag: &Tag| !call.tags.contains(tag) && !own_tags.contains(tag);
            self.tags.iter().filter(named).any(is_gone)
        };
        let again_named = again.tags.iter().map(|tag| tag.name.as_str());
        self.was_field_changed(again, filled, call)
            || again_named
                .filter(|name| filled.tags.contains(*name))
                .any(was_tag_changed)
    }

    /// A call of which nothing but pushes is known, and what of it is theirs; `None` where they do not
    /// say when it was. Where they do not say how it ended, this is as for the platform's own records.
    #[must_use]
    pub fn alone(&self) -> Option<(IncomingCall, Filled)> {
        let duration = self.duration.unwrap_or_default();
        let unsaid = if duration > 0 {
            CallResult::Connected
        } else {
            CallResult::Failed
        };
        Some(self.fill(IncomingCall {
            external_id: self.external_id.clone(),
            task: None,
            agent: None,
            phone_number: None,
            call_time: self.call_time?,
            duration,
            result: self.result.unwrap_or(unsaid),
            details: CallDetails::default(),
            tags: Vec::new(),
        }))
    }

    /// The stored call of which nothing but pushes is known, now that they say this and no longer what
    /// `before` says, of which `filled` was taken. What a person changed meanwhile stays.
    #[must_use]
    pub fn alone_again(
        &self,
        stored: IncomingCall,
        before: &Self,
        filled: &Filled,
    ) -> Option<(IncomingCall, Filled)> {
        let (new, _) = self.alone()?;
        let Some((old, _)) = before.alone() else {
            return self.alone();
        };
        let mut call = before.take_back(stored, filled);
        if call.call_time == old.call_time {
            call.call_time = new.call_time;
        }
        if call.duration == old.duration {
            call.duration = new.duration;
        }
        if call.result == old.result {
            call.result = new.result;
        }
        Some(self.fill(call))
    }
}

impl MergedPushes {
    fn merge_tags(&mut self, tags: &[Tag], richness: u32) {
        let mut values: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for tag in tags {
            values
                .entry(&tag.name)
                .or_default()
                .insert(tag.value.clone());
        }
        for (name, value) in values {
            let told = Told { value, richness };
            let mut mine = self.tags.remove(name);
            Told::merge(&mut mine, Some(told));
            self.tags.extend(mine.map(|told| (name.to_owned(), told)));
        }
    }

    fn tags(&self) -> Vec<Tag> {
        let all = self.tags.iter().flat_map(|(name, told)| {
            let tag = |value: &String| Tag {
                name: name.clone(),
                value: value.clone(),
            };
            told.value.iter().map(tag)
        });
        all.collect()
    }
}

fn is_masked(number: &str) -> bool {
    number.contains('*')
}

mod edits;
#[cfg(test)]
mod tests;
