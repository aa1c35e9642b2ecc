//! Cases made by hand.

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn counts(dialled: i64, connected: i64, success: i64) -> Compared {
    Compared {
        dialled,
        connected,
        success,
    }
}

fn ours(counts: Compared) -> Ours {
    Ours {
        counts,
        unknown_grades: 0,
        sharers: 1,
    }
}

fn track(synced_at: &str) -> TrackRead {
    TrackRead {
        complete: true,
        stale: false,
        synced_at: Some(at(synced_at)),
        synced_through: Some(at("2026-11-19T15:59:59Z")),
    }
}

/// A day that is over, read whole on both tracks within minutes.
fn whole() -> DayRead {
    DayRead {
        is_over: true,
        records: track("2026-11-19T23:05:40Z"),
        figures: track("2026-11-19T23:00:02Z"),
        ..DayRead::default()
    }
}

fn agent(platform: Option<Compared>, ours: Option<Ours>) -> Comparison {
    Comparison {
        date: "2026-11-19".parse().unwrap(),
        by: ComparedBy::Agent,
        name: "王芳".to_owned(),
        platform,
        ours,
    }
}

fn cause(of: &Comparison, day: &DayRead) -> Cause {
    of.finding(day).cause
}

#[test]
fn equal_figures_are_equal_and_the_difference_is_ours_less_theirs() {
    let same = agent(Some(counts(100, 10, 2)), Some(ours(counts(100, 10, 2))));
    assert_eq!(cause(&same, &whole()), Cause::Equal);
    let fewer = agent(Some(counts(100, 10, 2)), Some(ours(counts(98, 11, 2))));
    assert_eq!(fewer.difference(), counts(-2, 1, 0));
    assert_eq!(cause(&fewer, &whole()), Cause::Unknown);
    // Nothing on one side, and an account without calls on the other, are the same.
    assert_eq!(
        cause(&agent(Some(counts(0, 0, 0)), None), &whole()),
        Cause::Equal
    );
}

#[test]
fn days_of_two_time_zones_are_not_compared() {
    let same = agent(Some(counts(100, 10, 2)), Some(ours(counts(100, 10, 2))));
    let elsewhere = DayRead {
        other_day: Some("Asia/Tokyo".parse().unwrap()),
        ..whole()
    };
    let finding = same.finding(&elsewhere);
    assert_eq!(finding.cause, Cause::DifferentDays);
    assert_eq!(
        finding.sentence,
        "the platform's figures are those of the day in Asia/Shanghai, ours of the day in Asia/Tokyo: they are not to be compared"
    );
}

#[test]
fn a_day_that_was_not_read_is_no_ground_for_a_comparison() {
    let same = agent(None, None);
    assert_eq!(cause(&same, &DayRead::default()), Cause::NotSynced);
    let unread = DayRead {
        figures: TrackRead::default(),
        ..whole()
    };
    let finding = same.finding(&unread);
    assert_eq!(finding.cause, Cause::NotSynced);
    assert_eq!(
        finding.sentence,
        "the platform's own figures of this day were never read"
    );
    let mut partly = whole();
    partly.records.complete = false;
    assert_eq!(
        same.finding(&partly).sentence,
        "the call records of this day were not read whole"
    );
    // A day that is going on is never complete, and can be compared all the same.
    partly.is_over = false;
    assert_eq!(cause(&same, &partly), Cause::Equal);
}

#[test]
fn a_later_read_of_one_track_is_told_with_both_instants() {
    let fewer = agent(Some(counts(100, 10, 2)), Some(ours(counts(90, 9, 2))));
    let mut going_on = whole();
    going_on.is_over = false;
    going_on.records.synced_through = Some(at("2026-11-19T03:50:00Z"));
    going_on.figures.synced_through = Some(at("2026-11-19T04:00:00Z"));
    let finding = fewer.finding(&going_on);
    assert_eq!(finding.cause, Cause::Stale);
    assert!(
        finding.sentence.contains("2026-11-19T03:50:00Z")
            && finding.sentence.contains("2026-11-19T04:00:00Z"),
        "{}",
        finding.sentence
    );
    let mut failed = whole();
    failed.records.stale = true;
    assert_eq!(cause(&fewer, &failed), Cause::Stale);
    // Ten hours apart, a grade may have been edited.
    let deals = agent(Some(counts(100, 10, 3)), Some(ours(counts(100, 10, 2))));
    let mut apart = whole();
    apart.figures = track("2026-11-20T09:05:40Z");
    assert_eq!(cause(&deals, &apart), Cause::Stale);
    assert_eq!(cause(&fewer, &apart), Cause::Stale);
    // Just an hour apart they count as one state.
    apart.figures = track("2026-11-20T00:05:40Z");
    assert_eq!(cause(&deals, &apart), Cause::UngradedOrMapping);
}

#[test]
fn deals_that_differ_among_the_same_calls_are_a_matter_of_grades() {
    let mut mine = ours(counts(100, 10, 1));
    mine.unknown_grades = 3;
    let deals = agent(Some(counts(100, 10, 2)), Some(mine));
    let finding = deals.finding(&whole());
    assert_eq!(finding.cause, Cause::UngradedOrMapping);
    assert!(
        finding.sentence.contains("3 of them"),
        "{}",
        finding.sentence
    );
    // Grades that nobody knows explain more than a later read does.
    let mut apart = whole();
    apart.figures = track("2026-11-20T09:05:40Z");
    assert_eq!(cause(&deals, &apart), Cause::UngradedOrMapping);
    // They do not explain that ours are more.
    let mut more = mine;
    more.counts.success = 4;
    let more = agent(Some(counts(100, 10, 2)), Some(more));
    assert_eq!(cause(&more, &apart), Cause::Stale);
    assert_eq!(cause(&more, &whole()), Cause::UngradedOrMapping);
}

#[test]
fn calls_that_are_connected_on_one_side_only_have_another_state_there() {
    let states = agent(Some(counts(100, 10, 2)), Some(ours(counts(100, 12, 2))));
    assert_eq!(cause(&states, &whole()), Cause::CallState);
}

#[test]
fn names_of_one_side_and_names_of_several_are_told() {
    let theirs = agent(Some(counts(5, 1, 0)), None);
    assert_eq!(cause(&theirs, &whole()), Cause::NameUnknown);
    let mine = agent(None, Some(ours(counts(5, 1, 0))));
    assert_eq!(cause(&mine, &whole()), Cause::NameUnknown);
    let mut shared = ours(counts(9, 1, 0));
    shared.sharers = 2;
    let shared = agent(Some(counts(5, 1, 0)), Some(shared));
    assert_eq!(cause(&shared, &whole()), Cause::NameShared);
}

#[test]
fn calls_that_belong_to_none_are_missing_somewhere() {
    let nobody = Comparison {
        name: String::new(),
        ..agent(None, Some(ours(counts(4, 1, 0))))
    };
    assert_eq!(
        nobody.finding(&whole()).sentence,
        "4 of our calls of the day belong to no agent"
    );
    let mut day = whole();
    day.without_agent = 4;
    let fewer = agent(Some(counts(100, 10, 2)), Some(ours(counts(97, 10, 2))));
    assert_eq!(cause(&fewer, &day), Cause::Unattributed);
    assert_eq!(
        cause(&agent(Some(counts(3, 0, 0)), None), &day),
        Cause::Unattributed
    );
    // Calls without a task say nothing of agents.
    day.without_agent = 0;
    day.without_task = 4;
    assert_eq!(cause(&fewer, &day), Cause::Unknown);
    // Of whole days nothing is without an owner.
    let day_row = Comparison {
        by: ComparedBy::Day,
        name: String::new(),
        ..fewer
    };
    assert_eq!(cause(&day_row, &day), Cause::Unknown);
}
