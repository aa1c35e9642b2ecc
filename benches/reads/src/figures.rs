//! The figures that the floor answers: one statement each, over the rollups that the service keeps.
//! Nobody has read the days of the generated data, so that one without calls has no figures.

use axum::{extract::State, response::Response};

use crate::floor::{Failed, Pool, json};

const DASHBOARD: &str = "
WITH periods (name, first, last) AS (VALUES
    ('today', date '2026-11-20', date '2026-11-20'),
    ('yesterday', date '2026-11-19', date '2026-11-19'),
    ('thisMonth', date '2026-11-01', date '2026-11-20')),
sums AS (
    SELECT p.name, count(DISTINCT r.call_date) AS days,
        sum(r.calls) AS calls, sum(r.connected) AS connected,
        coalesce(sum(r.calls) FILTER (WHERE g.is_success), 0) AS success,
        coalesce(sum(r.connected) FILTER (WHERE g.is_success), 0) AS connected_success,
        sum(r.calls * coalesce(g.unit_price, 0)) AS revenue, sum(r.billed_amount) AS billed
    FROM periods AS p
    LEFT JOIN call_rollups AS r
        ON r.dimension = 'DAY' AND r.call_date BETWEEN p.first AND p.last AND r.calls > 0
    LEFT JOIN grades AS g ON g.code = r.grade_code
    GROUP BY p.name),
seats AS (
    SELECT p.name, count(a.id) AS seats FROM periods AS p
    LEFT JOIN agents AS a ON a.is_seat AND EXISTS (
        SELECT FROM call_rollups AS r WHERE r.dimension = 'AGENT' AND r.key = a.id::text
            AND r.call_date BETWEEN p.first AND p.last AND r.calls > 0)
    GROUP BY p.name),
packages AS (
    SELECT p.name, count(l.id) AS packages, coalesce(sum(l.total_cost), 0) AS cost
    FROM periods AS p LEFT JOIN lead_packages AS l ON l.created_date BETWEEN p.first AND p.last
    GROUP BY p.name)
SELECT jsonb_build_object('data', jsonb_build_object('dashboard', jsonb_build_object(
        'totalPackages', (SELECT count(*) FROM lead_packages),
        'totalLeads', (SELECT coalesce(sum(total_leads), 0) FROM lead_packages),
        'newPackages', (SELECT packages FROM packages WHERE name = 'today')
    ) || jsonb_object_agg(name, jsonb_build_object(
        'calls', calls,
        'connectedCalls', connected,
        'connectRate', connected::float8 / calls::float8,
        'totalSuccess', CASE WHEN calls > 0 THEN success END,
        'successRate', connected_success::float8 / nullif(connected, 0)::float8,
        'activeSeats', CASE WHEN calls > 0 THEN seats END,
        'activeDays', CASE WHEN calls > 0 THEN days END,
        'revenue', regexp_replace(to_char(revenue / 10000.0, 'FM99999999999990.0000'), '0{1,2}$', ''),
        'cost', regexp_replace(to_char((billed + cost) / 10000.0, 'FM99999999999990.0000'), '0{1,2}$', '')
    ))))::text
FROM sums JOIN seats USING (name) JOIN packages USING (name)";

/// The dashboard of a day.
pub async fn dashboard(State(pool): Pool) -> Result<Response, Failed> {
    let body: String = sqlx::query_scalar(DASHBOARD).fetch_one(&*pool).await?;
    Ok(json(body))
}

const GRADE_STATS: &str = r#"
WITH counts AS (
    SELECT grade_code, sum(calls) AS calls FROM call_rollups
    WHERE dimension = 'DAY' AND call_date = date '2026-11-20' GROUP BY grade_code),
graded AS (
    SELECT g.id, g.code, g.label, g.is_success, coalesce(c.calls, 0) AS calls,
        coalesce(c.calls, 0) * g.unit_price AS revenue
    FROM grades AS g LEFT JOIN counts AS c ON c.grade_code = g.code),
unknown AS (
    SELECT grade, count(*) AS calls FROM calls
    WHERE grade_code = 'OTHER' AND removed_at IS NULL AND call_date = date '2026-11-20'
        AND grade NOT IN (SELECT label FROM grades WHERE code = 'OTHER')
    GROUP BY grade ORDER BY count(*) DESC, grade COLLATE "C" LIMIT 100)
SELECT json_build_object('data', json_build_object('gradeStats', json_build_object(
    'totalRecords', (SELECT coalesce(sum(calls), 0) FROM counts),
    'totalSuccess', (SELECT coalesce(sum(calls), 0) FROM graded WHERE is_success),
    'grade9', (SELECT coalesce(sum(calls), 0) FROM graded WHERE code = 'NINE_YUAN'),
    'grade1', (SELECT coalesce(sum(calls), 0) FROM graded WHERE code = 'ONE_YUAN'),
    'ungraded', (SELECT coalesce(sum(calls), 0) FROM counts WHERE grade_code = ''),
    'grades', (SELECT json_agg(json_build_object(
        'code', code,
        'label', label,
        'count', calls,
        'revenue', regexp_replace(to_char(revenue / 10000.0, 'FM99999999999990.0000'), '0{1,2}$', '')
    ) ORDER BY id) FROM graded),
    'unknownGrades', (SELECT coalesce(json_agg(json_build_object('text', grade, 'count', calls)
        ORDER BY calls DESC, grade COLLATE "C"), '[]') FROM unknown))))::text"#;

/// The grades of a day.
pub async fn grade_stats(State(pool): Pool) -> Result<Response, Failed> {
    let body: String = sqlx::query_scalar(GRADE_STATS).fetch_one(&*pool).await?;
    Ok(json(body))
}

const TREND: &str = "
WITH days AS (
    SELECT day::date AS day FROM generate_series(date '2026-08-23', date '2026-11-20', '1 day') AS day),
sums AS (
    SELECT r.call_date AS day, sum(r.calls) AS calls, sum(r.connected) AS connected,
        coalesce(sum(r.calls) FILTER (WHERE g.is_success), 0) AS success,
        coalesce(sum(r.connected) FILTER (WHERE g.is_success), 0) AS connected_success
    FROM call_rollups AS r LEFT JOIN grades AS g ON g.code = r.grade_code
    WHERE r.dimension = 'DAY' AND r.call_date BETWEEN date '2026-08-23' AND date '2026-11-20'
    GROUP BY r.call_date),
seats AS (
    SELECT active.call_date AS day, count(*) AS seats FROM (
        SELECT call_date, key::bigint AS id FROM call_rollups
        WHERE dimension = 'AGENT' AND call_date BETWEEN date '2026-08-23' AND date '2026-11-20'
            AND calls > 0 AND key <> ''
        GROUP BY call_date, key) AS active
    JOIN agents AS a ON a.id = active.id AND a.is_seat
    GROUP BY active.call_date)
SELECT json_build_object('data', json_build_object('trend', json_agg(json_build_object(
    'date', days.day,
    'calls', calls,
    'connectedCalls', connected,
    'connectRate', connected::float8 / nullif(calls, 0)::float8,
    'totalSuccess', success,
    'successRate', connected_success::float8 / nullif(connected, 0)::float8,
    'activeSeats', CASE WHEN calls > 0 THEN coalesce(seats, 0) END
) ORDER BY days.day)))::text
FROM days LEFT JOIN sums USING (day) LEFT JOIN seats USING (day)";

/// Ninety days.
pub async fn trend(State(pool): Pool) -> Result<Response, Failed> {
    let body: String = sqlx::query_scalar(TREND).fetch_one(&*pool).await?;
    Ok(json(body))
}
