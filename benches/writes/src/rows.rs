//! The calls: believable, and the same for the same number.

use chrono::{DateTime, TimeDelta, Utc};
use dialgraph::domain::{
    call_details::CallDetails,
    dialing::{CallResult, Tag},
    incoming::{IncomingCall, PlatformAgent, PlatformTask},
    money::Money,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Tasks that are dialled at a time.
pub const TASKS: u64 = 20;
/// Accounts that dial.
pub const AGENTS: u64 = 40;
/// Calls of a day.
const A_DAY: u64 = 28_719;

const PLACES: [(&str, &str); 8] = [
    ("浙江", "杭州"),
    ("浙江", "宁波"),
    ("江苏", "南京"),
    ("广东", "深圳"),
    ("上海", "上海"),
    ("四川", "成都"),
    ("山东", "青岛"),
    ("福建", "厦门"),
];
const UNANSWERED: [(CallResult, &str); 4] = [
    (CallResult::NoAnswer, "NO_ANSWER"),
    (CallResult::Busy, "USER_BUSY"),
    (CallResult::Rejected, "CALL_REJECTED"),
    (CallResult::Failed, "UNALLOCATED_NUMBER"),
];
const GRADES: [Option<&str>; 6] = [Some("9元"), Some("1元"), Some("A"), Some("B"), None, None];
const LEVELS: [&str; 3] = ["high", "medium", "low"];

/// The call with this number, as its day's first report has it.
pub fn call(number: u64, from: DateTime<Utc>) -> IncomingCall {
    let mut rng = ChaCha8Rng::seed_from_u64(number);
    let (province, city) = PLACES[rng.random_range(0..PLACES.len())];
    let connected = rng.random_range(0..6) == 0;
    let (result, hangup) = if connected {
        (CallResult::Connected, "NORMAL_CLEARING")
    } else {
        UNANSWERED[rng.random_range(0..UNANSWERED.len())]
    };
    let duration = if connected {
        rng.random_range(3..300)
    } else {
        0
    };
    let seconds = (number % A_DAY) * 12 * 3_600 / A_DAY + number / A_DAY * 86_400;
    IncomingCall {
        external_id: format!("{}", 1_000_000_000 + number),
        task: Some(task(number / A_DAY * TASKS + number % TASKS)),
        agent: Some(agent(rng.random_range(0..AGENTS))),
        phone_number: Some(format!("138{:08}", rng.random_range(0..100_000_000))),
        call_time: from + TimeDelta::seconds(i64::try_from(seconds).unwrap_or_default()),
        duration,
        result,
        details: CallDetails {
            grade: connected
                .then(|| GRADES[rng.random_range(0..GRADES.len())])
                .flatten()
                .map(str::to_owned),
            hangup_reason: Some(hangup.to_owned()),
            notes: None,
            customer_name: connected.then(|| "王志强".to_owned()),
            company: None,
            province: Some(province.to_owned()),
            city: Some(city.to_owned()),
            device_name: Some(format!("线路{:02}", rng.random_range(0..30))),
            recording_url: connected.then(|| format!("https://example.com/audio/{number}.mp3")),
            billed_amount: connected
                .then(|| Money::from_ten_thousandths(i64::from(duration / 60 + 1) * 900)),
        },
        tags: if connected {
            vec![
                tag("interest_level", LEVELS[rng.random_range(0..3)]),
                tag("callback", if rng.random() { "yes" } else { "no" }),
            ]
        } else {
            Vec::new()
        },
    }
}

/// A page of calls from this number on.
pub fn page(first: u64, size: u64, from: DateTime<Utc>) -> Vec<IncomingCall> {
    (first..first + size)
        .map(|number| call(number, from))
        .collect()
}

/// Gives each tenth call another grade, as people do afterwards.
pub fn edit(calls: &mut [IncomingCall]) {
    for call in calls.iter_mut().step_by(10) {
        call.details.grade = Some("意向客户".to_owned());
    }
}

fn task(number: u64) -> PlatformTask {
    PlatformTask {
        external_id: format!("{}", 70_000 + number),
        name: Some(format!("浙江企业-{number:03}")),
        package: None,
    }
}

fn agent(number: u64) -> PlatformAgent {
    PlatformAgent {
        external_id: format!("{}", 9_000 + number),
        name: Some(format!("坐席{number:02}")),
        is_seat: true,
    }
}

fn tag(name: &str, value: &str) -> Tag {
    Tag {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}
