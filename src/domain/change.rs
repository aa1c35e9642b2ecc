//! What an input says of one field.

/// A field that is left as it is, emptied or set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Change<T> {
    /// Nothing was said: it stays as it is.
    #[default]
    Keep,
    /// Null: it is to have no value.
    Clear,
    /// It is to have this value.
    Set(T),
}

impl<T> Change<T> {
    /// What the field is afterwards, when it was `before`.
    #[must_use]
    pub fn over(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }

    /// Whether anything was said.
    #[must_use]
    pub const fn is_said(&self) -> bool {
        !matches!(self, Self::Keep)
    }
}

/// A value as a caller wrote it: what it means, or why it means nothing.
pub type Given<T> = Result<T, String>;

/// An id as a caller wrote it: the row's number, or why it is none.
pub type GivenId = Given<i64>;
