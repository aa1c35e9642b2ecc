//! The other ways in which a text is read: with the characters that escapes and words stand for, and
//! in the order in which it is shown.

use super::{
    Stretch, addresses,
    escapes::escape,
    numbers,
    signs::{Sign, plain},
};

/// Escapes may stand within escapes, as in `%2540` and `&amp;#64;`: so often they are replaced.
const MOST_PASSES: usize = 4;
/// Most blanks on either side of a point.
const LONGEST_GAP: usize = 2;
/// What follows is shown from right to left, digits too.
const OVERRIDE: char = '\u{202e}';
/// Digits of a mobile.
const MOBILE: usize = 11;
/// Fewest of these that are digits where letters stand for the others.
const FEWEST_DIGITS: usize = 8;

/// How people spell an @ and a point that programs shall not find: in brackets of any width, with a blank on
/// either side or without.
const BRACKETED: [(&str, char); 3] = [("at", '@'), ("@", '@'), ("dot", '.')];
const BRACKETS: [(char, char); 5] = [('[', ']'), ('(', ')'), ('{', '}'), ('<', '>'), ('【', '】')];
const SPOKEN_AT: &str = " at ";
const SPOKEN_DOT: &str = " dot ";

/// A character that is read, and where in the text stands what is read as it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub c: char,
    from: usize,
    to: usize,
}

/// What is to be hidden of the numbers and addresses that other ways to read the text bring up.
pub(super) fn stretches(chars: &[char]) -> Vec<Stretch> {
    let of_char = |(at, &c): (usize, &char)| Token {
        c,
        from: at,
        to: at + 1,
    };
    let mut tokens: Vec<Token> = chars.iter().enumerate().map(of_char).collect();
    let mut is_other = false;
    for _ in 0..MOST_PASSES {
        let Some(replaced) = replaced(&tokens) else {
            break;
        };
        (tokens, is_other) = (replaced, true);
    }
    is_other |= read_letters(&mut tokens);
    let mut found = Vec::new();
    if is_other {
        found.extend(of_reading(&tokens));
    }
    if let Some(shown) = as_shown(&tokens) {
        found.extend(of_reading(&shown));
    }
    found
}

fn of_reading(tokens: &[Token]) -> Vec<Stretch> {
    let chars: Vec<char> = tokens.iter().map(|token| token.c).collect();
    let signs: Vec<Sign> = chars.iter().map(|&c| Sign::of(c)).collect();
    let mut found = numbers::stretches(&chars, &signs);
    found.extend(addresses::stretches(&chars, &signs));
    let mut placed = Vec::with_capacity(found.len());
    for stretch in &found {
        place(tokens, stretch, &mut placed);
    }
    placed
}

/// Where in the text a stretch of tokens stands.
fn place(tokens: &[Token], stretch: &Stretch, placed: &mut Vec<Stretch>) {
    let mark = stretch.mark;
    let mut hidden = tokens[stretch.from..stretch.to].to_vec();
    hidden.sort_unstable_by_key(|token| token.from);
    for row in hidden.chunk_by(|a, b| a.to == b.from) {
        if let (Some(first), Some(last)) = (row.first(), row.last()) {
            let (from, to) = (first.from, last.to);
            placed.push(Stretch { from, to, mark });
        }
    }
    // Nothing but the mark itself, behind the one letter of a name.
    if hidden.is_empty()
        && let Some(before) = stretch.from.checked_sub(1).and_then(|at| tokens.get(at))
    {
        let is_reversed = tokens
            .get(stretch.from)
            .is_some_and(|next| next.from < before.from);
        let at = if is_reversed { before.from } else { before.to };
        placed.push(Stretch {
            from: at,
            to: at,
            mark,
        });
    }
}

/// With one character for each escape and each word for one, if there is any.
fn replaced(tokens: &[Token]) -> Option<Vec<Token>> {
    let spells_at = (0..tokens.len()).any(|at| tokens[at].c == '@' || is_spoken_at(&tokens[at..]));
    let mut read: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let rest = &tokens[at..];
        let is_behind_label = read.last().is_some_and(|token| is_of_label(token.c));
        let is_spaced = spells_at && read.last().is_some_and(|token| token.c == ' ');
        let meant = bracketed(rest)
            .or_else(|| escape(rest))
            .or_else(|| spoken(rest).filter(|_| spells_at && is_behind_label))
            .or_else(|| point(rest).filter(|_| is_spaced));
        let Some((c, length)) = meant else {
            read.push(tokens[at]);
            at += 1;
            continue;
        };
        let (mut from, mut end) = (at, at + length);
        if c == '.' && (length > 1 || is_spaced) {
            // A host is written without blanks.
            while at - from < LONGEST_GAP && read.last().is_some_and(|token| token.c == ' ') {
                read.pop();
                from -= 1;
            }
            let blanks = tokens[end..].iter().take(LONGEST_GAP);
            end += blanks.take_while(|token| token.c == ' ').count();
        }
        read.push(Token {
            c,
            from: tokens[from].from,
            to: tokens[end - 1].to,
        });
        at = end;
    }
    (read.len() < tokens.len()).then_some(read)
}

/// A point with a blank or a label behind it.
fn point(rest: &[Token]) -> Option<(char, usize)> {
    let behind = rest.get(1)?;
    (plain(rest.first()?.c) == '.' && (behind.c == ' ' || is_of_label(behind.c)))
        .then_some(('.', 1))
}

fn bracketed(rest: &[Token]) -> Option<(char, usize)> {
    let first = plain(rest.first()?.c);
    let (_, close) = BRACKETS.iter().find(|(open, _)| *open == first)?;
    let is_blank = |at: usize| rest.get(at).is_some_and(|token| token.c == ' ');
    let from = 1 + usize::from(is_blank(1));
    let (word, c) = BRACKETED
        .iter()
        .find(|(word, _)| rest.get(from..).is_some_and(|rest| begins(rest, word)))?;
    let end = from + word.len();
    let end = end + usize::from(is_blank(end));
    let is_closed = rest.get(end).is_some_and(|token| plain(token.c) == *close);
    is_closed.then_some((*c, end + 1))
}

fn spoken(rest: &[Token]) -> Option<(char, usize)> {
    if is_spoken_at(rest) {
        return Some(('@', SPOKEN_AT.len()));
    }
    is_before_label(rest, SPOKEN_DOT).then_some(('.', SPOKEN_DOT.len()))
}

/// Whether this is an `at` before a host whose points are spelled: `at example dot com`.
fn is_spoken_at(rest: &[Token]) -> bool {
    if !is_before_label(rest, SPOKEN_AT) {
        return false;
    }
    let host = &rest[SPOKEN_AT.len()..];
    let label = host.iter().take_while(|token| is_of_label(token.c)).count();
    is_before_label(&host[label..], SPOKEN_DOT)
}

fn is_before_label(rest: &[Token], word: &str) -> bool {
    let behind = rest.get(word.len());
    begins(rest, word) && behind.is_some_and(|token| is_of_label(token.c))
}

fn is_of_label(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_')
}

/// Whether `word` stands here, in either case.
pub(super) fn begins(rest: &[Token], word: &str) -> bool {
    let mut rest = rest.iter();
    let is_next = |c: char| {
        rest.next()
            .is_some_and(|token| token.c.eq_ignore_ascii_case(&c))
    };
    word.chars().all(is_next)
}

/// Reads the letters that look like digits as these where that makes a mobile that stands alone:
/// `l38-1234-8OOO`. Whether there is one.
fn read_letters(tokens: &mut [Token]) -> bool {
    let is_of_row = |token: &Token| digit_of(token.c).is_some() || " -.".contains(token.c);
    let mut is_read = false;
    let mut from = 0;
    while from < tokens.len() {
        let length = tokens[from..].iter().take_while(|t| is_of_row(t)).count();
        let to = from + length;
        let is_whole = read_mobile(tokens, from, to);
        is_read |= is_whole;
        let mut word = from;
        while word < to && !is_whole {
            let rest = &tokens[word..to];
            let end = word + rest.iter().take_while(|token| token.c != ' ').count();
            is_read |= read_mobile(tokens, word, end);
            word = end + 1;
        }
        from = to + 1;
    }
    is_read
}

/// Reads a row of digits and letters as a mobile, if it is one with letters in it.
fn read_mobile(tokens: &mut [Token], from: usize, to: usize) -> bool {
    let row = &tokens[from..to];
    let digits: Vec<char> = row.iter().filter_map(|token| digit_of(token.c)).collect();
    let written = row.iter().filter(|token| token.c.is_ascii_digit()).count();
    let is_mobile = digits.len() == MOBILE && matches!(digits[..2], ['1', '3'..='9']);
    if !is_mobile || !(FEWEST_DIGITS..MOBILE).contains(&written) {
        return false;
    }
    // It is no part of an id: a blank, or a sign other than a hyphen, stands at either end.
    let is_of_id = |token: &Token| token.c.is_ascii_alphanumeric() || "-_".contains(token.c);
    let ends = [row.first(), row.last()];
    let beside = [
        from.checked_sub(1).and_then(|before| tokens.get(before)),
        tokens.get(to),
    ];
    for (end, beside) in ends.into_iter().zip(beside) {
        let is_apart = end.is_some_and(|token| token.c == ' ');
        let is_hyphen = end.is_some_and(|token| token.c == '-');
        if is_hyphen || !is_apart && beside.is_some_and(is_of_id) {
            return false;
        }
    }
    for token in &mut tokens[from..to] {
        token.c = digit_of(token.c).unwrap_or(token.c);
    }
    true
}

/// The digit that a character is or looks like.
const fn digit_of(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        'l' | 'I' => Some('1'),
        'O' | 'o' => Some('0'),
        _ => None,
    }
}

/// In the order in which it is shown, if something turns that round.
fn as_shown(tokens: &[Token]) -> Option<Vec<Token>> {
    if tokens.iter().all(|token| token.c != OVERRIDE) {
        return None;
    }
    let mut shown = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let rest = &tokens[at..];
        let length = if tokens[at].c == OVERRIDE {
            overridden(rest)
        } else {
            1
        };
        shown.extend(rest[..length].iter().rev());
        at += length;
    }
    Some(shown)
}

/// How many tokens there are from an override up to its end, or that of the line.
fn overridden(rest: &[Token]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in rest.iter().enumerate() {
        match token.c {
            '\u{202a}' | '\u{202b}' | '\u{202d}' | OVERRIDE => depth += 1,
            '\u{202c}' if depth <= 1 => return at + 1,
            '\u{202c}' => depth -= 1,
            '\n' | '\r' | '\u{85}' | '\u{2029}' => return at,
            _ => {}
        }
    }
    rest.len()
}
