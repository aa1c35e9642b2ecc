//! The client against a well-behaved platform.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use futures_util::future::join_all;
use itertools::Itertools;

use super::platform::{CALLS, Platform, all, day, first_page, window};
use crate::domain::grade::{GradeCatalogue, default_grades};
use crate::domain::money::Money;
use crate::guanke::{
    CdrApi, ClientConfig, Credentials, Error, StatisticsBy, StoredToken, TokenStore,
};

#[tokio::test]
async fn both_endpoints_give_every_record_of_a_day_once() {
    let platform = Platform::start().await;
    let truth = platform.simulator.truth(day());
    let mut answers = Vec::new();
    for api in [CdrApi::CallRecord, CdrApi::TaskCdr] {
        let records = all(&platform.client_by(api), day()).await;
        assert_eq!(
            records.iter().map(|record| &record.id).unique().count(),
            CALLS as usize
        );
        answers.push(records);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(truth.calls, CALLS);
}

#[tokio::test]
async fn the_records_come_to_the_platforms_true_figures() {
    let platform = Platform::start().await;
    let truth = platform.simulator.truth(day());
    let records = all(&platform.client(), day()).await;
    let catalogue = GradeCatalogue::new(&default_grades());
    let mut grades = BTreeMap::new();
    for code in records
        .iter()
        .filter_map(|record| catalogue.code_of(record.details.grade.as_deref()))
    {
        *grades.entry(code.to_owned()).or_insert(0) += 1;
    }
    assert_eq!(grades, truth.grades);
    let connected = records.iter().filter(|record| record.result.is_connected());
    assert_eq!(connected.count(), truth.connected as usize);
    let seconds: u64 = records
        .iter()
        .map(|record| u64::from(record.duration_seconds))
        .sum();
    assert_eq!(seconds, truth.duration_seconds);
    let seats: BTreeSet<_> = records
        .iter()
        .filter_map(|record| record.agent.as_ref())
        .filter(|agent| agent.name.as_deref() != Some("管理员"))
        .map(|agent| (&agent.id, &agent.name))
        .collect();
    assert_eq!(seats.len(), truth.seats as usize);
    let tasks = records
        .iter()
        .counts_by(|record| record.task_name.clone().unwrap());
    for (name, tally) in &truth.tasks {
        assert_eq!(tasks[name], tally.calls as usize, "{name}");
    }
}

#[tokio::test]
async fn the_oddities_of_the_simulator_are_all_read() {
    let platform = Platform::start().await;
    let records = all(&platform.client(), day()).await;
    for record in &records {
        assert_eq!(record.phone_number.as_ref().unwrap().len(), 11);
        assert!(
            record
                .phone_number
                .as_ref()
                .unwrap()
                .chars()
                .all(|c| c.is_ascii_digit())
        );
        assert!(record.task_id.is_some() && record.task_name.is_some());
        assert!(record.details.province.is_some() && record.details.city.is_some());
        assert!(record.agent.as_ref().unwrap().name.is_some());
        assert_eq!(
            record.details.billed_amount.is_some(),
            record.result.is_connected()
        );
        let money = record
            .details
            .billed_amount
            .map_or(600, Money::ten_thousandths);
        assert!((600..=6_000).contains(&money), "{money}");
    }
    let times: Vec<_> = records.iter().map(|record| record.call_time).collect();
    assert!(times.is_sorted());
    let tags = records.iter().flat_map(|record| &record.tags);
    let names = tags
        .map(|tag| tag.name.as_str())
        .sorted_unstable()
        .dedup()
        .collect_vec();
    assert_eq!(names, ["callback", "company_size", "interest_level"]);
}

#[tokio::test]
async fn both_bounds_are_inclusive_and_calls_to_come_are_not_there() {
    let platform = Platform::start().await;
    let client = platform.client();
    let records = all(&client, day()).await;
    let moment = records[100].call_time;
    let page = client.call_records(moment, moment, 1).await.unwrap();
    assert!(page.records.contains(&records[100]));
    assert_eq!(page.total_count, Some(page.received as u64));
    platform.clock.set(moment);
    let so_far = all(&client, day()).await;
    assert_eq!(so_far.len(), platform.simulator.truth(day()).calls as usize);
    assert_eq!(so_far.last().unwrap().call_time, moment);
}

#[tokio::test]
async fn a_late_edit_changes_the_record_and_the_truth() {
    let platform = Platform::start().await;
    let client = platform.client();
    let before = platform.simulator.truth(day());
    let id = platform
        .simulator
        .edit_grade(day(), 7, "９元", Some("NINE_YUAN"));
    let record = all(&client, day()).await.remove(7);
    assert_eq!(
        (record.id, record.details.grade.as_deref()),
        (id, Some("9元"))
    );
    let after = platform.simulator.truth(day());
    assert_eq!(after.grades["NINE_YUAN"], before.grades["NINE_YUAN"] + 1);
}

#[tokio::test]
async fn statistics_of_a_day_agree_with_the_truth_by_account_and_by_task() {
    let platform = Platform::start().await;
    let client = platform.client();
    let truth = platform.simulator.truth(day());
    let accounts = client
        .statistics(day(), StatisticsBy::Account)
        .await
        .unwrap();
    assert_eq!(accounts.total.unwrap().dialled, u64::from(truth.calls));
    assert_eq!(
        accounts.total.unwrap().connected,
        u64::from(truth.connected)
    );
    assert_eq!(accounts.rows.iter().filter(|row| row.is_summary).count(), 2);
    // The manager is a seat until the configuration says otherwise.
    let seats = accounts.rows.iter().filter(|row| row.is_seat);
    assert_eq!(seats.count(), truth.seats as usize + 1);

    let tasks = client.statistics(day(), StatisticsBy::Task).await.unwrap();
    assert_eq!(tasks.rows.len(), truth.tasks.len());
    for row in &tasks.rows {
        let tally = truth.tasks[&row.name];
        assert_eq!(row.counts.dialled, u64::from(tally.calls));
        assert_eq!(row.counts.connected, u64::from(tally.connected));
        assert_eq!(row.counts.success, u64::from(tally.success));
    }
}

#[tokio::test]
async fn names_in_the_configuration_are_no_seats() {
    let platform = Platform::start().await;
    let mut config = platform.config();
    config.non_seat_names.push("管理员".to_owned());
    let client = platform.client_of(config);
    let day_statistics = client
        .statistics(day(), StatisticsBy::Account)
        .await
        .unwrap();
    let seats = day_statistics.rows.iter().filter(|row| row.is_seat);
    assert_eq!(
        seats.count(),
        platform.simulator.truth(day()).seats as usize
    );
}

#[tokio::test]
async fn a_secret_logs_in_too() {
    let platform = Platform::start().await;
    let client = platform.client_of(ClientConfig {
        credentials: Credentials::Secret("demo-secret".into()),
        ..platform.config()
    });
    assert_eq!(first_page(&client).await.unwrap().received, 1_000);
    assert_eq!(platform.simulator.requests().logins, 1);
}

#[tokio::test]
async fn wrong_credentials_are_tried_once_and_not_told() {
    let platform = Platform::start().await;
    let client = platform.client_of(ClientConfig {
        credentials: Credentials::Secret("wrong-secret".into()),
        ..platform.config()
    });
    let pages = join_all((0..8).map(|_| first_page(&client))).await;
    for page in pages {
        assert!(matches!(page, Err(Error::Unauthorised)));
    }
    let requests = platform.simulator.requests();
    assert_eq!((requests.refused_logins, requests.pages), (1, 0));
}

#[tokio::test]
async fn a_token_is_shared_by_requests_and_by_clients() {
    let platform = Platform::start().await;
    let client = platform.client();
    let pages = join_all((0..8).map(|_| first_page(&client))).await;
    assert!(pages.iter().all(Result::is_ok));
    first_page(&platform.client()).await.unwrap();
    assert_eq!(platform.simulator.requests().logins, 1);
}

#[tokio::test]
async fn a_token_is_renewed_before_the_platform_drops_it() {
    let platform = Platform::start().await;
    let client = platform.client();
    first_page(&client).await.unwrap();
    platform
        .clock
        .advance(TimeDelta::days(29) - TimeDelta::seconds(1));
    first_page(&client).await.unwrap();
    assert_eq!(platform.simulator.requests().logins, 1);
    platform.clock.advance(TimeDelta::seconds(1));
    first_page(&client).await.unwrap();
    let requests = platform.simulator.requests();
    assert_eq!((requests.logins, requests.unauthorised), (2, 0));
}

#[tokio::test]
async fn a_stored_token_that_is_out_of_date_costs_one_login() {
    let platform = Platform::start().await;
    let stale = StoredToken {
        value: "left-behind".into(),
        fetched_at: "2026-11-19T00:00:00Z".parse().unwrap(),
    };
    platform.tokens.save(&stale).await.unwrap();
    first_page(&platform.client()).await.unwrap();
    let requests = platform.simulator.requests();
    assert_eq!((requests.logins, requests.unauthorised), (1, 1));
    let kept = platform.tokens.load().await.unwrap().unwrap();
    assert!(!kept.is(&stale));
}

#[tokio::test]
async fn a_token_that_another_instance_fetched_is_used_instead_of_a_login() {
    let platform = Platform::start().await;
    let (one, other) = (platform.client(), platform.client());
    first_page(&one).await.unwrap();
    first_page(&other).await.unwrap();
    platform.simulator.revoke_tokens();
    first_page(&one).await.unwrap();
    first_page(&other).await.unwrap();
    assert_eq!(platform.simulator.requests().logins, 2);
}

#[tokio::test]
async fn windows_the_platform_refuses_are_not_asked_for() {
    let platform = Platform::start().await;
    let client = platform.client();
    let (from, to) = window(day());
    let week = client
        .call_records(from, from + TimeDelta::days(7), 1)
        .await;
    assert_eq!(week.unwrap().received, 1_000);
    let more = from + TimeDelta::days(7) + TimeDelta::seconds(1);
    let longer = client.call_records(from, more, 1).await;
    assert!(matches!(longer, Err(Error::WindowTooLong)));
    let reversed = client.call_records(to, from, 1).await;
    assert!(matches!(reversed, Err(Error::EmptyWindow)));
    assert!(matches!(
        client.call_records(from, to, 0).await,
        Err(Error::Config(_))
    ));
    assert_eq!(platform.simulator.requests().pages, 1);
}
