use async_graphql::parser::parse_query;

use super::*;

fn read(text: &str) -> Result<ExecutableDocument, NotExecutable> {
    executable(&parse(text).unwrap(), text)
}

/// The value of the argument `v` of the first field.
fn value_of(written: &str) -> ConstValue {
    let document = read(&format!("{{ a(v: {written}) }}")).unwrap();
    let DocumentOperations::Single(operation) = document.operations else {
        panic!("{written}");
    };
    let Selection::Field(field) = &operation.node.selection_set.node.items[0].node else {
        panic!("{written}");
    };
    let value = field.node.get_argument("v").unwrap();
    value.node.clone().into_const().unwrap()
}

#[test]
fn values_are_what_the_specification_says() {
    let text = |text: &str| ConstValue::String(text.to_owned());
    for (written, value) in [
        (r#""\u{1F600}""#, text("😀")),
        (r#""a\u{61}\u{000062}""#, text("aab")),
        (r#""\uD83D\uDE00!""#, text("😀!")),
        (r#""\ud83d\ude00\u4f60""#, text("😀你")),
        (r#""\"\\\/\b\f\n\r\t""#, text("\"\\/\u{8}\u{c}\n\r\t")),
        (r#""""a \""" \u{61} \n""""#, text(r#"a """ \u{61} \n"#)),
        ("\"\"\"\n  a\n    b\n  \"\"\"", text("a\n  b")),
        (r#""""#, text("")),
        ("-0", ConstValue::from(0)),
        ("0", ConstValue::from(0)),
        ("-12", ConstValue::from(-12)),
        ("-0.5", ConstValue::from(-0.5)),
        ("1e3", ConstValue::from(1e3)),
        ("18446744073709551615", ConstValue::from(u64::MAX)),
    ] {
        assert_eq!(value_of(written), value, "{written}");
    }
}

#[test]
fn what_is_no_text_is_refused() {
    for written in [
        r#""\u{D83D}""#,
        r#""\uD83D""#,
        r#""\uDE00\uD83D""#,
        r#""\uD83D\u0061""#,
        r#""\u{110000}""#,
        r#""\u{}""#,
        r#""\u{61""#,
        r#""\x61""#,
        "\"a\nb\"",
        "01",
        "-",
        "-01",
        "1.",
        "0x1",
    ] {
        assert!(
            parse(&format!("{{ a(v: {written}) }}")).is_err(),
            "{written}"
        );
    }
}

#[test]
fn what_cannot_be_executed_is_told_apart() {
    for (text, reason) in [
        ("fragment F on T { a }", NotExecutable::NoOperation),
        ("{ a } { b }", NotExecutable::Ambiguous),
        ("{ a } query A { b }", NotExecutable::Ambiguous),
        ("query A { a } query A { b }", NotExecutable::Ambiguous),
        (
            "{ ...F } fragment F on T { a } fragment F on T { b }",
            NotExecutable::Ambiguous,
        ),
        ("{ a } type T { a: Int }", NotExecutable::OtherDefinition),
        ("{ a(b: 1e999) }", NotExecutable::Number("1e999".to_owned())),
    ] {
        assert_eq!(read(text).err(), Some(reason), "{text}");
    }
}

/// Where async-graphql's own parser is right, this comes to the same, places included.
#[test]
fn a_document_comes_to_what_the_other_parser_reads() {
    let text = r#"
        # What follows is 线.
        query A($a: [Int!]! = [1, 2] $b: T @c(d: "线")) @e {
          f: g(h: {i: $a, j: [null, true, ENUM]}) @skip(if: false) { k }
          ... on L @include(if: true) { m ...N }
          ...N @o
        }
        mutation B { p(q: -1.5, r: "") } subscription C { s }
        fragment N on T @t(u: 1) { v }
    "#;
    let of = |document: &ExecutableDocument| {
        let mut value = serde_json::to_value(document).unwrap();
        without_selections(&mut value);
        value
    };
    assert_eq!(of(&read(text).unwrap()), of(&parse_query(text).unwrap()));
    let short = "{ a }";
    assert_eq!(of(&read(short).unwrap()), of(&parse_query(short).unwrap()));
}

/// Without the places of selections and conditions, which are those of what they belong to.
fn without_selections(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                if name == "selection_set" || name == "type_condition" && value.is_object() {
                    value["pos"].take();
                }
                without_selections(value);
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(without_selections),
        _ => {}
    }
}
