//! Rules of access tokens, which programs use in place of a person.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::{
    audit::Record,
    change::{Change, Given},
    counting::counted,
    fields::{Fields, TextRule},
    problem::{Code, Path, Problems},
    viewer::{Capability, Role, Viewer},
};

/// How the secret of every access token begins, so that it is known for one wherever it turns up.
pub const PREFIX: &str = "dg_";

/// Whose tokens `viewer` may see and end: those that this maker made, or, where there is none,
/// everybody's.
#[must_use]
pub fn maker_visible_to(viewer: &Viewer) -> Option<String> {
    (!viewer.may(Capability::ReadUsers)).then(|| viewer.principal.to_string())
}

/// Whether `viewer` may see and end a token that `maker` made.
#[must_use]
pub fn is_visible_to(viewer: &Viewer, maker: &str) -> bool {
    maker_visible_to(viewer).is_none_or(|visible| visible == maker)
}

/// Who asks for an access token.
#[derive(Debug, Clone, Copy)]
pub struct Asker {
    /// What they may do.
    pub role: Role,
    /// How long their tokens last at most. None for users of ours, with whom their tokens end; nobody
    /// hears when somebody ends whom another service knows.
    pub longest: Option<TimeDelta>,
}

/// What a caller says of a new access token.
#[derive(Debug, Clone)]
pub struct AccessTokenInput {
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it ends.
    pub expires_at: Change<Given<DateTime<Utc>>>,
}

/// What is kept of an access token besides its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessTokenFields {
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it ends; never, where there is none.
    pub expires_at: Option<DateTime<Utc>>,
}

impl AccessTokenFields {
    /// The token that `maker` asks for. It lasts as long as it can where nothing is said. Notes what
    /// is wrong.
    pub fn read(
        input: AccessTokenInput,
        maker: Asker,
        now: DateTime<Utc>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut fields = Fields::new(Path::input(), problems);
        let name = fields.required_text("name", TextRule::SHORT, Change::Set(input.name), None);
        if !maker.role.covers(input.role) {
            let message = format!(
                "your own role is {}, and a token cannot do more",
                maker.role
            );
            fields.note("role", Code::AboveRole, message);
        }
        let expires_at = fields.readable("expiresAt", input.expires_at.over(None));
        if expires_at.is_some_and(|end| end <= now) {
            let message = "it must end in the future";
            fields.note("expiresAt", Code::OutOfRange, message);
        }
        let latest = maker.longest.map(|longest| (longest, now + longest));
        if let Some((longest, latest)) = latest
            && expires_at.is_some_and(|end| end > latest)
        {
            let message = format!(
                "you are no user of this service, so your tokens end within {}: by {} at the latest",
                counted(longest.num_days(), "day"),
                latest.to_rfc3339_opts(SecondsFormat::Secs, true)
            );
            fields.note("expiresAt", Code::OutOfRange, message);
        }
        Some(Self {
            name: name?,
            role: input.role,
            expires_at: expires_at.or(latest.map(|(_, latest)| latest)),
        })
    }

    /// As the record of a change has it.
    #[must_use]
    pub fn record(&self) -> Record {
        Record::default()
            .with("name", self.name.clone())
            .with("role", self.role.to_string())
            .with_time("expiresAt", self.expires_at)
    }
}
