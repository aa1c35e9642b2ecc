use crate::graphql::error::Result;
use async_graphql::{Context, Enum, ID, Object};

use super::{Agent, CallTag, DialTask};
use crate::{
    domain::{page::Ordering, phone, viewer::Capability},
    graphql::{
        connection::Listed,
        context::ContextExt,
        id::{self, Kind},
        loaders::{AgentId, TagsOfCall, TaskId, load},
        scalars::{Date, DateTime, Decimal},
    },
    store::calls::{CallRow, Calls},
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

/// Who told us of a call.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::dialing::CallSource")]
pub(in crate::graphql) enum CallSource {
    /// The Guanke platform's call records.
    Guanke,
    /// A person, through the API.
    Manual,
    /// A bulk import.
    Import,
}

pub(in crate::graphql) struct Call(pub CallRow);

impl Listed for Call {
    type Table = Calls;
    const ORDERING: Ordering = Ordering {
        name: "calls",
        kinds: "ti",
    };

    fn new(row: CallRow) -> Self {
        Self(row)
    }
}

/// A call that was dialled.
#[Object]
impl Call {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::global(Kind::Call, self.0.id)
    }

    /// The id in the database, for joins in BI tools.
    async fn database_id(&self) -> i64 {
        self.0.id
    }

    /// The platform's id of the record; null for a call entered by hand.
    async fn external_id(&self) -> Option<&str> {
        self.0.external_id.as_deref()
    }

    /// The number dialled. Masked (138****8000) for those who may not see it.
    async fn phone_number(&self, context: &Context<'_>) -> Result<Option<String>> {
        let visible = context.request()?.viewer.may(Capability::SeePhoneNumbers);
        let number = self.0.phone_number.as_deref();
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
        self.0.call_time.into()
    }

    /// The business day of callTime.
    async fn call_date(&self) -> Date {
        self.0.call_date.into()
    }

    /// The business hour of callTime, 0–23.
    async fn call_hour(&self) -> i16 {
        self.0.call_hour
    }

    /// Talk time in seconds; 0 where nobody answered.
    async fn duration(&self) -> i32 {
        self.0.duration
    }

    /// How it ended.
    async fn result(&self) -> CallResult {
        self.0.result.into()
    }

    /// The intent grade as the agent or robot wrote it; null where none was given.
    async fn grade(&self) -> Option<&str> {
        self.0.grade.as_deref()
    }

    /// What the grade catalogue makes of it, such as NINE_YUAN; null where there is no grade.
    async fn grade_code(&self) -> Option<&str> {
        self.0.grade_code.as_deref()
    }

    /// Why the line was closed, in the platform's words.
    async fn hangup_reason(&self) -> Option<&str> {
        self.0.hangup_reason.as_deref()
    }

    /// Free text.
    async fn notes(&self) -> Option<&str> {
        self.0.notes.as_deref()
    }

    /// The name of the person dialled.
    async fn customer_name(&self) -> Option<&str> {
        self.0.customer_name.as_deref()
    }

    /// Their company.
    async fn company(&self) -> Option<&str> {
        self.0.company.as_deref()
    }

    /// The province of the number.
    async fn province(&self) -> Option<&str> {
        self.0.province.as_deref()
    }

    /// The city of the number.
    async fn city(&self) -> Option<&str> {
        self.0.city.as_deref()
    }

    /// The line it was dialled on.
    async fn device_name(&self) -> Option<&str> {
        self.0.device_name.as_deref()
    }

    /// Where the recording is.
    async fn recording_url(&self) -> Option<&str> {
        self.0.recording_url.as_deref()
    }

    /// What the platform billed for it, in yuan; null where it does not say.
    async fn billed_amount(&self) -> Option<Decimal> {
        self.0.billed_amount.map(Decimal)
    }

    /// Who told us of it.
    async fn source(&self) -> CallSource {
        self.0.source.into()
    }

    /// The task that dialled it.
    async fn task(&self, context: &Context<'_>) -> Result<Option<DialTask>> {
        let Some(id) = self.0.task_id else {
            return Ok(None);
        };
        Ok(load(context, TaskId(id)).await?.map(DialTask))
    }

    /// The account that made it.
    async fn agent(&self, context: &Context<'_>) -> Result<Option<Agent>> {
        let Some(id) = self.0.agent_id else {
            return Ok(None);
        };
        Ok(load(context, AgentId(id)).await?.map(Agent))
    }

    /// All its tags, by name and value.
    async fn tags(&self, context: &Context<'_>) -> Result<Vec<CallTag>> {
        let tags = load(context, TagsOfCall(self.0.id)).await?;
        Ok(tags.unwrap_or_default().into_iter().map(CallTag).collect())
    }

    /// Counts its changes, from 1: to be given as `expectedVersion` when it is changed.
    async fn version(&self) -> i64 {
        self.0.version
    }

    /// When it was first stored here.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When what is stored here was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }
}
