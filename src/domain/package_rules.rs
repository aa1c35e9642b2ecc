//! Which dial tasks belong to which package: by hand, by what the platform's records carry back, or by
//! the packages' rules on task names.

use std::collections::{BTreeSet, HashMap, HashSet};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use regex::{Regex, RegexBuilder};
use sea_orm::DeriveValueType;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use super::{
    change::Change,
    fields::{Fields, TextRule},
    grade::fold_width,
    problem::{Code, Path, Problems},
};

/// Most rules of a package.
pub const MAX_RULES: usize = 50;
/// Most bytes that a compiled pattern takes.
const MAX_PATTERN_BYTES: usize = 1 << 20;
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

/// A name as it is compared: format characters dropped, full-width characters as ASCII ones, blanks as
/// one space each.
fn plain(name: &str) -> String {
    let visible: String = fold_width(name)
        .chars()
        .filter(|c| !is_invisible(*c))
        .collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Format characters and variation selectors: they change how a text looks, and not what it says.
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// What two names of packages have in common that count as the same: Latin letters in either case,
/// widths and blanks make no difference.
#[must_use]
pub fn name_key(name: &str) -> String {
    plain(name).to_ascii_lowercase()
}

/// Full-width characters as ASCII ones, escaped where those would mean something in a pattern: the
/// name that is looked through has ASCII ones, too.
fn plain_pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{ff01}'..='\u{ff5e}' => {
                pattern.push_str(&regex::escape(&fold_width(c.encode_utf8(&mut [0; 4]))))
            }
            '\u{3000}' => pattern.push(' '),
            c if is_invisible(c) => {}
            c => pattern.push(c),
        }
    }
    pattern
}

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .case_insensitive(true)
        .size_limit(MAX_PATTERN_BYTES)
        .dfa_size_limit(MAX_PATTERN_BYTES)
        .nest_limit(50)
        .build()
}

/// The rules after `given`: at most [`MAX_RULES`], each once. Notes what is wrong with each, below
/// `path`.
pub fn read_rules(
    given: Change<Vec<PackageRule>>,
    before: Option<&[PackageRule]>,
    path: &Path,
    problems: &mut Problems,
) -> Vec<PackageRule> {
    let given = match given {
        Change::Keep => return before.unwrap_or_default().to_vec(),
        Change::Clear => return Vec::new(),
        Change::Set(given) => given,
    };
    if given.len() > MAX_RULES {
        let message = format!(
            "at most {MAX_RULES} rules are taken, and {} were given",
            given.len()
        );
        problems.note(path.clone(), Code::TooMany, message);
        return Vec::new();
    }
    let mut rules: Vec<PackageRule> = Vec::with_capacity(given.len());
    let mut seen = HashSet::new();
    for (index, rule) in given.into_iter().enumerate() {
        let mut fields = Fields::new(path.item(index), problems);
        let Some(rule) = read_rule(rule, &mut fields) else {
            continue;
        };
        let compared = match rule.matches {
            RuleMatch::Pattern => rule.text.clone(),
            _ => name_key(&rule.text),
        };
        if seen.insert((rule.matches, compared)) {
            rules.push(rule);
        } else {
            fields.note("text", Code::Duplicate, "an earlier rule says the same");
        }
    }
    rules
}

fn read_rule(rule: PackageRule, fields: &mut Fields<'_>) -> Option<PackageRule> {
    let is_pattern = rule.matches == RuleMatch::Pattern;
    let text = if is_pattern {
        plain_pattern(&rule.text)
    } else {
        rule.text
    };
    let text = fields.required_text("text", TextRule::SHORT, Change::Set(text), None)?;
    if is_pattern {
        match compile(&text) {
            Err(error) => {
                fields.note("text", Code::InvalidFormat, refusal(&error));
                return None;
            }
            Ok(pattern) if pattern.is_match("") => {
                let message = "this pattern matches every name: say what the names have in them";
                fields.note("text", Code::InvalidFormat, message);
                return None;
            }
            Ok(_) => {}
        }
    } else if name_key(&text).is_empty() {
        fields.note("text", Code::Blank, "it must not be blank");
        return None;
    }
    Some(PackageRule {
        matches: rule.matches,
        text,
    })
}

fn refusal(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => {
            "this pattern is too large: repeat less in it".to_owned()
        }
        // The last line says what is wrong; those before it repeat the pattern.
        error => {
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or_default();
            let reason = reason.trim_start_matches("error: ");
            format!("this is no regular expression: {reason}")
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

    fn read(rules: Vec<PackageRule>) -> (Vec<PackageRule>, Vec<(Vec<String>, Code)>) {
        let mut problems = Problems::default();
        let path = Path::input().field("rules");
        let read = read_rules(Change::Set(rules), None, &path, &mut problems);
        let problems = problems.into_iter();
        let problems = problems.map(|problem| (problem.path.into(), problem.code));
        (read, problems.collect())
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
    fn every_problem_of_every_rule_is_noted() {
        let (_, problems) = read(vec![
            rule(RuleMatch::Prefix, " \u{200b} "),
            rule(RuleMatch::Pattern, "("),
            rule(RuleMatch::Pattern, "(?:a{1000}){1000}"),
            rule(RuleMatch::Pattern, ".*"),
            rule(RuleMatch::Contains, &"包".repeat(201)),
            rule(RuleMatch::Contains, "a\nb"),
            rule(RuleMatch::Prefix, "Ａ包"),
            rule(RuleMatch::Prefix, "a包 "),
            rule(RuleMatch::Contains, "a包"),
        ]);
        let codes: Vec<(&str, Code)> = problems
            .iter()
            .map(|(path, code)| (path[2].as_str(), *code))
            .collect();
        assert_eq!(
            codes,
            [
                ("0", Code::Blank),
                ("1", Code::InvalidFormat),
                ("2", Code::InvalidFormat),
                ("3", Code::InvalidFormat),
                ("4", Code::TooLong),
                ("5", Code::ControlCharacter),
                ("7", Code::Duplicate),
            ]
        );
        let (_, problems) = read(vec![rule(RuleMatch::Prefix, "a"); 51]);
        assert_eq!(problems[0].1, Code::TooMany);
        let error = compile("a(").unwrap_err();
        assert_eq!(
            refusal(&error),
            "this is no regular expression: unclosed group"
        );
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
    fn a_wide_bracket_in_a_pattern_is_a_bracket_of_the_name() {
        let (rules, problems) = read(vec![rule(RuleMatch::Pattern, "^浙江（A|B）")]);
        assert_eq!(problems, []);
        assert_eq!(rules[0].text, r"^浙江\(A|B\)");
        let claims = Claims::new([(1, None)], [(1, rules[0].clone())]);
        assert_eq!(claims.link("浙江（A）-01", &[]).package_id, Some(1));
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
