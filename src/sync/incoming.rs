//! A platform's record in our words.

use crate::{
    domain::incoming::{IncomingCall, PlatformAgent, PlatformTask},
    guanke::CallRecord,
};

/// A platform's record in our words.
pub(super) fn incoming(record: CallRecord, non_seats: &[String]) -> IncomingCall {
    let task = record.task_id.map(|external_id| PlatformTask {
        external_id,
        name: record.task_name,
    });
    let agent = record.agent.map(|agent| PlatformAgent {
        is_seat: agent
            .name
            .as_ref()
            .is_none_or(|name| !non_seats.contains(name)),
        external_id: agent.id,
        name: agent.name,
    });
    IncomingCall {
        external_id: record.id,
        task,
        agent,
        phone_number: record.phone_number,
        call_time: record.call_time,
        duration: i32::try_from(record.duration_seconds).unwrap_or(i32::MAX),
        result: record.result,
        grade: record.grade,
        hangup_reason: record.hangup_reason,
        notes: record.notes,
        customer_name: record.customer_name,
        company: record.company,
        province: record.province,
        city: record.city,
        device_name: record.device_name,
        recording_url: record.recording_url,
        billed_amount: record.billed_amount,
        tags: record.tags,
    }
}
