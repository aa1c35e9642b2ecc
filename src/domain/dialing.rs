//! Words of dialling: what a task can be, how a call can end, where a call came from.

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// Where a dial task stands.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Display,
    IntoStaticStr,
    EnumString,
    VariantArray,
    DeriveValueType,
)]
#[sea_orm(value_type = "String")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum TaskStatus {
    /// Created, nothing dialled yet.
    Pending,
    /// Being dialled.
    InProgress,
    /// Every number was dialled.
    Completed,
    /// Stopped before its end.
    Cancelled,
}

impl TaskStatus {
    /// What can follow it: PENDING → IN_PROGRESS → COMPLETED, and CANCELLED while it is open.
    #[must_use]
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Pending => &[Self::InProgress, Self::Cancelled],
            Self::InProgress => &[Self::Completed, Self::Cancelled],
            Self::Completed | Self::Cancelled => &[],
        }
    }

    /// Whether a task that is in this state may be put into state `to`; the same one is no change.
    #[must_use]
    pub fn may_become(self, to: Self) -> bool {
        self == to || self.next().contains(&to)
    }
}

/// How a call ended.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Display,
    IntoStaticStr,
    EnumString,
    VariantArray,
    DeriveValueType,
    Serialize,
    Deserialize,
)]
#[sea_orm(value_type = "String")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CallResult {
    /// A person answered: the platform says so, or the line was cleared normally after talk time.
    Connected,
    /// A voice mailbox or an assistant answered.
    Voicemail,
    /// The line was busy.
    Busy,
    /// It rang and nobody answered.
    NoAnswer,
    /// The person dialled refused the call.
    Rejected,
    /// The call could not be made: empty number, switched off, network fault.
    Failed,
}

impl CallResult {
    /// Whether the call counts as connected in every figure.
    #[must_use]
    pub const fn is_connected(self) -> bool {
        matches!(self, Self::Connected)
    }
}

/// Who told us of a call, a task or an agent. An external id belongs to its source: two sources can have the
/// same one.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Display,
    IntoStaticStr,
    EnumString,
    VariantArray,
    DeriveValueType,
)]
#[sea_orm(value_type = "String")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum CallSource {
    /// The Guanke platform's call records.
    Guanke,
    /// A person, through the API.
    Manual,
    /// A bulk import.
    Import,
}

/// Who gave a call a tag.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Display,
    IntoStaticStr,
    EnumString,
    VariantArray,
    DeriveValueType,
)]
#[sea_orm(value_type = "String")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum TagType {
    /// The call's script, through the platform.
    Script,
    /// A person.
    Manual,
}

/// A name and value that a call's script collected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag {
    /// The question or field, for instance `interest_level`.
    pub name: String,
    /// The answer, for instance `high`.
    pub value: String,
}

#[cfg(test)]
mod tests {
    use super::TaskStatus::{Cancelled, Completed, InProgress, Pending};

    #[test]
    fn a_task_goes_forward_and_stops_at_its_end() {
        let allowed = [
            (Pending, InProgress),
            (Pending, Cancelled),
            (InProgress, Completed),
            (InProgress, Cancelled),
        ];
        for from in [Pending, InProgress, Completed, Cancelled] {
            for to in [Pending, InProgress, Completed, Cancelled] {
                let may = from == to || allowed.contains(&(from, to));
                assert_eq!(from.may_become(to), may, "{from} to {to}");
            }
        }
    }
}
