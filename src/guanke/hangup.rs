//! What a hang-up reason says of a call that nobody answered.

use crate::domain::dialing::CallResult;
use crate::domain::text;

/// FreeSWITCH causes, compared whole.
const CAUSES: [(&str, CallResult); 10] = [
    ("NO_ANSWER", CallResult::NoAnswer),
    ("NO_USER_RESPONSE", CallResult::NoAnswer),
    ("ORIGINATOR_CANCEL", CallResult::NoAnswer),
    ("ALLOTTED_TIMEOUT", CallResult::NoAnswer),
    // Of a call that was not connected: it ended in good order without a word.
    ("NORMAL_CLEARING", CallResult::NoAnswer),
    ("USER_BUSY", CallResult::Busy),
    ("CALL_REJECTED", CallResult::Rejected),
    ("VOICEMAIL", CallResult::Voicemail),
    ("VOICE_MAIL", CallResult::Voicemail),
    ("UNALLOCATED_NUMBER", CallResult::Failed),
];

/// Parts of Chinese texts, in the order they are looked for: a mailbox answers where a person was
/// busy or did not, and its text may say both.
const TEXTS: [(&str, CallResult); 8] = [
    ("语音信箱", CallResult::Voicemail),
    ("语音助手", CallResult::Voicemail),
    ("拒接", CallResult::Rejected),
    ("拒绝", CallResult::Rejected),
    ("用户忙", CallResult::Busy),
    ("正在通话", CallResult::Busy),
    ("无人接听", CallResult::NoAnswer),
    ("无应答", CallResult::NoAnswer),
];

/// The cause that, with talk time, means that somebody answered (guanke-api.md, "Connected").
const ANSWERED: &str = "NORMAL_CLEARING";

/// How a call ended: connected if `connected` says so, or, where it says nothing, if the call was
/// cleared normally after some talk; else what the hang-up reason means, and `Failed` when it is
/// missing or unknown.
pub(super) fn result_of(
    connected: Option<bool>,
    reason: Option<&str>,
    duration_seconds: u32,
) -> CallResult {
    let cause = reason.map(as_cause).unwrap_or_default();
    if connected.unwrap_or(cause == ANSWERED && duration_seconds > 0) {
        return CallResult::Connected;
    }
    let by_cause = CAUSES.iter().find(|(name, _)| *name == cause);
    let by_text = || TEXTS.iter().find(|(part, _)| cause.contains(part));
    by_cause
        .or_else(by_text)
        .map_or(CallResult::Failed, |(_, result)| *result)
}

/// Whether `reason` says how a call ended only together with its duration.
pub(super) fn depends_on_duration(reason: &str) -> bool {
    as_cause(reason) == ANSWERED
}

fn as_cause(reason: &str) -> String {
    text::name(reason).to_uppercase().replace(['-', ' '], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_state_decides_where_there_is_one() {
        let connected = |state, reason, duration| result_of(state, reason, duration).is_connected();
        assert!(connected(Some(true), None, 0));
        assert!(connected(Some(true), Some("USER_BUSY"), 0));
        assert!(!connected(Some(false), Some("NORMAL_CLEARING"), 30));
        assert!(connected(None, Some("NORMAL_CLEARING"), 1));
        assert!(!connected(None, Some("NORMAL_CLEARING"), 0));
        assert!(!connected(None, Some("NO_ANSWER"), 30));
        assert!(!connected(None, None, 30));
    }

    #[test]
    fn every_reason_has_its_result() {
        for (reason, result) in [
            ("NO_ANSWER", CallResult::NoAnswer),
            ("no-answer", CallResult::NoAnswer),
            ("NO_USER_RESPONSE", CallResult::NoAnswer),
            ("ORIGINATOR_CANCEL", CallResult::NoAnswer),
            ("ALLOTTED_TIMEOUT", CallResult::NoAnswer),
            ("NORMAL_CLEARING", CallResult::NoAnswer),
            ("无人接听", CallResult::NoAnswer),
            ("USER_BUSY", CallResult::Busy),
            ("用户忙", CallResult::Busy),
            ("对方正在通话中", CallResult::Busy),
            ("CALL_REJECTED", CallResult::Rejected),
            ("用户拒接", CallResult::Rejected),
            ("VOICEMAIL", CallResult::Voicemail),
            ("用户忙，转语音信箱", CallResult::Voicemail),
            ("语音助手", CallResult::Voicemail),
            ("UNALLOCATED_NUMBER", CallResult::Failed),
            ("NORMAL_TEMPORARY_FAILURE", CallResult::Failed),
            ("空号", CallResult::Failed),
        ] {
            assert_eq!(result_of(Some(false), Some(reason), 0), result, "{reason}");
        }
        assert_eq!(result_of(None, None, 0), CallResult::Failed);
    }
}
