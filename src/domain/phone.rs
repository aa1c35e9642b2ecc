//! Phone numbers: the one form in which each is stored, and, since they are personal data, how one
//! is shown to those who may not see it.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

use super::text;

mod starred;

/// How many digits of a number are shown before those that are hidden.
const HEAD: usize = 3;
/// How many are shown behind them.
const TAIL: usize = 4;

/// The number with its middle hidden, `138****8000`: the first three and last four characters of
/// a number of eight or more, nothing of a shorter one. A number that came masked, with no more digits
/// than that, stays as it is.
#[must_use]
pub fn masked(number: &str) -> String {
    let digits = number.chars().filter(|c| c.is_numeric()).count();
    if number.contains('*') && digits <= HEAD + TAIL {
        return number.to_owned();
    }
    let characters: Vec<char> = number.chars().collect();
    if characters.len() <= HEAD + TAIL {
        return "****".to_owned();
    }
    let head: String = characters[..HEAD].iter().collect();
    let tail: String = characters[characters.len() - TAIL..].iter().collect();
    format!("{head}****{tail}")
}

/// How many digits are shown before what is hidden, if `digits` are a number of mainland China that
/// belongs to somebody: a mobile, a landline with its area code, a 400 or 800 number, with or without
/// what is dialled before it.
pub(super) fn national_head(digits: &str) -> Option<usize> {
    let own = |digits: &str| {
        // Whether or not there is such an area.
        let has_area = digits.starts_with('0') && !digits.starts_with("00");
        let is_landline = (10..=12).contains(&digits.len()) && has_area;
        match mobile(digits) {
            Some(number) => Some(digits.len() - number.len() + HEAD),
            None => (is_landline || toll_free(digits).is_some()).then_some(HEAD),
        }
    };
    own(digits).or_else(|| {
        let national = strip_country(digits)?;
        let area = || without_zero(national).map(|_| HEAD - 1);
        let head = own(national).or_else(area)?;
        Some(digits.len() - national.len() + head)
    })
}

/// The same for the digits of a number of any country, behind a plus or with 00 or 011 before them.
pub(super) fn foreign_head(digits: &str, has_plus: bool) -> Option<usize> {
    if has_plus {
        return (7..=15).contains(&digits.len()).then_some(HEAD - 1);
    }
    // As most of the world dials it, and as America does.
    let is_dialled = |prefix: &str, lengths: std::ops::RangeInclusive<usize>| {
        let number = digits.strip_prefix(prefix);
        number.is_some_and(|number| !number.starts_with('0')) && lengths.contains(&digits.len())
    };
    (is_dialled("00", 11..=17) || is_dialled("011", 12..=17)).then_some(HEAD)
}

/// The text is no telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is no phone number: a mobile (13812348000, +86 138 1234 8000), a landline with its area code (010-12345678), a 400 or 800 number, a service number of 95, 96 or 10 and up to 8 digits (95588), a short number of 3 to 6 digits, a foreign number with + or 00 (+852 2123 4567), or a masked one (138****8000) is taken, mobiles, landlines, foreign, 400 and 800 numbers maybe with an extension (0571-1234567-801, 17012345678转1234)"
)]
pub struct InvalidPhone;

/// Words between a number and its extension, those that others are a part of first; the last ones are
/// what telephones write for a pause or a wait.
const EXTENSION_WORDS: [&str; 16] = [
    "转分机号",
    "转分机",
    "分机号",
    "分机",
    "转接",
    "转",
    ";ext=",
    "extension",
    "ext.",
    "ext",
    "#",
    ",",
    ";",
    "p",
    "w",
    "x",
];
/// What stands before the extension of a foreign number: a hyphen may be a part of such a number.
const FOREIGN_EXTENSION: &str = ";ext=";

/// The one form of a number, which is its own one form too:
///
/// - mobiles as 11 digits, `13812348000`, without `+86`, `0086`, `86` or `0` before them;
/// - landlines as `010-12345678`;
/// - 400 and 800 numbers as 10 digits;
/// - service numbers as they are, `95588`, with an area code `0571-96110`;
/// - short numbers, 3 to 6 digits, as they are;
/// - mobiles, landlines, 400 and 800 numbers with an extension as `17012345678-1234`;
/// - foreign numbers, which are written with `+` or `00`, as `+85221234567` (E.164), with an extension
///   `+85221234567;ext=12`;
/// - numbers that came masked without blanks, mobiles without what stands before them.
///
/// Characters are read as in ids, see [`text::id`]; blanks, hyphens of every kind, dots and
/// parentheses mean nothing, but for a hyphen behind a whole number: an extension follows it.
///
/// # Errors
/// [`InvalidPhone`] for anything else, such as a service or short number with an extension.
pub fn normalise(text: &str) -> Result<String, InvalidPhone> {
    form(&spelled(text)).ok_or(InvalidPhone)
}

fn form(text: &str) -> Option<String> {
    if let Some((number, extension)) = split_extension(text) {
        return extended(number, extension);
    }
    if text.contains('*') {
        return starred::form(text);
    }
    let behind_hyphen = text.rsplit_once('-');
    behind_hyphen
        .and_then(|(number, extension)| with_extension(&extensible(number)?, extension))
        .or_else(|| extensible(text))
        .or_else(|| service_or_short(text))
        .or_else(|| foreign(text))
}

/// The one form of a number; of what is none, the text as [`text::id`] reads it. For numbers that were
/// dialled: a call must not be missing because of its number.
#[must_use]
pub fn read(text: &str) -> String {
    normalise(text).unwrap_or_else(|_| text::id(text))
}

/// The one form of what is stored. An older program took the beginning of some landlines with the code
/// of the country for a service number, `+86-10-6234-5678` for `106234-5678`.
#[must_use]
pub fn read_stored(stored: &str) -> String {
    misread(stored).unwrap_or_else(|| read(stored))
}

fn misread(stored: &str) -> Option<String> {
    let (front, rest) = stored.split_once('-')?;
    let is_service = matches!(front.len(), 6 | 7) && service(front).is_some();
    let is_rest = matches!(rest.len(), 3 | 4);
    let joined = format!("0{front}{rest}");
    let is_number = joined.chars().all(|c| c.is_ascii_digit());
    (is_service && is_rest && is_number)
        .then(|| landline(&joined))
        .flatten()
}

/// The forms in which a part of a number, or its beginning, may be stored: as it is written, without
/// what means nothing, and with the hyphens of the one form. Empty when there is nothing in it.
#[must_use]
pub fn parts(part: &str, is_beginning: bool) -> Vec<String> {
    let spelled: String = spelled(part)
        .chars()
        .filter(|c| !" .()".contains(*c))
        .collect();
    let bare: String = spelled.chars().filter(|&c| c != '-').collect();
    let certain = bare.starts_with('+') || is_beginning && bare.starts_with("0086");
    let likely = |national: &&str| {
        certain || is_beginning && (begins_mobile(national) || national.starts_with('0'))
    };
    let national = strip_country(&bare).filter(likely).unwrap_or(&bare);
    let dialled = national.strip_prefix('0');
    let national = dialled
        .filter(|rest| is_beginning && begins_mobile(rest))
        .unwrap_or(national);
    let area = if begins_mobile(national) {
        Some(11)
    } else {
        area_code(national)
    };
    let hyphenated = area
        .and_then(|area| national.split_at_checked(area))
        .filter(|(_, rest)| !rest.is_empty())
        .map(|(area, rest)| format!("{area}-{rest}"));
    let foreign = abroad(&bare).filter(|_| is_beginning);
    let mut forms = vec![text::id(part), spelled, national.to_owned()];
    forms.extend(hyphenated);
    forms.extend(foreign.map(|number| format!("+{number}")));
    let mut seen = std::collections::HashSet::new();
    forms.retain(|form| !form.is_empty() && seen.insert(form.clone()));
    forms
}

/// On one line, with one kind of hyphen, and without what spreadsheets and links put around a number.
fn spelled(text: &str) -> String {
    let text: String = text::id(text)
        .to_lowercase()
        .chars()
        .map(|c| match c {
            // A minus, and the sign of a long vowel, which looks like one.
            '\u{2212}' | 'ー' => '-',
            c if c.general_category() == GeneralCategory::DashPunctuation => '-',
            c => c,
        })
        .collect();
    let text = text.trim_matches(['\'', '"', '’', '‘', '`']);
    let text = text.strip_prefix("tel:").unwrap_or(text);
    text.strip_suffix(".0").unwrap_or(text).trim().to_owned()
}

/// What stands before and behind a word for an extension.
fn split_extension(text: &str) -> Option<(&str, &str)> {
    let (number, extension) = EXTENSION_WORDS
        .iter()
        .find_map(|word| text.split_once(word))?;
    // A telephone may wait more than once.
    let between = |c: char| " -:,;pw".contains(c);
    Some((
        number.trim_end_matches(between),
        extension.trim_matches(between),
    ))
}

fn is_extension(text: &str) -> bool {
    (1..=6).contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit())
}

fn with_extension(number: &str, extension: &str) -> Option<String> {
    let extension = extension.trim();
    let sign = if number.starts_with('+') {
        FOREIGN_EXTENSION
    } else {
        "-"
    };
    is_extension(extension).then(|| format!("{number}{sign}{extension}"))
}

/// A number with what is certain to be its extension.
fn extended(number: &str, extension: &str) -> Option<String> {
    let number = extensible(number)
        .or_else(|| starred::whole(number))
        .or_else(|| foreign(number))?;
    with_extension(&number, extension)
}

/// The digits, if there is nothing else but what means nothing, and whether a + stands before them.
fn digits(text: &str) -> Option<(String, bool)> {
    let bare: String = text.chars().filter(|c| !" -.()".contains(*c)).collect();
    let digits = bare.strip_prefix('+').unwrap_or(&bare);
    (!digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()))
        .then(|| (digits.to_owned(), digits.len() < bare.len()))
}

/// What follows the code of the country, where that is there for certain or `86` alone.
fn strip_country(digits: &str) -> Option<&str> {
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    digits
        .strip_prefix("0086")
        .or_else(|| digits.strip_prefix("086"))
        .or_else(|| digits.strip_prefix("86"))
}

/// A number that may have an extension.
fn extensible(text: &str) -> Option<String> {
    let (digits, is_international) = digits(text)?;
    let country = strip_country(&digits);
    if is_international || digits.starts_with("0086") {
        let national = country?;
        return mobile(national)
            .or_else(|| toll_free(national))
            .or_else(|| landline(national))
            .or_else(|| without_zero(national));
    }
    let own = || {
        mobile(&digits)
            .or_else(|| toll_free(&digits))
            .or_else(|| landline(&digits))
    };
    // 86 alone may be a part of the number itself.
    let national = || {
        let national = country?;
        mobile(national)
            .or_else(|| toll_free(national))
            .or_else(|| landline(national))
            .or_else(|| without_zero(national))
    };
    own().or_else(national)
}

fn begins_mobile(digits: &str) -> bool {
    matches!(digits.as_bytes(), [b'1', b'3'..=b'9', ..])
}

/// Some dial a 0 before it.
fn mobile(digits: &str) -> Option<String> {
    let digits = digits.strip_prefix('0').unwrap_or(digits);
    (digits.len() == 11 && begins_mobile(digits)).then(|| digits.to_owned())
}

/// Some dial a 0 before it, too.
fn toll_free(digits: &str) -> Option<String> {
    let digits = digits.strip_prefix('0').unwrap_or(digits);
    let is_free = digits.len() == 10 && (digits.starts_with("400") || digits.starts_with("800"));
    is_free.then(|| digits.to_owned())
}

/// How many digits of a number are its area code.
fn area_code(digits: &str) -> Option<usize> {
    match digits.as_bytes() {
        [b'0', b'1', b'0', ..] | [b'0', b'2', ..] => Some(3),
        // No area has a code of 086…: that is the code of the country. Nor of 0400 or 0800.
        [b'0', b'8', b'6', ..] | [b'0', b'4' | b'8', b'0', b'0', ..] => None,
        [b'0', b'3'..=b'9', ..] => Some(4),
        _ => None,
    }
}

/// With its area code.
fn landline(digits: &str) -> Option<String> {
    let (area, local) = digits.split_at_checked(area_code(digits)?)?;
    let is_line = (7..=8).contains(&local.len()) && !local.starts_with(['0', '1']);
    let is_known = is_line || service(local).is_some();
    is_known.then(|| format!("{area}-{local}"))
}

/// With its area code, but without the 0 before that. Service numbers such as 10108888 are none.
fn without_zero(national: &str) -> Option<String> {
    let is_service = national.len() == 8 && national.starts_with("1010");
    (!is_service)
        .then(|| landline(&format!("0{national}")))
        .flatten()
}

/// A service number: 95588, 96110, 10086, 95105555.
fn service(digits: &str) -> Option<String> {
    let is_service = (5..=8).contains(&digits.len())
        && ["95", "96", "10"]
            .iter()
            .any(|start| digits.starts_with(start));
    is_service.then(|| digits.to_owned())
}

/// A short number of the whole country: 110, 114, 12345.
fn public(digits: &str) -> Option<String> {
    let is_public =
        (3..=6).contains(&digits.len()) && ["11", "12"].iter().any(|s| digits.starts_with(s));
    is_public.then(|| digits.to_owned())
}

/// A number that takes no extension.
fn service_or_short(text: &str) -> Option<String> {
    // The hyphen behind a whole number: what follows would be an extension.
    let front = text.rsplit_once('-').map(|(front, _)| front);
    if front.is_some_and(|front| service_number(front).is_some()) {
        return None;
    }
    let is_one = front.is_none_or(|front| short(front).is_none());
    service_number(text).or_else(|| short(text).filter(|_| is_one))
}

/// A service number, maybe with the code of the country before it.
fn service_number(text: &str) -> Option<String> {
    let (digits, is_international) = digits(text)?;
    let Some(national) = strip_country(&digits) else {
        return service(&digits).filter(|_| !is_international);
    };
    if is_international || digits.starts_with('0') || stands_apart(text) {
        return service(national).or_else(|| public(national));
    }
    // 86 alone, all digits together: 8 of them may be a number within an area.
    let is_together = digits.len() == text.len() && digits.len() != 8;
    service(national).filter(|_| is_together)
}

/// Whether 86 stands before the rest as something of its own.
fn stands_apart(text: &str) -> bool {
    text.trim_start_matches([' ', '('])
        .strip_prefix("86")
        .is_some_and(|rest| rest.starts_with([' ', '-', '.', ')', '(']))
}

fn short(text: &str) -> Option<String> {
    let (digits, is_international) = digits(text)?;
    // The code of a country alone is no number.
    let is_code = digits.starts_with("00") || digits.starts_with("086") || stands_apart(text);
    (!is_international && !is_code && (3..=6).contains(&digits.len())).then_some(digits)
}

/// A number of another country, as E.164 has it.
fn foreign(text: &str) -> Option<String> {
    let (digits, is_international) = digits(text)?;
    let number = if is_international {
        digits.as_str()
    } else {
        abroad(&digits)?
    };
    let fits = match number.as_bytes() {
        // North America.
        [b'1', area, ..] => number.len() == 11 && *area > b'1',
        [b'0', ..] | [b'8', b'6', ..] => false,
        _ => (7..=15).contains(&number.len()),
    };
    fits.then(|| format!("+{number}"))
}

/// What follows the 00 that is dialled before the code of another country.
fn abroad(digits: &str) -> Option<&str> {
    let number = digits.strip_prefix("00")?;
    (!number.is_empty() && !number.starts_with('0') && !number.starts_with("86")).then_some(number)
}

#[cfg(test)]
mod tests;
