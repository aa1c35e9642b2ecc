//! The platform's own figures beside ours: what differs, and why it probably does.

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use strum::{Display, IntoStaticStr, VariantArray};

use super::{business_time::BusinessZone, counting::verb};

/// What figures are compared by, beside the day.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Display, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum ComparedBy {
    /// Nothing more: whole days.
    Day,
    /// The agent's account, by its name.
    Agent,
    /// The dial task, by its name.
    Task,
}

impl ComparedBy {
    /// What one of them is called.
    const fn noun(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Agent => "agent",
            Self::Task => "task",
        }
    }
}

/// What both sides count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compared {
    /// Calls dialled.
    pub dialled: i64,
    /// Of those, connected.
    pub connected: i64,
    /// Deals.
    pub success: i64,
}

impl Compared {
    /// The counts of both.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            dialled: self.dialled + other.dialled,
            connected: self.connected + other.connected,
            success: self.success + other.success,
        }
    }

    /// How much more these are.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self {
            dialled: self.dialled - other.dialled,
            connected: self.connected - other.connected,
            success: self.success - other.success,
        }
    }
}

/// Our figures of something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ours {
    /// What is compared.
    pub counts: Compared,
    /// Calls whose grade the catalogue does not know.
    pub unknown_grades: i64,
    /// How many of ours go by the name.
    pub sharers: i64,
}

/// What is known of a day on one track.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TrackRead {
    /// The whole day was read and counted.
    pub complete: bool,
    /// A newer read failed or is unfinished.
    pub stale: bool,
    /// When the last good read ended.
    pub synced_at: Option<DateTime<Utc>>,
    /// Up to which instant it went.
    pub synced_through: Option<DateTime<Utc>>,
}

/// What is known of a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DayRead {
    /// The day has ended.
    pub is_over: bool,
    /// The business time zone, where its day is not the platform's.
    pub other_day: Option<BusinessZone>,
    /// The call records, which our figures come from.
    pub records: TrackRead,
    /// The platform's own figures.
    pub figures: TrackRead,
    /// Our calls of the day without an agent.
    pub without_agent: i64,
    /// Our calls of the day without a task.
    pub without_task: i64,
}

/// Figures of both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The day.
    pub date: NaiveDate,
    /// What they are figures of.
    pub by: ComparedBy,
    /// The name; empty for whole days, and for calls that belong to none.
    pub name: String,
    /// The platform's figures, if it has any of this.
    pub platform: Option<Compared>,
    /// Our figures, if there are calls.
    pub ours: Option<Ours>,
}

/// Why figures probably differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Display, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Cause {
    /// They do not.
    Equal,
    /// The platform's day and ours are not the same: the figures are of different calls.
    DifferentDays,
    /// The day was not read whole on one of the tracks.
    NotSynced,
    /// One track knows a later state of the day than the other.
    Stale,
    /// Calls that belong to no agent, or no task.
    Unattributed,
    /// Only one side has the name.
    NameUnknown,
    /// Several of ours go by the name.
    NameShared,
    /// The sides agree on what was dialled, and not on what was connected.
    CallState,
    /// The sides agree on the calls, and not on the deals among them.
    UngradedOrMapping,
    /// None of these.
    Unknown,
}

/// A cause in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Why the figures probably differ.
    pub cause: Cause,
    /// The same for people.
    pub sentence: String,
}

impl Finding {
    fn new(cause: Cause, sentence: impl Into<String>) -> Self {
        Self {
            cause,
            sentence: sentence.into(),
        }
    }
}

/// Reads of a day that is over, that lie no further apart, count as reads of one state: the jobs of
/// both tracks are some minutes apart, and a run takes its time.
const TOGETHER: TimeDelta = TimeDelta::hours(1);

impl Comparison {
    /// Ours less the platform's; what a side does not have is nothing.
    #[must_use]
    pub fn difference(&self) -> Compared {
        let ours = self.ours.map(|ours| ours.counts).unwrap_or_default();
        ours.minus(self.platform.unwrap_or_default())
    }

    /// Why the figures probably differ, seen from what is known of the day.
    #[must_use]
    pub fn finding(&self, day: &DayRead) -> Finding {
        if let Some(zone) = day.other_day {
            let sentence = format!(
                "the platform's figures are those of the day in {}, ours of the day in {zone}: they are not to be compared",
                BusinessZone::BEIJING
            );
            return Finding::new(Cause::DifferentDays, sentence);
        }
        if let Some(finding) = day.not_synced() {
            return finding;
        }
        let difference = self.difference();
        if difference == Compared::default() {
            return Finding::new(Cause::Equal, "both sides have the same figures");
        }
        day.certainly_stale()
            .or_else(|| self.of_names(day))
            .or_else(|| self.of_calls(difference))
            .or_else(|| day.read_apart())
            .unwrap_or_else(|| of_the_rest(difference))
    }

    /// Calls that belong to none, and names that mean something else on the other side.
    fn of_names(&self, day: &DayRead) -> Option<Finding> {
        let noun = self.by.noun();
        let without = match self.by {
            ComparedBy::Day => return None,
            ComparedBy::Agent => day.without_agent,
            ComparedBy::Task => day.without_task,
        };
        if self.name.is_empty() {
            let calls = self.ours.map_or(0, |ours| ours.counts.dialled);
            let sentence = format!(
                "{calls} of our calls of the day {} to no {noun}",
                belong(calls)
            );
            return Some(Finding::new(Cause::Unattributed, sentence));
        }
        let unattributed = || {
            (without > 0 && self.difference().dialled < 0).then(|| {
                let sentence = format!(
                    "{without} of our calls of the day {} to no {noun}, and {} may be of this one",
                    belong(without),
                    verb(&without, "it", "some of them")
                );
                Finding::new(Cause::Unattributed, sentence)
            })
        };
        match (self.platform, self.ours) {
            (Some(_), None) => Some(unattributed().unwrap_or_else(|| {
                let sentence =
                    format!("the platform has a {noun} of this name, and no call of ours has one");
                Finding::new(Cause::NameUnknown, sentence)
            })),
            (None, Some(_)) => {
                let sentence = format!(
                    "calls of ours have a {noun} of this name, and the platform's figures have none"
                );
                Some(Finding::new(Cause::NameUnknown, sentence))
            }
            (_, Some(Ours { sharers, .. })) if sharers > 1 => {
                let sentence = format!(
                    "{sharers} {noun}s of ours go by this name, and their figures are added up"
                );
                Some(Finding::new(Cause::NameShared, sentence))
            }
            _ => unattributed(),
        }
    }

    /// What is in the calls themselves, where both sides have the same ones.
    fn of_calls(&self, difference: Compared) -> Option<Finding> {
        let unknown = self.ours.map_or(0, |ours| ours.unknown_grades);
        let same_calls = (difference.dialled, difference.connected) == (0, 0);
        (same_calls && difference.success < 0 && unknown > 0).then(|| {
            let sentence = format!(
                "the same calls, and {unknown} of them have a grade that the catalogue does not know: see `grades` and the calls with gradeCode OTHER"
            );
            Finding::new(Cause::UngradedOrMapping, sentence)
        })
    }
}

/// What the numbers alone say.
fn of_the_rest(difference: Compared) -> Finding {
    match difference {
        Compared {
            dialled: 0,
            connected: 0,
            ..
        } => Finding::new(
            Cause::UngradedOrMapping,
            "the same calls, and other deals among them: the platform calls something else a deal than the grade catalogue does",
        ),
        Compared { dialled: 0, .. } => Finding::new(
            Cause::CallState,
            "the same calls were dialled, and the sides do not agree on which were connected",
        ),
        Compared { dialled, .. } if dialled > 0 => Finding::new(
            Cause::Unknown,
            "ours are more: calls that were entered, imported or only pushed here may be among them, which the platform does not count",
        ),
        _ => Finding::new(
            Cause::Unknown,
            "ours are fewer, though both tracks were read: look at what the platform lists for this day",
        ),
    }
}

impl DayRead {
    fn not_synced(&self) -> Option<Finding> {
        let sentence = |track: &TrackRead, what: &str| {
            if track.synced_through.is_none() {
                Some(format!("{what} of this day were never read"))
            } else if self.is_over && !track.complete {
                Some(format!("{what} of this day were not read whole"))
            } else {
                None
            }
        };
        let sentence = sentence(&self.records, "the call records")
            .or_else(|| sentence(&self.figures, "the platform's own figures"))?;
        Some(Finding::new(Cause::NotSynced, sentence))
    }

    /// Something newer is known to be missing.
    fn certainly_stale(&self) -> Option<Finding> {
        for (track, what) in [
            (self.records, "the call records"),
            (self.figures, "the platform's own figures"),
        ] {
            if track.stale {
                let sentence = format!(
                    "a newer read of {what} of this day failed or is unfinished; the last good one went up to {}",
                    written(track.synced_through)
                );
                return Some(Finding::new(Cause::Stale, sentence));
            }
        }
        if self.is_over || self.records.synced_through == self.figures.synced_through {
            return None;
        }
        let sentence = format!(
            "the day is going on: the call records were read up to {}, and the platform's own figures up to {}",
            written(self.records.synced_through),
            written(self.figures.synced_through)
        );
        Some(Finding::new(Cause::Stale, sentence))
    }

    /// What was edited between the reads of the tracks is known to one of them only.
    fn read_apart(&self) -> Option<Finding> {
        let (records, figures) = (self.records.synced_at?, self.figures.synced_at?);
        ((records - figures).abs() > TOGETHER).then(|| {
            let sentence = format!(
                "the call records were read at {}, and the platform's own figures at {}: what was edited in between is in one of them only",
                written(Some(records)),
                written(Some(figures))
            );
            Finding::new(Cause::Stale, sentence)
        })
    }
}

fn written(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(
        || "no moment".to_owned(),
        |at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
    )
}

fn belong(calls: i64) -> &'static str {
    verb(&calls, "belongs", "belong")
}

#[cfg(test)]
mod tests;
