use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::{foreign_key, index, not_negative, one_of, timestamps};

const TABLE: &str = "calls";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table(TABLE)
            .col(big_pk_auto("id"))
            .col(text_null("external_id").unique_key())
            .col(big_integer_null("task_id"))
            .col(big_integer_null("agent_id"))
            .col(text_null("phone_number"))
            .col(timestamp_with_time_zone("call_time"))
            .col(date("call_date"))
            .col(small_integer("call_hour"))
            .col(integer("duration").default(0))
            .col(text("result"))
            .col(text_null("grade"))
            .col(text_null("grade_code"))
            .col(text_null("hangup_reason"))
            .col(text_null("notes"))
            .col(text_null("customer_name"))
            .col(text_null("company"))
            .col(text_null("province"))
            .col(text_null("city"))
            .col(text_null("device_name"))
            .col(text_null("recording_url"))
            .col(big_integer_null("billed_amount"))
            .col(text("source"))
            .col(big_integer_null("source_hash"))
            .check(not_negative("duration"))
            .check(not_negative("billed_amount"))
            .check(Expr::col("call_hour").between(0, 23))
            .check(one_of(
                "result",
                &[
                    "CONNECTED",
                    "VOICEMAIL",
                    "BUSY",
                    "NO_ANSWER",
                    "REJECTED",
                    "FAILED",
                ],
            ))
            .check(one_of("source", &["GUANKE", "MANUAL", "IMPORT"]))
            .foreign_key(&mut foreign_key(
                TABLE,
                "task_id",
                ("dial_tasks", "id"),
                ForeignKeyAction::Restrict,
            ))
            .foreign_key(&mut foreign_key(
                TABLE,
                "agent_id",
                ("agents", "id"),
                ForeignKeyAction::Restrict,
            ))
            .foreign_key(&mut foreign_key(
                TABLE,
                "grade_code",
                ("grades", "code"),
                ForeignKeyAction::Restrict,
            ))
            .to_owned();
        manager.create_table(timestamps(&mut table).take()).await?;
        // Newest calls of everything, of a task, of an agent: in order, without sorting.
        for columns in [
            &["call_time", "id"][..],
            &["task_id", "call_time", "id"],
            &["agent_id", "call_time", "id"],
        ] {
            manager.create_index(index(TABLE, columns)).await?;
        }
        // Few calls have a grade, and they are the ones people ask for.
        manager
            .create_index(
                index(TABLE, &["grade_code", "call_time"])
                    .cond_where(Expr::col("grade_code").is_not_null())
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(TABLE).take()).await
    }
}
