//! Errors as clients see them: a message a person can act on and a stable code. Internal detail
//! is logged, once, and never sent.

use async_graphql::{Error, ErrorExtensionValues, ErrorExtensions as _, Value};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::code::{self, OUR_FAULT};
use crate::{
    clock::whole_seconds,
    domain::{
        business_zone::OtherDays,
        filter::{FilterError, camel_case},
        page::PageError,
        seal::Unsealable,
        viewer::{Capability, Denied},
    },
    service::{caller::Lost, figures::StatisticsError},
    store::StoreError,
    telemetry::with_sources,
};

/// Why an argument may not be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hidden {
    /// A part of a text that may hold a number.
    Part,
    /// A text with a number or an address in it.
    Number,
    /// Anything about a text that mostly has one.
    Test,
    /// Where it stands in an order.
    Order,
}

/// Why a field has no answer.
///
/// It has no `Display` on purpose: async-graphql turns whatever has one into a message for the
/// client, and a database's words must not get there. Resolvers return this type and no other, so
/// that `?` cannot either.
#[derive(Debug)]
pub(super) enum ApiError {
    /// The role may not do this.
    Forbidden(Capability),
    /// No access token may do this, whatever its role.
    NotForAccessTokens(Capability),
    /// A field may hold what the role sees masked, and this would tell it.
    Hidden {
        /// The field, by its name in the tables.
        field: &'static str,
        /// What was asked of it.
        hidden: Hidden,
    },
    /// The caller may not write any more.
    Lost(Lost),
    /// Nobody decided who may do this, so nobody may.
    Undecided,
    /// An argument cannot be used.
    BadInput {
        /// Which argument.
        argument: &'static str,
        /// What is wrong with it and what is allowed.
        message: String,
    },
    /// So many telephone numbers were looked up that this one has to wait.
    TooManyLookups(TimeDelta),
    /// Paging arguments cannot be used.
    Page(PageError),
    /// A past day that nobody has synchronised yet.
    NotSynced {
        /// The day.
        date: NaiveDate,
        /// When the schedule will read it, if it will.
        next_sync: Option<DateTime<Utc>>,
        /// All of this as a sentence.
        message: String,
    },
    /// The database failed.
    Store(StoreError),
    /// Something that should have been put into the context was not.
    Missing(&'static str),
}

/// The result of a resolver.
pub(super) type Result<T, E = ApiError> = std::result::Result<T, E>;

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Role(capability) => Self::Forbidden(capability),
            Denied::AccessToken(capability) => Self::NotForAccessTokens(capability),
        }
    }
}

impl From<PageError> for ApiError {
    fn from(error: PageError) -> Self {
        Self::Page(error)
    }
}

impl From<FilterError> for ApiError {
    fn from(error: FilterError) -> Self {
        Self::BadInput {
            argument: "filter",
            message: error.to_string(),
        }
    }
}

impl From<Unsealable> for ApiError {
    fn from(_: Unsealable) -> Self {
        Self::Missing("a cursor that can be sealed")
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn roles(capability: Capability) -> String {
    let roles: Vec<&str> = capability.roles().map(<&str>::from).collect();
    roles.join(", ")
}

/// Why something may not be asked of a field, and what may.
fn is_hidden(field: &str, hidden: Hidden) -> String {
    let field = camel_case(field);
    let said = match hidden {
        Hidden::Part => format!(
            "`{field}` may hold a telephone number or an e-mail address, and is compared as a whole only: by eq, ne, in, notIn and isNull"
        ),
        Hidden::Number => {
            format!(
                "`{field}` is compared with texts without a telephone number or an e-mail address only, by eq, ne, in and notIn"
            )
        }
        Hidden::Test if field == "phoneNumber" => {
            "`phoneNumber` is compared with a whole number only, by eq, 60 times an hour".to_owned()
        }
        Hidden::Test => format!("`{field}` is not filtered by"),
        Hidden::Order => format!("no list is ordered by `{field}`"),
    };
    let capability = Capability::SeePhoneNumbers;
    format!(
        "{said}, because your role sees them masked ({capability} is for {})",
        roles(capability)
    )
}

/// Days that are being moved will have been; a process of other days for good has to be restarted.
fn other_days(other: &OtherDays) -> String {
    match other {
        OtherDays::Unfinished { .. } => {
            "the business days are being moved to another time zone; try again later".to_owned()
        }
        OtherDays::Recorded {
            configured,
            recorded,
        } => format!(
            "the business days are those of {recorded}, and this service was started with BUSINESS_TIMEZONE={configured}: it must be restarted with BUSINESS_TIMEZONE={recorded}"
        ),
        OtherDays::Stored { .. } | OtherDays::Unknown(_) => {
            "the business days are not those of the BUSINESS_TIMEZONE that this service was started with: it must be restarted with theirs".to_owned()
        }
    }
}

impl ApiError {
    const fn code(&self) -> &'static str {
        match self {
            Self::Forbidden(_)
            | Self::NotForAccessTokens(_)
            | Self::Hidden { .. }
            | Self::Lost(Lost::Role)
            | Self::Undecided => code::FORBIDDEN,
            Self::Lost(Lost::Access) => code::UNAUTHENTICATED,
            Self::BadInput { .. } | Self::Page(_) => code::BAD_USER_INPUT,
            Self::TooManyLookups(_) | Self::Store(StoreError::Busy { .. }) => code::RATE_LIMITED,
            Self::NotSynced { .. } => code::NOT_SYNCED,
            Self::Store(
                StoreError::Unavailable(_)
                | StoreError::OtherDays(_)
                | StoreError::Unwritable { .. },
            ) => code::UNAVAILABLE,
            Self::Store(_) | Self::Missing(_) => code::INTERNAL,
        }
    }

    /// What the client reads.
    fn message(&self) -> String {
        match self {
            Self::Forbidden(capability) => {
                format!(
                    "your role may not do this ({capability}): it is for {}",
                    roles(*capability)
                )
            }
            Self::NotForAccessTokens(capability) => format!(
                "an access token may not do this ({capability}), whatever its role, because what it changed would outlive it: sign in as a user (POST /api/v1/auth/token) and use that token; on the machine itself there is `dialgraph user create`"
            ),
            Self::Hidden { field, hidden } => is_hidden(field, *hidden),
            Self::Lost(lost) => lost.to_string(),
            Self::Undecided => "nobody may do this".to_owned(),
            Self::BadInput { message, .. } | Self::NotSynced { message, .. } => message.clone(),
            Self::TooManyLookups(wait) => format!(
                "too many telephone numbers were looked up; try again in {} s",
                whole_seconds(*wait)
            ),
            Self::Page(error) => error.to_string(),
            Self::Store(StoreError::Unavailable(_)) => {
                "the database cannot be reached at the moment; try again".to_owned()
            }
            Self::Store(StoreError::OtherDays(other)) => other_days(other),
            Self::Store(StoreError::Unwritable { trouble, .. }) => {
                format!("nothing was written: {trouble}")
            }
            Self::Store(error @ StoreError::Busy { .. }) => {
                format!("nothing was written: {error}")
            }
            Self::Store(_) | Self::Missing(_) => OUR_FAULT.to_owned(),
        }
    }
}

impl ApiError {
    fn details(&self, extensions: &mut ErrorExtensionValues) {
        match self {
            Self::BadInput { argument, .. } => extensions.set("argument", *argument),
            Self::TooManyLookups(wait) => extensions.set("retryAfter", whole_seconds(*wait)),
            Self::Store(StoreError::Busy { retry_after }) => {
                extensions.set("retryAfter", retry_after.as_secs().max(1));
            }
            Self::Forbidden(capability) | Self::NotForAccessTokens(capability) => {
                extensions.set("capability", capability.to_string());
            }
            Self::Hidden { .. } => {
                extensions.set("capability", Capability::SeePhoneNumbers.to_string());
            }
            Self::NotSynced {
                date, next_sync, ..
            } => {
                extensions.set("date", date.to_string());
                extensions.set(
                    "nextSync",
                    next_sync.map(written).map_or(Value::Null, Value::from),
                );
            }
            _ => {}
        }
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        // The database's own words, and ours about ourselves, stay in the log.
        match &error {
            ApiError::Store(StoreError::Busy { .. }) => {
                tracing::warn!("a write was refused: too many are waiting");
            }
            ApiError::Store(error) => {
                tracing::error!(error = with_sources(error), "a field could not be resolved");
            }
            ApiError::Missing(what) => tracing::error!(what, "missing in the request's context"),
            _ => {}
        }
        Self::new(error.message()).extend_with(|_, extensions| {
            extensions.set("code", error.code());
            error.details(extensions);
        })
    }
}

impl From<StatisticsError> for ApiError {
    fn from(error: StatisticsError) -> Self {
        match error {
            StatisticsError::Future { .. } => Self::BadInput {
                argument: "date",
                message: error.to_string(),
            },
            StatisticsError::NotSynced {
                date,
                next_sync,
                ref last_error,
            } => {
                let failure = last_error
                    .as_ref()
                    .map(|reason| format!("; the last attempt failed: {reason}"));
                let next = match next_sync {
                    Some(at) => format!("the next scheduled synchronisation of this day is at {}", written(at)),
                    None => "no scheduled synchronisation will read this day: ask an ADMIN or MANAGER for refreshStats".to_owned(),
                };
                let message = format!("{error}{}; {next}", failure.unwrap_or_default());
                Self::NotSynced {
                    date,
                    next_sync,
                    message,
                }
            }
            StatisticsError::Store(error) => Self::Store(error),
        }
    }
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
