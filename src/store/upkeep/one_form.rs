//! Bringing what is stored to the forms in which texts are read, see [`Reading`]: once, in the
//! transaction of the migrations, when all tables are as the program knows them.
//!
//! Nothing is merged: rows that would become one are kept apart, the later ones with their texts as
//! they were, and are reported. Figures and counts of tags follow.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{
    ActiveValue::{Set, Unchanged},
    ConnectionTrait, EntityTrait, QueryOrder,
    sea_query::{Expr, ExprTrait, Query},
};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        grade::normalise, package_rules, phone, privacy::hidden, text::Reading, user::name_key,
    },
    entity::{grade, lead_package, user},
    store::{Change, Result, StoreError, Transaction, data_changes, dialect},
};

pub(in crate::store) mod archived_tags;
mod calls;
mod counter;
mod pushes;

use counter::Counter;
pub use counter::Progress;

/// The change in `data_changes`.
const NAME: &str = "ONE_FORM";
/// Rows that are read at a time.
const PAGE: u64 = 1_000;
/// Most rows that were kept apart that are named; all are counted.
const MOST_NAMED: usize = 1_000;

/// A row whose texts stay as they were, because another row has their one form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptApart {
    /// The table.
    pub table: String,
    /// The row's id in the database.
    pub id: String,
    /// The column.
    pub column: String,
    /// The form that another row has.
    pub form: String,
}

/// What came of bringing texts to one form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneFormReport {
    /// Rows that were changed, by table.
    pub changed: BTreeMap<String, u64>,
    /// How many rows were kept apart.
    pub kept_apart: u64,
    /// The first of them.
    pub rows: Vec<KeptApart>,
}

impl OneFormReport {
    fn change(&mut self, table: &str) {
        *self.changed.entry(table.to_owned()).or_default() += 1;
    }

    fn keep_apart(&mut self, table: &str, id: &impl ToString, column: &str, form: &str) {
        self.kept_apart += 1;
        if self.rows.len() < MOST_NAMED {
            self.rows.push(KeptApart {
                table: table.to_owned(),
                id: id.to_string(),
                column: column.to_owned(),
                form: hidden(form).into_owned(),
            });
        }
    }
}

/// What came of it, if it was done.
pub async fn report(db: &impl ConnectionTrait) -> Result<Option<OneFormReport>> {
    data_changes::report(db, NAME).await
}

/// Brings everything to one form, unless that was done. All migrations must have been applied.
pub(in crate::store) async fn bring(
    tx: &Transaction,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<()> {
    if !data_changes::is_owed(tx, NAME).await? {
        return Ok(());
    }
    dialect::claim_calls(tx).await?;
    let mut report = OneFormReport::default();
    for (table, columns) in TABLES {
        simple(tx, table, columns, &mut report).await?;
    }
    user_keys(tx, &mut report).await?;
    package_keys(tx, &mut report).await?;
    patterns(tx, &mut report).await?;
    // There may be millions of these.
    let mut counter = Counter::new(tx, progress).await?;
    calls::all(tx, &mut report, &mut counter).await?;
    calls::tags(tx, &mut report, &mut counter).await?;
    pushes::all(tx, &mut report, &mut counter).await?;
    data_changes::done(tx, NAME, &report).await?;
    if !report.changed.is_empty() {
        tx.note(Change::Anything);
        let changed = report.changed.iter();
        let changed: Vec<_> = changed
            .map(|(table, rows)| format!("{table} {rows}"))
            .collect();
        let changed = changed.join(", ");
        tracing::info!(
            changed,
            "texts and telephone numbers were brought to one form"
        );
    }
    if report.kept_apart > 0 {
        tracing::warn!(
            rows = report.kept_apart,
            "rows that have the same id or name in different forms were kept apart: `dialgraph migrate status` lists them"
        );
    }
    Ok(())
}

/// Tables of which a row is a row, whatever its texts say.
const TABLES: [(&str, &[&str]); 7] = [
    ("lead_packages", &["name", "source", "industry", "region"]),
    ("dial_tasks", &["task_name", "description", "external_id"]),
    ("agents", &["name", "external_id"]),
    ("grades", &["label"]),
    ("platform_daily_stats", &["name"]),
    ("users", &["name", "email"]),
    ("access_tokens", &["name"]),
];

/// Tables that count the changes of a row.
const VERSIONED: [&str; 4] = ["lead_packages", "dial_tasks", "grades", "users"];

/// Columns that always have a text: one that shows nothing stays as it is.
const REQUIRED: [&str; 7] = [
    "name",
    "task_name",
    "label",
    "external_id",
    "code",
    "tag_name",
    "tag_value",
];

/// The one form of a text; none of a text that shows nothing.
struct Form(Option<String>);

/// The form of a text in `column`, if it is another text.
fn changed(column: &str, text: Option<&str>) -> Option<Form> {
    let text = text?;
    let form = form_of(Reading::of_column(column)?, text);
    if form == text || form.is_empty() && REQUIRED.contains(&column) {
        return None;
    }
    Some(Form(Some(form).filter(|form| !form.is_empty())))
}

/// The form of what is stored.
fn form_of(reading: Reading, stored: &str) -> String {
    match reading {
        Reading::Phone => phone::read_stored(stored),
        reading => reading.read(stored),
    }
}

async fn simple(
    tx: &Transaction,
    table: &'static str,
    columns: &[&'static str],
    report: &mut OneFormReport,
) -> Result<()> {
    let mut last = 0_i64;
    loop {
        let page = Query::select()
            .column("id")
            .columns(columns.iter().copied())
            .from(table)
            .and_where(Expr::col("id").gt(last))
            .order_by("id", sea_orm::Order::Asc)
            .limit(PAGE)
            .take();
        let rows = tx.query_all(&page).await?;
        let Some(row) = rows.last() else {
            return Ok(());
        };
        last = row.try_get_by(0)?;
        for row in &rows {
            let id: i64 = row.try_get_by(0)?;
            let mut is_changed = false;
            for (index, column) in columns.iter().enumerate() {
                let text: Option<String> = row.try_get_by(index + 1)?;
                if let Some(Form(form)) = changed(column, text.as_deref()) {
                    is_changed |= rename(tx, table, id, column, form, report).await?;
                }
            }
            if is_changed {
                report.change(table);
                if VERSIONED.contains(&table) {
                    count_version(tx, table, id).await?;
                }
            }
        }
    }
}

async fn count_version(tx: &Transaction, table: &'static str, id: i64) -> Result<()> {
    let update = Query::update()
        .table(table)
        .value("version", Expr::col("version").add(1))
        .and_where(Expr::col("id").eq(id))
        .take();
    tx.execute(&update).await?;
    Ok(())
}

/// Gives a column another text, unless another row has it where no two may.
async fn rename(
    tx: &Transaction,
    table: &'static str,
    id: i64,
    column: &'static str,
    form: Option<String>,
    report: &mut OneFormReport,
) -> Result<bool> {
    let update = Query::update()
        .table(table)
        .value(column, form.clone())
        .and_where(Expr::col("id").eq(id))
        .take();
    let is_done = alone(tx, &update).await?;
    if !is_done {
        report.keep_apart(table, &id, column, form.as_deref().unwrap_or_default());
    }
    Ok(is_done)
}

/// Executes a statement, unless it breaks a rule of the database: then nothing of it is done, and this
/// is `false`.
pub(in crate::store) async fn alone(
    tx: &Transaction,
    statement: &impl sea_orm::StatementBuilder,
) -> Result<bool> {
    tx.execute_unprepared("SAVEPOINT one_form").await?;
    let result = tx.execute(statement).await.map_err(StoreError::from);
    let (end, done) = match result {
        Ok(_) => ("RELEASE SAVEPOINT one_form", true),
        Err(StoreError::Constraint(_)) => ("ROLLBACK TO SAVEPOINT one_form", false),
        Err(error) => return Err(error),
    };
    tx.execute_unprepared(end).await?;
    if !done {
        tx.execute_unprepared("RELEASE SAVEPOINT one_form").await?;
    }
    Ok(done)
}

/// The keys by which names of users are compared follow the names.
async fn user_keys(tx: &Transaction, report: &mut OneFormReport) -> Result<()> {
    for row in user::Entity::find().all(tx).await? {
        let key = name_key(&row.name);
        if key != row.name_key && rename(tx, "users", row.id, "name_key", Some(key), report).await?
        {
            report.change("users");
        }
    }
    Ok(())
}

/// So do those of packages; of two packages of one name the later keeps its old key.
async fn package_keys(tx: &Transaction, report: &mut OneFormReport) -> Result<()> {
    for row in lead_package::Entity::find().all(tx).await? {
        let key = package_rules::name_key(&row.name);
        if row.name_key.as_deref() != Some(&key)
            && rename(tx, "lead_packages", row.id, "name_key", Some(key), report).await?
        {
            report.change("lead_packages");
        }
    }
    Ok(())
}

/// Texts that mean grades, each once; of two grades that claim one text the first has it already.
async fn patterns(tx: &Transaction, report: &mut OneFormReport) -> Result<()> {
    let mut owners: HashMap<String, i64> = HashMap::new();
    for row in grade::Entity::find()
        .order_by_asc(grade::Column::Id)
        .all(tx)
        .await?
    {
        let mut forms: Vec<String> = Vec::with_capacity(row.patterns.0.len());
        for pattern in &row.patterns.0 {
            let form = Reading::Grade.read(pattern);
            let key = normalise(&form);
            if key.is_empty() {
                continue;
            }
            let owner = *owners.entry(key).or_insert(row.id);
            if owner != row.id {
                report.keep_apart("grades", &row.id, "patterns", &form);
            }
            if owner != row.id || !forms.contains(&form) {
                forms.push(form);
            }
        }
        if forms != row.patterns.0 {
            report.change("grades");
            let update = grade::ActiveModel {
                id: Unchanged(row.id),
                patterns: Set(grade::Patterns(forms)),
                version: Set(row.version + 1),
                ..Default::default()
            };
            grade::Entity::update(update).exec(tx).await?;
        }
    }
    Ok(())
}
