//! The Guanke platform: a client for its open API, its wire format, and a simulator that speaks
//! the same format. Knows no database.
//!
//! What the platform does and gets wrong is written down in guanke-api.md; the types here are what
//! is left once its JSON has been read leniently and checked strictly.

mod client;
mod config;
mod error;
mod hangup;
mod record;
mod session;
pub mod simulator;
mod stats;
mod tags;
mod token;
mod transport;
mod wire;

#[cfg(test)]
mod tests;

pub use client::Client;
pub use config::{CdrApi, ClientConfig, Credentials, RetryPolicy};
pub use error::Error;
pub use record::{AgentRef, CallRecord, RecordPage, UnusableRecord};
pub use stats::{DayStatistics, StatisticsBy, StatisticsCounts, StatisticsRow};
pub use token::{MemoryTokenStore, StoredToken, TokenStore, TokenStoreError};
