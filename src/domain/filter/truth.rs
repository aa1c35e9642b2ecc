//! What a filter comes to before any record is looked at: whether it lets everything pass.

use super::{Filter, Quantifier, Test};
use crate::domain::scalar::Scalar;

mod bounds;

pub use bounds::Measure;
use bounds::{Passing, whole};

/// What is known of the fields of the records that are filtered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    /// Fields that always have a value.
    pub always_there: &'a [&'static str],
    /// Fields that hold one of a few words, and always one.
    pub words: &'a [(&'static str, &'a [&'static str])],
    /// Fields whose values lie within bounds.
    pub measures: &'a [(&'static str, Measure)],
    /// What is known of related records, by relation.
    pub related: &'a [(&'static str, &'a Facts<'a>)],
}

impl<'a> Facts<'a> {
    fn of_related(&self, relation: &str) -> Facts<'a> {
        let facts = self.related.iter().find(|(name, _)| *name == relation);
        facts.map_or_else(Facts::default, |(_, facts)| **facts)
    }

    fn measure(&self, field: &str) -> Option<Measure> {
        let (_, measure) = self.measures.iter().find(|(name, _)| *name == field)?;
        Some(*measure)
    }

    fn is_there(&self, field: &str) -> bool {
        self.always_there.contains(&field) || self.words_of(field).is_some()
    }

    fn words_of(&self, field: &str) -> Option<&[&'static str]> {
        let (_, words) = self.words.iter().find(|(name, _)| *name == field)?;
        Some(words)
    }
}

const ALWAYS: Filter = Filter::All(Vec::new());
const NEVER: Filter = Filter::Any(Vec::new());

impl Filter {
    /// Whether it lets every record pass by what it says alone: it asks nothing, or something and its
    /// opposite, or the opposite of what no record can be.
    #[must_use]
    pub fn is_always_true(&self, facts: &Facts<'_>) -> bool {
        simplified(self, false, facts) == ALWAYS
    }
}

/// The filter, or its opposite, with negations at single tests only, and without what makes no
/// difference.
fn simplified(filter: &Filter, negated: bool, facts: &Facts<'_>) -> Filter {
    match filter {
        Filter::Not(filter) => simplified(filter, !negated, facts),
        Filter::All(filters) => joined(filters, negated, !negated, facts),
        Filter::Any(filters) => joined(filters, negated, negated, facts),
        Filter::Field(name, test) => literal(name, test, negated, facts),
        Filter::One(name, filter) => match simplified(filter, false, &facts.of_related(name)) {
            filter if filter == NEVER => constant(negated),
            filter => signed(Filter::One(name, Box::new(filter)), negated),
        },
        Filter::Many(name, quantifier, filter) => {
            // "None" and "every" say that there is no exception.
            let (opposite, negated) = match quantifier {
                Quantifier::Some => (false, negated),
                Quantifier::None => (false, !negated),
                Quantifier::Every => (true, !negated),
            };
            match simplified(filter, opposite, &facts.of_related(name)) {
                filter if filter == NEVER => constant(negated),
                filter => {
                    let some = Filter::Many(name, Quantifier::Some, Box::new(filter));
                    signed(some, negated)
                }
            }
        }
    }
}

const fn constant(always: bool) -> Filter {
    if always { ALWAYS } else { NEVER }
}

fn signed(filter: Filter, negated: bool) -> Filter {
    if negated { filter.negated() } else { filter }
}

/// Filters of which all must hold, or any.
fn joined(filters: &[Filter], negated: bool, all: bool, facts: &Facts<'_>) -> Filter {
    let mut parts: Vec<Filter> = Vec::with_capacity(filters.len());
    for filter in filters {
        match (simplified(filter, negated, facts), all) {
            (Filter::All(inner), true) | (Filter::Any(inner), false) => parts.extend(inner),
            (Filter::Any(inner), true) | (Filter::All(inner), false) if inner.is_empty() => {
                return constant(!all);
            }
            (part, _) => parts.push(part),
        }
    }
    let is_decided = if all {
        contradicts(&parts, facts)
    } else {
        let opposites: Vec<Filter> = parts
            .iter()
            .map(|part| simplified(part, true, facts))
            .collect();
        contradicts(&opposites, facts)
    };
    if is_decided {
        return constant(!all);
    }
    match (parts.len(), all) {
        (1, _) => parts.swap_remove(0),
        (_, true) => Filter::All(parts),
        (_, false) => Filter::Any(parts),
    }
}

/// A test, or its opposite, which is a test too where the field always has a value.
fn literal(name: &'static str, test: &Test, negated: bool, facts: &Facts<'_>) -> Filter {
    if let Some(words) = facts.words_of(name)
        && let Some(values) = values(test)
    {
        let is_left = |word: &&&str| {
            let is_named = values.contains(&Scalar::Text((**word).to_owned()));
            is_named != negated
        };
        let left: Vec<Scalar> = words
            .iter()
            .filter(is_left)
            .map(|word| Scalar::Text((*word).to_owned()))
            .collect();
        return match left.len() {
            0 => NEVER,
            count if count == words.len() => ALWAYS,
            _ => Filter::Field(name, Test::Among(left)),
        };
    }
    let is_there = facts.is_there(name);
    let test = &whole(test);
    match facts
        .measure(name)
        .and_then(|measure| measure.passing(test))
    {
        Some(Passing::Each) if is_there => return constant(!negated),
        Some(Passing::Each) => return signed(Filter::Field(name, Test::Missing), !negated),
        Some(Passing::None) => return constant(negated),
        None => {}
    }
    match (test, opposite(test)) {
        (Test::Among(values), _) if values.is_empty() => constant(negated),
        (Test::Missing, _) if is_there => constant(negated),
        (_, Some(opposite)) if negated && is_there => Filter::Field(name, opposite),
        _ => signed(Filter::Field(name, test.clone()), negated),
    }
}

/// What a value passes that does not pass a test, if there is such a test.
fn opposite(test: &Test) -> Option<Test> {
    let opposite = match test {
        Test::Greater(bound) => Test::AtMost(bound.clone()),
        Test::AtLeast(bound) => Test::Less(bound.clone()),
        Test::Less(bound) => Test::AtLeast(bound.clone()),
        Test::AtMost(bound) => Test::Greater(bound.clone()),
        _ => return None,
    };
    Some(whole(&opposite))
}

/// Filters that hold together: where one says that there is a value, others say what it is, and not only
/// what it is not.
fn settled(parts: &[Filter]) -> Vec<Filter> {
    let is_there = |name: &str| {
        let mut tests = parts.iter().filter_map(|part| of(name, part));
        tests.any(|(test, negated)| *test == Test::Missing && negated)
    };
    let settle = |part: &Filter| match part {
        Filter::Not(filter) => match &**filter {
            Filter::Field(name, test) if is_there(name) => {
                Some(Filter::Field(name, opposite(test)?))
            }
            _ => None,
        },
        _ => None,
    };
    parts
        .iter()
        .map(|part| settle(part).unwrap_or_else(|| part.clone()))
        .collect()
}

/// The values that a test allows, where they are few.
fn values(test: &Test) -> Option<&[Scalar]> {
    match test {
        Test::Equal(value) => Some(std::slice::from_ref(value)),
        Test::Among(values) => Some(values),
        _ => None,
    }
}

/// Whether no record passes all of these.
fn contradicts(parts: &[Filter], facts: &Facts<'_>) -> bool {
    let parts = settled(parts);
    parts.iter().enumerate().any(|(index, part)| {
        let others = &parts[index + 1..];
        if *part == NEVER || others.contains(&simplified(part, true, facts)) {
            return true;
        }
        match part {
            Filter::Field(name, test) => {
                let tests: Vec<(&Test, bool)> = parts.iter().filter_map(|p| of(name, p)).collect();
                is_impossible(test, &tests)
            }
            _ => false,
        }
    })
}

/// The test of this field, and whether it is negated.
fn of<'a>(name: &str, filter: &'a Filter) -> Option<(&'a Test, bool)> {
    match filter {
        Filter::Field(field, test) if *field == name => Some((test, false)),
        Filter::Not(filter) => match &**filter {
            Filter::Field(field, test) if *field == name => Some((test, true)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether no value passes `test` and the other `tests`, of which some are negated.
fn is_impossible(test: &Test, tests: &[(&Test, bool)]) -> bool {
    if let Some(values) = values(test) {
        let passes = |value: &&Scalar| {
            let is_passed = |(test, negated): &(&Test, bool)| {
                passes(test, value).is_none_or(|passes| passes != *negated)
            };
            tests.iter().all(is_passed)
        };
        return !values.iter().any(|value| passes(&value));
    }
    let mut others = tests.iter().filter(|(_, negated)| !negated);
    match test {
        // Every other test is of a value.
        Test::Missing => others.any(|(other, _)| !matches!(other, Test::Missing)),
        Test::Greater(low) => others.any(|(other, _)| match other {
            Test::Less(high) | Test::AtMost(high) => high <= low,
            _ => false,
        }),
        Test::AtLeast(low) => others.any(|(other, _)| match other {
            Test::Less(high) => high <= low,
            Test::AtMost(high) => high < low,
            _ => false,
        }),
        _ => false,
    }
}

/// Whether a value passes a test, where that can be said without the database.
fn passes(test: &Test, value: &Scalar) -> Option<bool> {
    match test {
        Test::Equal(wanted) => Some(value == wanted),
        Test::Among(wanted) => Some(wanted.contains(value)),
        Test::Missing => Some(false),
        // How the database orders texts is its own business.
        _ if matches!(value, Scalar::Text(_)) => None,
        Test::Greater(bound) => Some(value > bound),
        Test::AtLeast(bound) => Some(value >= bound),
        Test::Less(bound) => Some(value < bound),
        Test::AtMost(bound) => Some(value <= bound),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: Facts<'static> = Facts {
        always_there: &["id", "name"],
        words: &[("status", &["A", "B", "C"])],
        measures: &[
            ("id", Measure::Ordinal),
            ("cost", Measure::Money),
            ("count", Measure::Count),
            ("begun", Measure::Instant),
        ],
        related: &[("calls", &CALLS), ("package", &CALLS)],
    };
    const CALLS: Facts<'static> = Facts {
        always_there: &["seconds"],
        words: &[],
        measures: &[("seconds", Measure::Count)],
        related: &[],
    };

    fn seconds(test: fn(Scalar) -> Test, bound: i64) -> Filter {
        Filter::Field("seconds", test(Scalar::Int(bound)))
    }

    fn begun(test: fn(Scalar) -> Test, at: &str) -> Filter {
        Filter::Field("begun", test(Scalar::Time(at.parse().unwrap())))
    }

    fn text(name: &'static str, text: &str) -> Filter {
        Filter::Field(name, Test::Equal(Scalar::Text(text.to_owned())))
    }

    fn among(name: &'static str, texts: &[&str]) -> Filter {
        let texts = texts.iter().map(|&text| Scalar::Text(text.to_owned()));
        Filter::Field(name, Test::Among(texts.collect()))
    }

    fn id(test: fn(Scalar) -> Test, bound: i64) -> Filter {
        Filter::Field("id", test(Scalar::Int(bound)))
    }

    fn starts(name: &'static str) -> Filter {
        Filter::Field(name, Test::StartsWith("a".to_owned()))
    }

    fn missing(name: &'static str) -> Filter {
        Filter::Field(name, Test::Missing)
    }

    fn many(quantifier: Quantifier, filter: Filter) -> Filter {
        Filter::Many("calls", quantifier, Box::new(filter))
    }

    #[test]
    fn what_lets_everything_pass_is_found_out() {
        use Quantifier::{Every, None, Some};
        let any = Filter::Any;
        let all = Filter::All;
        for filter in [
            ALWAYS,
            all(vec![ALWAYS, all(vec![ALWAYS])]),
            any(vec![ALWAYS, text("note", "x")]),
            any(vec![text("note", "x"), all(vec![])]),
            NEVER.negated(),
            ALWAYS.negated().negated(),
            among("note", &[]).negated(),
            all(vec![text("note", "x"), NEVER]).negated(),
            all(vec![text("note", "x"), text("note", "y")]).negated(),
            all(vec![among("note", &["x", "y"]), text("note", "z")]).negated(),
            all(vec![text("note", "x"), missing("note")]).negated(),
            all(vec![id(Test::Greater, 5), id(Test::Less, 5)]).negated(),
            all(vec![id(Test::Equal, 3), id(Test::Greater, 5)]).negated(),
            any(vec![id(Test::AtLeast, 5), id(Test::Less, 5)]),
            any(vec![starts("note"), starts("note").negated()]),
            any(vec![
                missing("note"),
                text("a", "b"),
                missing("note").negated(),
            ]),
            missing("name").negated(),
            // Whole numbers have neighbours.
            any(vec![id(Test::AtMost, 5), id(Test::AtLeast, 6)]),
            any(vec![id(Test::Less, 5), id(Test::Greater, 4)]),
            // No record lies beyond what its fields can hold.
            id(Test::AtLeast, 0),
            id(Test::AtLeast, 1),
            id(Test::Greater, -1),
            id(Test::Greater, 0),
            id(Test::AtMost, i64::MAX),
            id(Test::Less, i64::MAX),
            id(Test::Less, 1).negated(),
            id(Test::Equal, 0).negated(),
            Filter::Field("id", Test::Among(vec![Scalar::Int(0), Scalar::Int(-7)])).negated(),
            any(vec![id(Test::AtLeast, 0), text("note", "x")]),
            any(vec![
                Filter::Field("count", Test::AtLeast(Scalar::Int(0))),
                missing("count"),
            ]),
            Filter::Field("cost", Test::Less(Scalar::Int(0))).negated(),
            any(vec![
                begun(Test::AtLeast, "0000-01-01T00:00:00Z"),
                missing("begun"),
            ]),
            begun(Test::Greater, "9999-12-31T23:59:59Z").negated(),
            any(vec![
                missing("begun"),
                begun(Test::Less, "2026-11-20T00:00:00Z"),
                begun(Test::AtLeast, "2026-11-20T00:00:00Z"),
            ]),
            many(None, seconds(Test::Less, 0)),
            many(Every, seconds(Test::AtLeast, 0)),
            many(Some, seconds(Test::Equal, -1)).negated(),
            Filter::One("package", Box::new(seconds(Test::AtMost, -1))).negated(),
            among("status", &["C", "B", "A"]),
            any(vec![text("status", "A"), among("status", &["B", "C"])]),
            any(vec![text("status", "A"), text("status", "A").negated()]),
            text("status", "Z").negated(),
            many(None, NEVER),
            many(Every, ALWAYS),
            many(Some, NEVER).negated(),
            any(vec![many(Some, starts("a")), many(None, starts("a"))]),
            any(vec![
                many(Every, starts("a")),
                many(Some, starts("a").negated()),
            ]),
            Filter::One("package", Box::new(NEVER)).negated(),
        ] {
            assert!(filter.is_always_true(&FACTS), "{filter:?}");
        }
    }

    #[test]
    fn what_leaves_something_out_may_be_asked() {
        use Quantifier::{Every, None, Some};
        let any = Filter::Any;
        let all = Filter::All;
        for filter in [
            NEVER,
            starts("name"),
            starts("note").negated(),
            missing("note").negated(),
            any(vec![starts("note"), starts("name").negated()]),
            any(vec![text("note", "x"), text("note", "y").negated()]).negated(),
            all(vec![text("note", "x"), starts("note")]).negated(),
            // Records without a value pass neither.
            any(vec![
                Filter::Field("bound", Test::AtLeast(Scalar::Int(5))),
                Filter::Field("bound", Test::Less(Scalar::Int(5))),
            ]),
            any(vec![id(Test::Greater, 5), id(Test::Less, 5)]),
            any(vec![id(Test::AtMost, 5), id(Test::AtLeast, 7)]),
            id(Test::AtLeast, 2),
            id(Test::Greater, 1),
            id(Test::Less, 0),
            id(Test::AtMost, 1_000),
            Filter::Field("count", Test::AtLeast(Scalar::Int(0))),
            Filter::Field("count", Test::AtLeast(Scalar::Int(0))).negated(),
            Filter::Field("unknown", Test::AtLeast(Scalar::Int(0))),
            begun(Test::AtLeast, "1970-01-01T00:00:00Z"),
            many(Some, seconds(Test::AtLeast, 0)),
            many(None, seconds(Test::AtLeast, 0)),
            Filter::One("package", Box::new(seconds(Test::AtLeast, 0))),
            among("status", &["A", "B"]),
            text("status", "A").negated(),
            many(Some, ALWAYS),
            many(None, ALWAYS),
            many(Every, NEVER),
            many(Every, starts("a")),
            Filter::One("package", Box::new(ALWAYS)),
        ] {
            assert!(!filter.is_always_true(&FACTS), "{filter:?}");
        }
    }
}
