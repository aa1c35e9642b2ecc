//! Bad days drawn from a seed.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::faults::{Asked, Distortion, FaultKind};

/// How often what goes wrong. Each number is the requests of 1,000 that are struck by it; together
/// no more than 1,000.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultProfile {
    /// What all is drawn from: the same seed strikes the same requests, if they come in the same
    /// order.
    pub seed: u64,
    /// HTTP 500, 502 or 503.
    pub statuses: u32,
    /// `code` 500 in an HTTP 200.
    pub codes: u32,
    /// An HTML page in an HTTP 200.
    pub html: u32,
    /// Answers that break off.
    pub truncated: u32,
    /// HTTP 429.
    pub too_many: u32,
    /// The seconds of its `Retry-After`, at most.
    pub retry_after: u64,
    /// Answers that come late.
    pub hangs: u32,
    /// How late.
    pub hang: Duration,
    /// Pages with rows twice, rows missing, shifted rows or a wrong total.
    pub distorted: u32,
    /// Requests that find all tokens revoked.
    pub revoked: u32,
}

impl FaultProfile {
    /// Nothing goes wrong.
    #[must_use]
    pub const fn none(seed: u64) -> Self {
        Self {
            seed,
            statuses: 0,
            codes: 0,
            html: 0,
            truncated: 0,
            too_many: 0,
            retry_after: 2,
            hangs: 0,
            hang: Duration::from_secs(90),
            distorted: 0,
            revoked: 0,
        }
    }

    /// A usual day: about one request of 40 goes wrong.
    #[must_use]
    pub const fn mild(seed: u64) -> Self {
        Self {
            statuses: 5,
            codes: 5,
            html: 3,
            truncated: 3,
            too_many: 3,
            hangs: 1,
            distorted: 4,
            revoked: 1,
            ..Self::none(seed)
        }
    }

    /// A bad day: about one request of three goes wrong.
    #[must_use]
    pub const fn bad(seed: u64) -> Self {
        Self {
            statuses: 80,
            codes: 50,
            html: 30,
            truncated: 30,
            too_many: 40,
            hangs: 15,
            distorted: 70,
            revoked: 15,
            ..Self::none(seed)
        }
    }
}

/// A profile at work.
pub(super) struct Profile {
    profile: FaultProfile,
    rng: ChaCha8Rng,
}

impl Profile {
    pub(super) fn new(profile: FaultProfile) -> Self {
        let rng = ChaCha8Rng::seed_from_u64(profile.seed);
        Self { profile, rng }
    }

    /// What strikes this request, if anything.
    pub(super) fn draw(&mut self, asked: Asked) -> Option<FaultKind> {
        let profile = &self.profile;
        let mut point = self.rng.random_range(0..1_000_u32);
        let mut falls_on = |share: u32| {
            let hit = point < share;
            point = point.wrapping_sub(if hit { 0 } else { share });
            hit
        };
        if falls_on(profile.statuses) {
            let statuses = [500, 502, 503];
            let status = statuses[self.rng.random_range(0..statuses.len())];
            Some(FaultKind::HttpStatus(status))
        } else if falls_on(profile.codes) {
            Some(FaultKind::Code(500))
        } else if falls_on(profile.html) {
            Some(FaultKind::Html)
        } else if falls_on(profile.truncated) {
            Some(FaultKind::Truncated)
        } else if falls_on(profile.too_many) {
            let retry_after = self.rng.random_range(0..=profile.retry_after);
            Some(FaultKind::TooManyRequests { retry_after })
        } else if falls_on(profile.hangs) {
            Some(FaultKind::Hang(profile.hang))
        } else if falls_on(profile.distorted) {
            let page = matches!(asked, Asked::Page(..));
            let distortion = self.distortion();
            page.then_some(FaultKind::Distorted(distortion))
        } else if falls_on(profile.revoked) {
            Some(FaultKind::TokensRevoked)
        } else {
            None
        }
    }

    fn distortion(&mut self) -> Distortion {
        let mut few = || self.rng.random_range(1..=3_usize);
        let mut distortion = Distortion::default();
        match few() + few() {
            2 => distortion.twice = few(),
            3 => distortion.missing = few(),
            // A row of an earlier page pushes one off the end.
            4 => (distortion.twice, distortion.missing) = (1, 1),
            5 => distortion.shift = if few() == 1 { 1 } else { -1 },
            _ => distortion.total = if few() == 1 { 1 } else { -1 },
        }
        distortion
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(profile: &FaultProfile, asked: Asked) -> Vec<Option<FaultKind>> {
        let mut profile = Profile::new(profile.clone());
        (0..20_000).map(|_| profile.draw(asked)).collect()
    }

    #[test]
    fn a_profile_strikes_as_often_as_it_says_and_alike_for_a_seed() {
        let login = drawn(&FaultProfile::bad(1), Asked::Login);
        assert_eq!(login, drawn(&FaultProfile::bad(1), Asked::Login));
        assert_ne!(login, drawn(&FaultProfile::bad(2), Asked::Login));
        let of = |wanted: &dyn Fn(&FaultKind) -> bool| {
            login.iter().flatten().filter(|kind| wanted(kind)).count()
        };
        // 80, 50 and 15 of 1,000; a login cannot be distorted.
        for (count, expected) in [
            (of(&|kind| matches!(kind, FaultKind::HttpStatus(_))), 1_600),
            (of(&|kind| *kind == FaultKind::Code(500)), 1_000),
            (of(&|kind| *kind == FaultKind::TokensRevoked), 300),
            (of(&|kind| matches!(kind, FaultKind::Distorted(_))), 0),
        ] {
            assert!(
                count.abs_diff(expected) <= expected / 5,
                "{count} {expected}"
            );
        }
        assert!(
            drawn(&FaultProfile::none(1), Asked::Login)
                .iter()
                .all(Option::is_none)
        );
    }
}
