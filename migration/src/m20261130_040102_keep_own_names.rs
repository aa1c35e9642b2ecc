//! Names of this service's own actors are nobody else's, and those under which it keeps the issuer of
//! somebody's token are written by it alone.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

/// Where a caller is named who came in with a token: never a command on the machine itself. In the audit
/// log, which nobody rewrites, `cli` has been both; a command has `cli` for its `client_address`, too.
const NAMES: [(&str, &str); 2] = [
    ("access_tokens", "created_by"),
    ("idempotency_keys", "actor"),
];
/// How they are written from now on.
const FOREIGN: &str = "jwt:#";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in NAMES {
            let apart = format!(
                "UPDATE {table} SET {column} = '{FOREIGN}' || {column}
                 WHERE lower({column}) IN ('cli', 'anonymous')
                 OR lower({column}) LIKE 'jwt:%' OR lower({column}) LIKE 'jwks:%'"
            );
            manager.get_connection().execute_unprepared(&apart).await?;
        }
        Ok(())
    }

    /// Callers of whom an issuer is kept as well stay as they are: an older program takes the whole for
    /// their name.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let length = FOREIGN.len();
        for (table, column) in NAMES {
            let bare = format!(
                "UPDATE {table} SET {column} = substr({column}, {length} + 1)
                 WHERE {column} LIKE '{FOREIGN}%'"
            );
            manager.get_connection().execute_unprepared(&bare).await?;
        }
        Ok(())
    }
}
