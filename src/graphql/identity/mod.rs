//! Who asks, who may, and what programs come in with.

mod access_token;
mod mutations;
mod query;
mod user;
mod words;

pub(super) use access_token::AccessToken;
pub use mutations::IdentityMutation;
pub use query::IdentityQuery;
pub(super) use user::User;
use words::Capability;
pub(super) use words::Role;
