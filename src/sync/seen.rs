//! What the platform listed for a window, in one pass over its pages, and whether that is all.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};

use super::error::SyncError;
use crate::{
    domain::{
        business_time::BusinessZone,
        listing::{Evidence, FUTURE_TOLERANCE},
        stats::count,
    },
    guanke::{CallRecord, RecordPage, UnusableRecord},
    store::slice_claims::{SliceSeen, Window},
};

/// What a pass over a slice has brought so far.
pub(super) struct Seen {
    window: Window,
    zone: BusinessZone,
    now: DateTime<Utc>,
    /// The first day whose calls are kept, if not all are.
    horizon: Option<NaiveDate>,
    pub ids: HashSet<String>,
    pub undialled: HashSet<String>,
    not_kept: HashSet<String>,
    /// How many records came that had come before.
    pub repeated: usize,
    /// Calls whose own time lies outside the window.
    outside: HashSet<String>,
    /// Calls dated in the future, and the first of them.
    future: HashSet<String>,
    first_future: Option<(String, DateTime<Utc>)>,
    pub evidence: Evidence,
    /// The lowest and the highest count that the platform told.
    totals: Option<(u64, u64)>,
    pub pages: u32,
    unusable: usize,
    first_unusable: Option<UnusableRecord>,
}

impl Seen {
    pub fn of(
        window: Window,
        zone: BusinessZone,
        now: DateTime<Utc>,
        horizon: Option<NaiveDate>,
    ) -> Self {
        Self {
            window,
            zone,
            now,
            horizon,
            ids: HashSet::new(),
            undialled: HashSet::new(),
            not_kept: HashSet::new(),
            repeated: 0,
            outside: HashSet::new(),
            future: HashSet::new(),
            first_future: None,
            evidence: Evidence::default(),
            totals: None,
            pages: 0,
            unusable: 0,
            first_unusable: None,
        }
    }

    fn note_call(&mut self, record: &CallRecord) {
        let (id, time) = (&record.id, record.call_time);
        let Window { from, to } = self.window;
        self.evidence
            .note((from, to), time, record.duration_seconds);
        if time < from || to.timestamp() < time.timestamp() {
            self.outside.insert(id.clone());
        }
        if self
            .horizon
            .is_some_and(|first| self.zone.day_of(time) < first)
        {
            self.not_kept.insert(id.clone());
        }
        if time > self.now + FUTURE_TOLERANCE {
            self.future.insert(id.clone());
            self.first_future.get_or_insert((id.clone(), time));
        }
    }

    pub fn note(&mut self, page: &RecordPage) {
        page.records
            .iter()
            .for_each(|record| self.note_call(record));
        self.pages += 1;
        if let Some(total) = page.total_count {
            self.note_total(total);
        }
        self.unusable += page.unusable.len();
        if let (None, Some(unusable)) = (&self.first_unusable, page.unusable.first()) {
            self.first_unusable = Some(unusable.clone());
        }
        // The platform counts what waits to be dialled, too.
        let calls = page.records.iter().map(|record| &record.id);
        let others = page.unusable.iter().filter_map(|record| record.id.as_ref());
        for id in calls.chain(&page.undialled).chain(others) {
            if !self.ids.insert(id.clone()) {
                self.repeated += 1;
            }
        }
        self.undialled.extend(page.undialled.iter().cloned());
    }

    pub fn note_total(&mut self, total: u64) {
        let (least, most) = self.totals.unwrap_or((total, total));
        self.totals = Some((least.min(total), most.max(total)));
    }

    pub fn count(&self) -> u64 {
        self.ids.len() as u64
    }

    pub fn most(&self) -> Option<u64> {
        self.totals.map(|(_, most)| most)
    }

    pub fn told(&self) -> SliceSeen {
        SliceSeen {
            expected: self.most().and_then(|total| i64::try_from(total).ok()),
            seen: count(self.ids.len()),
            undialled: count(self.undialled.len()),
            not_kept: count(self.not_kept.len()),
            unlisted: 0,
        }
    }

    pub fn verdict(&self) -> Result<(), SyncError> {
        if let Some(first) = &self.first_unusable {
            return Err(SyncError::Unusable {
                count: self.unusable,
                id: first.id.clone(),
                reason: first.reason.clone(),
            });
        }
        if let Some((id, time)) = &self.first_future {
            return Err(SyncError::FutureDated {
                count: self.future.len(),
                id: id.clone(),
                time: *time,
            });
        }
        let (least, most) = self.totals.ok_or(SyncError::NoTotal)?;
        if least != most {
            return Err(SyncError::Moving { least, most });
        }
        if self.count() == most {
            Ok(())
        } else {
            Err(SyncError::Mismatch {
                expected: most,
                seen: self.count(),
            })
        }
    }

    /// The calls of days whose calls are kept.
    pub fn kept_calls(&self) -> impl Iterator<Item = &String> {
        let calls = self.ids.difference(&self.undialled);
        calls.filter(|id| !self.not_kept.contains(*id))
    }

    /// How many calls of the window itself it has, as far as calls of their days are kept.
    pub fn own_calls(&self) -> usize {
        let calls = self.kept_calls();
        calls.filter(|id| !self.outside.contains(*id)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(undialled: &[&str], total: Option<u64>) -> RecordPage {
        RecordPage {
            undialled: undialled.iter().map(ToString::to_string).collect(),
            received: undialled.len(),
            total_count: total,
            ..RecordPage::default()
        }
    }

    fn seen() -> Seen {
        let at = |time: &str| format!("2026-11-19T{time}Z").parse().unwrap();
        let window = Window {
            from: at("02:00:00"),
            to: at("02:59:59"),
        };
        Seen::of(window, BusinessZone::default(), at("12:00:00"), None)
    }

    #[test]
    fn a_slice_is_whole_with_what_waits_to_be_dialled_and_never_with_what_cannot_be_used() {
        let mut seen = seen();
        seen.note(&page(&["1", "2", "1"], Some(2)));
        assert!(seen.verdict().is_ok());

        let unusable = UnusableRecord {
            id: Some("3".to_owned()),
            reason: "record without call time".to_owned(),
        };
        seen.note(&RecordPage {
            unusable: vec![unusable],
            total_count: Some(2),
            ..RecordPage::default()
        });
        assert_eq!(
            seen.verdict().unwrap_err().to_string(),
            "1 record cannot be used; the first one (3): record without call time"
        );
    }

    #[test]
    fn without_a_total_or_with_another_one_a_slice_is_not_whole() {
        let mut seen = seen();
        assert!(matches!(seen.verdict(), Err(SyncError::NoTotal)));
        seen.note(&page(&["1"], Some(2)));
        assert!(matches!(
            seen.verdict(),
            Err(SyncError::Mismatch {
                expected: 2,
                seen: 1
            })
        ));
    }

    #[test]
    fn a_count_that_moves_proves_nothing_even_if_it_is_right_at_last() {
        let mut seen = seen();
        seen.note(&page(&["1"], Some(1)));
        seen.note(&page(&["2"], Some(2)));
        assert!(matches!(
            seen.verdict(),
            Err(SyncError::Moving { least: 1, most: 2 })
        ));
    }
}
