//! However a number is written, no more of it is shown.

use proptest::prelude::*;

use super::*;

/// A digit as one of many write it.
fn written(value: u8, style: usize) -> char {
    let of = |zero: u32| char::from_u32(zero + u32::from(value)).unwrap();
    let pick = |row: &str| row.chars().nth(value.into()).unwrap();
    match style {
        0..4 => of(u32::from('0')),
        4 => of(0xff10),
        5 => of(0x660),
        6 => of(0x6f0),
        7 => of(0x966),
        8 => of(0x1d7ce),
        9 => of(0x1d7f6),
        10 => of(0x1fbf0),
        11 => pick("⓪①②③④⑤⑥⑦⑧⑨"),
        12 => pick("⓿❶❷❸❹❺❻❼❽❾"),
        13 => pick("⁰¹²³⁴⁵⁶⁷⁸⁹"),
        14 => pick("〇一二三四五六七八九"),
        _ => of(0xe50),
    }
}

/// What people put between digits.
const SIGNS: &[&str] = &[
    "",
    "",
    "",
    "",
    "",
    " ",
    "-",
    "\u{a0}",
    "\u{3000}",
    "\u{2011}",
    "\u{2212}",
    "—",
    "–",
    "_",
    ".",
    "．",
    "·",
    "/",
    "\\",
    "|",
    ",",
    "、",
    "，",
    ":",
    "：",
    "(",
    ")",
    "（",
    "）",
    "[",
    "】",
    "「",
    "~",
    "～",
    "'",
    "\"",
    "*",
    "#",
    "=",
    "\t",
    "\n",
    "\u{2028}",
    "📞",
    "→",
    " - ",
    "ー",
    "\u{2800}",
    "$",
    "%",
    "@",
    "€",
    " - - - ",
    "          ",
    "\\n",
    "<b>",
    "<br/>",
    "&bull;",
    "&nbsp;",
    "\u{318d}",
];
/// What nobody sees.
const MARKS: &[&str] = &[
    "",
    "",
    "",
    "",
    "\u{200b}",
    "\u{200d}",
    "\u{feff}",
    "\u{ad}",
    "\u{2060}",
    "\u{202e}",
    "\u{fe0f}",
    "\u{20e3}",
    "\u{332}",
    "\u{34f}",
    "\u{0}",
    "\u{1b}",
    "\u{3164}",
    "\u{e0020}",
];

/// Numbers: what stands before them, their digits, and how many of all of these may be shown.
fn numbers() -> impl Strategy<Value = (&'static str, String, usize)> {
    let of = |before, pattern: &str, shown| {
        let digits = proptest::string::string_regex(pattern).unwrap();
        digits.prop_map(move |digits| (before, digits, shown))
    };
    prop_oneof![
        of("", "1[3-9][0-9]{9}", 7),
        of("", "01[3-9][0-9]{9}", 8),
        of("", "861[3-9][0-9]{9}", 9),
        of("+", "861[3-9][0-9]{9}", 9),
        of("", "00861[3-9][0-9]{9}", 11),
        of("", "010[2-9][0-9]{7}", 7),
        of("", "0[3-9][1-9][0-9][2-9][0-9]{6,7}", 7),
        of("", "[48]00[0-9]{7}", 7),
        of("+", "1[2-9][0-9]{9}", 7),
        of("+", "44[1-9][0-9]{8,9}", 7),
        of("", "0044[1-9][0-9]{8,9}", 7),
    ]
}

/// A number in one of the many ways to write it.
fn writing() -> impl Strategy<Value = (String, String, usize)> {
    let pick = |from: &'static [&'static str]| prop::sample::select(from);
    let parts = prop::collection::vec((0..16_usize, pick(SIGNS), pick(MARKS), pick(MARKS)), 20);
    (numbers(), parts).prop_map(|((before, digits, shown), parts)| {
        let mut text = before.to_owned();
        for (index, digit) in digits.bytes().enumerate() {
            let (style, sign, mark, other) = parts[index];
            if index > 0 {
                text += sign;
            }
            text += mark;
            text.push(written(digit - b'0', style));
            text += other;
        }
        (text, digits, shown)
    })
}

fn digits(text: &str) -> usize {
    text.chars().filter(|&c| Sign::of(c).is_digit()).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    /// However a number is written and whatever stands around it, no more is shown than of one in its
    /// usual form.
    #[test]
    fn no_way_to_write_a_number_tells_more_than_another(
        (text, number, shown) in writing(),
        before in prop::sample::select(vec!["", "王", "tel ", "电话：", "A包 ", "x"]),
        behind in prop::sample::select(vec!["", "王", " 晚上", "。", "x", "转"]),
    ) {
        let whole = format!("{before}{text}{behind}");
        let left = hidden(&whole);
        prop_assert!(digits(&left) <= shown, "{number} in {whole:?} is shown as {left:?}");
        prop_assert!(may_hide(&whole));
    }

    /// What was hidden once is not hidden again; and a text in which something is hidden is told by
    /// its characters.
    #[test]
    fn hiding_is_done_once(
        texts in prop::collection::vec(
            prop_oneof![
                writing().prop_map(|(text, ..)| text),
                "[0-9 ,+*@.:a-c/-]{0,16}",
                "\\PC{0,12}",
            ],
            1..4,
        ),
        between in prop::sample::select(vec!["", " ", "，", "/", "x"]),
    ) {
        let text = texts.join(between);
        let once = hidden(&text);
        prop_assert_eq!(&hidden(&once), &once, "{:?}", text);
        prop_assert!(may_hide(&text) || once == text, "{:?}", text);
    }

    /// Likewise for names of addresses.
    #[test]
    fn of_an_address_one_letter_and_the_host_are_shown(
        name in "[a-z][a-z0-9._+-]{0,10}[a-z]",
        marks in prop::collection::vec(prop::sample::select(MARKS), 16),
        at in prop::sample::select(vec!["@", "＠", "﹫", " @", "@ ", " @ ", "%40", "@\u{200b}"]),
    ) {
        let marked: String = name.chars().zip(&marks).flat_map(|(c, mark)| [c.to_string(), (*mark).to_string()]).collect();
        let left = hidden(&format!("({marked}{at}example.com)")).into_owned();
        let first = name.chars().next().unwrap();
        let expected = format!("({first}***");
        prop_assert!(left.starts_with(&expected), "{:?} is shown as {:?}", marked, left);
    }
}
