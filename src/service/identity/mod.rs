//! Who asks: users, sessions, tokens and passwords.

pub mod access_tokens;
pub mod accounts;
pub mod caller;
pub mod passwords;
pub(in crate::service) mod recent;
pub(in crate::service) mod secrets;
mod sessions;
pub mod sign_in;
mod sign_in_audit;
pub(in crate::service) mod throttle;
pub mod users;
pub(in crate::service) mod watchers;
