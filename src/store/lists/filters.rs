//! Filters as conditions in SQL.
//!
//! A comparison with nothing, which SQL leaves unknown, counts as false inside a negation.

use chrono::Datelike as _;
use sea_orm::{
    DatabaseBackend,
    sea_query::{Alias, Expr, ExprTrait, Func, Query, SelectStatement, SimpleExpr},
};

use crate::{
    domain::{
        business_time::{earliest_of, latest_of},
        filter::{Filter, Quantifier, Test},
        scalar::Scalar,
        viewer::Viewer,
    },
    store::{
        Result, StoreError, dialect,
        table::{Link, Table},
    },
};

/// Writes the conditions of one statement, with those of the rows that its viewer may see.
pub(in crate::store) struct Conditions<'a> {
    backend: DatabaseBackend,
    viewer: &'a Viewer,
    /// How many related tables were named so far.
    aliases: usize,
}

impl<'a> Conditions<'a> {
    pub const fn new(backend: DatabaseBackend, viewer: &'a Viewer) -> Self {
        Self {
            backend,
            viewer,
            aliases: 0,
        }
    }

    /// That the row of `table` that goes by `alias` passes `filter`.
    pub fn of(&mut self, table: &Table, alias: &str, filter: &Filter) -> Result<SimpleExpr> {
        Ok(match filter {
            Filter::All(filters) => self.joined(table, alias, filters, true)?,
            Filter::Any(filters) => self.joined(table, alias, filters, false)?,
            Filter::Not(filter) => match self.any_related(table, filter) {
                Some(column) => column_of(alias, column).is_null(),
                None => not(self.of(table, alias, filter)?),
            },
            Filter::Field(name, test) => self.test(table, alias, name, test)?,
            Filter::One(name, inner) => {
                if let Some(column) = self.any_related(table, filter) {
                    return Ok(column_of(alias, column).is_not_null());
                }
                let (Link::One(column), target) = link(table, name)? else {
                    return Err(unknown(table, name));
                };
                let mut related = self.related(target, inner, "id")?;
                column_of(alias, column).in_subquery(related.take())
            }
            Filter::Many(name, quantifier, filter) => {
                let (Link::Many(column), target) = link(table, name)? else {
                    return Err(unknown(table, name));
                };
                self.many(alias, target, column, *quantifier, filter)?
            }
        })
    }

    /// The kind of the database.
    pub const fn backend(&self) -> DatabaseBackend {
        self.backend
    }

    /// That the viewer may see the row of `table` that goes by `alias`, where that is not all rows.
    pub fn seen(&mut self, table: &Table, alias: &str) -> Result<Option<SimpleExpr>> {
        let scope = table.scope(self.viewer);
        scope.map(|scope| self.of(table, alias, &scope)).transpose()
    }

    fn joined(
        &mut self,
        table: &Table,
        alias: &str,
        filters: &[Filter],
        all: bool,
    ) -> Result<SimpleExpr> {
        let mut joined = None;
        for filter in filters {
            let next = self.of(table, alias, filter)?;
            joined = Some(match joined {
                None => next,
                Some(before) if all => SimpleExpr::and(before, next),
                Some(before) => SimpleExpr::or(before, next),
            });
        }
        Ok(joined.unwrap_or_else(|| Expr::cust(if all { "TRUE" } else { "FALSE" })))
    }

    fn many(
        &mut self,
        alias: &str,
        target: &Table,
        column: &'static str,
        quantifier: Quantifier,
        filter: &Filter,
    ) -> Result<SimpleExpr> {
        if quantifier == Quantifier::Some {
            let mut related = self.related(target, filter, column)?;
            return Ok(column_of(alias, "id").in_subquery(related.take()));
        }
        let inner = self.alias();
        let mut condition = self.of(target, &inner, filter)?;
        if quantifier == Quantifier::Every {
            condition = not(condition);
        }
        let mut exception = Query::select()
            .expr(Expr::cust("1"))
            .from_as(target.name, Alias::new(&inner))
            .and_where(Expr::col((Alias::new(&inner), column)).equals((Alias::new(alias), "id")))
            .and_where(condition)
            .take();
        exception.and_where_option(there(target, &inner, Some(filter)));
        exception.and_where_option(self.seen(target, &inner)?);
        Ok(Expr::exists(exception).not())
    }

    /// The `column` of the rows that are there and pass the filter.
    fn related(
        &mut self,
        target: &Table,
        filter: &Filter,
        column: &'static str,
    ) -> Result<SelectStatement> {
        let alias = self.alias();
        let condition = self.of(target, &alias, filter)?;
        let seen = self.seen(target, &alias)?;
        Ok(Query::select()
            .column((Alias::new(&alias), column))
            .from_as(target.name, Alias::new(&alias))
            .and_where(condition)
            .and_where_option(there(target, &alias, Some(filter)))
            .and_where_option(seen)
            .take())
    }

    /// The column that leads to a related row, where `filter` asks for any such row at all and rows
    /// that it leads to are always there, and seen.
    fn any_related(&self, table: &Table, filter: &Filter) -> Option<&'static str> {
        let Filter::One(name, inner) = filter else {
            return None;
        };
        let asks_nothing = matches!(inner.as_ref(), Filter::All(filters) if filters.is_empty());
        match link(table, name).ok()? {
            (Link::One(column), target)
                if asks_nothing && target.gone.is_none() && target.scope(self.viewer).is_none() =>
            {
                Some(column)
            }
            _ => None,
        }
    }

    fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("f{}", self.aliases)
    }

    fn test(
        &self,
        table: &Table,
        alias: &str,
        name: &'static str,
        test: &Test,
    ) -> Result<SimpleExpr> {
        let Some((_, column)) = table.column(name) else {
            return Err(unknown(table, name));
        };
        let field = || column_of(alias, name);
        let ordered = || dialect::ordered(self.backend, field(), column.kind);
        let condition = match test {
            Test::Equal(wanted) => field().eq(value(wanted)),
            Test::Among(wanted) if wanted.is_empty() => Expr::cust("FALSE"),
            Test::Among(wanted) => field().is_in(wanted.iter().map(value)),
            Test::Greater(bound) => ordered().gt(value(bound)),
            Test::AtLeast(bound) => ordered().gte(value(bound)),
            Test::Less(bound) => ordered().lt(value(bound)),
            Test::AtMost(bound) => ordered().lte(value(bound)),
            Test::Contains(part) => {
                dialect::like(self.backend, field(), &format!("%{}%", literal(part)))
            }
            Test::StartsWith(start) => {
                dialect::like(self.backend, field(), &format!("{}%", literal(start)))
            }
            Test::Missing => field().is_null(),
            Test::DayIn(_) | Test::InstantIn(_) => return Err(unknown(table, "period")),
        };
        let instants = column
            .instant
            .and_then(|instant| instants(alias, instant, test));
        Ok(match instants {
            Some(instants) => condition.and(instants),
            None => condition,
        })
    }
}

/// What a test of a business day says of its instant, whatever the zone: an index can use it.
fn instants(alias: &str, instant: &'static str, test: &Test) -> Option<SimpleExpr> {
    let (from, to) = match test {
        Test::Equal(day) => (Some(day), Some(day)),
        Test::Among(days) => (days.iter().min(), days.iter().max()),
        Test::Greater(day) | Test::AtLeast(day) => (Some(day), None),
        Test::Less(day) | Test::AtMost(day) => (None, Some(day)),
        _ => (None, None),
    };
    let day = |scalar: Option<&Scalar>| match scalar {
        // Years of four digits, also a day or two later: SQLite compares instants as texts.
        Some(Scalar::Date(day)) if (1..9999).contains(&day.year()) => Some(*day),
        _ => None,
    };
    let from = day(from).map(|day| column_of(alias, instant).gte(earliest_of(day)));
    let to = day(to).map(|day| column_of(alias, instant).lt(latest_of(day)));
    from.into_iter().chain(to).reduce(ExprTrait::and)
}

/// That the row of `table` that goes by `alias` is still there, where that can be otherwise and
/// `filter` does not ask for it itself.
pub(in crate::store) fn there(
    table: &Table,
    alias: &str,
    filter: Option<&Filter>,
) -> Option<SimpleExpr> {
    let gone = table.gone?;
    let asked_for = filter.is_some_and(|filter| filter.asks_for(gone));
    (!asked_for).then(|| column_of(alias, gone).is_null())
}

/// That the row of `table` that goes by `alias` is not a part of one that is gone.
pub(in crate::store) fn whole(table: &Table, alias: &str) -> Result<Option<SimpleExpr>> {
    let Some(name) = table.part_of else {
        return Ok(None);
    };
    let (Link::One(column), above) = link(table, name)? else {
        return Err(unknown(table, name));
    };
    // They are few, and an index has them: no look-up for each row.
    Ok(above.gone.map(|gone| {
        let gone = Query::select()
            .column("id")
            .from(above.name)
            .and_where(Expr::col(gone).is_not_null())
            .take();
        column_of(alias, column).not_in_subquery(gone)
    }))
}

fn not(condition: SimpleExpr) -> SimpleExpr {
    SimpleExpr::from(Func::coalesce([condition, Expr::cust("FALSE")])).not()
}

fn column_of(alias: &str, column: &'static str) -> Expr {
    Expr::col((Alias::new(alias), column))
}

/// A value to compare with.
pub(in crate::store) fn value(scalar: &Scalar) -> SimpleExpr {
    match scalar {
        Scalar::Null => Expr::cust("NULL"),
        Scalar::Int(number) => Expr::value(*number),
        Scalar::Text(text) => Expr::value(text.as_str()),
        Scalar::Time(instant) => Expr::value(*instant),
        Scalar::Date(day) => Expr::value(*day),
        Scalar::Bool(yes) => Expr::value(*yes),
        Scalar::Fraction(number) => Expr::value(number.get()),
    }
}

/// The text with LIKE's own characters escaped.
fn literal(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

fn link<'a>(table: &'a Table, name: &str) -> Result<(Link, &'a Table)> {
    let relation = table.relation(name).ok_or_else(|| unknown(table, name))?;
    Ok((relation.link, relation.target()))
}

/// A filter that names what the table does not have is our own mistake.
pub(in crate::store) fn unknown(table: &Table, name: &str) -> StoreError {
    StoreError::Unknown(format!("{}.{name}", table.name))
}
