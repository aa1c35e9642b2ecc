//! The figures, each defined once: what is counted, and which ratio has which name.

mod figures;
mod rollup;
mod series;
mod wanted;

pub use figures::{CallCounts, Figures, GradeCounts, count, ratio};
pub use rollup::{Cell, CountedCall, RollupDeltas, hour_key};
pub use series::{DailyFigures, fill_gaps};
pub use wanted::{Part, Wanted};

use sea_orm::DeriveValueType;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// What a rollup's rows are told apart by, besides the business day and the grade.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Display,
    IntoStaticStr,
    EnumString,
    VariantArray,
    DeriveValueType,
)]
#[sea_orm(value_type = "String")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Dimension {
    /// Nothing more: whole days.
    Day,
    /// The dial task.
    Task,
    /// The agent.
    Agent,
    /// The business hour.
    Hour,
    /// The province of the number.
    Province,
}
