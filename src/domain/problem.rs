//! What is wrong with an input: every problem at once, each with its place and a stable code.

use strum::{Display, IntoStaticStr};

/// What kind of problem it is, for programs. Codes are never renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Display, IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// A value has to be given.
    Required,
    /// A text has nothing but spaces.
    Blank,
    /// A text has too many characters.
    TooLong,
    /// A text has characters that cannot be seen.
    ControlCharacter,
    /// A text does not have the form that is asked for.
    InvalidFormat,
    /// A number or an amount lies below zero.
    Negative,
    /// A value lies outside what is possible.
    OutOfRange,
    /// A part is more than the whole.
    ExceedsTotal,
    /// An end lies before its start.
    EndsBeforeStart,
    /// An instant or a day lies in the future.
    InTheFuture,
    /// No telephone number.
    InvalidPhone,
    /// No web address.
    InvalidUrl,
    /// A state that cannot follow the present one.
    InvalidTransition,
    /// The same thing twice in one input.
    Duplicate,
    /// There is nothing with this id.
    NotFound,
    /// This is no id, or one of another type.
    InvalidId,
    /// Somebody else changed it since it was read.
    Conflict,
    /// Somebody else has it already.
    Taken,
    /// It is removed, and kept only to be looked at.
    Removed,
    /// Two values that do not go together.
    Conflicting,
    /// More items than one request may have.
    TooMany,
    /// The key was used with another input.
    IdempotencyKeyReused,
    /// What the program itself needs cannot be changed or deleted.
    Protected,
    /// A password has too few characters.
    TooShort,
    /// A password is one that many people have, or is easily made of what everybody knows.
    TooCommon,
    /// This is not the present password.
    WrongPassword,
    /// Too many wrong passwords were given; the message says how long to wait.
    TooManyAttempts,
    /// More than the one who asks may do themselves.
    AboveRole,
    /// What was to be ended has ended.
    AlreadyEnded,
}

/// Where in an input something is, from the mutation's argument down: `["input", "tags", "3"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(Vec<String>);

impl Path {
    /// The mutation's argument itself.
    #[must_use]
    pub fn input() -> Self {
        Self(vec!["input".to_owned()])
    }

    /// An argument of a query.
    #[must_use]
    pub fn argument(name: &str) -> Self {
        Self(vec![name.to_owned()])
    }

    /// A field of it.
    #[must_use]
    pub fn field(&self, name: &str) -> Self {
        let mut path = self.0.clone();
        path.push(name.to_owned());
        Self(path)
    }

    /// An item of it, counted from 0.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        self.field(&index.to_string())
    }
}

impl From<Path> for Vec<String> {
    fn from(path: Path) -> Self {
        path.0
    }
}

/// One thing to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub path: Path,
    /// What kind, for programs.
    pub code: Code,
    /// What is wrong and what is allowed, for people.
    pub message: String,
}

/// Everything that is to be mended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Notes one more.
    pub fn note(&mut self, path: Path, code: Code, message: impl Into<String>) {
        self.0.push(Problem {
            path,
            code,
            message: message.into(),
        });
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The problems in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
