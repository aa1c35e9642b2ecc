//! Names as they are compared, and patterns that are looked for in them.

use regex::{Regex, RegexBuilder};

use crate::domain::grade::fold_width;

/// Most bytes that a compiled pattern takes.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// A name as it is compared: format characters dropped, full-width characters as ASCII ones, blanks as
/// one space each.
pub(super) fn plain(name: &str) -> String {
    let visible: String = fold_width(name)
        .chars()
        .filter(|c| !is_invisible(*c))
        .collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Format characters and variation selectors: they change how a text looks, and not what it says.
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// What two names of packages have in common that count as the same: Latin letters in either case,
/// widths and blanks make no difference.
#[must_use]
pub fn name_key(name: &str) -> String {
    plain(name).to_ascii_lowercase()
}

/// Full-width characters as ASCII ones, escaped where those would mean something in a pattern: the
/// name that is looked through has ASCII ones, too.
pub(super) fn plain_pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{ff01}'..='\u{ff5e}' => {
                pattern.push_str(&regex::escape(&fold_width(c.encode_utf8(&mut [0; 4]))));
            }
            '\u{3000}' => pattern.push(' '),
            c if is_invisible(c) => {}
            c => pattern.push(c),
        }
    }
    pattern
}

pub(super) fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .case_insensitive(true)
        .size_limit(MAX_PATTERN_BYTES)
        .dfa_size_limit(MAX_PATTERN_BYTES)
        .nest_limit(50)
        .build()
}
