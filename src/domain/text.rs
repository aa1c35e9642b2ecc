//! One reading of text: what looks the same is the same, whoever wrote it with whatever keyboard,
//! spreadsheet or system.
//!
//! Characters that show nothing (format characters, among them the byte order mark, bidi marks, zero
//! width spaces and the soft hyphen; variation selectors; control characters) are dropped, full-width
//! and half-width forms become the ordinary ones, composed letters are composed (NFC), and blanks of
//! every kind become one space. What people write freely keeps its width, its lines and its emoji. What a mark turns
//! round stands in the order in which it is shown.

use unicode_normalization::{
    IsNormalized, UnicodeNormalization as _, char::decompose_compatible, is_nfc_quick,
};
use unicode_properties::{GeneralCategory, UnicodeEmoji as _, UnicodeGeneralCategory as _};

use super::phone;

mod direction;

const JOINER: char = '\u{200d}';

/// How a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Another system's id, or a code.
    Id,
    /// The grade of a call.
    Grade,
    /// A name, or another text of one line.
    Name,
    /// What people write freely, in lines.
    Notes,
    /// A web address.
    Address,
    /// A telephone number.
    Phone,
}

impl Reading {
    /// How the texts of a column are read; `None` where they are stored as the program wrote them.
    #[must_use]
    pub fn of_column(column: &str) -> Option<Self> {
        Some(match column {
            "phone_number" => Self::Phone,
            "grade" => Self::Grade,
            "external_id" | "code" | "grade_code" => Self::Id,
            "notes" | "description" => Self::Notes,
            "recording_url" => Self::Address,
            "task_name" | "name" | "label" | "tag_name" | "tag_value" | "hangup_reason"
            | "customer_name" | "company" | "province" | "city" | "device_name" | "source"
            | "industry" | "region" | "email" => Self::Name,
            _ => return None,
        })
    }

    /// The one form of a text, which is its own one form too.
    #[must_use]
    pub fn read(self, text: &str) -> String {
        match self {
            Self::Id => id(text),
            Self::Grade => grade(text),
            Self::Name => name(text),
            Self::Notes => notes(text),
            Self::Address => visible(text).trim().to_owned(),
            Self::Phone => phone::read(text),
        }
    }

    /// The forms of a part of a text, or of its beginning, to be looked for: blanks at its ends stay,
    /// since they tell words apart, but for those before a beginning. Empty when there is nothing to
    /// look for.
    #[must_use]
    pub fn read_part(self, part: &str, is_beginning: bool) -> Vec<String> {
        let form = match self {
            Self::Id => collapsed(&folded(part, false)),
            Self::Name => collapsed(&folded(part, true)),
            Self::Grade => grade(part),
            Self::Notes => lines(part),
            Self::Address => visible(part),
            Self::Phone => return phone::parts(part, is_beginning),
        };
        if form.trim().is_empty() {
            return Vec::new();
        }
        if is_beginning {
            return vec![form.trim_start().to_owned()];
        }
        vec![form]
    }
}

/// An id of another system, or a code: nothing in it that cannot be seen, on one line.
#[must_use]
pub fn id(text: &str) -> String {
    line(text, false)
}

/// A name, or another text of one line: as [`id`], but emoji that are joined to one stay so.
#[must_use]
pub fn name(text: &str) -> String {
    line(text, true)
}

/// The grade of a call: as [`id`], and blanks count only between Latin letters and digits, `9 元` is
/// `9元`.
#[must_use]
pub fn grade(text: &str) -> String {
    let text = id(text);
    if !text.contains(' ') {
        return text;
    }
    let mut form = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let between = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        if c != ' ' || between(form.chars().next_back()) && between(rest.peek().copied()) {
            form.push(c);
        }
    }
    let form = composed(form);
    // A letter that a mark joined is no Latin one any more: the blank beside it does not count either.
    if form == text { form } else { grade(&form) }
}

/// What people write freely: only what cannot be seen is dropped, but for what makes emoji, and lines
/// end in one way.
#[must_use]
pub fn notes(text: &str) -> String {
    lines(text).trim_matches(is_blank_character).to_owned()
}

/// Whether there is nothing to be seen in a text.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|c| is_blank_character(c) || is_invisible(c) || c.is_control())
}

/// Whether both databases can hold a text: PostgreSQL has no U+0000, and no text here does.
#[must_use]
pub fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}

/// Whether a text has control characters other than blanks, and other than line breaks and tabs.
#[must_use]
pub fn has_controls(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && !c.is_whitespace())
}

fn line(text: &str, emoji: bool) -> String {
    let form = if text.chars().all(is_plain) {
        collapsed(text)
    } else {
        collapsed(&folded(text, emoji))
    };
    match form.trim_matches(' ') {
        trimmed if trimmed.len() == form.len() => form,
        trimmed => trimmed.to_owned(),
    }
}

/// What most texts are made of, which is its own one form.
const fn is_plain(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{4e00}'..='\u{9fff}')
}

fn is_blank_character(c: char) -> bool {
    // The blank of Braille is no space by its properties, and looks like one.
    c.is_whitespace() || c == '\u{2800}'
}

fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' | '\u{180b}'..='\u{180d}' | '\u{180f}')
}

/// Shows nothing, and is no blank: format characters, variation selectors, fillers.
pub(super) fn is_invisible(c: char) -> bool {
    if is_plain(c) {
        return false;
    }
    is_variation_selector(c)
        || matches!(
            c,
            '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}'
        )
        || matches!(c, '\u{e0000}'..='\u{e0fff}')
        || c.general_category() == GeneralCategory::Format
}

/// Stands for something in a picture of its own, unlike digits, which emoji are made of too.
fn is_emoji(c: char) -> bool {
    !c.is_ascii() && c.is_emoji_char()
}

/// Without what cannot be seen, in the ordinary width; blanks are spaces. Where `emoji` counts, those
/// that are joined to one stay so.
fn folded(text: &str, emoji: bool) -> String {
    let text = direction::as_shown(text);
    let mut kept = String::with_capacity(text.len());
    let mut rest = text
        .chars()
        .filter(|c| !is_variation_selector(*c))
        .peekable();
    while let Some(c) = rest.next() {
        if is_blank_character(c) {
            kept.push(' ');
        } else if c == JOINER {
            let joins = |c: Option<char>| c.is_some_and(is_emoji);
            if emoji && joins(kept.chars().next_back()) && joins(rest.peek().copied()) {
                kept.push(c);
            }
        } else if matches!(c, '\u{ff01}'..='\u{ffee}') && !is_invisible(c) {
            decompose_compatible(c, |c| kept.push(c));
        } else if !is_invisible(c) && !c.is_control() {
            kept.push(c);
        }
    }
    composed(kept)
}

fn composed(text: String) -> String {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => text,
        _ => text.nfc().collect(),
    }
}

/// Blanks in a row as one.
fn collapsed(text: &str) -> String {
    let mut form = String::with_capacity(text.len());
    for c in text.chars() {
        if c != ' ' || !form.ends_with(' ') {
            form.push(c);
        }
    }
    form
}

/// Without what cannot be seen, and nothing else.
fn visible(text: &str) -> String {
    direction::as_shown(text)
        .chars()
        .filter(|&c| !is_invisible(c) && !c.is_control())
        .collect()
}

/// Without what cannot be seen but for what makes emoji; every line ends in one way.
fn lines(text: &str) -> String {
    let text = direction::as_shown(text);
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let before = kept.chars().next_back();
        let of_emoji = |c: char| is_emoji(c) || is_variation_selector(c);
        match c {
            '\r' => {
                rest.next_if_eq(&'\n');
                kept.push('\n');
            }
            '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' => kept.push('\n'),
            '\t' => kept.push(c),
            // As an emoji, or as a text; a digit with a frame.
            '\u{fe0e}' | '\u{fe0f}' => {
                let framed = rest.peek() == Some(&'\u{20e3}');
                if framed || before.is_some_and(is_emoji) {
                    kept.push(c);
                }
            }
            JOINER => {
                if before.is_some_and(of_emoji) && rest.peek().is_some_and(|&c| is_emoji(c)) {
                    kept.push(c);
                }
            }
            // The flags of regions are tags behind a flag.
            '\u{e0020}'..='\u{e007f}' => {
                let is_tag = |c| matches!(c, '\u{1f3f4}' | '\u{e0020}'..='\u{e007e}');
                if before.is_some_and(is_tag) {
                    kept.push(c);
                }
            }
            c if is_invisible(c) || c.is_control() => {}
            c => kept.push(c),
        }
    }
    composed(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_dropped() {
        for written in [
            "e1",
            "\u{feff}e1",
            "e1\u{200b}",
            "e\u{ad}1",
            "\u{202a}e1\u{202c}",
            "\u{2066}e\u{200d}1\u{2069}",
            "e1\u{fe0f}",
            "e\u{e0101}1",
            "e1\u{3164}",
            "e\u{34f}1",
            "e\u{2060}1",
            "e\u{61c}1",
            "e1\u{0}\u{1b}",
            "ｅ１",
            "\u{3000}e1\u{a0}",
            "\te1\r\n",
            "\u{2800}e1",
        ] {
            assert_eq!(id(written), "e1", "{written:?}");
            assert_eq!(name(written), "e1", "{written:?}");
            assert_eq!(notes(written).replace("ｅ１", "e1"), "e1", "{written:?}");
        }
        for blank in ["", " ", "\u{200b}", "\u{feff} \u{3000}\n", "\u{2800}"] {
            assert!(is_blank(blank), "{blank:?}");
            assert_eq!((id(blank), notes(blank)), (String::new(), String::new()));
        }
        assert!(!is_blank("\u{200b}0"));
    }

    #[test]
    fn blanks_are_one_space_and_widths_the_ordinary_one() {
        for (written, form) in [
            ("11月A包", "11月A包"),
            ("１１月Ａ包（一）", "11月A包(一)"),
            ("A\u{a0}\u{3000} 包\n二", "A 包 二"),
            ("ｶﾞｲﾄﾞ", "ガイド"),
            ("￥9", "¥9"),
            // Composed, and decomposed as some systems write it.
            ("e\u{301}", "é"),
            ("\u{f914}", "樂"),
        ] {
            assert_eq!(name(written), form);
            assert_eq!(id(written), form);
            assert_eq!(name(form), form, "its own one form");
        }
    }

    #[test]
    fn grades_have_blanks_between_latin_words_only() {
        for (written, form) in [
            ("9 元", "9元"),
            ("9\u{a0}元", "9元"),
            ("９\u{3000}元", "9元"),
            ("意向 A", "意向A"),
            ("NOT  interested", "NOT interested"),
            ("1 9 元", "1 9元"),
            ("a a \u{301}", "aá"),
            (" ", ""),
        ] {
            assert_eq!(grade(written), form);
            assert_eq!(grade(form), form);
        }
    }

    #[test]
    fn emoji_stay_whole_where_people_write_freely() {
        let family = "👨\u{200d}👩\u{200d}👧";
        let heart = "❤\u{fe0f}\u{200d}🔥";
        let flag = "🏴\u{e0067}\u{e0062}\u{e007f}";
        let key = "1\u{fe0f}\u{20e3}";
        for emoji in [family, heart, flag, key] {
            assert_eq!(notes(emoji), emoji);
        }
        assert_eq!(name(family), family);
        assert_eq!(name(heart), "❤\u{200d}🔥");
        assert_eq!(id(family), "👨👩👧");
        assert_eq!(notes("客\u{200d}户\u{fe0f}"), "客户");
        assert_eq!(
            notes(" ，Ａ\r\n\u{200b}\u{3000}b\u{2028}c\t \n"),
            "，Ａ\n\u{3000}b\nc"
        );
    }

    #[test]
    fn parts_keep_the_blanks_at_their_ends() {
        assert_eq!(Reading::Name.read_part(" Ａ\u{a0}", true), ["A "]);
        assert_eq!(Reading::Name.read_part("\u{200b} ", false), [""; 0]);
        assert_eq!(Reading::Grade.read_part(" ９ 元", false), ["9元"]);
        assert_eq!(Reading::Notes.read_part("\u{feff}晚上", false), ["晚上"]);
    }

    #[test]
    fn a_mark_that_is_joined_to_a_letter_makes_a_blank_before_it_count_no_more() {
        assert_eq!(grade("a\ra \u{301}"), "aá");
        assert_eq!(grade("a a"), "a a");
    }

    proptest::proptest! {
        #[test]
        fn every_form_is_its_own_one_form(text in "[a9元Ａ包 \u{a0}\u{3000}\u{200b}\u{202c}\u{202e}\u{200d}\u{feff}\u{fe0f}\u{ad}👩👧❤\u{e0067}🏴\u{20e3}e\u{301}ｶﾞ\r\n\u{0}]{0,12}") {
            for reading in [Reading::Id, Reading::Grade, Reading::Name, Reading::Notes, Reading::Address, Reading::Phone] {
                let form = reading.read(&text);
                proptest::prop_assert_eq!(reading.read(&form), form.clone(), "{:?} of {:?}", reading, text);
            }
        }
    }
}
