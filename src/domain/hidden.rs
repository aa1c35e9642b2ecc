//! Texts that are stored and must not be shown.

use std::fmt;

use sea_orm::DeriveValueType;

/// The hash of a password or token: a text that no log and no message shows.
#[derive(Clone, Default, PartialEq, Eq, DeriveValueType)]
pub struct Hidden(String);

impl Hidden {
    /// Hides `text`.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for whoever compares it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Hidden")
    }
}
