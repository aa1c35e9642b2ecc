//! What subscribers are shown: state that is read again when it has changed, once for all of them and
//! so with every part, whichever of them selects what.

use std::{hash::Hash, pin::Pin, sync::Arc};

use chrono::NaiveDate;
use futures_util::{Stream, StreamExt as _, future::ready, stream};
use quick_cache::sync::Cache;

use crate::{
    clock::Clock,
    domain::{business_time::BusinessZone, stats::Wanted},
    service::{
        dashboard::{self, Dashboard, DashboardParts},
        figures::StatisticsError,
        grade_stats::{self, GradeStats},
        metrics::{self, MetricsSummary},
        refresh::Refresher,
    },
    store::{
        self, Database,
        sync_runs::{self, SyncRunRow},
    },
};

/// So many states of each kind are kept for subscribers who are told a little later.
const KEPT: usize = 64;

/// Reads for all subscribers. Clones share what they read.
#[derive(Clone)]
pub struct Live(Arc<Inner>);

struct Inner {
    db: Database,
    clock: Arc<dyn Clock>,
    zone: BusinessZone,
    refresher: Arc<dyn Refresher>,
    runs: States<i64, Option<SyncRunRow>>,
    dashboards: States<NaiveDate, Dashboard>,
    summaries: States<NaiveDate, MetricsSummary>,
    grades: States<NaiveDate, GradeStats>,
}

/// A business day whose figures changed.
#[derive(Debug, Clone, Copy)]
pub struct DayChange {
    /// The day.
    pub date: NaiveDate,
    number: u64,
}

/// States by what they are of and by the telling that they were read for. The first to ask reads,
/// the others wait for it.
struct States<K, T>(Cache<(K, u64), T>);

impl<K: Hash + Eq + Copy, T: Clone> States<K, T> {
    fn new() -> Self {
        Self(Cache::new(KEPT))
    }

    async fn read<E>(
        &self,
        key: K,
        number: u64,
        read: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.0.get_or_insert_async(&(key, number), read).await
    }
}

/// The states of a run.
struct Progress<S> {
    states: Pin<Box<S>>,
    last: Option<SyncRunRow>,
}

impl Live {
    /// Nothing was read yet.
    #[must_use]
    pub fn new(
        db: Database,
        clock: Arc<dyn Clock>,
        zone: BusinessZone,
        refresher: Arc<dyn Refresher>,
    ) -> Self {
        Self(Arc::new(Inner {
            db,
            clock,
            zone,
            refresher,
            runs: States::new(),
            dashboards: States::new(),
            summaries: States::new(),
            grades: States::new(),
        }))
    }

    /// A run as it is, and then as it goes on, until it has ended; none if there is no such run.
    ///
    /// # Errors
    /// When the database fails. The stream goes on after such errors.
    pub async fn progress(
        &self,
        run: i64,
    ) -> store::Result<Option<impl Stream<Item = store::Result<SyncRunRow>> + Send + use<>>> {
        // Before the run is read: nothing may happen unheard.
        let told = self.0.db.changes().runs();
        let Some(first) = sync_runs::find(self.0.db.read(), run).await? else {
            return Ok(None);
        };
        let live = self.clone();
        let later = told
            .filter(move |told| ready(told.what.is_none_or(|it| it == run)))
            .then(move |told| {
                let live = live.clone();
                async move { live.run(run, told.number).await.transpose() }
            })
            .filter_map(ready);
        let states = Box::pin(stream::once(ready(Ok(first))).chain(later));
        let progress = Progress { states, last: None };
        Ok(Some(stream::unfold(progress, Progress::next)))
    }

    async fn run(&self, run: i64, number: u64) -> store::Result<Option<SyncRunRow>> {
        let Inner { db, runs, .. } = &*self.0;
        runs.read(run, number, sync_runs::find(db.read(), run))
            .await
    }

    /// Days whose figures change: this one, or any.
    pub fn days(&self, date: Option<NaiveDate>) -> impl Stream<Item = DayChange> + Send + use<> {
        let live = self.clone();
        self.0.db.changes().days().filter_map(move |told| {
            // When nobody knows which day changed, it may have been the one that is looked at.
            let changed = told.what.or(date).unwrap_or_else(|| live.today());
            let is_meant = date.is_none_or(|date| date == changed);
            ready(is_meant.then_some(DayChange {
                date: changed,
                number: told.number,
            }))
        })
    }

    fn today(&self) -> NaiveDate {
        self.0.zone.day_of(self.0.clock.now())
    }

    /// The dashboard of a day that changed.
    ///
    /// # Errors
    /// See [`StatisticsError`].
    pub async fn dashboard(&self, of: DayChange) -> Result<Dashboard, StatisticsError> {
        let Inner { db, dashboards, .. } = &*self.0;
        let read = dashboard::dashboard(db, of.date, self.today(), DashboardParts::ALL);
        dashboards.read(of.date, of.number, read).await
    }

    /// What a day that changed came to.
    ///
    /// # Errors
    /// See [`StatisticsError`].
    pub async fn summary(&self, of: DayChange) -> Result<MetricsSummary, StatisticsError> {
        let Inner { db, summaries, .. } = &*self.0;
        let read = metrics::summary(db, of.date, self.today(), Wanted::ALL);
        summaries.read(of.date, of.number, read).await
    }

    /// The grades of a day that changed.
    ///
    /// # Errors
    /// See [`StatisticsError`].
    pub async fn grade_stats(&self, of: DayChange) -> Result<GradeStats, StatisticsError> {
        let Inner {
            db,
            zone,
            refresher,
            grades,
            ..
        } = &*self.0;
        let now = self.0.clock.now();
        let read =
            grade_stats::grade_stats(db, refresher.as_ref(), *zone, of.date, now, Wanted::ALL);
        grades.read(of.date, of.number, read).await
    }
}

impl<S: Stream<Item = store::Result<SyncRunRow>>> Progress<S> {
    /// The next state that differs from the last one; none after the end of the run.
    async fn next(mut self) -> Option<(store::Result<SyncRunRow>, Self)> {
        if self
            .last
            .as_ref()
            .is_some_and(|run| run.finished_at.is_some())
        {
            return None;
        }
        loop {
            match self.states.next().await? {
                Ok(run) if self.last.as_ref() == Some(&run) => {}
                Ok(run) => {
                    self.last = Some(run.clone());
                    return Some((Ok(run), self));
                }
                Err(error) => return Some((Err(error), self)),
            }
        }
    }
}
