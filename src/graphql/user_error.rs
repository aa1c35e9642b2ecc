//! What a caller of a mutation can mend.

use async_graphql::SimpleObject;

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
