//! Reads what the platform pushes, in our words.

use super::incoming::{agent_of, seconds};
use crate::{
    domain::{
        incoming::PlatformTask,
        pushed_call::{PushKind, PushedCall},
    },
    guanke::{self, PushedRecord, parse_push},
    service::push::{PushReader, UnusablePush},
};

/// Reads the bodies of pushes as the platform writes them.
#[derive(Debug, Clone)]
pub struct PlatformPushes {
    non_seats: Vec<String>,
}

impl PlatformPushes {
    /// A reader for a platform on which accounts of these names are no seats.
    #[must_use]
    pub const fn new(non_seats: Vec<String>) -> Self {
        Self { non_seats }
    }

    fn pushed(&self, record: PushedRecord) -> PushedCall {
        let task = record.task_id.map(|external_id| PlatformTask {
            external_id,
            name: record.task_name,
            package: record.package,
        });
        let agent = record.agent.map(|agent| agent_of(agent, &self.non_seats));
        PushedCall {
            external_id: record.id,
            call_time: record.call_time,
            duration: record.duration_seconds.map(seconds),
            result: record.result,
            task,
            agent,
            phone_number: record.phone_number,
            details: record.details,
            tags: record.tags,
        }
    }
}

impl PushReader for PlatformPushes {
    fn read(
        &self,
        kind: PushKind,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<Vec<PushedCall>, UnusablePush> {
        let kind = match kind {
            PushKind::Cdr => guanke::PushKind::Cdr,
            PushKind::Form => guanke::PushKind::Form,
            PushKind::Import => {
                return Err(UnusablePush("the platform pushes no imports".to_owned()));
            }
        };
        let records = parse_push(kind, content_type, body)
            .map_err(|error| UnusablePush(error.to_string()))?;
        Ok(records
            .into_iter()
            .map(|record| self.pushed(record))
            .collect())
    }
}
