//! Phone numbers: the one form in which each is stored, and, since they are personal data, how one
//! is shown to those who may not see it.

use super::grade::fold_width;

/// The number with its middle hidden, `138****8000`: the first three and last four characters of
/// a number of eight or more, nothing of a shorter one. A number that came masked stays as it is.
#[must_use]
pub fn masked(number: &str) -> String {
    if number.contains('*') {
        return number.to_owned();
    }
    let characters: Vec<char> = number.chars().collect();
    if characters.len() < 8 {
        return "****".to_owned();
    }
    let head: String = characters[..3].iter().collect();
    let tail: String = characters[characters.len() - 4..].iter().collect();
    format!("{head}****{tail}")
}

/// The text is no telephone number of mainland China.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is no phone number: a mobile (13812348000, +86 138 1234 8000), a landline with its area code and maybe an extension (010-12345678, 0571-1234567-801), a 400 or 800 number, a short number of 3 to 6 digits, or a masked one (138****8000) is taken"
)]
pub struct InvalidPhone;

/// Words between a number and its extension.
const EXTENSION_WORDS: [&str; 6] = ["转分机", "分机", "转", "ext.", "ext", "#"];

/// The one form of a number, which is its own one form too:
///
/// - mobiles as 11 digits, `13812348000`, without `+86`, `0086` or `86` before them;
/// - landlines as `010-12345678`, with an extension `010-12345678-801`;
/// - 400 and 800 numbers as 10 digits, with an extension `4001234567-801`;
/// - short numbers, 3 to 6 digits, as they are;
/// - numbers that came masked as they are.
///
/// Full-width characters are read like ASCII ones; spaces, hyphens and parentheses mean nothing.
///
/// # Errors
/// [`InvalidPhone`] for anything else.
pub fn normalise(text: &str) -> Result<String, InvalidPhone> {
    let text = fold_width(text).trim().to_lowercase();
    if text.contains('*') {
        let is_masked = text.len() <= 40
            && text.chars().any(|c| c.is_ascii_digit())
            && text
                .chars()
                .all(|c| c.is_ascii_digit() || "*+- ".contains(c));
        return is_masked.then_some(text).ok_or(InvalidPhone);
    }
    // A hyphen may stand before an extension, and then the rest is a whole number.
    let (number, extension) = match split_extension(&text) {
        Some(parts) => parts,
        None => match text.rsplit_once(['-', '–', '—']) {
            Some((number, extension))
                if is_extension(extension) && long_number(number).is_some() =>
            {
                (number, extension)
            }
            _ => {
                return mobile_or_short(&text)
                    .or_else(|| long_number(&text))
                    .ok_or(InvalidPhone);
            }
        },
    };
    let number = long_number(number).ok_or(InvalidPhone)?;
    is_extension(extension)
        .then(|| format!("{number}-{extension}"))
        .ok_or(InvalidPhone)
}

/// What stands before and behind a word for an extension.
fn split_extension(text: &str) -> Option<(&str, &str)> {
    let (number, extension) = EXTENSION_WORDS
        .iter()
        .find_map(|word| text.split_once(word))?;
    let between = |c: char| c == ' ' || c == '-' || c == ':';
    Some((
        number.trim_end_matches(between),
        extension.trim_matches(between),
    ))
}

fn is_extension(text: &str) -> bool {
    (1..=6).contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit())
}

/// The digits, if there is nothing else but what means nothing; without the code of the country,
/// and whether it was there.
fn digits(text: &str) -> Option<(String, bool)> {
    let bare: String = text.chars().filter(|c| !" -–—()".contains(*c)).collect();
    let national = bare
        .strip_prefix("+86")
        .or_else(|| bare.strip_prefix("0086"));
    let digits = national.unwrap_or(&bare);
    (!digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()))
        .then(|| (digits.to_owned(), national.is_some()))
}

fn mobile_or_short(text: &str) -> Option<String> {
    let (digits, national) = digits(text)?;
    let mobile = match digits.strip_prefix("86") {
        Some(rest) if rest.len() == 11 => rest,
        _ => &digits,
    };
    let is_mobile = mobile.len() == 11
        && mobile.starts_with('1')
        && matches!(mobile.as_bytes()[1], b'3'..=b'9');
    if is_mobile {
        return Some(mobile.to_owned());
    }
    let is_short = !national && (3..=6).contains(&digits.len());
    is_short.then_some(digits)
}

/// A landline with its area code, or a 400 or 800 number.
fn long_number(text: &str) -> Option<String> {
    let (mut digits, national) = digits(text)?;
    if digits.len() == 10 && (digits.starts_with("400") || digits.starts_with("800")) {
        return Some(digits);
    }
    if national && !digits.starts_with('0') {
        digits.insert(0, '0');
    }
    let area = match digits.as_bytes() {
        [b'0', b'1', b'0', ..] | [b'0', b'2', ..] => 3,
        [b'0', b'3'..=b'9', ..] => 4,
        _ => return None,
    };
    let local = digits.get(area..)?;
    let is_local = (7..=8).contains(&local.len()) && !local.starts_with(['0', '1']);
    is_local.then(|| format!("{}-{local}", &digits[..area]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_a_number_is_hidden() {
        assert_eq!(masked("13812348000"), "138****8000");
        assert_eq!(masked("137****8809"), "137****8809");
        assert_eq!(masked("10086"), "****");
    }

    #[test]
    fn every_number_has_one_form() {
        for (written, form) in [
            ("13812348000", "13812348000"),
            (" 138 1234 8000 ", "13812348000"),
            ("138-1234-8000", "13812348000"),
            ("+86 138-1234-8000", "13812348000"),
            ("(+86)13812348000", "13812348000"),
            ("008613812348000", "13812348000"),
            ("8613812348000", "13812348000"),
            ("１３８１２３４８０００", "13812348000"),
            ("01062345678", "010-62345678"),
            ("(010) 6234-5678", "010-62345678"),
            ("+86 10 62345678", "010-62345678"),
            ("+86 (0)571-88886666", "0571-88886666"),
            ("0571-8888666", "0571-8888666"),
            ("010-62345678-801", "010-62345678-801"),
            ("010-62345678转801", "010-62345678-801"),
            ("010-62345678 转 801", "010-62345678-801"),
            ("01062345678 Ext. 801", "010-62345678-801"),
            ("０１０－６２３４５６７８－８０１", "010-62345678-801"),
            ("010-6655-2299", "010-66552299"),
            ("400-820-8820", "4008208820"),
            ("400-8208820-1", "4008208820-1"),
            ("8008208820", "8008208820"),
            ("10086", "10086"),
            ("110", "110"),
            ("801", "801"),
            ("138****8000", "138****8000"),
        ] {
            assert_eq!(normalise(written).as_deref(), Ok(form), "{written}");
            assert_eq!(normalise(form).as_deref(), Ok(form), "{form} again");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "12",
            "1234567",
            "12812348000",
            "138123480001",
            "1381234800",
            "010-0234567",
            "010-623456",
            "13812348000转801",
            "+1 415 555 2671",
            "电话",
            "138x1234800",
            "010-62345678转",
            "010-62345678转1234567",
            "***",
            "+86",
            "张三*8000",
        ] {
            assert_eq!(normalise(text), Err(InvalidPhone), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_form_of_a_form_is_itself(text in "[0-9+() 转*-]{0,20}") {
            if let Ok(form) = normalise(&text) {
                proptest::prop_assert_eq!(normalise(&form), Ok(form));
            }
        }
    }
}
