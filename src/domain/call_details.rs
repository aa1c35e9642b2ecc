//! What is known of a call besides when it was, how it went, and with whom: the same for those who tell
//! of calls and those who keep them.

use super::money::Money;

/// What may be known of a call. Fingerprints that are stored depend on the order of the fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct CallDetails {
    /// The grade as it was written. It may change later.
    pub grade: Option<String>,
    /// Why the line was closed.
    pub hangup_reason: Option<String>,
    /// Free text.
    pub notes: Option<String>,
    /// The name of the person dialled.
    pub customer_name: Option<String>,
    /// Their company.
    pub company: Option<String>,
    /// The province of the number.
    pub province: Option<String>,
    /// The city of the number.
    pub city: Option<String>,
    /// The line it was dialled on.
    pub device_name: Option<String>,
    /// Where the recording is.
    pub recording_url: Option<String>,
    /// What was billed.
    pub billed_amount: Option<Money>,
}
