//! JSON whose objects have each field once: of two of one name a reader would take one or the other,
//! and the sender would not know which.

use std::{collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};

/// Any JSON, of which nothing is kept: reading it fails where a field is given twice.
pub(super) struct GivenOnce;

impl<'de> Deserialize<'de> for GivenOnce {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Read)
    }
}

struct Read;

impl<'de> Visitor<'de> for Read {
    type Value = GivenOnce;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<GivenOnce, E> {
        Ok(GivenOnce)
    }

    fn visit_bool<E>(self, _: bool) -> Result<GivenOnce, E> {
        Ok(GivenOnce)
    }

    fn visit_i64<E>(self, _: i64) -> Result<GivenOnce, E> {
        Ok(GivenOnce)
    }

    fn visit_u64<E>(self, _: u64) -> Result<GivenOnce, E> {
        Ok(GivenOnce)
    }

    fn visit_f64<E>(self, _: f64) -> Result<GivenOnce, E> {
        Ok(GivenOnce)
    }

    fn visit_str<E>(self, _: &str) -> Result<GivenOnce, E> {
        Ok(GivenOnce)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<GivenOnce, A::Error> {
        while let Some(GivenOnce) = items.next_element()? {}
        Ok(GivenOnce)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<GivenOnce, A::Error> {
        let mut names = HashSet::new();
        while let Some((name, GivenOnce)) = fields.next_entry::<String, GivenOnce>()? {
            if let Some(name) = names.replace(name) {
                return Err(A::Error::custom(format!(
                    "`{name}` is given twice in one object"
                )));
            }
        }
        Ok(GivenOnce)
    }
}
