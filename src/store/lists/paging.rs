//! Keyset paging: the walk along an ordering, as conditions and sort keys in SQL.
//!
//! Whoever sees telephone numbers masked gets a text that may hold one at the end, as if there was
//! nothing: neither its place nor a cursor beside it tells its digits.

use std::cmp::Ordering;

use sea_orm::{
    DatabaseBackend,
    sea_query::{Alias, Expr, ExprTrait, NullOrdering, Order, SelectStatement, SimpleExpr},
};

use crate::{
    domain::{
        page::{Cursor, List, OrderKey, Page, PageRequest},
        privacy::may_hide,
        scalar::{Kind, Scalar},
        veil::{SHOWN_END, Veil, shown_end},
    },
    store::{
        Result, dialect,
        filters::{unknown, value},
        record::AnyRecord,
        table::{Privacy, Table},
    },
};

/// One walk along an ordering: which way, between which places, how far.
pub(in crate::store) struct Scan<'a> {
    keys: Vec<Key>,
    backward: bool,
    after: Option<&'a Cursor>,
    before: Option<&'a Cursor>,
    /// Whether the row at the cursor itself belongs to the range.
    inclusive: bool,
    limit: u64,
}

/// A sort key; where it has no value, the row comes last.
pub(in crate::store) struct Key {
    field: &'static str,
    /// The place of its column.
    place: usize,
    pub descending: bool,
    nullable: bool,
    kind: Kind,
    form: Form,
}

/// What of a column rows are ordered by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// What it holds.
    Whole,
    /// That, unless it may hold a number: nothing then.
    Veiled,
    /// Its last characters, as far as they are shown of a number.
    Tail,
    /// Its hash, which tells nothing of it.
    Shuffled(Veil),
}

/// On which side of a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    After,
    Before,
}

impl<'a> Scan<'a> {
    /// The page and one row more, which tells whether the list goes on.
    pub fn of(table: &Table, list: &'a List) -> Result<Self> {
        Ok(Self {
            keys: keys(table, &list.order, list.page.veil)?,
            backward: list.page.backward,
            after: list.page.after.as_ref(),
            before: list.page.before.as_ref(),
            inclusive: false,
            limit: u64::from(list.page.size) + 1,
        })
    }

    /// The first row on the other side of the cursor that the page starts from.
    pub fn behind(table: &Table, list: &'a List) -> Result<Option<Self>> {
        let page = &list.page;
        let Some(origin) = page.origin().filter(|_| page.look_behind) else {
            return Ok(None);
        };
        Ok(Some(Self {
            keys: keys(table, &list.order, page.veil)?,
            backward: !page.backward,
            after: page.backward.then_some(origin),
            before: (!page.backward).then_some(origin),
            inclusive: true,
            limit: 1,
        }))
    }

    /// How many rows at most.
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    /// The condition that a row, which goes by `alias`, lies within the walk.
    pub fn range(&self, backend: DatabaseBackend, alias: &str) -> Option<SimpleExpr> {
        let place = |cursor: Option<&Cursor>, side| {
            cursor.map(|cursor| self.beside(backend, alias, &cursor.0, side))
        };
        let after = place(self.after, Side::After);
        let before = place(self.before, Side::Before);
        match (after, before) {
            (Some(after), Some(before)) => Some(after.and(before)),
            (after, before) => after.or(before),
        }
    }

    /// Each sort key with its direction, for `alias`.
    pub fn order(
        &self,
        backend: DatabaseBackend,
        alias: &str,
    ) -> impl Iterator<Item = (SimpleExpr, Order, Option<NullOrdering>)> {
        self.keys.iter().map(move |key| {
            let order = if key.descending == self.backward {
                Order::Asc
            } else {
                Order::Desc
            };
            let nulls = if self.backward {
                NullOrdering::First
            } else {
                NullOrdering::Last
            };
            (
                key.column(backend, alias),
                order,
                key.nullable.then_some(nulls),
            )
        })
    }

    /// Orders and limits `query`, whose rows go by `alias`, to the walk.
    pub fn apply(&self, backend: DatabaseBackend, alias: &str, query: &mut SelectStatement) {
        if let Some(range) = self.range(backend, alias) {
            query.and_where(range);
        }
        for (key, order, nulls) in self.order(backend, alias) {
            match nulls {
                Some(nulls) => query.order_by_expr_with_nulls(key, order, nulls),
                None => query.order_by_expr(key, order),
            };
        }
        query.limit(self.limit);
    }

    fn beside(
        &self,
        backend: DatabaseBackend,
        alias: &str,
        place: &[Scalar],
        side: Side,
    ) -> SimpleExpr {
        let descending = self.keys.first().is_some_and(|key| key.descending);
        let alike = |key: &Key| !key.nullable && key.descending == descending;
        // One comparison of rows, which an index over the keys answers.
        if self.keys.iter().all(alike) {
            let own = Expr::tuple(self.keys.iter().map(|key| key.column(backend, alias)));
            let place = Expr::tuple(place.iter().map(value));
            return match ((side == Side::After) == descending, self.inclusive) {
                (false, false) => own.gt(place),
                (false, true) => own.gte(place),
                (true, false) => own.lt(place),
                (true, true) => own.lte(place),
            };
        }
        // From the last key to the first: beside it in this key, or level with it and beside it
        // in the next ones.
        let mut beside = Expr::cust(if self.inclusive { "TRUE" } else { "FALSE" });
        for (key, place) in self.keys.iter().zip(place).rev() {
            let level = key.level(backend, alias, place);
            beside = key
                .beside(backend, alias, place, side)
                .or(level.and(beside));
        }
        beside
    }
}

impl Key {
    /// The value by which a row stands where it does.
    pub fn value(&self, row: &AnyRecord) -> Result<Scalar> {
        Ok(match (self.form, row.value(self.place)?) {
            (Form::Veiled, Scalar::Text(text)) if may_hide(&text) => Scalar::Null,
            (Form::Tail, Scalar::Text(text)) => shown_end(&text).map_or(Scalar::Null, Scalar::Text),
            (_, value) => value,
        })
    }

    /// The order of two such values, where it is ascending.
    pub fn compare(&self, a: &Scalar, b: &Scalar) -> Ordering {
        match (self.form, a, b) {
            (Form::Shuffled(veil), Scalar::Text(a), Scalar::Text(b)) => veil.compare(a, b),
            (_, a, b) => a.cmp(b),
        }
    }

    fn column(&self, backend: DatabaseBackend, alias: &str) -> SimpleExpr {
        self.ordered(backend, self.formed(backend, alias))
    }

    /// What values are compared by.
    fn ordered(&self, backend: DatabaseBackend, value: SimpleExpr) -> SimpleExpr {
        match self.form {
            Form::Shuffled(veil) => dialect::shuffled(backend, value, veil),
            _ => dialect::ordered(backend, value, self.kind),
        }
    }

    fn formed(&self, backend: DatabaseBackend, alias: &str) -> SimpleExpr {
        let plain = Expr::col((Alias::new(alias), self.field));
        match self.form {
            Form::Whole | Form::Shuffled(_) => plain,
            Form::Veiled => dialect::unless_personal(backend, plain),
            Form::Tail => {
                let end = dialect::tail(backend, plain, SHOWN_END);
                dialect::unless_personal(backend, end)
            }
        }
    }

    fn level(&self, backend: DatabaseBackend, alias: &str, place: &Scalar) -> SimpleExpr {
        match place {
            Scalar::Null => self.formed(backend, alias).is_null(),
            place => self.formed(backend, alias).eq(value(place)),
        }
    }

    fn beside(
        &self,
        backend: DatabaseBackend,
        alias: &str,
        place: &Scalar,
        side: Side,
    ) -> SimpleExpr {
        match (place, side) {
            // Rows without a value are the last ones.
            (Scalar::Null, Side::After) => Expr::cust("FALSE"),
            (Scalar::Null, Side::Before) => self.formed(backend, alias).is_not_null(),
            (place, side) => {
                let own = self.column(backend, alias);
                let place = match self.form {
                    Form::Shuffled(_) => self.ordered(backend, value(place)),
                    _ => value(place),
                };
                let beside = if (side == Side::After) == self.descending {
                    own.lt(place)
                } else {
                    own.gt(place)
                };
                if side == Side::After && self.nullable {
                    beside.or(self.formed(backend, alias).is_null())
                } else {
                    beside
                }
            }
        }
    }
}

/// The sort keys of a list of `table` in this order, which tell each row from every other.
pub(in crate::store) fn keys(
    table: &Table,
    order: &[OrderKey],
    veil: Option<Veil>,
) -> Result<Vec<Key>> {
    let key = |key: &OrderKey, form| {
        let (place, column) = table
            .column(key.field)
            .ok_or_else(|| unknown(table, key.field))?;
        Ok(Key {
            field: column.name,
            place,
            descending: key.descending,
            nullable: column.nullable || matches!(form, Form::Veiled | Form::Tail),
            kind: column.kind,
            form,
        })
    };
    let hides = |key: &OrderKey| veil.is_some() && table.privacy(key.field) != Privacy::Open;
    let form = |key: &OrderKey| {
        if hides(key) {
            Form::Veiled
        } else {
            Form::Whole
        }
    };
    let mut keys = order
        .iter()
        .map(|asked| key(asked, form(asked)))
        .collect::<Result<Vec<_>>>()?;
    // Texts that tell rows apart still have to, if need be: first by what is shown of them, then in an
    // order that tells nothing.
    let unique = |asked: &&OrderKey| table.unique.contains(&asked.field) && hides(asked);
    let forms = veil.map(|veil| [Form::Tail, Form::Shuffled(veil)]);
    for form in forms.into_iter().flatten() {
        for asked in order.iter().filter(unique) {
            keys.push(key(asked, form)?);
        }
    }
    Ok(keys)
}

/// Where a row stands in a list of `table`: what a cursor beside it holds.
pub fn place(table: &Table, list: &List, row: &AnyRecord) -> Result<Cursor> {
    let keys = keys(table, &list.order, list.page.veil)?;
    let values = keys.iter().map(|key| key.value(row));
    Ok(Cursor(values.collect::<Result<_>>()?))
}

/// What the values of such a cursor are.
pub fn kinds(table: &Table, order: &[OrderKey], veil: Option<Veil>) -> Result<Vec<Kind>> {
    let keys = keys(table, order, veil)?;
    Ok(keys.iter().map(|key| key.kind).collect())
}

/// The page that rows make up, read in the direction of `request`, with one more where the list
/// goes on.
pub(in crate::store) fn page<T>(mut rows: Vec<T>, request: &PageRequest, behind: bool) -> Page<T> {
    let size = request.size as usize;
    // An empty page has no cursor to go on with: who is sent on without one begins again, for ever.
    let more = size > 0 && rows.len() > size;
    rows.truncate(size);
    let behind = behind && !rows.is_empty();
    if request.backward {
        rows.reverse();
    }
    let (has_previous, has_next) = if request.backward {
        (more, behind)
    } else {
        (behind, more)
    };
    Page {
        items: rows,
        has_previous,
        has_next,
    }
}
