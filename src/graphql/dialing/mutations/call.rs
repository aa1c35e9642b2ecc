use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use super::{
    input::{answer, change, id_change, payloads, seconds, writer},
    tag::{TagInput, given_tags},
};
use crate::{
    domain::change::Change,
    graphql::{
        connection::shown,
        dialing::{Call, call::CallResult},
        error::Result,
        id::{self, Kind},
        permissions::Root,
        scalars::{DateTime, Decimal, Written},
        user_error::UserError,
    },
    service::calls::{self, NewCall},
};

/// What an input says of a call: each of its fields by the same name.
macro_rules! call_input {
    ($input:ident, $call_time:expr, $result:expr) => {
        $crate::domain::call::CallInput {
            task: id_change($input.task_id, Kind::DialTask),
            agent: id_change($input.agent_id, Kind::Agent),
            phone_number: change($input.phone_number),
            call_time: $call_time,
            duration: seconds($input.duration),
            result: $result,
            grade: change($input.grade),
            hangup_reason: change($input.hangup_reason),
            notes: change($input.notes),
            customer_name: change($input.customer_name),
            company: change($input.company),
            province: change($input.province),
            city: change($input.city),
            device_name: change($input.device_name),
            recording_url: change($input.recording_url),
            billed_amount: change($input.billed_amount),
        }
    };
}
pub(super) use call_input;

/// A call to be entered by hand.
#[derive(InputObject)]
pub(super) struct CreateCallInput {
    /// When it was dialled; not in the future.
    call_time: Written<DateTime>,
    /// How it ended.
    result: CallResult,
    /// The `id` of the task that dialled it.
    task_id: MaybeUndefined<ID>,
    /// The `id` of the account that made it.
    agent_id: MaybeUndefined<ID>,
    /// An id that another system has for it; at most 200 characters. No other call that was entered by hand
    /// may have it; calls of the platform and imported ones may.
    external_id: MaybeUndefined<String>,
    /// The number dialled: a mobile, a landline with its area code, a 400 or 800 number, all maybe with
    /// an extension, a service number, a short number, or a masked one. It is stored in one form,
    /// 13812348000 or 010-62345678-801.
    phone_number: MaybeUndefined<String>,
    /// Seconds that it lasted, or rang where it did not connect, at most a day; 0 when left out.
    duration: MaybeUndefined<i64>,
    /// The intent grade as people write it; the grade catalogue makes gradeCode of it.
    grade: MaybeUndefined<String>,
    /// Why the line was closed; at most 200 characters.
    hangup_reason: MaybeUndefined<String>,
    /// Free text; at most 10,000 characters.
    notes: MaybeUndefined<String>,
    /// The name of the person dialled; at most 200 characters.
    customer_name: MaybeUndefined<String>,
    /// Their company; at most 200 characters.
    company: MaybeUndefined<String>,
    /// The province of the number; at most 200 characters.
    province: MaybeUndefined<String>,
    /// The city of the number; at most 200 characters.
    city: MaybeUndefined<String>,
    /// The line it was dialled on; at most 200 characters.
    device_name: MaybeUndefined<String>,
    /// Where the recording is: http:// or https://, at most 2,000 characters.
    recording_url: MaybeUndefined<String>,
    /// What was billed for it, in yuan.
    billed_amount: MaybeUndefined<Written<Decimal>>,
    /// Its tags, at most 50; the same one twice counts once.
    #[graphql(default)]
    tags: Vec<TagInput>,
    /// A text of your choice, at most 200 characters: a repeat of this input with the same key
    /// within 24 hours creates nothing and gives the first answer again.
    idempotency_key: Option<String>,
}

/// Changes of a call. What is left out stays as it is; null empties a field.
#[derive(InputObject)]
pub(super) struct UpdateCallInput {
    /// The call's `id`.
    id: ID,
    /// When it was dialled; not in the future. Its business day and hour follow.
    call_time: MaybeUndefined<Written<DateTime>>,
    /// How it ended.
    result: MaybeUndefined<CallResult>,
    /// The `id` of the task that dialled it.
    task_id: MaybeUndefined<ID>,
    /// The `id` of the account that made it.
    agent_id: MaybeUndefined<ID>,
    /// The number dialled, in the forms that createCall takes.
    phone_number: MaybeUndefined<String>,
    /// Seconds that it lasted, or rang where it did not connect, at most a day.
    duration: MaybeUndefined<i64>,
    /// The intent grade as people write it; gradeCode follows.
    grade: MaybeUndefined<String>,
    /// Why the line was closed; at most 200 characters.
    hangup_reason: MaybeUndefined<String>,
    /// Free text; at most 10,000 characters.
    notes: MaybeUndefined<String>,
    /// The name of the person dialled; at most 200 characters.
    customer_name: MaybeUndefined<String>,
    /// Their company; at most 200 characters.
    company: MaybeUndefined<String>,
    /// The province of the number; at most 200 characters.
    province: MaybeUndefined<String>,
    /// The city of the number; at most 200 characters.
    city: MaybeUndefined<String>,
    /// The line it was dialled on; at most 200 characters.
    device_name: MaybeUndefined<String>,
    /// Where the recording is: http:// or https://, at most 2,000 characters.
    recording_url: MaybeUndefined<String>,
    /// What was billed for it, in yuan.
    billed_amount: MaybeUndefined<Written<Decimal>>,
    /// The version that the change was made for: another one is a CONFLICT, and nothing is written.
    expected_version: Option<i64>,
}

/// Which call to delete.
#[derive(InputObject)]
pub(super) struct DeleteCallInput {
    /// The call's `id`.
    id: ID,
    /// The version that is to be deleted: another one is a CONFLICT, and nothing is deleted.
    expected_version: Option<i64>,
}

/// What came of entering a call.
#[derive(SimpleObject, Default)]
pub(super) struct CreateCallPayload {
    /// The new call; null when there are userErrors, or when a repeated one was deleted since.
    call: Option<Call>,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

/// What came of changing a call.
#[derive(SimpleObject, Default)]
pub(super) struct UpdateCallPayload {
    /// The call as it is now; null when there are userErrors.
    call: Option<Call>,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

/// What came of deleting a call.
#[derive(SimpleObject, Default)]
pub(super) struct DeleteCallPayload {
    /// The `id` that the call had; null when there are userErrors.
    deleted_id: Option<ID>,
    /// How many tags went with it.
    deleted_tags: u64,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

payloads!(CreateCallPayload, UpdateCallPayload, DeleteCallPayload);

/// Changes of calls.
#[derive(Default)]
pub struct CallMutation;

#[Object(guard = "Root::Mutation")]
impl CallMutation {
    /// Enters a call by hand; figures count it at once. For ADMIN, MANAGER and AGENT.
    async fn create_call(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The new call.")] input: CreateCallInput,
    ) -> Result<CreateCallPayload> {
        let call = NewCall {
            external_id: change(input.external_id),
            call: call_input!(
                input,
                Change::Set(input.call_time.into()),
                Change::Set(input.result.into())
            ),
            tags: given_tags(input.tags),
        };
        let done = calls::create(&writer(context)?, &call, input.idempotency_key.as_deref()).await;
        answer(done, |row| CreateCallPayload {
            call: row.map(shown),
            ..Default::default()
        })
    }

    /// Changes a call, whoever told us of it; figures follow at once. A later version of a call from
    /// the platform replaces the change. For ADMIN, MANAGER and AGENT.
    async fn update_call(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which call, and what of it.")] input: UpdateCallInput,
    ) -> Result<UpdateCallPayload> {
        let id = id::given(&input.id, Kind::Call);
        let call = call_input!(input, change(input.call_time), change(input.result));
        let done = calls::update(&writer(context)?, &id, &call, input.expected_version).await;
        answer(done, |row| UpdateCallPayload {
            call: Some(shown(row)),
            ..Default::default()
        })
    }

    /// Deletes a call with its tags; no figure counts it any more. A call of the platform comes back
    /// when its day is read again. For ADMIN and MANAGER.
    async fn delete_call(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which call.")] input: DeleteCallInput,
    ) -> Result<DeleteCallPayload> {
        let id = id::given(&input.id, Kind::Call);
        let done = calls::delete(&writer(context)?, &id, input.expected_version).await;
        answer(done, |deleted| DeleteCallPayload {
            deleted_id: Some(id::global(Kind::Call, deleted.id)),
            deleted_tags: deleted.tags,
            ..Default::default()
        })
    }
}
