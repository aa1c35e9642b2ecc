//! Rules of calls that people enter, change and import.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{
    audit::Record,
    business_time::BusinessZone,
    call_details::CallDetails,
    change::{Change, Given, GivenId},
    dialing::{CallResult, Tag},
    fields::{Fields, TextRule},
    grade::GradeCatalogue,
    money::Money,
    problem::{Code, Path, Problems},
    stats::CountedCall,
};

/// Most tags of one request.
pub const MAX_TAGS: usize = 50;
/// Longest call: a day.
const MAX_DURATION: i32 = 24 * 60 * 60;
/// How far the clock of whoever enters a call may be ahead of ours.
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(1);
/// Calls before 2000 are mistakes.
const EARLIEST: DateTime<Utc> = DateTime::from_timestamp_nanos(946_684_800_000_000_000);

/// What a caller says of a call.
#[derive(Debug, Clone, Default, Hash)]
pub struct CallInput {
    /// The task that dialled it.
    pub task: Change<GivenId>,
    /// The account that made it.
    pub agent: Change<GivenId>,
    /// The number dialled.
    pub phone_number: Change<String>,
    /// When it was dialled; has to be there.
    pub call_time: Change<Given<DateTime<Utc>>>,
    /// Seconds that it lasted, or rang where it did not connect; 0 at first.
    pub duration: Change<i32>,
    /// How it ended; has to be there.
    pub result: Change<CallResult>,
    /// The grade as it is written.
    pub grade: Change<String>,
    /// Why the line was closed.
    pub hangup_reason: Change<String>,
    /// Free text.
    pub notes: Change<String>,
    /// The name of the person dialled.
    pub customer_name: Change<String>,
    /// Their company.
    pub company: Change<String>,
    /// The province of the number.
    pub province: Change<String>,
    /// The city of the number.
    pub city: Change<String>,
    /// The line it was dialled on.
    pub device_name: Change<String>,
    /// Where the recording is.
    pub recording_url: Change<String>,
    /// What was billed.
    pub billed_amount: Change<Given<Money>>,
}

/// What a call has, by the rules.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CallFields {
    /// The task that dialled it.
    pub task_id: Option<i64>,
    /// The account that made it.
    pub agent_id: Option<i64>,
    /// The number dialled, in its one form.
    pub phone_number: Option<String>,
    /// When it was dialled.
    pub call_time: DateTime<Utc>,
    /// Seconds that it lasted, or rang where it did not connect.
    pub duration: i32,
    /// How it ended.
    pub result: CallResult,
    /// What else is known of it.
    pub details: CallDetails,
}

impl CallFields {
    /// A call after `input`, which stands at `path`: a new one, or the one that was `before`.
    /// Notes what is wrong.
    pub fn read(
        before: Option<&Self>,
        input: CallInput,
        path: Path,
        (now, zone): (DateTime<Utc>, BusinessZone),
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut fields = Fields::new(path, problems);
        let task_id = fields.id("taskId", input.task, before.and_then(|old| old.task_id));
        let agent_id = fields.id("agentId", input.agent, before.and_then(|old| old.agent_id));
        let phone_number = fields.phone(
            "phoneNumber",
            input.phone_number,
            before.and_then(|old| old.phone_number.clone()),
        );
        let call_time = read_time(&mut fields, input.call_time, before, (now, zone));
        let duration = before.map_or(0, |old| old.duration);
        let duration = fields.required("duration", input.duration, Some(duration));
        let duration = fields.count("duration", duration, MAX_DURATION);
        let result = fields.required("result", input.result, before.map(|old| old.result));
        let amount = input
            .billed_amount
            .over(before.and_then(|old| old.details.billed_amount).map(Ok));
        let billed_amount = fields.amount("billedAmount", amount);
        let recording_url = fields.url(
            "recordingUrl",
            input.recording_url,
            before.and_then(|old| old.details.recording_url.clone()),
        );

        let before = before.map(|old| &old.details);
        let mut text = |name, rule, change, old: fn(&CallDetails) -> &Option<String>| {
            fields.text(name, rule, change, before.map(old).cloned().flatten())
        };
        let short = TextRule::SHORT;
        let grade = text("grade", TextRule::GRADE, input.grade, |old| &old.grade);
        let hangup_reason = text("hangupReason", short, input.hangup_reason, |old| {
            &old.hangup_reason
        });
        let notes = text("notes", TextRule::LONG, input.notes, |old| &old.notes);
        let customer_name = text("customerName", short, input.customer_name, |old| {
            &old.customer_name
        });
        let company = text("company", short, input.company, |old| &old.company);
        let province = text("province", short, input.province, |old| &old.province);
        let city = text("city", short, input.city, |old| &old.city);
        let device_name = text("deviceName", short, input.device_name, |old| {
            &old.device_name
        });
        Some(Self {
            task_id,
            agent_id,
            phone_number,
            call_time: call_time?,
            duration: duration?,
            result: result?,
            details: CallDetails {
                grade,
                hangup_reason,
                notes,
                customer_name,
                company,
                province,
                city,
                device_name,
                recording_url,
                billed_amount,
            },
        })
    }

    /// What figures need to know of it.
    #[must_use]
    pub fn counted(&self, zone: BusinessZone, catalogue: &GradeCatalogue) -> CountedCall {
        CountedCall {
            call_date: zone.day_of(self.call_time),
            call_hour: i16::from(zone.hour_of(self.call_time)),
            task_id: self.task_id,
            agent_id: self.agent_id,
            province: self.details.province.clone(),
            grade_code: catalogue
                .code_of(self.details.grade.as_deref())
                .map(str::to_owned),
            connected: self.result.is_connected(),
            duration: self.duration,
            billed: self.details.billed_amount.unwrap_or_default(),
        }
    }

    /// As the record of a change has it.
    #[must_use]
    pub fn record(&self) -> Record {
        let details = &self.details;
        Record::default()
            .with("taskId", self.task_id)
            .with("agentId", self.agent_id)
            .with_phone("phoneNumber", self.phone_number.as_deref())
            .with_time("callTime", Some(self.call_time))
            .with("duration", self.duration)
            .with("result", <&str>::from(self.result))
            .with("grade", details.grade.clone())
            .with("hangupReason", details.hangup_reason.clone())
            .with("notes", details.notes.clone())
            .with("customerName", details.customer_name.clone())
            .with("company", details.company.clone())
            .with("province", details.province.clone())
            .with("city", details.city.clone())
            .with("deviceName", details.device_name.clone())
            .with("recordingUrl", details.recording_url.clone())
            .with_amount("billedAmount", details.billed_amount)
    }

    /// Notes that the call, which stands at `path`, is of a day before `horizon`: of those the figures
    /// are kept and the calls are not, so that it would be counted twice.
    pub fn check_kept(
        &self,
        zone: BusinessZone,
        horizon: NaiveDate,
        path: &Path,
        problems: &mut Problems,
    ) {
        if zone.day_of(self.call_time) < horizon {
            let message = format!("callTime must not lie before {horizon}: {NOT_KEPT}");
            problems.note(path.field("callTime"), Code::OutOfRange, message);
        }
    }
}

const NOT_KEPT: &str = "calls of earlier days are not kept any more (RETENTION_CALL_DAYS), and the figures of these days stay what they are";

/// That calls of days before `horizon` are not kept any more, in a sentence.
#[must_use]
pub fn not_kept_before(horizon: NaiveDate) -> String {
    format!("{horizon} is the first day whose calls are kept: {NOT_KEPT}")
}

fn read_time(
    fields: &mut Fields<'_>,
    change: Change<Given<DateTime<Utc>>>,
    before: Option<&CallFields>,
    (now, zone): (DateTime<Utc>, BusinessZone),
) -> Option<DateTime<Utc>> {
    let is_new = change.is_said();
    let time = fields.required("callTime", change, before.map(|old| Ok(old.call_time)));
    let time = fields.readable("callTime", time)?;
    if is_new && time > now + CLOCK_SKEW {
        let message = format!(
            "callTime must not lie in the future: it is {} in {zone} now",
            zone.wall_clock(now)
        );
        fields.note("callTime", Code::InTheFuture, message);
    }
    if is_new && time < EARLIEST {
        let message = "callTime must not lie before the year 2000";
        fields.note("callTime", Code::OutOfRange, message);
    }
    Some(time)
}

/// A tag as a caller wrote it: its name and its value.
pub type GivenTag = (String, String);

/// Reads the list of tags at `path`, each once. Notes what is wrong.
pub fn read_tags(given: Vec<GivenTag>, path: &Path, problems: &mut Problems) -> Vec<Tag> {
    if given.len() > MAX_TAGS {
        let message = format!(
            "at most {MAX_TAGS} tags are taken at once, and {} were given",
            given.len()
        );
        problems.note(path.clone(), Code::TooMany, message);
        return Vec::new();
    }
    let mut tags = std::collections::BTreeSet::new();
    for (index, (name, value)) in given.into_iter().enumerate() {
        let mut fields = Fields::new(path.item(index), problems);
        let mut text =
            |field, rule, text| fields.required_text(field, rule, Change::Set(text), None);
        let name = text("tagName", TextRule::TAG_NAME, name);
        let value = text("tagValue", TextRule::TAG_VALUE, value);
        if let (Some(name), Some(value)) = (name, value) {
            tags.insert(Tag { name, value });
        }
    }
    tags.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-20T04:00:00Z".parse().unwrap()
    }

    fn problems(input: CallInput) -> Vec<(Vec<String>, Code)> {
        let mut problems = Problems::default();
        let now = (now(), BusinessZone::default());
        CallFields::read(None, input, Path::input(), now, &mut problems);
        let pair =
            |problem: &super::super::problem::Problem| (problem.path.clone().into(), problem.code);
        problems.iter().map(pair).collect()
    }

    fn input() -> CallInput {
        CallInput {
            call_time: Change::Set(Ok(now())),
            result: Change::Set(CallResult::Busy),
            ..CallInput::default()
        }
    }

    #[test]
    fn a_call_is_not_in_the_future_beyond_a_minute() {
        let at = |seconds| {
            problems(CallInput {
                call_time: Change::Set(Ok(now() + TimeDelta::seconds(seconds))),
                ..input()
            })
        };
        assert_eq!(at(60), []);
        let place = vec!["input".to_owned(), "callTime".to_owned()];
        assert_eq!(at(61), [(place.clone(), Code::InTheFuture)]);
        assert_eq!(at(-900_000_000), [(place, Code::OutOfRange)]);
    }

    #[test]
    fn every_problem_of_a_call_is_noted() {
        let bad = CallInput {
            task: Change::Set(Err("no id".to_owned())),
            phone_number: Change::Set("12".to_owned()),
            duration: Change::Set(-1),
            recording_url: Change::Set("ftp://a".to_owned()),
            billed_amount: Change::Set(Err("no amount".to_owned())),
            ..CallInput::default()
        };
        let codes: Vec<Code> = problems(bad).into_iter().map(|(_, code)| code).collect();
        let expected = [
            Code::InvalidId,
            Code::InvalidPhone,
            Code::Required,
            Code::Negative,
            Code::Required,
            Code::InvalidFormat,
            Code::InvalidUrl,
        ];
        assert_eq!(codes, expected);
    }

    #[test]
    fn a_tag_s_problem_says_which_tag() {
        let mut problems = Problems::default();
        let given = vec![
            ("a".to_owned(), "1".to_owned()),
            (" ".to_owned(), "1".to_owned()),
            (" a".to_owned(), "1 ".to_owned()),
        ];
        let tags = read_tags(given, &Path::input().field("tags"), &mut problems);
        assert_eq!(tags.len(), 1, "the same tag once");
        let problem = problems.into_iter().next().unwrap();
        let path: Vec<String> = problem.path.into();
        assert_eq!(path, ["input", "tags", "1", "tagName"]);
        assert_eq!(problem.code, Code::Blank);
    }
}
