//! What is told, for whoever brings it to people.

use chrono::{DateTime, Utc};

use super::{AlertEvent, AlertKind, Languages, Subject, Text};
use crate::domain::business_time::BusinessZone;

/// A message for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Tells a message that comes twice from two messages.
    pub id: String,
    /// When it was decided.
    pub at: DateTime<Utc>,
    /// What is wrong, or that it is over, in words.
    pub message: Text,
    /// In which languages it is told.
    pub languages: Languages,
    /// The zone of its times.
    pub zone: BusinessZone,
    /// The alert it is about; none for a test.
    pub about: Option<NoticeAlert>,
    /// That the database takes no writes, if it is about that: no alert can be stored then.
    pub database: Option<DatabaseNotice>,
}

/// That the database takes no writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatabaseNotice {
    /// What is told of it.
    pub event: AlertEvent,
    /// Since when.
    pub opened_at: DateTime<Utc>,
    /// Until when, if it is over.
    pub resolved_at: Option<DateTime<Utc>>,
}

/// The alert that a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticeAlert {
    /// Its id.
    pub id: i64,
    /// What is told of it.
    pub event: AlertEvent,
    /// What is wrong.
    pub kind: AlertKind,
    /// With what.
    pub subject: Subject,
    /// Since when.
    pub opened_at: DateTime<Utc>,
    /// Until when, if it is over.
    pub resolved_at: Option<DateTime<Utc>>,
}
