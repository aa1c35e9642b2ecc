use std::cmp::Ordering;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use strum::VariantArray as _;

use crate::{
    domain::{
        page::{Binding, Cursor, OrderKey, PageError, PageRequest},
        privacy::may_hide,
        reconciliation::{Compared, ComparedBy},
        scalar::{self, Scalar},
        stats::count,
        veil::{Veil, shown_end},
    },
    graphql::{
        context::ContextExt,
        error::Result,
        guard::sees_numbers,
        id::{self, Kind},
        scalars::{BigInt, Date},
    },
    service::reconciliation::{Place, Reconciled},
};

/// What figures are compared by, beside the day.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::reconciliation::ComparedBy")]
pub(super) enum ReconciliationBy {
    /// Whole days: the sum of the platform's accounts.
    Day,
    /// Accounts and agents, by their names.
    Agent,
    /// Dial tasks, by their names.
    Task,
}

/// Why figures probably differ.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::reconciliation::Cause")]
pub(super) enum ReconciliationCause {
    /// They do not, and the day was read on both tracks.
    Equal,
    /// The platform's figures are those of a day in Beijing, and the day of the business time zone is
    /// another one: they are of different calls.
    DifferentDays,
    /// The day was never read, or not read whole, on one of the tracks.
    NotSynced,
    /// One track knows a later state of the day than the other: of a day that is going on, or because
    /// a newer read failed, or because they were read more than an hour apart.
    Stale,
    /// Calls that belong to no agent, or no task.
    Unattributed,
    /// Only one side has the name.
    NameUnknown,
    /// Several agents or tasks of ours go by the name, and are added up.
    NameShared,
    /// As many calls were dialled, and the sides do not agree on which were connected.
    CallState,
    /// As many calls were dialled and connected, and the sides do not agree on the deals among them:
    /// grade texts that the catalogue does not know, or that it takes for something else.
    UngradedOrMapping,
    /// None of these.
    Unknown,
}

/// Figures that both sides have.
#[derive(SimpleObject)]
pub(super) struct ReconciliationFigures {
    /// Calls dialled.
    dialled: BigInt,
    /// Of those, connected.
    connected: BigInt,
    /// Deals: of the platform its own count, of ours the calls whose grade is a success.
    success: BigInt,
}

impl From<Compared> for ReconciliationFigures {
    fn from(counts: Compared) -> Self {
        Self {
            dialled: counts.dialled.into(),
            connected: counts.connected.into(),
            success: counts.success.into(),
        }
    }
}

pub(super) struct ReconciliationRow(Reconciled);

/// The platform's own figures beside ours.
#[Object]
impl ReconciliationRow {
    /// The business day.
    async fn date(&self) -> Date {
        self.0.comparison.date.into()
    }

    /// What they are figures of.
    async fn by(&self) -> ReconciliationBy {
        self.0.comparison.by.into()
    }

    /// The account's or task's name; null of whole days, and of calls that belong to none.
    async fn name(&self) -> Option<&str> {
        Some(self.0.comparison.name.as_str()).filter(|name| !name.is_empty())
    }

    /// The `id` of our agent; null where there is none, or several of the name.
    async fn agent_id(&self) -> Option<ID> {
        self.id_of(ComparedBy::Agent, Kind::Agent)
    }

    /// The `id` of our task; null where there is none, or several of the name.
    async fn task_id(&self) -> Option<ID> {
        self.id_of(ComparedBy::Task, Kind::DialTask)
    }

    /// The platform's own figures, without its rows of sums and means; null where it has none.
    async fn platform(&self) -> Option<ReconciliationFigures> {
        self.0.comparison.platform.map(Into::into)
    }

    /// Our figures, counted from the calls that are stored; null where there are none.
    async fn ours(&self) -> Option<ReconciliationFigures> {
        self.0.comparison.ours.map(|ours| ours.counts.into())
    }

    /// Ours less the platform's; what a side does not have is 0.
    async fn difference(&self) -> ReconciliationFigures {
        self.0.comparison.difference().into()
    }

    /// Why they probably differ.
    async fn cause(&self) -> ReconciliationCause {
        self.0.finding.cause.into()
    }

    /// The same in a sentence, with the numbers and instants.
    async fn explanation(&self) -> &str {
        &self.0.finding.sentence
    }
}

impl ReconciliationRow {
    fn id_of(&self, by: ComparedBy, kind: Kind) -> Option<ID> {
        let id = self.0.id.filter(|_| self.0.comparison.by == by)?;
        Some(id::global(kind, id))
    }
}

/// Which rows are asked for.
pub(super) struct Asked {
    pub differing: bool,
    pub first: Option<i32>,
    pub after: Option<String>,
}

/// A page of the comparison.
pub(super) struct Reconciliation {
    rows: Vec<Reconciled>,
    total: i64,
    has_next: bool,
    /// Whether it is for somebody who sees telephone numbers masked.
    veiled: bool,
}

fn binding(veiled: bool) -> Binding {
    let order = ["date", "by", "name"].map(OrderKey::ascending);
    let kinds = vec![scalar::Kind::Date, scalar::Kind::Int, scalar::Kind::Text];
    let binding = Binding::new("reconciliation", &order, None, kinds);
    if veiled { binding.veiled() } else { binding }
}

/// Where a row stands for somebody who sees telephone numbers masked: names that may hold one come
/// last, by what is shown of them, and then in an order that tells nothing of them.
fn veiled_order(veil: Veil, a: &Place, b: &Place) -> Ordering {
    let shown = |(date, by, name): &Place| {
        let hides = may_hide(name);
        let end = hides.then(|| shown_end(name)).flatten();
        (*date, *by, hides, end)
    };
    let ordering = shown(a).cmp(&shown(b));
    ordering.then_with(|| {
        if may_hide(&a.2) {
            veil.compare(&a.2, &b.2)
        } else {
            a.2.cmp(&b.2)
        }
    })
}

fn cursor((date, by, name): Place) -> Vec<Scalar> {
    let by = ComparedBy::VARIANTS.iter().position(|other| *other == by);
    vec![
        Scalar::Date(date),
        Scalar::Int(by.map_or(0, count)),
        Scalar::Text(name),
    ]
}

fn place(cursor: &Cursor) -> Result<Place, PageError> {
    let [Scalar::Date(date), Scalar::Int(by), Scalar::Text(name)] = cursor.0.as_slice() else {
        return Err(PageError::InvalidCursor);
    };
    let by = usize::try_from(*by).ok();
    let by = by.and_then(|by| ComparedBy::VARIANTS.get(by));
    let by = by.ok_or(PageError::InvalidCursor)?;
    Ok((*date, *by, name.clone()))
}

impl Reconciliation {
    /// The page of `rows` that is asked for.
    pub fn page(context: &Context<'_>, mut rows: Vec<Reconciled>, asked: &Asked) -> Result<Self> {
        let veiled = !sees_numbers(context)?;
        let first = asked.first.map(i64::from);
        let after = asked.after.as_deref();
        let services = context.services()?;
        let (seal, veil) = (&services.seal, services.veil);
        let page = PageRequest::from_arguments(first, after, None, None, &binding(veiled), seal)?;
        let behind = page.after.as_ref().map(place).transpose()?;
        let order = |a: &Place, b: &Place| {
            if veiled {
                veiled_order(veil, a, b)
            } else {
                a.cmp(b)
            }
        };
        rows.sort_by(|a, b| order(&a.place(), &b.place()));
        let is_meant = |row: &Reconciled| {
            !asked.differing || row.comparison.difference() != Compared::default()
        };
        let rows: Vec<Reconciled> = rows.into_iter().filter(is_meant).collect();
        let total = count(rows.len());
        let is_behind = |row: &Reconciled| {
            let behind = behind.as_ref();
            behind.is_none_or(|it| order(&row.place(), it).is_gt())
        };
        let mut rows: Vec<Reconciled> = rows.into_iter().filter(is_behind).collect();
        let size = usize::try_from(page.size).unwrap_or(usize::MAX);
        let has_next = rows.len() > size;
        rows.truncate(size);
        Ok(Self {
            rows,
            total,
            has_next,
            veiled,
        })
    }
}

/// The platform's own figures beside ours: a page of rows, by day, then whole days before agents
/// before tasks, then by name.
#[Object(serial)]
impl Reconciliation {
    /// The rows of this page.
    async fn rows(&self) -> Vec<ReconciliationRow> {
        self.rows.iter().cloned().map(ReconciliationRow).collect()
    }

    /// How many rows there are on all pages.
    async fn total_rows(&self) -> i64 {
        self.total
    }

    /// Whether there are rows behind this page.
    async fn has_next_page(&self) -> bool {
        self.has_next
    }

    /// The place of the page's last row, to continue with `after`; null when it is empty.
    async fn end_cursor(&self, context: &Context<'_>) -> Result<Option<String>> {
        let Some(last) = self.rows.last() else {
            return Ok(None);
        };
        let place = Cursor(cursor(last.place()));
        let seal = &context.services()?.seal;
        Ok(Some(seal.close(&place, &binding(self.veiled))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_stand_in_an_order_that_tells_nothing() {
        let veil = Veil::new(&"a secret of tests, with more than 32 bytes".into());
        let day = "2026-11-19".parse().unwrap_or_default();
        let place = |name: String| (day, ComparedBy::Agent, name);
        let alike = (0..12).map(|n| format!("137{n:04}0002"));
        let others = ["13799990001", "王", "1379"].map(str::to_owned);
        let mut places: Vec<Place> = alike.chain(others).map(place).collect();
        places.sort_by(|a, b| veiled_order(veil, a, b));
        let names: Vec<&str> = places.iter().map(|(_, _, name)| name.as_str()).collect();
        assert_eq!(names[..3], ["1379", "王", "13799990001"]);
        let alike = &names[3..];
        assert!(
            !alike.is_sorted() && !alike.iter().rev().is_sorted(),
            "{alike:?}"
        );
    }
}
