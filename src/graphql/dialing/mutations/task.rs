use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use super::input::{answer, change, id_change, payloads, writer};
use crate::{
    domain::{change::Change, dialing, problem::Path, task::TaskInput},
    graphql::{
        connection::shown,
        context::ContextExt,
        dialing::{DialTask, LeadPackage, task::TaskStatus},
        documents::variables::LeftOut,
        error::Result,
        filter::FilterOf,
        id::{self, Kind},
        lists::arguments::usable,
        permissions::Root,
        scalars::{DateTime, Written},
        user_error::UserError,
    },
    service::tasks::{self, Assignment, TaskSelection},
};

/// What is said of a dial task, besides its name and where it stands.
#[derive(InputObject)]
struct TaskDetails {
    /// The `id` of the package whose leads it dials. Of a new task that says nothing: that whose rules
    /// claim it. Of another one: null for none; either is a person's decision, which no rule of a
    /// package overrides; assignTasks with byRules takes it back.
    package_id: MaybeUndefined<ID>,
    /// What it is about; at most 10,000 characters.
    description: MaybeUndefined<String>,
    /// When dialling is to start.
    start_time: MaybeUndefined<Written<DateTime>>,
    /// When dialling is to end, not before startTime.
    end_time: MaybeUndefined<Written<DateTime>>,
}

impl TaskDetails {
    fn of(self, task_name: Change<String>, status: Change<dialing::TaskStatus>) -> TaskInput {
        TaskInput {
            package: id_change(self.package_id, Kind::LeadPackage),
            task_name,
            description: change(self.description),
            start_time: change(self.start_time),
            end_time: change(self.end_time),
            status,
        }
    }
}

/// A dial task to be created; it is PENDING at first.
#[derive(InputObject)]
pub(super) struct CreateTaskInput {
    /// What people call it; at most 200 characters.
    task_name: String,
    #[graphql(flatten)]
    details: TaskDetails,
    /// A text of your choice, at most 200 characters: a repeat of this input with the same key
    /// within 24 hours creates nothing and gives the first answer again.
    idempotency_key: Option<String>,
}

/// Changes of a dial task. What is left out stays as it is; null empties a field.
#[derive(InputObject)]
pub(super) struct UpdateTaskInput {
    /// The task's `id`.
    id: ID,
    /// What people call it; at most 200 characters. The platform's next record of its own task names
    /// it as it is named there.
    task_name: MaybeUndefined<String>,
    #[graphql(flatten)]
    details: TaskDetails,
    /// Where it stands: PENDING becomes IN_PROGRESS, IN_PROGRESS becomes COMPLETED, and both can
    /// become CANCELLED.
    status: MaybeUndefined<TaskStatus>,
    /// The version that the change was made for: another one is a CONFLICT, and nothing is written.
    expected_version: Option<i64>,
}

/// Which dial task to delete.
#[derive(InputObject)]
pub(super) struct DeleteTaskInput {
    /// The task's `id`.
    id: ID,
    /// The version that is to be deleted: another one is a CONFLICT, and nothing is deleted.
    expected_version: Option<i64>,
}

/// Which tasks are to belong to which package: either `taskIds` or a `filter`.
#[derive(InputObject)]
pub(super) struct AssignTasksInput {
    /// The package's `id`; null takes the tasks from their packages. Either is a person's decision,
    /// which no rule of a package overrides. Has to be given, unless byRules is true.
    package_id: MaybeUndefined<ID>,
    /// True gives the tasks back to what claims them: the package that their records name, or that
    /// whose rules match their names. Not together with packageId.
    #[graphql(default)]
    by_rules: bool,
    /// The tasks' `id`s: 1 to 1,000.
    task_ids: Option<Vec<ID>>,
    /// All tasks that pass this, at most 1,000: for instance those that belong to no package and
    /// whose name starts with the package's.
    filter: Option<FilterOf<DialTask>>,
}

impl AssignTasksInput {
    fn selection(&self, context: &Context<'_>) -> Result<TaskSelection> {
        Ok(match (&self.task_ids, &self.filter) {
            (Some(ids), None) => {
                let ids = ids.iter().map(|id| id::given(id, Kind::DialTask));
                TaskSelection::Ids(ids.collect())
            }
            (None, Some(filter)) => {
                let services = context.services()?;
                let left_out = context.data_opt::<LeftOut>();
                let hole = filter
                    .hole(&Path::input().field("filter"))
                    .or_else(|| left_out?.of(context.item.pos).cloned());
                let filter = usable::<DialTask>(context, filter)?;
                TaskSelection::Filter {
                    filter: filter.on(services.today(), services.zone),
                    hole,
                }
            }
            (None, None) => TaskSelection::None,
            (Some(_), Some(_)) => TaskSelection::Both,
        })
    }
}

/// What came of creating a task.
#[derive(SimpleObject, Default)]
pub(super) struct CreateTaskPayload {
    /// The new task; null when there are userErrors, or when a repeated one was deleted since.
    task: Option<DialTask>,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

/// What came of changing a task.
#[derive(SimpleObject, Default)]
pub(super) struct UpdateTaskPayload {
    /// The task as it is now; null when there are userErrors.
    task: Option<DialTask>,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

/// What came of deleting a task.
#[derive(SimpleObject, Default)]
pub(super) struct DeleteTaskPayload {
    /// The `id` that the task had; null when there are userErrors.
    deleted_id: Option<ID>,
    /// How many calls went with it.
    deleted_calls: u64,
    /// How many tags of those calls.
    deleted_tags: u64,
    /// How many calls of it are kept no longer (RETENTION_CALL_DAYS): they stay in the figures of
    /// their days, as calls without a task.
    kept_calls: i64,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

/// What came of giving tasks to a package.
#[derive(SimpleObject, Default)]
pub(super) struct AssignTasksPayload {
    /// The package; null when the tasks were unlinked, or when there are userErrors.
    package: Option<LeadPackage>,
    /// How many of the tasks belonged to another package before, or to none.
    assigned: usize,
    /// All tasks that were selected, each once, as they are now; empty when there are userErrors.
    tasks: Vec<DialTask>,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

payloads!(
    CreateTaskPayload,
    UpdateTaskPayload,
    DeleteTaskPayload,
    AssignTasksPayload
);

/// Changes of tasks.
#[derive(Default)]
pub struct TaskMutation;

#[Object(guard = "Root::Mutation")]
impl TaskMutation {
    /// Creates a dial task. For ADMIN and MANAGER.
    async fn create_task(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The new task.")] input: CreateTaskInput,
    ) -> Result<CreateTaskPayload> {
        let task = input.details.of(Change::Set(input.task_name), Change::Keep);
        let done = tasks::create(&writer(context)?, &task, input.idempotency_key.as_deref()).await;
        answer(done, |row| CreateTaskPayload {
            task: row.map(shown),
            ..Default::default()
        })
    }

    /// Changes a dial task. For ADMIN and MANAGER.
    async fn update_task(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which task, and what of it.")] input: UpdateTaskInput,
    ) -> Result<UpdateTaskPayload> {
        let id = id::given(&input.id, Kind::DialTask);
        let task = input
            .details
            .of(change(input.task_name), change(input.status));
        let done = tasks::update(&writer(context)?, &id, &task, input.expected_version).await;
        answer(done, |row| UpdateTaskPayload {
            task: Some(shown(row)),
            ..Default::default()
        })
    }

    /// Deletes a dial task with its calls and their tags; no figure counts them any more. What calls
    /// counted for that are kept no longer stays in the figures of their days. A task of the platform
    /// comes back when one of its calls is read again. For ADMIN and MANAGER.
    async fn delete_task(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which task.")] input: DeleteTaskInput,
    ) -> Result<DeleteTaskPayload> {
        let id = id::given(&input.id, Kind::DialTask);
        let done = tasks::delete(&writer(context)?, &id, input.expected_version).await;
        answer(done, |deleted| DeleteTaskPayload {
            deleted_id: Some(id::global(Kind::DialTask, deleted.id)),
            deleted_calls: deleted.calls,
            deleted_tags: deleted.tags,
            kept_calls: deleted.kept_calls,
            ..Default::default()
        })
    }

    /// Gives tasks to a package, takes them from theirs, or gives them back to the rules of packages.
    /// All of them, or none when one cannot be.
    /// For ADMIN and MANAGER.
    async fn assign_tasks(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tasks, and which package.")] input: AssignTasksInput,
    ) -> Result<AssignTasksPayload> {
        let selection = input.selection(context)?;
        let to = Assignment {
            package: id_change(input.package_id, Kind::LeadPackage),
            by_rules: input.by_rules,
        };
        let done = tasks::assign(&writer(context)?, &to, &selection).await;
        answer(done, |done| AssignTasksPayload {
            package: done.package.map(shown),
            assigned: done.assigned,
            tasks: done.tasks.into_iter().map(shown).collect(),
            ..Default::default()
        })
    }
}
