//! What is told, for whoever brings it to people.

use chrono::{DateTime, Utc};

use super::{AlertEvent, AlertKind, Subject};

/// A message for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Tells a message that comes twice from two messages.
    pub id: String,
    /// When it was decided.
    pub at: DateTime<Utc>,
    /// What is wrong or was, in words.
    pub message: String,
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
