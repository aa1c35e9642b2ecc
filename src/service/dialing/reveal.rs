//! Showing a telephone number to somebody who sees it masked, for a reason that is recorded.

use crate::{
    domain::{
        audit::Recorded,
        change::{Change, GivenId},
        fields::{Fields, TextRule},
        problem::{Code, Path, Problems},
    },
    service::{
        audit::object,
        write::{Result, Work, WriteError, Writer, accepted},
    },
    store::{audit_log::Changed, calls::Calls},
};

/// The number of a call. That it was asked for, by whom and why is recorded before it is told.
///
/// # Errors
/// When there is no such call, it has no number, or no reason was given; or when the database
/// fails.
pub async fn phone(writer: &Writer<'_>, id: &GivenId, reason: &str) -> Result<String> {
    writer
        .write("revealPhone", async move |work: &Work| {
            let mut problems = Problems::default();
            let given = Change::Set(reason.to_owned());
            let reason = Fields::new(Path::input(), &mut problems).required_text(
                "reason",
                TextRule::SHORT,
                given,
                None,
            );
            let call = work
                .lock_noting::<Calls>("id", object::CALL, id, &mut problems)
                .await?;
            let (reason, call) = accepted(reason.zip(call), problems)?;
            let Some(number) = call.phone_number else {
                let message = "no telephone number is known of this call";
                return Err(WriteError::refused(
                    Path::input().field("id"),
                    Code::NotFound,
                    message,
                ));
            };
            work.record(vec![Changed {
                object_type: object::CALL,
                object_id: Some(call.id.to_string()),
                changes: Recorded::default().with("reason", reason),
            }])
            .await?;
            Ok(number)
        })
        .await
}
