//! `floor`: a bare handler over SQL written by hand. It answers what the GraphQL queries beside it
//! ask for, and nothing else: no sign-in, no layers, no types.
//!
//! Instants are written without fractions of a second, of which the generated data has none.

use std::sync::Arc;

use anyhow::Context as _;
use axum::{
    Router,
    extract::{Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
    serve::ListenerExt as _,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use serde::Deserialize;
use sqlx::{
    Row as _,
    postgres::{PgPool, PgPoolOptions, PgRow},
};
use tokio::net::TcpListener;

use crate::{database::DatabaseArgs, figures};

/// Arguments of `floor`.
#[derive(Debug, Args)]
pub struct FloorArgs {
    #[command(flatten)]
    database: DatabaseArgs,

    /// Port of 127.0.0.1 to listen on
    #[arg(long, default_value_t = 8090)]
    port: u16,

    /// Most connections to the database: as many as the service has
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=200))]
    max_connections: u32,
}

/// Serves until it is killed.
pub async fn run(arguments: FloorArgs) -> anyhow::Result<()> {
    let pool = PgPoolOptions::new()
        .max_connections(arguments.max_connections)
        .test_before_acquire(false)
        .connect_with(arguments.database.server()?)
        .await?;
    let router = Router::new()
        .route("/nested", get(nested))
        .route("/page", get(page))
        .route("/point", get(point))
        .route("/dashboard", get(figures::dashboard))
        .route("/gradeStats", get(figures::grade_stats))
        .route("/trend", get(figures::trend))
        .with_state(Arc::new(pool));
    let listener = TcpListener::bind(("127.0.0.1", arguments.port))
        .await
        .with_context(|| format!("cannot listen on port {}", arguments.port))?
        // A connection that cannot be told so works all the same.
        .tap_io(|connection| drop(connection.set_nodelay(true)));
    axum::serve(listener, router).await?;
    Ok(())
}

/// The connections, as handlers are given them.
pub type Pool = State<Arc<PgPool>>;

/// What went wrong; nobody but the one who runs the benchmark sees it.
pub struct Failed(String);

impl<E: std::error::Error> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.0).into_response()
    }
}

/// An answer of JSON.
pub fn json(body: impl IntoResponse) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

const PAGE: &str = "
SELECT json_build_object('data', json_build_object('calls', json_build_object('nodes',
    coalesce(json_agg(json_build_object(
        'databaseId', c.id,
        'externalId', c.external_id,
        'callTime', to_char(c.call_time AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),
        'duration', c.duration,
        'result', c.result,
        'grade', c.grade,
        'phoneNumber', c.phone_number,
        'customerName', c.customer_name,
        'province', c.province,
        'city', c.city,
        'task', CASE WHEN t.id IS NOT NULL THEN json_build_object(
            'taskName', t.task_name,
            'package', CASE WHEN p.id IS NOT NULL THEN json_build_object(
                'name', p.name,
                'region', p.region) END) END
    ) ORDER BY c.call_time DESC, c.id DESC), '[]'))))::text
FROM (SELECT * FROM calls ORDER BY call_time DESC, id DESC LIMIT 50) AS c
LEFT JOIN dial_tasks AS t ON t.id = c.task_id
LEFT JOIN lead_packages AS p ON p.id = t.package_id";

async fn page(State(pool): Pool) -> Result<Response, Failed> {
    let body: String = sqlx::query_scalar(PAGE).fetch_one(&*pool).await?;
    Ok(json(body))
}

const POINT: &str = "
SELECT json_build_object('data', json_build_object('call', json_build_object(
    'databaseId', c.id,
    'externalId', c.external_id,
    'callTime', to_char(c.call_time AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),
    'duration', c.duration,
    'result', c.result,
    'grade', c.grade,
    'gradeCode', c.grade_code,
    'phoneNumber', c.phone_number,
    'customerName', c.customer_name,
    'company', c.company,
    'province', c.province,
    'city', c.city,
    'tags', (
        SELECT coalesce(json_agg(json_build_object(
            'tagName', g.tag_name,
            'tagValue', g.tag_value,
            'tagType', g.tag_type
        ) ORDER BY g.tag_name, g.tag_value), '[]')
        FROM call_tags AS g WHERE g.call_id = c.id))))::text
FROM calls AS c WHERE c.id = $1";

#[derive(Deserialize)]
struct Point {
    id: i64,
}

async fn point(State(pool): Pool, Query(point): Query<Point>) -> Result<Response, Failed> {
    let query = sqlx::query_scalar(POINT).bind(point.id);
    let body: Option<String> = query.fetch_optional(&*pool).await?;
    Ok(json(
        body.unwrap_or_else(|| r#"{"data":{"call":null}}"#.to_owned()),
    ))
}

const NESTED: &str = "
SELECT p.id, p.name, t.id, t.task_name, t.status,
    c.id, c.external_id, c.call_time, c.duration, c.result, c.grade_code
FROM (SELECT id, name, created_at FROM lead_packages
      ORDER BY created_at DESC, id DESC LIMIT 20) AS p
LEFT JOIN LATERAL (SELECT id, task_name, status FROM dial_tasks
      WHERE package_id = p.id ORDER BY id DESC LIMIT 5) AS t ON true
LEFT JOIN LATERAL (SELECT id, external_id, call_time, duration, result, grade_code FROM calls
      WHERE task_id = t.id ORDER BY call_time DESC, id DESC LIMIT 10) AS c ON true
ORDER BY p.created_at DESC, p.id DESC, t.id DESC, c.call_time DESC, c.id DESC";

const TAGS: &str = "
SELECT call_id, tag_name, tag_value FROM call_tags
WHERE call_id = ANY($1) ORDER BY call_id, tag_name, tag_value";

async fn nested(State(pool): Pool) -> Result<Response, Failed> {
    let mut connection = pool.acquire().await?;
    let rows = sqlx::query(NESTED).fetch_all(&mut *connection).await?;
    let mut calls = Vec::with_capacity(rows.len());
    for row in &rows {
        calls.extend(row.try_get::<Option<i64>, _>(5)?);
    }
    calls.sort_unstable();
    let tags = sqlx::query(TAGS).bind(&calls);
    let tags = tags.fetch_all(&mut *connection).await?;
    drop(connection);
    Ok(json(write_nested(&rows, &tags)?))
}

/// The answer, from rows in its order and tags in the order of calls.
fn write_nested(rows: &[PgRow], tags: &[PgRow]) -> Result<Vec<u8>, Failed> {
    let mut out = Vec::with_capacity(192 * 1_024);
    let mut owners = Vec::with_capacity(tags.len());
    for tag in tags {
        owners.push(tag.try_get::<i64, _>(0)?);
    }
    let (mut package, mut task): (Option<i64>, Option<i64>) = (None, None);
    out.extend(br#"{"data":{"packages":{"nodes":["#);
    for row in rows {
        let this_package = row.try_get(0)?;
        let this_task: Option<i64> = row.try_get(2)?;
        let call: Option<i64> = row.try_get(5)?;
        let same_package = package == Some(this_package);
        if !same_package {
            close(&mut out, package.is_some(), task.is_some());
            package = Some(this_package);
            task = None;
            out.extend(br#"{"id":"#);
            global(&mut out, "LeadPackage", this_package)?;
            text(&mut out, "name", row.try_get(1)?)?;
            out.extend(br#","tasks":{"nodes":["#);
        }
        let Some(this_task) = this_task else { continue };
        let same_task = task == Some(this_task);
        if !same_task {
            if task.is_some() {
                out.extend(b"]}},");
            }
            task = Some(this_task);
            out.extend(br#"{"id":"#);
            global(&mut out, "DialTask", this_task)?;
            text(&mut out, "taskName", row.try_get(3)?)?;
            text(&mut out, "status", row.try_get(4)?)?;
            out.extend(br#","calls":{"nodes":["#);
        }
        let Some(call) = call else { continue };
        if same_task {
            out.push(b',');
        }
        write_call(&mut out, row, call)?;
        let first = owners.partition_point(|owner| *owner < call);
        let after = owners.partition_point(|owner| *owner <= call);
        for (place, tag) in tags[first..after].iter().enumerate() {
            out.extend(if place == 0 { b"{".as_slice() } else { b",{" });
            out.extend(br#""tagName":"#);
            serde_json::to_writer(&mut out, tag.try_get::<&str, _>(1)?)?;
            text(&mut out, "tagValue", tag.try_get(2)?)?;
            out.push(b'}');
        }
        out.extend(b"]}");
    }
    close(&mut out, package.is_some(), task.is_some());
    if package.is_some() {
        out.pop();
    }
    out.extend(b"]}}}");
    Ok(out)
}

/// Ends what is open, with a comma for the next package.
fn close(out: &mut Vec<u8>, package: bool, task: bool) {
    if task {
        out.extend(b"]}}");
    }
    if package {
        out.extend(b"]}},");
    }
}

/// A call up to its tags.
fn write_call(out: &mut Vec<u8>, row: &PgRow, id: i64) -> Result<(), Failed> {
    out.extend(br#"{"databaseId":"#);
    serde_json::to_writer(&mut *out, &id)?;
    text(out, "externalId", row.try_get(6)?)?;
    let time: DateTime<Utc> = row.try_get(7)?;
    let time = time.to_rfc3339_opts(SecondsFormat::Secs, true);
    text(out, "callTime", Some(&time))?;
    out.extend(br#","duration":"#);
    serde_json::to_writer(&mut *out, &row.try_get::<i32, _>(8)?)?;
    text(out, "result", row.try_get(9)?)?;
    text(out, "gradeCode", row.try_get(10)?)?;
    out.extend(br#","tags":["#);
    Ok(())
}

/// A further field of an object.
fn text(out: &mut Vec<u8>, name: &str, value: Option<&str>) -> Result<(), Failed> {
    out.extend(b",\"");
    out.extend(name.as_bytes());
    out.extend(b"\":");
    serde_json::to_writer(out, &value)?;
    Ok(())
}

fn global(out: &mut Vec<u8>, kind: &str, id: i64) -> Result<(), Failed> {
    serde_json::to_writer(out, &URL_SAFE_NO_PAD.encode(format!("{kind}:{id}")))?;
    Ok(())
}
