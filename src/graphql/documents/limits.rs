//! What one request may ask for, checked before anything of it is done.

use async_graphql::{ErrorExtensionValues, Response, ServerError, Value, indexmap::IndexMap};
use chrono::{SecondsFormat, TimeDelta};

use super::{
    answers,
    budget::{Balance, Budgets},
    cost::Extent,
};
use crate::{clock::whole_seconds, domain::filter::MAX_CONDITIONS, graphql::code};

/// Bounds of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most fields that a query may come to when every page is as long as it may be.
    pub cost: u64,
    /// Deepest nesting of fields; GraphiQL's introspection needs 13.
    pub depth: u64,
    /// Most fields of the outermost selection.
    pub roots: u64,
    /// Most fields under another name.
    pub aliases: u64,
    /// Most directives.
    pub directives: u64,
    /// Most words and signs of a document.
    pub tokens: usize,
    /// The cost that one caller may ask for at once.
    pub budget: u64,
    /// How much of it comes back in a second.
    pub budget_per_second: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // 20 packages with 5 tasks with 10 calls with their tags come to some 10,000.
            cost: 50_000,
            depth: 20,
            roots: 50,
            aliases: 200,
            directives: 100,
            tokens: 20_000,
            budget: 5_000_000,
            budget_per_second: 100_000,
        }
    }
}

/// Most steps of introspection from a type to its fields and on to theirs: tools need one, and each
/// one more multiplies the answer.
const MOST_CIRCLES: u64 = 3;

/// Most objects in the filters of one field: some more than what the rules of filters allow can
/// have. What is beyond is refused before it is made into a filter, which takes much more memory
/// than the text.
const MOST_CONDITIONS: u64 = 3 * MAX_CONDITIONS as u64;

/// Longest list of an argument; the longest that any field takes are the 5,000 calls of an import.
const LONGEST_LIST: u64 = 10_000;

/// Why a request is not executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::graphql) enum Refusal {
    /// It asks for more than any may.
    #[error("the query {what} {asked}, and at most {allowed} is taken: {hint}")]
    TooMuch {
        /// What it does so often.
        what: &'static str,
        /// How much it asks for.
        asked: u64,
        /// The limit.
        allowed: u64,
        /// What to do about it.
        hint: &'static str,
    },
    /// As many are at work as may be.
    #[error("{allowed} {what} are at work here already, and no more may be: end one of them")]
    TooMany {
        /// What.
        what: &'static str,
        /// How many.
        allowed: u64,
    },
    /// The caller asked for much lately.
    #[error(
        "your budget does not allow for this query now: it costs {cost}, and {} is left; try again in {} s",
        balance.remaining,
        whole_seconds(*wait)
    )]
    OverBudget {
        /// What the query costs.
        cost: u64,
        /// What is left.
        balance: Balance,
        /// How long until there is enough.
        wait: TimeDelta,
    },
    /// It names an operation that its document does not have.
    #[error("the document has no operation with the name that `operationName` says")]
    UnknownOperation,
    /// It does not say which of several operations it is about.
    #[error("the document has several operations: say by `operationName` which one is meant")]
    NoOperationName,
    /// It asks the schema about itself, which is switched off.
    #[error("the schema does not tell about itself here: introspection is switched off")]
    NoIntrospection,
    /// It names a document that nobody sent lately. Apollo's clients send the text on these very
    /// words.
    #[error("PersistedQueryNotFound")]
    PersistedQueryNotFound,
    /// It names a document that is not among the trusted ones.
    #[error("there is no trusted document with this id")]
    UnknownDocument,
    /// It brings a document that is not among the trusted ones.
    #[error(
        "only trusted documents are executed here, and this is none: name one by `documentId`, or have this one added"
    )]
    NotTrusted,
    /// It brings another document than it names. The words are Apollo's.
    #[error("provided sha does not match query")]
    WrongHash,
    /// It names its document in a way that is not known.
    #[error(
        "`extensions.persistedQuery` must be an object with `version`, which is 1, and `sha256Hash`, a string"
    )]
    OddPersistedQuery,
}

impl Limits {
    /// The buckets of callers.
    pub(in crate::graphql) fn budgets(&self) -> Budgets {
        Budgets::new(self.budget, self.budget_per_second)
    }

    /// Refuses what goes beyond a limit.
    pub(in crate::graphql) fn check(&self, extent: &Extent) -> Result<(), Refusal> {
        const FEWER_ROWS: &str = "ask for shorter pages (`first`), or for fewer lists in lists";
        const SPLIT: &str = "send it as several queries";
        const FLAT: &str = "ask for what lies deeper in a query of its own";
        for (what, asked, allowed, hint) in [
            ("costs", extent.cost, self.cost, FEWER_ROWS),
            ("nests fields to a depth of", extent.depth, self.depth, FLAT),
            (
                "has root fields to the number of",
                extent.roots,
                self.roots,
                SPLIT,
            ),
            (
                "has aliases to the number of",
                extent.aliases,
                self.aliases,
                SPLIT,
            ),
            (
                "has directives to the number of",
                extent.directives,
                self.directives,
                SPLIT,
            ),
            (
                "has in the filters of one field objects to the number of",
                extent.conditions,
                MOST_CONDITIONS,
                "a filter has at most 200 conditions",
            ),
            (
                "has a list as an argument whose items are to the number of",
                extent.longest,
                LONGEST_LIST,
                SPLIT,
            ),
            (
                "goes from types to fields to types by introspection, times",
                extent.circles,
                MOST_CIRCLES,
                FLAT,
            ),
        ] {
            if asked > allowed {
                return Err(Refusal::TooMuch {
                    what,
                    asked,
                    allowed,
                    hint,
                });
            }
        }
        Ok(())
    }
}

/// The answer to an operation beside which `most` others of its caller are at work, as many as may
/// be.
#[must_use]
pub fn refused_for_number(what: &'static str, most: usize) -> Response {
    let allowed = u64::try_from(most).unwrap_or(u64::MAX);
    answers::finish(answers::refused(&Refusal::TooMany { what, allowed }), "")
}

/// The answer to an operation, or an event of one, that took longer than a request may.
#[must_use]
pub fn late() -> Response {
    let mut error = ServerError::new("the operation took too long: ask for less", None);
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("code", code::TIMEOUT);
    Response::from_errors(vec![error])
}

impl Refusal {
    /// The stable code, and the figures.
    pub fn extensions(&self) -> ErrorExtensionValues {
        let mut extensions = ErrorExtensionValues::default();
        match self {
            Self::TooMuch { asked, allowed, .. } => {
                extensions.set("code", code::QUERY_TOO_COMPLEX);
                extensions.set("requested", *asked);
                extensions.set("limit", *allowed);
            }
            Self::TooMany { allowed, .. } => {
                extensions.set("code", code::TOO_MANY_OPERATIONS);
                extensions.set("limit", *allowed);
            }
            Self::OverBudget { wait, .. } => {
                extensions.set("code", code::RATE_LIMITED);
                extensions.set("retryAfter", whole_seconds(*wait));
            }
            Self::NoIntrospection => extensions.set("code", code::INTROSPECTION_DISABLED),
            Self::PersistedQueryNotFound | Self::UnknownDocument => {
                extensions.set("code", code::PERSISTED_QUERY_NOT_FOUND);
            }
            Self::NotTrusted => extensions.set("code", code::TRUSTED_DOCUMENTS_ONLY),
            Self::UnknownOperation
            | Self::NoOperationName
            | Self::WrongHash
            | Self::OddPersistedQuery => {
                extensions.set("code", code::BAD_USER_INPUT);
            }
        }
        extensions
    }
}

/// `extensions.cost` of an answer.
pub(in crate::graphql) fn cost(requested: u64, limit: u64, balance: Option<Balance>) -> Value {
    let resets_at = balance.map(|balance| {
        let at = balance.resets_at;
        Value::from(at.to_rfc3339_opts(SecondsFormat::Millis, true))
    });
    let remaining = balance.map(|balance| Value::from(balance.remaining));
    let mut cost = IndexMap::new();
    for (name, value) in [
        ("requested", Value::from(requested)),
        ("limit", Value::from(limit)),
        ("remaining", remaining.unwrap_or_default()),
        ("resetsAt", resets_at.unwrap_or_default()),
    ] {
        cost.insert(async_graphql::Name::new(name), value);
    }
    Value::Object(cost)
}

/// Puts what is said of the cost into an answer that says nothing of it yet.
pub(in crate::graphql) fn tell_cost(response: &mut Response, cost: Option<Value>) {
    if let Some(cost) = cost {
        response.extensions.entry("cost".to_owned()).or_insert(cost);
    }
}
