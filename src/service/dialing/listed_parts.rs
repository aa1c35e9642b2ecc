//! Which day's part of the platform's list gave each call. A call belongs to one part at a time: the
//! one that listed it last. The part that had it before lists one call less, as far as is known.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::{
    domain::{business_time::BusinessZone, incoming::LinkedCall, sync::SyncTrack},
    store::{
        StoreError, Transaction,
        call_batches::{self, KnownCall},
        removals::{self, ListedPart},
        sync_days,
    },
};

/// What a batch changes of the parts that gave its calls.
pub(in crate::service) struct ListedParts<'a> {
    zone: BusinessZone,
    known: &'a HashMap<String, KnownCall>,
    /// Calls that came with another day's part than is known of them, by that day; none: with that of
    /// their own day.
    moved: BTreeMap<Option<NaiveDate>, Vec<&'a str>>,
    /// How many calls that are stored each day's part lost to another.
    lost: BTreeMap<NaiveDate, i64>,
}

impl<'a> ListedParts<'a> {
    /// Of calls as they came, and what is known of them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find(
        tx: &Transaction,
        zone: BusinessZone,
        calls: impl Iterator<Item = LinkedCall<'a>>,
        known: &'a HashMap<String, KnownCall>,
    ) -> Result<Self, StoreError> {
        let mut moved: BTreeMap<_, Vec<&str>> = BTreeMap::new();
        let mut stored: HashMap<&str, NaiveDate> = HashMap::new();
        for told in calls {
            let Some(day) = told.listed_day else {
                continue;
            };
            let id = told.call.external_id.as_str();
            let listed_day = (zone.day_of(told.call.call_time) != day).then_some(day);
            let before = known.get(id);
            if before.and_then(|before| before.listed_day) != listed_day {
                moved.entry(listed_day).or_default().push(id);
                stored.extend(before.map(|_| (id, day)));
            }
        }
        let mut lost = BTreeMap::new();
        if !stored.is_empty() {
            let ids: Vec<&str> = stored.keys().copied().collect();
            for (id, part) in removals::parts_of(tx, &ids).await? {
                if stored.get(id.as_str()) != Some(&part) {
                    *lost.entry(part).or_default() += 1;
                }
            }
        }
        Ok(Self {
            zone,
            known,
            moved,
            lost,
        })
    }

    /// Notes that a stored call, which is not removed, is of another day by now.
    pub fn redated(&mut self, id: &str, before: NaiveDate, now: NaiveDate) {
        let is_of_its_day = || {
            let known = self.known.get(id);
            known.is_some_and(|known| known.listed_day.is_none())
        };
        let is_moved = || self.moved.values().any(|ids| ids.contains(&id));
        if before != now && is_of_its_day() && !is_moved() {
            *self.lost.entry(before).or_default() += 1;
        }
    }

    /// Stores the parts of calls that are stored as they came.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note(self, tx: &Transaction, now: DateTime<Utc>) -> Result<(), StoreError> {
        for (day, ids) in self.moved {
            call_batches::note_listed(tx, &ids, day).await?;
        }
        for (day, lost) in self.lost {
            let part = ListedPart {
                day,
                from: self.zone.start_of(day),
                to: self.zone.end_of(day) - TimeDelta::seconds(1),
            };
            let left = removals::count_of_part(tx, part).await?
                + removals::count_of_other_days(tx, day).await?;
            sync_days::note_lost(tx, SyncTrack::CallRecords, day, (lost, left), now).await?;
        }
        Ok(())
    }
}
