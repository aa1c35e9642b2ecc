//! What a message says, for people.

use crate::domain::{
    alert::{AlertEvent, AlertKind, Notice, NoticeAlert},
    sync::SyncTrack,
};

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
        AlertEvent::Resolved => ("已恢复", "Over"),
    }
}

const fn track(track: SyncTrack) -> &'static str {
    match track {
        SyncTrack::CallRecords => "通话记录",
        SyncTrack::TaskStats => "任务统计",
    }
}

/// In Chinese and in English, on one line each.
pub(super) fn titles(notice: &Notice) -> (String, String) {
    if let Some(database) = &notice.database {
        let (event_zh, event_en) = event(database.event);
        return (
            format!("【{event_zh}】dialgraph：数据库无法写入"),
            format!("[{event_en}] dialgraph: the database takes no writes"),
        );
    }
    let Some(alert) = &notice.about else {
        return (
            "【测试】dialgraph 告警通道".to_owned(),
            "[Test] dialgraph alerts".to_owned(),
        );
    };
    let (event_zh, event_en) = event(alert.event);
    let (kind_zh, kind_en) = kind(alert.kind);
    let track = track(alert.subject.track);
    (
        format!(
            "【{event_zh}】dialgraph {track}：{kind_zh}{}",
            of_day(alert, "，")
        ),
        format!("[{event_en}] dialgraph: {kind_en}{}", of_day(alert, ", ")),
    )
}

fn of_day(alert: &NoticeAlert, comma: &str) -> String {
    let day = alert.subject.day;
    day.map(|day| format!("{comma}{day}")).unwrap_or_default()
}

/// All of it, a line each.
pub(super) fn lines(notice: &Notice) -> Vec<String> {
    let mut lines = vec![notice.message.clone()];
    let alert = notice
        .about
        .map(|alert| (alert.opened_at, alert.resolved_at));
    let database = notice
        .database
        .map(|database| (database.opened_at, database.resolved_at));
    if let Some((opened, resolved)) = alert.or(database) {
        lines.push(format!("开始 / since: {opened}"));
        if let Some(resolved) = resolved {
            lines.push(format!("恢复 / over: {resolved}"));
        }
    }
    lines
}
