//! Which secrets are fit to sign tokens.

use std::collections::HashSet;

use secrecy::{ExposeSecret as _, SecretString};

/// Fewest bytes: as many as HS256 makes of it (RFC 7518, 3.2).
const SHORTEST: usize = 32;
/// Fewest different bytes; random bytes written as hexadecimal digits have some 14.
const FEWEST_DIFFERENT: usize = 8;
/// What examples, templates and tutorials say, in small letters and digits alone.
const WELL_KNOWN: [&str; 11] = [
    "changeme",
    "changethis",
    "changeit",
    "yoursecret",
    "yourjwtsecret",
    "yoursupersecret",
    "your256bitsecret",
    "replacewith",
    "secretkeyhere",
    "astringsecretatleast256bitslong",
    // The tutorial of FastAPI.
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
];

/// Why a secret keeps nobody out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    /// It is too short.
    #[error("it must have at least {SHORTEST} bytes; make one with: openssl rand -base64 48")]
    Short,
    /// It is that of an example, or hardly any characters over and over.
    #[error("everybody knows it or can guess it; make one with: openssl rand -base64 48")]
    Guessable,
}

/// Whether `secret` is fit to sign tokens.
///
/// # Errors
/// Why it is not.
pub fn check_secret(secret: &SecretString) -> Result<(), WeakSecret> {
    let secret = secret.expose_secret();
    if secret.len() < SHORTEST {
        return Err(WeakSecret::Short);
    }
    let plain: String = secret
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let different: HashSet<u8> = secret.bytes().collect();
    if different.len() < FEWEST_DIFFERENT || WELL_KNOWN.iter().any(|known| plain.contains(known)) {
        return Err(WeakSecret::Guessable);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ones_and_those_of_examples_are_refused() {
        for (secret, weakness) in [
            ("0123456789abcdef0123456789abcde", Err(WeakSecret::Short)),
            ("0123456789abcdef0123456789abcdef", Ok(())),
            ("d41d8cd98f00b204e9800998ecf8427e", Ok(())),
            (
                "Change_Me_In_Production_Please_0123",
                Err(WeakSecret::Guessable),
            ),
            (
                "your-secret-key-change-in-production",
                Err(WeakSecret::Guessable),
            ),
            (
                "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
                Err(WeakSecret::Guessable),
            ),
            (
                "abababababababababababababababababab",
                Err(WeakSecret::Guessable),
            ),
        ] {
            assert_eq!(check_secret(&secret.into()), weakness, "{secret}");
        }
    }
}
