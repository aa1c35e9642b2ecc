//! Users, how they sign in, and what they did.

pub mod access_tokens;
pub mod audit_log;
pub mod sessions;
pub mod users;
