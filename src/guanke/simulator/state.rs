//! What changes while the simulator runs: days at hand, edits, tokens, faults, counts.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::config::SimulatorConfig;
use super::day::Day;
use super::faults::{FaultKind, Faults};

/// Days kept: a window of 7 days touches 8. A day of 30,000 calls takes 1 MB.
const DAYS_KEPT: usize = 8;
/// Requests remembered.
const LOG_LENGTH: usize = 100_000;

/// A grade given afterwards.
#[derive(Debug, Clone)]
pub(super) struct Grade {
    pub(super) text: String,
    /// The code it is meant to have.
    pub(super) means: Option<String>,
}

/// What happened to a call after it was made.
#[derive(Debug, Clone, Default)]
pub(super) struct Edit {
    pub(super) grade: Option<Grade>,
    /// Talk time in seconds; of a connected call only.
    pub(super) duration: Option<u16>,
    pub(super) notes: Option<String>,
    pub(super) removed: bool,
    /// It is seen only from then on.
    pub(super) arrives_at: Option<DateTime<Utc>>,
    /// The time that its record tells.
    pub(super) dated: Option<DateTime<Utc>>,
    /// The time by which the list has it, in place of its own.
    pub(super) relisted: Option<DateTime<Utc>>,
    /// Another time by which the list has it, too.
    pub(super) listed_again: Option<DateTime<Utc>>,
}

/// The edits of a day, by index of the call.
pub(super) type Edits = Arc<BTreeMap<usize, Edit>>;

/// A request for call records, as the platform saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageLog {
    /// The first instant asked for; none where it could not be read.
    pub from: Option<DateTime<Utc>>,
    /// The last one.
    pub to: Option<DateTime<Utc>>,
    /// The page, counted from 1.
    pub page: u32,
    /// Records a page.
    pub page_size: u32,
    /// What came of it.
    pub answer: PageAnswer,
}

/// What came of a request for call records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageAnswer {
    /// So many records were sent.
    Records(usize),
    /// Refused: the token, or the parameters.
    Refused,
    /// A fault struck; distorted pages and late ones among them, whose records may have arrived.
    Fault(FaultKind),
    /// The client went away before there was an answer.
    Dropped,
}

/// What was asked so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestCounts {
    /// Tokens given out.
    pub logins: u64,
    /// Logins refused for wrong credentials.
    pub refused_logins: u64,
    /// Requests for call records, whatever came of them.
    pub pages: u64,
    /// Requests for statistics, whatever came of them.
    pub statistics: u64,
    /// Requests refused for a missing, unknown, revoked or expired token.
    pub unauthorised: u64,
    /// Requests for call records refused: a bad window or an unreadable parameter.
    pub refused_pages: u64,
    /// Requests that a fault struck.
    pub faults: u64,
    /// The most requests for call records that were under way at once.
    pub most_pages_at_once: u64,
}

pub(super) struct State {
    days: VecDeque<Arc<Day>>,
    edits: BTreeMap<NaiveDate, Edits>,
    tokens: HashMap<String, DateTime<Utc>>,
    token_rng: ChaCha8Rng,
    /// Requests for records until all tokens are revoked.
    revoke_in: Option<u64>,
    pages_under_way: u64,
    /// What the jitter of the latency is drawn from.
    pub(super) latency_rng: ChaCha8Rng,
    pages_log: VecDeque<PageLog>,
    pub(super) faults: Faults,
    pub(super) counts: RequestCounts,
}

impl State {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            days: VecDeque::new(),
            edits: BTreeMap::new(),
            tokens: HashMap::new(),
            token_rng: ChaCha8Rng::seed_from_u64(!seed),
            revoke_in: None,
            pages_under_way: 0,
            latency_rng: ChaCha8Rng::seed_from_u64(seed.rotate_left(32)),
            pages_log: VecDeque::new(),
            faults: Faults::default(),
            counts: RequestCounts::default(),
        }
    }

    /// The day, from those at hand if it is there.
    pub(super) fn day(&mut self, config: &SimulatorConfig, date: NaiveDate) -> Arc<Day> {
        let at_hand = self.days.iter().position(|day| day.date == date);
        let day = at_hand
            .and_then(|position| self.days.remove(position))
            .unwrap_or_else(|| Arc::new(Day::generate(config, date)));
        self.days.push_back(Arc::clone(&day));
        if self.days.len() > DAYS_KEPT {
            self.days.pop_front();
        }
        day
    }

    pub(super) fn edits(&self, date: NaiveDate) -> Edits {
        self.edits.get(&date).cloned().unwrap_or_default()
    }

    pub(super) fn edit(&mut self, date: NaiveDate, index: usize) -> &mut Edit {
        let edits = Arc::make_mut(self.edits.entry(date).or_default());
        edits.entry(index).or_default()
    }

    /// A new token; with `revokes` it is the only one.
    pub(super) fn give_token(&mut self, now: DateTime<Utc>, revokes: bool) -> String {
        if revokes {
            self.tokens.clear();
        }
        let token = format!("{:032x}", self.token_rng.random::<u128>());
        self.tokens.insert(token.clone(), now);
        self.counts.logins += 1;
        token
    }

    pub(super) fn accepts(
        &mut self,
        token: Option<&str>,
        config: &SimulatorConfig,
        now: DateTime<Utc>,
    ) -> bool {
        let issued = token.and_then(|token| self.tokens.get(token));
        let accepted = issued.is_some_and(|issued| {
            (now - *issued)
                .to_std()
                .is_ok_and(|age| age < config.token_lifetime)
        });
        self.counts.unauthorised += u64::from(!accepted);
        accepted
    }

    pub(super) fn revoke_tokens(&mut self) {
        self.tokens.clear();
        self.revoke_in = None;
    }

    pub(super) fn revoke_tokens_after(&mut self, requests: u64) {
        self.revoke_in = Some(requests);
    }

    /// A request for records begins; the one after the last allowed finds the tokens revoked.
    pub(super) fn begin_page(&mut self) {
        self.counts.pages += 1;
        self.pages_under_way += 1;
        self.counts.most_pages_at_once = self.counts.most_pages_at_once.max(self.pages_under_way);
        match self.revoke_in {
            Some(0) => self.revoke_tokens(),
            Some(left) => self.revoke_in = Some(left - 1),
            None => {}
        }
    }

    pub(super) fn end_page(&mut self, log: PageLog) {
        self.pages_under_way -= 1;
        if self.pages_log.len() == LOG_LENGTH {
            self.pages_log.pop_front();
        }
        self.pages_log.push_back(log);
    }

    pub(super) fn pages_log(&self) -> Vec<PageLog> {
        self.pages_log.iter().cloned().collect()
    }
}
