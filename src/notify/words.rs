//! What a message says, for people.

use chrono::{DateTime, Utc};

use crate::domain::alert::{AlertEvent, AlertKind, Languages, Notice, NoticeAlert, Text, data_of};

const fn kind(kind: AlertKind) -> (&'static str, &'static str) {
    match kind {
        AlertKind::DayFailed => ("数据未能完整同步", "a day is incomplete"),
        AlertKind::Lag => ("今日同步延迟", "today lags behind"),
        AlertKind::PlatformPaused => ("冠客平台暂停访问", "the platform is left alone"),
        AlertKind::CredentialsRefused => {
            ("冠客平台拒绝登录", "the platform refuses our credentials")
        }
        AlertKind::RunStuck => ("同步任务无响应", "a run is stuck"),
        AlertKind::UnknownGrades => ("有未知意向度", "there are unknown grades"),
    }
}

const fn event(event: AlertEvent) -> (&'static str, &'static str) {
    match event {
        AlertEvent::Opened => ("告警", "Alert"),
        AlertEvent::Repeated => ("仍未恢复", "Still so"),
        AlertEvent::Resolved => ("已恢复", "Recovered"),
    }
}

/// In each language, on one line each.
pub(super) fn titles(notice: &Notice) -> Vec<String> {
    let title = match (&notice.about, &notice.database) {
        (None, Some(database)) => {
            let (event_zh, event_en) = event(database.event);
            Text::new(
                format!("【{event_zh}】dialgraph：数据库无法写入"),
                format!("[{event_en}] dialgraph: the database takes no writes"),
            )
        }
        (None, None) => Text::new("【测试】dialgraph 告警通道", "[Test] dialgraph alerts"),
        (Some(alert), _) => {
            let (event_zh, event_en) = event(alert.event);
            let (kind_zh, kind_en) = kind(alert.kind);
            let (track, _) = data_of(alert.subject.track);
            Text::new(
                format!(
                    "【{event_zh}】dialgraph {track}：{kind_zh}{}",
                    of_day(alert, "，")
                ),
                format!("[{event_en}] dialgraph: {kind_en}{}", of_day(alert, ", ")),
            )
        }
    };
    owned(&title.each(notice.languages))
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

fn of_day(alert: &NoticeAlert, comma: &str) -> String {
    let day = alert.subject.day;
    day.map(|day| format!("{comma}{day}")).unwrap_or_default()
}

/// All of it, a line each.
pub(super) fn lines(notice: &Notice) -> Vec<String> {
    let mut lines = owned(&notice.message.each(notice.languages));
    let line = |zh: &str, en: &str, at: DateTime<Utc>| {
        let name = match notice.languages {
            Languages::Both => format!("{zh} / {en}: "),
            Languages::Chinese => format!("{zh}："),
            Languages::English => format!("{en}: "),
        };
        let zone = notice.zone;
        format!("{name}{} ({})", zone.wall_clock(at), zone.tz())
    };
    let alert = notice
        .about
        .map(|alert| (alert.opened_at, alert.resolved_at));
    let database = notice
        .database
        .map(|database| (database.opened_at, database.resolved_at));
    if let Some((opened, resolved)) = alert.or(database) {
        lines.push(line("开始", "since", opened));
        if let Some(resolved) = resolved {
            lines.push(line("恢复", "over", resolved));
        }
    }
    lines
}

/// What programs read as the message: in English where that is told.
pub(super) fn message(notice: &Notice) -> &str {
    match notice.languages {
        Languages::Chinese => &notice.message.zh,
        Languages::Both | Languages::English => &notice.message.en,
    }
}
