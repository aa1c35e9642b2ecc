//! What a character is to somebody who reads numbers and addresses, whatever its script, width or
//! frame.

use unicode_normalization::char::decompose_compatible;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory as _};

use crate::domain::text;

/// Digits that belong together: a number is written in one of them, or in several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Style(u32);

/// Digits in circles, brackets and the like, raised and lowered ones.
const FRAMED: Style = Style(1);
/// Chinese numerals.
const HAN: Style = Style(2);

/// What a character says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// Nothing: it is not seen, or changes how the one before it looks.
    Unseen,
    /// A digit, or two in one character.
    Digits {
        style: Style,
        value: u8,
        is_pair: bool,
    },
    /// A number of another country follows.
    Plus,
    /// An e-mail address.
    At,
    /// What people put between digits: blanks, dashes, brackets, points, other signs and pictures.
    Between,
    /// A letter, or a sign of a unit: here a number ends.
    Other,
}

/// Letters and marks that look like a point or a line.
const LINES: &str = "\u{119e}\u{318d}\u{3190}\u{a78f}";

/// Digits without a decomposition that tells what they are: the first, its value, and how many follow
/// each other.
const RUNS: [(u32, u8, u32); 20] = [
    (0x1369, 1, 9),
    (0x19da, 1, 1),
    (0x2776, 1, 10),
    (0x2780, 1, 10),
    (0x278a, 1, 10),
    (0x24eb, 11, 10),
    (0x24f5, 1, 10),
    (0x24ff, 0, 1),
    (0x3021, 1, 9),
    (0x3248, 10, 1),
    (0x3249, 20, 1),
    (0x324a, 30, 1),
    (0x324b, 40, 1),
    (0x324c, 50, 1),
    (0x10a40, 1, 4),
    (0x10e60, 1, 9),
    (0x11052, 1, 9),
    (0x1f10b, 0, 1),
    (0x1f10c, 0, 1),
    (0x1f51f, 10, 1),
];

/// The numerals of 0 to 9, those of everyday and those of cheques, and how people say 1 in a number.
const HAN_DIGITS: [&str; 10] = [
    "〇零",
    "一壹幺弌",
    "二贰貳弍",
    "三叁參弎",
    "四肆",
    "五伍",
    "六陆陸",
    "七柒",
    "八捌",
    "九玖",
];

impl Sign {
    /// What `c` is.
    pub fn of(c: char) -> Self {
        match c {
            '0'..='9' => decimal(c),
            '+' => Self::Plus,
            '@' => Self::At,
            'a'..='z' | 'A'..='Z' | '%' | '‰' | '‱' | '°' => Self::Other,
            ' '..='~' if c != '$' => Self::Between,
            c if LINES.contains(c) => Self::Between,
            '\u{4e00}'..='\u{9fff}' | '〇' => han(c).unwrap_or(Self::Other),
            c if text::is_invisible(c) => Self::Unseen,
            c => other(c),
        }
    }

    /// Whether it stands between digits, if there is one on either side of it, and is a sign of a unit or an
    /// address otherwise: `137$1234$9876`.
    pub fn joins_digits(self, c: char) -> bool {
        self == Self::At || self == Self::Other && !c.is_alphanumeric()
    }

    /// Whether it is a digit, or two.
    pub const fn is_digit(self) -> bool {
        matches!(self, Self::Digits { .. })
    }
}

/// The ordinary form of a sign between digits: `-`, `:`, `.`, `/` and the like.
pub(super) fn plain(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    if c.general_category() == GeneralCategory::DashPunctuation || matches!(c, '\u{2212}' | 'ー') {
        return '-';
    }
    match c {
        '。' | '｡' | '·' | '・' => '.',
        '∗' => '*',
        '∶' => ':',
        '⁄' | '∕' => '/',
        c if c.is_whitespace() => ' ',
        c => compatible(c).map_or(c, |(single, _)| single),
    }
}

/// Whether a text ends with `word`, in either case, as a word of its own.
pub(super) fn ends_with(chars: &[char], word: &str) -> bool {
    let mut before = chars.iter().rev();
    word.chars().rev().all(|c| {
        before
            .next()
            .is_some_and(|own| own.eq_ignore_ascii_case(&c))
    }) && before.next().is_none_or(|own| !own.is_ascii_alphanumeric())
}

fn decimal(c: char) -> Sign {
    // Decimal digits stand in rows from 0 to 9, and rows may follow each other.
    let mut before = 0;
    if c.is_ascii() {
        before = u32::from(c) - u32::from('0');
    } else {
        while before < 100 && is_decimal(u32::from(c) - before - 1) {
            before += 1;
        }
    }
    let value = before % 10;
    Sign::Digits {
        style: Style(u32::from(c) - value),
        value: u8::try_from(value).unwrap_or_default(),
        is_pair: false,
    }
}

fn is_decimal(code: u32) -> bool {
    let category = |c: char| c.general_category() == GeneralCategory::DecimalNumber;
    char::from_u32(code).is_some_and(category)
}

fn framed(value: u8) -> Sign {
    Sign::Digits {
        style: FRAMED,
        value,
        is_pair: value > 9,
    }
}

fn han(c: char) -> Option<Sign> {
    let value = HAN_DIGITS.iter().position(|same| same.contains(c))?;
    Some(Sign::Digits {
        style: HAN,
        value: u8::try_from(value).ok()?,
        is_pair: false,
    })
}

fn other(c: char) -> Sign {
    let code = u32::from(c);
    let run = RUNS
        .iter()
        .find(|(first, _, count)| (*first..first + count).contains(&code));
    if let Some((first, value, _)) = run {
        let offset = u8::try_from(code - first).unwrap_or_default();
        return framed(value + offset);
    }
    if c.general_category() == GeneralCategory::DecimalNumber {
        return decimal(c);
    }
    if let Some(sign) = decomposed(c) {
        return sign;
    }
    match c.general_category_group() {
        GeneralCategoryGroup::Mark => Sign::Unseen,
        GeneralCategoryGroup::Letter if c.general_category() != GeneralCategory::ModifierLetter => {
            Sign::Other
        }
        GeneralCategoryGroup::Symbol if c.general_category() == GeneralCategory::CurrencySymbol => {
            Sign::Other
        }
        _ if c.is_control() && !c.is_whitespace() => Sign::Unseen,
        _ => Sign::Between,
    }
}

/// What a character is that is another one in a frame, or in another width.
fn decomposed(c: char) -> Option<Sign> {
    let (single, digits) = compatible(c)?;
    if let Some(value) = digits {
        return Some(framed(value));
    }
    (single != c && single.is_ascii()).then(|| Sign::of(single))
}

/// The one character that `c` is a form of, or itself; and the number of one or two digits that it
/// shows in a frame.
fn compatible(c: char) -> Option<(char, Option<u8>)> {
    let mut parts = Vec::with_capacity(4);
    decompose_compatible(c, |part| parts.push(part));
    let single = match parts[..] {
        [single] => single,
        _ => c,
    };
    let is_frame = |c: char| "(),.〔〕".contains(c);
    let mut value = 0_u8;
    let mut digits = 0;
    for part in parts.iter().filter(|part| !is_frame(**part)) {
        let digit = match (part, han(*part)) {
            ('0'..='9', _) => u8::try_from(u32::from(*part) - u32::from('0')).ok()?,
            // A letter alone is not in a frame.
            (_, Some(Sign::Digits { value, .. })) => value,
            _ => return Some((single, None)),
        };
        digits += 1;
        if digits > 2 {
            return Some((single, None));
        }
        value = value * 10 + digit;
    }
    Some((single, (digits > 0 && parts != [c]).then_some(value)))
}
