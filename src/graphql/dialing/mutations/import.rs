use async_graphql::{Context, Enum, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use super::{
    call::call_input,
    input::{answer, change, id_change, payloads, seconds, writer},
    tag::{TagInput, given_tags},
};
use crate::{
    graphql::{
        dialing::call::CallResult,
        error::Result,
        id::Kind,
        permissions::Root,
        scalars::{DateTime, Decimal, Written},
        user_error::UserError,
    },
    service::import::{self, GivenReference, ImportRow, RowProblem, RowResult},
};

/// A call of another system. Everything but externalId, callTime and result may be left out. Ids of that
/// system are kept apart from the platform's: the same id can be both's. To add to a call of the platform,
/// give platformCallId in place of externalId; nothing else has to be given then.
#[derive(InputObject)]
pub(super) struct ImportCallRow {
    /// The other system's id of the call, at most 200 characters: a row with the id of an imported call
    /// replaces that call, and never one of the platform. Has to be given, unless platformCallId is.
    external_id: MaybeUndefined<String>,
    /// The platform's id of a call that it told of: the row is that call. What the platform says of it stays;
    /// the row adds what it leaves empty, and goes on to when the platform's record changes. callTime, duration
    /// and result are the platform's. INVALID with NOT_FOUND while the call is not stored here, and with
    /// OUT_OF_RANGE when calls of its day are not kept any more.
    platform_call_id: MaybeUndefined<String>,
    /// When it was dialled; not in the future. Has to be given.
    call_time: MaybeUndefined<Written<DateTime>>,
    /// How it ended. Has to be given.
    result: MaybeUndefined<CallResult>,
    /// The `id` of the task that dialled it. A task is given in one way: taskId, taskExternalId or
    /// platformTaskId.
    task_id: MaybeUndefined<ID>,
    /// The other system's id of the task; a task that is not known yet is created.
    task_external_id: MaybeUndefined<String>,
    /// The task's name there, with taskExternalId. The name that the newest call has for a task counts.
    task_name: MaybeUndefined<String>,
    /// The platform's id of a task that is known here from its calls.
    platform_task_id: MaybeUndefined<String>,
    /// The `id` of the account that made it. An account is given in one way: agentId, agentExternalId or
    /// platformAgentId.
    agent_id: MaybeUndefined<ID>,
    /// The other system's id of the account; one that is not known yet is created, as a seat.
    agent_external_id: MaybeUndefined<String>,
    /// The account's name there, with agentExternalId. The name that the newest call has for it counts.
    agent_name: MaybeUndefined<String>,
    /// The platform's id of an account that is known here from its calls.
    platform_agent_id: MaybeUndefined<String>,
    /// The number dialled, in the forms that createCall takes.
    phone_number: MaybeUndefined<String>,
    /// Seconds that it lasted, or rang where it did not connect, at most a day; 0 when left out.
    duration: MaybeUndefined<i64>,
    /// The intent grade as it was written; the grade catalogue makes gradeCode of it.
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
    /// The tags that it has there, at most 50. They replace those of an earlier version; tags that
    /// people gave the call here stay.
    #[graphql(default)]
    tags: Vec<TagInput>,
}

impl From<ImportCallRow> for ImportRow {
    fn from(row: ImportCallRow) -> Self {
        Self {
            external_id: change(row.external_id),
            call: call_input!(row, change(row.call_time), change(row.result)),
            platform_call_id: change(row.platform_call_id),
            task: GivenReference {
                external_id: change(row.task_external_id),
                name: change(row.task_name),
                platform_id: change(row.platform_task_id),
            },
            agent: GivenReference {
                external_id: change(row.agent_external_id),
                name: change(row.agent_name),
                platform_id: change(row.platform_agent_id),
            },
            tags: given_tags(row.tags),
        }
    }
}

/// Calls to be imported.
#[derive(InputObject)]
pub(super) struct ImportCallsInput {
    /// The calls, 1 to 5,000. Rows that cannot be used do not stop the others. Only what the schema
    /// itself refuses (an unknown field, a word that is no CallResult, a text for duration) stops
    /// the whole import, with an error that says where.
    rows: Vec<ImportCallRow>,
    /// A text of your choice, at most 200 characters: a repeat of this input with the same key
    /// within 24 hours writes nothing and gives the first answer again.
    idempotency_key: Option<String>,
}

/// What became of a row of an import.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "import::RowStatus")]
pub(super) enum ImportRowStatus {
    /// A new call was stored.
    Created,
    /// An imported call was replaced, or a call of the platform got what it left empty.
    Updated,
    /// The call was imported like this before, or the platform says all that the row does. With the code
    /// EDITED_SINCE somebody changed the call here since, and that stays.
    Unchanged,
    /// Nothing was stored, because of what `userErrors` says.
    Invalid,
}

/// The answer to a row of an import.
#[derive(SimpleObject)]
pub(super) struct ImportRowResult {
    /// Which row, counted from 0.
    index: usize,
    /// Its externalId, or platformCallId; null where it has none that can be used.
    external_id: Option<String>,
    /// What became of it.
    status: ImportRowStatus,
    /// Where the first problem of an INVALID row is: `["input", "rows", "3", "phoneNumber"]`.
    field: Option<Vec<String>>,
    /// The stable code of that problem; EDITED_SINCE of an UNCHANGED row whose call somebody changed here
    /// since it was imported: it is not what the row says, and stays so until the row says something else.
    code: Option<String>,
    /// What is wrong and what is allowed, or what the code means, for people.
    reason: Option<String>,
    /// All problems of an INVALID row.
    user_errors: Vec<UserError>,
}

impl ImportRowResult {
    fn new((index, result): (usize, RowResult)) -> Self {
        let user_errors: Vec<UserError> =
            result.problems.into_iter().map(UserError::from).collect();
        let first = user_errors.first().cloned();
        Self {
            index,
            external_id: result.external_id,
            status: result.status.into(),
            field: first.as_ref().map(|error| error.field.clone()),
            code: match (&first, result.note) {
                (Some(error), _) => Some(error.code.clone()),
                (None, note) => note.map(|note| note.code().to_owned()),
            },
            reason: match (first, result.note) {
                (Some(error), _) => Some(error.message),
                (None, note) => note.map(|note| note.message().to_owned()),
            },
            user_errors,
        }
    }
}

impl From<RowProblem> for UserError {
    fn from(problem: RowProblem) -> Self {
        Self {
            field: problem.path,
            code: problem.code,
            message: problem.message,
        }
    }
}

/// What came of an import.
#[derive(SimpleObject, Default)]
pub(super) struct ImportCallsPayload {
    /// The answer to each row, in order; empty when there are userErrors.
    results: Vec<ImportRowResult>,
    /// How many rows were new calls.
    created: usize,
    /// How many rows replaced stored calls.
    updated: usize,
    /// How many rows changed nothing.
    unchanged: usize,
    /// How many rows could not be used.
    invalid: usize,
    /// Problems of the whole input; those of single rows are in their results.
    user_errors: Vec<UserError>,
}

payloads!(ImportCallsPayload);

/// Bulk imports.
#[derive(Default)]
pub struct ImportMutation;

#[Object(guard = "Root::Mutation")]
impl ImportMutation {
    /// Imports calls of another system, each by its externalId: new ones are stored, changed ones
    /// replaced, and figures follow at once. Calls of the platform are never replaced; a row with
    /// platformCallId adds to one. For ADMIN and MANAGER.
    async fn import_calls(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The calls.")] input: ImportCallsInput,
    ) -> Result<ImportCallsPayload> {
        let rows = input.rows.into_iter().map(ImportRow::from).collect();
        let key = input.idempotency_key;
        let done = import::import(&writer(context)?, rows, key.as_deref()).await;
        answer(done, |results| {
            let count = |status| import::count(&results, status);
            ImportCallsPayload {
                created: count(import::RowStatus::Created),
                updated: count(import::RowStatus::Updated),
                unchanged: count(import::RowStatus::Unchanged),
                invalid: count(import::RowStatus::Invalid),
                results: results
                    .into_iter()
                    .enumerate()
                    .map(ImportRowResult::new)
                    .collect(),
                user_errors: Vec::new(),
            }
        })
    }
}
