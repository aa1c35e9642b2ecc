//! What the record of a change says: where it came from, and each field that differs, before and after.

use std::net::IpAddr;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::{money::Money, phone, user};

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

/// The fields of an object by their names in the API, as they are recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record(Vec<Field>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    name: &'static str,
    /// What is recorded.
    shown: Value,
    /// What is compared, where it is not what is recorded.
    hidden: Option<String>,
}

impl Record {
    /// With one more field.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.0.push(Field {
            name,
            shown: value.into(),
            hidden: None,
        });
        self
    }

    /// With an amount of money, in yuan.
    #[must_use]
    pub fn with_amount(self, name: &'static str, amount: Option<Money>) -> Self {
        self.with(name, amount.map(|amount| amount.to_decimal().to_string()))
    }

    /// With an instant.
    #[must_use]
    pub fn with_time(self, name: &'static str, at: Option<DateTime<Utc>>) -> Self {
        let written = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        self.with(name, at.map(written))
    }

    /// With a phone number, masked: the record of a change is read by more people than the number.
    #[must_use]
    pub fn with_phone(mut self, name: &'static str, number: Option<&str>) -> Self {
        self.0.push(Field {
            name,
            shown: number.map(phone::masked).into(),
            hidden: number.map(str::to_owned),
        });
        self
    }

    /// With an e-mail address, masked.
    #[must_use]
    pub fn with_email(mut self, name: &'static str, email: Option<&str>) -> Self {
        self.0.push(Field {
            name,
            shown: email.map(user::masked_email).into(),
            hidden: email.map(str::to_owned),
        });
        self
    }

    fn get(&self, name: &str) -> (&Value, Option<&str>) {
        let found = self.0.iter().find(|field| field.name == name);
        found.map_or((&Value::Null, None), |field| {
            (&field.shown, field.hidden.as_deref())
        })
    }
}

/// The fields that differ: name → `{before, after}`. Something new was empty before, and
/// something deleted is empty afterwards.
#[must_use]
pub fn changes(before: &Record, after: &Record) -> Map<String, Value> {
    let mut changes = Map::new();
    for Field { name, .. } in before.0.iter().chain(&after.0) {
        let (before, after) = (before.get(name), after.get(name));
        if before != after {
            let change = json!({ "before": before.0, "after": after.0 });
            changes.insert((*name).to_owned(), change);
        }
    }
    changes
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
        assert_eq!(Value::Object(changes(&before, &after)), expected);
        assert!(changes(&before, &before).is_empty());
        // Another number is a change, though it looks alike.
        let other = Record::default()
            .with("name", "A")
            .with_phone("phoneNumber", Some("13899998000"));
        let expected =
            json!({ "phoneNumber": { "before": "138****8000", "after": "138****8000" } });
        assert_eq!(Value::Object(changes(&before, &other)), expected);
    }
}
