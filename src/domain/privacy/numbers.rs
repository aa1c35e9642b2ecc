//! Telephone numbers in a text, however their digits are written and whatever stands between them.

use super::{
    FEWEST_DIGITS, Stretch,
    signs::{Sign, Style, ends_with, plain},
};
use crate::domain::phone;

/// Most characters between two digits of a number; one that stands there several times counts once, if it is
/// one of [`FILLERS`].
const LONGEST_GAP: usize = 6;
/// Signs that are drawn out to lines.
const FILLERS: &str = " \t-._";
/// Most characters between a plus and the digits that it belongs to.
const LONGEST_PLUS_GAP: usize = 2;
/// Most digits of a number with all that is dialled before it.
const MOST_DIGITS: usize = 17;
/// The last digits of a number, which are shown.
const TAIL: usize = 4;
/// So many stars stand for digits that were hidden.
const MASK: usize = 4;
/// Most digits that are shown before such stars, with the code of the country; behind them are
/// [`TAIL`].
const LONGEST_HEAD: usize = 8;

/// What stands before a number in the address of a telephone.
const SCHEMES: [&str; 6] = ["tel", "fax", "callto", "sms", "sip", "sips"];
/// Most blanks and strokes between such a word, its colon and the number.
const LONGEST_SCHEME_GAP: usize = 4;
/// Most digits of a number behind one of these.
const MOST_BEHIND_SCHEME: usize = 15;
/// Dialled before the code of a country in America; no area of China has it.
const AMERICAN_PREFIX: &str = "011";

/// A digit and the character that shows it.
struct Digit {
    value: u8,
    at: usize,
}

/// Digits in a row.
struct Group {
    from: usize,
    to: usize,
    /// What stands before it, if that is one character; the last of them otherwise.
    gap: Option<char>,
    has_plus: bool,
    /// Whether one of [`SCHEMES`] stands before it.
    has_scheme: bool,
}

/// Groups that belong to one number, or to several.
#[derive(Default)]
struct Run {
    digits: Vec<Digit>,
    groups: Vec<Group>,
}

/// What is to be hidden of the numbers in a text.
pub(super) fn stretches(chars: &[char], signs: &[Sign]) -> Vec<Stretch> {
    let mut styles: Vec<Style> = signs
        .iter()
        .filter_map(|sign| match sign {
            Sign::Digits { style, .. } => Some(*style),
            _ => None,
        })
        .collect();
    styles.sort_unstable();
    styles.dedup();
    let masked = masks(chars);
    let mut found = Vec::new();
    // A number may be written in several styles at once; and the number of an item in a list before
    // it may be in another one.
    let alone = styles.iter().copied().map(Some);
    let each = alone.filter(|_| styles.len() > 1);
    for style in std::iter::once(None).chain(each) {
        for run in runs(chars, signs, &masked, style) {
            run.numbers(&mut found);
        }
    }
    found
}

/// Which characters are stars in the place of digits.
fn masks(chars: &[char]) -> Vec<bool> {
    let mut masks = vec![false; chars.len()];
    let mut from = 0;
    for row in chars.chunk_by(|a, b| plain(*a) == plain(*b)) {
        let to = from + row.len();
        if row.len() >= MASK && plain(row[0]) == '*' {
            masks[from..to].fill(true);
        }
        from = to;
    }
    masks
}

/// What stands between two digits.
#[derive(Default)]
struct Gap {
    /// Each of [`FILLERS`] once.
    signs: Vec<char>,
    length: usize,
}

impl Gap {
    fn push(&mut self, sign: char) {
        self.length += 1;
        if !FILLERS.contains(sign) || !self.signs.contains(&sign) {
            self.signs.push(sign);
        }
    }

    fn clear(&mut self) {
        self.signs.clear();
        self.length = 0;
    }

    /// The sign, if there is one alone.
    fn only(&self) -> Option<char> {
        self.signs.first().copied().filter(|_| self.length == 1)
    }
}

/// Whether there is a digit on either side, but for what is not seen.
fn is_between_digits(signs: &[Sign], at: usize) -> bool {
    let is_digit = |sign: Option<&Sign>| sign.is_some_and(|sign| sign.is_digit());
    let is_seen = |sign: &&Sign| **sign != Sign::Unseen;
    is_digit(signs[..at].iter().rev().find(is_seen))
        && is_digit(signs[at + 1..].iter().find(is_seen))
}

/// Whether a text ends with one of [`SCHEMES`] and a colon, or with blanks and strokes behind these: `tel: `,
/// `tel://`.
fn is_behind_scheme(chars: &[char]) -> bool {
    let without = |chars: &[char], signs: &str| {
        let rest = chars.iter().rev().take(LONGEST_SCHEME_GAP);
        chars.len() - rest.take_while(|&&c| signs.contains(plain(c))).count()
    };
    let head = &chars[..without(chars, " /")];
    let Some((&colon, head)) = head.split_last() else {
        return false;
    };
    let head = &head[..without(head, " ")];
    plain(colon) == ':' && SCHEMES.iter().any(|scheme| ends_with(head, scheme))
}

/// The runs of digits of `style`, or of any: those of others are signs between them.
fn runs(chars: &[char], signs: &[Sign], masked: &[bool], style: Option<Style>) -> Vec<Run> {
    let mut runs = vec![Run::default()];
    let mut gap = Gap::default();
    let mut plus: Option<usize> = None;
    let mut is_open = false;
    for (at, sign) in signs.iter().enumerate() {
        match *sign {
            Sign::Unseen => continue,
            Sign::Digits {
                style: own,
                value,
                is_pair,
            } if style.is_none_or(|style| style == own) => {
                if let Some(run) = runs.last_mut() {
                    if !is_open {
                        let has_plus = plus
                            .is_some_and(|place| gap.signs.len() - place <= LONGEST_PLUS_GAP + 1);
                        let has_scheme = is_behind_scheme(&chars[..at]);
                        let from = run.digits.len();
                        run.groups.push(Group {
                            from,
                            to: from,
                            gap: gap.only(),
                            has_plus,
                            has_scheme,
                        });
                    }
                    run.push(at, value, is_pair);
                }
                gap.clear();
                (plus, is_open) = (None, true);
                continue;
            }
            Sign::Plus => {
                plus = Some(gap.signs.len());
                gap.push('+');
            }
            Sign::Between | Sign::Digits { .. } if !masked[at] => gap.push(plain(chars[at])),
            _ if sign.joins_digits(chars[at]) && is_between_digits(signs, at) => {
                gap.push(plain(chars[at]));
            }
            _ => {
                gap.clear();
                plus = None;
                runs.push(Run::default());
            }
        }
        is_open = false;
        if gap.signs.len() > LONGEST_GAP {
            gap.signs.drain(..gap.signs.len() - LONGEST_GAP);
            plus = plus.and_then(|place| place.checked_sub(1));
            if runs.last().is_some_and(|run| !run.groups.is_empty()) {
                runs.push(Run::default());
            }
        }
    }
    let beside = |place: Option<usize>| place.is_some_and(|at| masked[at]);
    for run in &mut runs {
        run.leave_out_shown(
            |at| beside((0..at).rev().find(|&at| signs[at] != Sign::Unseen)),
            |at| beside((at + 1..signs.len()).find(|&at| signs[at] != Sign::Unseen)),
        );
    }
    runs
}

impl Run {
    fn push(&mut self, at: usize, value: u8, is_pair: bool) {
        if is_pair {
            self.digits.push(Digit {
                value: value / 10,
                at,
            });
        }
        self.digits.push(Digit {
            value: value % 10,
            at,
        });
        if let Some(group) = self.groups.last_mut() {
            group.to = self.digits.len();
        }
    }

    /// Leaves out what is shown of a number whose middle was hidden before: it is the first or the
    /// last group, because such a mark ends a run.
    fn leave_out_shown(
        &mut self,
        is_masked_before: impl Fn(usize) -> bool,
        is_masked_behind: impl Fn(usize) -> bool,
    ) {
        let is_tail = |group: &Group| group.to - group.from <= TAIL;
        let is_head = |group: &Group| group.to - group.from <= LONGEST_HEAD;
        if self
            .groups
            .first()
            .is_some_and(|group| is_tail(group) && is_masked_before(self.digits[group.from].at))
        {
            self.groups.remove(0);
        }
        if self
            .groups
            .last()
            .is_some_and(|group| is_head(group) && is_masked_behind(self.digits[group.to - 1].at))
        {
            self.groups.pop();
        }
    }

    /// Every row of whole groups that is a number: what is to be hidden of it.
    fn numbers(&self, found: &mut Vec<Stretch>) {
        let times = self.times();
        for first in 0..self.groups.len() {
            let from = self.groups[first].from;
            let Group {
                has_plus,
                has_scheme,
                ..
            } = self.groups[first];
            let mut national = false;
            let mut foreign = Vec::new();
            for last in first..self.groups.len() {
                let to = self.groups[last].to;
                let is_next = last > first && self.groups[last].has_plus;
                if to - from > MOST_DIGITS || has_plus && is_next {
                    break;
                }
                let digits: String = self.digits[from..to]
                    .iter()
                    .map(|digit| char::from(b'0' + digit.value))
                    .collect();
                if is_time(&times, first, last) {
                    continue;
                }
                // Behind a plus stands the code of a country.
                let ours = Some(&digits).filter(|digits| !has_plus || digits.starts_with("86"));
                if let Some(head) = ours.and_then(|digits| phone::national_head(digits)) {
                    national |= !digits.starts_with(AMERICAN_PREFIX);
                    found.extend(self.hidden(from + head, to - TAIL));
                } else if self.is_american(first, last) {
                    found.extend(self.hidden(from + 3, to - TAIL));
                } else if let Some(head) = phone::foreign_head(&digits, has_plus) {
                    foreign.extend(self.hidden(from + head, to - TAIL));
                } else if has_scheme && (FEWEST_DIGITS..=MOST_BEHIND_SCHEME).contains(&digits.len())
                {
                    foreign.extend(self.hidden(from + 1, to - TAIL));
                }
            }
            // A number of ours with the code of the country is no longer than it is.
            if !national {
                found.append(&mut foreign);
            }
        }
    }

    /// Whether groups are a number as in America, without the code of the country: `(415) 555-2671`,
    /// `415.555.2671`.
    fn is_american(&self, first: usize, last: usize) -> bool {
        let lengths = (first..=last).map(|group| self.length(group));
        if !lengths.eq([3, 3, 4]) {
            return false;
        }
        let (area, line) = (self.groups[first + 1].gap, self.groups[last].gap);
        matches!(line, Some('-' | '.')) && (area == line || matches!(area, None | Some(')')))
    }

    /// From behind the last digit that is shown up to the next one that is.
    fn hidden(&self, from: usize, to: usize) -> Option<Stretch> {
        if from >= to {
            return None;
        }
        let at = |digit: usize| self.digits[digit].at;
        let before = at(from - 1);
        Some(Stretch {
            from: if before == at(from) {
                before
            } else {
                before + 1
            },
            to: if at(to) == at(to - 1) {
                at(to) + 1
            } else {
                at(to)
            },
            mark: "****",
        })
    }

    fn length(&self, group: usize) -> usize {
        self.groups[group].to - self.groups[group].from
    }

    fn value(&self, group: usize) -> u32 {
        let digits = &self.digits[self.groups[group].from..self.groups[group].to];
        let digits = digits.iter().take(9);
        digits.fold(0, |value, digit| value * 10 + u32::from(digit.value))
    }

    /// Days, times of day and years: the first and the last group of each.
    fn times(&self) -> Vec<(usize, usize)> {
        let mut times = Vec::new();
        let mut first = 0;
        while first < self.groups.len() {
            let length = self.time_at(first);
            if length > 0 {
                times.push((first, first + length - 1));
            }
            first += length.max(1);
        }
        times
    }

    /// How many groups from here on are a day, a time of day or a year.
    fn time_at(&self, first: usize) -> usize {
        let gap = |group: usize| self.groups.get(group).and_then(|group| group.gap);
        let is = |group: usize, gap_before: char, length: std::ops::RangeInclusive<usize>| {
            gap(group) == Some(gap_before) && length.contains(&self.length(group))
        };
        let ends = |end: usize, sign: char| gap(end) != Some(sign);
        let length = self.length(first);
        let year = |group: usize| (1900..2100).contains(&self.value(group));
        if length == 4 && year(first) {
            for sign in ['-', '/', '.'] {
                if is(first + 1, sign, 1..=2)
                    && is(first + 2, sign, 1..=2)
                    && (1..=12).contains(&self.value(first + 1))
                    && (1..=31).contains(&self.value(first + 2))
                    && ends(first + 3, sign)
                {
                    return 3;
                }
            }
            return 1;
        }
        if length == 8 {
            let day = self.value(first);
            let is_day = (1900..2100).contains(&(day / 10_000))
                && (1..=12).contains(&(day / 100 % 100))
                && (1..=31).contains(&(day % 100));
            return usize::from(is_day);
        }
        let is_hour = (1..=2).contains(&length) && self.value(first) < 24;
        let starts = gap(first) != Some(':');
        if !is_hour || !starts || !is(first + 1, ':', 2..=2) || self.value(first + 1) > 59 {
            return 0;
        }
        let has_seconds = is(first + 2, ':', 2..=2) && self.value(first + 2) < 61;
        let end = first + if has_seconds { 3 } else { 2 };
        if !ends(end, ':') {
            return 0;
        }
        // As programs write them: thousandths, millionths or billionths of a second.
        let has_fraction = has_seconds
            && length == 2
            && matches!(gap(end), Some('.' | ','))
            && matches!(self.length(end), 3 | 6 | 9);
        end - first + usize::from(has_fraction)
    }
}

/// Whether groups are times and nothing else, or begin or end in the midst of one.
fn is_time(times: &[(usize, usize)], first: usize, last: usize) -> bool {
    let mut covered = 0;
    for &(from, to) in times {
        if from > last || to < first {
            continue;
        }
        if from < first || to > last {
            return true;
        }
        covered += to - from + 1;
    }
    covered == last - first + 1
}
