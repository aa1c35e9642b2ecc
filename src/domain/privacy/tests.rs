use proptest::prelude::*;

use super::*;

#[test]
fn numbers_and_addresses_are_hidden_wherever_they_stand() {
    for (text, expected) in [
        ("13812348000", "138****8000"),
        ("电话13812348000，晚上打", "电话138****8000，晚上打"),
        ("tel13812348000x", "tel138****8000x"),
        ("+86 138 1234 8000", "+86 138****8000"),
        ("138-1234-8000/13912348001", "138****8000/139****8001"),
        ("138 1234 8000 139 1234 8001", "138****8000 139****8001"),
        ("20261119 13812348000", "20261119 138****8000"),
        (
            "138\u{2011}1234\u{2212}8000 139\u{200b}12348001",
            "138****8000 139****8001",
        ),
        ("１３８１２３４８０００", "１３８****８０００"),
        ("座机010-62345678转801", "座机010****5678转801"),
        ("(0571)8765432", "(057****5432"),
        ("400-123-4567", "400****4567"),
        ("0086 10 6234 5678", "0086 10****5678"),
        ("+1 415 555 2671", "+1 4****2671"),
        ("+44 20 7946 0958", "+44****0958"),
        ("+44 (0)20 7946 0958", "+44****0958"),
        ("0044 20 7946 0958", "004****0958"),
        ("+852 2345 6789，急", "+85****6789，急"),
        (
            "mail li.wei@example.com.cn now",
            "mail l***@example.com.cn now",
        ),
        ("13812348000@qq.com", "1***@qq.com"),
        (
            "/rec/20261119_13812348000.mp3",
            "/rec/20261119_138****8000.mp3",
        ),
    ] {
        assert_eq!(hidden(text), expected, "{text}");
        assert_eq!(hidden(expected), expected, "hidden once for all");
        assert!(is_personal(text) && may_hide(text));
    }
}

#[test]
fn marks_digits_and_signs_of_every_kind_are_seen_through() {
    for (text, expected) in [
        ("137\u{200b}1234\u{200b}9876", "137****9876"),
        ("137\u{2060}1234\u{ad}9876", "137****9876"),
        (
            "1\u{332}3\u{332}7\u{332}1\u{332}2\u{332}3\u{332}4\u{332}9876",
            "1\u{332}3\u{332}7****9876",
        ),
        (
            "1\u{fe0f}\u{20e3}3\u{fe0f}\u{20e3}712349876",
            "1\u{fe0f}\u{20e3}3\u{fe0f}\u{20e3}7****9876",
        ),
        ("137\u{2011}1234\u{2011}9876", "137****9876"),
        ("137—1234——9876", "137****9876"),
        ("137ー1234ー9876", "137****9876"),
        ("①13712349876", "①137****9876"),
        ("1、13712349876", "1、137****9876"),
        ("１13712349876", "１137****9876"),
        ("⑴ 137 1234 9876", "⑴ 137****9876"),
        ("①③⑦①②③④⑨⑧⑦⑥", "①③⑦****⑨⑧⑦⑥"),
        ("⑬⑦⑫㉞⑨⑧⑦⑥", "⑬⑦****⑨⑧⑦⑥"),
        ("❶❸❼❶❷❸❹❾❽❼❻", "❶❸❼****❾❽❼❻"),
        ("١٣٧١٢٣٤٩٨٧٦", "١٣٧****٩٨٧٦"),
        ("१३७ १२३४ ९८७६", "१३७****९८७६"),
        ("𝟏𝟑𝟕𝟏𝟐𝟑𝟒𝟗𝟖𝟕𝟔", "𝟏𝟑𝟕****𝟗𝟖𝟕𝟔"),
        ("¹³⁷¹²³⁴⁹⁸⁷⁶", "¹³⁷****⁹⁸⁷⁶"),
        ("一三七一二三四九八七六", "一三七****九八七六"),
        ("幺三七一二三四九八七六", "幺三七****九八七六"),
        ("1３٧①2३④9八⁷𝟔", "1３٧****9八⁷𝟔"),
        ("137【1234】9876", "137****9876"),
        ("137.1234.9876", "137****9876"),
        ("137/1234/9876", "137****9876"),
        ("137_1234_9876", "137****9876"),
        ("137,1234,9876", "137****9876"),
        ("137：1234：9876", "137****9876"),
        ("137·1234·9876", "137****9876"),
        ("137*1234*9876", "137****9876"),
        ("137+1234+9876", "137****9876"),
        ("137 📞 1234 📞 9876", "137****9876"),
        ("1 3 7 1 2 3 4 9 8 7 6", "1 3 7****9 8 7 6"),
        ("137\n1234\n9876", "137****9876"),
        ("13:51 2349876", "13:5****9876"),
        ("＋１ ４１５ ５５５ ２６７１", "＋１ ４****２６７１"),
        ("（０５７１）８８８８-６６６６", "（０５７****６６６６"),
        ("0571 2020 1119", "057****1119"),
        ("(415) 555-2671", "(415****2671"),
        ("415.555.2671", "415****2671"),
        ("137%201234%2D9876", "137****9876"),
        ("tel:%2B1%20415%20555%202671", "tel:%2B1%204****2671"),
        ("100%13712349876", "100%137****9876"),
        ("li.wei＠example．com", "l***＠example．com"),
        (
            "l\u{200b}i.wei\u{200b}@example.com",
            "l***\u{200b}@example.com",
        ),
        ("li.wei @ example.com", "l*** @ example.com"),
        ("\"li wei\"@example.com", "\"l***\"@example.com"),
        ("o'neil+x@example.com", "o***@example.com"),
        ("mailto:li@[192.0.2.1]", "mailto:l***@[192.0.2.1]"),
        ("u=li.wei%40example.com", "u=l***%40example.com"),
        ("李伟@例子.中国", "李***@例子.中国"),
        ("a@b.c d@e.f", "a***@b.c d***@e.f"),
    ] {
        assert_eq!(hidden(text), expected, "{text}");
        assert_eq!(
            hidden(expected),
            expected,
            "hidden once for all: {expected}"
        );
        assert!(may_hide(text));
    }
}

#[test]
fn other_figures_stay() {
    for text in [
        "2026-11-19",
        "2026-11-19T16:00:00.123456Z",
        "2026-11-19 16:00:00.123",
        "2026/11/19 10:01:23.456789",
        "08:30 2026-11-19 09:00",
        "09:00-21:00 2026",
        "08:30 20261119",
        "2026-11-19T12:00:00+08:00 2026-11-20",
        "138****8000",
        "+86 138****8000",
        "010****5678-801",
        "1234567890123456789",
        "913812348000",
        "550e8400-e29b-41d4-a716-446655440000",
        "99.00",
        "11月A包-01",
        "一共二十三个，第一百二十三包",
        "120",
        "320, 450, 1200",
        "@张三 下午好",
        "联系@张三。谢谢",
        "3 @ 4",
        "",
    ] {
        assert_eq!(hidden(text), text);
        assert!(!is_personal(text));
    }
}

#[test]
fn escapes_words_and_directions_are_seen_through() {
    for (text, expected) in [
        (
            "%31%33%37%31%32%33%34%39%38%37%36",
            "%31%33%37****%39%38%37%36",
        ),
        ("137%EF%BC%911%32349876", "137****9876"),
        ("137%E2%80%8B1234%C2%A09876", "137****9876"),
        ("137%25201234%25209876", "137****9876"),
        (
            "&#49;&#51;&#55;&#49;&#50;&#51;&#52;&#57;&#56;&#55;&#54;",
            "&#49;&#51;&#55;****&#57;&#56;&#55;&#54;",
        ),
        ("&#x31;3&#X37;1234&#x39;876", "&#x31;3&#X37;****&#x39;876"),
        ("137&nbsp;1234&nbsp9876", "137****9876"),
        ("137&amp;#49;2349876", "137****9876"),
        ("137&ndash;1234&#8209;9876", "137****9876"),
        (
            "\\u0031\\u0033\\u00371234\\u{39}\\x3876",
            "\\u0031\\u0033\\u0037****\\u{39}\\x3876",
        ),
        (
            "li.wei&commat;example&period;com",
            "l***&commat;example&period;com",
        ),
        ("li.wei&#64;example.com", "l***&#64;example.com"),
        ("li.wei\\u0040example.com", "l***\\u0040example.com"),
        ("u=li.wei%2540example.com", "u=l***%2540example.com"),
        ("%6Ci.wei%40example.com", "%6C***%40example.com"),
        (
            "li.wei [at] example [dot] com",
            "l*** [at] example [dot] com",
        ),
        ("li.wei(AT)example.com", "l***(AT)example.com"),
        ("li.wei【at】example.com", "l***【at】example.com"),
        (
            "write to wei at example dot com now",
            "write to w*** at example dot com now",
        ),
        (
            "li dot wei at mail dot example dot com",
            "l*** at mail dot example dot com",
        ),
        ("\u{202e}67894321731", "\u{202e}6789****731"),
        (
            "\u{202e}67894321731\u{202c} 晚上",
            "\u{202e}6789****731\u{202c} 晚上",
        ),
        ("137\u{202e}6789 4321\u{202c}", "137****"),
        ("\u{202e}moc.elpmaxe@iew.il", "\u{202e}m***@***l"),
        ("011 44 20 7946 0958", "011****0958"),
        ("011442079460958", "011****0958"),
        ("00 44 20 7946 0958", "00 4****0958"),
        ("tel:62345678", "tel:6****5678"),
        ("TEL:6234-5678", "TEL:6****5678"),
        ("tel:+44-20-7946-0958", "tel:+44****0958"),
        ("tel:13712349876", "tel:137****9876"),
        ("sip:li.wei@pbx", "sip:l***@pbx"),
        ("sip:13712349876@pbx", "sip:1***@pbx"),
        ("l3712349876", "l37****9876"),
        ("电话 I37-1234-98O6，晚上", "电话 I37****98O6，晚上"),
        ("99 l3712349876 20", "99 l37****9876 20"),
    ] {
        let once = hidden(text);
        assert_eq!(once, expected, "{text}");
        assert_eq!(hidden(expected), expected, "hidden once for all");
        assert!(is_personal(text) && may_hide(text));
    }
}

#[test]
fn what_only_looks_like_that_stays() {
    for text in [
        "SKU-1O0",
        "SKU-l3712349876",
        "l3712349876-X",
        "l3712349876l",
        "IO0l-l371-2349",
        "62345678",
        "8765432 分机 12",
        "gossip:li@pbx",
        "the meeting is at noon",
        "look at example.com",
        "(at) example.com",
        "tel:2026-11-19",
        "50%30%20%",
        "R&D &copy; &#169; 2026",
        "C:\\users\\x31",
        "\u{202e}2026-11-19",
    ] {
        assert_eq!(hidden(text), text);
        assert!(!is_personal(text));
    }
}

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
    "", "", "", "", "", " ", "-", "\u{a0}", "\u{3000}", "\u{2011}", "\u{2212}", "—", "–", "_", ".",
    "．", "·", "/", "\\", "|", ",", "、", "，", ":", "：", "(", ")", "（", "）", "[", "】", "「",
    "~", "～", "'", "\"", "*", "#", "=", "\t", "\n", "\u{2028}", "📞", "→", " - ", "ー",
    "\u{2800}",
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

#[test]
fn the_characters_of_numbers_are_known_in_rows() {
    let rows = characters();
    let has = |rows: &[RangeInclusive<char>], c| rows.iter().any(|row| row.contains(&c));
    for c in "09９٣३𝟙①❾三〇²".chars() {
        assert!(has(&rows.digits, c), "{c}");
    }
    for c in "@＠⑩㊿".chars() {
        assert!(has(&rows.alone, c), "{c}");
    }
    for c in "a+-½王 ".chars() {
        assert!(!has(&rows.digits, c) && !has(&rows.alone, c), "{c}");
    }
    assert!(rows.digits.len() < 150, "{}", rows.digits.len());
}
