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
    let tx = begin(db).await?;
    Migrator::up(tx.inner(), steps).await?;
    let pending = Migrator::get_pending_migrations(tx.inner()).await?;
    if pending.is_empty() {
        Box::pin(one_form::bring(&tx)).await?;
    }
    Ok(tx.commit().await?)
}

/// Takes the last `steps` migrations back, or all of them.
///
/// # Errors
/// When one fails; none is taken back then.
pub async fn down(db: &Database, steps: Option<u32>) -> Result<()> {
    let tx = begin(db).await?;
    Migrator::down(tx.inner(), steps).await?;
    Ok(tx.commit().await?)
}

async fn begin(db: &Database) -> Result<Transaction> {
    let tx = db.begin().await?;
    dialect::unhurried(&tx).await?;
    dialect::lock_migrations(&tx).await?;
    Ok(tx)
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
