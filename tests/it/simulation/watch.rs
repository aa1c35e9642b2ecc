//! Looking at every moment whether what is said of a day is true.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use dialgraph::{
    domain::{
        business_time::{BusinessZone, DayRange},
        sync::SyncTrack,
    },
    entity::call::{Column, Entity},
    guanke::simulator::Simulator,
    store::{
        Database,
        slice_claims::{self, RunDay},
        sync_days,
    },
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};

use crate::harness::live_external_ids;

/// When a record was there to be read: from, and until.
type Presence = (DateTime<Utc>, Option<DateTime<Utc>>);

/// What the platform had when, and what was said of it.
#[derive(Default)]
pub struct Watch {
    records: BTreeMap<NaiveDate, BTreeMap<String, Presence>>,
    published: BTreeMap<NaiveDate, DateTime<Utc>>,
    /// How many claims were checked.
    pub checked: u32,
}

impl Watch {
    /// Notes what the platform has at this moment.
    pub fn note(&mut self, platform: &Simulator, days: &[NaiveDate], now: DateTime<Utc>) {
        for &day in days {
            let present: BTreeSet<String> = platform.record_ids(day).into_iter().collect();
            let known = self.records.entry(day).or_default();
            for (id, (_, until)) in &mut *known {
                if present.contains(id) {
                    *until = None;
                } else {
                    until.get_or_insert(now);
                }
            }
            for id in present {
                known.entry(id).or_insert((now, None));
            }
        }
    }

    /// Checks every day that was published since this was last asked: while it was read, the platform
    /// had everything that is stored, and everything that it had all the time is stored.
    pub async fn check(&mut self, db: &Database, days: &[NaiveDate]) {
        let zone = BusinessZone::default();
        let range = DayRange::new(days[0], days[days.len() - 1]).unwrap();
        let known = sync_days::list(db.read(), SyncTrack::CallRecords, range);
        for known in known.await.unwrap() {
            let day = known.day;
            // Only what was read from the first second on says anything of every record.
            if known.is_stale {
                continue;
            }
            let (Some(at), Some(through)) = (known.verified_at, known.synced_through) else {
                continue;
            };
            if known.synced_at != Some(at) || self.published.insert(day, at) == Some(at) {
                continue;
            }
            let of = RunDay {
                run_id: known.last_run_id.unwrap(),
                track: SyncTrack::CallRecords,
                day,
            };
            let slices = slice_claims::of_day(db.read(), of).await.unwrap();
            let began = slices
                .iter()
                .filter_map(|slice| slice.started_at)
                .min()
                .unwrap();
            let start = zone.start_of(day);
            let stored = live_external_ids(db.read(), start, through).await;
            let stored: BTreeSet<String> = stored.into_iter().collect();
            let elsewhere = listed_elsewhere(db).await;
            self.compare(day, &stored, &elsewhere, (began, at, through));
            assert_eq!(known.expected, known.seen, "{day}");
            self.checked += 1;
        }
    }

    fn compare(
        &self,
        day: NaiveDate,
        stored: &BTreeSet<String>,
        elsewhere: &BTreeSet<String>,
        (began, at, through): (DateTime<Utc>, DateTime<Utc>, DateTime<Utc>),
    ) {
        let records = &self.records[&day];
        for (id, (from, until)) in records {
            // What appears in the last second that is read may come before or after the reading.
            let was_there = *from < began.min(through) && until.is_none_or(|until| until > at);
            assert!(
                !was_there || stored.contains(id),
                "{day} was called whole at {at}, begun at {began}, read through {through}, without {id}, which was there from {from}"
            );
        }
        // Only the read of the window that gave a call can find it gone.
        for id in stored.difference(elsewhere) {
            let until = records.get(id).map(|(_, until)| *until);
            let was_gone = until.is_none_or(|until| until.is_some_and(|until| until < began));
            assert!(
                !was_gone,
                "{day} was called whole at {at}, begun at {began}, with {id}, which was gone at {until:?}"
            );
        }
    }
}

/// The calls that came with another day's part of the list.
async fn listed_elsewhere(db: &Database) -> BTreeSet<String> {
    let calls = Entity::find()
        .select_only()
        .column(Column::ExternalId)
        .filter(Column::ListedDay.is_not_null());
    let ids: Vec<String> = calls.into_tuple().all(db.read()).await.unwrap();
    ids.into_iter().collect()
}
