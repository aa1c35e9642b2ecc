//! `alerts`: what was or is wrong with synchronisation.

use sea_orm::entity::prelude::*;

use crate::domain::{
    alert::{AlertEvent, AlertKind},
    sync::SyncTrack,
};

/// A row of `alerts`.
#[catalogue::row]
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "alerts")]
pub struct Model {
    /// The id in the database, for joins in BI tools.
    #[sea_orm(primary_key)]
    #[api(key, filter, order)]
    pub id: i64,
    /// What is wrong.
    #[api(filter)]
    pub kind: AlertKind,
    /// What it is about, in one text; among open alerts of a kind there is one of a subject.
    pub subject: String,
    /// The track that it is about.
    #[api(filter)]
    pub track: SyncTrack,
    /// The business day that it is about; null where it is about a whole track or a run.
    #[api(name = "date", filter, order)]
    pub day: Option<Date>,
    /// The id in the database of the run that it is about; null where it is about something else.
    #[api(name = "runDatabaseId", filter)]
    pub run_id: Option<i64>,
    /// What is wrong, in English; times are those of the business time zone.
    #[api(filter)]
    pub message: String,
    /// Whether it still is.
    #[api(filter, order)]
    pub is_open: bool,
    /// Since when.
    #[api(filter, order)]
    pub opened_at: DateTimeUtc,
    /// Until when; null while it is open.
    #[api(filter, order)]
    pub resolved_at: Option<DateTimeUtc>,
    /// What people were told of it last.
    pub last_told: AlertEvent,
    /// When people were last told something of it: that it began, that it goes on, or that it is over.
    #[api(filter, order)]
    pub last_notified_at: DateTimeUtc,
    /// What is wrong, in Chinese; null of alerts from before there were such words.
    #[api]
    pub message_zh: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
