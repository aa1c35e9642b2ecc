//! A platform, some processes, and what happens to them.

use std::{sync::Arc, time::Duration};

use chrono::{NaiveDate, TimeDelta};
use dialgraph::{
    clock::Clock as _,
    domain::{
        business_time::DayRange,
        listing::ListedBy,
        sync::{SyncStatus, SyncTrack},
    },
    guanke::simulator::{ExtraCall, FaultProfile, Simulator, SimulatorConfig},
    service::coverage::coverage,
    store::{Database, rollups, sync_days, sync_runs, tag_counts},
};
use rand::{RngExt as _, SeedableRng as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha8Rng;
use sea_orm::EntityTrait as _;
use strum::VariantArray as _;

use super::{
    process::{Process, Surroundings},
    time::{VirtualClock, pass},
    watch::Watch,
};
use crate::harness::{day, live_external_ids};

/// Ten in the morning in Shanghai.
const NOW: &str = "2026-11-20T02:00:00Z";
const STEP: Duration = Duration::from_secs(1);
/// How often it is looked whether what is said is true.
const LOOK: Duration = Duration::from_secs(10);
/// What goes well once nothing fails any more takes no longer than this.
const LONG_ENOUGH: Duration = Duration::from_hours(1);

pub struct World {
    rng: ChaCha8Rng,
    clock: Arc<VirtualClock>,
    surroundings: Surroundings,
    processes: Vec<Process>,
    started: u32,
    days: Vec<NaiveDate>,
    watch: Watch,
}

impl World {
    pub fn new(db: Database, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let clock = Arc::new(VirtualClock::new(NOW.parse().unwrap()));
        let calls = rng.random_range(20..=90);
        let mut config = SimulatorConfig::new(seed, day("2026-11-18"), day("2026-11-20"), calls);
        config.latency_per_page = Duration::from_millis(rng.random_range(50..=3_000));
        config.login_revokes = rng.random_bool(0.5);
        config.listed_by = *ListedBy::VARIANTS.choose(&mut rng).unwrap();
        // Most of them are listed with the next day, unless the list goes by the time of the call.
        for date in ["2026-11-18", "2026-11-19"] {
            let call = |_| ExtraCall {
                second: rng.random_range(86_100..86_400),
                duration: rng.random_range(1..600),
            };
            config
                .extra_calls
                .insert(day(date), (0..3).map(call).collect());
        }
        let surroundings = Surroundings {
            db,
            clock: clock.clone(),
            platform: Simulator::new(config, clock.clone()),
            page_size: rng.random_range(5..=40),
            slices: rng.random_range(1..=4),
        };
        Self {
            rng,
            clock,
            surroundings,
            processes: Vec::new(),
            started: 0,
            days: ["2026-11-18", "2026-11-19", "2026-11-20"].map(day).to_vec(),
            watch: Watch::default(),
        }
    }

    pub async fn run(mut self) {
        let seed = self.rng.random();
        let profile = if self.rng.random_bool(0.5) {
            FaultProfile::bad(seed)
        } else {
            FaultProfile::mild(seed)
        };
        self.platform().follow_profile(Some(profile));
        self.start();
        for _ in 0..self.rng.random_range(4..=10) {
            self.something_happens().await;
            let time = Duration::from_secs(self.rng.random_range(5..=400));
            self.pass(time).await;
        }
        self.heal().await;
        self.everything_is_right().await;
    }

    fn platform(&self) -> &Simulator {
        &self.surroundings.platform
    }

    fn start(&mut self) {
        self.started += 1;
        let name = format!("process {}", self.started);
        self.processes
            .push(Process::start(&self.surroundings, &name));
    }

    async fn something_happens(&mut self) {
        match self.rng.random_range(0..11) {
            0..=2 => self.refresh().await,
            3 if !self.processes.is_empty() => {
                let victim = self.rng.random_range(0..self.processes.len());
                self.processes.swap_remove(victim).kill();
            }
            4 if !self.processes.is_empty() => {
                let leaver = self.rng.random_range(0..self.processes.len());
                let leaver = self.processes.swap_remove(leaver);
                let stopped = tokio::spawn(leaver.stop());
                while !stopped.is_finished() {
                    self.pass(Duration::from_secs(1)).await;
                }
                stopped.await.unwrap();
            }
            5 | 6 if self.processes.len() < 2 => self.start(),
            7 => self.platform().revoke_tokens(),
            8 => self.cancel_a_run().await,
            _ => self.change_records(),
        }
    }

    async fn refresh(&mut self) {
        let track = if self.rng.random_bool(0.8) {
            SyncTrack::CallRecords
        } else {
            SyncTrack::TaskStats
        };
        let from = self.rng.random_range(0..self.days.len());
        let to = self.rng.random_range(from..self.days.len());
        let days = DayRange::new(self.days[from], self.days[to]).unwrap();
        if let Some(process) = self.processes.first() {
            process.refresh(track, days).await;
        }
    }

    async fn cancel_a_run(&mut self) {
        let db = &self.surroundings.db;
        let mut running = sync_runs_all(db).await;
        running.retain(|run| run.status == SyncStatus::Running);
        let Some(run) = running.choose(&mut self.rng) else {
            return;
        };
        let (id, now) = (run.id, self.clock.now());
        db.transaction(async |tx| sync_runs::cancel(tx, id, now).await)
            .await
            .unwrap();
    }

    /// Records are edited, go, come back, or come late.
    fn change_records(&mut self) {
        for _ in 0..self.rng.random_range(1..=6) {
            let day = self.days[self.rng.random_range(0..self.days.len())];
            let nth = self.rng.random_range(0..200);
            let late = self.clock.now() + TimeDelta::seconds(self.rng.random_range(1..=900));
            let seconds = self.rng.random_range(1..=500);
            let kind = self.rng.random_range(0..6);
            let platform = self.platform();
            match kind {
                0 => platform.edit_grade(day, nth, "９元", Some("NINE_YUAN")),
                1 => platform.edit_grade(day, nth, "99元", Some("OTHER")),
                2 => platform.edit_duration(day, nth, seconds),
                3 => platform.remove_call(day, nth, true),
                4 => platform.remove_call(day, nth, false),
                _ => platform.arrives_at(day, nth, late),
            };
        }
    }

    /// Lets time pass, and looks on.
    async fn pass(&mut self, time: Duration) {
        let mut left = time;
        self.note();
        while !left.is_zero() {
            let part = left.min(LOOK);
            pass(&self.surroundings.db, part, STEP).await;
            self.note();
            self.watch.check(&self.surroundings.db, &self.days).await;
            left -= part;
        }
    }

    fn note(&mut self) {
        let now = self.clock.now();
        self.watch
            .note(&self.surroundings.platform, &self.days, now);
    }

    /// Nothing fails any more, and every day is read once again.
    async fn heal(&mut self) {
        self.platform().follow_profile(None);
        if self.processes.is_empty() {
            self.start();
        }
        // Late records have come, leases have expired, and the platform is asked again.
        self.pass(Duration::from_mins(20)).await;
        let days = DayRange::new(self.days[0], self.days[2]).unwrap();
        self.idle().await;
        sync_days_unverified(&self.surroundings.db).await;
        for track in [SyncTrack::CallRecords, SyncTrack::TaskStats] {
            self.processes[0].refresh(track, days).await;
        }
        self.idle().await;
    }

    /// Waits until no run is at work.
    async fn idle(&mut self) {
        let until = self.clock.now() + TimeDelta::from_std(LONG_ENOUGH).unwrap();
        while self.runs_at_work().await > 0 {
            self.pass(Duration::from_secs(1)).await;
            assert!(self.clock.now() < until, "a run does not end");
        }
    }

    async fn runs_at_work(&self) -> usize {
        let runs = sync_runs_all(&self.surroundings.db).await;
        runs.iter()
            .filter(|run| run.status == SyncStatus::Running)
            .count()
    }

    async fn everything_is_right(&mut self) {
        let db = &self.surroundings.db;
        let last = sync_runs_all(db).await;
        let last: Vec<_> = last.iter().rev().take(2).collect();
        assert!(
            last.iter().all(|run| run.status == SyncStatus::Succeeded),
            "{last:#?}"
        );
        for &day in &self.days {
            self.day_is_right(day).await;
        }
        assert_eq!(rollups::differences(db).await.unwrap(), []);
        assert_eq!(tag_counts::differences(db).await.unwrap(), 0);
        assert!(
            self.watch.checked >= 3,
            "days were published: {}",
            self.watch.checked
        );
    }

    async fn day_is_right(&self, day: NaiveDate) {
        let db = self.surroundings.db.read();
        let known = sync_days::find(db, SyncTrack::CallRecords, day)
            .await
            .unwrap()
            .unwrap();
        assert!(!known.is_stale, "{known:?}");
        let is_over = day < self.days[2];
        assert_eq!(known.completed_at.is_some(), is_over, "{known:?}");
        let (zone, through) = (
            dialgraph::domain::business_time::BusinessZone::default(),
            known.synced_through.unwrap(),
        );
        let mut stored = live_external_ids(db, zone.start_of(day), through).await;
        stored.sort();
        // Of today, more may have been dialled since it was read.
        let mut records = self.platform().record_ids(day);
        records.sort();
        if is_over {
            assert_eq!(stored, records, "{day}");
            self.figures_are_right(day).await;
            self.coverage_is_right(day, records.len()).await;
        } else {
            assert!(stored.iter().all(|id| records.contains(id)), "{day}");
            assert!(
                stored.len() + 3 >= records.len(),
                "{day}: {} of {}",
                stored.len(),
                records.len()
            );
        }
    }

    async fn coverage_is_right(&self, day: NaiveDate, records: usize) {
        let tracks = [SyncTrack::CallRecords];
        let range = DayRange::day(day);
        let coverage = coverage(&self.surroundings.db, range, &tracks).await;
        let known = &coverage.unwrap().days[0];
        let records = i64::try_from(records).ok();
        assert_eq!((known.expected, known.stored), (records, records), "{day}");
    }

    async fn figures_are_right(&self, day: NaiveDate) {
        let truth = self.platform().truth(day);
        let counts = rollups::by_day(self.surroundings.db.read(), DayRange::day(day))
            .await
            .unwrap();
        let sum = |measure: fn(&dialgraph::domain::stats::CallCounts) -> i64| -> i64 {
            counts
                .iter()
                .map(|(_, counts)| measure(&counts.counts))
                .sum()
        };
        assert_eq!(sum(|counts| counts.calls), i64::from(truth.calls), "{day}");
        assert_eq!(
            sum(|counts| counts.connected),
            i64::from(truth.connected),
            "{day}"
        );
        assert_eq!(
            sum(|counts| counts.talk_time),
            i64::try_from(truth.duration_seconds).unwrap(),
            "{day}"
        );
        for (code, calls) in &truth.grades {
            let stored: i64 = counts
                .iter()
                .filter(|(_, counts)| counts.grade_code == *code)
                .map(|(_, counts)| counts.counts.calls)
                .sum();
            assert_eq!(stored, i64::from(*calls), "{day} {code}");
        }
    }
}

async fn sync_runs_all(db: &Database) -> Vec<sync_runs::SyncRunRow> {
    use dialgraph::entity::sync_run::{Column, Entity};
    use sea_orm::QueryOrder as _;
    Entity::find()
        .order_by_asc(Column::Id)
        .all(db.read())
        .await
        .unwrap()
}

/// From now on every day is read from its first second on.
async fn sync_days_unverified(db: &Database) {
    use dialgraph::entity::sync_day::{Column, Entity};
    use sea_orm::sea_query::Expr;
    let none = Expr::value(Option::<chrono::DateTime<chrono::Utc>>::None);
    Entity::update_many()
        .col_expr(Column::VerifiedAt, none)
        .exec(db.write())
        .await
        .unwrap();
}
