//! Names that look like one another, so that nobody passes for somebody else.
//!
//! Two names look alike when they have one skeleton (Unicode Technical Standard 39, whose table of
//! confusable characters covers all scripts): Cyrillic а and Latin a, 1 and l, 0 and O, rn and m, 口 and
//! ロ, marks of one shape; also in either case. Names that mix scripts whose letters look alike, such as
//! Latin and Cyrillic, are refused whatever they look like. What that table does not have (大 and 太, ü
//! and u) is told apart.

use unicode_script::Script;
use unicode_security::{confusable_detection::skeleton, mixed_script::AugmentedScriptSet};

use super::text;

/// What a name looks like: as it is shown, and in one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    shown: String,
    caseless: String,
}

impl Look {
    /// The look of `name`.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let name = text::name(name);
        // Letters that have a capital in common become one: σ and ς, i and ı.
        let folded = name.to_lowercase().to_uppercase().to_lowercase();
        Self {
            shown: skeleton(&name).collect(),
            // The skeleton of a digit may be a capital.
            caseless: skeleton(&folded).flat_map(char::to_lowercase).collect(),
        }
    }

    /// Texts of which names that look alike share one.
    #[must_use]
    pub fn into_texts(self) -> [String; 2] {
        // No skeleton has a line break.
        [format!("shown\n{}", self.shown), self.caseless]
    }

    /// Whether one may be taken for the other.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        self.shown == other.shown || self.caseless == other.caseless
    }
}

/// Whether a name mixes scripts whose letters may be taken for each other. Latin goes with one script
/// that is unlike it, such as Chinese, Japanese or Korean, but not with Cyrillic or Greek.
#[must_use]
pub fn mixes_scripts(name: &str) -> bool {
    let mut all = AugmentedScriptSet::default();
    let mut not_latin = AugmentedScriptSet::default();
    for character in name.chars() {
        let scripts = AugmentedScriptSet::for_char(character);
        all.intersect_with(scripts);
        if !scripts.base.contains_script(Script::Latin) {
            not_latin.intersect_with(scripts);
        }
    }
    if !all.is_empty() {
        return false;
    }
    let is_cjk = not_latin.hanb || not_latin.jpan || not_latin.kore;
    let is_unlike = |script: Script| {
        script.is_recommended() && !matches!(script, Script::Cyrillic | Script::Greek)
    };
    !(is_cjk || not_latin.base.len() == 1 && not_latin.base.iter().all(is_unlike))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(one: &str, other: &str) -> bool {
        Look::of(one).is_like(&Look::of(other))
    }

    #[test]
    fn what_cannot_be_told_apart_looks_alike() {
        for (one, other) in [
            ("li", "LI"),
            ("li", "ｌｉ"),
            ("li", "l\u{200b}i"),
            ("jos\u{e9}", "jose\u{301}"),
            ("admin", "аdmin"),
            ("admin", "\u{430}dm\u{456}n"),
            ("admin", "adm\u{131}n"),
            ("scope", "ѕсоре"),
            ("wang1", "wangl"),
            ("wang1", "wangI"),
            ("user0", "userO"),
            ("user0", "usero"),
            ("modern", "modem"),
            ("AI", "Al"),
            ("νικος", "ΝΙΚΟΣ"),
            ("νικος", "νικοσ"),
            ("口", "ロ"),
            ("未", "末"),
            ("a·b", "a・b"),
        ] {
            assert!(alike(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("li", "lu"),
            ("li", "lin"),
            ("li na", "lina"),
            ("王芳", "王方"),
            ("jos\u{e9}", "jose"),
            ("wang1", "wang2"),
            ("user10", "user20"),
            ("大", "太"),
        ] {
            assert!(!alike(one, other), "{one} {other}");
        }
    }

    #[test]
    fn scripts_that_look_alike_are_not_mixed() {
        for mixed in ["раyраl", "аdmin", "Αlpha", "ЖΩ", "王а1b"] {
            assert!(mixes_scripts(mixed), "{mixed}");
        }
        for fine in [
            "li-2",
            "Иван",
            "王芳 Linda",
            "カタカナ漢字 x",
            "김 Lee",
            "买买提·艾合买提",
            "12",
            "José",
        ] {
            assert!(!mixes_scripts(fine), "{fine}");
        }
    }
}
