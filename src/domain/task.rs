//! Rules of dial tasks.

use chrono::{DateTime, Utc};

use super::{
    audit::Record,
    change::{Change, Given, GivenId},
    dialing::TaskStatus,
    fields::{Fields, TextRule},
    package_rules::Link,
    problem::{Code, Path, Problems},
};

/// What a caller says of a task.
#[derive(Debug, Clone, Default)]
pub struct TaskInput {
    /// The package whose leads it dials.
    pub package: Change<GivenId>,
    /// Its name; has to be there.
    pub task_name: Change<String>,
    /// What it is about.
    pub description: Change<String>,
    /// When dialling is to start.
    pub start_time: Change<Given<DateTime<Utc>>>,
    /// When it is to end, not before that.
    pub end_time: Change<Given<DateTime<Utc>>>,
    /// Where it stands; PENDING at first.
    pub status: Change<TaskStatus>,
}

/// What a task has, by the rules.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TaskFields {
    /// The package whose leads it dials, and how that came about.
    pub link: Link,
    /// Its name.
    pub task_name: String,
    /// What it is about.
    pub description: Option<String>,
    /// When dialling is to start.
    pub start_time: Option<DateTime<Utc>>,
    /// When it is to end.
    pub end_time: Option<DateTime<Utc>>,
    /// Where it stands.
    pub status: TaskStatus,
}

impl TaskFields {
    /// A task after `input`: a new one, or the one that was `before`. Notes what is wrong.
    pub fn read(before: Option<&Self>, input: TaskInput, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::new(Path::input(), problems);
        // Of a new task null is nobody's decision: the rules of packages may claim it.
        let is_by_hand = match input.package {
            Change::Keep => false,
            Change::Clear => before.is_some(),
            Change::Set(_) => true,
        };
        let link = before.map(|before| before.link).unwrap_or_default();
        let package_id = fields.id("packageId", input.package, link.package_id);
        let link = if is_by_hand {
            Link::by_hand(package_id)
        } else {
            link
        };
        let task_name = fields.required_text(
            "taskName",
            TextRule::SHORT,
            input.task_name,
            before.map(|before| before.task_name.clone()),
        );
        let description = fields.text(
            "description",
            TextRule::LONG,
            input.description,
            before.and_then(|before| before.description.clone()),
        );
        let times_said = input.start_time.is_said() || input.end_time.is_said();
        let start_time = input
            .start_time
            .over(before.and_then(|before| before.start_time).map(Ok));
        let start_time = fields.readable("startTime", start_time);
        let end_time = input
            .end_time
            .over(before.and_then(|before| before.end_time).map(Ok));
        let end_time = fields.readable("endTime", end_time);
        if times_said {
            fields.ordered("endTime", start_time, end_time);
        }
        let stands = before.map_or(TaskStatus::Pending, |before| before.status);
        let status = fields.required("status", input.status, Some(stands));
        if let Some(status) = status
            && !stands.may_become(status)
        {
            fields.note("status", Code::InvalidTransition, refusal(stands, status));
        }
        Some(Self {
            link,
            task_name: task_name?,
            description,
            start_time,
            end_time,
            status: status?,
        })
    }

    /// As the record of a change has it.
    #[must_use]
    pub fn record(&self) -> Record {
        Record::default()
            .with("packageId", self.link.package_id)
            .with("packageAssignedBy", self.link.by.map(<&str>::from))
            .with("taskName", self.task_name.clone())
            .with("description", self.description.clone())
            .with_time("startTime", self.start_time)
            .with_time("endTime", self.end_time)
            .with("status", <&str>::from(self.status))
    }
}

fn refusal(from: TaskStatus, to: TaskStatus) -> String {
    let next: Vec<&str> = from.next().iter().map(<&str>::from).collect();
    if next.is_empty() {
        return format!("a task that is {from} stays so: it cannot become {to}");
    }
    format!(
        "a task that is {from} cannot become {to}; it can become {}",
        next.join(" or ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_status_names_what_is_allowed() {
        assert_eq!(
            refusal(TaskStatus::Pending, TaskStatus::Completed),
            "a task that is PENDING cannot become COMPLETED; it can become IN_PROGRESS or CANCELLED"
        );
        assert_eq!(
            refusal(TaskStatus::Completed, TaskStatus::Pending),
            "a task that is COMPLETED stays so: it cannot become PENDING"
        );
    }

    #[test]
    fn an_end_before_the_start_is_refused() {
        let at = |text: &str| Change::Set(Ok(text.parse().unwrap()));
        let input = TaskInput {
            task_name: Change::Set("A".to_owned()),
            start_time: at("2026-11-20T02:00:00Z"),
            end_time: at("2026-11-20T01:59:59Z"),
            ..TaskInput::default()
        };
        let mut problems = Problems::default();
        TaskFields::read(None, input, &mut problems);
        let codes: Vec<Code> = problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, [Code::EndsBeforeStart]);
    }
}
