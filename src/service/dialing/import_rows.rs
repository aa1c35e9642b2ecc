//! Rows of an import: what they say, and what is wrong with them.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        business_time::BusinessZone,
        call::{CallFields, CallInput, GivenTag, read_tags},
        call_details::CallDetails,
        change::Change,
        dialing::{CallResult, Tag},
        fields::{Fields, TextRule},
        problem::{Code, Path, Problems},
    },
    service::write::Writer,
};

/// A row as it was given.
#[derive(Debug, Clone, Default, Hash)]
pub struct ImportRow {
    /// The other system's id of the call, the key: a row with that of an imported call replaces it.
    pub external_id: Change<String>,
    /// In its place the platform's id of one of its calls: the row fills what the platform leaves empty.
    pub platform_call_id: Change<String>,
    /// The call; its task and agent by our own ids.
    pub call: CallInput,
    /// Its task by somebody else's id.
    pub task: GivenReference,
    /// Its agent by somebody else's id.
    pub agent: GivenReference,
    /// Its tags.
    pub tags: Vec<GivenTag>,
}

/// A task or an agent as a row refers to it.
#[derive(Debug, Clone, Default, Hash)]
pub struct GivenReference {
    /// The other system's id.
    pub external_id: Change<String>,
    /// The name there.
    pub name: Change<String>,
    /// In their place the platform's id.
    pub platform_id: Change<String>,
}

/// Which call a row is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::service) enum CallKey {
    /// An imported one, by the other system's id.
    Imported(String),
    /// One of the platform, by its id.
    Platform(String),
}

impl CallKey {
    pub(in crate::service) fn id(&self) -> &str {
        match self {
            Self::Imported(id) | Self::Platform(id) => id,
        }
    }

    /// The field that gives it.
    const fn field(&self) -> &'static str {
        match self {
            Self::Imported(_) => "externalId",
            Self::Platform(_) => "platformCallId",
        }
    }
}

/// A task or an agent of a row.
#[derive(Debug, Clone)]
pub(in crate::service) enum Reference {
    /// By the other system's id, with the name there.
    Imported(String, Option<String>),
    /// By the platform's id.
    Platform(String),
}

impl Reference {
    /// The platform's id, if it goes by that.
    pub(in crate::service) fn platform_id(&self) -> Option<&str> {
        match self {
            Self::Platform(id) => Some(id),
            Self::Imported(..) => None,
        }
    }
}

/// A row that was read: what can be stored, and what is wrong.
#[derive(Debug, Clone)]
pub(in crate::service) struct ReadRow {
    pub key: Option<CallKey>,
    /// Of a call of the platform, what may fill its gaps; when and how it went is not said.
    pub fields: Option<CallFields>,
    pub task: Option<Reference>,
    pub agent: Option<Reference>,
    pub tags: Vec<Tag>,
    pub problems: Problems,
}

impl ReadRow {
    /// The platform's id of the call, if the row is one of the platform's.
    pub(in crate::service) fn platform_call(&self) -> Option<&str> {
        match &self.key {
            Some(CallKey::Platform(id)) => Some(id),
            _ => None,
        }
    }
}

/// Reads the rows at `path`, and notes in each what is wrong with it.
pub(in crate::service) fn read(
    writer: &Writer<'_>,
    rows: Vec<ImportRow>,
    path: &Path,
) -> Vec<ReadRow> {
    let mut seen = HashSet::with_capacity(rows.len());
    let mut read = Vec::with_capacity(rows.len());
    for (index, row) in rows.into_iter().enumerate() {
        let path = path.item(index);
        let mut row = read_row(row, &path, (writer.now, writer.zone));
        if let Some(key) = &row.key
            && !seen.insert(key.clone())
        {
            let field = key.field();
            let message = format!("an earlier row of this import has the same {field}");
            let path = path.field(field);
            row.problems.note(path, Code::Duplicate, message);
        }
        read.push(row);
    }
    read
}

fn read_row(row: ImportRow, path: &Path, (now, zone): (DateTime<Utc>, BusinessZone)) -> ReadRow {
    let mut problems = Problems::default();
    let platform_id = Fields::new(path.clone(), &mut problems).text(
        "platformCallId",
        TextRule::ID,
        row.platform_call_id,
        None,
    );
    let is_given = |id: &Change<_>| matches!(id, Change::Set(_));
    let (has_task, has_agent) = (is_given(&row.call.task), is_given(&row.call.agent));
    // When and how a call of the platform went is for the platform to say.
    let unsaid = platform_id.is_some().then(|| unsaid(now));
    let fields = CallFields::read(
        unsaid.as_ref(),
        row.call,
        path.clone(),
        (now, zone),
        &mut problems,
    );
    let tags = read_tags(row.tags, &path.field("tags"), &mut problems);
    let mut reader = Fields::new(path.clone(), &mut problems);
    let key = read_key(&mut reader, row.external_id, platform_id);
    let mut reference = |names, has_own_id, given| {
        read_reference(&mut reader, names, has_own_id, given, key.as_ref())
    };
    let task = reference(&TASK, has_task, row.task);
    let agent = reference(&AGENT, has_agent, row.agent);
    ReadRow {
        key,
        fields,
        task,
        agent,
        tags,
        problems,
    }
}

/// A call of which nothing is said.
fn unsaid(now: DateTime<Utc>) -> CallFields {
    CallFields {
        task_id: None,
        agent_id: None,
        phone_number: None,
        call_time: now,
        duration: 0,
        result: CallResult::Failed,
        details: CallDetails::default(),
    }
}

fn read_key(
    fields: &mut Fields<'_>,
    external_id: Change<String>,
    platform_id: Option<String>,
) -> Option<CallKey> {
    let name = "externalId";
    let Some(platform_id) = platform_id else {
        let id = fields.required_text(name, TextRule::ID, external_id, None)?;
        return Some(CallKey::Imported(id));
    };
    if fields.text(name, TextRule::ID, external_id, None).is_some() {
        let message = "give either externalId or platformCallId, not both";
        fields.note(name, Code::Conflicting, message);
        return None;
    }
    Some(CallKey::Platform(platform_id))
}

/// Names of the fields that refer to a task or an agent.
struct ReferenceFields {
    own_id: &'static str,
    external_id: &'static str,
    name: &'static str,
    platform_id: &'static str,
}

const TASK: ReferenceFields = ReferenceFields {
    own_id: "taskId",
    external_id: "taskExternalId",
    name: "taskName",
    platform_id: "platformTaskId",
};

const AGENT: ReferenceFields = ReferenceFields {
    own_id: "agentId",
    external_id: "agentExternalId",
    name: "agentName",
    platform_id: "platformAgentId",
};

/// Reads a reference by somebody else's id; there is one way to refer at a time, and a call of the platform
/// has a task and an agent of the platform.
fn read_reference(
    fields: &mut Fields<'_>,
    names: &ReferenceFields,
    has_own_id: bool,
    given: GivenReference,
    key: Option<&CallKey>,
) -> Option<Reference> {
    let mut text = |name, rule, change| fields.text(name, rule, change, None);
    let platform_id = text(names.platform_id, TextRule::ID, given.platform_id);
    let external_id = text(names.external_id, TextRule::ID, given.external_id);
    let name = text(names.name, TextRule::SHORT, given.name);
    let ReferenceFields {
        own_id,
        external_id: id_field,
        name: name_field,
        platform_id: platform_field,
    } = names;
    let ways = [has_own_id, external_id.is_some(), platform_id.is_some()];
    if ways.into_iter().filter(|way| *way).count() > 1 {
        let field = if external_id.is_some() {
            id_field
        } else {
            platform_field
        };
        let message = format!("give one of {own_id}, {id_field} and {platform_field}, not more");
        fields.note(field, Code::Conflicting, message);
        return None;
    }
    if matches!(key, Some(CallKey::Platform(_))) && (has_own_id || external_id.is_some()) {
        let field = if has_own_id { own_id } else { id_field };
        let message = format!("with platformCallId give {platform_field}");
        fields.note(field, Code::Conflicting, message);
        return None;
    }
    if name.is_some() && external_id.is_none() {
        let message = format!("{name_field} needs {id_field}");
        fields.note(id_field, Code::Required, message);
        return None;
    }
    external_id
        .map(|id| Reference::Imported(id, name))
        .or(platform_id.map(Reference::Platform))
}
