//! What the record of a change says: where it came from, and each field that differs, before and after.

use std::net::IpAddr;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::{money::Money, phone, privacy::hidden, user};

/// Where something that is recorded came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A request over HTTP.
    Request {
        /// The client's address, if it is known.
        address: Option<IpAddr>,
        /// What the request is called in the log.
        id: String,
    },
    /// A command on the machine itself.
    CommandLine,
}

impl Origin {
    /// The address of the client, if there is one.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Request { address, .. } => *address,
            Self::CommandLine => None,
        }
    }

    /// The request's id; none for a command.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Request { id, .. } => Some(id),
            Self::CommandLine => None,
        }
    }

    /// What is recorded: the client's address, or `cli`.
    #[must_use]
    pub fn recorded(&self) -> Option<String> {
        match self {
            Self::Request { address, .. } => {
                address.map(|address| address.to_canonical().to_string())
            }
            Self::CommandLine => Some("cli".to_owned()),
        }
    }
}

/// What is recorded of a change by the names of fields. Telephone numbers and e-mail addresses are
/// masked in all of it: the record is read by more people than the numbers, and nobody can take
/// anything out of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded(Map<String, Value>);

/// Fields that hold amounts, which are texts and never telephone numbers.
const AMOUNTS: [&str; 4] = ["costPerLead", "totalCost", "unitPrice", "billedAmount"];

impl Recorded {
    /// With `value` under `name`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), masked(value.into()));
        self
    }

    /// What an older program recorded, masked.
    #[must_use]
    pub fn of(recorded: Map<String, Value>) -> Self {
        let field = |(name, value)| {
            let is_amount = AMOUNTS.contains(&String::as_str(&name));
            let value = if is_amount { value } else { masked(value) };
            (name, value)
        };
        Self(recorded.into_iter().map(field).collect())
    }

    /// Whether nothing is recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Display for Recorded {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Value::Object(self.0.clone()).fmt(formatter)
    }
}

/// A value with the numbers and addresses in its texts masked.
fn masked(value: Value) -> Value {
    match value {
        Value::String(text) => hidden(&text).into(),
        Value::Array(values) => values.into_iter().map(masked).collect(),
        Value::Object(fields) => {
            let field = |(name, value)| (name, masked(value));
            Value::Object(fields.into_iter().map(field).collect())
        }
        value => value,
    }
}

/// The fields of an object by their names in the API, as they are recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record(Vec<Field>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    name: &'static str,
    /// What is recorded.
    shown: Value,
    /// What is compared, where it is not what is recorded.
    hidden: Option<Value>,
}

impl Record {
    /// With one more field; numbers and addresses in its texts are masked.
    #[must_use]
    pub fn with(self, name: &'static str, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.with_shown(name, masked(value.clone()), value)
    }

    /// With an amount of money, in yuan.
    #[must_use]
    pub fn with_amount(self, name: &'static str, amount: Option<Money>) -> Self {
        let written: Value = amount.map(|amount| amount.to_decimal().to_string()).into();
        self.with_shown(name, written.clone(), written)
    }

    /// With an instant.
    #[must_use]
    pub fn with_time(self, name: &'static str, at: Option<DateTime<Utc>>) -> Self {
        let written = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        self.with(name, at.map(written))
    }

    /// With a phone number, masked.
    #[must_use]
    pub fn with_phone(self, name: &'static str, number: Option<&str>) -> Self {
        self.with_shown(name, number.map(phone::masked).into(), number.into())
    }

    /// With an e-mail address, masked.
    #[must_use]
    pub fn with_email(self, name: &'static str, email: Option<&str>) -> Self {
        self.with_shown(name, email.map(user::masked_email).into(), email.into())
    }

    fn with_shown(mut self, name: &'static str, shown: Value, value: Value) -> Self {
        let hidden = Some(value).filter(|value| *value != shown);
        self.0.push(Field {
            name,
            shown,
            hidden,
        });
        self
    }

    fn get(&self, name: &str) -> (&Value, Option<&Value>) {
        let found = self.0.iter().find(|field| field.name == name);
        found.map_or((&Value::Null, None), |field| {
            (&field.shown, field.hidden.as_ref())
        })
    }
}

/// The fields that differ: name → `{before, after}`. Something new was empty before, and
/// something deleted is empty afterwards.
#[must_use]
pub fn changes(before: &Record, after: &Record) -> Recorded {
    let mut changes = Map::new();
    for Field { name, .. } in before.0.iter().chain(&after.0) {
        let (before, after) = (before.get(name), after.get(name));
        if before != after {
            let change = json!({ "before": before.0, "after": after.0 });
            changes.insert((*name).to_owned(), change);
        }
    }
    Recorded(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_recorded_and_numbers_are_masked() {
        let before = Record::default()
            .with("name", "A")
            .with_phone("phoneNumber", Some("13812348000"));
        let after = Record::default()
            .with("name", "A")
            .with_phone("phoneNumber", None);
        let expected = json!({ "phoneNumber": { "before": "138****8000", "after": null } });
        assert_eq!(Value::Object(changes(&before, &after).0), expected);
        assert!(changes(&before, &before).is_empty());
        // Another number is a change, though it looks alike.
        let other = Record::default()
            .with("name", "A")
            .with_phone("phoneNumber", Some("13899998000"));
        let expected =
            json!({ "phoneNumber": { "before": "138****8000", "after": "138****8000" } });
        assert_eq!(Value::Object(changes(&before, &other).0), expected);
    }

    #[test]
    fn numbers_and_addresses_are_masked_in_every_text() {
        let record = |name: &str| {
            Record::default()
                .with("customerName", name)
                .with("patterns", vec![name, "A"])
                .with("rules", json!([{ "text": name }]))
                .with("externalId", Some("1001"))
                .with_amount(
                    "totalCost",
                    Some(Money::from_ten_thousandths(1_350_000_000_000)),
                )
        };
        let (before, after) = (record("王 13812348000"), record("王 13899998000"));
        let shown = |value: Value| json!({ "before": value, "after": value });
        let expected = json!({
            "customerName": shown(json!("王 138****8000")),
            "patterns": shown(json!(["王 138****8000", "A"])),
            "rules": shown(json!([{ "text": "王 138****8000" }])),
        });
        assert_eq!(Value::Object(changes(&before, &after).0), expected);
        let new = changes(&Record::default(), &after).to_string();
        assert!(new.contains("135000000.00"), "{new}");
        let told = Recorded::default().with("reason", "请打 +44 20 7946 0958");
        assert_eq!(told.to_string(), r#"{"reason":"请打 +44****0958"}"#);
    }

    #[test]
    fn what_an_older_program_recorded_is_masked_but_for_amounts() {
        let old = json!({
            "company": { "before": null, "after": "公司010-62345678" },
            "totalCost": { "before": "135000000.00", "after": "1.00" },
            "renamed": 7,
        });
        let Value::Object(fields) = old else {
            unreachable!()
        };
        let masked = Recorded::of(fields);
        let expected = json!({
            "company": { "before": null, "after": "公司010****5678" },
            "totalCost": { "before": "135000000.00", "after": "1.00" },
            "renamed": 7,
        });
        assert_eq!(Value::Object(masked.0), expected);
    }
}
