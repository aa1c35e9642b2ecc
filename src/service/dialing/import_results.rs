//! What an import answers to each of its rows.

use serde::{Deserialize, Serialize};

use crate::{domain::problem::Problem, service::import_rows::ReadRow};

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RowStatus {
    /// A new call.
    Created,
    /// A stored call was replaced, or gaps of the platform's call were filled.
    Updated,
    /// The call was told like this before, or the row says nothing that the platform does not.
    Unchanged,
    /// Nothing was stored.
    Invalid,
}

/// A problem of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowProblem {
    /// Where.
    pub path: Vec<String>,
    /// Its stable code.
    pub code: String,
    /// What is wrong and what is allowed.
    pub message: String,
}

/// The answer to a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowResult {
    /// The id of its call, the other system's or the platform's, if it has one that can be used.
    pub external_id: Option<String>,
    /// What became of it.
    pub status: RowStatus,
    /// What is wrong with an invalid one.
    pub problems: Vec<RowProblem>,
    /// What else there is to know of it.
    #[serde(default)]
    pub note: Option<RowNote>,
}

/// Why the call of a row is not what the row says, though nothing is wrong with the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RowNote {
    /// Somebody changed the call here after it was imported like this, and the change stays.
    EditedSince,
}

impl RowNote {
    /// Its stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::EditedSince => "EDITED_SINCE",
        }
    }

    /// What it means, for people.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::EditedSince => {
                "this was imported before, and somebody changed the call here since: that change stays"
            }
        }
    }
}

impl ReadRow {
    /// The answer to it.
    pub(in crate::service) fn result(self, status: RowStatus, note: Option<RowNote>) -> RowResult {
        let problem = |problem: Problem| RowProblem {
            path: problem.path.into(),
            code: problem.code.to_string(),
            message: problem.message,
        };
        RowResult {
            external_id: self.key.map(|key| key.id().to_owned()),
            status,
            problems: self.problems.into_iter().map(problem).collect(),
            note,
        }
    }
}

/// How many rows came to `status`.
#[must_use]
pub fn count(results: &[RowResult], status: RowStatus) -> usize {
    results
        .iter()
        .filter(|result| result.status == status)
        .count()
}
