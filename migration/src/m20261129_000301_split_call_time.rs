use sea_orm_migration::{prelude::*, schema::*};

use crate::{
    cells::add_calls,
    kept::{HORIZONS, beyond_recount},
};

const TABLE: &str = "call_rollups";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// What connected calls lasted is kept apart from what the others did: ringing is not talking.
    /// Of days whose calls were deleted for their age it cannot be told any more how the time was
    /// divided: it all stays talk time.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut rename = Table::alter();
        rename.table(TABLE).rename_column("duration", "talk_time");
        manager.alter_table(rename).await?;
        let mut add = Table::alter();
        add.table(TABLE)
            .add_column(big_integer("ring_time").default(0));
        manager.alter_table(add).await?;
        // All is counted again, but for days whose calls are not all there: their cells keep what they
        // have, divided as far as their calls are left.
        let mut recounted = Query::delete();
        recounted.from_table(TABLE).and_where(is_old().not());
        manager.execute(recounted).await?;
        let counts = || Expr::col("removed_at").is_null();
        let if_connected = |then: Expr, otherwise: Expr| -> Expr {
            let connected = Expr::col("result").eq("CONNECTED");
            Expr::case(connected, then).finally(otherwise).into()
        };
        let seconds = || Expr::col("duration");
        let measures = [
            ("calls", Expr::value(1)),
            ("connected", if_connected(Expr::value(1), Expr::value(0))),
            ("billed_amount", Expr::col("billed_amount")),
            ("talk_time", if_connected(seconds(), Expr::value(0))),
            ("ring_time", if_connected(Expr::value(0), seconds())),
        ];
        add_calls(manager, counts().and(is_old().not()), &measures).await?;
        let none = || Expr::value(0);
        let measures = [
            ("calls", none()),
            ("connected", none()),
            ("billed_amount", none()),
            ("talk_time", none().sub(Expr::col("duration"))),
            ("ring_time", Expr::col("duration")),
        ];
        add_calls(manager, counts().and(is_old()).and(rang()), &measures).await
    }

    /// Refused where the time of calls that are gone was divided: nobody could divide it again.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let seconds = Expr::col("duration");
        if let Some((day, seconds)) =
            beyond_recount(manager, "ring_time", seconds, Some(rang())).await?
        {
            return Err(DbErr::Migration(format!(
                "split_call_time cannot be taken back: {seconds} s of ring time are of calls of days before \
                 {day} that were deleted for their age (RETENTION_CALL_DAYS), and could not be told from talk \
                 time any more. To give that up, add ring_time of {TABLE} to talk_time, and set it to 0, where \
                 call_date < '{day}'"
            )));
        }
        let both = Expr::col("talk_time").add(Expr::col("ring_time"));
        let mut sum = Query::update();
        sum.table(TABLE)
            .value("talk_time", both)
            .and_where(Expr::col("ring_time").ne(0));
        manager.execute(sum).await?;
        let mut drop = Table::alter();
        drop.table(TABLE).drop_column("ring_time");
        manager.alter_table(drop).await?;
        let mut rename = Table::alter();
        rename.table(TABLE).rename_column("talk_time", "duration");
        manager.alter_table(rename).await
    }
}

/// That a day's calls are not all kept.
fn is_old() -> Expr {
    let later = Expr::col((HORIZONS, "day")).gt(Expr::col("call_date"));
    let horizon = Query::select()
        .expr(Expr::cust("1"))
        .from(HORIZONS)
        .and_where(later)
        .take();
    Expr::exists(horizon)
}

fn rang() -> Expr {
    Expr::col("result").ne("CONNECTED")
}
