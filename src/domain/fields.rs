//! Reading the fields of an input: each is brought into its one form, or its problem is noted.

use chrono::{DateTime, SecondsFormat, Utc};

use super::{
    change::{Change, Given, GivenId},
    money::Money,
    phone,
    problem::{Code, Path, Problems},
    text::{self, Reading},
};

/// A text that says something. One that is empty counts as left out, wherever a form, a query string
/// or an environment variable has a place for it.
pub fn given<T: AsRef<str>>(text: T) -> Option<T> {
    Some(text).filter(|text| !text::is_blank(text.as_ref()))
}

/// What a text may be. Every text is brought into its one form, see [`Reading`], and has no control
/// characters.
#[derive(Debug, Clone, Copy)]
pub struct TextRule {
    /// Most characters.
    max: usize,
    reading: Reading,
}

impl TextRule {
    /// Names and other short texts.
    pub const SHORT: Self = Self::line(200);
    /// Another system's ids.
    pub const ID: Self = Self::read(200, Reading::Id);
    /// Grades as they are written.
    pub const GRADE: Self = Self::read(200, Reading::Grade);
    /// Notes and descriptions.
    pub const LONG: Self = Self::read(10_000, Reading::Notes);
    /// A tag's name.
    pub const TAG_NAME: Self = Self::line(100);
    /// A tag's value.
    pub const TAG_VALUE: Self = Self::line(500);
    /// A web address.
    pub const URL: Self = Self::read(2_000, Reading::Address);

    const fn line(max: usize) -> Self {
        Self::read(max, Reading::Name)
    }

    const fn read(max: usize, reading: Reading) -> Self {
        Self { max, reading }
    }

    /// The text in its one form, which may leave nothing of it.
    fn check(self, text: &str) -> Result<String, (Code, String)> {
        if text::has_controls(text) {
            let message = "control characters are not taken, but for line breaks and tabs";
            return Err((Code::ControlCharacter, message.to_owned()));
        }
        let text = self.reading.read(text);
        let length = text.chars().count();
        if length > self.max {
            let message = format!(
                "at most {} characters are taken, and these are {length}",
                self.max
            );
            return Err((Code::TooLong, message));
        }
        Ok(text)
    }
}

/// The largest amount of money that one field takes, 1,000,000,000 yuan: sums of millions of such
/// amounts still fit what the databases add up.
const MOST_MONEY: Money = Money::from_ten_thousandths(1_000_000_000 * 10_000);

/// Reads one object of an input, and notes what is wrong with it.
///
/// Functions return the value to store. `None` means that there is none or that there is a
/// problem; problems are noted, so what was read is only good when there are none.
#[derive(Debug)]
pub struct Fields<'a> {
    path: Path,
    problems: &'a mut Problems,
}

impl<'a> Fields<'a> {
    /// Reads the object at `path`.
    pub const fn new(path: Path, problems: &'a mut Problems) -> Self {
        Self { path, problems }
    }

    /// Notes a problem of a field.
    pub fn note(&mut self, name: &str, code: Code, message: impl Into<String>) {
        self.problems.note(self.path.field(name), code, message);
    }

    /// A value that must be there afterwards.
    pub fn required<T>(&mut self, name: &str, change: Change<T>, before: Option<T>) -> Option<T> {
        let value = change.over(before);
        if value.is_none() {
            self.note(name, Code::Required, format!("{name} has to be given"));
        }
        value
    }

    /// A text that must be there, with more than spaces in it.
    pub fn required_text(
        &mut self,
        name: &str,
        rule: TextRule,
        change: Change<String>,
        before: Option<String>,
    ) -> Option<String> {
        let Change::Set(text) = change else {
            return self.required(name, change, before);
        };
        let text = self.checked(name, rule, &text)?;
        if text.is_empty() {
            self.note(name, Code::Blank, "it must not be blank");
            return None;
        }
        Some(text)
    }

    /// A text that may be missing; one of nothing but spaces is.
    pub fn text(
        &mut self,
        name: &str,
        rule: TextRule,
        change: Change<String>,
        before: Option<String>,
    ) -> Option<String> {
        let Change::Set(text) = change else {
            return change.over(before);
        };
        self.checked(name, rule, &text)
            .filter(|text| !text.is_empty())
    }

    fn checked(&mut self, name: &str, rule: TextRule, text: &str) -> Option<String> {
        rule.check(text)
            .map_err(|(code, message)| self.note(name, code, message))
            .ok()
    }

    /// A telephone number in its one form, see [`phone::normalise`].
    pub fn phone(
        &mut self,
        name: &str,
        change: Change<String>,
        before: Option<String>,
    ) -> Option<String> {
        let is_new = change.is_said();
        let text = self.text(name, TextRule::ID, change, before)?;
        if !is_new {
            return Some(text);
        }
        phone::normalise(&text)
            .map_err(|error| self.note(name, Code::InvalidPhone, error.to_string()))
            .ok()
    }

    /// A web address.
    pub fn url(
        &mut self,
        name: &str,
        change: Change<String>,
        before: Option<String>,
    ) -> Option<String> {
        let is_new = change.is_said();
        let url = self.text(name, TextRule::URL, change, before)?;
        if is_new && !is_web_address(&url) {
            let message = "a web address that begins with http:// or https:// is wanted";
            self.note(name, Code::InvalidUrl, message);
            return None;
        }
        Some(url)
    }

    /// A number from 0 to `most`.
    pub fn count(&mut self, name: &str, value: Option<i32>, most: i32) -> Option<i32> {
        self.bounded(name, value?, 0, most, &most)
    }

    /// An amount of money from 0 to a billion yuan.
    pub fn amount(&mut self, name: &str, value: Option<Given<Money>>) -> Option<Money> {
        let value = self.readable(name, value)?;
        let written = format!("{} yuan", MOST_MONEY.to_decimal());
        self.bounded(name, value, Money::ZERO, MOST_MONEY, &written)
    }

    fn bounded<T: PartialOrd + Copy>(
        &mut self,
        name: &str,
        value: T,
        zero: T,
        most: T,
        written: &impl std::fmt::Display,
    ) -> Option<T> {
        if value < zero {
            self.note(name, Code::Negative, format!("{name} must not be negative"));
            return None;
        }
        if value > most {
            let message = format!("{name} must not be more than {written}");
            self.note(name, Code::OutOfRange, message);
            return None;
        }
        Some(value)
    }

    /// The row that an id refers to.
    pub fn id(&mut self, name: &str, change: Change<GivenId>, before: Option<i64>) -> Option<i64> {
        self.meant(name, Code::InvalidId, change.over(before.map(Ok)))
    }

    /// A value, if it was written in a form that means one.
    pub fn readable<T>(&mut self, name: &str, value: Option<Given<T>>) -> Option<T> {
        self.meant(name, Code::InvalidFormat, value)
    }

    fn meant<T>(&mut self, name: &str, code: Code, value: Option<Given<T>>) -> Option<T> {
        value?
            .map_err(|message| self.note(name, code, message))
            .ok()
    }

    /// That `end`, if there is one, does not lie before `start`.
    pub fn ordered(
        &mut self,
        name: &str,
        start: Option<DateTime<Utc>>,
        end: Option<DateTime<Utc>>,
    ) {
        if let (Some(start), Some(end)) = (start, end)
            && end < start
        {
            let start = start.to_rfc3339_opts(SecondsFormat::Secs, true);
            let message = format!("{name} must not lie before the start, {start}");
            self.note(name, Code::EndsBeforeStart, message);
        }
    }
}

fn is_web_address(url: &str) -> bool {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https")
        && !host.is_empty()
        && !url.chars().any(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(work: impl FnOnce(&mut Fields<'_>) -> T) -> (T, Vec<Code>) {
        let mut problems = Problems::default();
        let value = work(&mut Fields::new(Path::input(), &mut problems));
        (value, problems.iter().map(|problem| problem.code).collect())
    }

    fn text(rule: TextRule, text: &str) -> (Option<String>, Vec<Code>) {
        read(|fields| fields.text("x", rule, Change::Set(text.to_owned()), None))
    }

    fn own(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn texts_are_trimmed_bounded_and_visible() {
        assert_eq!(
            text(TextRule::SHORT, "  A 包 "),
            (Some(own("A 包")), vec![])
        );
        assert_eq!(text(TextRule::SHORT, "   "), (None, vec![]));
        assert_eq!(text(TextRule::SHORT, "\u{200b}\u{feff}"), (None, vec![]));
        assert_eq!(
            text(TextRule::SHORT, "a\nb\u{85}c\td"),
            (Some(own("a b c d")), vec![])
        );
        assert_eq!(
            text(TextRule::GRADE, "９\u{200b} 元"),
            (Some(own("9元")), vec![])
        );
        assert_eq!(text(TextRule::ID, "\u{feff}e1"), (Some(own("e1")), vec![]));
        let long = "包".repeat(200);
        assert_eq!(text(TextRule::SHORT, &long), (Some(own(&long)), vec![]));
        let longer = "包".repeat(201);
        assert_eq!(text(TextRule::SHORT, &longer), (None, vec![Code::TooLong]));
        for bad in ["a\u{1b}b", "a\0b", "a\u{9f}b"] {
            let refused = (None, vec![Code::ControlCharacter]);
            assert_eq!(text(TextRule::SHORT, bad), refused, "{bad:?}");
        }
        assert_eq!(
            text(TextRule::LONG, "a\n\tb"),
            (Some(own("a\n\tb")), vec![])
        );
        assert_eq!(
            text(TextRule::LONG, "a\0b"),
            (None, vec![Code::ControlCharacter])
        );
    }

    #[test]
    fn what_must_be_there_is_asked_for() {
        let name = |change, before| {
            read(|fields| fields.required_text("name", TextRule::SHORT, change, before))
        };
        assert_eq!(name(Change::Keep, None), (None, vec![Code::Required]));
        assert_eq!(name(Change::Keep, Some(own("A"))), (Some(own("A")), vec![]));
        assert_eq!(
            name(Change::Clear, Some(own("A"))),
            (None, vec![Code::Required])
        );
        let blank = Change::Set(" ".to_owned());
        assert_eq!(name(blank, Some(own("A"))), (None, vec![Code::Blank]));
    }

    #[test]
    fn only_the_web_is_an_address() {
        let url = |text: &str| read(|fields| fields.url("x", Change::Set(text.to_owned()), None)).1;
        for good in ["https://a.cn/1.mp3", "HTTP://a:8080?x=1"] {
            assert_eq!(url(good), [], "{good}");
        }
        for bad in [
            "ftp://a.cn",
            "javascript:alert(1)",
            "https://",
            "http:///x",
            "http://a b",
            "a",
        ] {
            assert_eq!(url(bad), [Code::InvalidUrl], "{bad}");
        }
    }

    #[test]
    fn numbers_and_amounts_are_bounded() {
        assert_eq!(
            read(|fields| fields.count("x", Some(-1), 9)).1,
            [Code::Negative]
        );
        assert_eq!(
            read(|fields| fields.count("x", Some(10), 9)).1,
            [Code::OutOfRange]
        );
        assert_eq!(
            read(|fields| fields.count("x", Some(9), 9)),
            (Some(9), vec![])
        );
        let amount = |given| read(|fields| fields.amount("x", Some(given))).1;
        let units = |units| Ok(Money::from_ten_thousandths(units));
        assert_eq!(amount(units(-1)), [Code::Negative]);
        assert_eq!(amount(units(i64::MAX)), [Code::OutOfRange]);
        assert_eq!(amount(Err(own("no amount"))), [Code::InvalidFormat]);
        assert_eq!(amount(units(0)), []);
    }
}
