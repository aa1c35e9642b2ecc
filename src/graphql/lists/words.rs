//! The enums of the schema that columns hold words of.

use async_graphql::{InputType, OutputType, Value, registry::Registry};

use super::filter::{Condition, Refused, Said, WordFilter, said};

use crate::graphql::{
    dialing::{CallResult, CallSource, PackageAssignedBy, TagType, TaskStatus},
    identity::Role,
    sync::{SliceState, SyncAlertKind, SyncStatus, SyncTrack, SyncTrigger, SyncWindow},
};

/// An enum of the schema.
pub(in crate::graphql) struct Word {
    name: &'static str,
    /// Registers it as the type of a field, and gives its name, which ends with an exclamation mark.
    pub output_type: fn(&mut Registry) -> String,
    /// Registers its comparisons, and gives their name.
    pub filter_type: fn(&mut Registry) -> String,
    /// What a value says of a field that holds its words.
    pub said: fn(Value) -> Result<Said, Refused>,
}

const fn of<T>(name: &'static str) -> Word
where
    T: InputType + OutputType,
    WordFilter<T>: InputType + Condition + 'static,
{
    Word {
        name,
        output_type: <T as OutputType>::create_type_info,
        filter_type: <WordFilter<T> as InputType>::create_type_info,
        said: |value| said::<WordFilter<T>, _>(value, |filter| Box::new(filter)),
    }
}

static WORDS: [Word; 12] = [
    of::<CallResult>("CallResult"),
    of::<CallSource>("CallSource"),
    of::<PackageAssignedBy>("PackageAssignedBy"),
    of::<Role>("Role"),
    of::<SliceState>("SliceState"),
    of::<SyncAlertKind>("SyncAlertKind"),
    of::<SyncStatus>("SyncStatus"),
    of::<SyncTrack>("SyncTrack"),
    of::<SyncTrigger>("SyncTrigger"),
    of::<SyncWindow>("SyncWindow"),
    of::<TagType>("TagType"),
    of::<TaskStatus>("TaskStatus"),
];

/// The enum of this name.
pub(in crate::graphql) fn word(name: &str) -> Option<&'static Word> {
    WORDS.iter().find(|word| word.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::column::Shape,
        graphql::{
            audit::AuditEntry,
            dialing::{Agent, Call, CallTag, DialTask, Grade, LeadPackage, Tag},
            id::Kind,
            identity::{AccessToken, User},
            lists::listed::Listed,
            sync::{SyncAlert, SyncRun, SyncSlice},
        },
        store::{Stored as _, Table},
    };

    fn table<T: Listed>() -> &'static Table {
        T::Row::table()
    }

    #[test]
    fn what_tables_declare_is_known_here() {
        for table in [
            table::<AccessToken>(),
            table::<Agent>(),
            table::<AuditEntry>(),
            table::<Call>(),
            table::<CallTag>(),
            table::<DialTask>(),
            table::<Grade>(),
            table::<LeadPackage>(),
            table::<SyncAlert>(),
            table::<SyncRun>(),
            table::<SyncSlice>(),
            table::<Tag>(),
            table::<User>(),
        ] {
            for column in table.columns() {
                let Some(api) = column.api else { continue };
                let at = format!("{}.{}", table.name(), column.name);
                if let Some(kind) = api.id_of {
                    let known = kind.parse::<Kind>().is_ok();
                    assert!(
                        known,
                        "{at}: there is no type {kind} with ids: see Kind in id.rs"
                    );
                }
                if let Shape::Word(name) = column.shape {
                    let known = word(name).is_some();
                    assert!(known, "{at}: the enum {name} has no line in WORDS");
                }
            }
        }
    }
}
