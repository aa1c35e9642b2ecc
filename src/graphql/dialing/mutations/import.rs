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
    service::import::{self, ImportRow, RowProblem, RowResult},
};

/// A call of another system. Everything but externalId, callTime and result may be left out.
#[derive(InputObject)]
pub(super) struct ImportCallRow {
    /// The other system's id of the call, at most 200 characters: a row with the id of a stored call
    /// replaces that call. Has to be given.
    external_id: MaybeUndefined<String>,
    /// When it was dialled; not in the future. Has to be given.
    call_time: MaybeUndefined<Written<DateTime>>,
    /// How it ended. Has to be given.
    result: MaybeUndefined<CallResult>,
    /// The `id` of the task that dialled it; not together with taskExternalId.
    task_id: MaybeUndefined<ID>,
    /// The other system's id of the task; a task that is not known yet is created.
    task_external_id: MaybeUndefined<String>,
    /// The task's name there, with taskExternalId.
    task_name: MaybeUndefined<String>,
    /// The `id` of the account that made it; not together with agentExternalId.
    agent_id: MaybeUndefined<ID>,
    /// The other system's id of the account; one that is not known yet is created, as a seat.
    agent_external_id: MaybeUndefined<String>,
    /// The account's name there, with agentExternalId.
    agent_name: MaybeUndefined<String>,
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
            task: (change(row.task_external_id), change(row.task_name)),
            agent: (change(row.agent_external_id), change(row.agent_name)),
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
    /// A stored call was replaced.
    Updated,
    /// The call was stored like this already.
    Unchanged,
    /// Nothing was stored, because of what `userErrors` says.
    Invalid,
}

/// The answer to a row of an import.
#[derive(SimpleObject)]
pub(super) struct ImportRowResult {
    /// Which row, counted from 0.
    index: usize,
    /// Its externalId; null where it has none that can be used.
    external_id: Option<String>,
    /// What became of it.
    status: ImportRowStatus,
    /// Where the first problem of an INVALID row is: `["input", "rows", "3", "phoneNumber"]`.
    field: Option<Vec<String>>,
    /// The stable code of that problem.
    code: Option<String>,
    /// What is wrong and what is allowed, for people.
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
            code: first.as_ref().map(|error| error.code.clone()),
            reason: first.map(|error| error.message),
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
    /// How many rows were stored like this already.
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
    /// replaced, and figures follow at once. For ADMIN and MANAGER.
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
