//! The rows: believable, and the same for the same seed.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::sink::{Row, Table};

pub const PACKAGES: Table = Table {
    name: "lead_packages",
    columns: "id, name, source, industry, region, total_leads, valid_leads, cost_per_lead, \
              total_cost, created_date, created_at, updated_at",
};
pub const TASKS: Table = Table {
    name: "dial_tasks",
    columns: "id, package_id, external_id, task_name, start_time, end_time, status, created_at, \
              updated_at",
};
pub const AGENTS: Table = Table {
    name: "agents",
    columns: "id, external_id, name, is_seat, created_at, updated_at",
};
pub const CALLS: Table = Table {
    name: "calls",
    columns: "id, external_id, task_id, agent_id, phone_number, call_time, call_date, call_hour, \
              duration, result, grade, grade_code, hangup_reason, customer_name, company, province, \
              city, device_name, recording_url, billed_amount, source, source_hash, created_at, \
              updated_at",
};
pub const TAGS: Table = Table {
    name: "call_tags",
    columns: "id, call_id, tag_name, tag_value, tag_type, created_at",
};

/// Agents that make the calls.
pub const AGENT_COUNT: i64 = 40;
/// Business days with calls, up to the last one.
const DAYS: i64 = 120;
const LAST_DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
/// The business day starts at 09:00 in UTC+8, and lasts twelve hours.
const OPENS: TimeDelta = TimeDelta::hours(1);
const OPENING_HOUR: i64 = 9;
const SECONDS_OPEN: i64 = 12 * 3_600;
/// Tasks that are dialled at a time.
const TASKS_AT_A_TIME: i64 = 20;

const SURNAMES: [&str; 12] = [
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙",
];
const GIVEN_NAMES: [&str; 12] = [
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "洋", "艳", "志强", "秀英",
];
const PLACES: [(&str, &str); 12] = [
    ("浙江", "杭州"),
    ("浙江", "宁波"),
    ("江苏", "南京"),
    ("江苏", "苏州"),
    ("广东", "广州"),
    ("广东", "深圳"),
    ("上海", "上海"),
    ("北京", "北京"),
    ("四川", "成都"),
    ("山东", "青岛"),
    ("湖北", "武汉"),
    ("福建", "厦门"),
];
const TRADES: [&str; 6] = ["科技", "贸易", "制造", "物流", "教育", "建筑"];
const PREFIXES: [&str; 8] = ["138", "139", "150", "159", "176", "182", "186", "199"];
/// How calls end that nobody answers, and the platform's words for it.
const UNANSWERED: [(&str, &str); 8] = [
    ("NO_ANSWER", "无人接听"),
    ("NO_ANSWER", "无人接听"),
    ("NO_ANSWER", "无人接听"),
    ("BUSY", "用户忙"),
    ("REJECTED", "用户拒接"),
    ("FAILED", "空号"),
    ("FAILED", "关机"),
    ("VOICEMAIL", "语音信箱"),
];
const TAG_VALUES: [(&str, &[&str]); 4] = [
    ("callback", &["yes", "no"]),
    ("company_size", &["1-10", "11-50", "51-200", "200+"]),
    ("decision_maker", &["yes", "no", "unknown"]),
    ("interest_level", &["high", "medium", "low"]),
];

/// How many rows there are.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub calls: i64,
    pub tasks: i64,
    pub packages: i64,
}

/// An instant as both databases take it, and as the service writes it into SQLite.
fn instant(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

fn opening(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(chrono::NaiveTime::MIN).and_utc() + OPENS
}

/// The business day of the call, package or task at `place` of `all`, which follow each other.
fn day_of(place: i64, all: i64) -> NaiveDate {
    let before = DAYS - 1 - place * DAYS / all;
    LAST_DAY - Days::new(before.unsigned_abs())
}

fn any<'a, T>(rng: &mut impl Rng, of: &'a [T]) -> &'a T {
    &of[rng.random_range(0..of.len())]
}

fn person(rng: &mut impl Rng) -> String {
    format!("{}{}", any(rng, &SURNAMES), any(rng, &GIVEN_NAMES))
}

/// The package with this number, from 1.
pub fn package(id: i64, size: Size) -> Row {
    let mut rng = ChaCha8Rng::seed_from_u64(id.unsigned_abs());
    let (province, _) = any(&mut rng, &PLACES);
    let leads = rng.random_range(20..80) * 1_000_i64;
    let price = rng.random_range(1..6) * 100_i64;
    let day = day_of(id - 1, size.packages);
    let created = instant(opening(day));
    vec![
        id.into(),
        format!("{province}企业-{day}-{id:02}包").into(),
        "企业名录".into(),
        (*any(&mut rng, &TRADES)).into(),
        (*province).into(),
        leads.into(),
        (leads * 93 / 100).into(),
        price.into(),
        (leads * price).into(),
        day.to_string().into(),
        created.clone().into(),
        created.into(),
    ]
}

/// The task with this number, from 1. Each package has as many as another, one after another.
pub fn task(id: i64, size: Size) -> Row {
    let package = (id - 1) * size.packages / size.tasks + 1;
    let day = day_of(id - 1, size.tasks);
    let running = id > size.tasks - TASKS_AT_A_TIME;
    let start = opening(day);
    vec![
        id.into(),
        package.into(),
        format!("{}", 70_000 + id).into(),
        format!("外呼任务-{day}-{id:03}").into(),
        instant(start).into(),
        instant(start + TimeDelta::days(5)).into(),
        if running { "IN_PROGRESS" } else { "COMPLETED" }.into(),
        instant(start).into(),
        instant(start).into(),
    ]
}

/// The agent with this number, from 1.
pub fn agent(id: i64) -> Row {
    let mut rng = ChaCha8Rng::seed_from_u64(id.unsigned_abs());
    let created = instant(opening(day_of(0, 1)));
    vec![
        id.into(),
        format!("{}", 9_000 + id).into(),
        person(&mut rng).into(),
        true.into(),
        created.clone().into(),
        created.into(),
    ]
}

/// Makes calls with their tags, oldest first.
pub struct Calls {
    rng: ChaCha8Rng,
    size: Size,
    made: i64,
    tags: i64,
}

impl Calls {
    pub fn new(size: Size, seed: u64) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            size,
            made: 0,
            tags: 0,
        }
    }

    /// The next call and its tags; `None` behind the last.
    pub fn next(&mut self) -> Option<(Row, Vec<Row>)> {
        let place = self.made;
        if place == self.size.calls {
            return None;
        }
        self.made += 1;
        let (day, second) = self.moment(place);
        let time = opening(day) + TimeDelta::seconds(second);
        let connected = self.rng.random_ratio(16, 100);
        let mut call = self.who(place, time);
        call.extend([
            day.to_string().into(),
            (OPENING_HOUR + second / 3_600).into(),
        ]);
        call.extend(self.outcome(connected, place));
        // Read from the platform a few minutes later.
        let read = instant(time + TimeDelta::minutes(10));
        call.extend([
            "GUANKE".into(),
            self.rng.random::<i64>().into(),
            read.clone().into(),
            read.clone().into(),
        ]);
        let tags = if connected {
            self.tags_of(place + 1, &read)
        } else {
            Vec::new()
        };
        Some((call, tags))
    }

    /// The business day and the second since it was opened; calls are spread evenly.
    fn moment(&self, place: i64) -> (NaiveDate, i64) {
        let part = (place * DAYS) % self.size.calls;
        let second = part * SECONDS_OPEN / self.size.calls;
        (day_of(place, self.size.calls), second)
    }

    /// The columns up to `call_time`.
    fn who(&mut self, place: i64, time: DateTime<Utc>) -> Row {
        let rng = &mut self.rng;
        // The tasks of the time: those that start now and the next ones.
        let first = place * self.size.tasks / self.size.calls;
        let task = (first + rng.random_range(0..TASKS_AT_A_TIME)).min(self.size.tasks - 1) + 1;
        let phone = format!(
            "{}{:08}",
            any(rng, &PREFIXES),
            rng.random_range(0..100_000_000)
        );
        vec![
            (place + 1).into(),
            format!("{}", 2_026_000_000_000 + place).into(),
            task.into(),
            rng.random_range(1..=AGENT_COUNT).into(),
            phone.into(),
            instant(time).into(),
        ]
    }

    /// The columns from `duration` to `billed_amount`.
    fn outcome(&mut self, connected: bool, place: i64) -> Row {
        let rng = &mut self.rng;
        let (province, city) = *any(rng, &PLACES);
        let (result, reason) = *any(rng, &UNANSWERED);
        let company = format!("{city}{}{}公司", any(rng, &SURNAMES), any(rng, &TRADES));
        let customer = person(rng);
        let seconds = rng.random_range(5..300_i64);
        let (grade, code) = match rng.random_range(0..1_000) {
            _ if !connected => (None, None),
            0..3 => (Some("9元"), Some("NINE_YUAN")),
            3..6 => (Some("1元"), Some("ONE_YUAN")),
            6..40 => (Some("A"), Some("A")),
            40..100 => (Some("B"), Some("B")),
            100..120 => (Some("再联系"), Some("OTHER")),
            _ => (None, None),
        };
        let recording = format!("https://recordings.example.com/2026/{}.mp3", place + 1);
        vec![
            if connected { seconds } else { 0 }.into(),
            if connected { "CONNECTED" } else { result }.into(),
            grade.into(),
            code.into(),
            if connected { "正常挂断" } else { reason }.into(),
            customer.into(),
            company.into(),
            province.into(),
            city.into(),
            format!("线路{:02}", place % 16).into(),
            connected.then_some(recording).into(),
            connected.then_some(600 + seconds * 18).into(),
        ]
    }

    /// Two tags, sometimes one or three, in any order.
    fn tags_of(&mut self, call: i64, time: &str) -> Vec<Row> {
        let rng = &mut self.rng;
        let count = match rng.random_range(0..10) {
            0 | 1 => 1,
            2..8 => 2,
            _ => 3,
        };
        let first = rng.random_range(0..TAG_VALUES.len());
        let mut rows = Vec::with_capacity(count);
        for (name, values) in TAG_VALUES.iter().cycle().skip(first).take(count) {
            self.tags += 1;
            rows.push(vec![
                self.tags.into(),
                call.into(),
                (*name).into(),
                (*any(rng, values)).into(),
                "SCRIPT".into(),
                time.into(),
            ]);
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size {
        calls: 20_000,
        tasks: 50,
        packages: 5,
    };

    #[test]
    fn rows_fit_their_columns() {
        let columns = |table: Table| table.columns.split(',').count();
        let mut calls = Calls::new(SIZE, 1);
        let mut count = (0, 0);
        while let Some((call, tags)) = calls.next() {
            assert_eq!(call.len(), columns(CALLS));
            assert!(tags.iter().all(|tag| tag.len() == columns(TAGS)));
            count = (count.0 + i64::from(!tags.is_empty()), count.1 + tags.len());
        }
        // 16 % are connected, with two tags each.
        assert!((3_000..3_400).contains(&count.0), "{count:?}");
        assert!((6_000..6_800).contains(&count.1), "{count:?}");
        assert_eq!(package(1, SIZE).len(), columns(PACKAGES));
        assert_eq!(task(1, SIZE).len(), columns(TASKS));
        assert_eq!(agent(1).len(), columns(AGENTS));
    }

    #[test]
    fn the_same_seed_makes_the_same_calls() {
        let fifth = |seed| {
            let mut calls = Calls::new(SIZE, seed);
            (0..5).filter_map(|_| calls.next()).last()
        };
        assert_eq!(fifth(1), fifth(1));
        assert_ne!(fifth(1), fifth(2));
    }
}
