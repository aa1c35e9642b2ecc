//! Rules of the grade catalogue's entries.

use super::{
    audit::Record,
    change::{Change, Given},
    fields::{Fields, TextRule},
    grade::{Grade, OTHER, normalise},
    money::Money,
    problem::{Code, Path, Problems},
    text,
};

/// Most texts that mean one grade.
const MAX_PATTERNS: usize = 100;

/// What a caller says of a grade.
#[derive(Debug, Clone, Default)]
pub struct GradeInput {
    /// Its stable name.
    pub code: String,
    /// What people call it; has to be there.
    pub label: Change<String>,
    /// Texts that mean it; none at first.
    pub patterns: Change<Vec<String>>,
    /// What one such call earns; 0 at first.
    pub unit_price: Change<Given<Money>>,
    /// The person is interested; false at first.
    pub is_interested: Change<bool>,
    /// The call is a deal; false at first.
    pub is_success: Change<bool>,
}

impl Grade {
    /// A grade after `input`: a new one, or the one of this code in `catalogue`. Notes what is
    /// wrong, also against the other grades of `catalogue`.
    pub fn read(input: GradeInput, catalogue: &[Self], problems: &mut Problems) -> Option<Self> {
        let code = text::id(&input.code);
        let before = catalogue.iter().find(|grade| grade.code == code);
        let mut fields = Fields::new(Path::input(), problems);
        if !is_code(&code) {
            let message = "a code begins with a letter A-Z and has up to 40 of A-Z, 0-9 and _";
            fields.note("code", Code::InvalidFormat, message);
        }
        let label = fields.required_text(
            "label",
            TextRule::SHORT,
            input.label,
            before.map(|before| before.label.clone()),
        );
        let price = before.map_or(Money::ZERO, |before| before.unit_price);
        let price = fields.required("unitPrice", input.unit_price, Some(Ok(price)));
        let unit_price = fields.amount("unitPrice", price);
        let mut flag = |name, change, before: Option<bool>| {
            fields.required(name, change, before.or(Some(false)))
        };
        let is_interested = flag(
            "isInterested",
            input.is_interested,
            before.map(|before| before.is_interested),
        );
        let is_success = flag(
            "isSuccess",
            input.is_success,
            before.map(|before| before.is_success),
        );
        let kept = before.map(|before| before.patterns.clone());
        let patterns = match input.patterns {
            Change::Keep => kept.unwrap_or_default(),
            Change::Clear => Vec::new(),
            Change::Set(given) => read_patterns(&code, given, catalogue, problems),
        };
        Some(Self {
            code,
            label: label?,
            patterns,
            unit_price: unit_price?,
            is_interested: is_interested?,
            is_success: is_success?,
        })
    }

    /// As the record of a change has it.
    #[must_use]
    pub fn record(&self) -> Record {
        Record::default()
            .with("code", self.code.clone())
            .with("label", self.label.clone())
            .with("patterns", self.patterns.clone())
            .with_amount("unitPrice", Some(self.unit_price))
            .with("isInterested", self.is_interested)
            .with("isSuccess", self.is_success)
    }
}

fn is_code(code: &str) -> bool {
    code.len() <= 40
        && code.starts_with(|c: char| c.is_ascii_uppercase())
        && code
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

fn read_patterns(
    code: &str,
    given: Vec<String>,
    catalogue: &[Grade],
    problems: &mut Problems,
) -> Vec<String> {
    let path = Path::input().field("patterns");
    if code == OTHER && !given.is_empty() {
        let message = "OTHER is every text that no other grade claims: it takes no patterns";
        problems.note(path, Code::Conflicting, message);
        return Vec::new();
    }
    if given.len() > MAX_PATTERNS {
        let message = format!(
            "at most {MAX_PATTERNS} patterns are taken, and {} were given",
            given.len()
        );
        problems.note(path, Code::TooMany, message);
        return Vec::new();
    }
    let owner = |text: &str| {
        catalogue.iter().find(|grade| {
            grade.code != code && grade.patterns.iter().any(|other| normalise(other) == text)
        })
    };
    let mut patterns = Vec::with_capacity(given.len());
    let mut seen = std::collections::HashSet::new();
    for (index, pattern) in given.into_iter().enumerate() {
        let name = index.to_string();
        let mut fields = Fields::new(path.clone(), problems);
        let change = Change::Set(pattern);
        let Some(pattern) = fields.required_text(&name, TextRule::GRADE, change, None) else {
            continue;
        };
        let text = normalise(&pattern);
        if let Some(owner) = owner(&text) {
            let message = format!("{pattern} means {} already", owner.code);
            fields.note(&name, Code::Taken, message);
        } else if !seen.insert(text) {
            let message = format!("{pattern} was given before");
            fields.note(&name, Code::Duplicate, message);
        }
        patterns.push(pattern);
    }
    patterns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::grade::default_grades;

    fn codes(input: GradeInput) -> Vec<(String, Code)> {
        let mut problems = Problems::default();
        let _ = Grade::read(input, &default_grades(), &mut problems);
        problems
            .into_iter()
            .map(|problem| (Vec::from(problem.path).join("."), problem.code))
            .collect()
    }

    fn patterns(code: &str, patterns: &[&str]) -> Vec<(String, Code)> {
        codes(GradeInput {
            code: code.to_owned(),
            label: Change::Set("x".to_owned()),
            patterns: Change::Set(patterns.iter().map(|&text| text.to_owned()).collect()),
            ..GradeInput::default()
        })
    }

    #[test]
    fn a_text_means_one_grade() {
        assert_eq!(patterns("NINE_YUAN", &["9元", "九元"]), []);
        let place = |index: u8| format!("input.patterns.{index}");
        assert_eq!(patterns("C", &["C", "ａ"]), [(place(1), Code::Taken)]);
        assert_eq!(patterns("C", &["C", " c"]), [(place(1), Code::Duplicate)]);
        assert_eq!(patterns("C", &[" "]), [(place(0), Code::Blank)]);
        let conflict = ("input.patterns".to_owned(), Code::Conflicting);
        assert_eq!(patterns("OTHER", &["x"]), [conflict]);
        assert_eq!(patterns("OTHER", &[]), []);
    }

    #[test]
    fn a_code_has_a_form() {
        let refused = [("input.code".to_owned(), Code::InvalidFormat)];
        for code in ["a", "9A", "", "A-B", &"A".repeat(41)] {
            assert_eq!(patterns(code, &[]), refused, "{code}");
        }
        assert_eq!(patterns(&"A".repeat(40), &[]), []);
    }
}
