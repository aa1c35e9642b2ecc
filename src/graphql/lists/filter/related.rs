//! Conditions on the rows that a relation leads to.

use async_graphql::{Value, registry::Registry};

use super::{
    Condition, Refused, refused,
    written::{self, Written},
};
use crate::{
    domain::{
        filter::{Filter, Quantifier},
        problem::Path,
    },
    graphql::{error::ApiError, lists::declared::InputFields},
    store::Table,
};

/// Conditions on the related records; several hold together.
pub(super) struct Related(Vec<(How, Option<Written>)>);

/// How many of the related records are meant.
struct How {
    name: &'static str,
    description: &'static str,
    quantifier: Quantifier,
    /// Whether it says something without a condition: that there is a related record, or none.
    may_be_empty: bool,
}

const HOW: [How; 3] = [
    How {
        name: "some",
        description: "At least one of them is like this.",
        quantifier: Quantifier::Some,
        may_be_empty: true,
    },
    How {
        name: "none",
        description: "None of them is like this.",
        quantifier: Quantifier::None,
        may_be_empty: true,
    },
    How {
        name: "every",
        description: "Each of them is like this; true where there are none.",
        quantifier: Quantifier::Every,
        may_be_empty: false,
    },
];

fn name(target: &Table) -> String {
    format!("{}sFilter", target.type_name())
}

impl Related {
    /// What a value says of related rows of `target`.
    pub(super) fn parse(target: &'static Table, value: Value) -> Result<Self, Refused> {
        let Value::Object(mut given) = value else {
            return Err(refused(name(target)));
        };
        let mut conditions = Vec::new();
        for how in HOW {
            match given.swap_remove(how.name) {
                None => {}
                Some(Value::Null) => conditions.push((how, None)),
                Some(value) => conditions.push((how, Some(Written::parse(target, value)?))),
            }
        }
        Ok(Self(conditions))
    }

    /// Registers such conditions, and gives their name.
    pub(super) fn register(registry: &mut Registry, target: &'static Table) -> String {
        let name = name(target);
        let description = "Conditions on the related records; several hold together.";
        InputFields::register(registry, &name, description, |registry, input| {
            let filter = written::register(registry, target);
            for how in HOW {
                input.add(how.name, how.description, &filter);
            }
        });
        name
    }
}

impl Condition for Related {
    fn conditions(&self, name: &'static str) -> Result<Vec<Filter>, ApiError> {
        let mut conditions = Vec::new();
        for (how, filter) in &self.0 {
            if let Some(filter) = filter {
                let filter = Box::new(filter.filter()?);
                conditions.push(Filter::Many(name, how.quantifier, filter));
            }
        }
        Ok(conditions)
    }

    fn hole(&self, path: &Path) -> Option<Path> {
        for (how, filter) in &self.0 {
            let path = path.field(how.name);
            let Some(filter) = filter else {
                return Some(path);
            };
            let hole = filter.hole(&path);
            if hole
                .as_ref()
                .is_some_and(|hole| !how.may_be_empty || *hole != path)
            {
                return hole;
            }
        }
        self.0.is_empty().then(|| path.clone())
    }
}
