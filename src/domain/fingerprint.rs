//! Telling whether something is the same as before without keeping it.

use std::hash::{Hash, Hasher};

use xxhash_rust::xxh3::Xxh3;

/// A number that differs when anything of `value` does, but for a chance of 2⁻⁶⁴. It is the same
/// in every process.
#[must_use]
pub fn fingerprint(value: &impl Hash) -> i64 {
    let mut hasher = Xxh3::new();
    value.hash(&mut hasher);
    hasher.finish().cast_signed()
}
