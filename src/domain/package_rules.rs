//! Which dial tasks belong to which package: by hand, by what the platform's records carry back, or by
//! the packages' rules on task names.

use std::collections::{BTreeSet, HashMap, HashSet};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use regex::Regex;
use sea_orm::DeriveValueType;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

mod input;
mod names;

pub use input::{MAX_RULES, read_rules};
pub use names::name_key;
use names::{compile, plain};

/// Most packages that the records of one task are remembered to name.
pub const MAX_HINTS: usize = 10;
/// What begins a hint that is a name, even one of digits.
const NAMED: &str = "name:";

/// A word that a column holds.
macro_rules! word {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident,)+ }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, Display, IntoStaticStr, EnumString,
            VariantArray, DeriveValueType,
        )]
        #[sea_orm(value_type = "String")]
        #[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }
    };
}

word! {
    /// How a rule compares its text with a task's name.
    RuleMatch {
        /// The name starts with it.
        Prefix,
        /// The name has it somewhere.
        Contains,
        /// The name, or a part of it, matches this regular expression.
        Pattern,
    }
}

word! {
    /// What decided to which package a task belongs.
    AssignedBy {
        /// A person.
        Hand,
        /// A rule of the package.
        Rule,
        /// The package that the platform's records carry back in their `params`.
        Params,
    }
}

/// A rule on task names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PackageRule {
    /// How it compares.
    pub matches: RuleMatch,
    /// With what.
    pub text: String,
}

impl PackageRule {
    /// As a record of a change has it.
    #[must_use]
    pub fn recorded(&self) -> String {
        format!("{} {}", self.matches, self.text)
    }
}

/// The package of a task, and how that came about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Link {
    /// The package; none where nothing claims the task, or more than one package does.
    pub package_id: Option<i64>,
    /// What decided it; none where nothing did.
    pub by: Option<AssignedBy>,
    /// How many packages claim it by their rules, or are named by its records; 0 where a person
    /// decided.
    pub claims: i32,
}

impl Link {
    /// A person's decision; none takes the task from its package for good.
    #[must_use]
    pub const fn by_hand(package_id: Option<i64>) -> Self {
        Self {
            package_id,
            by: Some(AssignedBy::Hand),
            claims: 0,
        }
    }

    /// Whether a person decided it, which nothing else overrides.
    #[must_use]
    pub fn is_by_hand(&self) -> bool {
        self.by == Some(AssignedBy::Hand)
    }

    fn of(claims: &BTreeSet<i64>, by: AssignedBy) -> Self {
        let only = (claims.len() == 1)
            .then(|| claims.first().copied())
            .flatten();
        Self {
            package_id: only,
            by: only.map(|_| by),
            claims: i32::try_from(claims.len()).unwrap_or(i32::MAX),
        }
    }
}

#[derive(Debug)]
enum Matcher {
    Prefix(String),
    Contains(String),
    Pattern(Regex),
}

impl Matcher {
    /// None for a pattern that does not compile any more.
    fn new(rule: &PackageRule) -> Option<Self> {
        Some(match rule.matches {
            RuleMatch::Prefix => Self::Prefix(name_key(&rule.text)),
            RuleMatch::Contains => Self::Contains(name_key(&rule.text)),
            RuleMatch::Pattern => Self::Pattern(compile(&rule.text).ok()?),
        })
    }

    fn matches(&self, plain: &str, key: &str) -> bool {
        match self {
            Self::Prefix(text) => key.starts_with(text),
            Self::Contains(text) => key.contains(text),
            Self::Pattern(pattern) => pattern.is_match(plain),
        }
    }
}

/// All packages by what claims tasks for them.
#[derive(Debug, Default)]
pub struct Claims {
    rules: Vec<(i64, Matcher)>,
    ids: HashSet<i64>,
    names: HashMap<String, i64>,
}

impl Claims {
    /// Of `packages` (ids and [`name_key`]s) with their `rules`.
    #[must_use]
    pub fn new(
        packages: impl IntoIterator<Item = (i64, Option<String>)>,
        rules: impl IntoIterator<Item = (i64, PackageRule)>,
    ) -> Self {
        let mut claims = Self::default();
        for (id, key) in packages {
            claims.ids.insert(id);
            claims.names.extend(key.map(|key| (key, id)));
        }
        let matchers = rules.into_iter();
        claims.rules = matchers
            .filter_map(|(id, rule)| Some((id, Matcher::new(&rule)?)))
            .collect();
        claims
    }

    /// The packages whose rules claim a task of this name.
    #[must_use]
    pub fn by_rules(&self, name: &str) -> BTreeSet<i64> {
        let plain = plain(name);
        let key = plain.to_ascii_lowercase();
        let claims = self.rules.iter();
        claims
            .filter(|(_, matcher)| matcher.matches(&plain, &key))
            .map(|(id, _)| *id)
            .collect()
    }

    /// The package that a record names: by its number, its global id, or its name.
    fn named(&self, hint: &str) -> Option<i64> {
        let by_name = |name: &str| self.names.get(&name_key(name)).copied();
        if let Some(name) = hint.strip_prefix(NAMED) {
            return by_name(name);
        }
        let existing = |id: i64| self.ids.contains(&id).then_some(id);
        let number = hint.parse().ok().and_then(existing);
        let global = || global_id(hint).and_then(existing);
        number.or_else(global).or_else(|| by_name(hint))
    }

    /// The package of a task that no person decided about: that which its records name, else that
    /// whose rules claim its name. More than one is none.
    #[must_use]
    pub fn link(&self, name: &str, hints: &[String]) -> Link {
        let named: BTreeSet<i64> = hints.iter().filter_map(|hint| self.named(hint)).collect();
        if named.is_empty() {
            Link::of(&self.by_rules(name), AssignedBy::Rule)
        } else {
            Link::of(&named, AssignedBy::Params)
        }
    }
}

fn global_id(text: &str) -> Option<i64> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    text.strip_prefix("LeadPackage:")?.parse().ok()
}

/// A package as a record names it, to be looked up by [`Claims`]; `None` for a text that names none.
#[must_use]
pub fn hint(text: &str, is_name: bool) -> Option<String> {
    let text = plain(text);
    let is_usable = !text.is_empty() && text != "0" && text.chars().count() <= 200;
    let prefix = if is_name { NAMED } else { "" };
    is_usable.then(|| format!("{prefix}{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(matches: RuleMatch, text: &str) -> PackageRule {
        PackageRule {
            matches,
            text: text.to_owned(),
        }
    }

    fn claims(rules: &[(i64, RuleMatch, &str)]) -> Claims {
        let packages = [(1, "浙江企业-11月A包"), (2, "2026"), (3, "B")];
        Claims::new(
            packages.map(|(id, name)| (id, Some(name_key(name)))),
            rules
                .iter()
                .map(|(id, matches, text)| (*id, rule(*matches, text))),
        )
    }

    #[test]
    fn names_match_whatever_their_width_case_and_blanks() {
        let claims = claims(&[
            (1, RuleMatch::Prefix, "浙江企业-11月Ａ包"),
            (2, RuleMatch::Contains, "vip （杭州）"),
            (3, RuleMatch::Pattern, r"^江苏.*-\d{2}$"),
        ]);
        for (name, expected) in [
            ("浙江企业-11月a包-01", vec![1]),
            ("\u{feff}浙江企业－１１月A包\u{200b}-02", vec![1]),
            ("外呼 VIP\u{a0}(杭州) 02", vec![2]),
            // Any number of blanks is one, and none is another name.
            ("外呼 VIP \u{3000}(杭州) 02", vec![2]),
            ("浙江企业 -11月A包-01", vec![]),
            ("江苏企业-01", vec![3]),
            ("江苏企业-001x", vec![]),
            ("浙江企业-11月A包 vip(杭州)", vec![1]),
            ("浙江企业-11月A包 vip (杭州)", vec![1, 2]),
            ("", vec![]),
        ] {
            let claimed: Vec<i64> = claims.by_rules(name).into_iter().collect();
            assert_eq!(claimed, expected, "{name}");
        }
    }

    #[test]
    fn what_a_record_names_counts_more_than_rules_and_two_are_none() {
        let claims = claims(&[
            (1, RuleMatch::Contains, "A包"),
            (3, RuleMatch::Prefix, "外呼"),
        ]);
        let link = |name: &str, hints: &[&str]| {
            let hints: Vec<String> = hints.iter().map(ToString::to_string).collect();
            let link = claims.link(name, &hints);
            (link.package_id, link.by, link.claims)
        };
        let (rule, params) = (Some(AssignedBy::Rule), Some(AssignedBy::Params));
        assert_eq!(link("x", &[]), (None, None, 0));
        assert_eq!(link("A包-01", &[]), (Some(1), rule, 1));
        assert_eq!(link("外呼A包", &[]), (None, None, 2));
        // By number, global id and name; a number that is no package's can be a name.
        for (hint, package) in [
            ("3", 3),
            ("TGVhZFBhY2thZ2U6Mw", 3),
            (" b ", 3),
            ("2026", 2),
            ("name:2026", 2),
        ] {
            assert_eq!(
                link("A包-01", &[hint]),
                (Some(package), params, 1),
                "{hint}"
            );
        }
        // What names no package that there is leaves it to the rules.
        for hint in ["99", "name:3", "TGVhZFBhY2thZ2U6OTk", "RGlhbFRhc2s6Mw"] {
            assert_eq!(link("A包-01", &[hint]), (Some(1), rule, 1), "{hint}");
        }
        assert_eq!(link("A包-01", &["3", "b"]), (Some(3), params, 1));
        assert_eq!(link("A包-01", &["3", "2"]), (None, None, 2));
    }
}
