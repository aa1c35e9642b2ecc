//! Which parts of figures are wanted: no others are read.

/// A part of figures that is read by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What is known of each day.
    Freshness,
    /// Counts of calls by day and grade.
    Calls,
    /// What grades mean: deals, interest, prices.
    Grades,
    /// Grade texts that the catalogue does not know.
    UnknownGrades,
    /// Distinct seats with calls.
    ActiveSeats,
    /// Packages created on the days, and their cost.
    NewPackages,
    /// How many packages and leads there are.
    Totals,
}

/// Some parts of figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted(u8);

impl Wanted {
    /// Every part.
    pub const ALL: Self = Self(u8::MAX);

    /// These parts.
    #[must_use]
    pub fn of(parts: &[Part]) -> Self {
        let bits = parts.iter().copied().map(Part::bit);
        Self(bits.fold(0, |bits, bit| bits | bit))
    }

    /// These parts and others.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether a part is wanted.
    #[must_use]
    pub const fn has(self, part: Part) -> bool {
        self.0 & part.bit() != 0
    }

    /// Whether no part is wanted.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl Part {
    const fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_what_was_asked_for() {
        let seats = Wanted::of(&[Part::ActiveSeats, Part::Calls]);
        assert!(seats.has(Part::ActiveSeats) && seats.has(Part::Calls));
        assert!(!seats.has(Part::Grades) && !seats.has(Part::Totals));
        let both = seats.and(Wanted::of(&[Part::Totals]));
        assert!(both.has(Part::Calls) && both.has(Part::Totals) && !both.has(Part::Freshness));
        assert!(Wanted::default().is_empty() && !both.is_empty());
        assert!(Wanted::ALL.has(Part::Freshness) && Wanted::ALL.has(Part::Totals));
    }
}
