use crate::graphql::error::Result;
use async_graphql::{Context, Object};

use super::figures::{Freshness, PeriodStats};
use crate::{
    graphql::{
        connection::shown,
        context::ContextExt,
        dialing::LeadPackage,
        scalars::{BigInt, Date},
    },
    service::dashboard,
    store::packages,
};

/// How many packages the dashboard shows.
const NEWEST_PACKAGES: u64 = 10;

pub(super) struct Dashboard(pub dashboard::Dashboard);

/// Today, yesterday and this month at a glance.
#[Object]
impl Dashboard {
    /// The business day it is about.
    async fn date(&self) -> Date {
        self.0.date.into()
    }

    /// That day.
    async fn today(&self) -> PeriodStats {
        PeriodStats(self.0.today.clone())
    }

    /// The day before.
    async fn yesterday(&self) -> PeriodStats {
        PeriodStats(self.0.yesterday.clone())
    }

    /// From the first of the month to that day, with averages over the days that had calls.
    async fn this_month(&self) -> PeriodStats {
        PeriodStats(self.0.this_month.clone())
    }

    /// What all of this is worth: of every day from the first of the month, or the day before if that
    /// is earlier, to that day. Each period says of its own days what they are worth.
    async fn freshness(&self) -> Freshness {
        self.0.freshness.into()
    }

    /// All packages.
    async fn total_packages(&self) -> i64 {
        self.0.totals.packages
    }

    /// Packages created that day.
    async fn new_packages(&self) -> i64 {
        self.0.new_packages
    }

    /// Leads of all packages.
    async fn total_leads(&self) -> BigInt {
        self.0.totals.total_leads.into()
    }

    /// Of those, leads that can be dialled.
    async fn valid_leads(&self) -> BigInt {
        self.0.totals.valid_leads.into()
    }

    /// The ten packages created last, newest first.
    async fn newest_packages(&self, context: &Context<'_>) -> Result<Vec<LeadPackage>> {
        let db = context.services()?.db.read();
        let newest = packages::newest(db, NEWEST_PACKAGES).await;
        Ok(newest?.into_iter().map(shown).collect())
    }
}
