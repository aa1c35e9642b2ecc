//! Calls as the calling platform, or an import, tells them: with its own ids of everything.

use std::hash::{Hash, Hasher};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{
    call_details::CallDetails,
    dialing::{CallResult, Tag},
    fingerprint::fingerprint,
};

/// A task as the platform's records name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformTask {
    /// The platform's id.
    pub external_id: String,
    /// Its name, where the record had one.
    pub name: Option<String>,
    /// The package that the record carries back, as [`hint`](super::package_rules::hint) writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
}

/// Without a package as it was before records could name one: what is stored is not another version
/// for that.
impl Hash for PlatformTask {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.external_id, &self.name).hash(state);
        if let Some(package) = &self.package {
            package.hash(state);
        }
    }
}

/// An account as the platform's records name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlatformAgent {
    /// The platform's id.
    pub external_id: String,
    /// Its name, where the record had one.
    pub name: Option<String>,
    /// Whether the account is a seat.
    pub is_seat: bool,
}

/// A call as somebody else's system tells it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IncomingCall {
    /// Their id of it; the key.
    pub external_id: String,
    /// Their task.
    pub task: Option<PlatformTask>,
    /// Their account.
    pub agent: Option<PlatformAgent>,
    /// The number dialled.
    pub phone_number: Option<String>,
    /// When it was dialled.
    pub call_time: DateTime<Utc>,
    /// Seconds that it lasted, or rang where it did not connect.
    pub duration: i32,
    /// How it ended.
    pub result: CallResult,
    /// What else is known of it.
    pub details: CallDetails,
    /// What its script collected.
    pub tags: Vec<Tag>,
}

impl IncomingCall {
    /// A number that differs when anything of the call does, but for a chance of 2⁻⁶⁴.
    #[must_use]
    pub fn fingerprint(&self) -> i64 {
        fingerprint(self)
    }
}

/// A call whose teller may know our own ids of its task and its agent. Those count more than the
/// platform's.
#[derive(Debug, Clone, Copy)]
pub struct LinkedCall<'a> {
    /// As it was told.
    pub call: &'a IncomingCall,
    /// Our task.
    pub task_id: Option<i64>,
    /// Our agent.
    pub agent_id: Option<i64>,
    /// The number of this version, where it is not that of what is told here: what was pushed may have
    /// filled gaps of it.
    pub version: Option<i64>,
    /// The business day of the window of the platform's list that gave it; none of what no list gave.
    pub listed_day: Option<NaiveDate>,
}

impl<'a> From<&'a IncomingCall> for LinkedCall<'a> {
    fn from(call: &'a IncomingCall) -> Self {
        Self {
            call,
            task_id: None,
            agent_id: None,
            version: None,
            listed_day: None,
        }
    }
}

impl LinkedCall<'_> {
    /// A number that differs when anything of the call does; without our ids that of the call.
    #[must_use]
    pub fn fingerprint(&self) -> i64 {
        if let Some(version) = self.version {
            return version;
        }
        let call = self.call.fingerprint();
        if self.task_id.is_none() && self.agent_id.is_none() {
            return call;
        }
        fingerprint(&(call, self.task_id, self.agent_id))
    }
}
