//! The endpoints.

use std::collections::HashMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::faults::{Asked, FaultKind};
use super::render;
use super::{Simulator, beijing, statistics};
use crate::guanke::config::MAX_PAGE_SIZE;

type Parameters = HashMap<String, String>;

const HTML: &str = "<html><body><h1>502 Bad Gateway</h1></body></html>";

pub(super) fn router(simulator: Simulator) -> Router {
    Router::new()
        .route("/token", get(log_in))
        .route("/token/secret", get(log_in_by_secret))
        .route("/call_record/getCallRecord", get(call_record))
        .route("/task/cdr/all2", get(task_cdr))
        .route("/extension/agent/stat", post(stat))
        .with_state(simulator)
}

/// An answer of HTTP 200, before a fault strikes it.
struct Answer(String);

impl Answer {
    fn data(data: &Value) -> Self {
        Self(json!({"code": 200, "message": "OK", "data": data}).to_string())
    }

    fn failure(code: i64, message: &str) -> Self {
        Self(json!({"code": code, "message": message, "data": null}).to_string())
    }
}

async fn log_in(
    State(simulator): State<Simulator>,
    Query(parameters): Query<Parameters>,
) -> Response {
    let config = &simulator.inner.config;
    let known = is(&parameters, "username", &config.username)
        && is(&parameters, "password", config.password.expose_secret());
    answered(&simulator, Asked::Login, || token(&simulator, known)).await
}

async fn log_in_by_secret(
    State(simulator): State<Simulator>,
    Query(parameters): Query<Parameters>,
) -> Response {
    let secret = simulator.inner.config.secret.expose_secret();
    let known = is(&parameters, "secret", secret);
    answered(&simulator, Asked::Login, || token(&simulator, known)).await
}

fn is(parameters: &Parameters, name: &str, value: &str) -> bool {
    parameters.get(name).is_some_and(|given| given == value)
}

fn token(simulator: &Simulator, known: bool) -> Answer {
    let now = simulator.now();
    if known {
        let token = simulator.with(|state| state.give_token(now));
        Answer::data(&json!({ "token": token }))
    } else {
        simulator.with(|state| state.counts.refused_logins += 1);
        Answer::failure(401, "用户名或密码错误")
    }
}

async fn call_record(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    Query(parameters): Query<Parameters>,
) -> Response {
    let request = PageRequest::read(&parameters, ["start_datetime", "end_datetime", "page_size"]);
    page(&simulator, &headers, request).await
}

async fn task_cdr(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    Query(parameters): Query<Parameters>,
) -> Response {
    let mut request = PageRequest::read(&parameters, ["startTime", "endTime", "pageSize"]);
    if let Some(request) = &mut request {
        request.filter = Filter::read(&parameters);
    }
    page(&simulator, &headers, request).await
}

/// What is asked of the call records.
struct PageRequest {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
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

    fn passes(&self, day: &super::day::Day, call: &super::day::Call) -> bool {
        let state = if call.connected { 2 } else { 1 };
        self.phone.is_none_or(|phone| phone == call.phone)
            && self.state.is_none_or(|wanted| wanted == state)
            && self
                .task
                .is_none_or(|task| day.tasks[usize::from(call.task)].id == task)
    }
}

fn parsed<T: std::str::FromStr>(parameters: &Parameters, name: &str) -> Option<T> {
    parameters.get(name)?.parse().ok()
}

impl PageRequest {
    fn read(parameters: &Parameters, [from, to, size]: [&str; 3]) -> Option<Self> {
        let instant = |name: &str| {
            let text = parameters.get(name)?;
            let wall = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok()?;
            Some(beijing().instant_of(wall))
        };
        Some(Self {
            from: instant(from)?,
            to: instant(to)?,
            page: parsed(parameters, "page").unwrap_or(1).max(1),
            size: parsed(parameters, size).unwrap_or(100),
            filter: Filter::default(),
        })
    }

    fn days(&self) -> (NaiveDate, NaiveDate) {
        (beijing().day_of(self.from), beijing().day_of(self.to))
    }
}

async fn page(
    simulator: &Simulator,
    headers: &HeaderMap,
    request: Option<PageRequest>,
) -> Response {
    simulator.with(super::State::begin_page);
    // Dropped with the request if the client goes away.
    let _under_way = UnderWay(simulator);
    tokio::time::sleep(simulator.inner.config.latency_per_page).await;
    let asked =
        request
            .as_ref()
            .map_or(Asked::Page(NaiveDate::MIN, NaiveDate::MIN, 0), |request| {
                let (from, to) = request.days();
                Asked::Page(from, to, request.page)
            });
    answered(simulator, asked, || {
        if !is_authorised(simulator, headers) {
            return Answer::failure(401, "token失效，请重新登录");
        }
        let refused = |message| {
            simulator.with(|state| state.counts.refused_pages += 1);
            Answer::failure(400, message)
        };
        match &request {
            None => refused("时间格式错误"),
            Some(request) if request.to - request.from > TimeDelta::days(7) => {
                refused("查询时间不能超过7天")
            }
            Some(request) => Answer(records(simulator, request)),
        }
    })
    .await
}

struct UnderWay<'a>(&'a Simulator);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.with(super::State::end_page);
    }
}

/// The whole envelope with a page of records.
fn records(simulator: &Simulator, request: &PageRequest) -> String {
    let mut json = String::from(r#"{"code":200,"message":"OK","data":{"data":["#);
    let mut total = 0_usize;
    if request.size <= MAX_PAGE_SIZE {
        let size = request.size as usize;
        let first = (request.page as usize - 1).saturating_mul(size);
        let wanted = first..first.saturating_add(size);
        let (from, to) = request.days();
        for date in from.iter_days().take_while(|date| *date <= to) {
            let (day, edits) = simulator.day(date);
            let range = day.between(request.from, request.to.min(simulator.now()));
            for index in range.filter(|index| request.filter.passes(&day, &day.calls[*index])) {
                if wanted.contains(&total) {
                    if total > wanted.start {
                        json.push(',');
                    }
                    render::call(&mut json, &day, index, &edits);
                }
                total += 1;
            }
        }
    }
    let (page, start, end) = (
        request.page,
        request.from.timestamp(),
        request.to.timestamp(),
    );
    let total = render::total_count(total, request.page);
    json + &format!(
        r#"],"totalCount":{total},"page":{page},"start":{start},"end":{end},"only":0}}}}"#
    )
}

async fn stat(State(simulator): State<Simulator>, headers: HeaderMap, body: Bytes) -> Response {
    simulator.with(|state| state.counts.statistics += 1);
    answered(&simulator, Asked::Statistics, || {
        if !is_authorised(&simulator, &headers) {
            return Answer::failure(401, "token失效，请重新登录");
        }
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let day = |name: &str| body.get(name)?.as_str()?.parse::<NaiveDate>().ok();
        let query_type = body.get("query_type").and_then(Value::as_i64);
        match (day("start_time"), day("end_time"), query_type) {
            (Some(from), Some(to), Some(query_type)) => {
                Answer::data(&statistics::data(&simulator, from, to, query_type))
            }
            _ => Answer::failure(400, "参数错误"),
        }
    })
    .await
}

/// The token comes bare, without `Bearer`.
fn is_authorised(simulator: &Simulator, headers: &HeaderMap) -> bool {
    let token = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let now = simulator.now();
    simulator.with(|state| state.accepts(token, &simulator.inner.config, now))
}

/// The answer, or what a fault makes of it.
async fn answered(
    simulator: &Simulator,
    asked: Asked,
    answer: impl FnOnce() -> Answer,
) -> Response {
    let fault = simulator.with(|state| {
        let fault = state.faults.strike(asked);
        state.counts.faults += u64::from(fault.is_some());
        fault
    });
    match fault {
        None => as_json(answer().0),
        Some(FaultKind::HttpStatus(status)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            (status, as_html()).into_response()
        }
        Some(FaultKind::Code(code)) => as_json(Answer::failure(code, "系统繁忙").0),
        Some(FaultKind::Html) => as_html(),
        Some(FaultKind::Truncated) => as_json(first_half(answer().0)),
        Some(FaultKind::Hang(pause)) => {
            tokio::time::sleep(pause).await;
            as_json(answer().0)
        }
        Some(FaultKind::TooManyRequests { retry_after }) => {
            let headers = [(RETRY_AFTER, HeaderValue::from(retry_after))];
            (StatusCode::TOO_MANY_REQUESTS, headers, as_html()).into_response()
        }
    }
}

fn first_half(mut body: String) -> String {
    let half = (0..=body.len() / 2).rfind(|&at| body.is_char_boundary(at));
    body.truncate(half.unwrap_or_default());
    body
}

fn as_json(body: String) -> Response {
    ([(CONTENT_TYPE, "application/json;charset=UTF-8")], body).into_response()
}

fn as_html() -> Response {
    ([(CONTENT_TYPE, "text/html")], HTML).into_response()
}
