//! Personal data in answers. Fields hide what they know to be personal; what people wrote into
//! other texts is hidden here, whichever field or error it would leave by.

use async_graphql::{ID, Response, Value};

use super::id;
use crate::domain::{page::is_cursor, privacy::hidden};

/// Hides telephone numbers and e-mail addresses in all texts of an answer, but for what is
/// revealed.
pub(super) fn hide(response: &mut Response, revealed: &[String]) {
    hide_in(&mut response.data, revealed);
    for error in &mut response.errors {
        error.message = hidden(&error.message).into_owned();
    }
}

fn hide_in(value: &mut Value, revealed: &[String]) {
    match value {
        // Ids and cursors are no texts that anybody wrote; cursors of personal data are not given.
        Value::String(text) if revealed.contains(text) => {}
        Value::String(text) if id::parse(&ID::from(text.as_str())).is_some() || is_cursor(text) => {
        }
        Value::String(text) => {
            if let std::borrow::Cow::Owned(hidden) = hidden(text) {
                *text = hidden;
            }
        }
        Value::List(items) => items.iter_mut().for_each(|item| hide_in(item, revealed)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| hide_in(field, revealed)),
        _ => {}
    }
}
