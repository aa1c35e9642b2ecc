//! Variables as they were sent, each field of an object once: of two of one name a reader would
//! take one or the other, and the sender would not know which.

use std::fmt;

use async_graphql::{Name, Value, Variables, indexmap::IndexMap};
use async_graphql_value::Number;
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};

/// The variables of a request.
#[derive(Default)]
pub(super) struct SentVariables(pub Variables);

impl<'de> Deserialize<'de> for SentVariables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Sent(value) = Sent::deserialize(deserializer)?;
        Ok(Self(match value {
            Value::Object(_) => Variables::from_value(value),
            _ => return Err(Error::custom("variables are an object")),
        }))
    }
}

struct Sent(Value);

impl<'de> Deserialize<'de> for Sent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Read).map(Self)
    }
}

struct Read;

impl<'de> Visitor<'de> for Read {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value);
        number
            .map(Value::Number)
            .ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Sent(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = IndexMap::new();
        while let Some((name, Sent(value))) = fields.next_entry::<String, Sent>()? {
            if object.insert(Name::new(&name), value).is_some() {
                return Err(A::Error::custom(format!(
                    "`{name}` is given twice in one object"
                )));
            }
        }
        Ok(Value::Object(object))
    }
}
