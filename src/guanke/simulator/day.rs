//! The calls of one day, made from the seed and the date alone.

use std::ops::Range;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc, Weekday};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::config::{KnownDay, SimulatorConfig};
use super::grades::{self, GradeId};
use super::names::{
    CALLBACKS, FIRST_HOUR, HANGUPS, HOURS, INTERESTS, PHONE_PREFIXES, PLACES, SEATS, SIZES,
};
use super::tasks::{self, Task, days_since_epoch};
use crate::domain::business_time::BusinessZone;

/// Ids of one day do not reach those of the next.
const IDS_A_DAY: u64 = 1_000_000;
/// Days of fewer calls have no room for every trap grade.
const TRAPS_FROM: u32 = 200;
/// Calls the manager makes on a day.
const MANAGER_CALLS: usize = 5;

/// One call, kept small: a day has tens of thousands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    /// Seconds since midnight in Beijing.
    pub(super) second: u32,
    pub(super) phone: u64,
    pub(super) connected: bool,
    /// Index into the day's tasks.
    pub(super) task: u8,
    /// Index into the seats; one past the last is the manager.
    pub(super) agent: u8,
    /// Index into the hang-up reasons; of no meaning when connected.
    pub(super) hangup: u8,
    pub(super) place: u8,
    pub(super) grade: GradeId,
    /// Talk time in seconds.
    pub(super) duration: u16,
    /// Ten-thousandths of a yuan; 0 for none.
    pub(super) money: u16,
    /// What the script collected, if anything: see [`Answers`].
    pub(super) answers: Option<Answers>,
}

/// Indexes into the words of the script.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answers {
    pub(super) interest: u8,
    pub(super) size: Option<u8>,
    pub(super) callback: Option<u8>,
}

/// The calls of one day, in the order they were dialled.
pub(super) struct Day {
    pub(super) date: NaiveDate,
    pub(super) tasks: Vec<Task>,
    pub(super) calls: Vec<Call>,
}

impl Day {
    pub(super) fn generate(config: &SimulatorConfig, date: NaiveDate) -> Self {
        let number = u64::from(days_since_epoch(date));
        let mut rng =
            ChaCha8Rng::seed_from_u64(config.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let tasks = tasks::running_on(date, config.seed);
        let totals = totals(config, date, &mut rng);
        let mut maker = Maker::new(&mut rng, tasks.len());
        let mut calls: Vec<Call> = (0..totals.calls).map(|_| maker.unanswered()).collect();
        calls.sort_by_key(|call| call.second);
        maker.answer_some(&mut calls, totals);
        for extra in config.extra_calls.get(&date).into_iter().flatten() {
            let mut call = maker.unanswered();
            maker.answer(&mut call, grades::NINES[2]);
            call.second = extra.second;
            call.duration = extra.duration;
            calls.push(call);
        }
        calls.sort_by_key(|call| call.second);
        Self { date, tasks, calls }
    }

    /// The platform's id of the call at `index`.
    pub(super) fn id_of(&self, index: usize) -> u64 {
        u64::from(days_since_epoch(self.date)) * IDS_A_DAY + index as u64 + 1
    }

    /// When `call` was dialled.
    pub(super) fn time_of(&self, call: &Call) -> DateTime<Utc> {
        self.midnight() + TimeDelta::seconds(i64::from(call.second))
    }

    /// The calls dialled between `from` and `to`, both included, as indexes.
    pub(super) fn between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Range<usize> {
        let midnight = self.midnight().timestamp();
        let start = from.timestamp() - midnight;
        let end = to.timestamp() - midnight;
        let first = self
            .calls
            .partition_point(|call| i64::from(call.second) < start);
        let after = self
            .calls
            .partition_point(|call| i64::from(call.second) <= end);
        first..after.max(first)
    }

    fn midnight(&self) -> DateTime<Utc> {
        BusinessZone::from(chrono_tz::Asia::Shanghai).start_of(self.date)
    }
}

/// What the day must come to: as configured, else drawn.
fn totals(config: &SimulatorConfig, date: NaiveDate, rng: &mut ChaCha8Rng) -> KnownDay {
    if let Some(known) = config.known_days.get(&date) {
        return *known;
    }
    if !(config.first_day..=config.last_day).contains(&date) {
        return KnownDay {
            calls: 0,
            connected: 0,
            nine_yuan: 0,
            one_yuan: 0,
        };
    }
    let calls = match date.weekday() {
        Weekday::Sat | Weekday::Sun => config.calls_per_day * config.weekend_percent / 100,
        _ => config.calls_per_day,
    };
    let connected = calls * rng.random_range(110..=170_u32) / 1_000;
    let deals = |least: u32| {
        let least = if calls >= TRAPS_FROM { least } else { 0 };
        (connected * 3 / 1_000).max(least)
    };
    KnownDay {
        calls,
        connected,
        nine_yuan: deals(3),
        one_yuan: deals(2),
    }
}

/// Draws calls.
struct Maker<'a> {
    rng: &'a mut ChaCha8Rng,
    tasks: Vec<u32>,
    seats: Vec<u8>,
    hours: Vec<u32>,
    places: Vec<u32>,
    hangups: Vec<u32>,
}

impl<'a> Maker<'a> {
    fn new(rng: &'a mut ChaCha8Rng, tasks: usize) -> Self {
        // Some seats are away, others work less.
        let seats = (0_u8..).take(SEATS.len());
        let mut present: Vec<u8> = seats.filter(|_| rng.random_ratio(9, 10)).collect();
        if present.is_empty() {
            present.push(0);
        }
        Self {
            tasks: cumulated((0..tasks).map(|_| rng.random_range(2..=10))),
            seats: present,
            hours: cumulated(HOURS),
            places: cumulated(PLACES.map(|(_, _, weight)| weight)),
            hangups: cumulated(HANGUPS.map(|(_, weight)| weight)),
            rng,
        }
    }

    fn unanswered(&mut self) -> Call {
        let hour = FIRST_HOUR + u32::from(drawn(self.rng, &self.hours));
        let prefix = PHONE_PREFIXES[self.rng.random_range(0..PHONE_PREFIXES.len())];
        Call {
            second: hour * 3_600 + self.rng.random_range(0..3_600),
            phone: prefix * 100_000_000 + self.rng.random_range(0..100_000_000),
            connected: false,
            task: drawn(self.rng, &self.tasks),
            agent: self.seats[self.rng.random_range(0..self.seats.len())],
            hangup: drawn(self.rng, &self.hangups),
            place: drawn(self.rng, &self.places),
            grade: grades::NONE,
            duration: 0,
            money: 0,
            answers: None,
        }
    }

    /// Has exactly `totals.connected` of the calls answered, graded as the totals say.
    fn answer_some(&mut self, calls: &mut [Call], totals: KnownDay) {
        let mut order: Vec<usize> = (0..calls.len()).collect();
        let connected = (totals.connected as usize).min(order.len());
        for place in 0..connected {
            let other = self.rng.random_range(place..order.len());
            order.swap(place, other);
        }
        let mut given = given_grades(totals).into_iter();
        for &index in &order[..connected] {
            let grade = given.next().unwrap_or_else(|| self.usual_grade());
            self.answer(&mut calls[index], grade);
        }
        if calls.len() >= TRAPS_FROM as usize {
            let manager = u8::try_from(SEATS.len()).unwrap_or_default();
            for &index in order.iter().rev().take(MANAGER_CALLS) {
                calls[index].agent = manager;
            }
        }
    }

    fn answer(&mut self, call: &mut Call, grade: GradeId) {
        call.connected = true;
        call.grade = grade;
        call.duration = self.talk_time();
        call.money = 600 + call.duration * 18;
        call.answers = self.answers();
    }

    /// 5 to 300 s; twice as long is half as likely.
    fn talk_time(&mut self) -> u16 {
        let seconds = 5.0 * (self.rng.random_range(0.0..1.0_f64) * 60.0_f64.ln()).exp();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 5 and 300"
        )]
        {
            seconds.min(300.0) as u16
        }
    }

    fn usual_grade(&mut self) -> GradeId {
        match self.rng.random_range(0..100) {
            0..2 => grades::A,
            2..6 => grades::B,
            _ => grades::NONE,
        }
    }

    fn answers(&mut self) -> Option<Answers> {
        let one_of = |rng: &mut ChaCha8Rng, words: usize| {
            u8::try_from(rng.random_range(0..words)).unwrap_or_default()
        };
        let answered = self.rng.random_ratio(6, 10);
        answered.then(|| Answers {
            interest: one_of(self.rng, INTERESTS.len()),
            size: self
                .rng
                .random_ratio(1, 2)
                .then(|| one_of(self.rng, SIZES.len())),
            callback: self
                .rng
                .random_ratio(1, 3)
                .then(|| one_of(self.rng, CALLBACKS.len())),
        })
    }
}

/// The deals, each way of writing them in turn, and the traps.
fn given_grades(totals: KnownDay) -> Vec<GradeId> {
    let in_turn = |ways: &'static [GradeId], usual: GradeId, count: u32| {
        // The tricky ways once each, then the usual one, now and then another.
        (0..count as usize).map(move |nth| match ways.get(nth) {
            Some(way) => *way,
            None if nth % 5 == 0 => ways[nth / 5 % ways.len()],
            None => usual,
        })
    };
    let traps = if totals.calls >= TRAPS_FROM {
        &grades::TRAPS[..]
    } else {
        &[]
    };
    in_turn(&grades::NINES, grades::NINES[2], totals.nine_yuan)
        .chain(in_turn(&grades::ONES, grades::ONES[1], totals.one_yuan))
        .chain(traps.iter().copied())
        .collect()
}

fn cumulated(weights: impl IntoIterator<Item = u32>) -> Vec<u32> {
    weights
        .into_iter()
        .scan(0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect()
}

/// An index, drawn by cumulated weights; 0 when there is nothing to draw from.
fn drawn(rng: &mut ChaCha8Rng, cumulated: &[u32]) -> u8 {
    let total = cumulated.last().copied().unwrap_or(1);
    let point = rng.random_range(0..total);
    u8::try_from(cumulated.partition_point(|sum| *sum <= point)).unwrap_or_default()
}
