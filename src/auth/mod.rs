//! Who asks: JSON Web Tokens in, a [`Viewer`](crate::domain::viewer::Viewer) out.

mod claims;
mod jwt;

pub use claims::{ClaimRules, Verified};
pub use jwt::{InvalidSecret, JwtKeys, TokenError};
