//! Synchronisation with the calling platform, and its alerts.

pub mod alert_deliveries;
pub mod alerts;
pub mod leases;
pub mod observed;
pub mod platform_stats;
pub mod platform_tokens;
pub mod raw_records;
pub mod run_claims;
pub mod slice_claims;
pub mod sync_days;
pub mod sync_runs;
pub mod sync_slices;
pub mod sync_tracks;
