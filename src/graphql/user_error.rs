//! What a caller of a mutation can mend.

use async_graphql::SimpleObject;

use super::error::ApiError;
use crate::{domain::problem::Problem, service::write::WriteError};

/// A problem with a mutation's input. When there is one, nothing was written.
#[derive(Debug, Clone, SimpleObject)]
pub(super) struct UserError {
    /// Where the problem is, from the mutation's argument down: `["input", "date"]`.
    pub field: Vec<String>,
    /// A stable code, for programs.
    pub code: String,
    /// What is wrong and what is allowed, for people.
    pub message: String,
}

impl UserError {
    /// A problem with a field of `input`.
    pub fn of_input(field: &str, code: &str, message: &impl ToString) -> Self {
        Self {
            field: vec!["input".to_owned(), field.to_owned()],
            code: code.to_owned(),
            message: message.to_string(),
        }
    }
}

impl From<Problem> for UserError {
    fn from(problem: Problem) -> Self {
        Self {
            field: problem.path.into(),
            code: problem.code.to_string(),
            message: problem.message,
        }
    }
}

/// What the caller can mend of a write that was not done; what they cannot is an error.
pub(super) fn user_errors(error: WriteError) -> Result<Vec<UserError>, ApiError> {
    match error {
        WriteError::Refused(problems) => Ok(problems.into_iter().map(UserError::from).collect()),
        WriteError::Lost(lost) => Err(ApiError::Lost(lost)),
        WriteError::Hash(_) => Err(ApiError::Missing("the hash of a password")),
        WriteError::Store(error) => Err(error.into()),
    }
}
