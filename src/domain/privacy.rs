//! Personal data in texts of any kind: telephone numbers and e-mail addresses that people wrote
//! into notes, names and the like, hidden from those who may not see them.

use std::{borrow::Cow, sync::LazyLock};

use regex::{Captures, Regex};

use super::phone;

/// A mobile (maybe after 86), a landline with its area code, a 400 or 800 number; digits of either
/// width, with the signs that people put between them, and those that nobody sees.
const NUMBER: &str = r"(?x)
    (?: (?: [+＋]? [8８][6６] | [0０][0０][8８][6６] ) [\s\p{Pd}\p{Cf}−.]{0,2} )?
    (?: [1１] (?:[\s\p{Pd}\p{Cf}−.]{0,2}[3-9３-９]) (?:[\s\p{Pd}\p{Cf}−.]{0,2}[0-9０-９]){9}
      | [(（]? [0０] [0-9０-９]{2,3} [)）]? [\s\p{Pd}\p{Cf}−]{0,2} [0-9０-９]{7,8}
      | [48４８] [0０]{2} [\s\p{Pd}\p{Cf}−]{0,2} [0-9０-９]{3} [\s\p{Pd}\p{Cf}−]{0,2} [0-9０-９]{4}
    )";
const EMAIL: &str = r"([\w.+%-])[\w.+%-]*@([\w-]+(?:\.[\w-]+)+)";

static PATTERNS: LazyLock<Option<(Regex, Regex)>> =
    LazyLock::new(|| Some((Regex::new(NUMBER).ok()?, Regex::new(EMAIL).ok()?)));

/// The text with the middle of every telephone number and the name of every e-mail address hidden:
/// `138****8000`, `l***@example.com`. Digits in a row that are more than a number, such as another
/// system's id, stay.
#[must_use]
pub fn hidden(text: &str) -> Cow<'_, str> {
    let Some((number, email)) = &*PATTERNS else {
        return Cow::Borrowed("****");
    };
    let hide = |captures: &Captures<'_>| {
        let found = captures.get_match();
        let beside = [
            text[..found.start()].chars().next_back(),
            text[found.end()..].chars().next(),
        ];
        if beside.into_iter().flatten().any(char::is_numeric) {
            found.as_str().to_owned()
        } else {
            phone::masked(found.as_str())
        }
    };
    let numbers = number.replace_all(text, hide);
    match email.replace_all(&numbers, "$1***@$2") {
        Cow::Borrowed(_) => numbers,
        Cow::Owned(text) => Cow::Owned(text),
    }
}

/// Whether a text has a telephone number or an e-mail address in it.
#[must_use]
pub fn is_personal(text: &str) -> bool {
    hidden(text) != text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_addresses_are_hidden_wherever_they_stand() {
        for (text, expected) in [
            ("13812348000", "138****8000"),
            ("电话13812348000，晚上打", "电话138****8000，晚上打"),
            ("tel13812348000x", "tel138****8000x"),
            ("+86 138 1234 8000", "+86****8000"),
            ("138-1234-8000/13912348001", "138****8000/139****8001"),
            (
                "138\u{2011}1234\u{2212}8000 139\u{200b}12348001",
                "138****8000 139****8001",
            ),
            ("１３８１２３４８０００", "１３８****８０００"),
            ("座机010-62345678转801", "座机010****5678转801"),
            ("(0571)8765432", "(05****5432"),
            ("400-123-4567", "400****4567"),
            (
                "mail li.wei@example.com.cn now",
                "mail l***@example.com.cn now",
            ),
            (
                "/rec/20261119_13812348000.mp3",
                "/rec/20261119_138****8000.mp3",
            ),
        ] {
            assert_eq!(hidden(text), expected);
            assert_eq!(hidden(expected), expected, "hidden once for all");
            assert!(is_personal(text));
        }
    }

    #[test]
    fn other_figures_stay() {
        for text in [
            "2026-11-19",
            "2026-11-19T16:00:00.123456Z",
            "138****8000",
            "1234567890123456789",
            "913812348000",
            "99.00",
            "11月A包-01",
            "120",
            "",
        ] {
            assert_eq!(hidden(text), text);
            assert!(!is_personal(text));
        }
    }
}
