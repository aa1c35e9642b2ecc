use super::*;

const CALLS: SyncTrack = SyncTrack::CallRecords;

/// Shanghai.
fn zone() -> BusinessZone {
    BusinessZone::default()
}

fn at(minutes: i64) -> DateTime<Utc> {
    let noon: DateTime<Utc> = "2026-11-20T04:00:00Z".parse().unwrap();
    noon + TimeDelta::minutes(minutes)
}

fn kinds(observed: &Observed) -> Vec<(AlertKind, String)> {
    let conditions = conditions(observed, zone());
    let kind = |wrong: Condition| (wrong.kind, wrong.subject.key());
    conditions.into_iter().map(kind).collect()
}

fn track() -> ObservedTrack {
    ObservedTrack {
        track: CALLS,
        paused: None,
        refused_at: None,
        error: None,
        noted_at: at(0),
        read_at: None,
    }
}

#[test]
fn each_condition_is_found_and_says_what_it_is_about() {
    let observed = Observed {
        days: vec![FailedDay {
            track: CALLS,
            day: "2026-11-19".parse().unwrap(),
            error: "Guanke answered with HTTP status 502".to_owned(),
        }],
        tracks: vec![ObservedTrack {
            paused: Some((at(0), Some(at(1)))),
            refused_at: Some(at(0)),
            ..track()
        }],
        due: vec![DueRead {
            track: SyncTrack::TaskStats,
            due_at: Some(at(0)),
            synced_through: None,
        }],
        runs: vec![SilentRun {
            id: 7,
            track: CALLS,
            started_at: at(-30),
        }],
        unknown_grades: vec![UnknownGrade {
            text: "意向 13812348000".to_owned(),
            calls: 2,
        }],
    };
    let found = [
        (AlertKind::DayFailed, "CALL_RECORDS:2026-11-19"),
        (AlertKind::Lag, "TASK_STATS"),
        (AlertKind::PlatformPaused, "CALL_RECORDS"),
        (AlertKind::CredentialsRefused, "CALL_RECORDS"),
        (AlertKind::RunStuck, "CALL_RECORDS:run:7"),
        (AlertKind::UnknownGrades, "CALL_RECORDS"),
    ];
    let found = found.map(|(kind, subject)| (kind, subject.to_owned()));
    assert_eq!(kinds(&observed), found);
    assert_eq!(
        conditions(&observed, zone())[0].message,
        Text::new(
            "2026-11-19：通话记录未能完整读取：冠客平台返回 HTTP 状态 502",
            "2026-11-19: call records could not be read whole: Guanke answered with HTTP status 502"
        )
    );
    // Times are those of the business zone, to the second.
    assert_eq!(
        conditions(&observed, zone())[2].message,
        Text::new(
            "冠客平台自 2026-11-20 12:00:00 起暂停访问（通话记录），将于 2026-11-20 12:01:00 重试：访问失败",
            "Guanke is left alone since 2026-11-20 12:00:00 (call records); it is tried again at 2026-11-20 12:01:00: it fails"
        )
    );
    assert!(conditions(&Observed::default(), zone()).is_empty());
}

#[test]
fn today_lags_when_it_was_not_read_at_the_time_it_was_due() {
    let lags = |due_at, synced_through| {
        let due = DueRead {
            track: CALLS,
            due_at,
            synced_through,
        };
        lagging(&due, zone()).is_some()
    };
    assert!(lags(Some(at(0)), Some(at(-1))));
    assert!(lags(Some(at(0)), None));
    assert!(!lags(Some(at(0)), Some(at(0))));
    assert!(!lags(None, None), "nothing is due outside the hours");
}

#[test]
fn a_pause_that_nobody_took_back_is_over_when_a_day_was_read_since() {
    let paused_track = |read_at| ObservedTrack {
        paused: Some((at(-5), None)),
        refused_at: Some(at(-5)),
        read_at,
        ..track()
    };
    for (read_at, is_paused) in [(None, true), (Some(at(0)), true), (Some(at(1)), false)] {
        let track = paused_track(read_at);
        assert_eq!(paused(&track, zone()).is_some(), is_paused, "{read_at:?}");
        assert_eq!(refused(&track, zone()).is_some(), is_paused, "{read_at:?}");
    }
}

fn wrong(message: &str) -> Condition {
    Condition {
        kind: AlertKind::Lag,
        subject: Subject::track(CALLS),
        message: Text::new(message, message),
    }
}

fn known(is_open: bool, told: AlertEvent, told_at: DateTime<Utc>) -> KnownAlert {
    KnownAlert {
        id: 1,
        kind: AlertKind::Lag,
        about: Subject::track(CALLS),
        subject: "CALL_RECORDS".to_owned(),
        message: Text::new("slow", "slow"),
        opened_at: at(0),
        is_open,
        told,
        told_at,
    }
}

/// What becomes of one alert at `now`: whether it is open, and what is told; `None` when nothing does.
fn judged(
    alert: &KnownAlert,
    is_wrong: bool,
    now: DateTime<Utc>,
) -> Option<(bool, Option<AlertEvent>)> {
    let conditions = is_wrong.then(|| wrong("slow")).into_iter().collect();
    let known = std::slice::from_ref(alert);
    let mut steps = judge(known, conditions, |_| false, &AlertRules::default(), now);
    assert!(steps.len() <= 1);
    match steps.pop()? {
        Step::Open(_) => panic!("it is known"),
        Step::Change(changed) => Some((changed.is_open, changed.tell)),
    }
}

#[test]
fn what_lasts_is_told_once_and_again_after_a_day() {
    let rules = AlertRules::default();
    let steps = judge(&[], vec![wrong("slow")], |_| false, &rules, at(0));
    assert_eq!(steps, [Step::Open(wrong("slow"))]);
    let alert = known(true, AlertEvent::Opened, at(0));
    for minute in [1, 10, 600, 24 * 60 - 1] {
        assert_eq!(judged(&alert, true, at(minute)), None, "{minute}");
    }
    let told = Some((true, Some(AlertEvent::Repeated)));
    assert_eq!(judged(&alert, true, at(24 * 60)), told);
}

#[test]
fn the_end_is_told() {
    let alert = known(true, AlertEvent::Opened, at(0));
    let told = Some((false, Some(AlertEvent::Resolved)));
    assert_eq!(judged(&alert, false, at(1)), told);
    let repeated = known(true, AlertEvent::Repeated, at(0));
    assert_eq!(judged(&repeated, false, at(10)), told);
    let over = known(false, AlertEvent::Resolved, at(10));
    assert_eq!(judged(&over, false, at(11)), None);
}

#[test]
fn what_comes_and_goes_within_ten_minutes_is_told_once() {
    // Over after a minute: told at once.
    let open = known(true, AlertEvent::Opened, at(0));
    let told = Some((false, Some(AlertEvent::Resolved)));
    assert_eq!(judged(&open, false, at(1)), told);
    // One whose end was not told yet, from before it was told at once.
    let over = known(false, AlertEvent::Opened, at(0));
    assert_eq!(judged(&over, false, at(2)), told);
    assert_eq!(judged(&over, true, at(2)), Some((true, None)));
    // Back soon after the end was told: told only if it stays, and so is that it is over again.
    let told_over = known(false, AlertEvent::Resolved, at(10));
    assert_eq!(judged(&told_over, true, at(12)), Some((true, None)));
    let back = known(true, AlertEvent::Resolved, at(10));
    assert_eq!(judged(&back, true, at(19)), None);
    assert_eq!(judged(&back, false, at(19)), Some((false, None)));
    let told = Some((true, Some(AlertEvent::Opened)));
    assert_eq!(judged(&back, true, at(20)), told);
}

#[test]
fn what_nobody_can_tell_stays_as_it_is() {
    let rules = AlertRules::default();
    let open = known(true, AlertEvent::Opened, at(0));
    assert!(judge(&[open], Vec::new(), |_| true, &rules, at(60)).is_empty());
    // Its end is known, and waits to be told.
    let over = known(false, AlertEvent::Opened, at(0));
    assert_eq!(
        judge(&[over], Vec::new(), |_| true, &rules, at(60)).len(),
        1
    );
}

#[test]
fn the_words_are_the_newest() {
    let open = known(true, AlertEvent::Opened, at(0));
    let rules = AlertRules::default();
    let steps = judge(&[open], vec![wrong("slower")], |_| false, &rules, at(1));
    let changed = ChangedAlert {
        id: 1,
        is_open: true,
        message: Text::new("slower", "slower"),
        tell: None,
    };
    assert_eq!(steps, [Step::Change(changed)]);
}

#[test]
fn pauses_double_up_to_an_hour() {
    for (attempts, least, most) in [
        (0, 15, 30),
        (1, 15, 30),
        (2, 30, 60),
        (3, 60, 120),
        (7, 960, 1_920),
        (8, 1_800, 3_600),
        (i64::MAX, 1_800, 3_600),
    ] {
        let seconds = |jitter| pause_after(attempts, jitter).num_seconds();
        assert_eq!((seconds(0.0), seconds(1.0)), (least, most), "{attempts}");
    }
}
