//! Which passwords are good enough: long, and not made of what everybody tries first.

use std::collections::HashSet;

use secrecy::{ExposeSecret as _, SecretString};

use super::{
    precis::{self, Unfit},
    problem::Code,
    text,
};

/// Fewest characters.
pub const SHORTEST: usize = 12;
/// Most bytes; nobody types more, and hashing takes longer with each.
pub const LONGEST: usize = 1_000;
/// Fewest different characters.
const FEWEST_DIFFERENT: usize = 5;
/// Fewest letters and digits that have to be left without common words and runs.
const FEWEST_OWN: usize = 6;
/// Shortest run of neighbours, such as `1234` or `qwer`, that counts for nothing.
const SHORTEST_RUN: usize = 4;

/// What many passwords are made of, longest first.
const COMMON: [&str; 64] = [
    "administrator",
    "manchester",
    "basketball",
    "liverpool",
    "metallica",
    "starwars",
    "superman",
    "password",
    "princess",
    "football",
    "baseball",
    "sunshine",
    "computer",
    "internet",
    "whatever",
    "iloveyou",
    "passwort",
    "dialgraph",
    "welcome",
    "letmein",
    "dragon",
    "monkey",
    "shadow",
    "master",
    "michael",
    "jennifer",
    "jordan",
    "hunter",
    "soccer",
    "killer",
    "charlie",
    "batman",
    "summer",
    "winter",
    "spring",
    "autumn",
    "freedom",
    "samsung",
    "google",
    "flower",
    "secret",
    "changeme",
    "default",
    "company",
    "service",
    "woaini",
    "aini",
    "admin",
    "hello",
    "login",
    "guest",
    "qazwsx",
    "zaq1",
    "1qaz",
    "2wsx",
    "3edc",
    "pass",
    "user",
    "root",
    "test",
    "love",
    "china",
    "mima",
    "5201314",
];
/// Lines in which neighbours make runs.
const LINES: [&str; 6] = [
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1q2w3e4r5t6y7u8i9o0p",
];

/// The forms in which a password may have been hashed: the one of [`precis::password`], and as it was
/// typed, as older programs did.
#[must_use]
pub fn forms(typed: &SecretString) -> Vec<SecretString> {
    let form = precis::password(typed.expose_secret()).ok();
    let form = form.filter(|form| form != typed.expose_secret());
    form.map(SecretString::from)
        .into_iter()
        .chain([typed.clone()])
        .collect()
}

/// The form in which a password is hashed.
#[must_use]
pub fn form(typed: &SecretString) -> SecretString {
    precis::password(typed.expose_secret()).map_or_else(|_| typed.clone(), SecretString::from)
}

/// Whether `password` is good enough for somebody of whom `known` is known: name and address.
///
/// # Errors
/// The problem's code, and what is wanted.
pub fn check(password: &str, known: &[&str]) -> Result<(), (Code, String)> {
    let password = &precis::password(password).or_else(|unfit| match unfit {
        Unfit::Character(character) => {
            let message = format!(
                "a password has letters, digits, signs and spaces, and not U+{:04X}, which not every keyboard has or nobody can see",
                u32::from(character)
            );
            Err((Code::ControlCharacter, message))
        }
        // It is too short for all else.
        Unfit::Whole => Ok(String::new()),
    })?;
    let length = password.chars().count();
    if length < SHORTEST {
        let message = format!("a password has at least {SHORTEST} characters; a few words will do");
        return Err((Code::TooShort, message));
    }
    if password.len() > LONGEST {
        let message = format!("a password has at most {LONGEST} bytes");
        return Err((Code::TooLong, message));
    }
    if is_common(password, known) {
        let message = "a password like this is among the first that others try: take a few words that do not belong together";
        return Err((Code::TooCommon, message.to_owned()));
    }
    Ok(())
}

fn is_common(password: &str, known: &[&str]) -> bool {
    let plain = text::name(password).to_lowercase();
    let different: HashSet<char> = plain.chars().collect();
    if different.len() < FEWEST_DIFFERENT {
        return true;
    }
    let known: Vec<String> = known
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
        .map(str::to_lowercase)
        .filter(|word| word.chars().count() >= SHORTEST_RUN)
        .collect();
    // Digits for letters fool nobody, but runs of digits are only seen as they are written.
    [plain.clone(), spelt_out(&plain)]
        .iter()
        .any(|text| own_characters(text, &known) < FEWEST_OWN)
}

/// With letters for the digits and signs that are written in their place.
fn spelt_out(text: &str) -> String {
    let letter = |c| match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    text.chars().map(letter).collect()
}

/// How many different letters and digits are left without what is known and common.
fn own_characters(text: &str, known: &[String]) -> usize {
    let words = known.iter().map(String::as_str).chain(COMMON);
    let left = words.fold(text.to_owned(), |text, word| text.replace(word, " "));
    let left = without_runs(&left);
    let own: HashSet<char> = left.chars().filter(|c| c.is_alphanumeric()).collect();
    own.len()
}

/// Without runs along a line, forwards or backwards.
fn without_runs(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut left = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        let run = run_at(&characters[at..]);
        if run >= SHORTEST_RUN {
            at += run;
        } else {
            left.push(characters[at]);
            at += 1;
        }
    }
    left
}

/// How long the longest run is that `characters` begin with.
fn run_at(characters: &[char]) -> usize {
    let along = |line: &[char]| {
        let starts = (0..line.len()).filter(|&start| line[start] == characters[0]);
        let common = |start: usize| {
            let pairs = line[start..].iter().zip(characters);
            pairs.take_while(|(a, b)| a == b).count()
        };
        starts.map(common).max().unwrap_or(0)
    };
    let longest = |line: &str| {
        let mut line: Vec<char> = line.chars().collect();
        let forwards = along(&line);
        line.reverse();
        forwards.max(along(&line))
    };
    LINES.iter().map(|line| longest(line)).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(password: &str) -> Option<Code> {
        check(password, &["Li Na", "li.na.zhang@example.com"])
            .err()
            .map(|(code, _)| code)
    }

    #[test]
    fn passwords_that_nobody_guesses_are_good() {
        for good in [
            "correct horse battery",
            "蓝色的大象在月亮上跳舞唱歌",
            "Tr0ubadour&3-lake",
            "m9Xq!vv2LtRb",
        ] {
            assert_eq!(code(good), None, "{good}");
        }
    }

    #[test]
    fn a_password_is_judged_in_its_one_form() {
        assert_eq!(code("m9Xq!vv2LtR\0"), Some(Code::ControlCharacter));
        assert_eq!(code("m9Xq!vv2LtR\u{200b}"), Some(Code::ControlCharacter));
        assert_eq!(code("ｐａｓｓｗｏｒｄ１２３４"), Some(Code::TooCommon));
        // Eleven characters that are composed, and twenty-two that are not.
        assert_eq!(code(&"e\u{301}".repeat(11)), Some(Code::TooShort));
        let forms = |typed: &str| -> Vec<String> {
            let forms = super::forms(&typed.into());
            forms
                .iter()
                .map(|form| form.expose_secret().to_owned())
                .collect()
        };
        assert_eq!(forms("correct horse"), ["correct horse"]);
        assert_eq!(forms("e\u{301}"), ["\u{e9}", "e\u{301}"]);
        assert_eq!(forms("a\tb"), ["a\tb"]);
        assert_eq!(form(&"a\tb".into()).expose_secret(), "a\tb");
    }

    #[test]
    fn short_and_endless_ones_are_not() {
        assert_eq!(code("m9Xq!vv2LtR"), Some(Code::TooShort));
        assert_eq!(code("蓝色的大象"), Some(Code::TooShort));
        assert_eq!(code(&"m9Xq!vv2LtRb".repeat(84)), Some(Code::TooLong));
    }

    #[test]
    fn what_everybody_tries_is_refused_however_it_is_written() {
        for bad in [
            "password1234",
            "P@ssw0rd!2026",
            "passwordpassword",
            "Admin12345678!",
            "qwertyuiop[]123",
            "123456789012",
            "aaaaaaaaaaaa",
            "abababababab",
            "Zhang@20262026",
            "example2026!!",
            "dialgraph-admin-2026",
            "1q2w3e4r5t6y",
            "iloveyou5201314",
            "zyxwvutsrqponm",
        ] {
            assert_eq!(code(bad), Some(Code::TooCommon), "{bad}");
        }
    }
}
