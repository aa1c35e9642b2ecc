//! The catalogue that turns the grade a call was given, free text, into a code.

use std::collections::HashMap;

use super::{money::Money, text};

/// The code of a call whose grade text is in no catalogue entry's patterns.
pub const OTHER: &str = "OTHER";
/// The code of the 9-yuan deal in the default catalogue.
pub const NINE_YUAN: &str = "NINE_YUAN";
/// The code of the 1-yuan deal in the default catalogue.
pub const ONE_YUAN: &str = "ONE_YUAN";

/// One entry of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grade {
    /// Stable name, `NINE_YUAN`.
    pub code: String,
    /// What people call it, `9元`.
    pub label: String,
    /// Texts that mean this grade, compared whole and normalised.
    pub patterns: Vec<String>,
    /// What one such call earns.
    pub unit_price: Money,
    /// The person is interested.
    pub is_interested: bool,
    /// The call is a deal.
    pub is_success: bool,
}

/// A grade text that the catalogue does not know: its calls count as [`OTHER`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownGrade {
    /// The text.
    pub text: String,
    /// How many calls have it.
    pub calls: i64,
}

impl Grade {
    /// Whether a call comes to the same by `other`.
    #[must_use]
    pub fn is_worth(&self, other: &Self) -> bool {
        let worth = |grade: &Self| (grade.unit_price, grade.is_interested, grade.is_success);
        worth(self) == worth(other)
    }

    /// The code under which the grade as it is now is kept when it is changed or deleted, for the
    /// `number`th time: no grade of the catalogue can have it.
    #[must_use]
    pub fn retired(&self, number: usize) -> String {
        format!("{}#{number}", self.code)
    }
}

/// The code that a grade has in the catalogue, or had before it was retired.
#[must_use]
pub fn original_code(code: &str) -> &str {
    code.split_once('#').map_or(code, |(code, _)| code)
}

/// The text by which grades are compared: as [`text::grade`] reads it, whatever the case of Latin
/// letters: `" ９ 元 "` and `"9元"` are one text. Empty when there is no grade.
#[must_use]
pub fn normalise(grade: &str) -> String {
    text::grade(grade).to_uppercase()
}

/// Looks grade texts up.
#[derive(Debug, Clone, Default)]
pub struct GradeCatalogue {
    by_pattern: HashMap<String, String>,
}

impl GradeCatalogue {
    /// A catalogue of `grades`; where two claim one pattern the first has it.
    pub fn new<'a>(grades: impl IntoIterator<Item = &'a Grade>) -> Self {
        let mut by_pattern = HashMap::new();
        for grade in grades {
            for pattern in &grade.patterns {
                by_pattern
                    .entry(normalise(pattern))
                    .or_insert_with(|| grade.code.clone());
            }
        }
        Self { by_pattern }
    }

    /// The code of a grade text: `None` for no or blank text, [`OTHER`] for a text that no grade
    /// claims. The whole text decides, never a part: `19元` is not `9元`.
    #[must_use]
    pub fn code_of(&self, grade: Option<&str>) -> Option<&str> {
        let text = normalise(grade?);
        if text.is_empty() {
            return None;
        }
        Some(self.by_pattern.get(&text).map_or(OTHER, String::as_str))
    }
}

/// The catalogue that a new database starts with.
#[must_use]
pub fn default_grades() -> Vec<Grade> {
    let grade =
        |code: &str, label: &str, patterns: &[&str], yuan: i64, is_interested, is_success| Grade {
            code: code.to_owned(),
            label: label.to_owned(),
            patterns: patterns.iter().map(|&pattern| pattern.to_owned()).collect(),
            unit_price: Money::from_ten_thousandths(yuan * 10_000),
            is_interested,
            is_success,
        };
    vec![
        grade(NINE_YUAN, "9元", &["9元", "9"], 9, false, true),
        grade(ONE_YUAN, "1元", &["1元", "1"], 1, false, true),
        grade("A", "A", &["A"], 0, true, false),
        grade("B", "B", &["B"], 0, true, false),
        grade(OTHER, "其他", &[], 0, false, false),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retired_grade_is_known_by_its_code() {
        let [nine, ..] = &default_grades()[..] else {
            panic!("no grades");
        };
        assert_eq!(nine.retired(2), "NINE_YUAN#2");
        for code in ["NINE_YUAN", "NINE_YUAN#2"] {
            assert_eq!(original_code(code), NINE_YUAN);
        }
    }

    #[test]
    fn the_whole_normalised_text_decides_and_never_a_part_of_it() {
        let catalogue = GradeCatalogue::new(&default_grades());
        for (text, code) in [
            ("9元", Some(NINE_YUAN)),
            (" 9元 ", Some(NINE_YUAN)),
            ("９元", Some(NINE_YUAN)),
            ("　９", Some(NINE_YUAN)),
            ("9元\u{200b}", Some(NINE_YUAN)),
            ("\u{feff}9元", Some(NINE_YUAN)),
            ("\u{2068}9元\u{2069}", Some(NINE_YUAN)),
            ("9\u{a0}元", Some(NINE_YUAN)),
            ("9\u{fe0f}元", Some(NINE_YUAN)),
            ("9元\r\n", Some(NINE_YUAN)),
            ("1 9元", Some(OTHER)),
            ("1", Some(ONE_YUAN)),
            ("１元", Some(ONE_YUAN)),
            ("a", Some("A")),
            ("Ｂ", Some("B")),
            ("19元", Some(OTHER)),
            ("99元", Some(OTHER)),
            ("11元", Some(OTHER)),
            ("21元", Some(OTHER)),
            ("意向客户", Some(OTHER)),
            ("", None),
            (" 　", None),
        ] {
            assert_eq!(catalogue.code_of(Some(text)), code, "{text:?}");
        }
        assert_eq!(catalogue.code_of(None), None);
    }
}
