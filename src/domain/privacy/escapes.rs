//! Characters that are written as programs, web pages and e-mails write them.

use super::readings::{Token, begins};

/// Longest name or number between the `&` and the `;` of HTML.
const LONGEST_ENTITY: usize = 32;
/// Longest tag of HTML.
const LONGEST_TAG: usize = 300;
/// Longest `\u{…}`.
const LONGEST_BRACED: usize = 12;

/// The characters of HTML that have names and mean something in numbers and addresses. What others there are
/// stands between digits as any sign does.
const ENTITIES: [(&str, char); 55] = [
    ("amp", '&'),
    ("apos", '\''),
    ("ast", '*'),
    ("bsol", '\\'),
    ("bull", '•'),
    ("bullet", '•'),
    ("colon", ':'),
    ("comma", ','),
    ("commat", '@'),
    ("dash", '\u{2010}'),
    ("dollar", '$'),
    ("emsp13", '\u{2004}'),
    ("emsp14", '\u{2005}'),
    ("emsp", '\u{2003}'),
    ("ensp", '\u{2002}'),
    ("equals", '='),
    ("gt", '>'),
    ("hyphen", '\u{2010}'),
    ("lbrace", '{'),
    ("lbrack", '['),
    ("lcub", '{'),
    ("lowbar", '_'),
    ("lpar", '('),
    ("lrm", '\u{200e}'),
    ("lsqb", '['),
    ("lt", '<'),
    ("mdash", '—'),
    ("middot", '·'),
    ("minus", '\u{2212}'),
    ("nbsp", '\u{a0}'),
    ("ndash", '–'),
    ("num", '#'),
    ("percnt", '%'),
    ("period", '.'),
    ("plus", '+'),
    ("quot", '"'),
    ("rbrace", '}'),
    ("rbrack", ']'),
    ("rcub", '}'),
    ("rlm", '\u{200f}'),
    ("rpar", ')'),
    ("rsqb", ']'),
    ("shy", '\u{ad}'),
    ("sol", '/'),
    ("sup1", '¹'),
    ("sup2", '²'),
    ("sup3", '³'),
    ("thinsp", '\u{2009}'),
    ("zwj", '\u{200d}'),
    ("zwnj", '\u{200c}'),
    ("NewLine", '\n'),
    ("NoBreak", '\u{2060}'),
    ("NonBreakingSpace", '\u{a0}'),
    ("Tab", '\t'),
    ("ZeroWidthSpace", '\u{200b}'),
];

/// The character that an escape stands for, and how many tokens it takes.
pub(super) fn escape(rest: &[Token]) -> Option<(char, usize)> {
    match rest.first()?.c {
        '%' => unicode(rest).or_else(|| percent(rest)),
        '=' => quoted_at(rest),
        '<' => tag(rest),
        '&' => entity(rest),
        '\\' => backslash(rest),
        _ => None,
    }
}

/// `%u0040`, as scripts write it.
fn unicode(rest: &[Token]) -> Option<(char, usize)> {
    let is_such = rest
        .get(1)
        .is_some_and(|token| matches!(token.c, 'u' | 'U'));
    let code = is_such.then(|| hex(rest, 2, 4)).flatten()?;
    Some((char::from_u32(code)?, 6))
}

/// `li=40example.com`, as e-mails write it. Before a digit it is a number.
fn quoted_at(rest: &[Token]) -> Option<(char, usize)> {
    let is_letter = |token: &Token| token.c.is_alphabetic();
    (begins(rest, "=40") && rest.get(3).is_some_and(is_letter)).then_some(('@', 3))
}

/// `<b>`, `</b>`, `<br/>` and `<span class="x">`: what looks like a tag, and not like an address or a comparison.
fn tag(rest: &[Token]) -> Option<(char, usize)> {
    let end = rest
        .iter()
        .take(LONGEST_TAG)
        .position(|token| token.c == '>')?;
    let text: String = rest[1..end].iter().map(|token| token.c).collect();
    let text = text.trim_matches('/').trim_end();
    let name = text.split_whitespace().next()?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric());
    let is_comment = text.starts_with("!--");
    let has_attributes = text.len() > name.len();
    let is_tag = is_comment || is_name && (!has_attributes || text.contains('='));
    is_tag.then_some((' ', end + 1))
}

/// The number that `count` hexadecimal digits are.
fn hex(rest: &[Token], from: usize, count: usize) -> Option<u32> {
    let digits = rest.get(from..from + count)?;
    digits.iter().try_fold(0_u32, |value, token| {
        Some(value * 16 + token.c.to_digit(16)?)
    })
}

/// `%40`, and `%EF%BC%91` in UTF-8.
fn percent(rest: &[Token]) -> Option<(char, usize)> {
    let byte = |index: usize| {
        let [sign, high, low] = rest.get(index * 3..index * 3 + 3)? else {
            return None;
        };
        let value = high.c.to_digit(16)? * 16 + low.c.to_digit(16)?;
        u8::try_from(value).ok().filter(|_| sign.c == '%')
    };
    let length = match byte(0)? {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    let bytes: Option<Vec<u8>> = (0..length).map(byte).collect();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    match text.and_then(|text| text.chars().next()) {
        Some(c) => Some((c, length * 3)),
        None => Some((char::REPLACEMENT_CHARACTER, 3)),
    }
}

/// `&#49;`, `&#x31;` and `&commat;`: HTML is read without the semicolon, too.
fn entity(rest: &[Token]) -> Option<(char, usize)> {
    let name: String = rest
        .iter()
        .skip(1)
        .take(LONGEST_ENTITY)
        .map(|token| token.c)
        .take_while(|&c| c.is_ascii_alphanumeric() || c == '#')
        .collect();
    let (c, length) = if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']);
        let (digits, radix) = hex.map_or((number, 10), |hex| (hex, 16));
        let count = digits.chars().take_while(|c| c.is_digit(radix)).count();
        let code = u32::from_str_radix(&digits[..count], radix).ok()?;
        let before = name.len() - digits.len();
        (char::from_u32(code)?, before + count)
    } else {
        let letters = name.chars().take_while(char::is_ascii_alphabetic).count();
        let short = &name[..letters];
        let named = |name: &str| ENTITIES.iter().find(|(entity, _)| *entity == name);
        let is_ended = |length: usize| rest.get(1 + length).is_some_and(|token| token.c == ';');
        match named(&name).or_else(|| named(short)) {
            Some((entity, c)) => (*c, entity.len()),
            None if letters > 1 && is_ended(letters) => ('•', letters),
            None => return None,
        }
    };
    let has_end = rest.get(1 + length).is_some_and(|token| token.c == ';');
    Some((c, 1 + length + usize::from(has_end)))
}

/// `\u0031`, `\u{31}`, `\x31` and `\U00000031`; `\n`, `\t` and the like.
fn backslash(rest: &[Token]) -> Option<(char, usize)> {
    let (code, length) = match rest.get(1)?.c {
        'a' | 'b' | 'e' | 'f' | 'n' | 'r' | 't' | 'v' => return Some((' ', 2)),
        '\\' => return Some(('\\', 2)),
        'x' => (hex(rest, 2, 2)?, 4),
        'u' if rest.get(2)?.c == '{' => {
            let mut braced = rest.iter().take(LONGEST_BRACED);
            let end = braced.position(|token| token.c == '}')?;
            (hex(rest, 3, end.checked_sub(3)?)?, end + 1)
        }
        'u' => (hex(rest, 2, 4)?, 6),
        'U' => (hex(rest, 2, 8)?, 10),
        _ => return None,
    };
    Some((char::from_u32(code)?, length))
}
