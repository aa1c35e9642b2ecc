//! Keyset paging: which page is asked for, and where in an ordering a row stands.

use std::hash::{Hash, Hasher};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use super::{
    filter::Filter,
    scalar::{Kind, Scalar},
    text,
};

/// Rows on a page when the client does not say.
pub const DEFAULT_PAGE_SIZE: u32 = 20;
/// Most rows on a page.
pub const MAX_PAGE_SIZE: u32 = 200;

/// A key that a list is ordered by. Where the field has no value the record comes last, whichever
/// the direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OrderKey {
    /// The field, by its name in the table.
    pub field: &'static str,
    /// From the largest to the smallest.
    pub descending: bool,
}

impl OrderKey {
    /// From the smallest to the largest.
    #[must_use]
    pub const fn ascending(field: &'static str) -> Self {
        Self {
            field,
            descending: false,
        }
    }

    /// From the largest to the smallest.
    #[must_use]
    pub const fn descending(field: &'static str) -> Self {
        Self {
            field,
            descending: true,
        }
    }
}

/// Where a row stands in its ordering: the values of the sort keys, the unique one last.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cursor(pub Vec<Scalar>);

/// The version of the cursor's form and the list it belongs to.
#[derive(Serialize, Deserialize)]
struct Envelope {
    v: u8,
    l: String,
    k: Cursor,
}

const CURSOR_VERSION: u8 = 2;

/// What a cursor belongs to: a list in a certain order, of the records that a filter leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    fingerprint: String,
    kinds: Vec<Kind>,
}

impl Binding {
    /// Of the list `name`, whose sort keys are of these `kinds`.
    #[must_use]
    pub fn new(name: &str, order: &[OrderKey], filter: Option<&Filter>, kinds: Vec<Kind>) -> Self {
        let mut hasher = Xxh3::new();
        (name, order, filter).hash(&mut hasher);
        Self {
            fingerprint: format!("{:016x}", hasher.finish()),
            kinds,
        }
    }

    fn fits(&self, cursor: &Cursor) -> bool {
        let fits = |(value, kind): (&Scalar, &Kind)| {
            let is_storable = !matches!(value, Scalar::Text(text) if !text::is_storable(text));
            is_storable && value.kind().is_none_or(|own| own == *kind)
        };
        cursor.0.len() == self.kinds.len() && cursor.0.iter().zip(&self.kinds).all(fits)
    }
}

impl Cursor {
    /// The opaque text that clients get; `binding` says what it may be used with.
    #[must_use]
    pub fn encode(&self, binding: &Binding) -> String {
        let envelope = Envelope {
            v: CURSOR_VERSION,
            l: binding.fingerprint.clone(),
            k: self.clone(),
        };
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&envelope).unwrap_or_default())
    }

    /// Reads a cursor back.
    ///
    /// # Errors
    /// [`PageError::InvalidCursor`] for a text that is no cursor, [`PageError::ForeignCursor`] for
    /// one of another list, ordering or filter.
    pub fn decode(text: &str, binding: &Binding) -> Result<Self, PageError> {
        let envelope = envelope(text).ok_or(PageError::InvalidCursor)?;
        if envelope.l != binding.fingerprint {
            return Err(PageError::ForeignCursor);
        }
        Some(envelope.k)
            .filter(|cursor| binding.fits(cursor))
            .ok_or(PageError::InvalidCursor)
    }
}

/// Whether a text is a cursor of any list.
#[must_use]
pub fn is_cursor(text: &str) -> bool {
    envelope(text).is_some()
}

fn envelope(text: &str) -> Option<Envelope> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let envelope = serde_json::from_slice::<Envelope>(&bytes).ok()?;
    (envelope.v == CURSOR_VERSION).then_some(envelope)
}

/// The arguments of a connection do not go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// `first` or `last` below zero or over the maximum.
    #[error("`{argument}` must be from 0 to {MAX_PAGE_SIZE}, and {given} was given")]
    Size {
        /// Which argument.
        argument: &'static str,
        /// What it was.
        given: i64,
    },
    /// Both ends at once.
    #[error("give `first` to page forwards or `last` to page backwards, not both")]
    FirstAndLast,
    /// Not a cursor.
    #[error("`after` and `before` take a cursor that this very list gave, and this is none")]
    InvalidCursor,
    /// A cursor of another list.
    #[error(
        "this cursor belongs to another list, or to another `orderBy` or `filter` of this one: a cursor is good for the list that gave it"
    )]
    ForeignCursor,
}

/// A page of an ordered list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageRequest {
    /// At most so many rows.
    pub size: u32,
    /// Take them from the end of the range, not from its start.
    pub backward: bool,
    /// Only rows behind this place.
    pub after: Option<Cursor>,
    /// Only rows before this place.
    pub before: Option<Cursor>,
    /// Whether to find out if there are rows on the cursor's other side, which costs a look-up.
    pub look_behind: bool,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self::first(DEFAULT_PAGE_SIZE)
    }
}

impl PageRequest {
    /// The first `size` rows.
    #[must_use]
    pub const fn first(size: u32) -> Self {
        Self {
            size,
            backward: false,
            after: None,
            before: None,
            look_behind: false,
        }
    }

    /// From the four arguments of a Relay connection.
    ///
    /// # Errors
    /// [`PageError`] when they are out of bounds, contradict each other or hold a foreign cursor.
    pub fn from_arguments(
        first: Option<i64>,
        after: Option<&str>,
        last: Option<i64>,
        before: Option<&str>,
        binding: &Binding,
    ) -> Result<Self, PageError> {
        let size = |argument, given: i64| {
            u32::try_from(given)
                .ok()
                .filter(|&size| size <= MAX_PAGE_SIZE)
                .ok_or(PageError::Size { argument, given })
        };
        let (size, backward) = match (first, last) {
            (Some(_), Some(_)) => return Err(PageError::FirstAndLast),
            (Some(first), None) => (size("first", first)?, false),
            (None, Some(last)) => (size("last", last)?, true),
            (None, None) => (DEFAULT_PAGE_SIZE, false),
        };
        let cursor =
            |text: Option<&str>| text.map(|text| Cursor::decode(text, binding)).transpose();
        Ok(Self {
            size,
            backward,
            after: cursor(after)?,
            before: cursor(before)?,
            look_behind: false,
        })
    }

    /// The cursor this page starts from, on the side it was reached from.
    #[must_use]
    pub const fn origin(&self) -> Option<&Cursor> {
        if self.backward {
            self.before.as_ref()
        } else {
            self.after.as_ref()
        }
    }
}

/// Which records of a list, in which order, and which page of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct List {
    /// Which records.
    pub filter: Option<Filter>,
    /// Their order; a unique key ends it.
    pub order: Vec<OrderKey>,
    /// The page.
    pub page: PageRequest,
}

/// A page of rows, in the order of the list whichever way it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Whether the list has rows before these.
    pub has_previous: bool,
    /// Whether the list has rows behind these.
    pub has_next: bool,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            has_previous: false,
            has_next: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn newest(filter: Option<&Filter>) -> Binding {
        let order = [
            OrderKey::descending("call_time"),
            OrderKey::descending("id"),
        ];
        Binding::new("calls", &order, filter, vec![Kind::Time, Kind::Int])
    }

    fn by_id(name: &str) -> Binding {
        Binding::new(name, &[OrderKey::descending("id")], None, vec![Kind::Int])
    }

    #[test]
    fn a_cursor_is_refused_by_another_list() {
        let cursor = Cursor(vec![Scalar::Int(7)]);
        let text = cursor.encode(&by_id("calls"));
        let decode = |text: &str, binding| Cursor::decode(text, &binding);
        assert_eq!(decode(&text, by_id("calls")), Ok(cursor));
        assert_eq!(decode(&text, by_id("tasks")), Err(PageError::ForeignCursor));
        assert_eq!(decode(&text, newest(None)), Err(PageError::ForeignCursor));
        assert_eq!(decode("7", by_id("calls")), Err(PageError::InvalidCursor));
    }

    #[test]
    fn a_cursor_is_refused_by_the_same_list_with_another_filter_and_when_it_was_forged() {
        let cursor = Cursor(vec![
            Scalar::Time("2026-11-19T01:00:00Z".parse().unwrap()),
            Scalar::Int(7),
        ]);
        let filter = Filter::Field("duration", crate::domain::filter::Test::Missing);
        let text = cursor.encode(&newest(None));
        assert_eq!(
            Cursor::decode(&text, &newest(Some(&filter))),
            Err(PageError::ForeignCursor)
        );
        let forged = Cursor(vec![Scalar::Int(1), Scalar::Int(7)]).encode(&newest(None));
        assert_eq!(
            Cursor::decode(&forged, &newest(None)),
            Err(PageError::InvalidCursor)
        );
    }

    #[test]
    fn arguments_out_of_bounds_are_refused() {
        let calls = by_id("calls");
        let request = |first, last| PageRequest::from_arguments(first, None, last, None, &calls);
        assert_eq!(request(None, None).map(|page| page.size), Ok(20));
        assert_eq!(request(Some(200), None).map(|page| page.size), Ok(200));
        assert_eq!(
            request(Some(201), None),
            Err(PageError::Size {
                argument: "first",
                given: 201
            })
        );
        assert_eq!(
            request(None, Some(-1)),
            Err(PageError::Size {
                argument: "last",
                given: -1
            })
        );
        assert_eq!(request(Some(1), Some(1)), Err(PageError::FirstAndLast));
    }
}
