use std::collections::{BTreeMap, BTreeSet};

use sea_orm_migration::{prelude::*, schema::*, sea_orm::ConnectionTrait};

use crate::columns::{foreign_key, index, not_negative, one_of};

const PACKAGES: &str = "lead_packages";
const TASKS: &str = "dial_tasks";
const RULES: &str = "package_rules";
const HINTS: &str = "task_package_hints";
const NAME_INDEX: &str = "ux_lead_packages_name_key";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Packages have rules on the names of their tasks, and names of their own. What tasks belong to
    /// so far was decided by people.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(rules()).await?;
        manager.create_table(hints()).await?;
        for column in [
            ColumnDef::new("package_assigned_by").text().take(),
            ColumnDef::new("package_claims")
                .integer()
                .not_null()
                .default(0)
                .take(),
            // The name that rules were last asked about.
            ColumnDef::new("ruled_name").text().take(),
        ] {
            let mut alter = Table::alter();
            manager
                .alter_table(alter.table(TASKS).add_column(column).take())
                .await?;
        }
        let mut by_hand = Query::update();
        by_hand
            .table(TASKS)
            .value("package_assigned_by", "HAND")
            .and_where(Expr::col("package_id").is_not_null());
        manager.get_connection().execute(&by_hand).await?;
        // Those that two packages claim are few, and counted.
        manager
            .create_index(
                index(TASKS, &["package_claims"])
                    .cond_where(Expr::col("package_claims").gt(1))
                    .take(),
            )
            .await?;

        let mut alter = Table::alter();
        alter.table(PACKAGES).add_column(text_null("name_key"));
        manager.alter_table(alter).await?;
        name_apart(manager).await?;
        let mut unique = Index::create();
        unique
            .name(NAME_INDEX)
            .table(PACKAGES)
            .col("name_key")
            .unique();
        manager.create_index(unique).await
    }

    /// Rules are lost, and with them the links that were not made by hand: `up` would take them for such,
    /// and no rule could change them. Packages keep their names.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut unlink = Query::update();
        unlink
            .table(TASKS)
            .value("package_id", Option::<i64>::None)
            .value("version", Expr::col("version").add(1))
            .and_where(Expr::col("package_id").is_not_null())
            .and_where(Expr::col("package_assigned_by").ne("HAND"));
        manager.execute(unlink).await?;
        let claims_index = format!("ix_{TASKS}_package_claims");
        for (name, table) in [(NAME_INDEX, PACKAGES), (claims_index.as_str(), TASKS)] {
            let mut drop = Index::drop();
            drop.name(name).table(table);
            manager.drop_index(drop).await?;
        }
        for (table, column) in [
            (PACKAGES, "name_key"),
            (TASKS, "ruled_name"),
            (TASKS, "package_claims"),
            (TASKS, "package_assigned_by"),
        ] {
            let mut alter = Table::alter();
            manager
                .alter_table(alter.table(table).drop_column(column).take())
                .await?;
        }
        for table in [HINTS, RULES] {
            manager
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        Ok(())
    }
}

/// Rules on task names, in the order in which people gave them.
fn rules() -> TableCreateStatement {
    Table::create()
        .table(RULES)
        .col(big_integer("package_id"))
        .col(integer("position"))
        .col(text("match_by"))
        .col(text("text"))
        .primary_key(Index::create().col("package_id").col("position"))
        .check(one_of("match_by", &["PREFIX", "CONTAINS", "PATTERN"]))
        .check(not_negative("position"))
        .foreign_key(&mut foreign_key(
            RULES,
            "package_id",
            (PACKAGES, "id"),
            ForeignKeyAction::Cascade,
        ))
        .take()
}

/// The packages that the platform's records of a task name, as they name them.
fn hints() -> TableCreateStatement {
    Table::create()
        .table(HINTS)
        .col(big_integer("task_id"))
        .col(text("hint"))
        .primary_key(Index::create().col("task_id").col("hint"))
        .foreign_key(&mut foreign_key(
            HINTS,
            "task_id",
            (TASKS, "id"),
            ForeignKeyAction::Cascade,
        ))
        .take()
}

/// Gives each package the key of its name. Of several with the same name the oldest keeps it, and the
/// others get " (2)", " (3)" and so on, which the audit log records as `renamePackage`.
async fn name_apart(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let mut select = Query::select();
    select
        .columns(["id", "name"])
        .from(PACKAGES)
        .order_by("id", Order::Asc);
    let mut names: BTreeMap<i64, String> = BTreeMap::new();
    for row in db.query_all(&select).await? {
        names.insert(row.try_get("", "id")?, row.try_get("", "name")?);
    }
    // Nobody loses a name that is theirs alone.
    let mut taken: BTreeSet<String> = names.values().map(|name| key(name)).collect();
    let mut kept = BTreeSet::new();
    for (id, name) in names {
        let mut new_key = key(&name);
        let mut update = Query::update();
        if !kept.insert(new_key.clone()) {
            let mut number = 2;
            let new_name = loop {
                let candidate = format!("{name} ({number})");
                new_key = key(&candidate);
                if taken.insert(new_key.clone()) {
                    break candidate;
                }
                number += 1;
            };
            record(db, id, &name, &new_name).await?;
            update.value("name", new_name);
            update.value("version", Expr::col("version").add(1));
        }
        update
            .table(PACKAGES)
            .value("name_key", new_key)
            .and_where(Expr::col("id").eq(id));
        db.execute(&update).await?;
    }
    Ok(())
}

async fn record(
    db: &impl ConnectionTrait,
    id: i64,
    before: &str,
    after: &str,
) -> Result<(), DbErr> {
    let changes = serde_json::json!({ "name": { "before": before, "after": after } });
    let mut insert = Query::insert();
    insert
        .into_table("audit_log")
        .columns([
            "at",
            "actor",
            "role",
            "operation",
            "object_type",
            "object_id",
            "changes",
        ])
        .values([
            Expr::current_timestamp(),
            "migration".into(),
            "NONE".into(),
            "renamePackage".into(),
            "LeadPackage".into(),
            id.to_string().into(),
            changes.to_string().into(),
        ])
        .map_err(|error| DbErr::Custom(error.to_string()))?;
    db.execute(&insert).await?;
    Ok(())
}

/// Names are compared without format characters, in one width, with one blank where there are some,
/// and Latin letters in either case. As the program does it at the time of this change.
fn key(name: &str) -> String {
    let folded: String = name
        .chars()
        .filter(|c| {
            !matches!(c,
                '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
                | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}'
                | '\u{e0100}'..='\u{e01ef}')
        })
        .map(|c| match c {
            '\u{3000}' => ' ',
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            _ => c,
        })
        .collect();
    let words: Vec<&str> = folded.split_whitespace().collect();
    words.join(" ").to_ascii_lowercase()
}
