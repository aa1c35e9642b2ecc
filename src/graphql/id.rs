//! Opaque global ids: the type and the number, so that an id of another type is told apart.

use async_graphql::ID;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use strum::{Display, EnumString, VariantArray};

use super::error::ApiError;
use crate::domain::change::GivenId;

/// The types that have global ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Display, EnumString, VariantArray)]
pub(super) enum Kind {
    LeadPackage,
    DialTask,
    Call,
    CallTag,
    Agent,
    Grade,
    SyncRun,
    SyncAlert,
    SyncSlice,
    User,
    AccessToken,
}

/// The global id of a row.
pub(super) fn global(kind: Kind, id: i64) -> ID {
    URL_SAFE_NO_PAD.encode(format!("{kind}:{id}")).into()
}

/// What a global id refers to, if it is one.
pub(super) fn parse(id: &ID) -> Option<(Kind, i64)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(id.as_str()).ok()?).ok()?;
    let (kind, number) = text.split_once(':')?;
    Some((kind.parse().ok()?, number.parse().ok()?))
}

/// The row that `id` refers to, which must be a `kind`, or why it is none.
pub(super) fn given(id: &ID, kind: Kind) -> GivenId {
    match parse(id) {
        Some((found, number)) if found == kind => Ok(number),
        Some((found, _)) => Err(format!(
            "an id of type {kind} is wanted, and this is one of type {found}"
        )),
        None => Err(format!(
            "this is no id; take the `id` of the {kind}, not its databaseId"
        )),
    }
}

/// The row that the argument `id` refers to, which must be a `kind`.
pub(super) fn expect(id: &ID, kind: Kind) -> Result<i64, ApiError> {
    given(id, kind).map_err(|message| ApiError::BadInput {
        argument: "id",
        message,
    })
}
