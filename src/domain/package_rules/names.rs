//! Names as they are compared, and patterns that are looked for in them.

use regex::{Regex, RegexBuilder};

use crate::domain::text::{self, is_invisible};

/// Most bytes that a compiled pattern takes.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// A name as it is compared: see [`text::id`].
pub(super) fn plain(name: &str) -> String {
    text::id(name)
}

/// What two names of packages have in common that count as the same: Latin letters in either case,
/// widths, and which blanks stand in a row and how many make no difference. Whether there is a blank does.
#[must_use]
pub fn name_key(name: &str) -> String {
    plain(name).to_ascii_lowercase()
}

/// Full-width characters as ASCII ones, escaped where those would mean something in a pattern: the
/// name that is looked through has ASCII ones, too.
pub(super) fn plain_pattern(written: &str) -> String {
    let mut pattern = String::with_capacity(written.len());
    for c in written.chars() {
        match c {
            '\u{ff01}'..='\u{ff5e}' => {
                pattern.push_str(&regex::escape(&text::id(c.encode_utf8(&mut [0; 4]))));
            }
            '\u{3000}' => pattern.push(' '),
            c if is_invisible(c) => {}
            c => pattern.push(c),
        }
    }
    pattern
}

pub(super) fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .case_insensitive(true)
        .size_limit(MAX_PATTERN_BYTES)
        .dfa_size_limit(MAX_PATTERN_BYTES)
        .nest_limit(50)
        .build()
}

/// Names that have nothing in common but their lengths. A pattern that matches all of a row, or all but
/// one, says nothing of the names.
const UNRELATED: [&[&str]; 3] = [
    &["a", "Q", "7", "包", "浙", "é", "z"],
    &["task", "K3", "外呼", "été", "2026", "B组", "vip"],
    &[
        "quarterly review of everything",
        "浙江杭州企业十一月外呼名单第二批补充和其它余下号码",
        "012345678901234567890123456789",
        "Élève ñandú øre tschüß Žofín åäö",
        "KKK999KKK999KKK999KKK999KKK999",
    ],
];

/// Two names that have nothing in common, if a pattern matches whatever name.
pub(super) fn unrelated_matches(pattern: &Regex) -> Option<(&'static str, &'static str)> {
    UNRELATED.iter().find_map(|names| {
        let matched: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| pattern.is_match(name))
            .collect();
        let (first, last) = (matched.first()?, matched.last()?);
        (matched.len() + 1 >= names.len()).then_some((*first, *last))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(pattern: &str) -> bool {
        unrelated_matches(&compile(pattern).unwrap()).is_some()
    }

    #[test]
    fn a_pattern_that_matches_whatever_name_is_found_out() {
        for pattern in [
            ".*",
            "x*",
            "^",
            "$",
            "",
            ".+",
            ".",
            r"\w",
            r"[\s\S]",
            ".{1,}",
            "^.",
            "[^x]",
            "task|.",
            "(?i).+",
            r"\S+$",
            ".*.",
            "(?s).+",
            r"\S",
            "..",
            ".{2,}",
            ".{3}",
            r"\w\w",
            "^.{1,50}$",
            ".{20,}",
            "^.$",
            r"\b",
            r"\D",
            r"\d|\D",
            "[^包]",
            r"[^\d]",
            r"[^\s-]",
            r"^[^-]+$",
            r"\p{L}",
            r"[a-z]|\d|\p{Han}",
            r"[\p{Han}a-z]",
            "(a|[^a])",
            "^(?:.|任务)+$",
            ".?.",
            "(?m)^.",
            r"(?-u:\w)|.",
            "[^甲乙丙]{2}",
        ] {
            assert!(is_refused(pattern), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_says_something_of_a_name_is_taken() {
        for pattern in [
            "a",
            "包",
            "^浙",
            r"\d",
            r"\d{4}-\d{2}",
            "A包|B包",
            "^江苏.*-\\d{2}$",
            "^A[BC]?-1$",
            "x+",
            "^.{2}-",
            r"\p{Han}",
            "[a-z]",
            "[0-9]+$",
            "移动|联通|电信",
            "(?i)vip",
            r"^vip.*\d{2}$",
            "浙江（A|B）",
            r"\s",
            "-",
            "^[A-F]组",
            "^..包",
        ] {
            assert!(!is_refused(pattern), "{pattern}");
        }
    }
}
