use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::{not_negative, timestamps};

const TABLE: &str = "grades";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table(TABLE)
            .col(big_pk_auto("id"))
            .col(text("code").unique_key())
            .col(text("label"))
            .col(json("patterns"))
            .col(big_integer("unit_price").default(0))
            .col(boolean("is_interested").default(false))
            .col(boolean("is_success").default(false))
            .check(not_negative("unit_price"))
            .check(Expr::col("code").ne(""))
            .to_owned();
        manager.create_table(timestamps(&mut table).take()).await?;
        manager.execute(default_grades()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(TABLE).take()).await
    }
}

/// The catalogue of design: prices are ten-thousandths of a yuan.
fn default_grades() -> InsertStatement {
    let rows: [(&str, &str, serde_json::Value, i64, bool, bool); 5] = [
        (
            "NINE_YUAN",
            "9元",
            serde_json::json!(["9元", "9"]),
            90_000,
            false,
            true,
        ),
        (
            "ONE_YUAN",
            "1元",
            serde_json::json!(["1元", "1"]),
            10_000,
            false,
            true,
        ),
        ("A", "A", serde_json::json!(["A"]), 0, true, false),
        ("B", "B", serde_json::json!(["B"]), 0, true, false),
        ("OTHER", "其他", serde_json::json!([]), 0, false, false),
    ];
    let mut insert = Query::insert();
    insert.into_table(TABLE).columns([
        "code",
        "label",
        "patterns",
        "unit_price",
        "is_interested",
        "is_success",
        "created_at",
        "updated_at",
    ]);
    for (code, label, patterns, unit_price, is_interested, is_success) in rows {
        insert.values_panic([
            code.into(),
            label.into(),
            patterns.into(),
            unit_price.into(),
            is_interested.into(),
            is_success.into(),
            Expr::current_timestamp(),
            Expr::current_timestamp(),
        ]);
    }
    insert
}
