//! `dialgraph sync status`: where synchronisation stands, from the database alone.

use std::fmt::Write as _;

use anyhow::bail;
use chrono::{DateTime, Days, SecondsFormat, TimeDelta, Utc};
use clap::{Args, builder::BoolishValueParser};
use serde_json::{Value, json};
use strum::VariantArray as _;

use super::{print, serve::open};
use crate::{
    clock::{Clock as _, SystemClock},
    config::{DatabaseArgs, SyncArgs, whole},
    domain::{
        business_time::{BusinessZone, DayRange},
        counting::counted,
        sync::SyncTrack,
    },
    service::{
        business_zone::check,
        coverage::{self, Coverage, DayCoverage},
        sync_status::{self, BreakerState, TrackStatus, WindowStatus},
    },
    store::{
        package_rules::{self, Unlinked},
        schema,
        sync_runs::SyncRunRow,
    },
};

#[derive(Debug, Args)]
pub struct StatusArgs {
    /// How many of the last days to show (1-400)
    #[arg(long, env = "SYNC_STATUS_DAYS", default_value_t = 7,
        value_parser = whole::<u32>(1..=400))]
    days: u32,

    /// Print JSON, with instants in UTC, in place of tables
    #[arg(long, env = "SYNC_STATUS_JSON", value_parser = BoolishValueParser::new())]
    json: bool,

    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    sync: SyncArgs,
}

pub async fn run(arguments: StatusArgs) -> anyhow::Result<()> {
    let (zone, schedule) = (arguments.sync.zone(), arguments.sync.schedule()?);
    let db = open(&arguments.database, None).await?;
    if !schema::is_current(db.read()).await? {
        bail!("the database has not this program's schema: run `dialgraph migrate up`");
    }
    let db = check(db, zone).await?;
    let now = SystemClock.now();
    let next_run = |track, window| schedule.next_run(zone, track, window, now);
    let tracks = sync_status::status(&db, zone, now, next_run).await?;
    let days = last_days(zone.day_of(now), arguments.days);
    let coverage = coverage::coverage(&db, days, SyncTrack::VARIANTS).await?;
    let open_ends = OpenEnds {
        unlinked: package_rules::count_unlinked(db.read()).await?,
        kept_apart: schema::rows_kept_apart(db.read()).await?,
    };
    db.close().await;
    if arguments.json {
        let status = as_json(&tracks, &coverage, open_ends);
        return print(format_args!("{status:#}"));
    }
    let tables = tables(&tracks, &coverage, zone);
    print(format_args!("{tables}\n{}", open_ends.lines()))
}

/// What somebody has to look at.
#[derive(Clone, Copy)]
struct OpenEnds {
    unlinked: Unlinked,
    /// Rows whose texts stayed in another form, because another row has the same.
    kept_apart: u64,
}

impl OpenEnds {
    fn lines(self) -> String {
        let Unlinked {
            without_package,
            claimed_twice,
        } = self.unlinked;
        let mut text = format!(
            "tasks without a package: {without_package}, of which more than one package claims: {claimed_twice}"
        );
        if self.kept_apart > 0 {
            let _ = write!(
                text,
                "\nrows kept apart: {} (`dialgraph migrate status` lists them)",
                self.kept_apart
            );
        }
        text
    }
}

fn last_days(today: chrono::NaiveDate, days: u32) -> DayRange {
    let others = Days::new(u64::from(days.saturating_sub(1)));
    let from = today.checked_sub_days(others).unwrap_or(today);
    DayRange::new(from, today).unwrap_or(DayRange::day(today))
}

/// Everything, in tables with times of the business time zone.
fn tables(tracks: &[TrackStatus], coverage: &Coverage, zone: BusinessZone) -> String {
    let header = [
        "track",
        "window",
        "last run",
        "last success",
        "next run",
        "lag",
    ];
    let mut windows = vec![header.map(str::to_owned).to_vec()];
    let mut breakers = String::new();
    for track in tracks {
        windows.extend(track.windows.iter().map(|window| line(track, window, zone)));
        let _ = writeln!(breakers, "{}", breaker(track, zone));
    }
    let header = [
        "day",
        "track",
        "state",
        "platform",
        "stored",
        "missing",
        "read up to",
        "error",
    ];
    let mut days = vec![header.map(str::to_owned).to_vec()];
    days.extend(coverage.days.iter().map(|day| day_line(day, zone)));
    format!("{}\n{breakers}\n{}", table(&windows), table(&days))
}

fn line(track: &TrackStatus, window: &WindowStatus, zone: BusinessZone) -> Vec<String> {
    let status = window.last_run.as_ref().map(|run| run.status.to_string());
    vec![
        track.track.to_string(),
        window.window.to_string(),
        or_dash(status),
        local(window.last_success_at, zone),
        local(window.next_run_at, zone),
        or_dash(window.lag.map(rounded)),
    ]
}

/// Whether the platform is asked, in a sentence.
fn breaker(track: &TrackStatus, zone: BusinessZone) -> String {
    let breaker = &track.breaker;
    let mut text = match breaker.state {
        BreakerState::Closed => format!("{}: the platform is asked", track.track),
        BreakerState::Open => format!(
            "{}: the platform is left alone since {}, until {}",
            track.track,
            local(breaker.since, zone),
            local(breaker.retry_at, zone)
        ),
        BreakerState::HalfOpen => format!(
            "{}: the platform was left alone since {}, and is tried again now",
            track.track,
            local(breaker.since, zone)
        ),
    };
    if breaker.failures > 0 {
        let _ = write!(text, "; {} in a row", counted(breaker.failures, "failure"));
    }
    if let Some(error) = &breaker.error {
        let _ = write!(text, "; the last one: {error}");
    }
    text
}

fn day_line(day: &DayCoverage, zone: BusinessZone) -> Vec<String> {
    let known = day.known.as_ref();
    let number = |number: Option<i64>| or_dash(number.map(|number| number.to_string()));
    vec![
        day.date.to_string(),
        day.track.to_string(),
        state(day).to_owned(),
        number(day.expected),
        number(day.stored),
        number(day.missing()),
        local(known.and_then(|day| day.synced_through), zone),
        known.and_then(|day| day.error.clone()).unwrap_or_default(),
    ]
}

fn state(day: &DayCoverage) -> &'static str {
    match (day.is_complete(), day.is_stale()) {
        (true, false) => "complete",
        (true, true) => "complete, stale",
        (false, _) if day.is_never_read() => "never read",
        (false, false) => "so far",
        (false, true) => "so far, stale",
    }
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}

fn local(at: Option<DateTime<Utc>>, zone: BusinessZone) -> String {
    let written = |at: DateTime<Utc>| {
        at.with_timezone(&zone.tz())
            .format("%Y-%m-%d %H:%M:%S")
            .to_string()
    };
    or_dash(at.map(written))
}

/// Without what nobody reads: seconds of hours, and parts of seconds.
fn rounded(lag: TimeDelta) -> String {
    let seconds = u64::try_from(lag.num_seconds()).unwrap_or(0);
    let seconds = match seconds {
        0..3_600 => seconds,
        _ => seconds - seconds % 60,
    };
    humantime::format_duration(std::time::Duration::from_secs(seconds)).to_string()
}

/// Columns as wide as their widest cell.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn as_json(tracks: &[TrackStatus], coverage: &Coverage, open_ends: OpenEnds) -> Value {
    let tracks: Vec<Value> = tracks.iter().map(track_json).collect();
    let days: Vec<Value> = coverage.days.iter().map(day_json).collect();
    json!({
        "tracks": tracks,
        "tasksWithoutPackage": open_ends.unlinked.without_package,
        "tasksClaimedTwice": open_ends.unlinked.claimed_twice,
        "rowsKeptApart": open_ends.kept_apart,
        "coverage": days,
    })
}

fn track_json(track: &TrackStatus) -> Value {
    let breaker = &track.breaker;
    let state = match breaker.state {
        BreakerState::Closed => "CLOSED",
        BreakerState::Open => "OPEN",
        BreakerState::HalfOpen => "HALF_OPEN",
    };
    let windows = track.windows.iter().map(|window| {
        json!({
            "window": window.window.to_string(),
            "lastRun": window.last_run.as_ref().map(run_json),
            "running": window.running.as_ref().map(run_json),
            "lastSuccessAt": window.last_success_at.map(written),
            "nextRunAt": window.next_run_at.map(written),
            "lagSeconds": window.lag.map(|lag| lag.num_seconds()),
        })
    });
    json!({
        "track": track.track.to_string(),
        "breaker": {
            "state": state,
            "failures": breaker.failures,
            "since": breaker.since.map(written),
            "retryAt": breaker.retry_at.map(written),
            "error": breaker.error,
        },
        "windows": windows.collect::<Vec<_>>(),
    })
}

fn run_json(run: &SyncRunRow) -> Value {
    json!({
        "databaseId": run.id,
        "status": run.status.to_string(),
        "startedAt": written(run.started_at),
        "finishedAt": run.finished_at.map(written),
        "error": run.error,
    })
}

fn day_json(day: &DayCoverage) -> Value {
    let known = day.known.as_ref();
    json!({
        "date": day.date.to_string(),
        "track": day.track.to_string(),
        "complete": day.is_complete(),
        "stale": day.is_stale(),
        "expected": day.expected,
        "stored": day.stored,
        "missing": day.missing(),
        "undialled": known.map(|day| day.undialled),
        "verifiedAt": known.and_then(|day| day.verified_at).map(written),
        "readAt": known.and_then(|day| day.read_at).map(written),
        "syncedThrough": known.and_then(|day| day.synced_through).map(written),
        "error": known.and_then(|day| day.error.clone()),
    })
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{listing::Listing, sync::SyncWindow},
        service::sync_status::Breaker,
        store::sync_days::SyncDayRow,
    };

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn everything_is_told_in_two_tables() {
        let window = WindowStatus {
            window: SyncWindow::Today,
            last_run: None,
            running: None,
            last_success_at: Some(at("2026-11-20T04:00:00Z")),
            next_run_at: Some(at("2026-11-20T04:10:00Z")),
            lag: Some(TimeDelta::seconds(450)),
        };
        let track = TrackStatus {
            track: SyncTrack::CallRecords,
            breaker: Breaker {
                state: BreakerState::Open,
                failures: 5,
                since: Some(at("2026-11-20T04:05:00Z")),
                retry_at: Some(at("2026-11-20T04:08:00Z")),
                error: Some("HTTP status 502".to_owned()),
            },
            listing: Listing::default(),
            windows: vec![window],
        };
        let day = DayCoverage {
            date: "2026-11-20".parse().unwrap(),
            track: SyncTrack::CallRecords,
            known: Some(SyncDayRow {
                track: SyncTrack::CallRecords,
                day: "2026-11-20".parse().unwrap(),
                expected: Some(300),
                seen: Some(280),
                completed_at: None,
                synced_at: Some(at("2026-11-20T04:00:00Z")),
                synced_through: Some(at("2026-11-20T04:00:00Z")),
                is_stale: true,
                error: None,
                last_run_id: None,
                updated_at: at("2026-11-20T04:05:00Z"),
                verified_at: None,
                read_at: None,
                list_lag_seconds: 0,
                undialled: 0,
            }),
            expected: Some(300),
            stored: Some(280),
        };
        let coverage = Coverage {
            range: DayRange::day(day.date),
            days: vec![day],
            totals: Vec::new(),
        };
        let expected = "\
track         window  last run  last success         next run             lag
CALL_RECORDS  TODAY   -         2026-11-20 12:00:00  2026-11-20 12:10:00  7m 30s

CALL_RECORDS: the platform is left alone since 2026-11-20 12:05:00, until 2026-11-20 12:08:00; 5 failures in a row; the last one: HTTP status 502

day         track         state          platform  stored  missing  read up to           error
2026-11-20  CALL_RECORDS  so far, stale  300       280     20       2026-11-20 12:00:00
";
        assert_eq!(
            tables(&[track], &coverage, BusinessZone::default()),
            expected
        );
    }

    #[test]
    fn what_is_to_be_looked_at_is_told_in_a_line_each() {
        let lines = |without_package, claimed_twice, kept_apart| {
            let unlinked = Unlinked {
                without_package,
                claimed_twice,
            };
            OpenEnds {
                unlinked,
                kept_apart,
            }
            .lines()
        };
        assert_eq!(
            lines(12, 3, 0),
            "tasks without a package: 12, of which more than one package claims: 3"
        );
        assert_eq!(
            lines(0, 0, 2),
            "tasks without a package: 0, of which more than one package claims: 0\nrows kept apart: 2 (`dialgraph migrate status` lists them)"
        );
    }

    #[test]
    fn long_lags_are_told_without_seconds() {
        assert_eq!(rounded(TimeDelta::seconds(59)), "59s");
        assert_eq!(rounded(TimeDelta::seconds(3_661)), "1h 1m");
        assert_eq!(rounded(TimeDelta::seconds(90_061)), "1day 1h 1m");
    }

    #[test]
    fn the_last_days_end_today() {
        let days = last_days("2026-11-20".parse().unwrap(), 7);
        assert_eq!(
            (days.from().to_string(), days.days()),
            ("2026-11-14".to_owned(), 7)
        );
    }
}
