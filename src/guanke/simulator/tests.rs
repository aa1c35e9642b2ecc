//! The simulator is only worth something if its days are what they claim to be.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::config::{KnownDay, SimulatorConfig};
use super::day::Day;
use super::grades::{GRADES, NINE, ONE};
use super::{Simulator, beijing};
use crate::clock::ManualClock;

fn date() -> NaiveDate {
    "2026-11-18".parse().unwrap()
}

fn config(calls: u32) -> SimulatorConfig {
    SimulatorConfig::new(7, date() - chrono::Days::new(20), date(), calls)
}

fn simulator(config: SimulatorConfig) -> Simulator {
    let clock = ManualClock::new(beijing().end_of(date()));
    Simulator::new(config, Arc::new(clock))
}

#[test]
fn a_known_day_has_exactly_its_totals() {
    let known = KnownDay {
        calls: 28_719,
        connected: 4_753,
        nine_yuan: 40,
        one_yuan: 20,
    };
    let mut config = config(100);
    config.known_days.insert(date(), known);
    let truth = simulator(config).truth(date());
    assert_eq!((truth.calls, truth.connected), (28_719, 4_753));
    assert_eq!((truth.grades[NINE], truth.grades[ONE]), (40, 20));
    let success: u32 = truth.tasks.values().map(|tally| tally.success).sum();
    assert_eq!(success, 60);
}

#[test]
fn every_day_of_200_calls_has_every_trap_grade() {
    let config = config(200);
    for date in config.first_day.iter_days().take(21) {
        let day = Day::generate(&config, date);
        for (text, _) in GRADES
            .iter()
            .filter(|(text, _)| !matches!(*text, "" | "A" | "B" | "9" | "1元"))
        {
            let graded = day
                .calls
                .iter()
                .find(|call| GRADES[usize::from(call.grade)].0 == *text);
            assert!(graded.is_some_and(|call| call.connected), "{date} {text}");
        }
    }
}

#[test]
fn days_are_plausible_and_differ() {
    let config = config(5_000);
    let day = Day::generate(&config, date());
    assert!(day.calls.is_sorted_by_key(|call| call.second));
    assert!(
        day.calls
            .iter()
            .all(|call| (9..21).contains(&(call.second / 3_600)))
    );
    let connected = day.calls.iter().filter(|call| call.connected).count();
    assert!((550..=850).contains(&connected), "{connected}");
    for call in &day.calls {
        assert_eq!(call.connected, (5..=300).contains(&call.duration));
        assert!(call.connected || (call.duration, call.grade) == (0, 0));
    }
    let other = Day::generate(&config, date().pred_opt().unwrap());
    assert!(day.calls[0].phone != other.calls[0].phone);
    assert!(other.id_of(5_000) < day.id_of(0));
}

#[test]
fn the_same_settings_give_the_same_day_and_another_seed_another() {
    let day = simulator(config(500)).truth(date());
    assert_eq!(day, simulator(config(500)).truth(date()));
    let other = SimulatorConfig {
        seed: 8,
        ..config(500)
    };
    assert_ne!(day, simulator(other).truth(date()));
}

#[test]
fn weekends_are_shorter_if_wanted_and_other_days_are_empty() {
    let config = SimulatorConfig {
        weekend_percent: 20,
        ..config(500)
    };
    let simulator = simulator(config);
    let saturday = "2026-11-14".parse().unwrap();
    assert_eq!(simulator.truth(saturday).calls, 100);
    assert_eq!(simulator.truth(date() + chrono::Days::new(1)).calls, 0);
    assert_eq!(
        simulator.edit_grade(date() + chrono::Days::new(1), 0, "A", None),
        ""
    );
}

#[test]
fn today_grows_with_the_clock() {
    let clock = Arc::new(ManualClock::new(beijing().start_of(date())));
    let simulator = Simulator::new(config(1_000), clock.clone());
    let mut before = simulator.truth(date()).calls;
    assert_eq!(before, 0);
    for _ in 0..12 {
        clock.advance(TimeDelta::hours(2));
        let calls = simulator.truth(date()).calls;
        assert!(calls >= before);
        before = calls;
    }
    assert_eq!(before, 1_000);
}

#[test]
fn an_edit_survives_the_day_being_made_again() {
    let simulator = simulator(config(300));
    let id = simulator.edit_grade(date(), 3, "A", Some("A"));
    let graded = simulator.truth(date()).grades["A"];
    for back in 1..15 {
        assert!(simulator.truth(date() - chrono::Days::new(back)).calls > 0);
    }
    assert_eq!(simulator.truth(date()).grades["A"], graded);
    assert_eq!(simulator.edit_grade(date(), 303, "A", Some("A")), id);
}

fn at(time: &str) -> DateTime<Utc> {
    format!("2026-11-18T{time}+08:00").parse().unwrap()
}

#[test]
fn what_is_removed_or_not_there_yet_is_in_no_figure() {
    let clock = Arc::new(ManualClock::new(at("22:00:00")));
    let simulator = Simulator::new(config(300), clock.clone());
    let (before, ids) = (simulator.truth(date()), simulator.record_ids(date()));
    assert_eq!((before.calls, ids.len()), (300, 300));

    let removed = simulator.remove_call(date(), 0, true);
    let late = simulator.arrives_at(date(), 1, at("23:00:00"));
    assert_eq!([&removed, &late], [&ids[0], &ids[1]]);
    assert_eq!(simulator.record_ids(date()), ids[2..]);
    let tasks: u32 = simulator
        .truth(date())
        .tasks
        .values()
        .map(|tally| tally.calls)
        .sum();
    assert_eq!((simulator.truth(date()).calls, tasks), (298, 298));

    clock.set(at("23:00:00"));
    assert_eq!(simulator.record_ids(date()), ids[1..]);
    simulator.remove_call(date(), 0, false);
    assert_eq!(simulator.truth(date()), before);
}

#[test]
fn talk_time_changes_where_somebody_talked() {
    let simulator = simulator(config(300));
    let day = Day::generate(&config(300), date());
    let connected = day.calls.iter().position(|call| call.connected).unwrap();
    let other = day.calls.iter().position(|call| !call.connected).unwrap();
    let before = simulator.truth(date()).duration_seconds;
    simulator.edit_duration(date(), other, 500);
    assert_eq!(simulator.truth(date()).duration_seconds, before);
    simulator.edit_duration(date(), connected, 500);
    let expected = before - u64::from(day.calls[connected].duration) + 500;
    assert_eq!(simulator.truth(date()).duration_seconds, expected);
}

#[test]
fn calls_that_come_late_come_within_their_time_and_are_the_same_each_time() {
    let clock = Arc::new(ManualClock::new(at("15:00:00")));
    let late = SimulatorConfig {
        late_per_thousand: 100,
        late_at_most: std::time::Duration::from_mins(20),
        ..config(3_000)
    };
    let simulator = Simulator::new(late, clock.clone());
    let punctual = Simulator::new(config(3_000), clock.clone());
    let missing = || punctual.truth(date()).calls - simulator.truth(date()).calls;
    assert_eq!(missing(), missing());
    // A tenth of the calls, ten minutes late on average: some 4 of the 250 an hour.
    assert!((1..20).contains(&missing()), "{}", missing());
    clock.set(at("23:59:59"));
    assert_eq!(missing(), 0);
}
