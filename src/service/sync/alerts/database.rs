//! Telling people that the database takes no writes. What is told of that cannot be noted there: every
//! instance tells by itself, at once, and remembers it for as long as it runs.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::Mutex;

use super::{AlertParts, Channels};
use crate::{
    clock::Clock,
    domain::{
        alert::{
            AlertChannel, AlertEvent, AlertRules, DatabaseNotice, GIVEN_UP_AFTER, Languages,
            Notice, Text, database_recovered,
        },
        business_time::BusinessZone,
    },
    service::readiness::Readiness,
    store::{Database, Trouble},
};

/// Looks whether the database takes writes.
pub struct DatabaseWatch {
    db: Database,
    readiness: Readiness,
    clock: Arc<dyn Clock>,
    rules: AlertRules,
    channels: Channels,
    zone: BusinessZone,
    /// What people were told, or are to be.
    told: Mutex<Option<Told>>,
}

#[derive(Debug, Clone)]
struct Told {
    event: AlertEvent,
    message: Text,
    opened_at: DateTime<Utc>,
    at: DateTime<Utc>,
    /// Who has not taken it yet.
    left: Vec<AlertChannel>,
}

impl DatabaseWatch {
    pub(super) fn new(parts: &AlertParts) -> Self {
        Self {
            db: parts.db.clone(),
            readiness: Readiness::new(parts.db.clone(), parts.clock.clone()),
            clock: parts.clock.clone(),
            rules: parts.rules,
            channels: parts.channels.clone(),
            zone: parts.zone,
            told: Mutex::default(),
        }
    }

    /// Looks, and tells people that writes fail, that they still do, or that it is over. What a channel
    /// does not take is tried again the next time.
    pub async fn look(&self) {
        let trouble = self.readiness.trouble().await;
        let now = self.clock.now();
        let mut told = self.told.lock().await;
        if let Some(next) = self.next(told.as_ref(), trouble, now) {
            if next.event == AlertEvent::Resolved {
                tracing::info!("{}", next.message.en);
            } else {
                tracing::error!("{}", next.message.en);
            }
            *told = Some(next);
        }
        let Some(current) = told.as_mut() else {
            return;
        };
        let left = std::mem::take(&mut current.left);
        let notice = current.notice(self.channels.languages(), self.zone);
        current.left = self.channels.send_to(&left, &notice, now).await;
        let is_done = current.left.is_empty() || now - current.at >= GIVEN_UP_AFTER;
        if current.event == AlertEvent::Resolved && is_done {
            *told = None;
        }
    }

    /// What is to be told now, if anything.
    fn next(
        &self,
        told: Option<&Told>,
        trouble: Option<Trouble>,
        now: DateTime<Utc>,
    ) -> Option<Told> {
        let open = told.filter(|told| told.event != AlertEvent::Resolved);
        let (event, opened_at, message) = match (open, trouble) {
            (None, None) => return None,
            (None, Some(trouble)) => (AlertEvent::Opened, now, self.describe(trouble)),
            (Some(open), Some(_)) if now - open.at < self.rules.repeat => return None,
            (Some(open), Some(trouble)) => {
                let message = self.describe(trouble);
                (AlertEvent::Repeated, open.opened_at, message)
            }
            (Some(open), None) => {
                let message = database_recovered(now - open.opened_at);
                (AlertEvent::Resolved, open.opened_at, message)
            }
        };
        Some(Told {
            event,
            message,
            opened_at,
            at: now,
            left: self.channels.kinds(),
        })
    }

    fn describe(&self, trouble: Trouble) -> Text {
        let place = self.db.place();
        let what = match trouble {
            Trouble::DiskFull => "数据库磁盘已满，请清理空间",
            Trouble::ReadOnly => "数据库只读，请检查",
            Trouble::DiskFails => "数据库磁盘故障，请检查磁盘和数据库日志",
        };
        Text::new(
            format!("{what}（{}）；在此期间无法写入", place.in_chinese()),
            format!("{trouble} ({place}); nothing can be stored meanwhile"),
        )
    }
}

impl Told {
    fn notice(&self, languages: Languages, zone: BusinessZone) -> Notice {
        let (event, opened_at) = (self.event, self.opened_at);
        Notice {
            id: format!("database-{}-{event}", self.at.timestamp_millis()),
            at: self.at,
            message: self.message.clone(),
            languages,
            zone,
            about: None,
            database: Some(DatabaseNotice {
                event,
                opened_at,
                resolved_at: (event == AlertEvent::Resolved).then_some(self.at),
            }),
        }
    }
}
