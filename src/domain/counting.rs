//! Counts in sentences.

use std::fmt::Display;

/// A number with what it counts: `1 record`, `2 records`. `noun` is one of them, and takes an s.
pub fn counted<N: Copy + Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let ending = verb(&count, "", "s");
    format!("{count} {noun}{ending}")
}

/// The verb, or what else there is two of, that goes with the number: `one` or `many`.
pub fn verb<N: PartialEq + From<u8>>(
    count: &N,
    one: &'static str,
    many: &'static str,
) -> &'static str {
    if *count == N::from(1) { one } else { many }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one_and_everything_else_is_many() {
        assert_eq!(counted(0_u64, "row"), "0 rows");
        assert_eq!(counted(1_i64, "row"), "1 row");
        assert_eq!(counted(2_usize, "call"), "2 calls");
        assert_eq!(counted(1_000_u32, "day"), "1000 days");
        assert_eq!(verb(&1_i64, "is", "are"), "is");
        assert_eq!(verb(&0_usize, "is", "are"), "are");
        assert_eq!(verb(&21_u32, "is", "are"), "are");
    }
}
