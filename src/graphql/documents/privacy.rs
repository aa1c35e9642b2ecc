//! Personal data in answers. Fields hide what they know to be personal; what people wrote into
//! other texts is hidden here, whichever field or error it would leave by.

use std::borrow::Cow;

use async_graphql::{Response, Value};

use super::order::Shape;
use crate::domain::privacy::hidden;

/// Hides telephone numbers and e-mail addresses in all texts of an answer of this `shape`, but for
/// what is revealed.
pub(in crate::graphql) fn hide(response: &mut Response, shape: &Shape, revealed: &[String]) {
    if let Value::Object(fields) = &mut response.data {
        for (key, field) in fields {
            hide_in(field, shape.field(key), revealed);
        }
    }
    for error in &mut response.errors {
        error.message = hidden(&error.message).into_owned();
    }
}

/// Where nothing is known of a value, it is a text that somebody wrote.
fn hide_in(value: &mut Value, shape: Option<&Shape>, revealed: &[String]) {
    if shape.is_some_and(|shape| !shape.is_text()) {
        return;
    }
    match value {
        Value::String(text) if revealed.contains(text) => {}
        Value::String(text) => {
            if let Cow::Owned(hidden) = hidden(text) {
                *text = hidden;
            }
        }
        Value::List(items) => {
            for item in items {
                hide_in(item, shape, revealed);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                let shape = shape.and_then(|shape| shape.field(key));
                hide_in(field, shape, revealed);
            }
        }
        _ => {}
    }
}
