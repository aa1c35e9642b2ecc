//! `alerts`: what was or is wrong with synchronisation.

use sea_orm::entity::prelude::*;

use crate::domain::{
    alert::{AlertEvent, AlertKind},
    sync::SyncTrack,
};

/// A row of `alerts`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "alerts")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub kind: AlertKind,
    /// What it is about, in one text; among open alerts of a kind there is one of a subject.
    pub subject: String,
    pub track: SyncTrack,
    pub day: Option<Date>,
    pub run_id: Option<i64>,
    /// What is wrong, in English.
    pub message: String,
    pub is_open: bool,
    pub opened_at: DateTimeUtc,
    pub resolved_at: Option<DateTimeUtc>,
    /// What people were told of it last.
    pub last_told: AlertEvent,
    pub last_notified_at: DateTimeUtc,
    /// What is wrong, in Chinese; none of alerts from before there were such words.
    pub message_zh: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
