//! `tag_counts`: changed with the tags of the calls they count, read by every list of tags.

use std::{collections::BTreeMap, sync::LazyLock};

use sea_orm::{
    ActiveValue::Set,
    ConnectionTrait, EntityTrait, FromQueryResult,
    sea_query::{
        Alias, Expr, ExprTrait, Func, JoinType, OnConflict, Query, SelectStatement, SimpleExpr,
    },
};

use crate::{
    domain::page::OrderKey,
    entity::{
        archived_tag_count as archived, call, call_tag, dial_task,
        tag_count::{Column, Entity, Model},
    },
    store::{
        Database, Result, Transaction,
        bulk::Bulk,
        dialect::{self, MAX_IDS},
        record::Stored,
        table::{LazyTable, Table},
    },
};

/// In the order in which rows are written.
const COLUMNS: [Column; 4] = [
    Column::TaskId,
    Column::TagName,
    Column::TagValue,
    Column::Calls,
];

/// Tags of some calls: how many calls of each task have each, or by how many that changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagCounts(BTreeMap<(i64, String, String), i64>);

impl TagCounts {
    /// One call more of this task has the tag.
    pub fn add(&mut self, task_id: Option<i64>, name: &str, value: &str) {
        self.count(task_id.unwrap_or(0), name, value, 1);
    }

    /// So many calls more of this task, 0 for none, have the tag.
    pub(in crate::store) fn count(&mut self, task_id: i64, name: &str, value: &str, calls: i64) {
        let key = (task_id, name.to_owned(), value.to_owned());
        *self.0.entry(key).or_default() += calls;
    }

    /// Both.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        for (key, calls) in other.0 {
            *self.0.entry(key).or_default() += calls;
        }
        self
    }

    /// These and no longer `other`.
    #[must_use]
    pub fn minus(mut self, other: Self) -> Self {
        for (key, calls) in other.0 {
            *self.0.entry(key).or_default() -= calls;
        }
        self
    }
}

/// What the tags of these calls count for at present. The calls must be locked, or be new.
pub async fn of_calls(tx: &Transaction, call_ids: &[i64]) -> Result<TagCounts> {
    let mut counts = TagCounts::default();
    for call_ids in call_ids.chunks(MAX_IDS) {
        let backend = tx.get_database_backend();
        let mut query = recount();
        query.and_where(dialect::one_of_ids(
            backend,
            (call::Entity, call::Column::Id),
            call_ids,
        ));
        for row in Model::find_by_statement(backend.build(&query))
            .all(tx)
            .await?
        {
            let (key, calls) = counted(row);
            *counts.0.entry(key).or_default() += calls;
        }
    }
    Ok(counts)
}

/// Applies changes, in their order: what concurrent writers do adds up, and they lock rows in one
/// order.
pub async fn apply(tx: &Transaction, changes: TagCounts) -> Result<()> {
    let changes: Vec<_> = changes.0.into_iter().filter(|(_, by)| *by != 0).collect();
    CHANGES
        .execute(tx, &changes, |((task_id, name, value), by)| {
            [
                (*task_id).into(),
                name.clone().into(),
                value.clone().into(),
                (*by).into(),
            ]
        })
        .await?;
    Ok(())
}

/// Rows a statement: one TLS record's worth, see [`Bulk`].
const ROWS_A_STATEMENT: usize = 150;

static CHANGES: Bulk<4> = Bulk::new(
    || {
        let sum = Expr::col((Entity, Column::Calls))
            .add(Expr::col((Alias::new("excluded"), Column::Calls)));
        let mut insert = Query::insert();
        insert.into_table(Entity).columns(COLUMNS).on_conflict(
            OnConflict::columns([Column::TaskId, Column::TagName, Column::TagValue])
                .value(Column::Calls, sum)
                .to_owned(),
        );
        insert
    },
    ROWS_A_STATEMENT,
    300,
);

/// Notes what the tags of calls count for that are deleted because they are old: they go on counting.
pub async fn archive(tx: &Transaction, counts: TagCounts) -> Result<()> {
    for counts in counts
        .0
        .into_iter()
        .collect::<Vec<_>>()
        .chunks(ROWS_A_STATEMENT)
    {
        let rows = counts
            .iter()
            .map(|((task_id, name, value), calls)| archived::ActiveModel {
                task_id: Set(*task_id),
                tag_name: Set(name.clone()),
                tag_value: Set(value.clone()),
                calls: Set(*calls),
            });
        let sum = Expr::col((archived::Entity, archived::Column::Calls))
            .add(Expr::col((Alias::new("excluded"), archived::Column::Calls)));
        let conflict = OnConflict::columns([
            archived::Column::TaskId,
            archived::Column::TagName,
            archived::Column::TagValue,
        ])
        .value(archived::Column::Calls, sum)
        .to_owned();
        archived::Entity::insert_many(rows)
            .on_conflict(conflict)
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

/// What the tags of calls counted for that are not kept any more.
async fn archived(db: &impl ConnectionTrait) -> Result<TagCounts> {
    let rows = archived::Entity::find().all(db).await?;
    let count = |row: archived::Model| ((row.task_id, row.tag_name, row.tag_value), row.calls);
    Ok(TagCounts(rows.into_iter().map(count).collect()))
}

/// Makes the counts follow a change of a call, whose tags counted for `before`.
pub async fn follow(tx: &Transaction, call_id: i64, before: TagCounts) -> Result<()> {
    let after = of_calls(tx, &[call_id]).await?;
    apply(tx, after.minus(before)).await
}

/// Forgets a task, whose calls must be gone or going. Those that are kept no longer go on counting, as
/// calls without a task.
pub async fn forget_task(tx: &Transaction, task_id: i64) -> Result<()> {
    use sea_orm::{ColumnTrait, QueryFilter};
    let of_task = archived::Entity::find().filter(archived::Column::TaskId.eq(task_id));
    let kept = of_task.all(tx).await?.into_iter();
    let kept = TagCounts(
        kept.map(|row| ((0, row.tag_name, row.tag_value), row.calls))
            .collect(),
    );
    archive(tx, kept.clone()).await?;
    apply(tx, kept).await?;
    let rows = Entity::delete_many().filter(Column::TaskId.eq(task_id));
    rows.exec(tx).await?;
    let rows = archived::Entity::delete_many().filter(archived::Column::TaskId.eq(task_id));
    rows.exec(tx).await?;
    Ok(())
}

/// How many counts are not those of a recount. Reads all tags of all calls.
pub async fn differences(db: &Database) -> Result<usize> {
    let db = &dialect::snapshot(db.read()).await?;
    let all = |rows: Vec<Model>| TagCounts(rows.into_iter().map(counted).collect());
    let stored = all(Entity::find().all(db).await?);
    let recounted = Model::find_by_statement(db.get_database_backend().build(&recount()));
    let recounted = all(recounted.all(db).await?).plus(archived(db).await?);
    let changes = recounted.minus(stored);
    Ok(changes.0.values().filter(|by| **by != 0).count())
}

/// Makes all counts anew. Other writers wait meanwhile.
pub async fn rebuild(tx: &Transaction) -> Result<()> {
    dialect::claim_calls(tx).await?;
    dialect::unhurried(tx).await?;
    Entity::delete_many().exec(tx).await?;
    let mut insert = Query::insert();
    insert
        .into_table(Entity)
        .columns(COLUMNS)
        .select_from(recount())
        .map_err(|error| sea_orm::DbErr::Custom(error.to_string()))?;
    tx.execute(&insert).await?;
    apply(tx, archived(tx).await?).await
}

fn counted(row: Model) -> ((i64, String, String), i64) {
    ((row.task_id, row.tag_name, row.tag_value), row.calls)
}

/// The counts, counted from the tags of the calls that are not removed.
fn recount() -> SelectStatement {
    let task = Expr::col((call::Entity, call::Column::TaskId));
    Query::select()
        .expr_as(Func::coalesce([task, Expr::value(0_i64)]), "task_id")
        .column((call_tag::Entity, call_tag::Column::TagName))
        .column((call_tag::Entity, call_tag::Column::TagValue))
        .expr_as(
            Expr::col((call_tag::Entity, call_tag::Column::Id)).count(),
            "calls",
        )
        .from(call_tag::Entity)
        .join(
            JoinType::InnerJoin,
            call::Entity,
            Expr::col((call::Entity, call::Column::Id))
                .equals((call_tag::Entity, call_tag::Column::CallId)),
        )
        .and_where(Expr::col((call::Entity, call::Column::RemovedAt)).is_null())
        .add_group_by([Expr::cust("1"), Expr::cust("2"), Expr::cust("3")])
        .take()
}

/// A tag that calls have, and how many.
#[catalogue::row]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagRow {
    /// The question or field.
    #[api(filter, order)]
    pub tag_name: String,
    /// The answer.
    #[api(filter, order)]
    pub tag_value: String,
    /// Calls that have it.
    #[api(filter, order, resolved)]
    pub tag_count: i64,
}

/// All tags that calls have, by name and value.
pub static DISTINCT_TAGS: LazyTable = LazyLock::new(|| {
    let order = &[
        OrderKey::ascending("tag_name"),
        OrderKey::ascending("tag_value"),
    ];
    let unique = &["tag_name", "tag_value"];
    Table::derived::<TagRow>("tags", "Tag", distinct, unique, order)
});

impl Stored for TagRow {
    fn table() -> &'static Table {
        &DISTINCT_TAGS
    }
}

fn distinct() -> SelectStatement {
    let sum = dialect::big_sum(Expr::col(Column::Calls));
    Query::select()
        .columns([Column::TagName, Column::TagValue])
        .expr_as(sum.clone(), "tag_count")
        .from(Entity)
        .group_by_columns([Column::TagName, Column::TagValue])
        .and_having(sum.gt(0))
        .take()
}

/// Tags of the calls of a package.
pub mod of_package {
    use super::{
        Alias, Column, Entity, Expr, ExprTrait, JoinType, LazyLock, LazyTable, OrderKey, Query,
        SelectStatement, SimpleExpr, Stored, Table, dial_task, dialect,
    };

    /// A tag that calls of a package have.
    #[catalogue::row]
    #[derive(Debug, Clone, PartialEq)]
    pub struct TagSummaryRow {
        /// The package.
        pub package_id: i64,
        /// The question or field.
        #[api(filter, order)]
        pub tag_name: String,
        /// The answer.
        #[api(filter, order)]
        pub tag_value: String,
        /// Calls of the package's tasks that have it.
        #[api(filter, order, resolved)]
        pub tag_count: i64,
        /// Its share of the package's tags of this name, 0–100: of 4 answers to interest_level, 1 that
        /// is high makes 25.
        #[api(filter, order)]
        pub percentage: f64,
    }

    /// The tags of all packages, by name and value.
    pub static TAG_SUMMARIES: LazyTable = LazyLock::new(|| {
        let order = &[
            OrderKey::ascending("tag_name"),
            OrderKey::ascending("tag_value"),
        ];
        let unique = &["tag_name", "tag_value"];
        Table::derived::<TagSummaryRow>(
            "package_tag_summaries",
            "PackageTagSummary",
            summaries,
            unique,
            order,
        )
    });

    impl Stored for TagSummaryRow {
        fn table() -> &'static Table {
            &TAG_SUMMARIES
        }
    }

    fn summaries() -> SelectStatement {
        let package = (dial_task::Entity, dial_task::Column::PackageId);
        let sum = dialect::big_sum(Expr::col((Entity, Column::Calls)));
        let counts = Query::select()
            .column(package)
            .columns([(Entity, Column::TagName), (Entity, Column::TagValue)])
            .expr_as(sum.clone(), "tag_count")
            .from(Entity)
            .join(
                JoinType::InnerJoin,
                dial_task::Entity,
                Expr::col((dial_task::Entity, dial_task::Column::Id))
                    .equals((Entity, Column::TaskId)),
            )
            .and_where(Expr::col(package).is_not_null())
            .group_by_col(package)
            .group_by_columns([(Entity, Column::TagName), (Entity, Column::TagValue)])
            .and_having(sum.gt(0))
            .take();
        let column = |name: &'static str| Expr::col((Alias::new("counts"), Alias::new(name)));
        let of_name = "SUM(\"counts\".\"tag_count\") OVER (PARTITION BY \"counts\".\"package_id\", \"counts\".\"tag_name\")";
        let exact = |number: SimpleExpr| number.cast_as("DOUBLE PRECISION");
        let share = exact(column("tag_count"))
            .mul(100)
            .div(exact(Expr::cust(of_name)));
        Query::select()
            .expr_as(column("package_id"), "package_id")
            .expr_as(column("tag_name"), "tag_name")
            .expr_as(column("tag_value"), "tag_value")
            .expr_as(column("tag_count"), "tag_count")
            .expr_as(share, "percentage")
            .from_subquery(counts, "counts")
            .take()
    }
}
