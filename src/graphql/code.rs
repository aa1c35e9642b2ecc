//! Stable values of `extensions.code`.

/// No valid token.
pub const UNAUTHENTICATED: &str = "UNAUTHENTICATED";
/// The role may not do this, or no access token may.
pub const FORBIDDEN: &str = "FORBIDDEN";
/// Arguments or a document that cannot be used.
pub const BAD_USER_INPUT: &str = "BAD_USER_INPUT";
/// A query that would fetch too much or goes too deep.
pub const QUERY_TOO_COMPLEX: &str = "QUERY_TOO_COMPLEX";
/// The caller asked for much lately, or too many writes are waiting; `extensions.retryAfter` says how
/// many seconds to wait.
pub const RATE_LIMITED: &str = "RATE_LIMITED";
/// As many operations are at work on the WebSocket as may be; `extensions.limit` says how many.
pub const TOO_MANY_OPERATIONS: &str = "TOO_MANY_OPERATIONS";
/// The schema does not tell about itself.
pub const INTROSPECTION_DISABLED: &str = "INTROSPECTION_DISABLED";
/// The document that the request names is not known; Apollo's clients send it then.
pub const PERSISTED_QUERY_NOT_FOUND: &str = "PERSISTED_QUERY_NOT_FOUND";
/// The document is not among those that are executed.
pub const TRUSTED_DOCUMENTS_ONLY: &str = "TRUSTED_DOCUMENTS_ONLY";
/// A past day that nobody has synchronised yet.
pub const NOT_SYNCED: &str = "NOT_SYNCED";
/// The database cannot be reached or takes no writes; the message says why.
pub const UNAVAILABLE: &str = "UNAVAILABLE";
/// The request took too long to arrive or to be answered.
pub const TIMEOUT: &str = "TIMEOUT";
/// Our fault; the message names the request to look for in the log.
pub const INTERNAL: &str = "INTERNAL";

/// What a client reads of what is not its business.
pub const OUR_FAULT: &str = "something went wrong on our side; tell us the requestId";
