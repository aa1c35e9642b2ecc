//! What people are told, in the languages that they read.

use chrono::TimeDelta;

use super::{AlertKind, Subject};
use crate::domain::sync::SyncTrack;

/// Words in Chinese and in English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Text {
    /// These words.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// The words in each language of `languages`, Chinese first.
    #[must_use]
    pub fn each(&self, languages: Languages) -> Vec<&str> {
        match languages {
            Languages::Both => vec![&self.zh, &self.en],
            Languages::Chinese => vec![&self.zh],
            Languages::English => vec![&self.en],
        }
    }
}

/// Which languages messages are in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Languages {
    /// Chinese and English.
    #[default]
    Both,
    /// Chinese.
    Chinese,
    /// English.
    English,
}

/// What a track brings, as people call it.
#[must_use]
pub const fn data_of(track: SyncTrack) -> (&'static str, &'static str) {
    match track {
        SyncTrack::CallRecords => ("通话记录", "call records"),
        SyncTrack::TaskStats => ("任务统计", "the platform's daily figures"),
    }
}

/// That something is over, and how long it lasted.
#[must_use]
pub fn recovered(kind: AlertKind, subject: &Subject, lasted: TimeDelta) -> Text {
    let what = what(kind, subject);
    let (zh, en) = (duration(lasted, ZH), duration(lasted, EN));
    Text::new(
        format!("已恢复：{}，持续 {zh}", what.zh),
        format!("recovered: {}, lasted {en}", what.en),
    )
}

/// That the database takes writes again, and how long it took none.
#[must_use]
pub fn database_recovered(lasted: TimeDelta) -> Text {
    let (zh, en) = (duration(lasted, ZH), duration(lasted, EN));
    Text::new(
        format!("已恢复：数据库写入，持续 {zh}"),
        format!("recovered: writes to the database, lasted {en}"),
    )
}

/// What works again.
fn what(kind: AlertKind, subject: &Subject) -> Text {
    let (zh, en) = data_of(subject.track);
    let day = subject.day.map(|day| day.to_string()).unwrap_or_default();
    let run = subject.run_id.map(|id| id.to_string()).unwrap_or_default();
    match kind {
        AlertKind::DayFailed => Text::new(
            format!("{day} 的{zh}读取"),
            format!("reading {en} of {day}"),
        ),
        AlertKind::Lag => Text::new(
            format!("今日{zh}同步"),
            format!(
                "synchronisation of today's {}",
                en.trim_start_matches("the ")
            ),
        ),
        AlertKind::PlatformPaused => Text::new(
            format!("冠客平台访问（{zh}）"),
            format!("access to Guanke ({en})"),
        ),
        AlertKind::CredentialsRefused => Text::new(
            format!("冠客平台登录（{zh}）"),
            format!("sign-in to Guanke ({en})"),
        ),
        AlertKind::RunStuck => Text::new(
            format!("同步任务 {run}（{zh}）"),
            format!("run {run} ({en})"),
        ),
        AlertKind::UnknownGrades => Text::new(
            "意向度目录",
            "the catalogue of grades knows every grade of the last days",
        ),
    }
}

const ZH: [&str; 4] = ["天", "小时", "分钟", "秒"];
const EN: [&str; 4] = ["d", "h", "min", "s"];

/// The two largest parts of a duration that are not 0: `1 h 5 min`.
fn duration(lasted: TimeDelta, units: [&str; 4]) -> String {
    let seconds = lasted.num_seconds().max(0);
    let parts = [
        seconds / 86_400,
        seconds / 3_600 % 24,
        seconds / 60 % 60,
        seconds % 60,
    ];
    let parts = parts.into_iter().zip(units);
    let parts: Vec<String> = parts
        .skip_while(|(part, _)| *part == 0)
        .take(2)
        .filter(|(part, _)| *part > 0)
        .map(|(part, unit)| format!("{part} {unit}"))
        .collect();
    if parts.is_empty() {
        return format!("0 {}", units[3]);
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_in_two_parts_at_most() {
        for (seconds, en, zh) in [
            (-5, "0 s", "0 秒"),
            (0, "0 s", "0 秒"),
            (59, "59 s", "59 秒"),
            (60, "1 min", "1 分钟"),
            (125, "2 min 5 s", "2 分钟 5 秒"),
            (3_900, "1 h 5 min", "1 小时 5 分钟"),
            (3_605, "1 h", "1 小时"),
            (90_061, "1 d 1 h", "1 天 1 小时"),
        ] {
            let lasted = TimeDelta::seconds(seconds);
            assert_eq!(duration(lasted, EN), en);
            assert_eq!(duration(lasted, ZH), zh);
        }
    }

    #[test]
    fn each_kind_says_what_works_again() {
        let track = Subject::track(SyncTrack::CallRecords);
        let day = Subject {
            day: "2026-11-19".parse().ok(),
            ..track
        };
        let run = Subject {
            run_id: Some(7),
            ..Subject::track(SyncTrack::TaskStats)
        };
        for (kind, subject, zh, en) in [
            (
                AlertKind::DayFailed,
                day,
                "已恢复：2026-11-19 的通话记录读取，持续 7 分钟",
                "recovered: reading call records of 2026-11-19, lasted 7 min",
            ),
            (
                AlertKind::Lag,
                track,
                "已恢复：今日通话记录同步，持续 7 分钟",
                "recovered: synchronisation of today's call records, lasted 7 min",
            ),
            (
                AlertKind::PlatformPaused,
                track,
                "已恢复：冠客平台访问（通话记录），持续 7 分钟",
                "recovered: access to Guanke (call records), lasted 7 min",
            ),
            (
                AlertKind::CredentialsRefused,
                track,
                "已恢复：冠客平台登录（通话记录），持续 7 分钟",
                "recovered: sign-in to Guanke (call records), lasted 7 min",
            ),
            (
                AlertKind::RunStuck,
                run,
                "已恢复：同步任务 7（任务统计），持续 7 分钟",
                "recovered: run 7 (the platform's daily figures), lasted 7 min",
            ),
        ] {
            let text = recovered(kind, &subject, TimeDelta::minutes(7));
            assert_eq!(text, Text::new(zh, en));
        }
    }
}
