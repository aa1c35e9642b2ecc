//! What a column holds, and what the API says and asks of it.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    alert::{AlertEvent, AlertKind},
    dialing::{CallResult, CallSource, TagType, TaskStatus},
    hidden::Hidden,
    money::Money,
    package_rules::AssignedBy,
    phone,
    privacy::hidden,
    scalar::Kind,
    sync::{SliceState, SyncStatus, SyncTrack, SyncTrigger, SyncWindow},
    viewer::{Capability, Role, Viewer},
};

/// What the values of a column are to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Whole numbers.
    Int,
    /// Fractions.
    Fraction,
    /// Amounts of yuan.
    Money,
    /// Texts.
    Text,
    /// Instants.
    Time,
    /// Business days.
    Date,
    /// Yes or no.
    Bool,
    /// Words of the enum of this name.
    Word(&'static str),
    /// Something that is neither compared nor ordered by.
    Other,
}

impl Shape {
    /// How it is compared and carried by cursors.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Int | Self::Money => Kind::Int,
            Self::Fraction => Kind::Fraction,
            Self::Text | Self::Word(_) => Kind::Text,
            Self::Time => Kind::Time,
            Self::Date => Kind::Date,
            Self::Bool => Kind::Bool,
            Self::Other => Kind::Other,
        }
    }

    /// Who may ask what of such a column, unless it declares something else.
    #[must_use]
    pub const fn privacy(self) -> Privacy {
        match self {
            Self::Text => Privacy::Text,
            // Hashes, for instance.
            Self::Other => Privacy::Notes,
            _ => Privacy::Open,
        }
    }
}

/// A type of the values of a column.
pub trait Shaped {
    /// What they are.
    const SHAPE: Shape;
    /// Whether there may be none.
    const NULLABLE: bool = false;
}

impl<T: Shaped> Shaped for Option<T> {
    const SHAPE: Shape = T::SHAPE;
    const NULLABLE: bool = true;
}

macro_rules! shaped {
    ($($type:ty => $shape:ident),+ $(,)?) => {$(
        impl Shaped for $type {
            const SHAPE: Shape = Shape::$shape;
        }
    )+};
}

shaped!(
    i16 => Int,
    i32 => Int,
    i64 => Int,
    f64 => Fraction,
    bool => Bool,
    String => Text,
    NaiveDate => Date,
    DateTime<Utc> => Time,
    Money => Money,
    Hidden => Other,
);

macro_rules! words {
    ($($type:ident => $name:literal),+ $(,)?) => {$(
        impl Shaped for $type {
            const SHAPE: Shape = Shape::Word($name);
        }
    )+};
}

words!(
    AlertEvent => "AlertEvent",
    AlertKind => "SyncAlertKind",
    AssignedBy => "PackageAssignedBy",
    CallResult => "CallResult",
    CallSource => "CallSource",
    Role => "Role",
    SliceState => "SliceState",
    SyncStatus => "SyncStatus",
    SyncTrack => "SyncTrack",
    SyncTrigger => "SyncTrigger",
    SyncWindow => "SyncWindow",
    TagType => "TagType",
    TaskStatus => "TaskStatus",
);

/// What those may ask of a column who see telephone numbers and addresses masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privacy {
    /// Everything: it holds numbers, times or words of the program's own.
    Open,
    /// A text in which people or other systems may have written a number. They may ask for a whole one;
    /// in an order those that may hold a number stand at the end. Every text, unless it is declared to
    /// be something else.
    Text,
    /// A text about the person dialled: as [`Self::Text`], and nothing is ordered by it.
    Person,
    /// A text that mostly has a number in it: they may ask nothing.
    Notes,
    /// The number itself: they may ask nothing, but for a number that they have.
    Phone,
}

impl Privacy {
    /// A text of such a column as `viewer` sees it. Everybody sees their own address.
    #[must_use]
    pub fn shown_to(self, viewer: &Viewer, text: String) -> String {
        let is_whole = self == Self::Open
            || viewer.may(Capability::SeePhoneNumbers)
            || viewer.email.as_ref() == Some(&text);
        match self {
            _ if is_whole => text,
            Self::Phone => phone::masked(&text),
            _ => match hidden(&text) {
                Cow::Owned(hidden) => hidden,
                Cow::Borrowed(_) => text,
            },
        }
    }
}

/// What the API says of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the words of a declaration, each said or not"
)]
pub struct Api {
    /// Its name there.
    pub name: &'static str,
    /// Its name in orders, in capitals.
    pub order_name: &'static str,
    /// What it holds, for readers of the schema.
    pub description: &'static str,
    /// Whether it is the key of the row.
    pub key: bool,
    /// The type of the rows that it holds the keys of.
    pub id_of: Option<&'static str>,
    /// Whether objects show it as it is stored.
    pub shown: bool,
    /// Whether lists can be filtered by it.
    pub filter: bool,
    /// Whether lists can be ordered by it.
    pub order: bool,
}
