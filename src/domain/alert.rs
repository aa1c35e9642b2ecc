//! When people are told that synchronisation is in trouble, and when that it is over.
//!
//! Rules without I/O: from what is known of days, tracks and runs to [`conditions`], and from these
//! and what people were told before to what is to be done, by [`judge`].

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{business_time::BusinessZone, grade::UnknownGrade, privacy::hidden, sync::SyncTrack};

mod causes;
mod notice;
mod reason;
mod text;
mod words;

pub use notice::{DatabaseNotice, Notice, NoticeAlert};
pub use reason::Reason;
pub use text::{Languages, Text, data_of, database_recovered, recovered};
pub use words::{AlertChannel, AlertEvent, AlertKind, DeliveryState};

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The track.
    pub track: SyncTrack,
    /// The day, of a failed one.
    pub day: Option<NaiveDate>,
    /// The run, of a stuck one.
    pub run_id: Option<i64>,
}

impl Subject {
    /// The whole of a track.
    #[must_use]
    pub const fn track(track: SyncTrack) -> Self {
        Self {
            track,
            day: None,
            run_id: None,
        }
    }

    /// In one text, which tells it from other subjects.
    #[must_use]
    pub fn key(&self) -> String {
        let track = self.track;
        match (self.day, self.run_id) {
            (None, None) => track.to_string(),
            (Some(day), None) => format!("{track}:{day}"),
            (None, Some(run)) => format!("{track}:run:{run}"),
            (Some(day), Some(run)) => format!("{track}:{day}:run:{run}"),
        }
    }
}

/// Something that is wrong now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// What.
    pub kind: AlertKind,
    /// With what.
    pub subject: Subject,
    /// In words.
    pub message: Text,
}

/// When people are told, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertRules {
    /// How long after the time at which the schedule should have read it today may be unread.
    pub lag: TimeDelta,
    /// After how long people are told again of what is still wrong.
    pub repeat: TimeDelta,
    /// How long after people were told that something is over they are not told that it is back: what
    /// comes and goes is told once.
    pub quiet: TimeDelta,
    /// How long a run may be without a sign of life.
    pub silence: TimeDelta,
}

impl Default for AlertRules {
    fn default() -> Self {
        Self {
            lag: TimeDelta::minutes(30),
            repeat: TimeDelta::hours(24),
            quiet: TimeDelta::minutes(10),
            silence: TimeDelta::minutes(10),
        }
    }
}

/// A day that could not be read, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedDay {
    /// On this track.
    pub track: SyncTrack,
    /// The day.
    pub day: NaiveDate,
    /// Why.
    pub error: String,
}

/// What is known of a track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedTrack {
    /// The track.
    pub track: SyncTrack,
    /// Since when the platform is left alone, and when it is tried again, as it was noted.
    pub paused: Option<(DateTime<Utc>, Option<DateTime<Utc>>)>,
    /// Since when it refuses us, as it was noted.
    pub refused_at: Option<DateTime<Utc>>,
    /// What failed last.
    pub error: Option<String>,
    /// When all that was noted.
    pub noted_at: DateTime<Utc>,
    /// When a day was last read well.
    pub read_at: Option<DateTime<Utc>>,
}

/// When today should have been read, and up to when it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueRead {
    /// On this track.
    pub track: SyncTrack,
    /// The last time that the schedule reads today at, if that was long enough ago; none outside its
    /// hours.
    pub due_at: Option<DateTime<Utc>>,
    /// Up to when it was read.
    pub synced_through: Option<DateTime<Utc>>,
}

/// A run at work without a sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SilentRun {
    /// Its id.
    pub id: i64,
    /// Its track.
    pub track: SyncTrack,
    /// When it was started.
    pub started_at: DateTime<Utc>,
}

/// All that is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// Days that could not be read.
    pub days: Vec<FailedDay>,
    /// The tracks.
    pub tracks: Vec<ObservedTrack>,
    /// Today on each track that the schedule reads.
    pub due: Vec<DueRead>,
    /// Runs that say nothing.
    pub runs: Vec<SilentRun>,
    /// Grades of the last [`GRADE_DAYS`] business days that the catalogue does not know, those of most
    /// calls first.
    pub unknown_grades: Vec<UnknownGrade>,
}

/// On how many business days, today included, unknown grades are looked for.
pub const GRADE_DAYS: u32 = 7;
/// Most grades that a message names.
const MOST_GRADES: usize = 10;

/// All that is wrong, in words whose times are those of `zone`.
#[must_use]
pub fn conditions(observed: &Observed, zone: BusinessZone) -> Vec<Condition> {
    let days = observed.days.iter().map(|day| failed(day, zone));
    let due = observed.due.iter().filter_map(|due| lagging(due, zone));
    let tracks = observed.tracks.iter();
    let runs = observed.runs.iter().map(|run| stuck(run, zone));
    days.chain(due)
        .chain(tracks.clone().filter_map(|track| paused(track, zone)))
        .chain(tracks.filter_map(|track| refused(track, zone)))
        .chain(runs)
        .chain(unknown(&observed.unknown_grades))
        .collect()
}

fn failed(failed: &FailedDay, zone: BusinessZone) -> Condition {
    let (day, error) = (failed.day, reason::reason(&failed.error, zone));
    let (zh, en) = data_of(failed.track);
    Condition {
        kind: AlertKind::DayFailed,
        subject: Subject {
            day: Some(day),
            ..Subject::track(failed.track)
        },
        message: Text::new(
            format!("{day}：{zh}未能完整读取：{}", error.zh),
            format!("{day}: {en} could not be read whole: {}", error.en),
        ),
    }
}

fn lagging(due: &DueRead, zone: BusinessZone) -> Option<Condition> {
    let due_at = due.due_at?;
    if due.synced_through >= Some(due_at) {
        return None;
    }
    let (zh, en) = data_of(due.track);
    let through = match due.synced_through.map(|through| zone.wall_clock(through)) {
        Some(through) => Text::new(
            format!("目前只读到 {through}"),
            format!("they are known up to {through} only"),
        ),
        None => Text::new("目前尚未读取", "none of them are known"),
    };
    let due_at = zone.wall_clock(due_at);
    Some(Condition {
        kind: AlertKind::Lag,
        subject: Subject::track(due.track),
        message: Text::new(
            format!("今日{zh}应在 {due_at} 读取，{}", through.zh),
            format!(
                "{en} of today should have been read at {due_at}, and {}",
                through.en
            ),
        ),
    })
}

impl ObservedTrack {
    /// Since when the platform is left alone, if it is, and when it is tried again.
    #[must_use]
    pub fn pause(&self) -> Option<(DateTime<Utc>, Option<DateTime<Utc>>)> {
        self.paused.filter(|_| self.is_current())
    }

    /// Since when it refuses us, if it does.
    #[must_use]
    pub fn refusal(&self) -> Option<DateTime<Utc>> {
        self.refused_at.filter(|_| self.is_current())
    }

    /// What was noted is over when a day was read well since: the process that noted it may have ended
    /// without a word.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.read_at.is_none_or(|read| read <= self.noted_at)
    }
}

fn paused(track: &ObservedTrack, zone: BusinessZone) -> Option<Condition> {
    let (since, until) = track.pause()?;
    let since = zone.wall_clock(since);
    let until = until.map(|until| zone.wall_clock(until));
    let again = until.map_or_else(
        || Text::new("", ""),
        |until| {
            Text::new(
                format!("，将于 {until} 重试"),
                format!("; it is tried again at {until}"),
            )
        },
    );
    let (zh, en) = data_of(track.track);
    let reason = reason::reason(track.error.as_deref().unwrap_or("it fails"), zone);
    Some(Condition {
        kind: AlertKind::PlatformPaused,
        subject: Subject::track(track.track),
        message: Text::new(
            format!(
                "冠客平台自 {since} 起暂停访问（{zh}）{}：{}",
                again.zh, reason.zh
            ),
            format!(
                "Guanke is left alone since {since} ({en}){}: {}",
                again.en, reason.en
            ),
        ),
    })
}

fn refused(track: &ObservedTrack, zone: BusinessZone) -> Option<Condition> {
    let since = zone.wall_clock(track.refusal()?);
    let (zh, en) = data_of(track.track);
    Some(Condition {
        kind: AlertKind::CredentialsRefused,
        subject: Subject::track(track.track),
        message: Text::new(
            format!("冠客平台自 {since} 起拒绝登录（{zh}）：请检查账号和密码"),
            format!(
                "Guanke does not accept our credentials since {since} ({en}): somebody has to look at them"
            ),
        ),
    })
}

fn stuck(run: &SilentRun, zone: BusinessZone) -> Condition {
    let (id, started_at) = (run.id, zone.wall_clock(run.started_at));
    let (zh, en) = data_of(run.track);
    Condition {
        kind: AlertKind::RunStuck,
        subject: Subject {
            run_id: Some(run.id),
            ..Subject::track(run.track)
        },
        message: Text::new(
            format!("同步任务 {id}（{zh}，{started_at} 开始）无响应，也没有进程接手"),
            format!(
                "run {id} ({en}), started at {started_at}, shows no sign of life, and nobody goes on with it"
            ),
        ),
    }
}

fn unknown(grades: &[UnknownGrade]) -> Option<Condition> {
    if grades.is_empty() {
        return None;
    }
    let named = grades.iter().take(MOST_GRADES);
    let named: Vec<String> = named
        .map(|grade| format!("{} ({})", hidden(&grade.text), grade.calls))
        .collect();
    let more = match grades.len().saturating_sub(MOST_GRADES) {
        0 => Text::new("", ""),
        more => Text::new(format!(" 等，另有 {more} 种"), format!(" and {more} more")),
    };
    let named = named.join(", ");
    Some(Condition {
        kind: AlertKind::UnknownGrades,
        subject: Subject::track(SyncTrack::CallRecords),
        message: Text::new(
            format!(
                "最近 {GRADE_DAYS} 天的通话有意向度目录中没有的文本，按 OTHER 计（括号内为通话数）：{named}{}；请用 upsertGrade 加入某个意向度的 patterns",
                more.zh
            ),
            format!(
                "calls of the last {GRADE_DAYS} days have grades that the catalogue does not know, and count as OTHER (with the number of calls): {named}{}; add them to the patterns of a grade (upsertGrade)",
                more.en
            ),
        ),
    })
}

/// An alert that is open, of which the end was not told yet, or of which something was told lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAlert {
    /// Its id.
    pub id: i64,
    /// What is wrong.
    pub kind: AlertKind,
    /// With what.
    pub about: Subject,
    /// That as [`Subject::key`].
    pub subject: String,
    /// In words.
    pub message: Text,
    /// Since when.
    pub opened_at: DateTime<Utc>,
    /// Whether it still is.
    pub is_open: bool,
    /// What was told last.
    pub told: AlertEvent,
    /// When.
    pub told_at: DateTime<Utc>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Something new is wrong: noted and told.
    Open(Condition),
    /// A known alert changes.
    Change(ChangedAlert),
}

/// What becomes of a known alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedAlert {
    /// Its id.
    pub id: i64,
    /// Whether it is open from now on.
    pub is_open: bool,
    /// What is wrong, in words.
    pub message: Text,
    /// What people are told, if anything.
    pub tell: Option<AlertEvent>,
}

/// What is to be done about `now_wrong`, given what is `known` (one alert of a kind and subject).
///
/// What people were told last becomes what is true, its end at once, but that something is back only
/// when [`AlertRules::quiet`] has passed since; of what is still wrong again after
/// [`AlertRules::repeat`]. Alerts
/// that `is_undecided` are left as they are: nothing says whether they are over.
#[must_use]
pub fn judge(
    known: &[KnownAlert],
    now_wrong: Vec<Condition>,
    is_undecided: impl Fn(&KnownAlert) -> bool,
    rules: &AlertRules,
    now: DateTime<Utc>,
) -> Vec<Step> {
    let is_of = |alert: &KnownAlert, condition: &Condition| {
        alert.kind == condition.kind && alert.subject == condition.subject.key()
    };
    let over = known
        .iter()
        .filter(|alert| !now_wrong.iter().any(|wrong| is_of(alert, wrong)))
        .filter(|alert| !(alert.is_open && is_undecided(alert)))
        .filter_map(|alert| change(alert, None, rules, now));
    let mut steps: Vec<Step> = over.map(Step::Change).collect();
    for condition in now_wrong {
        match known.iter().find(|alert| is_of(alert, &condition)) {
            None => steps.push(Step::Open(condition)),
            Some(alert) => {
                let changed = change(alert, Some(condition.message), rules, now);
                steps.extend(changed.map(Step::Change));
            }
        }
    }
    steps
}

/// What becomes of `alert`, of which `wrong` says what is wrong now, if anything; `None` when
/// nothing does.
fn change(
    alert: &KnownAlert,
    wrong: Option<Text>,
    rules: &AlertRules,
    now: DateTime<Utc>,
) -> Option<ChangedAlert> {
    let is_open = wrong.is_some();
    let since = now - alert.told_at;
    let believed_open = alert.told != AlertEvent::Resolved;
    let tell = match (is_open, believed_open) {
        (true, false) if since >= rules.quiet => Some(AlertEvent::Opened),
        (false, true) => Some(AlertEvent::Resolved),
        (true, true) if since >= rules.repeat => Some(AlertEvent::Repeated),
        _ => None,
    };
    let message = wrong.unwrap_or_else(|| alert.message.clone());
    let is_changed = tell.is_some() || is_open != alert.is_open || message != alert.message;
    is_changed.then_some(ChangedAlert {
        id: alert.id,
        is_open,
        message,
        tell,
    })
}

/// A message that was not taken is tried again until it is this old.
pub const GIVEN_UP_AFTER: TimeDelta = TimeDelta::hours(24);

/// The longest time between two attempts.
pub const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(1);

/// How long to wait before a message is tried again that failed `attempts` times: 30 s at first,
/// twice as long each time, an hour at most; of that between a half and all, as `jitter` (0 to 1)
/// says.
#[must_use]
pub fn pause_after(attempts: i64, jitter: f64) -> TimeDelta {
    let doublings = u32::try_from(attempts.clamp(1, 8) - 1).unwrap_or_default();
    let longest = (30_000_i64 << doublings).min(LONGEST_PAUSE.num_milliseconds());
    let half = longest / 2;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "milliseconds of at most an hour"
    )]
    let more = (half as f64 * jitter.clamp(0.0, 1.0)) as i64;
    TimeDelta::milliseconds(half + more)
}

#[cfg(test)]
mod tests;
