//! The state of the schema: migrations done and to be done.

use std::collections::BTreeMap;

use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection,
    sea_query::{Alias, Expr, ExprTrait as _, Query},
};

pub use crate::store::{
    one_form::{KeptApart, OneFormReport, Progress},
    user_names::UserNamesReport,
};

use crate::store::{Database, Result, Transaction, data_changes, dialect, one_form, user_names};

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
    up_with(db, steps, &|_| {}).await
}

/// The same, and says how far the change of what is stored is, now and then: it can take long.
///
/// # Errors
/// As [`up`].
pub async fn up_with(
    db: &Database,
    steps: Option<u32>,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<()> {
    if is_current(db.read()).await? && !data_changes::are_owed(db.read()).await? {
        return Ok(());
    }
    migrate(db, async |tx| {
        Migrator::up(tx.inner(), steps).await?;
        if Migrator::get_pending_migrations(tx.inner())
            .await?
            .is_empty()
        {
            Box::pin(data_changes::make(tx, progress)).await?;
        }
        Ok(((), true))
    })
    .await
}

/// Takes the last `steps` migrations back, or all of them.
///
/// # Errors
/// When one fails; none is taken back then.
pub async fn down(db: &Database, steps: Option<u32>) -> Result<()> {
    down_if(db, steps, |_| true).await.map(drop)
}

/// The same, if `agreed` to what is lost by it; nothing is changed otherwise. Returns what is lost.
///
/// # Errors
/// When one fails; none is taken back then.
pub async fn down_if(
    db: &Database,
    steps: Option<u32>,
    agreed: impl FnOnce(&[Loss]) -> bool,
) -> Result<Vec<Loss>> {
    migrate(db, async |tx| {
        let before = contents(tx).await?;
        Migrator::down(tx.inner(), steps).await?;
        // What is really gone, whatever the migrations say of themselves.
        let losses = losses(before, &contents(tx).await?);
        let is_kept = agreed(&losses);
        Ok((losses, is_kept))
    })
    .await
}

/// Rows, or values of a column, that a step back deletes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// A table, or `table.column`.
    pub of: String,
    /// How many rows, or values.
    pub count: i64,
}

/// How many rows each table has, and how many values each of its columns.
type Contents = BTreeMap<String, (i64, BTreeMap<String, i64>)>;

/// Tables that hold nothing of anybody's.
const OF_NOBODY: [&str; 2] = ["seaql_migrations", "write_probes"];

async fn contents(tx: &Transaction) -> Result<Contents> {
    let backend = tx.get_database_backend();
    let columns = dialect::columns(backend);
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in tx.query_all_raw(columns).await? {
        let (table, column): (String, String) = (row.try_get_by(0)?, row.try_get_by(1)?);
        if !OF_NOBODY.contains(&table.as_str()) {
            tables.entry(table).or_default().push(column);
        }
    }
    let mut contents = Contents::new();
    for (table, columns) in tables {
        let mut count = Query::select();
        count.from(Alias::new(&table)).expr(Expr::cust("count(*)"));
        for column in &columns {
            count.expr(Expr::col(Alias::new(column)).count());
        }
        let Some(row) = tx.query_one(&count).await? else {
            continue;
        };
        let mut values = BTreeMap::new();
        for (at, column) in columns.into_iter().enumerate() {
            values.insert(column, row.try_get_by(at + 1)?);
        }
        contents.insert(table, (row.try_get_by(0)?, values));
    }
    Ok(contents)
}

fn losses(before: Contents, after: &Contents) -> Vec<Loss> {
    let mut losses = Vec::new();
    for (table, (rows, values)) in before {
        let Some((rows_left, values_left)) = after.get(&table) else {
            losses.push(Loss {
                of: table,
                count: rows,
            });
            continue;
        };
        for (column, count) in values {
            // A column that stays may lose values of rows that stay.
            let left = match values_left.get(&column) {
                Some(left) if rows == *rows_left => *left,
                Some(_) => continue,
                None => 0,
            };
            let of = format!("{table}.{column}");
            losses.push(Loss {
                of,
                count: count - left,
            });
        }
        losses.push(Loss {
            of: table,
            count: rows - rows_left,
        });
    }
    losses.retain(|loss| loss.count > 0);
    losses
}

/// Does `work`, which says whether it is kept.
async fn migrate<T>(
    db: &Database,
    work: impl AsyncFnOnce(&Transaction) -> Result<(T, bool)>,
) -> Result<T> {
    let apart = db.without_foreign_keys().await?;
    let migrated = async {
        let tx = apart.begin().await?;
        dialect::unhurried(&tx).await?;
        dialect::lock_migrations(&tx).await?;
        let (done, is_kept) = work(&tx).await?;
        if is_kept {
            dialect::check_foreign_keys(&tx).await?;
            tx.commit().await?;
        }
        Ok(done)
    }
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

/// How many rows were kept apart when texts and telephone numbers were brought to one form.
///
/// # Errors
/// When the database cannot be read.
pub async fn rows_kept_apart(db: &DatabaseConnection) -> Result<u64> {
    let report = one_form::report(db).await?;
    Ok(report.map_or(0, |report| report.kept_apart))
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

/// What came of bringing names of users to one form, if that was done.
///
/// # Errors
/// When the database cannot be read.
pub async fn user_names(db: &Database) -> Result<Option<UserNamesReport>> {
    if !is_current(db.read()).await? {
        return Ok(None);
    }
    user_names::report(db.read()).await
}
