//! `agents` and `dial_tasks` as calls refer to them: by their source's id, with a name. The name of the
//! newest call counts, whichever is written first.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DatabaseBackend, QueryResult, Value,
    sea_query::{
        Expr, ExprTrait, Func, InsertStatement, OnConflict, Query, SelectStatement, SimpleExpr,
    },
};

use crate::{
    domain::{
        dialing::CallSource,
        naming::{Nameable, Named},
        scalar::Kind,
    },
    store::{Result, Transaction, dialect},
};

/// A table whose rows calls name.
pub trait NamedTable {
    /// What calls say of a row.
    type Item: Nameable;
    /// The table.
    const TABLE: &'static str;
    /// The column of its name.
    const NAME: &'static str;
    /// A column whose value follows from the name.
    const FOLLOWING: Option<&'static str>;
    /// Whether its rows count their changes in `version`.
    const VERSIONED: bool;

    /// The value of [`Self::FOLLOWING`].
    fn following(item: &Self::Item) -> bool;
    /// The name of a new row that no call names.
    fn unnamed(item: &Self::Item) -> Option<&str>;
    /// What else a new row needs.
    fn rest() -> Option<(&'static str, Value)>;
}

const ID: &str = "id";
const EXTERNAL_ID: &str = "external_id";
const SOURCE: &str = "source";
const AS_OF: &str = "name_as_of";
const CALL: &str = "name_call";
const CREATED_AT: &str = "created_at";
const UPDATED_AT: &str = "updated_at";
const VERSION: &str = "version";

/// A row that is stored, as far as naming it needs.
#[derive(Debug, Clone)]
struct StoredName {
    id: i64,
    name: Option<String>,
    /// The time of the call that gave the name; none where no call did.
    as_of: Option<DateTime<Utc>>,
    /// The external id of that call; none where a person gave the name.
    call: Option<String>,
    following: Option<bool>,
}

impl StoredName {
    /// Whether a call that gives it `name` is newer than the one that gave the name that is stored, or is
    /// that one and says another name now.
    fn gives_way_to<T: Nameable>(&self, named: &Named<'_, T>, name: &str) -> bool {
        let Some(as_of) = self.as_of else {
            return true;
        };
        let stored = (as_of, self.call.as_deref().unwrap_or_default());
        let new = (named.as_of, named.call);
        stored < new || (stored == new && self.name.as_deref() != Some(name))
    }
}

/// The rows of one source that calls refer to, by external id.
#[derive(Debug, Clone, Default)]
pub struct Known {
    rows: HashMap<String, StoredName>,
    /// Ids of those that were added just now.
    pub inserted: Vec<i64>,
}

impl Known {
    /// The id of the row with this external id.
    #[must_use]
    pub fn id(&self, external_id: &str) -> Option<i64> {
        Some(self.rows.get(external_id)?.id)
    }
}

/// Reads the rows that [`select`] finds.
pub(in crate::store) fn read<'a>(rows: impl IntoIterator<Item = &'a QueryResult>) -> Result<Known> {
    let mut known = Known::default();
    for row in rows {
        let stored = StoredName {
            id: row.try_get_by(0)?,
            name: row.try_get_by(2)?,
            as_of: row.try_get_by(3)?,
            call: row.try_get_by(4)?,
            following: row.try_get_by(5)?,
        };
        known.rows.insert(row.try_get_by(1)?, stored);
    }
    Ok(known)
}

/// The rows of `source` with these external ids, in six columns.
pub(in crate::store) fn select<T: NamedTable>(
    backend: DatabaseBackend,
    source: CallSource,
    external_ids: &[&str],
) -> SelectStatement {
    let mut select = SelectStatement::new();
    select
        .columns([ID, EXTERNAL_ID, T::NAME, AS_OF, CALL])
        .expr(match T::FOLLOWING {
            Some(column) => Expr::col(column),
            None => Expr::cust("CAST(NULL AS BOOLEAN)"),
        })
        .from(T::TABLE)
        .and_where(dialect::among(backend, EXTERNAL_ID, external_ids))
        .and_where(Expr::col(SOURCE).eq(source));
    select
}

async fn find<T: NamedTable>(
    tx: &Transaction,
    source: CallSource,
    external_ids: &[&str],
) -> Result<Known> {
    if external_ids.is_empty() {
        return Ok(Known::default());
    }
    let select = select::<T>(tx.get_database_backend(), source, external_ids);
    read(&tx.query_all(&select).await?)
}

/// The ids of the rows of `source` with these external ids; of others there are none.
pub async fn ids<T: NamedTable>(
    tx: &Transaction,
    source: CallSource,
    external_ids: &[&str],
) -> Result<HashMap<String, i64>> {
    let found = find::<T>(tx, source, external_ids).await?.rows;
    Ok(found.into_iter().map(|(id, row)| (id, row.id)).collect())
}

/// Adds those of the rows that are `needed` and not `known`.
pub async fn add<T: NamedTable>(
    tx: &Transaction,
    source: CallSource,
    named: &[Named<'_, T::Item>],
    needed: &BTreeSet<&str>,
    known: &mut Known,
    now: DateTime<Utc>,
) -> Result<()> {
    let is_new = |named: &&Named<'_, T::Item>| {
        let id = named.external_id();
        needed.contains(id) && !known.rows.contains_key(id)
    };
    let new = named.iter().filter(is_new).map(|named| (None, named));
    let new: Vec<_> = new.collect();
    if new.is_empty() {
        return Ok(());
    }
    for rows in new.chunks(ROWS) {
        let mut insert = insert::<T>(tx.get_database_backend(), source, rows, now);
        // Somebody else may have added some meanwhile.
        insert.on_conflict(OnConflict::columns(KEY).do_nothing().to_owned());
        tx.execute(&insert).await?;
    }
    let ids: Vec<&str> = new.iter().map(|(_, named)| named.external_id()).collect();
    let added = find::<T>(tx, source, &ids).await?.rows;
    known.inserted.extend(added.values().map(|row| row.id));
    known.rows.extend(added);
    Ok(())
}

/// Gives rows the names of calls that are newer than those that gave them the names that they have. To be
/// done last of all: others who name them wait. Returns the ids of those whose name changed.
pub async fn rename<T: NamedTable>(
    tx: &Transaction,
    source: CallSource,
    named: &[Named<'_, T::Item>],
    known: &Known,
    now: DateTime<Utc>,
) -> Result<Vec<i64>> {
    let (mut changed, mut renamed) = (Vec::new(), Vec::new());
    for named in named {
        let stored = known.rows.get(named.external_id());
        let Some((stored, name)) = stored.zip(named.name()) else {
            continue;
        };
        let differs = stored.name.as_deref() != Some(name);
        // The same name can come to something else than before: which names are no seats is a setting.
        let follows = T::FOLLOWING.is_none() || stored.following == Some(T::following(named.item));
        if !stored.gives_way_to(named, name) && (differs || follows) {
            continue;
        }
        if differs {
            renamed.push(stored.id);
        }
        changed.push((Some(stored.id), named));
    }
    // The order in which every writer locks them.
    changed.sort_by_key(|(id, _)| *id);
    for rows in changed.chunks(ROWS) {
        let mut upsert = insert::<T>(tx.get_database_backend(), source, rows, now);
        upsert.on_conflict(newer::<T>(tx.get_database_backend()));
        tx.execute(&upsert).await?;
    }
    Ok(renamed)
}

const KEY: [&str; 2] = [EXTERNAL_ID, SOURCE];
/// Rows a statement, of at most ten values each.
const ROWS: usize = dialect::MAX_BINDINGS / 10;

/// Inserts rows, of which those that are there have an id.
fn insert<T: NamedTable>(
    backend: DatabaseBackend,
    source: CallSource,
    rows: &[(Option<i64>, &Named<'_, T::Item>)],
    now: DateTime<Utc>,
) -> InsertStatement {
    // PostgreSQL would take a number of the sequence for each, and lose it. SQLite takes none, and would
    // find two constraints in conflict.
    let has_ids = backend == DatabaseBackend::Postgres && rows.iter().all(|(id, _)| id.is_some());
    let rest = T::rest();
    let columns = [
        SOURCE,
        EXTERNAL_ID,
        T::NAME,
        AS_OF,
        CALL,
        CREATED_AT,
        UPDATED_AT,
    ];
    let mut insert = Query::insert();
    insert.into_table(T::TABLE).columns(
        columns
            .into_iter()
            .chain(T::FOLLOWING)
            .chain(rest.as_ref().map(|(column, _)| *column))
            .chain(has_ids.then_some(ID)),
    );
    for (id, named) in rows {
        let name = named.name();
        let values: [Value; 7] = [
            source.into(),
            named.external_id().into(),
            name.or_else(|| T::unnamed(named.item)).into(),
            name.map(|_| named.as_of).into(),
            name.map(|_| named.call).into(),
            now.into(),
            now.into(),
        ];
        let following = T::FOLLOWING.map(|_| T::following(named.item).into());
        let rest = rest.as_ref().map(|(_, value)| value.clone());
        let id = id.filter(|_| has_ids).map(Value::from);
        let values = values.into_iter().chain(following).chain(rest).chain(id);
        insert.values_panic(values.map(Expr::value));
    }
    insert
}

/// Puts the inserted name in the place of the stored one, where its call is newer.
fn newer<T: NamedTable>(backend: DatabaseBackend) -> OnConflict {
    let stored = |column: &'static str| Expr::col((T::TABLE, column));
    let given = |column: &'static str| Expr::col(("excluded", column));
    let is_newer = || {
        let call = Expr::expr(Func::coalesce([stored(CALL), Expr::value("")]));
        let call = dialect::ordered(backend, call, Kind::Text);
        let same_time = stored(AS_OF).eq(given(AS_OF));
        let same_time = same_time.and(call.lte(dialect::ordered(backend, given(CALL), Kind::Text)));
        let later = stored(AS_OF).lt(given(AS_OF));
        stored(AS_OF).is_null().or(later).or(same_time)
    };
    let newer = |column| -> SimpleExpr {
        Expr::case(is_newer(), given(column))
            .finally(stored(column))
            .into()
    };
    // NULL, which is no name yet, is another one.
    let same_name = || stored(T::NAME).eq(given(T::NAME));
    let same = || match T::FOLLOWING {
        Some(column) => same_name().and(stored(column).eq(given(column))),
        None => same_name(),
    };
    let mut update = OnConflict::columns(KEY);
    update
        .update_columns([T::NAME].into_iter().chain(T::FOLLOWING))
        .value(AS_OF, newer(AS_OF))
        .value(CALL, newer(CALL))
        .value(
            UPDATED_AT,
            Expr::case(same(), stored(UPDATED_AT)).finally(given(UPDATED_AT)),
        );
    if T::VERSIONED {
        let version = || stored(VERSION);
        let next = Expr::case(same(), version()).finally(version().add(1));
        update.value(VERSION, next);
    }
    let mut allowed = is_newer();
    if let Some(column) = T::FOLLOWING {
        allowed = allowed.or(same_name().and(stored(column).ne(given(column))));
    }
    update.action_and_where(allowed);
    update
}
