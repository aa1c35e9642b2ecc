//! Names as they are compared, and patterns that are looked for in them.

use regex::{Regex, RegexBuilder};

use crate::domain::text::{self, is_invisible};

/// Most bytes that a compiled pattern takes.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// A name as it is compared: see [`text::id`].
pub(super) fn plain(name: &str) -> String {
    text::id(name)
}

/// What two names of packages have in common that count as the same: Latin letters in either case,
/// widths and blanks make no difference.
#[must_use]
pub fn name_key(name: &str) -> String {
    plain(name).to_ascii_lowercase()
}

/// Full-width characters as ASCII ones, escaped where those would mean something in a pattern: the
/// name that is looked through has ASCII ones, too.
pub(super) fn plain_pattern(written: &str) -> String {
    let mut pattern = String::with_capacity(written.len());
    for c in written.chars() {
        match c {
            '\u{ff01}'..='\u{ff5e}' => {
                pattern.push_str(&regex::escape(&text::id(c.encode_utf8(&mut [0; 4]))));
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
