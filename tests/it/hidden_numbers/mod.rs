//! Numbers and addresses that somebody sees masked: there is no way to find them out by asking, and
//! they stand whole in no record.

mod asking;
mod cursors;
mod orders;
mod recorded;

use std::collections::BTreeMap;

use dialgraph::{
    domain::{
        call_details::CallDetails,
        dialing::Tag,
        incoming::{IncomingCall, PlatformAgent, PlatformTask},
        sync::SyncTrack,
        viewer::Role,
    },
    graphql::Limits,
};
use serde_json::{Value, json};

use crate::{
    harness::{Backend, TestApp, call, ingest},
    writes::done,
};

/// Two numbers that look alike to whoever sees them masked, but for their ends.
fn numbers(middles: [&str; 2]) -> [String; 2] {
    [
        format!("137{}0001", middles[0]),
        format!("137{}0002", middles[1]),
    ]
}

/// A call that says `text` wherever people and platforms write, and a tag with it.
fn written(id: &str, text: &str) -> IncomingCall {
    let some = || Some(text.to_owned());
    IncomingCall {
        phone_number: Some("13812348000".to_owned()),
        details: CallDetails {
            grade: some(),
            hangup_reason: some(),
            notes: some(),
            customer_name: some(),
            company: some(),
            province: some(),
            city: some(),
            device_name: some(),
            recording_url: Some(format!("https://rec.example/{text}.mp3")),
            billed_amount: None,
        },
        tags: vec![Tag {
            name: "num".to_owned(),
            value: text.to_owned(),
        }],
        task: Some(PlatformTask {
            external_id: format!("t-{id}"),
            name: some(),
            package: None,
        }),
        agent: Some(PlatformAgent {
            external_id: format!("a-{id}"),
            name: some(),
            is_seat: true,
        }),
        ..call(id, "2026-11-19T01:00:00Z")
    }
}

/// A service with two numbers in every text, and texts without one between which they would stand in an
/// order.
async fn world(backend: &Backend, middles: [&str; 2]) -> TestApp {
    let mut app = TestApp::new(backend).await;
    app.limit(Limits {
        cost: 10_000_000,
        budget: 1_000_000_000,
        ..Limits::default()
    });
    fill(&app, middles).await;
    app.synced(SyncTrack::TaskStats, "2026-11-18", "2026-11-18")
        .await;
    app
}

async fn fill(app: &TestApp, middles: [&str; 2]) {
    let numbers = numbers(middles);
    let plain = ["1371", "1375", "1379", "王"];
    let texts = numbers.iter().map(String::as_str).chain(plain);
    let mut batch = Vec::new();
    for (index, text) in texts.clone().enumerate() {
        batch.push(written(&format!("c-{index}-{text}"), text));
    }
    // Several numbers of one call.
    for number in &numbers {
        let tag = Tag {
            name: "num".to_owned(),
            value: number.clone(),
        };
        batch[5].tags.push(tag);
    }
    ingest(&app.database.db, batch).await;
    for (index, text) in texts.enumerate() {
        let input = json!({
            "name": text, "source": text, "industry": text, "region": text, "totalLeads": 10,
            "rules": [{ "match": "PREFIX", "text": text }],
        });
        done(app, "createPackage", "package { id }", input).await;
        let input = json!({ "code": format!("G{index}"), "label": text });
        done(app, "upsertGrade", "grade { code }", input).await;
    }
}

/// The schema's types by name, as introspection has them.
pub async fn types(app: &TestApp) -> BTreeMap<String, Value> {
    let query = "{ __schema { types { name kind enumValues { name } inputFields { name type { ...T } }
        fields { name args { name type { ...T } } type { ...T } } } } }
        fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";
    let data = app.data(query).await;
    let types = data["__schema"]["types"].as_array().unwrap();
    types
        .iter()
        .map(|of| (of["name"].as_str().unwrap().to_owned(), of.clone()))
        .collect()
}

/// The named type inside of lists and of what must not be null.
fn named(of: &Value) -> &str {
    if of["ofType"].is_null() {
        of["name"].as_str().unwrap()
    } else {
        named(&of["ofType"])
    }
}

/// A list of the schema.
#[derive(Debug, Clone)]
struct List {
    /// What is asked for, `{}` standing for arguments and the selection of the list.
    query: &'static str,
    /// Its type of items.
    node: String,
    filter: String,
    order: String,
}

/// Lists at the root and under other objects, whatever they are called.
async fn lists(app: &TestApp, types: &BTreeMap<String, Value>) -> Vec<List> {
    let mut lists = Vec::new();
    for of in types.values() {
        for field in of["fields"].as_array().into_iter().flatten() {
            let argument = |name: &str| {
                let arguments = field["args"].as_array().unwrap();
                let argument = arguments.iter().find(|argument| argument["name"] == name)?;
                Some(named(&argument["type"]).to_owned())
            };
            let (Some(filter), Some(order)) = (argument("filter"), argument("orderBy")) else {
                continue;
            };
            let name = field["name"].as_str().unwrap();
            let connection = named(&field["type"]);
            let list = format!("{name}{{}}");
            let query = match of["name"].as_str().unwrap() {
                "Query" => format!("{{ {list} }}"),
                "LeadPackage" => format!("{{ packages(first: 10) {{ nodes {{ {list} }} }} }}"),
                "DialTask" => format!("{{ tasks(first: 10) {{ nodes {{ {list} }} }} }}"),
                "Agent" => format!("{{ agents(first: 10) {{ nodes {{ {list} }} }} }}"),
                "Call" => format!("{{ calls(first: 10) {{ nodes {{ {list} }} }} }}"),
                "SyncRun" => format!("{{ syncRuns(first: 10) {{ nodes {{ {list} }} }} }}"),
                other => panic!("{other}.{name}: where is an object of this type found?"),
            };
            let node = connection.strip_suffix("Connection").unwrap().to_owned();
            lists.push(List {
                query: query.leak(),
                node,
                filter,
                order,
            });
        }
    }
    assert!(lists.len() >= 18, "{lists:#?}");
    // Those that the role gets at all.
    let mut open = Vec::new();
    for list in lists {
        let answer = app
            .query_as(Role::Analyst, &list.asked("", "totalCount"))
            .await;
        if answer.body["errors"].is_null() {
            open.push(list);
        }
    }
    open
}

impl List {
    fn asked(&self, arguments: &str, selection: &str) -> String {
        let arguments = match arguments {
            "" => String::new(),
            arguments => format!("({arguments})"),
        };
        self.query
            .replace("{}", &format!("{arguments} {{ {selection} }}"))
    }

    /// All fields of an item that have no arguments and lead nowhere, but for instants.
    fn fields(&self, types: &BTreeMap<String, Value>) -> String {
        let fields = types[&self.node]["fields"].as_array().unwrap().iter();
        let own = fields.filter(|field| {
            let of = named(&field["type"]);
            let is_value = matches!(types[of]["kind"].as_str(), Some("SCALAR" | "ENUM"));
            // When rows were written the database may say.
            let is_instant = of == "DateTime";
            is_value && !is_instant && field["args"].as_array().unwrap().is_empty()
        });
        own.map(|field| field["name"].as_str().unwrap().to_owned() + " ")
            .collect()
    }
}
