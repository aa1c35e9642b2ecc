//! The only places where SQLite and PostgreSQL are spoken to differently.

use std::{ops::RangeInclusive, sync::LazyLock};

use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr,
    IsolationLevel, Statement, TransactionTrait,
    sea_query::{
        BinOper, Expr, ExprTrait, Func, FunctionCall, IntoColumnRef, JoinType, LikeExpr,
        LockBehavior, LockType, SelectStatement, SimpleExpr, extension::postgres::PgFunc,
    },
};

use crate::{
    domain::{privacy, scalar::Kind, veil::Veil},
    store::{Result, Transaction, business_zones},
};

/// Most values that one statement may bind: SQLite takes 32,766, PostgreSQL 65,535.
pub const MAX_BINDINGS: usize = 30_000;

/// That a text column holds one of `texts`. PostgreSQL takes them as one array, so that the
/// statement is the same text, and prepared once, for any number of them.
pub fn among(backend: DatabaseBackend, column: impl IntoColumnRef, texts: &[&str]) -> SimpleExpr {
    let column = Expr::col(column);
    if backend == DatabaseBackend::Postgres {
        let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        column.eq(PgFunc::any(texts))
    } else {
        column.is_in(texts.iter().copied())
    }
}

/// Rows of a few short columns a statement: one TLS record's worth, see `bulk`.
pub const ROWS_A_STATEMENT: usize = 150;

/// A sum that is a 64-bit integer on both databases; PostgreSQL's own would be numeric.
pub fn big_sum(measure: SimpleExpr) -> SimpleExpr {
    Expr::expr(Func::coalesce([measure.sum(), Expr::value(0)])).cast_as("BIGINT")
}

/// Locks the selected rows until the transaction ends. SQLite has one writer, and no need.
pub fn lock_rows(backend: DatabaseBackend, select: &mut SelectStatement) {
    if backend == DatabaseBackend::Postgres {
        select.lock(LockType::Update);
    }
}

/// Locks the selected rows, leaving out those that another transaction has locked: of several that
/// look for work, each finds some of its own.
pub fn skip_locked(backend: DatabaseBackend, select: &mut SelectStatement) {
    if backend == DatabaseBackend::Postgres {
        select.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
}

/// Keeps the selected rows from being deleted until the transaction ends; others may still refer
/// to them and change them.
pub fn hold_rows(backend: DatabaseBackend, select: &mut SelectStatement) {
    if backend == DatabaseBackend::Postgres {
        select.lock(LockType::KeyShare);
    }
}

/// Says that this transaction writes calls, or what else has business days, by the grade catalogue and
/// the time zone as they are: who wants the calls for themselves, see [`claim_calls`], waits for it,
/// and it for them. Refused where the days are no longer those that this process counts by.
pub async fn write_calls(tx: &Transaction) -> Result<()> {
    if tx.get_database_backend() == DatabaseBackend::Postgres {
        tx.execute_unprepared("SELECT pg_advisory_xact_lock_shared(7231946)")
            .await?;
    }
    business_zones::check(tx).await
}

/// Keeps everybody else from writing calls until the transaction ends; readers go on, and so does
/// whoever writes other tables. To be taken before any row is locked. Refused as [`write_calls`] is.
pub async fn claim_calls(tx: &Transaction) -> Result<()> {
    if tx.get_database_backend() == DatabaseBackend::Postgres {
        tx.execute_unprepared("SELECT pg_advisory_xact_lock(7231946)")
            .await?;
    }
    business_zones::check(tx).await
}

/// Keeps everybody else from giving users names until the transaction ends. SQLite has one writer, and no
/// need.
pub async fn claim_user_names(tx: &Transaction) -> Result<()> {
    if tx.get_database_backend() == DatabaseBackend::Postgres {
        tx.execute_unprepared("SELECT pg_advisory_xact_lock(7231947)")
            .await?;
    }
    Ok(())
}

/// On SQLite, the ids of the `rows` rows that this transaction has just inserted, in their order: it has
/// one writer, and numbers rows one after the other. To have it return each costs more.
pub async fn last_ids(tx: &Transaction, rows: usize) -> Result<RangeInclusive<i64>> {
    let last = Statement::from_string(DatabaseBackend::Sqlite, "SELECT last_insert_rowid()");
    let last = tx.query_one_raw(last).await?;
    let last: i64 = last.map_or(Ok(0), |row| row.try_get_by(0))?;
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    Ok(last - rows + 1..=last)
}

/// The time by the database's clock, as instants are stored: for what migrations change.
pub fn now(backend: DatabaseBackend) -> SimpleExpr {
    if backend == DatabaseBackend::Postgres {
        Expr::cust("CURRENT_TIMESTAMP")
    } else {
        Expr::cust("strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')")
    }
}

/// Lets one migrate at a time. SQLite's transaction has the write lock already.
pub async fn lock_migrations(tx: &Transaction) -> Result<()> {
    if tx.get_database_backend() == DatabaseBackend::Postgres {
        // An arbitrary number that nothing else locks by; then that of writers of calls, before any table:
        // instances of the version before may be writing.
        for lock in [7_231_945, 7_231_946] {
            tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({lock})"))
                .await?;
        }
    }
    Ok(())
}

/// On SQLite, where migrations are not held to foreign keys: fails when a row refers to one that is missing.
pub async fn check_foreign_keys(tx: &Transaction) -> Result<()> {
    if tx.get_database_backend() != DatabaseBackend::Sqlite {
        return Ok(());
    }
    let check = Statement::from_string(DatabaseBackend::Sqlite, "PRAGMA foreign_key_check");
    let Some(row) = tx.query_one_raw(check).await? else {
        return Ok(());
    };
    let (table, parent): (String, String) = (row.try_get_by(0)?, row.try_get_by(2)?);
    let message = format!("a row of {table} refers to a row of {parent} that is missing");
    Err(DbErr::Migration(message).into())
}

/// What keeps the audit log from being changed, while it is lifted: the statements that put it back.
pub struct AuditGuard(Vec<String>);

/// Lets this transaction change what is in the audit log. Others see no moment without the guard: it is
/// changed in the transaction, and PostgreSQL locks the table.
pub async fn lift_audit_guard(tx: &Transaction) -> Result<AuditGuard> {
    if tx.get_database_backend() == DatabaseBackend::Postgres {
        tx.execute_unprepared("ALTER TABLE audit_log DISABLE TRIGGER USER")
            .await?;
        let back = "ALTER TABLE audit_log ENABLE TRIGGER USER";
        return Ok(AuditGuard(vec![back.to_owned()]));
    }
    let triggers =
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_log'";
    let triggers = Statement::from_string(DatabaseBackend::Sqlite, triggers);
    let mut back = Vec::new();
    for row in tx.query_all_raw(triggers).await? {
        let (name, sql): (String, String) = (row.try_get_by(0)?, row.try_get_by(1)?);
        tx.execute_unprepared(&format!("DROP TRIGGER \"{name}\""))
            .await?;
        back.push(sql);
    }
    Ok(AuditGuard(back))
}

/// Keeps the audit log as before.
pub async fn restore_audit_guard(tx: &Transaction, guard: AuditGuard) -> Result<()> {
    for statement in guard.0 {
        tx.execute_unprepared(&statement).await?;
    }
    Ok(())
}

/// Selects every table and column of the program's own schema.
pub fn columns(backend: DatabaseBackend) -> Statement {
    let sql = if backend == DatabaseBackend::Postgres {
        "SELECT c.table_name::text, c.column_name::text FROM information_schema.columns c \
         JOIN information_schema.tables t USING (table_schema, table_name) \
         WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'"
    } else {
        "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'"
    };
    Statement::from_string(backend, sql)
}

/// Lets the statements of this transaction take as long as they need.
pub async fn unhurried(tx: &impl ConnectionTrait) -> Result<()> {
    if tx.get_database_backend() == DatabaseBackend::Postgres {
        tx.execute_unprepared("SET LOCAL statement_timeout = 0")
            .await?;
    }
    Ok(())
}

/// A transaction in which every read sees the same state, however long it takes.
pub async fn snapshot(db: &DatabaseConnection) -> Result<DatabaseTransaction> {
    let postgres = db.get_database_backend() == DatabaseBackend::Postgres;
    let isolation = postgres.then_some(IsolationLevel::RepeatableRead);
    let tx = db.begin_with_config(isolation, None).await?;
    unhurried(&tx).await?;
    Ok(tx)
}

/// Makes this transaction look rows up by index whatever the statistics say.
///
/// PostgreSQL keeps a prepared statement's plan from its sixth execution on. While a database is
/// filled for the first time that is a plan for a small table, a scan, and every batch reads all
/// that came before it (measured: 40–60 ms in place of 1 among 28,719 calls).
pub async fn prefer_indexes(tx: &Transaction) -> Result<()> {
    if tx.get_database_backend() == DatabaseBackend::Postgres {
        tx.execute_unprepared("SET LOCAL enable_seqscan = off")
            .await?;
    }
    Ok(())
}

/// Keeps other writers away from `table` until the transaction ends; readers go on.
pub async fn lock_table(tx: &Transaction, table: &'static str) -> Result<()> {
    if tx.get_database_backend() == DatabaseBackend::Postgres {
        tx.execute_unprepared(&format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
            .await?;
    }
    Ok(())
}

/// Joins to each row of the outer query, as `alias`, the rows of `table` that the correlated
/// `limited` (a selection of rows that go by `alias` too, without columns yet) finds: the first few
/// by some order.
///
/// PostgreSQL takes a lateral join. SQLite has none, but looks rows up by a correlated list of
/// ids, which comes to the same plan there: an index probe a parent. (PostgreSQL would scan.)
pub fn join_limited(
    backend: DatabaseBackend,
    query: &mut SelectStatement,
    table: &'static str,
    columns: impl Iterator<Item = &'static str>,
    alias: &'static str,
    mut limited: SelectStatement,
) {
    if backend == DatabaseBackend::Postgres {
        for column in columns {
            limited.column((alias, column));
        }
        query.join_lateral(JoinType::InnerJoin, limited, alias, Expr::cust("TRUE"));
    } else {
        limited.column((alias, "id"));
        query.join_as(
            JoinType::InnerJoin,
            table,
            alias,
            Expr::col((alias, "id")).in_subquery(limited),
        );
    }
}

/// Most ids that one statement takes; they are one value, whatever their number.
pub const MAX_IDS: usize = 100_000;

/// That `column` holds one of `ids`, bound as one value, so that the statement is the same text,
/// and prepared once, for any number of them.
pub fn one_of_ids(backend: DatabaseBackend, column: impl IntoColumnRef, ids: &[i64]) -> SimpleExpr {
    let column = Expr::col(column);
    match ids {
        [id] => column.eq(*id),
        ids if backend == DatabaseBackend::Postgres => column.eq(PgFunc::any(ids.to_vec())),
        ids => column.in_subquery(
            SelectStatement::new()
                .column("value")
                .from_function(json_each(ids), "ids")
                .take(),
        ),
    }
}

/// Selects from a list of `ids` that goes by `alias`; [`each_id`] is one of them.
pub fn from_ids(
    backend: DatabaseBackend,
    query: &mut SelectStatement,
    ids: &[i64],
    alias: &'static str,
) {
    if backend == DatabaseBackend::Postgres {
        query.from_function(Func::cust("unnest").arg(ids.to_vec()), alias);
    } else {
        query.from_function(json_each(ids), alias);
    }
}

/// An id of the list that goes by `alias`.
pub fn each_id(backend: DatabaseBackend, alias: &'static str) -> SimpleExpr {
    // The one column of a PostgreSQL function goes by the alias itself.
    let column = if backend == DatabaseBackend::Postgres {
        alias
    } else {
        "value"
    };
    Expr::col((alias, column))
}

fn json_each(ids: &[i64]) -> FunctionCall {
    Func::cust("json_each").arg(format!("{ids:?}"))
}

/// A field to order by and to compare with greater and less: texts by their characters' numbers
/// on both databases, whatever the language that PostgreSQL's database is in.
pub fn ordered(backend: DatabaseBackend, field: SimpleExpr, kind: Kind) -> SimpleExpr {
    if backend == DatabaseBackend::Postgres && kind == Kind::Text {
        Expr::cust_with_expr(r#"$1 COLLATE "C""#, field)
    } else {
        field
    }
}

/// A text, or nothing where it may hold something personal, see [`privacy::may_hide`].
pub fn unless_personal(backend: DatabaseBackend, text: SimpleExpr) -> SimpleExpr {
    static CLASSES: LazyLock<[String; 2]> = LazyLock::new(|| {
        let known = privacy::characters();
        [class(&known.digits), class(&known.alone)]
    });
    let [digits, alone] = &*CLASSES;
    let spelled: Vec<String> = privacy::SPELLED_AT
        .iter()
        .map(|at| in_either_case(at))
        .collect();
    let (like, patterns) = if backend == DatabaseBackend::Postgres {
        let more = privacy::FEWEST_DIGITS - 1;
        let row = format!("[{digits}]([^{digits}]*[{digits}]){{{more}}}");
        ("~", vec![row, format!("[{alone}]"), spelled.join("|")])
    } else {
        let row = format!("*[{digits}]").repeat(privacy::FEWEST_DIGITS) + "*";
        let mut patterns = vec![row, format!("*[{alone}]*")];
        patterns.extend(spelled.iter().map(|spelled| format!("*{spelled}*")));
        ("GLOB", patterns)
    };
    let is_like = |pattern: String| text.clone().binary(BinOper::Custom(like), pattern);
    let mut may_hide = Expr::cust("FALSE");
    for pattern in patterns {
        may_hide = may_hide.or(is_like(pattern));
    }
    Expr::case(may_hide, Expr::cust("NULL"))
        .finally(text)
        .into()
}

/// A text in a pattern of both databases: each character as a set.
fn in_either_case(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            'a'..='z' => format!("[{c}{}]", c.to_ascii_uppercase()),
            // In a set PostgreSQL reads a backslash as an escape, and SQLite does not.
            '\\' => "[\\\\]".to_owned(),
            c => format!("[{c}]"),
        })
        .collect()
}

/// Characters as both databases write a set of them.
fn class(rows: &[RangeInclusive<char>]) -> String {
    rows.iter()
        .map(|row| match (row.start(), row.end()) {
            (start, end) if start == end => start.to_string(),
            (start, end) => format!("{start}-{end}"),
        })
        .collect()
}

/// The last characters of a text.
pub fn tail(backend: DatabaseBackend, text: SimpleExpr, length: usize) -> SimpleExpr {
    let length = i32::try_from(length).unwrap_or(i32::MAX);
    if backend == DatabaseBackend::Postgres {
        Func::cust("right").arg(text).arg(length).into()
    } else {
        Func::cust("substr").arg(text).arg(-length).into()
    }
}

/// The name of the collation that [`shuffled`] needs of SQLite, which has no hash of its own.
pub const BY_HASH: &str = "dialgraph_by_hash";

/// What texts are compared by in the order of [`Veil::compare`].
pub fn shuffled(backend: DatabaseBackend, text: SimpleExpr, veil: Veil) -> SimpleExpr {
    let salted = Expr::value(veil.salt()).binary(BinOper::Custom("||"), text);
    if backend == DatabaseBackend::Postgres {
        Expr::cust_with_expr("sha256(convert_to($1, 'UTF8'))", salted)
    } else {
        Expr::cust_with_expr(format!("(?) COLLATE {BY_HASH}"), salted)
    }
}

/// The midnight in UTC at which `day` ends, to compare instants with.
pub fn next_midnight(backend: DatabaseBackend, day: SimpleExpr) -> SimpleExpr {
    if backend == DatabaseBackend::Postgres {
        Expr::cust_with_expr("($1 + 1)::timestamp AT TIME ZONE 'UTC'", day)
    } else {
        // A text that stands before those of the instants that follow.
        Func::cust("date").arg(day).arg("+1 day").into()
    }
}

/// That a text is like `pattern`, in which a backslash escapes. Latin letters match in either case, on
/// both databases: PostgreSQL's `ILIKE` would fold others too, SQLite's `LIKE` does not.
pub fn like(backend: DatabaseBackend, field: SimpleExpr, pattern: &str) -> SimpleExpr {
    if backend == DatabaseBackend::Postgres {
        Expr::cust_with_exprs(r#"$1 COLLATE "C" ILIKE $2"#, [field, Expr::value(pattern)])
    } else {
        field.like(LikeExpr::new(pattern).escape('\\'))
    }
}
