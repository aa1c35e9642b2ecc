//! From what GraphQL says of an input to what services read, and from what they say to payloads.

use async_graphql::{Context, ID, MaybeUndefined};

use super::{
    context::ContextExt,
    error::Result,
    id::{self, Kind},
    user_error::{UserError, user_errors},
};
use crate::{
    domain::change::{Change, GivenId},
    service::write::{self, Writer},
};

/// Who writes, and where.
pub(super) fn writer<'a>(context: &'a Context<'_>) -> Result<Writer<'a>> {
    let services = context.services()?;
    Ok(Writer {
        db: &services.db,
        zone: services.zone,
        now: services.clock.now(),
        viewer: &context.request()?.viewer,
        origin: &context.request()?.origin,
    })
}

/// A field that may be left out, null or given.
pub(super) fn change<T: Into<U>, U>(value: MaybeUndefined<T>) -> Change<U> {
    match value {
        MaybeUndefined::Undefined => Change::Keep,
        MaybeUndefined::Null => Change::Clear,
        MaybeUndefined::Value(value) => Change::Set(value.into()),
    }
}

/// A number of seconds. One that is too large for the field is too large for the rule as well,
/// which says so with its place.
pub(super) fn seconds(value: MaybeUndefined<i64>) -> Change<i32> {
    change(value.map_value(|seconds| {
        i32::try_from(seconds).unwrap_or(if seconds < 0 { i32::MIN } else { i32::MAX })
    }))
}

/// An id that may be left out, null or given.
pub(super) fn id_change(value: MaybeUndefined<ID>, kind: Kind) -> Change<GivenId> {
    match change::<ID, ID>(value) {
        Change::Keep => Change::Keep,
        Change::Clear => Change::Clear,
        Change::Set(id) => Change::Set(id::given(&id, kind)),
    }
}

/// A payload that can say what has to be mended, and then nothing else.
pub(super) trait Payload: Default {
    /// Where it says so.
    fn user_errors(&mut self) -> &mut Vec<UserError>;
}

/// Makes types with the field `user_errors` payloads.
macro_rules! payloads {
    ($($payload:ty),+ $(,)?) => {$(
        impl $crate::graphql::input::Payload for $payload {
            fn user_errors(&mut self) -> &mut Vec<$crate::graphql::user_error::UserError> {
                &mut self.user_errors
            }
        }
    )+};
}
pub(super) use payloads;

/// The payload of a write: what `payload` makes of it, or what has to be mended.
pub(super) fn answer<T, P: Payload>(
    done: write::Result<T>,
    payload: impl FnOnce(T) -> P,
) -> Result<P> {
    match done {
        Ok(done) => Ok(payload(done)),
        Err(error) => {
            let mut refused = P::default();
            *refused.user_errors() = user_errors(error)?;
            Ok(refused)
        }
    }
}
