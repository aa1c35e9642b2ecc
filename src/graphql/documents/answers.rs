//! Answers to requests that are not executed, and what every answer has.

use async_graphql::{Response, ServerError, Value};

use super::limits::Refusal;
use crate::graphql::code;

/// An answer to a request that is not executed.
pub(in crate::graphql) fn refused(refusal: &Refusal) -> Response {
    let mut error = ServerError::new(refusal.to_string(), None);
    error.extensions = Some(refusal.extensions());
    Response::from_errors(vec![error])
}

/// Gives every error a code: those that resolvers did not raise are about the document. An
/// internal one says which request to look for in the log.
pub(in crate::graphql) fn finish(mut response: Response, request_id: &str) -> Response {
    for error in &mut response.errors {
        let extensions = error.extensions.get_or_insert_default();
        match extensions.get("code") {
            None => extensions.set("code", code::BAD_USER_INPUT),
            Some(Value::String(code)) if code == code::INTERNAL => {
                extensions.set("requestId", request_id);
            }
            Some(_) => {}
        }
    }
    response
}
