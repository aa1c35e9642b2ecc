//! Texts of filters, read as the texts that they are compared with.

use super::{Filter, FilterError, Test};
use crate::domain::{
    scalar::Scalar,
    text::{self, Reading},
};

impl Filter {
    /// The filter with every text in the form in which such texts are stored: a telephone number, a
    /// name or an id is found in whatever form it is asked for.
    ///
    /// # Errors
    /// [`FilterError::Blank`]: nothing is stored as an empty text, so that a condition with one would
    /// find all or nothing by accident.
    pub fn read(self) -> Result<Self, FilterError> {
        let each = |filters: Vec<Self>| {
            filters
                .into_iter()
                .map(Self::read)
                .collect::<Result<Vec<_>, FilterError>>()
        };
        let one = |filter: Box<Self>| Ok(Box::new(filter.read()?));
        Ok(match self {
            Self::All(filters) => Self::All(each(filters)?),
            Self::Any(filters) => Self::Any(each(filters)?),
            Self::Not(filter) => Self::Not(one(filter)?),
            Self::One(relation, filter) => Self::One(relation, one(filter)?),
            Self::Many(relation, quantifier, filter) => {
                Self::Many(relation, quantifier, one(filter)?)
            }
            Self::Field(name, test) => read(name, test)?,
        })
    }
}

fn read(name: &'static str, test: Test) -> Result<Filter, FilterError> {
    if test.texts().any(text::is_blank) {
        return Err(FilterError::Blank(name));
    }
    let Some(reading) = Reading::of_column(name) else {
        return Ok(Filter::Field(name, test));
    };
    let whole = |value| match value {
        Scalar::Text(words) => Scalar::Text(reading.read(&words)),
        value => value,
    };
    let parts = |part: &str, test: fn(String) -> Test| {
        let forms = reading.read_part(part, matches!(test(String::new()), Test::StartsWith(_)));
        let mut tests: Vec<Filter> = forms
            .into_iter()
            .map(|form| Filter::Field(name, test(form)))
            .collect();
        match tests.len() {
            0 => Err(FilterError::Blank(name)),
            1 => Ok(tests.swap_remove(0)),
            _ => Ok(Filter::Any(tests)),
        }
    };
    Ok(Filter::Field(
        name,
        match test {
            Test::Equal(value) => Test::Equal(whole(value)),
            Test::Among(values) => Test::Among(values.into_iter().map(whole).collect()),
            Test::Contains(part) => return parts(&part, Test::Contains),
            Test::StartsWith(start) => return parts(&start, Test::StartsWith),
            test => test,
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(name: &'static str, text: &str) -> Filter {
        Filter::Field(name, Test::Equal(Scalar::Text(text.to_owned())))
    }

    #[test]
    fn a_text_is_read_as_those_it_is_compared_with() {
        for (name, asked, stored) in [
            ("phone_number", "+86 139-1234\u{a0}8000", "13912348000"),
            ("phone_number", "010 6234 5678 转 801", "010-62345678-801"),
            ("grade", "\u{feff}９ 元", "9元"),
            ("external_id", "e\u{200b}１", "e1"),
            ("task_name", "11月\u{3000}Ａ包 ", "11月 A包"),
            ("tag_value", "高\u{fe0f}", "高"),
            ("notes", "，Ａ\u{200b}", "，Ａ"),
            ("request_id", " Ａ", " Ａ"),
        ] {
            let nested = |text| Filter::One("calls", Box::new(equal(name, text).negated()));
            assert_eq!(nested(asked).read(), Ok(nested(stored)), "{name}");
        }
        let among = |texts: [&str; 2]| {
            let texts = texts.map(|text| Scalar::Text(text.to_owned()));
            Filter::Field("phone_number", Test::Among(texts.into()))
        };
        let asked = among(["0086 13912348000", "95588"]);
        assert_eq!(asked.read(), Ok(among(["13912348000", "95588"])));
        let start = |text: &str| Filter::Field("task_name", Test::StartsWith(text.to_owned()));
        assert_eq!(start(" １１月 ").read(), Ok(start("11月 ")));
    }

    #[test]
    fn a_text_that_says_nothing_is_refused() {
        for name in ["task_name", "phone_number", "notes", "actor"] {
            let blank = Err(FilterError::Blank(name));
            for text in ["", " ", "\u{200b}\u{3000}"] {
                assert_eq!(equal(name, text).read(), blank);
                assert_eq!(equal(name, text).negated().read(), blank);
                let text = || text.to_owned();
                assert_eq!(Filter::Field(name, Test::Contains(text())).read(), blank);
                assert_eq!(Filter::Field(name, Test::StartsWith(text())).read(), blank);
                let among = Test::Among(vec![Scalar::Text("a".to_owned()), Scalar::Text(text())]);
                assert_eq!(Filter::Field(name, among).read(), blank);
            }
        }
        let message = FilterError::Blank("task_name").to_string();
        assert!(message.starts_with("`taskName` "), "{message}");
    }
}
