//! Sending what is to be told, until it is taken or a day old.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;

use crate::{
    clock::Clock,
    domain::{
        alert::{
            AlertChannel, AlertEvent, GIVEN_UP_AFTER, Languages, Notice, NoticeAlert, Subject,
            Text, pause_after, recovered,
        },
        business_time::BusinessZone,
    },
    notify::{NotifyError, Sender},
    store::{
        Database, StoreError, Transaction,
        alert_deliveries::{self, Attempt, DeliveryRow},
        alerts,
    },
};

/// How long a message is its sender's: longer than any attempt may take.
const CLAIM: TimeDelta = TimeDelta::minutes(2);
/// How long an attempt may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// The channels that are configured, each at most once.
#[derive(Clone, Default)]
pub struct Channels {
    senders: Arc<[Box<dyn Sender>]>,
    languages: Languages,
}

impl Channels {
    /// These, which tell people in Chinese and English.
    #[must_use]
    pub fn new(senders: Vec<Box<dyn Sender>>) -> Self {
        Self {
            senders: senders.into(),
            languages: Languages::Both,
        }
    }

    /// The same, which tell people in these languages.
    #[must_use]
    pub fn in_languages(mut self, languages: Languages) -> Self {
        self.languages = languages;
        self
    }

    /// The languages in which they tell people.
    pub(super) const fn languages(&self) -> Languages {
        self.languages
    }

    /// Which they are.
    #[must_use]
    pub fn kinds(&self) -> Vec<AlertChannel> {
        let senders = self.senders.iter();
        senders.map(|sender| sender.channel()).collect()
    }

    /// Sends to those of `kinds`, past the database; returns those that did not take it.
    pub(super) async fn send_to(
        &self,
        kinds: &[AlertChannel],
        notice: &Notice,
        now: DateTime<Utc>,
    ) -> Vec<AlertChannel> {
        let wanted = self
            .senders
            .iter()
            .filter(|sender| kinds.contains(&sender.channel()));
        let sent = wanted.map(async |sender| {
            let sent = send(sender.as_ref(), notice, now).await;
            let channel = sender.channel();
            if let Err(error) = &sent {
                tracing::warn!(alert.channel = %channel, %error, "an alert could not be sent; it is tried again");
            }
            sent.is_err().then_some(channel)
        });
        join_all(sent).await.into_iter().flatten().collect()
    }

    /// Sends a test to each, and returns what came of it.
    pub async fn test(&self, now: DateTime<Utc>) -> Vec<(AlertChannel, Result<(), NotifyError>)> {
        let notice = Notice {
            id: format!("test-{}", now.timestamp_millis()),
            at: now,
            message: Text::new(
                "这是一条测试消息，请忽略。",
                "This is a test: nothing is wrong.",
            ),
            languages: self.languages,
            zone: BusinessZone::default(),
            about: None,
            database: None,
        };
        let test = async |sender: &dyn Sender| (sender.channel(), send(sender, &notice, now).await);
        join_all(self.senders.iter().map(|sender| test(sender.as_ref()))).await
    }
}

/// Sends once, in bounded time.
async fn send(sender: &dyn Sender, notice: &Notice, now: DateTime<Utc>) -> Result<(), NotifyError> {
    let sent = tokio::time::timeout(PATIENCE, sender.send(notice, now)).await;
    sent.unwrap_or(Err(NotifyError::Timeout))
}

/// What was to be sent could not be looked for, or noted as sent.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct OutboxError(#[from] StoreError);

/// Sends what is to be told.
pub struct Outbox {
    db: Database,
    clock: Arc<dyn Clock>,
    channels: Channels,
    zone: BusinessZone,
    instance: String,
}

impl Outbox {
    pub(super) fn new(
        db: Database,
        clock: Arc<dyn Clock>,
        channels: Channels,
        zone: BusinessZone,
        instance: String,
    ) -> Self {
        Self {
            db,
            clock,
            channels,
            zone,
            instance,
        }
    }

    /// Sends what is due, each channel by itself: one that hangs holds up no other. Returns how many
    /// messages were taken.
    ///
    /// # Errors
    /// When the database fails. Messages that were sent and could not be noted are sent again.
    pub async fn send_due(&self) -> Result<usize, OutboxError> {
        let channels = self.channels.senders.iter();
        let sent = join_all(channels.map(|sender| self.send_all(sender.as_ref()))).await;
        let mut count = 0;
        for sent in sent {
            count += sent?;
        }
        Ok(count)
    }

    async fn send_all(&self, sender: &dyn Sender) -> Result<usize, StoreError> {
        let mut count = 0;
        while let Some(delivery) = self.claim(sender.channel()).await? {
            count += usize::from(self.send_one(sender, &delivery).await?);
        }
        Ok(count)
    }

    async fn claim(&self, channel: AlertChannel) -> Result<Option<DeliveryRow>, StoreError> {
        let now = self.clock.now();
        // Nearly always there is nothing to do, which needs no transaction.
        if !alert_deliveries::any_due(self.db.read(), channel, now).await? {
            return Ok(None);
        }
        self.db
            .transaction(async |tx: &Transaction| {
                alert_deliveries::claim(tx, channel, &self.instance, now, now + CLAIM).await
            })
            .await
    }

    /// Whether it was taken.
    async fn send_one(
        &self,
        sender: &dyn Sender,
        delivery: &DeliveryRow,
    ) -> Result<bool, StoreError> {
        let alert = alerts::find(self.db.read(), delivery.alert_id).await?;
        let Some(alert) = alert else { return Ok(false) };
        let notice = self.notice(delivery, &alert);
        let sent = send(sender, &notice, self.clock.now()).await;
        let now = self.clock.now();
        let reason = sent.as_ref().err().map(ToString::to_string);
        let attempt = match &reason {
            None => Attempt::Sent,
            Some(reason) if now - delivery.created_at >= GIVEN_UP_AFTER => {
                tracing::error!(
                    alert.channel = %delivery.channel,
                    alert.delivery = delivery.id,
                    reason,
                    "an alert could not be sent for a day, and is given up"
                );
                Attempt::GivenUp(reason)
            }
            Some(reason) => {
                tracing::warn!(
                    alert.channel = %delivery.channel,
                    alert.delivery = delivery.id,
                    reason,
                    "an alert could not be sent; it is tried again"
                );
                let pause = pause_after(delivery.attempts + 1, rand::random());
                Attempt::Again(now + pause, reason)
            }
        };
        self.db
            .transaction(async |tx: &Transaction| {
                alert_deliveries::note(tx, delivery, attempt, now).await
            })
            .await?;
        Ok(reason.is_none())
    }

    fn notice(&self, delivery: &DeliveryRow, alert: &alerts::AlertRow) -> Notice {
        let subject = Subject {
            track: alert.track,
            day: alert.day,
            run_id: alert.run_id,
        };
        let (mut message, mut resolved_at) = (
            Text::new(
                alert.message_zh.as_deref().unwrap_or(&alert.message),
                alert.message.as_str(),
            ),
            alert.resolved_at,
        );
        if delivery.event == AlertEvent::Resolved {
            // It may be back since.
            let until = resolved_at.unwrap_or(delivery.created_at);
            message = recovered(alert.kind, &subject, until - alert.opened_at);
            resolved_at = Some(until);
        }
        Notice {
            id: delivery.id.to_string(),
            at: delivery.created_at,
            message,
            languages: self.channels.languages,
            zone: self.zone,
            about: Some(NoticeAlert {
                id: alert.id,
                event: delivery.event,
                kind: alert.kind,
                subject,
                opened_at: alert.opened_at,
                resolved_at,
            }),
            database: None,
        }
    }
}
