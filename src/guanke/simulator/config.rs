//! What the simulated platform is like.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::NaiveDate;
use secrecy::SecretString;

use crate::domain::listing::ListedBy;

/// The settings of a simulator. The same settings give the same records, always.
#[derive(Debug, Clone)]
pub struct SimulatorConfig {
    /// What all randomness comes from.
    pub seed: u64,
    /// The first day with calls.
    pub first_day: NaiveDate,
    /// The last day with calls.
    pub last_day: NaiveDate,
    /// Calls of a day that is not in `known_days`.
    pub calls_per_day: u32,
    /// Calls of a Saturday or Sunday in percent of `calls_per_day`; 0 for a day off.
    pub weekend_percent: u32,
    /// How long a page of records takes.
    pub latency_per_page: Duration,
    /// How much longer it takes at most, by chance.
    pub latency_jitter: Duration,
    /// How much longer each page takes than the one before it, in percent of `latency_per_page`.
    pub deep_page_percent: u32,
    /// Calls of 1,000 that are seen only some time after they were made.
    pub late_per_thousand: u32,
    /// That time, at most.
    pub late_at_most: Duration,
    /// How long a login takes.
    pub login_latency: Duration,
    /// Whether a login makes every token given out before it useless, as the platform's do.
    pub login_revokes: bool,
    /// How long a token is accepted.
    pub token_lifetime: Duration,
    /// The account that `/token` accepts.
    pub username: String,
    /// Its password.
    pub password: SecretString,
    /// What `/token/secret` accepts.
    pub secret: SecretString,
    /// Days whose totals are given.
    pub known_days: BTreeMap<NaiveDate, KnownDay>,
    /// By which time of a call the list of a window has it.
    pub listed_by: ListedBy,
    /// How long after a call ended its record is uploaded at most, where that is the time.
    pub uploaded_within: Duration,
    /// Connected calls beside those that are drawn, 9-yuan deals all of them.
    pub extra_calls: BTreeMap<NaiveDate, Vec<ExtraCall>>,
}

/// A call that is ordered, not drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtraCall {
    /// Seconds since midnight in Beijing.
    pub second: u32,
    /// Talk time in seconds.
    pub duration: u16,
}

/// The exact totals of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownDay {
    /// Calls dialled.
    pub calls: u32,
    /// Those connected; no more than `calls`.
    pub connected: u32,
    /// Connected calls whose grade means 9 yuan, however it is written.
    pub nine_yuan: u32,
    /// Connected calls whose grade means 1 yuan, however it is written.
    pub one_yuan: u32,
}

impl SimulatorConfig {
    /// `calls_per_day` calls on every day from `first_day` to `last_day`, answered at once, with
    /// the demonstration account.
    #[must_use]
    pub fn new(seed: u64, first_day: NaiveDate, last_day: NaiveDate, calls_per_day: u32) -> Self {
        Self {
            seed,
            first_day,
            last_day,
            calls_per_day,
            weekend_percent: 100,
            latency_per_page: Duration::ZERO,
            latency_jitter: Duration::ZERO,
            deep_page_percent: 0,
            late_per_thousand: 0,
            late_at_most: Duration::from_mins(20),
            login_latency: Duration::ZERO,
            login_revokes: false,
            token_lifetime: Duration::from_hours(30 * 24),
            username: "演示".to_owned(),
            password: "demo#密码".into(),
            secret: "demo-secret".into(),
            known_days: BTreeMap::new(),
            listed_by: ListedBy::CallTime,
            uploaded_within: Duration::from_mins(10),
            extra_calls: BTreeMap::new(),
        }
    }
}
