//! Keyset paging: which page is asked for, and where in an ordering a row stands.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Rows on a page when the client does not say.
pub const DEFAULT_PAGE_SIZE: u32 = 20;
/// Most rows on a page.
pub const MAX_PAGE_SIZE: u32 = 200;

/// One value of a sort key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CursorValue {
    /// A whole number, an id for instance.
    #[serde(rename = "i")]
    Int(i64),
    /// An instant.
    #[serde(rename = "t")]
    Time(DateTime<Utc>),
}

/// Where a row stands in its ordering: the values of the sort keys, the id last.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cursor(pub Vec<CursorValue>);

/// The version of the cursor's form and the ordering it belongs to.
#[derive(Serialize, Deserialize)]
struct Envelope {
    v: u8,
    o: String,
    k: Cursor,
}

const CURSOR_VERSION: u8 = 1;

/// Names an ordering and the kinds of its sort keys, so that a cursor fits or is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ordering {
    /// What is listed and how, `calls`.
    pub name: &'static str,
    /// One letter a sort key: `i` for whole numbers, `t` for instants.
    pub kinds: &'static str,
}

impl CursorValue {
    const fn kind(&self) -> char {
        match self {
            Self::Int(_) => 'i',
            Self::Time(_) => 't',
        }
    }
}

impl Cursor {
    /// The opaque text that clients get; `ordering` says what it may be used with.
    #[must_use]
    pub fn encode(&self, ordering: Ordering) -> String {
        let envelope = Envelope {
            v: CURSOR_VERSION,
            o: ordering.name.to_owned(),
            k: self.clone(),
        };
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&envelope).unwrap_or_default())
    }

    /// Reads a cursor back.
    ///
    /// # Errors
    /// [`PageError::InvalidCursor`] for a text that is no cursor, or one of another ordering.
    pub fn decode(text: &str, ordering: Ordering) -> Result<Self, PageError> {
        URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Envelope>(&bytes).ok())
            .filter(|envelope| envelope.v == CURSOR_VERSION && envelope.o == ordering.name)
            .map(|envelope| envelope.k)
            .filter(|cursor| {
                cursor
                    .0
                    .iter()
                    .map(CursorValue::kind)
                    .eq(ordering.kinds.chars())
            })
            .ok_or(PageError::InvalidCursor)
    }
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
    /// Not a cursor of this list.
    #[error("`after` and `before` take a cursor that this very list gave, and this is none")]
    InvalidCursor,
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
        ordering: Ordering,
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
            |text: Option<&str>| text.map(|text| Cursor::decode(text, ordering)).transpose();
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

    const CALLS: Ordering = Ordering {
        name: "calls",
        kinds: "i",
    };
    const TASKS: Ordering = Ordering {
        name: "tasks",
        kinds: "i",
    };

    #[test]
    fn a_cursor_is_refused_by_another_list() {
        let cursor = Cursor(vec![CursorValue::Int(7)]);
        let text = cursor.encode(CALLS);
        assert_eq!(Cursor::decode(&text, CALLS), Ok(cursor));
        assert_eq!(Cursor::decode(&text, TASKS), Err(PageError::InvalidCursor));
        assert_eq!(Cursor::decode("7", CALLS), Err(PageError::InvalidCursor));
        let too_long = Cursor(vec![CursorValue::Int(7), CursorValue::Int(8)]).encode(CALLS);
        assert_eq!(
            Cursor::decode(&too_long, CALLS),
            Err(PageError::InvalidCursor)
        );
    }

    #[test]
    fn arguments_out_of_bounds_are_refused() {
        let request = |first, last| PageRequest::from_arguments(first, None, last, None, CALLS);
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
