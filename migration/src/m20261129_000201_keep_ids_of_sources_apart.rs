//! An external id belongs to who gave it: the platform, an import, a person. Calls, tasks and agents were
//! unique by the id alone, so that an import could take over what the platform told of.

use sea_orm_migration::{
    prelude::*,
    schema::*,
    sea_orm::{ConnectionTrait, DatabaseBackend},
};

use crate::{
    columns::{index, one_of},
    rebuild::{one, rebuild, with_unique},
};

const ID: &str = "external_id";
const SOURCE: &str = "source";
const SOURCES: [&str; 3] = ["GUANKE", "MANUAL", "IMPORT"];
const CALLS: &str = "calls";
/// Tables that get a source, and their columns in `calls`.
const NAMED: [(&str, &str); 2] = [("dial_tasks", "task_id"), ("agents", "agent_id")];
/// What the rows are, for people.
const WORDS: [(&str, &str); 3] = [
    (CALLS, "calls"),
    ("dial_tasks", "tasks"),
    ("agents", "agents"),
];

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in NAMED {
            let mut alter = Table::alter();
            alter.table(table).add_column(
                text(SOURCE)
                    .default(SOURCES[0])
                    .check(one_of(SOURCE, &SOURCES)),
            );
            manager.alter_table(alter).await?;
            let of = |source: &str| {
                format!(
                    "EXISTS (SELECT 1 FROM calls WHERE calls.{column} = {table}.id AND calls.source = '{source}')"
                )
            };
            let imported = format!(
                "UPDATE {table} SET source = 'IMPORT' WHERE {} AND NOT {}",
                of("IMPORT"),
                of("GUANKE")
            );
            let db = manager.get_connection();
            db.execute_unprepared(&imported).await?;
        }
        manager
            .get_connection()
            .execute_unprepared("UPDATE dial_tasks SET source = 'MANUAL' WHERE external_id IS NULL")
            .await?;
        for (table, _) in WORDS {
            unique(manager, table, false).await?;
            // The id first: it is looked for without its source, too.
            manager
                .create_index(index(table, &[ID, SOURCE]).unique().take())
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut shared = Vec::new();
        for (table, what) in WORDS {
            let count: Option<i64> = one(
                manager,
                &format!(
                    "SELECT COUNT(*) FROM (SELECT external_id FROM {table} WHERE external_id IS NOT NULL
                     GROUP BY external_id HAVING COUNT(*) > 1) AS shared"
                ),
            )
            .await?;
            if let Some(count) = count.filter(|count| *count > 0) {
                shared.push(format!("{count} of {what}"));
            }
        }
        if !shared.is_empty() {
            return Err(DbErr::Migration(format!(
                "external ids that two sources use cannot be kept apart by the schema before this one: {}; \
                 delete what is not needed of them first",
                shared.join(", ")
            )));
        }
        for (table, _) in WORDS {
            let mut drop = Index::drop();
            drop.name(format!("ix_{table}_{ID}_{SOURCE}")).table(table);
            manager.drop_index(drop).await?;
            unique(manager, table, true).await?;
        }
        for (table, _) in NAMED {
            let mut alter = Table::alter();
            alter.table(table).drop_column(SOURCE);
            manager.alter_table(alter).await?;
        }
        Ok(())
    }
}

/// Adds or drops the constraint that external ids are unique in `table`.
async fn unique(
    manager: &SchemaManager<'_>,
    table: &'static str,
    unique: bool,
) -> Result<(), DbErr> {
    if manager.get_database_backend() == DatabaseBackend::Sqlite {
        return rebuild(manager, table, |columns| with_unique(columns, ID, unique)).await;
    }
    let name = format!("{table}_{ID}_key");
    let change = if unique {
        format!("ADD CONSTRAINT {name} UNIQUE ({ID})")
    } else {
        format!("DROP CONSTRAINT {name}")
    };
    let alter = format!("ALTER TABLE {table} {change}");
    manager.get_connection().execute_unprepared(&alter).await?;
    Ok(())
}
