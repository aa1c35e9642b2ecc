//! Access tokens of callers whom another service knows end by themselves: nobody tells this service when
//! their makers may not come in any more.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DatabaseBackend},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Those that never ended, or ended late, end 30 days from now, so that there is time to make others.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let end = match manager.get_database_backend() {
            DatabaseBackend::Sqlite => "strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now', '+30 days')",
            _ => "date_trunc('second', CURRENT_TIMESTAMP + INTERVAL '30 days')",
        };
        let capped = format!(
            "UPDATE access_tokens SET expires_at = {end}
             WHERE user_id IS NULL AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > {end})"
        );
        manager.get_connection().execute_unprepared(&capped).await?;
        Ok(())
    }

    /// When they ended before is not known any more.
    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}
