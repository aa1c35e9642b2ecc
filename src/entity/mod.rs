//! One sea-orm model a table: columns and relations, no behaviour.

#![expect(
    missing_docs,
    reason = "columns that say what they are by name, and what sea-orm's macros generate"
)]

pub mod access_token;
pub mod agent;
pub mod alert;
pub mod alert_delivery;
pub mod archived_tag_count;
pub mod audit_entry;
pub mod business_zone;
pub mod call;
pub mod call_push;
pub mod call_rollup;
pub mod call_tag;
pub mod data_change;
pub mod declared;
pub mod dial_task;
pub mod grade;
pub mod idempotency_key;
pub mod lead_package;
pub mod package_rule;
pub mod platform_daily_stat;
pub mod platform_token;
pub mod raw_record;
pub mod refresh_token;
pub mod retention_horizon;
pub mod retired_grade;
pub mod session;
pub mod sync_day;
pub mod sync_lease;
pub mod sync_run;
pub mod sync_slice;
pub mod sync_track;
pub mod tag_count;
pub mod task_package_hint;
pub mod user;
pub mod write_probe;

/// sea-orm asks of every part of a primary key whether it can be made of a generated number;
/// these never are.
macro_rules! never_generated {
    ($($word:ty),+) => {$(
        impl sea_orm::TryFromU64 for $word {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($word)))
            }
        }
    )+};
}

never_generated!(
    crate::domain::stats::Dimension,
    crate::domain::sync::SyncTrack
);
