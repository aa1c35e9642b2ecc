//! The platform's own figures beside ours, from its daily figures and our rollups; never from calls.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    domain::{
        business_time::{BusinessZone, DayRange},
        reconciliation::{Compared, ComparedBy, Comparison, DayRead, Finding, Ours, TrackRead},
        stats::Dimension,
        sync::{StatKind, SyncTrack},
    },
    service::figures::catalogue,
    store::{
        Connection, Database, StoreError,
        agents::Agents,
        find_by_ids, platform_stats,
        rollup_sums::{self, DaySum},
        sync_days::{self, SyncDayRow},
        tasks::Tasks,
    },
};

/// Most days of one request.
pub const MAX_DAYS: i64 = 31;

/// The figures of both sides, and why they probably differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciled {
    /// The figures.
    pub comparison: Comparison,
    /// Why they probably differ.
    pub finding: Finding,
    /// The agent or task of ours; none of whole days, and where it is none or several.
    pub id: Option<i64>,
}

/// Where a row stands: all rows are in this order.
pub type Place = (NaiveDate, ComparedBy, String);

impl Reconciled {
    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> Place {
        let Comparison { date, by, name, .. } = &self.comparison;
        (*date, *by, name.clone())
    }
}

/// Both sides of a row, while they are put together.
#[derive(Debug, Default)]
struct Sides {
    platform: Option<Compared>,
    ours: Option<Ours>,
    ids: BTreeSet<i64>,
}

/// Compares the days of `range` by each of `by`, in the order of [`Place`]. Rows of both sides belong
/// together by day and name. Takes a fixed number of statements.
///
/// # Errors
/// When the database fails.
pub async fn reconcile(
    db: &Database,
    zone: BusinessZone,
    range: DayRange,
    by: &BTreeSet<ComparedBy>,
    now: DateTime<Utc>,
) -> Result<Vec<Reconciled>, StoreError> {
    let db = db.read();
    // Before the figures, so that it never says more of them than they are worth.
    let known = sync_days::list_all(db, range).await?;
    let grades = catalogue(db).await?;
    let success: Vec<&str> = grades
        .values()
        .filter(|grade| grade.is_success)
        .map(|grade| grade.code.as_str())
        .collect();
    let dimensions: Vec<Dimension> = by.iter().copied().map(dimension).collect();
    let sums = rollup_sums::of_days(db, range, &dimensions, &success).await?;
    let names = Names::load(db, &sums).await?;
    let mut rows: BTreeMap<Place, Sides> = BTreeMap::new();
    if by.contains(&ComparedBy::Day) {
        let days = range.iter();
        rows.extend(days.map(|day| ((day, ComparedBy::Day, String::new()), Sides::default())));
    }
    let mut days = day_reads(zone, range, &known, now);
    for sum in &sums {
        add_ours(&mut rows, &mut days, sum, &names);
    }
    add_platform(&mut rows, by, &platform_stats::list_of(db, range).await?);
    Ok(rows
        .into_iter()
        .map(|((date, by, name), sides)| {
            let comparison = Comparison {
                date,
                by,
                name,
                platform: sides.platform,
                ours: sides.ours,
            };
            let day = days.get(&date).copied().unwrap_or_default();
            Reconciled {
                finding: comparison.finding(&day),
                comparison,
                id: sides.ids.first().copied().filter(|_| sides.ids.len() == 1),
            }
        })
        .collect())
}

const fn dimension(by: ComparedBy) -> Dimension {
    match by {
        ComparedBy::Day => Dimension::Day,
        ComparedBy::Agent => Dimension::Agent,
        ComparedBy::Task => Dimension::Task,
    }
}

/// What is known of each day, but for calls that belong to nobody.
fn day_reads(
    zone: BusinessZone,
    range: DayRange,
    known: &[SyncDayRow],
    now: DateTime<Utc>,
) -> HashMap<NaiveDate, DayRead> {
    let read = |day: NaiveDate, track: SyncTrack| {
        let row = known
            .iter()
            .find(|row| row.day == day && row.track == track);
        row.map_or_else(TrackRead::default, |row| TrackRead {
            complete: row.completed_at.is_some(),
            stale: row.is_stale,
            synced_at: row.synced_at,
            synced_through: row.synced_through,
        })
    };
    let days = range.iter().map(|day| {
        let known = DayRead {
            is_over: zone.end_of(day) <= now,
            other_day: (!zone.shares_day(BusinessZone::BEIJING, day)).then_some(zone),
            records: read(day, SyncTrack::CallRecords),
            figures: read(day, SyncTrack::TaskStats),
            without_agent: 0,
            without_task: 0,
        };
        (day, known)
    });
    days.collect()
}

fn add_ours(
    rows: &mut BTreeMap<Place, Sides>,
    days: &mut HashMap<NaiveDate, DayRead>,
    sum: &DaySum,
    names: &Names,
) {
    // A cell that calls have left stays, with nothing in it.
    if sum.calls == 0 {
        return;
    }
    let (by, name) = match sum.dimension {
        Dimension::Day => (ComparedBy::Day, String::new()),
        Dimension::Agent => (ComparedBy::Agent, name_of(&names.agents, &sum.key)),
        Dimension::Task => (ComparedBy::Task, name_of(&names.tasks, &sum.key)),
        Dimension::Hour | Dimension::Province => return,
    };
    if let Some(day) = days.get_mut(&sum.date) {
        match sum.dimension {
            Dimension::Agent if sum.key.is_empty() => day.without_agent = sum.calls,
            Dimension::Task if sum.key.is_empty() => day.without_task = sum.calls,
            _ => {}
        }
    }
    let sides = rows.entry((sum.date, by, name)).or_default();
    let ours = sides.ours.get_or_insert_default();
    ours.counts = ours.counts.plus(Compared {
        dialled: sum.calls,
        connected: sum.connected,
        success: sum.success,
    });
    ours.unknown_grades += sum.unknown_grades;
    ours.sharers += 1;
    sides.ids.extend(sum.key.parse::<i64>());
}

/// The platform's rows; whole days are the sum of its accounts.
fn add_platform(
    rows: &mut BTreeMap<Place, Sides>,
    by: &BTreeSet<ComparedBy>,
    stats: &[platform_stats::PlatformStatRow],
) {
    for row in stats.iter().filter(|row| !row.is_summary) {
        let counts = Compared {
            dialled: row.dialled,
            connected: row.connected,
            success: row.success,
        };
        let places: &[ComparedBy] = match row.kind {
            StatKind::Account => &[ComparedBy::Day, ComparedBy::Agent],
            StatKind::Task => &[ComparedBy::Task],
        };
        for &place in places.iter().filter(|place| by.contains(place)) {
            let name = match place {
                ComparedBy::Day => "",
                _ => row.name.trim(),
            };
            let sides = rows
                .entry((row.stat_date, place, name.to_owned()))
                .or_default();
            let sum = sides.platform.get_or_insert_default();
            *sum = sum.plus(counts);
        }
    }
}

/// What the keys of our sums are called.
struct Names {
    agents: HashMap<String, String>,
    tasks: HashMap<String, String>,
}

impl Names {
    async fn load(db: &impl Connection, sums: &[DaySum]) -> Result<Self, StoreError> {
        let ids = |dimension: Dimension| {
            let of_dimension = sums.iter().filter(|sum| sum.dimension == dimension);
            let ids: BTreeSet<i64> = of_dimension
                .filter_map(|sum| sum.key.parse().ok())
                .collect();
            ids.into_iter().collect::<Vec<_>>()
        };
        let agents = find_by_ids::<Agents>(db, &ids(Dimension::Agent)).await?;
        let agents = agents.into_iter().map(|agent| {
            let name = agent.name.unwrap_or(agent.external_id);
            (agent.id.to_string(), name.trim().to_owned())
        });
        let tasks = find_by_ids::<Tasks>(db, &ids(Dimension::Task)).await?;
        let tasks = tasks
            .into_iter()
            .map(|task| (task.id.to_string(), task.task_name.trim().to_owned()));
        Ok(Self {
            agents: agents.collect(),
            tasks: tasks.collect(),
        })
    }
}

/// The name of a key; of one that there is nothing of any more, the key itself.
fn name_of(names: &HashMap<String, String>, key: &str) -> String {
    names.get(key).map_or(key, String::as_str).to_owned()
}
