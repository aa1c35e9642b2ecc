//! Keyset paging: which page is asked for, and where in an ordering a row stands.

use std::hash::{Hash, Hasher};

use xxhash_rust::xxh3::Xxh3;

use super::{
    filter::Filter,
    scalar::{Kind, Scalar},
    seal::Seal,
    text,
    veil::Veil,
};

/// Rows on a page when the client does not say.
pub const DEFAULT_PAGE_SIZE: u32 = 20;
/// Most rows on a page.
pub const MAX_PAGE_SIZE: u32 = 200;
/// Most objects that one mutation may name, or select by a filter.
pub const MAX_SELECTED: usize = 1_000;

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

/// Where a row stands in its ordering: the values of the sort keys, the unique one last. Clients get
/// it sealed, see [`Seal`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cursor(pub Vec<Scalar>);

/// What a cursor belongs to: a list in a certain order, of the records that a filter leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    fingerprint: u64,
    kinds: Vec<Kind>,
}

impl Binding {
    /// Of the list `name`, whose sort keys are of these `kinds`.
    #[must_use]
    pub fn new(name: &str, order: &[OrderKey], filter: Option<&Filter>, kinds: Vec<Kind>) -> Self {
        let mut hasher = Xxh3::new();
        (name, order, filter).hash(&mut hasher);
        Self {
            fingerprint: hasher.finish(),
            kinds,
        }
    }

    /// Of the same list as those see it who may not see telephone numbers.
    #[must_use]
    pub fn veiled(self) -> Self {
        Self {
            fingerprint: !self.fingerprint,
            ..self
        }
    }

    /// A number that differs when the list does, but for a chance of 2⁻⁶⁴.
    pub(super) const fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// How many sort keys there are.
    pub(super) const fn length(&self) -> usize {
        self.kinds.len()
    }

    /// Whether the values of a cursor are of the kinds of the sort keys.
    pub(super) fn fits(&self, cursor: &Cursor) -> bool {
        let fits = |(value, kind): (&Scalar, &Kind)| {
            let is_storable = !matches!(value, Scalar::Text(text) if !text::is_storable(text));
            is_storable && value.kind().is_none_or(|own| own == *kind)
        };
        cursor.0.len() == self.kinds.len() && cursor.0.iter().zip(&self.kinds).all(fits)
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
    /// For somebody who sees telephone numbers masked: texts that may hold one stand at the end, in an
    /// order that tells nothing of what they hold.
    pub veil: Option<Veil>,
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
            veil: None,
        }
    }

    /// From the four arguments of a Relay connection, whose cursors `seal` opens.
    ///
    /// # Errors
    /// [`PageError`] when they are out of bounds, contradict each other or hold a foreign cursor.
    pub fn from_arguments(
        first: Option<i64>,
        after: Option<&str>,
        last: Option<i64>,
        before: Option<&str>,
        binding: &Binding,
        seal: &Seal,
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
        let cursor = |text: Option<&str>| text.map(|text| seal.open(text, binding)).transpose();
        Ok(Self {
            size,
            backward,
            after: cursor(after)?,
            before: cursor(before)?,
            look_behind: false,
            veil: None,
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

    #[test]
    fn arguments_out_of_bounds_are_refused() {
        let calls = Binding::new(
            "calls",
            &[OrderKey::descending("id")],
            None,
            vec![Kind::Int],
        );
        let seal = Seal::new(&"a secret of tests, with more than 32 bytes".into());
        let request =
            |first, last| PageRequest::from_arguments(first, None, last, None, &calls, &seal);
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
