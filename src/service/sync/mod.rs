//! What is known of synchronisation with the calling platform, and asking for more.

pub mod alerts;
pub mod coverage;
pub mod reconciliation;
pub mod refresh;
pub mod sync_requests;
pub mod sync_status;
