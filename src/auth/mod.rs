//! Who asks: JSON Web Tokens in, a [`Viewer`](crate::domain::viewer::Viewer) out.

mod jwt;

pub use jwt::{InvalidSecret, JwtKeys, TokenError};
