//! Reading the rules that people give.

use std::collections::HashSet;

use super::{
    PackageRule, RuleMatch,
    names::{compile, name_key, plain_pattern, unrelated_matches},
};
use crate::domain::{
    change::Change,
    fields::{Fields, TextRule},
    problem::{Code, Path, Problems},
};

/// Most rules of a package.
pub const MAX_RULES: usize = 50;

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
            Ok(pattern) => {
                if let Some((one, other)) = unrelated_matches(&pattern) {
                    let message = format!(
                        "the pattern `{text}` matches names that have nothing in common, such as `{one}` and `{other}`: say what the names of the package's tasks have in them"
                    );
                    fields.note("text", Code::InvalidFormat, message);
                    return None;
                }
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::package_rules::Claims;

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

    #[test]
    fn every_problem_of_every_rule_is_noted() {
        let (_, problems) = read(vec![
            rule(RuleMatch::Prefix, " \u{200b} "),
            rule(RuleMatch::Pattern, "("),
            rule(RuleMatch::Pattern, "(?:a{1000}){1000}"),
            rule(RuleMatch::Pattern, ".*"),
            rule(RuleMatch::Contains, &"包".repeat(201)),
            rule(RuleMatch::Contains, "a\u{1b}b"),
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
    fn a_rule_that_says_nothing_of_the_names_is_refused() {
        for pattern in [".+", "．+", r"\w", "[^x]", "task|.", ".{2,}", r"\S+$"] {
            let (_, problems) = read(vec![rule(RuleMatch::Pattern, pattern)]);
            assert_eq!(problems.len(), usize::from(pattern != "．+"), "{pattern}");
        }
        let mut problems = Problems::default();
        let given = Change::Set(vec![rule(RuleMatch::Pattern, "task|.")]);
        read_rules(given, None, &Path::input().field("rules"), &mut problems);
        let message = problems.into_iter().next().unwrap().message;
        assert!(message.contains("`task|.` matches names"), "{message}");
        // One character is enough where it is a text.
        for matches in [RuleMatch::Prefix, RuleMatch::Contains] {
            for text in ["a", "7", "包", "."] {
                assert_eq!(read(vec![rule(matches, text)]).1, [], "{text}");
            }
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
}
