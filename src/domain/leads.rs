//! Rules of lead packages.

use super::money::Money;

/// What a package costs when nobody said: every lead at its price.
#[must_use]
pub fn total_cost(total_leads: u32, cost_per_lead: Money) -> Money {
    cost_per_lead.times(i64::from(total_leads))
}
