//! The Guanke platform: a client for its open API, its wire format, and a simulator that speaks
//! the same format. Knows no database.
//!
//! What the platform does and gets wrong is written down in guanke-api.md; the types here are what
//! is left once its JSON has been read leniently and checked strictly.

mod breaker;
mod client;
mod config;
mod error;
mod exchange;
mod fields;
mod hangup;
mod listing;
mod pace;
mod params;
mod push;
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

pub use breaker::{Breaker, BreakerMemory, BreakerOptions, BreakerState, Open};
pub use client::Client;
pub use config::{CdrApi, ClientConfig, Credentials, RetryPolicy};
pub use error::Error;
pub use exchange::{Ask, Exchange, Reply, RouterExchange};
pub use fields::{AgentRef, PushedRecord};
pub use pace::PaceSnapshot;
pub use push::{MAX_PUSH_BYTES, MAX_PUSHED_RECORDS, PushError, PushKind, parse_push};
pub use record::{CallRecord, RawRecord, Reading, RecordPage, UnusableRecord, record_of};
pub use stats::{DayStatistics, StatisticsBy, StatisticsCounts, StatisticsRow};
pub use token::{
    LOGIN_CLAIM, LoginClaim, MemoryTokenStore, StoredToken, TokenStore, TokenStoreError,
};
pub use transport::Answered;
