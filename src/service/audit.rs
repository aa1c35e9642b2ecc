//! The record of what people changed, written in the transaction that changes it.

use super::write::{Result, Work};
use crate::{
    domain::audit::{Record, Recorded, changes},
    store::audit_log::{self, Changed, Doing},
};

/// Types of objects, as the API names them.
pub mod object {
    /// A package.
    pub const PACKAGE: &str = "LeadPackage";
    /// A dial task.
    pub const TASK: &str = "DialTask";
    /// A call.
    pub const CALL: &str = "Call";
    /// A grade of the catalogue.
    pub const GRADE: &str = "Grade";
    /// An agent.
    pub const AGENT: &str = "Agent";
    /// A user.
    pub const USER: &str = "User";
    /// An access token.
    pub const ACCESS_TOKEN: &str = "AccessToken";
    /// The figures of a business day.
    pub const DAY: &str = "MetricsSummary";
    /// The time zone of the business days.
    pub const BUSINESS_ZONE: &str = "BusinessZone";
    /// A synchronisation.
    pub const SYNC_RUN: &str = "SyncRun";
}

/// A change of one object's fields.
pub(super) fn changed(
    object_type: &'static str,
    id: &impl ToString,
    before: &Record,
    after: &Record,
) -> Changed {
    Changed {
        object_type,
        object_id: Some(id.to_string()),
        changes: changes(before, after),
    }
}

impl Work {
    /// Records changes as this write's.
    pub async fn record(&self, changed: Vec<Changed>) -> Result<()> {
        let doing = Doing {
            actor: &self.actor,
            role: self.role,
            operation: self.operation,
            origin: &self.origin,
            at: self.now,
        };
        Ok(audit_log::add(&self.tx, doing, changed).await?)
    }

    /// Records one change, with counts of what went with it.
    pub async fn record_with(
        &self,
        mut changed: Changed,
        counts: impl IntoIterator<Item = (&'static str, u64)>,
    ) -> Result<()> {
        changed.changes = named(changed.changes, counts);
        self.record(vec![changed]).await
    }

    /// Records counts alone, of many objects or of one.
    pub async fn record_counts(
        &self,
        object_type: &'static str,
        object_id: Option<String>,
        counts: impl IntoIterator<Item = (&'static str, u64)>,
    ) -> Result<()> {
        let changed = Changed {
            object_type,
            object_id,
            changes: named(Recorded::default(), counts),
        };
        self.record(vec![changed]).await
    }
}

fn named(recorded: Recorded, counts: impl IntoIterator<Item = (&'static str, u64)>) -> Recorded {
    let with = |recorded: Recorded, (name, count)| recorded.with(name, count);
    counts.into_iter().fold(recorded, with)
}
