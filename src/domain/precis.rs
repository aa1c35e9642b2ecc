//! User names and passwords in the forms of RFC 8265 (UsernameCaseMapped and OpaqueString), so that one
//! is the same from every keyboard: composed or not, and for names in either case and width.
//!
//! The classes of characters are those that IANA has registered, of Unicode 6.3. Characters that came
//! later are judged by their category in today's Unicode: rare Chinese characters stand in names, and
//! new emoji in passwords.

use precis_profiles::{
    OpaqueString, UsernameCaseMapped,
    precis_core::{
        CodepointInfo, DerivedPropertyValue, Error, FreeformClass, IdentifierClass, StringClass,
        profile::Rules as _,
    },
};
use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{
    GeneralCategory, GeneralCategoryGroup as Group, UnicodeGeneralCategory as _,
};

/// Stands between the parts of names such as 买买提·艾合买提; the profile has it in Catalan only.
const MIDDLE_DOT: char = '\u{b7}';

/// Why a text is no user name, or no password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// It has this character, or has it in the wrong place.
    Character(char),
    /// Nothing is left of it, or it is written from the left and from the right at once.
    Whole,
}

impl From<Error> for Unfit {
    fn from(error: Error) -> Self {
        let character = match error {
            Error::BadCodepoint(CodepointInfo { cp, .. }) => char::from_u32(cp),
            _ => None,
        };
        character.map_or(Self::Whole, Self::Character)
    }
}

/// The form in which a user name is compared: UsernameCaseMapped for each of the parts that spaces
/// separate.
///
/// # Errors
/// [`Unfit`] when it is no user name.
pub fn user_name(name: &str) -> Result<String, Unfit> {
    let profile = UsernameCaseMapped::new();
    let parts = name.split(' ').map(|part| {
        // Before the class is looked at: it knows Korean letters as whole syllables only.
        let part: String = profile.width_mapping_rule(part)?.nfc().collect();
        allows(&IdentifierClass::default(), &part, is_of_name)?;
        let part = profile.case_mapping_rule(part)?;
        let part = profile.normalization_rule(part)?;
        let part = profile.directionality_rule(part)?;
        if part.is_empty() {
            return Err(Unfit::Whole);
        }
        Ok(part.into_owned())
    });
    let parts: Vec<String> = parts.collect::<Result<_, Unfit>>()?;
    Ok(parts.join(" "))
}

/// The form in which a password is hashed: OpaqueString.
///
/// # Errors
/// [`Unfit`] for one with characters that show nothing, or that nobody knows.
pub fn password(password: &str) -> Result<String, Unfit> {
    let profile = OpaqueString::new();
    // First, as in names.
    let composed: String = password.nfc().collect();
    allows(&FreeformClass::default(), &composed, is_visible)?;
    let form = profile.additional_mapping_rule(composed.as_str())?;
    let form = profile.normalization_rule(form)?;
    if form.is_empty() {
        return Err(Unfit::Whole);
    }
    Ok(form.into_owned())
}

/// Checks that `class` has every character of `text`. Where the registry does not know one yet,
/// `is_fit` decides.
fn allows(
    class: &impl StringClass,
    text: &str,
    is_fit: fn(Place<'_>) -> Option<bool>,
) -> Result<(), Unfit> {
    let mut begin = 0;
    for (at, character) in text.char_indices() {
        let end = at + character.len_utf8();
        let is_known = class.get_value_from_char(character) != DerivedPropertyValue::Unassigned;
        let place = Place {
            before: &text[..at],
            character,
            after: &text[end..],
            is_known,
        };
        match is_fit(place) {
            None => {}
            Some(false) => return Err(Unfit::Character(character)),
            // The rules of the class are for what stands on either side.
            Some(true) => {
                class.allows(&text[begin..at])?;
                begin = end;
            }
        }
    }
    Ok(class.allows(&text[begin..])?)
}

/// A character where it stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    before: &'a str,
    character: char,
    after: &'a str,
    /// Whether the registry knows it.
    is_known: bool,
}

/// Whether it may stand in a name; none where the registry says it.
fn is_of_name(place: Place<'_>) -> Option<bool> {
    let character = place.character;
    if character == MIDDLE_DOT {
        let before = place.before.chars().next_back();
        let after = place.after.chars().next();
        let is_letter = |c: Option<char>| c.is_some_and(char::is_alphabetic);
        return Some(is_letter(before) && is_letter(after));
    }
    (!place.is_known).then(|| {
        let group = character.general_category_group();
        let is_letter = matches!(group, Group::Letter | Group::Mark)
            || character.general_category() == GeneralCategory::DecimalNumber;
        // What stands for other characters is not for names.
        is_letter && std::iter::once(character).nfkc().eq([character])
    })
}

/// Whether it may stand in a password; none where the registry says it.
fn is_visible(place: Place<'_>) -> Option<bool> {
    (!place.is_known).then(|| place.character.general_category_group() != Group::Other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> String {
        user_name(text).unwrap_or_else(|unfit| format!("{unfit:?}"))
    }

    fn opaque(text: &str) -> String {
        password(text).unwrap_or_else(|unfit| format!("{unfit:?}"))
    }

    #[test]
    fn one_name_has_one_form() {
        for (written, form) in [
            ("Jose\u{301}", "jos\u{e9}"),
            ("JOS\u{c9}", "jos\u{e9}"),
            ("ＬＩ１", "li1"),
            ("Li Na", "li na"),
            ("ΝΙΚΟΣ", "νικοσ"),
            ("ｶﾞ", "ガ"),
            ("王芳", "王芳"),
            ("\u{1112}\u{1161}\u{11ab}나", "한나"),
            ("o'neil_2@x", "o'neil_2@x"),
            // Of Unicode 8 and 13, in the table of characters for general use and beyond it.
            ("\u{2b823}\u{30000}", "\u{2b823}\u{30000}"),
            ("买买提·艾合买提", "买买提·艾合买提"),
            ("col·lega", "col·lega"),
        ] {
            assert_eq!(name(written), form, "{written}");
            assert_eq!(name(form), form, "its own form");
        }
    }

    #[test]
    fn what_is_no_letter_is_no_name() {
        for (written, unfit) in [
            ("王芳🌸", Unfit::Character('🌸')),
            ("王芳🤣", Unfit::Character('🤣')),
            ("a\u{200d}b", Unfit::Character('\u{200d}')),
            ("a\0", Unfit::Character('\0')),
            ("a\u{fe0f}", Unfit::Character('\u{fe0f}')),
            ("ℌans", Unfit::Character('ℌ')),
            ("ⅸ", Unfit::Character('ⅸ')),
            ("“li”", Unfit::Character('“')),
            ("·li", Unfit::Character('·')),
            ("1·2", Unfit::Character('·')),
            ("a\u{e000}", Unfit::Character('\u{e000}')),
            ("\u{5d0}a", Unfit::Whole),
            ("li  na", Unfit::Whole),
            ("", Unfit::Whole),
        ] {
            assert_eq!(user_name(written), Err(unfit), "{written:?}");
        }
    }

    #[test]
    fn one_password_has_one_form() {
        for (written, form) in [
            ("cafe\u{301} au lait", "caf\u{e9} au lait"),
            ("蓝色\u{3000}的\u{a0}大象", "蓝色 的 大象"),
            // Neither case nor width is changed.
            ("Ｐass 🐒🤣🏽", "Ｐass 🐒🤣🏽"),
            (" p ", " p "),
            ("\u{212b}", "\u{c5}"),
            ("\u{1100}\u{1161}\u{11a8}하", "각하"),
            ("\u{1100}", "Character('\u{1100}')"),
            ("a\tb", "Character('\\t')"),
            ("a\0b", "Character('\\0')"),
            ("❤\u{fe0f}", "Character('\\u{fe0f}')"),
            ("a\u{200b}", "Character('\\u{200b}')"),
            ("", "Whole"),
        ] {
            assert_eq!(opaque(written), form, "{written:?}");
        }
    }
}
