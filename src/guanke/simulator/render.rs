//! Calls as the platform's JSON, with its oddities mixed in by the call's position
//! (guanke-api.md, "Call records"). Written straight into a buffer: a page has 25,000 fields.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::day::{Answers, Call, Day};
use super::names::{
    CALLBACKS, COMPANIES, CUSTOMERS, DEVICES, FIRST_AGENT, HANGUPS, INTERESTS, MANAGER, PLACES,
    SEATS, SIZES,
};
use super::visible::Visible;
use crate::guanke::wire;

/// A JSON object under construction.
struct Object<'a> {
    json: &'a mut String,
    empty: bool,
}

impl<'a> Object<'a> {
    fn open(json: &'a mut String) -> Self {
        json.push('{');
        Self { json, empty: true }
    }

    fn close(self) {
        self.json.push('}');
    }

    /// A value that is JSON already.
    fn raw(&mut self, name: &str, value: impl std::fmt::Display) {
        let comma = if self.empty { "" } else { "," };
        self.empty = false;
        // Writing to a String cannot fail.
        let _ = write!(self.json, "{comma}\"{name}\":{value}");
    }

    fn text(&mut self, name: &str, value: &str) {
        self.raw(name, quoted(value));
    }

    /// A number, now and then as text.
    fn number(&mut self, name: &str, value: impl std::fmt::Display, as_text: bool) {
        if as_text {
            self.raw(name, format_args!("\"{value}\""));
        } else {
            self.raw(name, value);
        }
    }
}

/// A JSON string.
pub(super) fn quoted(text: &str) -> serde_json::Value {
    serde_json::Value::from(text)
}

/// `totalCount`: a number, on even pages as text.
pub(super) fn total_count(total: usize, page: u32) -> String {
    if page.is_multiple_of(2) {
        format!("\"{total}\"")
    } else {
        total.to_string()
    }
}

/// Name of the account of `agent`.
pub(super) fn agent_name(agent: u8) -> &'static str {
    SEATS.get(usize::from(agent)).copied().unwrap_or(MANAGER)
}

/// Writes the call at `index`, as it is by now.
pub(super) fn call(json: &mut String, visible: &Visible, index: usize) {
    let (day, call) = (&visible.day, visible.call(index));
    let mut object = Object::open(json);
    let every = |step: usize| index.is_multiple_of(step);
    object.number("id", day.id_of(index), every(17));
    task(&mut object, day, call, index);
    time(&mut object, visible.time_of(index), index);
    object.number("duration", visible.duration(index), every(7));
    number_dialled(&mut object, call, index);
    ending(&mut object, call, index);
    grade(&mut object, visible.grade(index).0, index);
    account(&mut object, call, index);
    place(&mut object, call, index);
    ext(&mut object, call.answers, index);
    if call.connected {
        let id = day.id_of(index);
        object.raw(
            "audio",
            format_args!("\"https://audio.example.com/{id}.mp3\""),
        );
        money(&mut object, call.money, every(2));
        customer(&mut object, index);
    }
    let edited = visible.edit(index).and_then(|edit| edit.notes.as_deref());
    notes(&mut object, edited, call.connected, index);
    object.close();
}

fn task(object: &mut Object<'_>, day: &Day, call: &Call, index: usize) {
    if let Some(task) = day.tasks.get(usize::from(call.task)) {
        object.number("taskId", task.id, index.is_multiple_of(4));
        let name = if index.is_multiple_of(5) {
            "taskName"
        } else {
            "TaskName"
        };
        object.text(name, &task.name);
    }
}

fn time(object: &mut Object<'_>, time: DateTime<Utc>, index: usize) {
    match index % 20 {
        0 => object.raw("callTime", format_args!("\"{}\"", time.timestamp())),
        1 => object.raw("callTime", time.timestamp_millis()),
        2 => object.text("callTime", &wire::wall_clock(time)),
        _ => object.raw("callTime", time.timestamp()),
    }
}

fn number_dialled(object: &mut Object<'_>, call: &Call, index: usize) {
    if index.is_multiple_of(4) {
        let (head, tail) = (call.phone / 100_000_000, call.phone % 10_000);
        object.raw("phone", format_args!("\"{head}****{tail:04}\""));
        object.number("realPhone", call.phone, true);
    } else {
        object.number("phone", call.phone, !index.is_multiple_of(9));
    }
}

fn ending(object: &mut Object<'_>, call: &Call, index: usize) {
    let reason = if call.connected {
        "NORMAL_CLEARING"
    } else {
        HANGUPS[usize::from(call.hangup)].0
    };
    object.text("hangupReason", reason);
    // Where it is left out, reason and duration say the same.
    if !index.is_multiple_of(9) {
        let state = if call.connected { 2 } else { 1 };
        object.number("callState", state, index.is_multiple_of(10));
    }
    object.raw("isCall", 1);
}

fn grade(object: &mut Object<'_>, text: &str, index: usize) {
    match (text, index % 3) {
        ("", 0) => object.raw("grade", "null"),
        ("", 1) => {}
        ("9" | "1", 0) => object.raw("grade", text),
        _ => object.text("grade", text),
    }
}

fn account(object: &mut Object<'_>, call: &Call, index: usize) {
    let id = FIRST_AGENT + u32::from(call.agent);
    let name = agent_name(call.agent);
    object.number("userId", id, index.is_multiple_of(6));
    if index.is_multiple_of(8) {
        object.raw("agentId", "null");
        object.text("userName", name);
    } else {
        object.number("agentId", id, index.is_multiple_of(3));
        object.text("agentName", name);
    }
    object.raw("ccId", 0);
    object.raw("companyId", 88);
}

fn place(object: &mut Object<'_>, call: &Call, index: usize) {
    let (province, city, _) = PLACES[usize::from(call.place)];
    object.text("province", province);
    object.text("city", city);
    let device = index % DEVICES.len();
    object.raw("deviceId", 500 + device);
    object.text("deviceName", DEVICES[device]);
}

/// The answers as object, as JSON in a text, or as a list of named values.
fn ext(object: &mut Object<'_>, answers: Option<Answers>, index: usize) {
    let Some(answers) = answers else {
        match index % 4 {
            0 => object.raw("ext", "null"),
            1 => object.raw("ext", "\"\""),
            2 => object.raw("ext", "{}"),
            _ => {}
        }
        return;
    };
    let pairs = pairs(answers);
    if index.is_multiple_of(23) {
        let items: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!(r#"{{"name":"{name}","value":"{value}"}}"#))
            .collect();
        object.raw("ext", format_args!("[{}]", items.join(",")));
        return;
    }
    let mut inner = String::new();
    let mut fields = Object::open(&mut inner);
    for (name, value) in pairs {
        fields.text(name, value);
    }
    fields.close();
    if index.is_multiple_of(3) {
        object.text("ext", &inner);
    } else {
        object.raw("ext", inner);
    }
}

fn pairs(answers: Answers) -> Vec<(&'static str, &'static str)> {
    let word = |words: &'static [&'static str], index: u8| words[usize::from(index)];
    let mut pairs = vec![("interest_level", word(&INTERESTS, answers.interest))];
    pairs.extend(
        answers
            .size
            .map(|size| ("company_size", word(&SIZES, size))),
    );
    pairs.extend(
        answers
            .callback
            .map(|callback| ("callback", word(&CALLBACKS, callback))),
    );
    pairs
}

fn money(object: &mut Object<'_>, ten_thousandths: u16, as_text: bool) {
    let yuan = format!(
        "{}.{:04}",
        ten_thousandths / 10_000,
        ten_thousandths % 10_000
    );
    object.number("money", yuan, as_text);
}

fn customer(object: &mut Object<'_>, index: usize) {
    match index % 5 {
        0 => object.text("customerName", CUSTOMERS[index / 5 % CUSTOMERS.len()]),
        1 => object.text("company", COMPANIES[index / 5 % COMPANIES.len()]),
        _ => {}
    }
    object.raw("isFollow", index % 2);
}

fn notes(object: &mut Object<'_>, edited: Option<&str>, connected: bool, index: usize) {
    match (edited, index % 5) {
        (Some(notes), _) => object.text("remark", notes),
        (None, 2) if connected => object.text("remark", "客户希望下周再联系\n"),
        (None, 3) if connected => object.raw("remark", "null"),
        _ => {}
    }
}
