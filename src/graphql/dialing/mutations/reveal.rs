use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::input::{answer, payloads, writer};
use crate::{
    graphql::{
        context::ContextExt,
        error::Result,
        guard::may_reveal,
        id::{self, Kind},
        permissions::Root,
        user_error::UserError,
    },
    service::reveal,
};

/// Whose number to show, and why.
#[derive(InputObject)]
pub(super) struct RevealPhoneInput {
    /// The call's `id`.
    id: ID,
    /// Why it is needed; at most 200 characters. It is recorded.
    reason: String,
}

/// A telephone number.
#[derive(SimpleObject, Default)]
pub(super) struct RevealPhonePayload {
    /// The number; null when there are userErrors.
    phone_number: Option<String>,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

payloads!(RevealPhonePayload);

/// Showing what is masked.
#[derive(Default)]
pub struct RevealMutation;

#[Object(guard = "Root::Mutation")]
impl RevealMutation {
    /// Shows the telephone number of one call to somebody who sees it masked. Who asked for it and
    /// why is recorded in the audit log; 60 an hour together with those that are looked up. A number
    /// that came masked from the platform stays so.
    async fn reveal_phone(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose number, and why.")] input: RevealPhoneInput,
    ) -> Result<RevealPhonePayload> {
        may_reveal(context)?;
        let id = id::given(&input.id, Kind::Call);
        let done = reveal::phone(&writer(context)?, &id, &input.reason).await;
        if let Ok(number) = &done {
            context.request()?.reveal(number);
        }
        answer(done, |number| RevealPhonePayload {
            phone_number: Some(number),
            ..Default::default()
        })
    }
}
