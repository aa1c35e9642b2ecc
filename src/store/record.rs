//! Rows with what was loaded along with them.

use std::sync::Arc;

use sea_orm::{QueryResult, TryGetable, Value};

use super::{
    Result,
    access_tokens::AccessTokenRow,
    agents::AgentRow,
    alerts::AlertRow,
    audit_log::AuditRow,
    calls::CallRow,
    grades::GradeRow,
    packages::PackageRow,
    sync_runs::SyncRunRow,
    sync_slices::SyncSliceRow,
    table::{ColumnSet, Table},
    tag_counts::{self, of_package::TagSummaryRow},
    tags::TagRow,
    tasks::TaskRow,
    users::UserRow,
};
use crate::domain::{
    page::{List, OrderKey, Page},
    scalar::{Fraction, Scalar},
};

/// A row, of which only the columns asked for were read, and what was loaded along with it.
#[derive(Debug, Clone)]
pub struct Record<R> {
    /// The row; columns that were not asked for hold a neutral value.
    pub row: R,
    related: Related,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Related {
    pub ones: Vec<(&'static str, Option<AnyRecord>)>,
    pub lists: Vec<LoadedList>,
}

/// A list under a row.
#[derive(Debug, Clone)]
pub(super) struct LoadedList {
    pub relation: &'static str,
    /// Which of the rows; all where there is none.
    pub list: Option<Arc<List>>,
    pub page: Arc<Page<AnyRecord>>,
}

impl Related {
    /// The related row, to load more along with it.
    pub fn one_mut(&mut self, relation: &str) -> Option<&mut AnyRecord> {
        let mut ones = self.ones.iter_mut();
        ones.find(|(name, _)| *name == relation)?.1.as_mut()
    }
}

/// A row type that is one among those of all tables.
pub trait Erasable: Sized {
    /// As one of any type.
    fn erased(record: Arc<Record<Self>>) -> AnyRecord;
    /// Back again; none for a row of another type.
    fn of(record: AnyRecord) -> Option<Arc<Record<Self>>>;
}

/// A row type that can be listed.
pub trait Stored: Erasable {
    /// Its table.
    fn table() -> &'static Table;
    /// The value of the column at `place`.
    fn value(&self, place: usize) -> Scalar;
}

impl<R: Stored> Record<R> {
    /// A row with nothing loaded along with it.
    pub fn alone(row: R) -> Arc<Self> {
        Arc::new(Self {
            row,
            related: Related::default(),
        })
    }

    /// The related row, if it was loaded along; `Some(None)` where there is none.
    #[must_use]
    pub fn one<T: Stored>(&self, relation: &str) -> Option<Option<Arc<Record<T>>>> {
        let ones = &self.related.ones;
        let (_, record) = ones.iter().find(|(name, _)| *name == relation)?;
        match record {
            Some(record) => T::of(record.clone()).map(Some),
            None => Some(None),
        }
    }

    /// The page of related rows that `list` asks for, if it was loaded along; all of them with
    /// none.
    #[must_use]
    pub fn list(&self, relation: &str, list: Option<&List>) -> Option<Arc<Page<AnyRecord>>> {
        let mut lists = self.related.lists.iter();
        let asked =
            |loaded: &&LoadedList| loaded.relation == relation && loaded.list.as_deref() == list;
        Some(lists.find(asked)?.page.clone())
    }

    /// Its id; 0 for rows that have none.
    #[must_use]
    pub fn id(&self) -> i64 {
        match self.row.value(0) {
            Scalar::Int(id) => id,
            _ => 0,
        }
    }

    /// Where it stands in `order`.
    #[must_use]
    pub fn keys(&self, order: &[OrderKey]) -> Vec<Scalar> {
        let value = |key: &OrderKey| {
            R::table()
                .column(key.field)
                .map_or(Scalar::Null, |(place, _)| self.row.value(place))
        };
        order.iter().map(value).collect()
    }
}

macro_rules! records {
    ($($variant:ident($row:ty)),+ $(,)?) => {
        /// A record of any table.
        #[derive(Debug, Clone)]
        pub enum AnyRecord {
            $(
                #[doc = concat!("Of a [`", stringify!($row), "`].")]
                $variant(Arc<Record<$row>>),
            )+
        }

        impl AnyRecord {
            /// Its id; 0 for rows that have none.
            #[must_use]
            pub fn id(&self) -> i64 {
                match self { $(Self::$variant(record) => record.id(),)+ }
            }

            /// Where it stands in `order`.
            #[must_use]
            pub fn keys(&self, order: &[OrderKey]) -> Vec<Scalar> {
                match self { $(Self::$variant(record) => record.keys(order),)+ }
            }

            /// The value of the column at `place`.
            pub(super) fn value(&self, place: usize) -> Scalar {
                match self { $(Self::$variant(record) => record.row.value(place),)+ }
            }

            /// To load more along with it, while nobody else has it.
            pub(super) fn related(&mut self) -> Option<&mut Related> {
                match self {
                    $(Self::$variant(record) => Arc::get_mut(record).map(|record| &mut record.related),)+
                }
            }
        }

        $(impl Erasable for $row {
            fn erased(record: Arc<Record<Self>>) -> AnyRecord {
                AnyRecord::$variant(record)
            }

            fn of(record: AnyRecord) -> Option<Arc<Record<Self>>> {
                match record {
                    AnyRecord::$variant(record) => Some(record),
                    _ => None,
                }
            }
        })+
    };
}

records! {
    Package(PackageRow),
    Task(TaskRow),
    Call(CallRow),
    Tag(TagRow),
    Agent(AgentRow),
    Grade(GradeRow),
    SyncRun(SyncRunRow),
    SyncSlice(SyncSliceRow),
    AuditEntry(AuditRow),
    DistinctTag(tag_counts::TagRow),
    TagSummary(TagSummaryRow),
    User(UserRow),
    AccessToken(AccessTokenRow),
    Alert(AlertRow),
}

/// Makes a row type one that can be listed. The fields stand in the order of the columns.
macro_rules! stored {
    ($row:ty, $table:ident, [$($field:ident),+ $(,)?]) => {
        impl $crate::store::record::Stored for $row {
            fn table() -> &'static $crate::store::Table {
                &$table
            }

            fn value(&self, place: usize) -> $crate::domain::scalar::Scalar {
                let mut at = 0;
                $(
                    if at == place {
                        return $crate::store::record::scalar(self.$field.clone().into());
                    }
                    at += 1;
                )+
                debug_assert!(place < at, "the table has no such column");
                $crate::domain::scalar::Scalar::Null
            }
        }

        /// Reads a row.
        fn read(
            reader: &mut $crate::store::record::Reader<'_>,
        ) -> $crate::store::Result<$crate::store::AnyRecord> {
            type Row = $row;
            let row = Row { $($field: reader.next()?),+ };
            Ok($crate::store::record::Erasable::erased($crate::store::Record::alone(row)))
        }

        #[cfg(test)]
        #[test]
        fn the_fields_stand_in_the_order_of_the_columns() {
            let columns: Vec<_> = $table.columns.iter().map(|column| column.name).collect();
            assert_eq!(columns, [$(stringify!($field)),+]);
        }
    };
}
pub(super) use stored;

/// A value that was bound or read, as filters and cursors have it.
pub(super) fn scalar(value: Value) -> Scalar {
    match value {
        Value::SmallInt(Some(number)) => Scalar::Int(number.into()),
        Value::Int(Some(number)) => Scalar::Int(number.into()),
        Value::BigInt(Some(number)) => Scalar::Int(number),
        Value::String(Some(text)) => Scalar::Text(text),
        Value::ChronoDateTimeUtc(Some(instant)) => Scalar::Time(instant),
        Value::ChronoDate(Some(day)) => Scalar::Date(day),
        Value::Bool(Some(yes)) => Scalar::Bool(yes),
        Value::Double(Some(number)) => Scalar::Fraction(Fraction::new(number)),
        _ => Scalar::Null,
    }
}

/// Reads the columns that were asked for out of a result, one after the other.
pub struct Reader<'a> {
    row: &'a QueryResult,
    wanted: ColumnSet,
    /// The next column of the table.
    place: usize,
    /// The next column of the result.
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(row: &'a QueryResult, wanted: ColumnSet, at: usize) -> Self {
        Self {
            row,
            wanted,
            place: 0,
            at,
        }
    }

    /// Where the result goes on.
    pub(super) const fn end(&self) -> usize {
        self.at
    }

    /// The next column's value, or a neutral one when it was not asked for.
    pub(super) fn next<T: TryGetable + Neutral>(&mut self) -> Result<T> {
        let wanted = self.wanted.contains(self.place);
        self.place += 1;
        if !wanted {
            return Ok(T::neutral());
        }
        self.at += 1;
        Ok(self.row.try_get_by(self.at - 1)?)
    }
}

/// A value for columns that were not read, and that nobody looks at.
pub(super) trait Neutral {
    fn neutral() -> Self;
}

impl<T> Neutral for Option<T> {
    fn neutral() -> Self {
        None
    }
}

macro_rules! neutral {
    ($($type:ty),+ $(,)?) => {$(
        impl Neutral for $type {
            fn neutral() -> Self {
                Self::default()
            }
        }
    )+};
}

neutral!(
    i16,
    i32,
    i64,
    f64,
    bool,
    String,
    chrono::NaiveDate,
    chrono::DateTime<chrono::Utc>,
    crate::domain::hidden::Hidden,
    crate::domain::money::Money,
    crate::entity::grade::Patterns,
);

macro_rules! neutral_word {
    ($($type:ty),+ $(,)?) => {$(
        impl Neutral for $type {
            fn neutral() -> Self {
                <Self as strum::VariantArray>::VARIANTS[0]
            }
        }
    )+};
}

neutral_word!(
    crate::domain::alert::AlertEvent,
    crate::domain::alert::AlertKind,
    crate::domain::dialing::CallResult,
    crate::domain::dialing::CallSource,
    crate::domain::dialing::TagType,
    crate::domain::dialing::TaskStatus,
    crate::domain::sync::SliceState,
    crate::domain::sync::SyncStatus,
    crate::domain::sync::SyncTrack,
    crate::domain::sync::SyncTrigger,
    crate::domain::sync::SyncWindow,
    crate::domain::viewer::Role,
);
