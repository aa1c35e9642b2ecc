//! A platform's record in our words.

use crate::{
    domain::incoming::{IncomingCall, PlatformAgent, PlatformTask},
    guanke::{AgentRef, CallRecord},
};

/// A platform's record in our words.
pub(super) fn incoming(record: CallRecord, non_seats: &[String]) -> IncomingCall {
    let task = record.task_id.map(|external_id| PlatformTask {
        external_id,
        name: record.task_name,
        package: record.package,
    });
    let agent = record.agent.map(|agent| agent_of(agent, non_seats));
    IncomingCall {
        external_id: record.id,
        task,
        agent,
        phone_number: record.phone_number,
        call_time: record.call_time,
        duration: seconds(record.duration_seconds),
        result: record.result,
        details: record.details,
        tags: record.tags,
    }
}

/// An account of the platform, which is a seat unless its name is among `non_seats`.
pub(super) fn agent_of(agent: AgentRef, non_seats: &[String]) -> PlatformAgent {
    PlatformAgent {
        is_seat: agent
            .name
            .as_ref()
            .is_none_or(|name| !non_seats.contains(name)),
        external_id: agent.id,
        name: agent.name,
    }
}

/// Talk time as we keep it.
pub(super) fn seconds(seconds: u32) -> i32 {
    i32::try_from(seconds).unwrap_or(i32::MAX)
}
