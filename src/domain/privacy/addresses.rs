//! E-mail addresses in a text.

use super::{
    Stretch,
    signs::{Sign, ends_with, plain},
};

/// Most blanks on either side of an @.
const LONGEST_GAP: usize = 2;
/// Longest name in quotes before an @, and longest number in brackets behind it.
const LONGEST_QUOTED: usize = 66;

/// What stands before addresses of which the host needs no point.
const SCHEMES: [&str; 4] = ["sip:", "sips:", "xmpp:", "mailto:"];

/// What is to be hidden of the addresses in a text: the name but for its first letter.
pub(super) fn stretches(chars: &[char], signs: &[Sign]) -> Vec<Stretch> {
    let text = Text { chars, signs };
    let mut found = Vec::new();
    for (at, sign) in signs.iter().enumerate() {
        if *sign == Sign::At
            && let Some((from, to)) = text.name(at)
            && (text.has_host(at + 1) || text.is_telephone(from - 1, at + 1))
        {
            found.push(Stretch {
                from,
                to,
                mark: "***",
            });
        }
    }
    found
}

struct Text<'a> {
    chars: &'a [char],
    signs: &'a [Sign],
}

impl Text<'_> {
    /// What is to be hidden of the name that ends before `end`.
    fn name(&self, end: usize) -> Option<(usize, usize)> {
        let mut end = end;
        let mut blanks = 0;
        while end > 0 && (self.is_unseen(end - 1) || self.is_blank(end - 1)) {
            blanks += usize::from(self.is_blank(end - 1));
            end -= 1;
        }
        if blanks > LONGEST_GAP {
            return None;
        }
        let is_quote = |at: usize| matches!(self.chars[at], '"' | '”' | '“' | '＂');
        if end > 0 && is_quote(end - 1) {
            let earliest = end.saturating_sub(LONGEST_QUOTED);
            let open = (earliest..end - 1).rev().find(|&at| is_quote(at))?;
            return (open + 2 < end).then_some((open + 2, end - 1));
        }
        let mut from = end;
        while from > 0 && (self.is_unseen(from - 1) || self.is_of_name(from - 1)) {
            from -= 1;
        }
        let first = (from..end).find(|&at| !self.is_unseen(at))?;
        Some((first + 1, end))
    }

    /// Whether what begins at `from` is the name of a host with a point in it, or its number in
    /// brackets.
    fn has_host(&self, from: usize) -> bool {
        let mut at = from;
        let mut blanks = 0;
        while at < self.chars.len() && (self.is_unseen(at) || self.is_blank(at)) {
            blanks += usize::from(self.is_blank(at));
            at += 1;
        }
        if blanks > LONGEST_GAP {
            return false;
        }
        let rest = &self.chars[at..];
        if rest.first() == Some(&'[') {
            return rest.iter().take(LONGEST_QUOTED).any(|&c| c == ']');
        }
        let seen = rest.iter().zip(&self.signs[at..]);
        let host: Vec<char> = seen
            .filter(|(_, sign)| **sign != Sign::Unseen)
            .map(|(c, _)| *c)
            .take(LONGEST_QUOTED)
            .collect();
        let end = host.iter().position(|&c| !is_of_label(c));
        match end.and_then(|end| {
            Some((
                host.get(end.checked_sub(1)?)?,
                host[end],
                host.get(end + 1)?,
            ))
        }) {
            // The full stop of Chinese ends a sentence, unless the host is written in Latin letters.
            Some((before, '。', behind)) => before.is_ascii() && behind.is_ascii_alphanumeric(),
            Some((_, point, behind)) => plain(point) == '.' && is_of_label(*behind),
            None => false,
        }
    }

    /// Whether this is `sip:li@pbx` or the like: such a host needs no point.
    fn is_telephone(&self, first: usize, host: usize) -> bool {
        let is_label = self.chars.get(host).is_some_and(|&c| is_of_label(c));
        is_label
            && SCHEMES
                .iter()
                .any(|scheme| ends_with(&self.chars[..first], scheme))
    }

    fn is_unseen(&self, at: usize) -> bool {
        self.signs[at] == Sign::Unseen
    }

    fn is_blank(&self, at: usize) -> bool {
        self.chars[at].is_whitespace()
    }

    fn is_of_name(&self, at: usize) -> bool {
        let c = self.chars[at];
        self.signs[at].is_digit()
            || c.is_alphanumeric()
            || c != '。' && "._-'&~!#$^*%+".contains(plain(c))
    }
}

fn is_of_label(c: char) -> bool {
    c.is_alphanumeric() || matches!(plain(c), '-' | '_')
}
