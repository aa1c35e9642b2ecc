//! How many calls each hour of a day has, as far as it is known: for cutting it into slices.

use chrono::{Days, NaiveDate};

use super::{context::Context, plan::Shape};
use crate::{
    domain::{business_time::DayRange, sync::SyncTrack},
    store::{StoreError, rollups, sync_days},
};

/// So many days before a day tell what it will be like.
const DAYS_BEFORE: u64 = 7;

/// What `day` is like: as it was when it was last read whole, else as the days before it.
pub(super) async fn of_day(context: &Context, day: NaiveDate) -> Result<Shape, StoreError> {
    let db = context.db.read();
    let known = sync_days::find(db, SyncTrack::CallRecords, day).await?;
    let was_whole = known.is_some_and(|known| known.completed_at.is_some());
    let range = if was_whole {
        DayRange::day(day)
    } else {
        let before = |days| day.checked_sub_days(Days::new(days));
        let range = before(DAYS_BEFORE).zip(before(1));
        let Some(range) = range.and_then(|(from, to)| DayRange::new(from, to)) else {
            return Ok(Shape::Unknown);
        };
        range
    };
    let (hours, days) = rollups::calls_by_hour(db, range).await?;
    Ok(Shape::of(hours, days))
}
