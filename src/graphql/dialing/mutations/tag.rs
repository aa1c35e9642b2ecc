use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::input::{answer, payloads, writer};
use crate::{
    domain::call::GivenTag,
    graphql::{
        connection::shown,
        dialing::Call,
        error::Result,
        id::{self, Kind},
        permissions::Root,
        user_error::UserError,
    },
    service::tagging,
};

/// A tag: a name and a value.
#[derive(InputObject)]
pub(super) struct TagInput {
    /// The question or field, such as interest_level; at most 100 characters.
    tag_name: String,
    /// The answer, such as high; at most 500 characters.
    tag_value: String,
}

/// Tags as the domain reads them.
pub(super) fn given_tags(tags: Vec<TagInput>) -> Vec<GivenTag> {
    tags.into_iter()
        .map(|tag| (tag.tag_name, tag.tag_value))
        .collect()
}

/// Which tags a call is to get.
#[derive(InputObject)]
pub(super) struct AddCallTagsInput {
    /// The call's `id`.
    call_id: ID,
    /// The tags, 1 to 50. Those that the call has already stay as they are.
    tags: Vec<TagInput>,
    /// The version that the change was made for: another one is a CONFLICT, and nothing is written.
    expected_version: Option<i64>,
    /// A text of your choice, at most 200 characters: a repeat of this input with the same key
    /// within 24 hours adds nothing and gives the first answer again.
    idempotency_key: Option<String>,
}

/// Which tags a call is to lose.
#[derive(InputObject)]
pub(super) struct RemoveCallTagsInput {
    /// The call's `id`.
    call_id: ID,
    /// The tags, 1 to 50, whoever gave them. Those that the call does not have are no problem.
    tags: Vec<TagInput>,
    /// The version that the change was made for: another one is a CONFLICT, and nothing is written.
    expected_version: Option<i64>,
}

/// What came of giving a call tags.
#[derive(SimpleObject, Default)]
pub(super) struct AddCallTagsPayload {
    /// The call as it is now; null when there are userErrors, or when it was deleted since a write
    /// that this one repeats.
    call: Option<Call>,
    /// How many tags it did not have before.
    added: u64,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

/// What came of taking tags away from a call.
#[derive(SimpleObject, Default)]
pub(super) struct RemoveCallTagsPayload {
    /// The call as it is now; null when there are userErrors.
    call: Option<Call>,
    /// How many of the tags it had.
    removed: u64,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

payloads!(AddCallTagsPayload, RemoveCallTagsPayload);

/// Changes of calls' tags.
#[derive(Default)]
pub struct TagMutation;

#[Object(guard = "Root::Mutation")]
impl TagMutation {
    /// Gives a call tags. For ADMIN, MANAGER and AGENT.
    async fn add_call_tags(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which call, and which tags.")] input: AddCallTagsInput,
    ) -> Result<AddCallTagsPayload> {
        let tagged = tagging::add(
            &writer(context)?,
            &id::given(&input.call_id, Kind::Call),
            &given_tags(input.tags),
            input.expected_version,
            input.idempotency_key.as_deref(),
        )
        .await;
        let done = tagged;
        answer(done, |tagged| AddCallTagsPayload {
            call: tagged.call.map(shown),
            added: tagged.changed,
            ..Default::default()
        })
    }

    /// Takes tags away from a call. For ADMIN, MANAGER and AGENT.
    async fn remove_call_tags(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which call, and which tags.")] input: RemoveCallTagsInput,
    ) -> Result<RemoveCallTagsPayload> {
        let tagged = tagging::remove(
            &writer(context)?,
            &id::given(&input.call_id, Kind::Call),
            &given_tags(input.tags),
            input.expected_version,
        )
        .await;
        let done = tagged;
        answer(done, |tagged| RemoveCallTagsPayload {
            call: tagged.call.map(shown),
            removed: tagged.changed,
            ..Default::default()
        })
    }
}
