//! The pages of call records.

use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use rand::RngExt;

use super::faults::{Asked, Distortion, FaultKind};
use super::handlers::{Answer, Parameters, is_authorised, sent, struck};
use super::render;
use super::state::{PageAnswer, PageLog};
use super::visible::Visible;
use super::{Simulator, beijing};
use crate::guanke::config::MAX_PAGE_SIZE;

pub(super) async fn call_record(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    Query(parameters): Query<Parameters>,
) -> Response {
    let names = ["start_datetime", "end_datetime", "page_size"];
    page(&simulator, &headers, PageRequest::read(&parameters, names)).await
}

pub(super) async fn task_cdr(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    Query(parameters): Query<Parameters>,
) -> Response {
    let request = PageRequest {
        filter: Filter::read(&parameters),
        ..PageRequest::read(&parameters, ["startTime", "endTime", "pageSize"])
    };
    page(&simulator, &headers, request).await
}

/// What is asked of the call records.
struct PageRequest {
    /// None where they cannot be read.
    window: Option<(DateTime<Utc>, DateTime<Utc>)>,
    page: u32,
    size: u32,
    filter: Filter,
}

/// The filters of `/task/cdr/all2`.
#[derive(Default)]
struct Filter {
    phone: Option<u64>,
    state: Option<u8>,
    task: Option<u64>,
}

impl Filter {
    fn read(parameters: &Parameters) -> Self {
        Self {
            phone: parsed(parameters, "phone"),
            state: parsed(parameters, "callState"),
            task: parsed(parameters, "taskId"),
        }
    }

    fn passes(&self, visible: &Visible, index: usize) -> bool {
        let call = visible.call(index);
        let state = if call.connected { 2 } else { 1 };
        self.phone.is_none_or(|phone| phone == call.phone)
            && self.state.is_none_or(|wanted| wanted == state)
            && self
                .task
                .is_none_or(|task| visible.day.tasks[usize::from(call.task)].id == task)
    }
}

fn parsed<T: std::str::FromStr>(parameters: &Parameters, name: &str) -> Option<T> {
    parameters.get(name)?.parse().ok()
}

impl PageRequest {
    fn read(parameters: &Parameters, [from, to, size]: [&str; 3]) -> Self {
        let instant = |name: &str| {
            let text = parameters.get(name)?;
            let wall = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok()?;
            Some(beijing().instant_of(wall))
        };
        Self {
            window: instant(from).zip(instant(to)),
            page: parsed(parameters, "page").unwrap_or(1).max(1),
            size: parsed(parameters, size).unwrap_or(100),
            filter: Filter::default(),
        }
    }

    fn asked(&self) -> Asked {
        let nowhere = (NaiveDate::MIN, NaiveDate::MIN);
        let (from, to) = self.window.map_or(nowhere, |(from, to)| {
            (beijing().day_of(from), beijing().day_of(to))
        });
        Asked::Page(from, to, self.page)
    }
}

async fn page(simulator: &Simulator, headers: &HeaderMap, request: PageRequest) -> Response {
    // Logged when it is dropped, which the client may do by going away.
    let mut under_way = UnderWay::begin(simulator, &request);
    tokio::time::sleep(latency(simulator, request.page)).await;
    let fault = struck(simulator, request.asked());
    let mut made = PageAnswer::Refused;
    let response = sent(fault.as_ref(), || {
        let (answer, what) = answer(simulator, headers, &request, fault.as_ref());
        made = what;
        answer
    })
    .await;
    under_way.log.answer = match fault {
        Some(fault) if fault != FaultKind::TokensRevoked => PageAnswer::Fault(fault),
        _ => made,
    };
    response
}

/// Deep pages are slow.
fn latency(simulator: &Simulator, page: u32) -> Duration {
    let config = &simulator.inner.config;
    let percent = (page - 1).saturating_mul(config.deep_page_percent);
    let deeper = config.latency_per_page * percent / 100;
    let by_chance: f64 = simulator.with(|state| state.latency_rng.random_range(0.0..=1.0));
    config.latency_per_page + deeper + config.latency_jitter.mul_f64(by_chance)
}

fn answer(
    simulator: &Simulator,
    headers: &HeaderMap,
    request: &PageRequest,
    fault: Option<&FaultKind>,
) -> (Answer, PageAnswer) {
    if !is_authorised(simulator, headers) {
        let refusal = Answer::failure(401, "token失效，请重新登录");
        return (refusal, PageAnswer::Refused);
    }
    let refused = |message| {
        simulator.with(|state| state.counts.refused_pages += 1);
        (Answer::failure(400, message), PageAnswer::Refused)
    };
    let distortion = match fault {
        Some(FaultKind::Distorted(distortion)) => *distortion,
        _ => Distortion::default(),
    };
    match request.window {
        None => refused("时间格式错误"),
        Some((from, to)) if to - from > TimeDelta::days(7) => refused("查询时间不能超过7天"),
        Some(window) => {
            let (json, rows) = records(simulator, window, request, distortion);
            (Answer(json), PageAnswer::Records(rows))
        }
    }
}

/// A request that is under way.
struct UnderWay<'a> {
    simulator: &'a Simulator,
    log: PageLog,
}

impl<'a> UnderWay<'a> {
    fn begin(simulator: &'a Simulator, request: &PageRequest) -> Self {
        simulator.with(super::State::begin_page);
        Self {
            simulator,
            log: PageLog {
                from: request.window.map(|window| window.0),
                to: request.window.map(|window| window.1),
                page: request.page,
                page_size: request.size,
                answer: PageAnswer::Dropped,
            },
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let log = self.log.clone();
        self.simulator.with(|state| state.end_page(log));
    }
}

/// The whole envelope with a page of records, and how many they are.
fn records(
    simulator: &Simulator,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    request: &PageRequest,
    distortion: Distortion,
) -> (String, usize) {
    let mut rows = Vec::new();
    let mut total = 0_usize;
    if request.size <= MAX_PAGE_SIZE {
        let size = request.size as usize;
        let first = (request.page as usize - 1).saturating_mul(size);
        let first = offset(first, distortion.shift);
        let wanted = first..first.saturating_add(size);
        // A call may be listed with the day after its own.
        let first_day = beijing().day_of(from - TimeDelta::days(1));
        let last_day = beijing().day_of(to);
        for date in first_day.iter_days().take_while(|date| *date <= last_day) {
            let visible = simulator.visible(date);
            for index in visible.listed(from, to) {
                if !request.filter.passes(&visible, index) {
                    continue;
                }
                if wanted.contains(&total) {
                    let mut row = String::new();
                    render::call(&mut row, &visible, index);
                    rows.push(row);
                }
                total += 1;
            }
        }
    }
    rows.truncate(rows.len().saturating_sub(distortion.missing));
    rows.extend_from_within(..distortion.twice.min(rows.len()));
    let (page, start, end) = (request.page, from.timestamp(), to.timestamp());
    let total = render::total_count(offset(total, distortion.total), page);
    let json = format!(
        r#"{{"code":200,"message":"OK","data":{{"data":[{}],"totalCount":{total},"page":{page},"start":{start},"end":{end},"only":0}}}}"#,
        rows.join(","),
    );
    (json, rows.len())
}

fn offset(number: usize, by: i64) -> usize {
    let by = isize::try_from(by).unwrap_or_default();
    number.checked_add_signed(by).unwrap_or_default()
}
