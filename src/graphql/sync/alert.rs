//! What was or is wrong with synchronisation.

use async_graphql::{Enum, ID, Object};

use crate::{
    graphql::{
        connection::listed,
        error::Result,
        filter::compared_words,
        id::{self, Kind},
    },
    store::{Record, alerts::AlertRow},
};

/// What is wrong.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::alert::AlertKind")]
pub(in crate::graphql) enum SyncAlertKind {
    /// A day could not be read, and no later read of it went well.
    DayFailed,
    /// Today was not read when it should have been.
    Lag,
    /// The platform is left alone because it fails.
    PlatformPaused,
    /// The platform does not accept our credentials.
    CredentialsRefused,
    /// A run is at work without a sign of life, and nobody goes on with it.
    RunStuck,
    /// Calls of the last days have grades that the catalogue does not know: they count as OTHER.
    UnknownGrades,
}

compared_words!(SyncAlertKind => crate::domain::alert::AlertKind);

listed! {
    SyncAlert(AlertRow) {
    }
}

/// Something that was or is wrong with synchronisation.
#[Object(serial)]
impl SyncAlert {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> Result<ID> {
        Ok(id::global(Kind::SyncAlert, self.0.id()?))
    }

    #[graphql(flatten)]
    async fn columns(&self) -> &Record<AlertRow> {
        &self.0
    }
}
