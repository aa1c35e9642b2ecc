//! Texts with stars: what is hidden of a number, or the sign before an extension.

use super::{
    abroad, area_code, begins_mobile, extended, is_extension, service_number, strip_country,
    with_extension,
};

/// Most bytes of a number that came masked.
const LONGEST: usize = 40;

/// The one form of a text with stars.
pub(super) fn form(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let text: String = text.chars().filter(|c| !"() .".contains(*c)).collect();
    if let Some((number, extension)) = text.split_once('*')
        && is_extension(extension)
    {
        let form = extended(number, extension);
        if form.is_some() || service_number(number).is_some() {
            return form;
        }
    }
    let is_masked = text.chars().any(|c| c.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || "*+-".contains(c));
    if !is_masked {
        return None;
    }
    with_hyphen(&text).or_else(|| whole(&text)).or(Some(text))
}

/// With an extension behind a hyphen.
fn with_hyphen(text: &str) -> Option<String> {
    let (number, extension) = text.rsplit_once('-')?;
    let number = whole(number).filter(|number| !number.starts_with('+'))?;
    with_extension(&number, extension)
}

/// A mobile, a landline, a 400 or 800 number or a foreign one, of which every digit is there or hidden.
pub(super) fn whole(text: &str) -> Option<String> {
    let bare: String = text.chars().filter(|c| !"() .-".contains(*c)).collect();
    let is_masked =
        bare.contains('*') && bare.chars().all(|c| c.is_ascii_digit() || "*+".contains(c));
    if !is_masked {
        return None;
    }
    if let Some(number) = abroad(&bare) {
        return Some(format!("+{number}"));
    }
    let is_certain = bare.starts_with('+') || bare.starts_with("00");
    let country = strip_country(&bare);
    if is_certain && country.is_none() {
        return Some(bare);
    }
    let national = country.unwrap_or(&bare);
    let number = national.strip_prefix('0').unwrap_or(national);
    let is_mobile = number.len() == 11 && begins_mobile(number);
    let is_free = number.len() == 10 && (number.starts_with("400") || number.starts_with("800"));
    if is_mobile || is_free {
        return Some(number.to_owned());
    }
    let zero = if is_certain && number == national {
        "0"
    } else {
        ""
    };
    let landline = format!("{zero}{national}");
    let (area, local) = landline.split_at_checked(area_code(&landline)?)?;
    let is_line = (7..=8).contains(&local.len());
    is_line.then(|| format!("{area}-{local}"))
}
