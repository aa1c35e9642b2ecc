//! Faults: what the platform and the gateway in front of it do on bad days, ordered one by one or
//! drawn from a profile.

use std::time::Duration;

use chrono::NaiveDate;

use super::profile::{FaultProfile, Profile};

/// What a fault strikes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultOn {
    /// Requests for call records.
    Page {
        /// Only of windows that touch this day.
        day: Option<NaiveDate>,
        /// Only of this page.
        page: Option<u32>,
    },
    /// Requests for statistics.
    Statistics,
    /// Logins, of both kinds.
    Login,
}

/// What happens instead of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// This HTTP status and a gateway's HTML page.
    HttpStatus(u16),
    /// HTTP 200 with this `code`.
    Code(i64),
    /// HTTP 200 with an HTML page.
    Html,
    /// The answer breaks off in the middle.
    Truncated,
    /// The answer comes this much later.
    Hang(Duration),
    /// HTTP 429.
    TooManyRequests {
        /// Seconds, sent as `Retry-After`.
        retry_after: u64,
    },
    /// A page of records that is not what it should be. Of no effect on other answers.
    Distorted(Distortion),
    /// All tokens given out so far are refused from now on.
    TokensRevoked,
}

/// What is wrong with a page of records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Distortion {
    /// So many rows, from the first on, come twice.
    pub twice: usize,
    /// So many rows, from the last on, are missing.
    pub missing: usize,
    /// The page begins so many rows later, or earlier, than it should: others came or went while
    /// the pages were read.
    pub shift: i64,
    /// How far `totalCount` is off.
    pub total: i64,
}

/// A fault to order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What it strikes.
    pub on: FaultOn,
    /// What happens.
    pub kind: FaultKind,
    /// How often; `None` for ever.
    pub times: Option<u32>,
}

/// What is being asked for, as far as faults are concerned.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked {
    /// A page of the window from the first to the second day.
    Page(NaiveDate, NaiveDate, u32),
    Statistics,
    Login,
}

impl FaultOn {
    fn strikes(&self, asked: Asked) -> bool {
        match (self, asked) {
            (Self::Page { day, page }, Asked::Page(from, to, number)) => {
                day.is_none_or(|day| (from..=to).contains(&day))
                    && page.is_none_or(|page| page == number)
            }
            (Self::Statistics, Asked::Statistics) | (Self::Login, Asked::Login) => true,
            _ => false,
        }
    }
}

/// The faults that are still to come.
#[derive(Default)]
pub(super) struct Faults {
    ordered: Vec<Fault>,
    profile: Option<Profile>,
}

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.ordered.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.ordered.clear();
    }

    pub(super) fn follow(&mut self, profile: Option<FaultProfile>) {
        self.profile = profile.map(Profile::new);
    }

    /// The fault that strikes now, used up by it; the one ordered first, if several would, else
    /// what the profile brings.
    pub(super) fn strike(&mut self, asked: Asked) -> Option<FaultKind> {
        let ordered = self
            .ordered
            .iter_mut()
            .find(|fault| fault.times != Some(0) && fault.on.strikes(asked));
        if let Some(fault) = ordered {
            fault.times = fault.times.map(|times| times - 1);
            return Some(fault.kind.clone());
        }
        self.profile.as_mut()?.draw(asked)
    }
}
