//! `business_zones`: whose calendar days the stored business days are, and whether they are being
//! moved to those of another zone.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryOrder, QuerySelect,
    QueryTrait, sea_query::OnConflict,
};

use crate::{
    domain::{
        business_time::BusinessZone,
        business_zone::{OtherDays, StoredDay},
    },
    entity::{
        business_zone::{ActiveModel, Column, Entity, Model},
        call,
    },
    store::{Result, Transaction, dialect},
};

/// Its only row.
const ID: i32 = 1;

/// Whose days the stored days are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredZone {
    /// The zone; `None` where calls of several are being moved to one.
    pub zone: Option<BusinessZone>,
    /// How far the days are moved to another zone; `None` when all are of `zone`.
    pub moving: Option<Moving>,
}

/// How far days are moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moving {
    /// The zone that they are moved to.
    pub target: BusinessZone,
    /// The id of the last call that was looked at.
    pub watermark: i64,
    /// How many calls got another day or hour.
    pub moved: i64,
    /// Figures of calls before this stay where they are; `None` where all calls are kept.
    pub calls_from: Option<DateTime<Utc>>,
}

impl StoredZone {
    fn read(row: Model) -> Result<Self> {
        let zone = |name: String| name.parse().map_err(|_| OtherDays::Unknown(name));
        let target = row.target.map(zone).transpose()?;
        Ok(Self {
            zone: row.zone.map(zone).transpose()?,
            moving: target.map(|target| Moving {
                target,
                watermark: row.watermark,
                moved: row.moved,
                calls_from: row.calls_from,
            }),
        })
    }

    /// That these are the days of `zone`, all of them. Returns the zone under the name that is stored.
    ///
    /// # Errors
    /// [`OtherDays`] where they are not.
    pub fn admit(self, zone: BusinessZone) -> Result<BusinessZone, OtherDays> {
        match self {
            Self {
                moving: Some(Moving { target, .. }),
                ..
            } => Err(OtherDays::Unfinished { target }),
            Self {
                zone: Some(recorded),
                ..
            } if !recorded.has_days_of(zone) => Err(OtherDays::Recorded {
                configured: zone,
                recorded,
            }),
            Self { zone: stored, .. } => Ok(stored.unwrap_or(zone)),
        }
    }
}

/// What is recorded of the zone; `None` while nothing is.
pub async fn find(db: &impl ConnectionTrait) -> Result<Option<StoredZone>> {
    let row = Entity::find_by_id(ID).one(db).await?;
    row.map(StoredZone::read).transpose()
}

/// The same, locked until the transaction ends.
pub async fn lock(tx: &Transaction) -> Result<Option<StoredZone>> {
    let mut find = Entity::find_by_id(ID);
    dialect::lock_rows(tx.get_database_backend(), QueryTrait::query(&mut find));
    find.one(tx).await?.map(StoredZone::read).transpose()
}

/// That the days of the database are those that this process counts by, for a transaction that writes
/// what depends on them. Where no zone is recorded, nobody is refused.
///
/// # Errors
/// [`OtherDays`] where they are not.
pub async fn check(tx: &Transaction) -> Result<()> {
    let Some(zone) = tx.zone() else {
        return Ok(());
    };
    if let Some(stored) = find(tx).await? {
        stored.admit(zone)?;
    }
    Ok(())
}

/// Records `zone`, unless one is recorded.
pub async fn record(tx: &Transaction, zone: BusinessZone, now: DateTime<Utc>) -> Result<()> {
    let row = ActiveModel {
        id: Set(ID),
        zone: Set(Some(zone.to_string())),
        updated_at: Set(now),
        ..Default::default()
    };
    let mut conflict = OnConflict::column(Column::Id);
    conflict.do_nothing();
    Entity::insert(row)
        .on_conflict(conflict)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Records the zone, in place of what was recorded before.
pub async fn save(tx: &Transaction, stored: StoredZone, now: DateTime<Utc>) -> Result<()> {
    let moving = stored.moving;
    let row = ActiveModel {
        id: Set(ID),
        zone: Set(stored.zone.map(|zone| zone.to_string())),
        target: Set(moving.map(|moving| moving.target.to_string())),
        watermark: Set(moving.map_or(0, |moving| moving.watermark)),
        moved: Set(moving.map_or(0, |moving| moving.moved)),
        calls_from: Set(moving.and_then(|moving| moving.calls_from)),
        updated_at: Set(now),
    };
    let changed = [
        Column::Zone,
        Column::Target,
        Column::Watermark,
        Column::Moved,
        Column::CallsFrom,
        Column::UpdatedAt,
    ];
    let mut conflict = OnConflict::column(Column::Id);
    conflict.update_columns(changed);
    Entity::insert(row)
        .on_conflict(conflict)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Calls of each part of a sample.
const SAMPLE: u64 = 500;

/// How some calls are stored: the oldest, the newest, and some between.
pub async fn sample(db: &impl ConnectionTrait) -> Result<Vec<StoredDay>> {
    type Stored = (DateTime<Utc>, NaiveDate, i16);
    let stored = || {
        call::Entity::find()
            .select_only()
            .columns([
                call::Column::CallTime,
                call::Column::CallDate,
                call::Column::CallHour,
            ])
            .limit(SAMPLE)
    };
    let oldest = stored().order_by_asc(call::Column::CallTime);
    let newest = stored().order_by_desc(call::Column::CallTime);
    let mut rows: Vec<Stored> = oldest.into_tuple().all(db).await?;
    rows.extend(newest.into_tuple::<Stored>().all(db).await?);
    if let Some((first, last)) = ids(db).await? {
        let step = (last - first) / i64::try_from(SAMPLE).unwrap_or(1) + 1;
        let spread = (first..=last).step_by(usize::try_from(step).unwrap_or(1));
        let spread: Vec<i64> = spread.collect();
        let among = dialect::one_of_ids(db.get_database_backend(), call::Column::Id, &spread);
        let mut between = stored();
        QueryTrait::query(&mut between).and_where(among);
        rows.extend(between.into_tuple::<Stored>().all(db).await?);
    }
    let rows = rows.into_iter();
    Ok(rows
        .map(|(call_time, call_date, call_hour)| StoredDay {
            call_time,
            call_date,
            call_hour,
        })
        .collect())
}

/// The lowest and the highest id of a call.
async fn ids(db: &impl ConnectionTrait) -> Result<Option<(i64, i64)>> {
    let ids = call::Entity::find()
        .select_only()
        .column_as(call::Column::Id.min(), "first")
        .column_as(call::Column::Id.max(), "last")
        .into_tuple::<(Option<i64>, Option<i64>)>()
        .one(db)
        .await?;
    Ok(ids.and_then(|(first, last)| first.zip(last)))
}
