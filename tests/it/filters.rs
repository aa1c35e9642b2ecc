//! Filters: what they leave is what they say, alike on both databases.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use dialgraph::{
    domain::{
        business_time::BusinessZone,
        dialing::{CallSource, Tag},
        filter::{Filter, Quantifier, Test},
        incoming::{IncomingCall, PlatformAgent},
        money::Money,
        page::{List, PageRequest},
        scalar::Scalar,
    },
    store::{
        AnyRecord, Database, Selection,
        calls::{CALLS, CallRow},
        list, tasks,
    },
};
use proptest::{prelude::*, strategy::ValueTree as _};
use serde_json::Value;

use crate::{
    harness::{Backend, TestApp, TestDatabase, call, ingest, package, reader, runner, task},
    on_both,
};

/// A call with its tags, as the filters see it.
fn calls() -> impl Strategy<Value = Vec<IncomingCall>> {
    let text = || {
        prop::option::of(prop::sample::select(vec![
            "江苏", "abC", "ABc", "a%c", "a_c", "É",
        ]))
    };
    let tag = (
        prop::sample::select(vec!["level", "ask"]),
        prop::sample::select(vec!["high", "low"]),
    );
    let fields = (
        0..4_i32,
        text(),
        prop::option::of(0..3_i64),
        prop::option::of(0..3_u8),
        prop::collection::btree_set(tag, 0..3),
        // Both sides of midnight in Shanghai.
        prop::sample::select(vec![
            "2026-11-18T15:59:59Z",
            "2026-11-18T16:00:00Z",
            "2026-11-19T15:59:59.999Z",
            "2026-11-19T16:00:00Z",
        ]),
    );
    prop::collection::vec(fields, 1..25).prop_map(|rows| {
        let row = |(index, (duration, province, billed, agent, tags, time))| {
            let mut call = call(&format!("{index:02}"), time);
            call.duration = duration;
            call.details.province = Option::map(province, str::to_owned);
            call.details.billed_amount = Option::map(billed, Money::from_ten_thousandths);
            call.agent = Option::map(agent, |agent: u8| PlatformAgent {
                external_id: agent.to_string(),
                name: Some(format!("坐席 {agent}")),
                is_seat: agent > 0,
            });
            let tag = |(name, value): (&str, &str)| Tag {
                name: name.to_owned(),
                value: value.to_owned(),
            };
            call.tags = BTreeSet::into_iter(tags).map(tag).collect();
            call
        };
        rows.into_iter().enumerate().map(row).collect()
    })
}

fn text(text: &str) -> Scalar {
    Scalar::Text(text.to_owned())
}

fn filter() -> impl Strategy<Value = Filter> {
    let number = |name| {
        (0..3_i64, 0..6_u8).prop_map(move |(number, test)| {
            let number = Scalar::Int(number);
            let test = match test {
                0 => Test::Equal(number),
                1 => Test::Greater(number),
                2 => Test::AtLeast(number),
                3 => Test::Less(number),
                4 => Test::AtMost(number),
                _ => Test::Missing,
            };
            Filter::Field(name, test)
        })
    };
    let day = |day: u32| Scalar::Date(NaiveDate::from_ymd_opt(2026, 11, day).unwrap());
    let day = (17..22_u32, 17..22_u32, 0..6_u8).prop_map(move |(first, other, test)| {
        let test = match test {
            0 => Test::Equal(day(first)),
            1 => Test::Among(vec![day(first), day(other)]),
            2 => Test::Greater(day(first)),
            3 => Test::AtLeast(day(first)),
            4 => Test::Less(day(first)),
            _ => Test::AtMost(day(first)),
        };
        Filter::Field("call_date", test)
    });
    let province = prop::sample::select(vec![
        Test::Equal(text("abC")),
        Test::Among(vec![text("江苏"), text("a_c")]),
        Test::Among(Vec::new()),
        Test::Contains("BC".to_owned()),
        Test::Contains("%".to_owned()),
        Test::Contains("_".to_owned()),
        Test::Contains("苏".to_owned()),
        Test::Contains("é".to_owned()),
        Test::StartsWith("A".to_owned()),
        Test::StartsWith("江".to_owned()),
        Test::Missing,
    ])
    .prop_map(|test| Filter::Field("province", test));
    let seat = any::<bool>().prop_map(|seat| {
        let seat = Filter::Field("is_seat", Test::Equal(Scalar::Bool(seat)));
        Filter::One("agent", Box::new(seat))
    });
    let tags = (
        prop::sample::select(vec![Quantifier::Some, Quantifier::None, Quantifier::Every]),
        prop::sample::select(vec![("tag_name", "level"), ("tag_value", "high")]),
        any::<bool>(),
    )
        .prop_map(|(quantifier, (field, value), negated)| {
            let tag = Filter::Field(field, Test::Equal(text(value)));
            let tag = if negated { tag.negated() } else { tag };
            Filter::Many("tags", quantifier, Box::new(tag))
        });
    let one = prop_oneof![
        number("duration"),
        number("billed_amount"),
        day,
        province,
        seat,
        tags
    ];
    one.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Filter::All),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Filter::Any),
            inner.prop_map(Filter::negated),
        ]
    })
}

/// The same in a few lines of Rust: two-valued, a test of nothing is false.
fn holds(filter: &Filter, call: &IncomingCall) -> bool {
    match filter {
        Filter::All(filters) => filters.iter().all(|filter| holds(filter, call)),
        Filter::Any(filters) => filters.iter().any(|filter| holds(filter, call)),
        Filter::Not(filter) => !holds(filter, call),
        Filter::Field("duration", test) => passes(test, Some(Scalar::Int(call.duration.into()))),
        Filter::Field("billed_amount", test) => {
            let billed = call
                .details
                .billed_amount
                .map(|amount| Scalar::Int(amount.ten_thousandths()));
            passes(test, billed)
        }
        Filter::Field("call_date", test) => {
            let day = BusinessZone::default().day_of(call.call_time);
            passes(test, Some(Scalar::Date(day)))
        }
        Filter::Field("province", test) => passes(test, call.details.province.as_deref().map(text)),
        Filter::One("agent", filter) => call.agent.as_ref().is_some_and(|agent| match &**filter {
            Filter::Field("is_seat", test) => passes(test, Some(Scalar::Bool(agent.is_seat))),
            other => panic!("{other:?}"),
        }),
        Filter::Many("tags", quantifier, filter) => {
            let mut tags = call.tags.iter().map(|tag| tag_holds(filter, tag));
            match quantifier {
                Quantifier::Some => tags.any(|holds| holds),
                Quantifier::None => !tags.any(|holds| holds),
                Quantifier::Every => tags.all(|holds| holds),
            }
        }
        other => panic!("{other:?}"),
    }
}

fn tag_holds(filter: &Filter, tag: &Tag) -> bool {
    match filter {
        Filter::Not(filter) => !tag_holds(filter, tag),
        Filter::Field("tag_name", test) => passes(test, Some(text(&tag.name))),
        Filter::Field("tag_value", test) => passes(test, Some(text(&tag.value))),
        other => panic!("{other:?}"),
    }
}

fn passes(test: &Test, value: Option<Scalar>) -> bool {
    let Some(value) = value else {
        return *test == Test::Missing;
    };
    let folded = |text: &str| text.to_ascii_lowercase();
    match (test, &value) {
        (Test::Equal(wanted), _) => value == *wanted,
        (Test::Among(wanted), _) => wanted.contains(&value),
        (Test::Greater(bound), _) => value > *bound,
        (Test::AtLeast(bound), _) => value >= *bound,
        (Test::Less(bound), _) => value < *bound,
        (Test::AtMost(bound), _) => value <= *bound,
        (Test::Contains(part), Scalar::Text(text)) => folded(text).contains(&folded(part)),
        (Test::StartsWith(start), Scalar::Text(text)) => folded(text).starts_with(&folded(start)),
        _ => false,
    }
}

async fn left(db: &Database, filter: &Filter) -> Vec<String> {
    let asked = List {
        filter: Some(filter.clone()),
        order: CALLS.order(&[]),
        page: PageRequest::first(200),
    };
    let page = list(db.read(), &reader(), &asked, Selection::whole(&CALLS))
        .await
        .unwrap();
    let place = CallRow::EXTERNAL_ID.place;
    let id = |record: AnyRecord| match record.shown(place, &reader()).unwrap() {
        Scalar::Text(id) => id,
        other => panic!("{other:?} is no id"),
    };
    let mut ids: Vec<String> = page.items.into_iter().map(id).collect();
    ids.sort();
    ids
}

fn names<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    let mut names: Vec<&str> = list["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node[field].as_str().unwrap())
        .collect();
    names.sort_unstable();
    names
}

/// Two packages, one in 江苏, with a task each, with calls on two days.
async fn fill(app: &TestApp) {
    let db = &app.database.db;
    let tag = |value: &str| Tag {
        name: "interest_level".to_owned(),
        value: value.to_owned(),
    };
    let with = |id: &str, task_id: Option<&str>, time: &str, tags: Vec<Tag>| {
        let mut call = call(id, time);
        call.task = task_id.map(task);
        call.tags = tags;
        call.details.notes = Some(format!("100%_{id} 江苏ABC"));
        call
    };
    ingest(
        db,
        vec![
            // 20 November in Shanghai, which is today.
            with(
                "today",
                Some("1"),
                "2026-11-19T16:00:00Z",
                vec![tag("high"), tag("low")],
            ),
            with(
                "yesterday",
                Some("1"),
                "2026-11-19T15:59:59Z",
                vec![tag("low")],
            ),
            with(
                "last week",
                Some("2"),
                "2026-11-13T15:00:00Z",
                vec![tag("high")],
            ),
            with("alone", None, "2026-10-31T16:00:00Z", vec![]),
            with("october", None, "2026-10-31T15:59:59Z", vec![]),
        ],
    )
    .await;
    let jiangsu = package(db, "江苏包", "2026-11-01T00:00:00Z").await;
    let tx = db.begin().await.unwrap();
    let (first, _) = tasks::unlinked_of(&tx, CallSource::Guanke).await.unwrap()[0].clone();
    crate::harness::give(&tx, &[first], jiangsu).await;
    tx.commit().await.unwrap();
}

on_both! {
    /// Random conditions on random calls, against the same in Rust.
    what_is_left_is_what_the_filter_says = async |backend: Backend| {
        let mut runner = runner();
        for _ in 0..4 {
            let calls = calls().new_tree(&mut runner).unwrap().current();
            let database = TestDatabase::migrated(&backend).await;
            ingest(&database.db, calls.clone()).await;
            for _ in 0..40 {
                let filter = filter().new_tree(&mut runner).unwrap().current();
                let expected: Vec<String> = calls.iter().filter(|call| holds(&filter, call)).map(|call| call.external_id.clone()).collect();
                assert_eq!(left(&database.db, &filter).await, expected, "{filter:?}");
            }
        }
    };

    /// Related records, to one and to many, any depth.
    filters_reach_related_records = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app).await;
        for (filter, expected) in [
            (r#"{task: {package: {name: {eq: "江苏包"}}}}"#, vec!["today", "yesterday"]),
            (r#"{not: {task: {package: {name: {eq: "江苏包"}}}}}"#, vec!["alone", "last week", "october"]),
            (r#"{tags: {some: {tagName: {eq: "interest_level"}, tagValue: {eq: "high"}}}}"#, vec!["last week", "today"]),
            (r#"{tags: {none: {tagValue: {eq: "high"}}}}"#, vec!["alone", "october", "yesterday"]),
            (r#"{tags: {every: {tagValue: {eq: "high"}}}}"#, vec!["alone", "last week", "october"]),
            (r#"{tags: {some: {}, every: {tagValue: {eq: "high"}}}}"#, vec!["last week"]),
            (r#"{or: [{tags: {some: {tagValue: {eq: "low"}}}}, {task: {externalId: {eq: "2"}}}]}"#, vec!["last week", "today", "yesterday"]),
            (r#"{or: []}"#, vec![]),
            (r#"{and: [], not: {or: []}}"#, vec!["alone", "last week", "october", "today", "yesterday"]),
            (r#"{taskId: {isNull: true}}"#, vec!["alone", "october"]),
        ] {
            let data = app.data(&format!("{{ calls(filter: {filter}) {{ nodes {{ externalId }} totalCount }} }}")).await;
            assert_eq!(names(&data["calls"], "externalId"), expected, "{filter}");
            assert_eq!(data["calls"]["totalCount"], expected.len(), "{filter}");
        }
        let data = app.data(r#"{ packages(filter: {tasks: {some: {calls: {some: {tags: {some: {tagValue: {eq: "high"}}}}}}}}) { nodes { name } } }"#).await;
        assert_eq!(names(&data["packages"], "name"), ["江苏包"]);
        // Under each parent by itself, with its own filter, order and count.
        let data = app.data(r#"{ tasks(orderBy: [{field: EXTERNAL_ID}]) { nodes {
            calls(filter: {tags: {some: {tagValue: {eq: "low"}}}}, orderBy: [{field: CALL_TIME}]) { nodes { externalId } totalCount }
            all: calls(first: 1) { totalCount capped: totalCount(atMost: 1) } } } }"#).await;
        let tasks = data["tasks"]["nodes"].as_array().unwrap();
        assert_eq!(tasks[0]["calls"]["nodes"][0]["externalId"], "yesterday");
        assert_eq!(tasks[0]["calls"]["totalCount"], 2);
        assert_eq!(tasks[0]["all"]["totalCount"], 2);
        assert_eq!(tasks[0]["all"]["capped"], 1);
        assert_eq!(tasks[1]["calls"]["totalCount"], 0);
    };

    /// Days relative to today begin and end at midnight in Shanghai.
    periods_are_business_days = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app).await;
        for (field, period, expected) in [
            ("callTime", "on: TODAY", vec!["today"]),
            ("callDate", "on: TODAY", vec!["today"]),
            ("callTime", "on: YESTERDAY", vec!["yesterday"]),
            ("callDate", "on: YESTERDAY", vec!["yesterday"]),
            ("callDate", "on: THIS_WEEK", vec!["today", "yesterday"]),
            ("callTime", "on: LAST_WEEK", vec!["last week"]),
            ("callTime", "on: THIS_MONTH", vec!["alone", "last week", "today", "yesterday"]),
            ("callDate", "on: LAST_MONTH", vec!["october"]),
            ("callDate", "last: {amount: 7, unit: DAY}", vec!["today", "yesterday"]),
            ("callTime", "last: {amount: 8, unit: DAY}", vec!["last week", "today", "yesterday"]),
            ("callTime", "last: {amount: 2, unit: MONTH}", vec!["alone", "last week", "october", "today", "yesterday"]),
            ("callTime", r#"gte: "2026-11-20T00:00:00+08:00""#, vec!["today"]),
            ("callDate", r#"in: ["2026-11-19", "2026-10-31"]"#, vec!["october", "yesterday"]),
            ("callDate", r#"eq: "2026-11-01""#, vec!["alone"]),
            ("callDate", r#"notIn: ["2026-11-19", "2026-10-31"]"#, vec!["alone", "last week", "today"]),
            ("callDate", r#"ne: "2026-11-20""#, vec!["alone", "last week", "october", "yesterday"]),
            ("callDate", r#"gt: "2026-11-13""#, vec!["today", "yesterday"]),
            ("callDate", r#"gte: "2026-11-13""#, vec!["last week", "today", "yesterday"]),
            ("callDate", r#"lt: "2026-11-01""#, vec!["october"]),
            ("callDate", r#"lte: "2026-11-01""#, vec!["alone", "october"]),
            ("callDate", r#"gte: "0001-01-01", lte: "9999-12-31""#, vec!["alone", "last week", "october", "today", "yesterday"]),
        ] {
            let data = app.data(&format!("{{ calls(filter: {{{field}: {{{period}}}}}) {{ nodes {{ externalId }} }} }}")).await;
            assert_eq!(names(&data["calls"], "externalId"), expected, "{field} {period}");
        }
    };

    /// A text is looked for as it stands, in either case.
    text_is_found_as_it_stands = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app).await;
        for (test, found) in [
            (r#"contains: "0%_today""#, 1),
            (r#"contains: "0_""#, 0),
            (r#"contains: "江苏abc""#, 5),
            (r#"startsWith: "100%_y""#, 1),
            (r#"startsWith: "00""#, 0),
            (r#"contains: "\\""#, 0),
            (r#"contains: "'; DROP TABLE calls; --""#, 0),
        ] {
            let data = app.data(&format!("{{ calls(filter: {{notes: {{{test}}}}}) {{ totalCount }} }}")).await;
            assert_eq!(data["calls"]["totalCount"], found, "{test}");
        }
    };

    /// What cannot be meant is refused: it must not pass as "everything".
    impossible_filters_are_refused = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let task = app.data("{ calls { nodes { id } } }").await;
        assert_eq!(task["calls"]["nodes"], serde_json::json!([]));
        for (arguments, message) in [
            ("filter: {province: {eq: null}}", "`eq` of a filter was given as null: leave it out, or use `isNull` to find what has no value"),
            ("filter: {task: null}", "`task` of a filter was given as null: leave it out, or use `isNull` to find what has no value"),
            (r#"filter: {taskId: {eq: "TGVhZFBhY2thZ2U6MQ"}}"#, "an id of type DialTask is wanted, and this is one of type LeadPackage"),
            (r#"filter: {callDate: {eq: "+12345-1-1"}}"#, "a day is written as a text YYYY-MM-DD, such as \"2026-11-19\", and not \"+12345-1-1\""),
            ("filter: {callDate: {last: {amount: 0, unit: DAY}}}", "`last.amount` must be from 1 to 1000, and 0 was given"),
            ("orderBy: [{field: ID},{field: ID},{field: ID},{field: ID},{field: ID},{field: ID},{field: ID},{field: ID},{field: ID}]", "a list is ordered by at most 8 fields"),
        ] {
            let answer = app.query(&format!("{{ calls({arguments}) {{ nodes {{ id }} }} }}")).await;
            assert_eq!((answer.code(), answer.message()), ("BAD_USER_INPUT", message));
        }
        let many = vec!["{duration: {eq: 1}}"; 200].join(",");
        let answer = app.query(&format!("{{ calls(filter: {{or: [{many}]}}) {{ nodes {{ id }} }} }}")).await;
        assert_eq!(answer.message(), "a filter has at most 200 conditions, and this one has more");
        let answer = app.query("{ calls { totalCount(atMost: 0) } }").await;
        assert_eq!(answer.message(), "`atMost` must be at least 1, and 0 was given");
    };
}
