//! Who asks: JSON Web Tokens in, a [`Viewer`](crate::domain::viewer::Viewer) out.

mod claims;
mod jwt;
mod key_set;
mod key_source;
mod public_keys;
mod secret;

pub use claims::{AdminClaim, ClaimRules, Verified};
pub use jwt::{JwtKeys, TokenError};
pub use key_source::{InvalidKeySource, KeySource, KeySourceError, PATIENCE};
pub use public_keys::PublicKeys;
pub use secret::{WeakSecret, check_secret};
