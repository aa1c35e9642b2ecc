//! Reading the platform's JSON, in which any field may be missing, null or of a neighbouring type
//! (guanke-api.md, "Call records").

use chrono::{DateTime, NaiveDateTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Number, Value};

use crate::domain::business_time::BusinessZone;
use crate::domain::money::Money;
use crate::domain::text::{self, Reading};

/// A JSON object.
pub(super) type Row = Map<String, Value>;

/// An id longer than this is none: cut short, two could become one.
const ID_LIMIT: usize = 191;
/// Whole numbers up to here survive being a JSON float.
const EXACT_IN_FLOAT: f64 = 9_007_199_254_740_992.0;
/// Epoch numbers from here on are milliseconds: as seconds this would be the year 5138.
const FIRST_MILLISECONDS: i64 = 100_000_000_000;
/// Call times before 2000 or after 2199 are garbage.
const PLAUSIBLE_SECONDS: std::ops::Range<i64> = 946_684_800..7_258_118_400;

/// Reads a JSON text. Half an emoji, cut off by the platform, is no JSON, and must not cost the rest.
pub(super) fn json(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| {
        without_lone_surrogates(text).map_or(Err(error), |text| serde_json::from_str(&text))
    })
}

/// The text with every `\\uD83D` that has no other half replaced by U+FFFD; `None` where there is
/// none.
fn without_lone_surrogates(text: &str) -> Option<String> {
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    let mut found = false;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        mended.push_str(before);
        let taken = match (surrogate(escape), escape.get(6..).and_then(surrogate)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => &escape[..12],
            (Some(_), _) => {
                found = true;
                mended.push('\u{fffd}');
                rest = &escape[6..];
                continue;
            }
            // Two characters at least: what follows a backslash may be one itself.
            (None, _) => escape
                .char_indices()
                .nth(2)
                .map_or(escape, |(end, _)| &escape[..end]),
        };
        mended.push_str(taken);
        rest = &escape[taken.len()..];
    }
    mended.push_str(rest);
    found.then_some(mended)
}

/// The half of a pair that an escape at the start of `text` stands for.
fn surrogate(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16)
        .ok()
        .filter(|unit| (0xd800..=0xdfff).contains(unit))
}

/// An instant as the platform wants it: `YYYY-MM-DD HH:MM:SS` in Beijing.
pub(super) fn wall_clock(instant: DateTime<Utc>) -> String {
    instant
        .with_timezone(&BusinessZone::BEIJING.tz())
        .format("%Y-%m-%d %H:%M:%S")
        .to_string()
}

/// The first of `names` that says anything: neither missing, null nor blank.
pub(super) fn field<'a>(row: &'a Row, names: &[&str]) -> Option<&'a Value> {
    names
        .iter()
        .filter_map(|&name| row.get(name))
        .find(|value| says_anything(value))
}

/// Neither null nor blank.
pub(super) fn says_anything(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text::is_blank(text),
        _ => true,
    }
}

/// A whole number, from a number, a text or a boolean; parts are cut off.
pub(super) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(cut)),
        Value::String(text) => {
            let text = text::id(text);
            text.parse()
                .ok()
                .or_else(|| text.parse::<f64>().ok().and_then(cut))
        }
        Value::Bool(yes) => Some(i64::from(*yes)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// How many things there are. What is below zero, or more than anybody has, is no count: sums of counts
/// stay far below what a number holds.
pub(super) fn count(value: &Value) -> Option<u64> {
    const MOST: i64 = 2_147_483_647;
    let number = integer(value).filter(|number| *number <= MOST)?;
    u64::try_from(number).ok()
}

fn cut(number: f64) -> Option<i64> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the range is checked, and cutting off the part is the point"
    )]
    (number.abs() < EXACT_IN_FLOAT).then_some(number as i64)
}

/// The text of a text, number or boolean; nothing else has one.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number_text(number)),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// `9.0` is `9` in someone else's language.
fn number_text(number: &Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(float) if float.fract() == 0.0 => {
            cut(float).map_or_else(|| number.to_string(), |whole| whole.to_string())
        }
        _ => number.to_string(),
    }
}

/// The text in its one form, at most `limit` characters; `None` when nothing is left.
pub(super) fn clean(text: &str, reading: Reading, limit: usize) -> Option<String> {
    let form = reading.read(text);
    if form.is_empty() || form.chars().count() <= limit {
        return Some(form).filter(|form| !form.is_empty());
    }
    // What was joined or spaced may be cut in two.
    let cut: String = form.chars().take(limit).collect();
    Some(reading.read(&cut))
}

/// A text field in its one form. `false` is how some languages say "none".
pub(super) fn text(row: &Row, names: &[&str], reading: Reading, limit: usize) -> Option<String> {
    match field(row, names)? {
        Value::Bool(false) => None,
        value => clean(&scalar(value)?, reading, limit),
    }
}

/// An id as text, from a text or a whole number that is exact.
pub(super) fn identifier(value: &Value) -> Option<String> {
    let id = match value {
        Value::String(text) => clean(text, Reading::Id, usize::MAX)?,
        Value::Number(number) if number.is_f64() => {
            number.as_f64().filter(|float| float.fract() == 0.0)?;
            integer(value)?.to_string()
        }
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (id.chars().count() <= ID_LIMIT).then_some(id)
}

/// An instant, to the second: epoch seconds or milliseconds as number or text, or a wall-clock
/// time in Beijing. A leap second (`:60`) is the second before it, so that its record is not lost and
/// both databases hold the same.
pub(super) fn instant(value: &Value) -> Option<DateTime<Utc>> {
    let seconds = match integer(value).filter(|_| !value.is_boolean()) {
        Some(epoch) if epoch >= FIRST_MILLISECONDS => epoch / 1_000,
        Some(epoch) => epoch,
        None => written_instant(&text::id(value.as_str()?))?.timestamp(),
    };
    DateTime::from_timestamp(seconds, 0).filter(|_| PLAUSIBLE_SECONDS.contains(&seconds))
}

fn written_instant(text: &str) -> Option<DateTime<Utc>> {
    [
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y/%m/%d %H:%M:%S%.f",
    ]
    .into_iter()
    .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
    .map(|wall| BusinessZone::BEIJING.instant_of(wall))
    .or_else(|| Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc()))
}

/// An amount that is not negative, rounded to a ten-thousandth.
pub(super) fn money(value: &Value) -> Option<Money> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text::id(text),
        _ => return None,
    };
    // The library takes `12_50` for 1250, and nobody knows what was meant.
    if text.contains('_') {
        return None;
    }
    let amount: Decimal = text
        .parse()
        .or_else(|_| Decimal::from_scientific(&text))
        .ok()?;
    let rounded =
        amount.round_dp_with_strategy(Money::SCALE, RoundingStrategy::MidpointAwayFromZero);
    Money::try_from(rounded)
        .ok()
        .filter(|_| !amount.is_sign_negative())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn half_an_emoji_does_not_cost_a_page() {
        let whole = r#"{"code":200,"data":["\ud83d\ude00 \\ud83d \n"]}"#;
        assert_eq!(without_lone_surrogates(whole), None);
        let half = r#"{"code":200,"data":["ab\ud83d", "\ude00\ud83d\ude00\\", "\ud83d\u0041"]}"#;
        let data = json(half).unwrap()["data"].clone();
        assert_eq!(
            data,
            serde_json::json!(["ab\u{fffd}", "\u{fffd}😀\\", "\u{fffd}A"])
        );
    }

    #[test]
    fn whole_numbers_come_as_numbers_texts_floats_and_booleans() {
        for value in [
            json!(7),
            json!("7"),
            json!(" 7 "),
            json!(7.9),
            json!("7.9"),
            json!("\u{feff}７"),
        ] {
            assert_eq!(integer(&value), Some(7), "{value}");
        }
        assert_eq!(integer(&json!(true)), Some(1));
        for value in [json!(null), json!(""), json!("x"), json!([7]), json!("NaN")] {
            assert_eq!(integer(&value), None, "{value}");
        }
    }

    #[test]
    fn a_count_is_not_negative_and_not_beyond_belief() {
        for (value, expected) in [
            (json!(0), Some(0)),
            (json!("7"), Some(7)),
            (json!(2_147_483_647), Some(2_147_483_647)),
            (json!(2_147_483_648_i64), None),
            (json!(i64::MAX), None),
            (json!("9007199254740993"), None),
            (json!(1e12), None),
            (json!(-1), None),
            (json!("many"), None),
        ] {
            assert_eq!(count(&value), expected, "{value}");
        }
    }

    #[test]
    fn an_id_is_a_text_or_an_exact_number() {
        assert_eq!(
            identifier(&json!(9_007_199_254_740_993_u64)).unwrap(),
            "9007199254740993"
        );
        assert_eq!(identifier(&json!(12.0)).unwrap(), "12");
        assert_eq!(identifier(&json!(" a1 ")).unwrap(), "a1");
        assert_eq!(identifier(&json!("\u{feff}a1\u{200b}")).unwrap(), "a1");
        for value in [json!(1.5), json!(1e25), json!(""), json!(true), json!(null)] {
            assert_eq!(identifier(&value), None, "{value}");
        }
        assert_eq!(identifier(&json!("9".repeat(192))), None);
    }

    #[test]
    fn a_call_time_is_seconds_milliseconds_or_beijing_wall_clock() {
        let expected = "2026-11-20T02:30:05Z".parse::<DateTime<Utc>>().unwrap();
        for value in [
            json!(expected.timestamp()),
            json!(expected.timestamp().to_string()),
            json!(expected.timestamp_millis() + 999),
            json!(expected.timestamp_millis().to_string()),
            json!("2026-11-20 10:30:05"),
            json!("2026-11-20T10:30:05"),
            json!("2026-11-20 10:30:05.123"),
            json!("\u{feff}2026-11-20\u{a0}10：30：05"),
            json!("2026-11-20T10:30:05+08:00"),
            json!("2026-11-20T02:30:05Z"),
        ] {
            assert_eq!(instant(&value), Some(expected), "{value}");
        }
        for value in [
            json!(0),
            json!(-5),
            json!(""),
            json!("soon"),
            json!(true),
            json!(null),
        ] {
            assert_eq!(instant(&value), None, "{value}");
        }
    }

    #[test]
    fn a_leap_second_is_the_second_before_it() {
        let expected = "2026-11-20T02:30:59Z".parse::<DateTime<Utc>>().unwrap();
        for value in [
            json!("2026-11-20 10:30:60"),
            json!("2026-11-20T10:30:60.999"),
            json!("2026/11/20 10:30:60"),
            json!("2026-11-20T10:30:60+08:00"),
            json!("2026-11-20T02:30:60Z"),
        ] {
            assert_eq!(instant(&value), Some(expected), "{value}");
        }
        // The last one of a day stays in the day that the platform lists it under.
        let last = instant(&json!("2026-11-20 23:59:60")).unwrap();
        assert_eq!(wall_clock(last), "2026-11-20 23:59:59");
        assert_eq!(instant(&json!("2026-11-20 10:30:61")), None);
    }

    #[test]
    fn an_instant_is_sent_as_beijing_wall_clock() {
        let instant = "2026-11-19T16:00:00Z".parse().unwrap();
        assert_eq!(wall_clock(instant), "2026-11-20 00:00:00");
    }

    #[test]
    fn money_is_decimal_and_rounded_and_never_negative() {
        let amount = |value: &Value| money(value).map(Money::ten_thousandths);
        assert_eq!(amount(&json!(0.1)), Some(1_000));
        assert_eq!(amount(&json!("0.06")), Some(600));
        assert_eq!(amount(&json!("0.00005")), Some(1));
        assert_eq!(amount(&json!(6e-2)), Some(600));
        assert_eq!(amount(&json!("1.2e1")), Some(120_000));
        for value in [
            json!(-1),
            json!("x"),
            json!("12_50"),
            json!("1_2.5"),
            json!(""),
            json!(null),
            json!(1e300),
        ] {
            assert_eq!(amount(&value), None, "{value}");
        }
    }

    #[test]
    fn texts_are_trimmed_cleaned_and_bounded() {
        let clean = |text, limit| clean(text, Reading::Name, limit);
        assert_eq!(clean(" a\u{0}\r\nb ", 99).unwrap(), "a b");
        assert_eq!(clean("王小明", 2).unwrap(), "王小");
        assert_eq!(clean("王 小明", 2).unwrap(), "王");
        assert_eq!(clean(" \u{3000}\u{200b}\n", 9), None);
    }

    #[test]
    fn the_first_name_that_says_anything_counts() {
        let row = json!({"a": null, "b": " ", "c": 0, "d": 1});
        let row = row.as_object().unwrap();
        assert_eq!(field(row, &["a", "b", "c", "d"]), Some(&json!(0)));
    }
}
