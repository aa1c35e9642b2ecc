use async_graphql::{Context, Enum, ID, Object};

use super::{Agent, CallFilter, CallOrder, CallTag, CallTagFilter, CallTagOrder, DialTask};
use crate::{
    domain::{phone, viewer::Capability},
    graphql::{
        connection::{Connection, ListArguments, all, listed, nested, one},
        context::ContextExt,
        error::Result,
        id::{self, Kind},
        plan,
        scalars::{Date, DateTime, Decimal},
    },
    store::calls::CallRow,
};

/// How a call ended.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::dialing::CallResult")]
pub(in crate::graphql) enum CallResult {
    /// A person answered.
    Connected,
    /// A voice mailbox or an assistant answered.
    Voicemail,
    /// The line was busy.
    Busy,
    /// It rang and nobody answered.
    NoAnswer,
    /// The person dialled refused the call.
    Rejected,
    /// The call could not be made: empty number, switched off, network fault.
    Failed,
}

/// Who told us of a call, a task or an agent. An externalId belongs to its source.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::dialing::CallSource")]
pub(in crate::graphql) enum CallSource {
    /// The Guanke platform.
    Guanke,
    /// A person, through the API.
    Manual,
    /// A bulk import.
    Import,
}

listed! {
    Call(CallRow) by CallFilter, CallOrder {
        "task" => "task": plan::one::<DialTask>,
        "agent" => "agent": plan::one::<Agent>,
        "tags" => "tags": plan::all::<CallTag>,
        "tagConnection" => "tags": plan::list::<CallTag>,
    }
}

/// A call that was dialled.
#[Object(serial)]
impl Call {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::global(Kind::Call, self.0.row.id)
    }

    /// The id in the database, for joins in BI tools.
    async fn database_id(&self) -> i64 {
        self.0.row.id
    }

    /// The id that its source has for the call; null for one that was entered by hand without any. Two sources
    /// can have the same one for two calls.
    async fn external_id(&self) -> Option<&str> {
        self.0.row.external_id.as_deref()
    }

    /// The number dialled. Masked (138****8000) for those who may not see it.
    async fn phone_number(&self, context: &Context<'_>) -> Result<Option<String>> {
        let visible = context.request()?.viewer.may(Capability::SeePhoneNumbers);
        let number = self.0.row.phone_number.as_deref();
        Ok(number.map(|number| {
            if visible {
                number.to_owned()
            } else {
                phone::masked(number)
            }
        }))
    }

    /// When it was dialled.
    async fn call_time(&self) -> DateTime {
        self.0.row.call_time.into()
    }

    /// The business day of callTime.
    async fn call_date(&self) -> Date {
        self.0.row.call_date.into()
    }

    /// The business hour of callTime, 0–23.
    async fn call_hour(&self) -> i16 {
        self.0.row.call_hour
    }

    /// Seconds that it lasted: talk time of a connected call; ring time of another one.
    async fn duration(&self) -> i32 {
        self.0.row.duration
    }

    /// How it ended.
    async fn result(&self) -> CallResult {
        self.0.row.result.into()
    }

    /// The intent grade as the agent or robot wrote it; null where none was given.
    async fn grade(&self) -> Option<&str> {
        self.0.row.grade.as_deref()
    }

    /// What the grade catalogue makes of it, such as NINE_YUAN; null where there is no grade.
    async fn grade_code(&self) -> Option<&str> {
        self.0.row.grade_code.as_deref()
    }

    /// Why the line was closed, in the platform's words.
    async fn hangup_reason(&self) -> Option<&str> {
        self.0.row.hangup_reason.as_deref()
    }

    /// Free text.
    async fn notes(&self) -> Option<&str> {
        self.0.row.notes.as_deref()
    }

    /// The name of the person dialled.
    async fn customer_name(&self) -> Option<&str> {
        self.0.row.customer_name.as_deref()
    }

    /// Their company.
    async fn company(&self) -> Option<&str> {
        self.0.row.company.as_deref()
    }

    /// The province of the number.
    async fn province(&self) -> Option<&str> {
        self.0.row.province.as_deref()
    }

    /// The city of the number.
    async fn city(&self) -> Option<&str> {
        self.0.row.city.as_deref()
    }

    /// The line it was dialled on.
    async fn device_name(&self) -> Option<&str> {
        self.0.row.device_name.as_deref()
    }

    /// Where the recording is.
    async fn recording_url(&self) -> Option<&str> {
        self.0.row.recording_url.as_deref()
    }

    /// What the platform billed for it, in yuan; null where it does not say.
    async fn billed_amount(&self) -> Option<Decimal> {
        self.0.row.billed_amount.map(Decimal)
    }

    /// Who told us of it.
    async fn source(&self) -> CallSource {
        self.0.row.source.into()
    }

    /// The task that dialled it.
    async fn task(&self, context: &Context<'_>) -> Result<Option<DialTask>> {
        one(context, &self.0, "task", self.0.row.task_id).await
    }

    /// The account that made it.
    async fn agent(&self, context: &Context<'_>) -> Result<Option<Agent>> {
        one(context, &self.0, "agent", self.0.row.agent_id).await
    }

    /// All its tags, by name and value.
    async fn tags(&self, context: &Context<'_>) -> Result<Vec<CallTag>> {
        all(context, &self.0, "tags").await
    }

    /// Its tags as a connection, for a call that has many.
    async fn tag_connection(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first so many; 20 by default, at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 200; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which of them.")] filter: Option<Box<CallTagFilter>>,
        #[graphql(desc = "Their order; by name and value by default.")] order_by: Option<
            Vec<CallTagOrder>,
        >,
    ) -> Result<Connection<CallTag>> {
        let arguments = ListArguments {
            first,
            after,
            last,
            before,
            filter,
            order_by,
        };
        nested(context, &self.0, "tags", arguments).await
    }

    /// Counts its changes, from 1: to be given as `expectedVersion` when it is changed.
    async fn version(&self) -> i64 {
        self.0.row.version
    }

    /// When it was first stored here.
    async fn created_at(&self) -> DateTime {
        self.0.row.created_at.into()
    }

    /// When what is stored here was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.row.updated_at.into()
    }

    /// When the platform was first found to have it no longer; null for a call that it has. A
    /// removed call counts for nothing and cannot be changed; lists leave it out unless a filter
    /// asks for removedAt.
    async fn removed_at(&self) -> Option<DateTime> {
        self.0.row.removed_at.map(Into::into)
    }
}
