//! Personal data in texts of any kind: telephone numbers and e-mail addresses that people wrote
//! into notes, names and the like, hidden from those who may not see them.
//!
//! A text is looked at as people see it: without marks that show nothing, every digit by its value,
//! and whatever stands between digits as nothing. What is found is hidden in the text as it was
//! written.

mod addresses;
mod escapes;
mod numbers;
mod readings;
mod signs;

use std::{borrow::Cow, ops::RangeInclusive, sync::LazyLock};

use self::signs::Sign;

/// Most passes over a text. What is hidden can leave digits beside it that read as a number only
/// then, such as a time of day behind a number whose end was taken for its hour.
const MOST_PASSES: usize = 8;
/// Fewest digits of a number that is hidden.
pub const FEWEST_DIGITS: usize = 7;
/// What may stand for an @, in small letters: escapes of web pages and programs, and words; ` at ` only
/// before a host with a ` dot ` in it.
pub const SPELLED_AT: [&str; 29] = [
    "%40",
    "%25",
    "%u",
    "=40",
    "&#",
    "&commat",
    "&amp",
    // Brackets around an `at`.
    "&l",
    "\\u",
    "\\x",
    "[at]",
    "(at)",
    "{at}",
    "<at>",
    "[ at ]",
    "( at )",
    "{ at }",
    "< at >",
    "（at）",
    "（ at ）",
    "［at］",
    "［ at ］",
    "｛at｝",
    "｛ at ｝",
    "＜at＞",
    "＜ at ＞",
    "【at】",
    "【 at 】",
    " dot ",
];

/// Characters of a text to be hidden, and what is shown in their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Stretch {
    from: usize,
    to: usize,
    mark: &'static str,
}

/// The text with the middle of every telephone number and the name of every e-mail address hidden:
/// `138****8000`, `l***@example.com`. Mobiles, landlines with their area codes, 400 and 800 numbers,
/// and those of other countries behind a + or 00. Digits in a row that are more than a number, such
/// as another system's id, stay, and so do days and times. To hide what was hidden changes nothing.
#[must_use]
pub fn hidden(text: &str) -> Cow<'_, str> {
    let mut shown = hidden_in_one_pass(text);
    for _ in 1..MOST_PASSES {
        let Cow::Owned(next) = hidden_in_one_pass(&shown) else {
            break;
        };
        shown = Cow::Owned(next);
    }
    shown
}

fn hidden_in_one_pass(text: &str) -> Cow<'_, str> {
    if !may_hide(text) {
        return Cow::Borrowed(text);
    }
    let chars: Vec<char> = text.chars().collect();
    let signs: Vec<Sign> = chars.iter().map(|&c| Sign::of(c)).collect();
    let mut stretches = numbers::stretches(&chars, &signs);
    stretches.extend(addresses::stretches(&chars, &signs));
    stretches.extend(readings::stretches(&chars));
    if stretches.is_empty() {
        return Cow::Borrowed(text);
    }
    stretches.sort_unstable();
    let mut shown = String::with_capacity(text.len());
    let mut rest = 0;
    let mut stretches = stretches.into_iter().peekable();
    while let Some(mut stretch) = stretches.next() {
        while let Some(next) = stretches.next_if(|next| next.from <= stretch.to) {
            stretch.to = stretch.to.max(next.to);
            // The shorter mark is that of an address, of which nothing else is shown.
            stretch.mark = stretch.mark.min(next.mark);
        }
        shown.extend(&chars[rest..stretch.from]);
        shown.push_str(stretch.mark);
        rest = stretch.to;
    }
    shown.extend(&chars[rest..]);
    if shown == text {
        return Cow::Borrowed(text);
    }
    Cow::Owned(shown)
}

/// Whether a text has a telephone number or an e-mail address in it.
#[must_use]
pub fn is_personal(text: &str) -> bool {
    hidden(text) != text
}

/// Whether there are enough digits in a text for a telephone number, or an @, or what may stand for one:
/// only such texts can have something personal in them. The databases can tell it, too, by
/// [`characters`] and [`SPELLED_AT`].
#[must_use]
pub fn may_hide(text: &str) -> bool {
    let mut digits = 0;
    for c in text.chars() {
        match Sign::of(c) {
            Sign::At | Sign::Digits { is_pair: true, .. } => return true,
            Sign::Digits { .. } => digits += 1,
            _ => {}
        }
    }
    digits >= FEWEST_DIGITS || may_spell_at(text)
}

fn may_spell_at(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    SPELLED_AT.iter().any(|spelled| text.contains(spelled))
}

/// Characters by what [`may_hide`] goes by, in rows of neighbours.
#[derive(Debug, Default)]
pub struct Characters {
    /// Digits.
    pub digits: Vec<RangeInclusive<char>>,
    /// Those of which one is enough: an @, two digits in one.
    pub alone: Vec<RangeInclusive<char>>,
}

/// Every character that [`may_hide`] goes by.
#[must_use]
pub fn characters() -> &'static Characters {
    static CHARACTERS: LazyLock<Characters> = LazyLock::new(|| {
        let mut characters = Characters::default();
        for c in '\0'..=char::MAX {
            match Sign::of(c) {
                Sign::At | Sign::Digits { is_pair: true, .. } => add(&mut characters.alone, c),
                Sign::Digits { .. } => add(&mut characters.digits, c),
                _ => {}
            }
        }
        characters
    });
    &CHARACTERS
}

fn add(rows: &mut Vec<RangeInclusive<char>>, c: char) {
    match rows.last_mut() {
        Some(row) if u32::from(*row.end()) + 1 == u32::from(c) => *row = *row.start()..=c,
        _ => rows.push(c..=c),
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
