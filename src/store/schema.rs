//! The state of the schema: migrations done and to be done.

use migration::{Migrator, MigratorTrait};
use sea_orm::DatabaseConnection;

pub use super::one_form::{KeptApart, OneFormReport};
use super::{Database, Result, Transaction, dialect, one_form};

/// A migration and whether it was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationState {
    /// Its name, which begins with its date.
    pub name: String,
    /// Whether this database has it.
    pub applied: bool,
}

/// Applies the next `steps` migrations, or all that are left: all of them or none. With the last one
/// what is stored is changed as it is owed. Instances that start at the same time wait for each other.
///
/// # Errors
/// When one fails; none is applied then.
pub async fn up(db: &Database, steps: Option<u32>) -> Result<()> {
    if is_current(db.read()).await? {
        return Ok(());
    }
    migrate(db, async |tx| {
        Migrator::up(tx.inner(), steps).await?;
        if Migrator::get_pending_migrations(tx.inner())
            .await?
            .is_empty()
        {
            one_form::bring(tx).await?;
        }
        Ok(())
    })
    .await
}

/// Takes the last `steps` migrations back, or all of them.
///
/// # Errors
/// When one fails; none is taken back then.
pub async fn down(db: &Database, steps: Option<u32>) -> Result<()> {
    migrate(db, async |tx| Ok(Migrator::down(tx.inner(), steps).await?)).await
}

async fn migrate(db: &Database, work: impl AsyncFnOnce(&Transaction) -> Result<()>) -> Result<()> {
    let apart = db.without_foreign_keys().await?;
    let migrated = apart
        .transaction(async |tx| {
            dialect::unhurried(tx).await?;
            dialect::lock_migrations(tx).await?;
            work(tx).await?;
            dialect::check_foreign_keys(tx).await
        })
        .await;
    apart.close_apart(db).await;
    migrated
}

/// Every migration that this program knows, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn status(db: &Database) -> Result<Vec<MigrationState>> {
    let migrations = Migrator::get_migration_with_status_read_only(db.read()).await?;
    Ok(migrations
        .iter()
        .map(|migration| MigrationState {
            name: migration.name().to_owned(),
            applied: migration.status() == migration::MigrationStatus::Applied,
        })
        .collect())
}

/// Whether the database can be reached and has every migration.
///
/// # Errors
/// When it cannot be read.
pub async fn is_current(db: &DatabaseConnection) -> Result<bool> {
    let pending = Migrator::get_pending_migrations_read_only(db).await?;
    Ok(pending.is_empty())
}

/// What came of bringing texts and telephone numbers to one form, if that was done.
///
/// # Errors
/// When the database cannot be read.
pub async fn one_form(db: &Database) -> Result<Option<OneFormReport>> {
    if !is_current(db.read()).await? {
        return Ok(None);
    }
    one_form::report(db.read()).await
}
