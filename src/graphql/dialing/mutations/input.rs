//! From what GraphQL says of a field to what the domain reads.

use async_graphql::{Context, ID, MaybeUndefined};

use crate::{
    domain::change::{Change, GivenId},
    graphql::{
        context::ContextExt,
        error::Result,
        id::{self, Kind},
    },
    service::write::Writer,
};

/// Who writes, and where.
pub(super) fn writer<'a>(context: &'a Context<'_>) -> Result<Writer<'a>> {
    let services = context.services()?;
    Ok(Writer {
        db: &services.db,
        zone: services.zone,
        now: services.clock.now(),
        viewer: &context.request()?.viewer,
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

/// An id that may be left out, null or given.
pub(super) fn id_change(value: MaybeUndefined<ID>, kind: Kind) -> Change<GivenId> {
    match change::<ID, ID>(value) {
        Change::Keep => Change::Keep,
        Change::Clear => Change::Clear,
        Change::Set(id) => Change::Set(id::given(&id, kind)),
    }
}
