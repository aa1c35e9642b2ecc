//! Who asks: JSON Web Tokens in, a [`Viewer`](crate::domain::viewer::Viewer) out.

mod claims;
mod jwt;
mod secret;

pub use claims::{ClaimRules, Verified};
pub use jwt::{JwtKeys, TokenError};
pub use secret::{WeakSecret, check_secret};
