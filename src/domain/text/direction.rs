//! Text that is written in one direction and shown in the other one: behind U+202E everything is shown from right
//! to left, digits too, so that `\u{202e}67894321731` is seen as 13712349876.

use std::borrow::Cow;

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};

/// What follows is shown from right to left, whatever it is.
const OVERRIDE: char = '\u{202e}';
/// Ends the last of these, or of those without effect here.
const POP: char = '\u{202c}';
/// Ends an isolate, with all that has begun in it.
const POP_ISOLATE: char = '\u{2069}';
/// Most stretches within each other, as in the rules of Unicode: those within them are not looked at.
const DEEPEST: usize = 125;
/// What is shown mirrored from right to left.
const PAIRS: [(char, char); 12] = [
    ('(', ')'),
    ('[', ']'),
    ('{', '}'),
    ('<', '>'),
    ('«', '»'),
    ('‹', '›'),
    ('（', '）'),
    ('［', '］'),
    ('【', '】'),
    ('《', '》'),
    ('「', '」'),
    ('『', '』'),
];

/// What begins with one of the marks, or with the paragraph.
#[derive(Default)]
struct Stretch {
    is_reversed: bool,
    is_isolate: bool,
    /// Characters with what joins them, and whole stretches.
    parts: Vec<String>,
}

/// The text in the order in which it is shown, without the marks that make it so, if there is an override in it.
pub(super) fn as_shown(text: &str) -> Cow<'_, str> {
    if !text.contains(OVERRIDE) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    // What has begun ends with the paragraph.
    for paragraph in text.split_inclusive(ends_paragraph) {
        let end = paragraph.trim_end_matches(ends_paragraph).len();
        let (line, end) = paragraph.split_at(end);
        shown += &in_line(line);
        shown += end;
    }
    Cow::Owned(shown)
}

const fn ends_paragraph(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2029}')
}

fn in_line(line: &str) -> String {
    let mut open = vec![Stretch::default()];
    let mut too_deep = 0_usize;
    for c in line.chars() {
        match c {
            '\u{202a}' | '\u{202b}' | '\u{202d}' | OVERRIDE | '\u{2066}'..='\u{2068}' => {
                if open.len() > DEEPEST {
                    too_deep += 1;
                } else {
                    open.push(Stretch {
                        is_reversed: c == OVERRIDE,
                        is_isolate: matches!(c, '\u{2066}'..='\u{2068}'),
                        parts: Vec::new(),
                    });
                }
            }
            POP | POP_ISOLATE if too_deep > 0 => too_deep -= 1,
            POP => {
                if open.last().is_some_and(|last| !last.is_isolate) {
                    close(&mut open, 1);
                }
            }
            POP_ISOLATE => {
                if let Some(isolate) = open.iter().rposition(|stretch| stretch.is_isolate) {
                    let count = open.len() - isolate;
                    close(&mut open, count);
                }
            }
            c => {
                if let Some(last) = open.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    let all = open.len();
    close(&mut open, all);
    open.pop().map(Stretch::shown).unwrap_or_default()
}

/// Ends the last stretches; the paragraph itself stays.
fn close(open: &mut Vec<Stretch>, count: usize) {
    for _ in 0..count.min(open.len() - 1) {
        let part = open.pop().map(Stretch::shown);
        if let Some(last) = open.last_mut() {
            last.parts.extend(part);
        }
    }
}

impl Stretch {
    fn push(&mut self, c: char) {
        let c = if self.is_reversed { mirrored(c) } else { c };
        match self.parts.last_mut() {
            // Marks stay behind their letter, and emoji whole.
            Some(last) if joins(c) || last.ends_with('\u{200d}') => last.push(c),
            _ => self.parts.push(c.to_string()),
        }
    }

    fn shown(mut self) -> String {
        if self.is_reversed {
            self.parts.reverse();
            // Letters that go from right to left anyway are written in the order in which they are read.
            let is_between = |part: &String| part.chars().all(char::is_whitespace);
            let mut from = 0;
            while from < self.parts.len() {
                let rest = &mut self.parts[from..];
                if !goes_left(&rest[0]) {
                    from += 1;
                    continue;
                }
                let row = rest
                    .iter()
                    .take_while(|part| goes_left(part) || is_between(part))
                    .count();
                let last = rest[..row].iter().rposition(|part| goes_left(part));
                let length = last.map_or(1, |last| last + 1);
                rest[..length].reverse();
                from += length;
            }
        }
        match &mut self.parts[..] {
            [part] => std::mem::take(part),
            parts => parts.concat(),
        }
    }
}

fn joins(c: char) -> bool {
    matches!(c, '\u{200d}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}')
        || c.general_category_group() == GeneralCategoryGroup::Mark
}

/// Whether it is of a script that is written from right to left.
fn goes_left(part: &str) -> bool {
    let c = part.chars().next();
    let is_letter = |c: char| c.general_category_group() == GeneralCategoryGroup::Letter;
    c.is_some_and(|c| {
        matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
            && is_letter(c)
    })
}

fn mirrored(c: char) -> char {
    PAIRS
        .iter()
        .find_map(|&(open, close)| match c {
            c if c == open => Some(close),
            c if c == close => Some(open),
            _ => None,
        })
        .unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::super::{id, name, notes};
    use super::*;

    #[test]
    fn what_is_overridden_is_brought_into_the_order_in_which_it_is_shown() {
        for (written, shown) in [
            ("\u{202e}67894321731", "13712349876"),
            ("\u{202e}67894321731\u{202c}", "13712349876"),
            (
                "电话 \u{202e}67894321731\u{202c} 晚上",
                "电话 13712349876 晚上",
            ),
            ("137\u{202e}6789 4321\u{202c}", "1371234 9876"),
            ("\u{202e}moc.elpmaxe@iew.il", "li.wei@example.com"),
            // Within each other.
            (
                "\u{202e}67\u{202d}89\u{202c}4321731\u{202c}x",
                "13712348976x",
            ),
            ("\u{202e}6789\u{202e}4321\u{202c}731", "13712349876"),
            (
                "\u{202a}\u{202e}67894321731\u{202c}\u{202c}a",
                "13712349876a",
            ),
            ("\u{2067}\u{202e}321\u{2069}456", "123456"),
            ("\u{2066}\u{202e}321\u{202c}4\u{2069}5", "12345"),
            // An end without a beginning, and a beginning in a beginning that has ended.
            ("\u{202c}12\u{2069}3\u{202e}54", "12345"),
            // Up to the end of the line.
            ("\u{202e}321\n456", "123\n456"),
            ("\u{202e}321\r\n456\u{2029}", "123\r\n456\u{2029}"),
            ("\u{202e}(1750)", "(0571)"),
            (
                "\u{202e}e\u{301}a👨\u{200d}👩b1\u{fe0f}\u{20e3}",
                "1\u{fe0f}\u{20e3}b👨\u{200d}👩ae\u{301}",
            ),
            ("\u{202e}321 שלום עולם 654", "456 שלום עולם 123"),
        ] {
            assert_eq!(as_shown(written), shown, "{written:?}");
        }
        for as_it_is in ["", "13712349876", "\u{202b}137\u{202c}", "שלום 137"] {
            assert!(matches!(as_shown(as_it_is), Cow::Borrowed(same) if same == as_it_is));
        }
        let deep = "\u{202e}".repeat(100_000) + "321";
        assert_eq!(as_shown(&deep), "123");
    }

    #[test]
    fn that_is_how_texts_are_read() {
        let written = "电话 \u{202e}67894321731\u{202c}";
        assert_eq!(id(written), "电话 13712349876");
        assert_eq!(name(written), "电话 13712349876");
        assert_eq!(notes(written), "电话 13712349876");
        assert_eq!(notes("\u{202e}321\r\n456"), "123\n456");
        assert_eq!(
            crate::domain::phone::read("\u{202e}67894321731"),
            "13712349876"
        );
    }
}
