use std::collections::BTreeSet;

use async_graphql::{Context, ID, Object};
use strum::VariantArray as _;

use super::{
    SyncRun,
    coverage::SyncCoverage,
    reconciliation::{Asked, Reconciliation, ReconciliationBy},
    run::SyncTrack,
    status::{SyncOverview, SyncTrackStatus},
};
use crate::{
    domain::{self, business_time::DayRange, reconciliation::ComparedBy},
    graphql::{
        connection::find,
        context::{ContextExt as _, Services},
        error::{ApiError, Result},
        id::{self, Kind},
        permissions::Root,
        scalars::Date,
    },
    service::{coverage, reconciliation, refresh::RefreshError, sync_status},
};

/// Queries about synchronisation.
#[derive(Default)]
pub struct SyncQuery;

#[Object(guard = "Root::Query")]
impl SyncQuery {
    /// One synchronisation; null when there is none with this id.
    async fn sync_run(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its `id`.")] id: ID,
    ) -> Result<Option<SyncRun>> {
        find(context, id::expect(&id, Kind::SyncRun)?).await
    }

    /// Where synchronisation stands: of each track and window what ran last, what comes next, and how
    /// far behind it is; and whether the platform is left alone because it fails.
    async fn sync_status(&self, context: &Context<'_>) -> Result<SyncOverview> {
        let services = context.services()?;
        let (now, refresher) = (services.clock.now(), &services.refresher);
        let next_run = |track, window| refresher.next_run(track, window, now);
        let tracks = sync_status::status(&services.db, services.zone, now, next_run).await?;
        Ok(SyncOverview {
            platform_configured: !matches!(refresher.instance(), Err(RefreshError::NotConfigured)),
            tracks: tracks.into_iter().map(SyncTrackStatus).collect(),
        })
    }

    /// What is known of each day on each track, and what is missing.
    async fn sync_coverage(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first business day.")] from: Date,
        #[graphql(
            desc = "The last business day, included and not in the future; at most 400 days in all."
        )]
        to: Date,
        #[graphql(desc = "Of which tracks; of both by default, or when the list is empty.")]
        tracks: Option<Vec<SyncTrack>>,
    ) -> Result<SyncCoverage> {
        let services = context.services()?;
        let range = past_days(services, from, to, coverage::MAX_DAYS)?;
        let tracks: Vec<domain::sync::SyncTrack> = super::each(tracks.as_deref())
            .into_iter()
            .map(Into::into)
            .collect();
        let coverage = coverage::coverage(&services.db, range, &tracks).await;
        Ok(SyncCoverage(coverage?))
    }

    /// The platform's own figures beside ours, by day, agent and task, with what differs and why it
    /// probably does. Agents and tasks of both sides belong together by name.
    async fn reconciliation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first business day.")] from: Date,
        #[graphql(
            desc = "The last business day, included and not in the future; at most 31 days in all."
        )]
        to: Date,
        #[graphql(
            desc = "What to compare by; by everything by default, or when the list is empty."
        )]
        by: Option<Vec<ReconciliationBy>>,
        #[graphql(default, desc = "Only rows whose figures differ.")] differing: bool,
        #[graphql(desc = "The first so many; 20 by default, at most 200.")] first: Option<i32>,
        #[graphql(
            desc = "Only those behind this place, the endCursor of a page of the same days."
        )]
        after: Option<String>,
    ) -> Result<Reconciliation> {
        let services = context.services()?;
        let range = past_days(services, from, to, reconciliation::MAX_DAYS)?;
        let mut by: BTreeSet<ComparedBy> = by.into_iter().flatten().map(Into::into).collect();
        if by.is_empty() {
            by.extend(ComparedBy::VARIANTS);
        }
        let (db, zone, now) = (&services.db, services.zone, services.clock.now());
        let rows = reconciliation::reconcile(db, zone, range, &by, now).await?;
        let asked = Asked {
            differing,
            first,
            after,
        };
        Reconciliation::page(context, rows, &asked)
    }
}

/// The days asked for: at most so many, and none that has not begun.
fn past_days(services: &Services, from: Date, to: Date, most: i64) -> Result<DayRange> {
    let bad = |message: String| ApiError::BadInput {
        argument: "to",
        message,
    };
    let range = DayRange::new(from.0, to.0)
        .ok_or_else(|| bad("`to` must not lie before `from`".to_owned()))?;
    let today = services.today();
    if range.to() > today {
        return Err(bad(format!(
            "`to` must not lie in the future: today is {today}"
        )));
    }
    if range.days() > most {
        return Err(bad(format!(
            "at most {most} days can be asked for at once, and {} were",
            range.days()
        )));
    }
    Ok(range)
}
