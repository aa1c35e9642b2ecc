//! Writing the grade catalogue. Calls and figures follow in the same transaction.

use std::collections::BTreeMap;

use crate::{
    domain::{
        audit::Record,
        grade::{Grade, GradeCatalogue, OTHER},
        grade_input::GradeInput,
        problem::{Code, Path, Problems},
        text,
    },
    service::{
        audit::{changed, object},
        write::{Result, Work, WriteError, Writer, accepted, check_version},
    },
    store::{
        call_edits, claim_calls, delete_row,
        grades::{self, GradeRow, Grades},
        recounts, retired_grades, rollups,
    },
};

/// What came of a change of the catalogue.
#[derive(Debug, Clone)]
pub struct Upserted {
    /// The grade as it is now.
    pub grade: GradeRow,
    /// Whether it is new.
    pub created: bool,
    /// Calls that have another code now.
    pub regraded_calls: u64,
    /// Calls that are kept no longer: they count as the grade was before.
    pub kept_calls: i64,
}

/// Adds a grade, or changes the one of this code. The figures of calls that were deleted for their age
/// stay what they were.
///
/// # Errors
/// Every problem of the input, a pattern of another grade and a stale `expected_version` among
/// them, or when the database fails; nothing is written then.
pub async fn upsert(
    writer: &Writer<'_>,
    input: &GradeInput,
    expected_version: Option<i64>,
) -> Result<Upserted> {
    writer
        .write("upsertGrade", async move |work: &Work| {
            let rows = claim(work).await?;
            let catalogue: Vec<Grade> = rows.iter().cloned().map(Grade::from).collect();
            let mut problems = Problems::default();
            let grade = Grade::read(input.clone(), &catalogue, &mut problems);
            let code = text::id(&input.code);
            let row = rows.into_iter().find(|row| row.code == code);
            // A grade that is to be new has version 0 so far.
            let present = row.as_ref().map_or(0, |row| row.version);
            check_version(expected_version, present, &mut problems);
            let grade = accepted(grade, problems)?;
            let before = row.as_ref().map(|row| Grade::from(row.clone()));
            if let (Some(row), Some(before)) = (&row, &before)
                && *before == grade
            {
                return Ok(Upserted {
                    grade: row.clone(),
                    created: false,
                    regraded_calls: 0,
                    kept_calls: 0,
                });
            }
            let kept_calls = match &before {
                Some(before) if !before.is_worth(&grade) => {
                    retired_grades::retire(&work.tx, before, work.now).await?
                }
                _ => 0,
            };
            let stored = match &row {
                Some(row) => grades::update(&work.tx, row, &grade, work.now).await?,
                None => grades::create(&work.tx, &grade, work.now).await?,
            };
            let regraded_calls = regrade(work, &grades::list(&work.tx).await?).await?;
            let before = before.map(|before| before.record()).unwrap_or_default();
            let change = changed(object::GRADE, &stored.id, &before, &grade.record());
            work.record_with(change, counts(regraded_calls, kept_calls))
                .await?;
            Ok(Upserted {
                grade: stored,
                created: row.is_none(),
                regraded_calls,
                kept_calls,
            })
        })
        .await
}

/// What came of deleting a grade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeletedGrade {
    /// Its id.
    pub id: i64,
    /// Calls that have another code now.
    pub regraded_calls: u64,
    /// Calls that are kept no longer: they go on counting as this grade.
    pub kept_calls: i64,
}

/// Deletes a grade. Its calls get the codes that the rest of the catalogue gives them; the figures of
/// calls that were deleted for their age stay what they were.
///
/// # Errors
/// When there is no such grade or not in the version expected, when it is OTHER, or when the
/// database fails; nothing is written then.
pub async fn delete(
    writer: &Writer<'_>,
    code: &str,
    expected_version: Option<i64>,
) -> Result<DeletedGrade> {
    writer
        .write("deleteGrade", async move |work: &Work| {
            let rows = claim(work).await?;
            let path = Path::input().field("code");
            let code = text::id(code);
            if code == OTHER {
                let message = "OTHER is every text that no other grade claims: it has to stay";
                return Err(WriteError::refused(path, Code::Protected, message));
            }
            let (gone, rest): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.code == code);
            let Some(row) = gone.into_iter().next() else {
                let message = "there is no grade with this code";
                return Err(WriteError::refused(path, Code::NotFound, message));
            };
            let mut problems = Problems::default();
            check_version(expected_version, row.version, &mut problems);
            accepted(Some(()), problems)?;
            let rest: Vec<Grade> = rest.into_iter().map(Grade::from).collect();
            let grade = Grade::from(row.clone());
            let kept_calls = retired_grades::retire(&work.tx, &grade, work.now).await?;
            let regraded_calls = regrade(work, &rest).await?;
            delete_row::<Grades>(&work.tx, row.id).await?;
            let before = grade.record();
            let change = changed(object::GRADE, &row.id, &before, &Record::default());
            work.record_with(change, counts(regraded_calls, kept_calls))
                .await?;
            Ok(DeletedGrade {
                id: row.id,
                regraded_calls,
                kept_calls,
            })
        })
        .await
}

/// What the record of a change says besides; of calls that are kept no longer where there are any.
fn counts(regraded_calls: u64, kept_calls: i64) -> impl Iterator<Item = (&'static str, u64)> {
    let kept = (kept_calls > 0).then(|| ("keptCalls", kept_calls.unsigned_abs()));
    [("regradedCalls", regraded_calls)].into_iter().chain(kept)
}

/// The catalogue, which nobody else uses to write calls until the transaction ends.
async fn claim(work: &Work) -> Result<Vec<GradeRow>> {
    claim_calls(&work.tx).await?;
    Ok(grades::rows(&work.tx).await?)
}

/// Gives every call the code that `catalogue` has for its grade, and moves its counts: a few
/// statements for each two codes between which calls move. Returns how many calls moved.
async fn regrade(work: &Work, catalogue: &[Grade]) -> Result<u64> {
    let catalogue = GradeCatalogue::new(catalogue);
    let mut moves: BTreeMap<(Option<String>, Option<String>), Vec<String>> = BTreeMap::new();
    for (text, from) in call_edits::grade_texts(&work.tx).await? {
        let to = catalogue.code_of(Some(&text)).map(str::to_owned);
        if from != to {
            moves.entry((from, to)).or_default().push(text);
        }
    }
    let mut regraded = 0;
    for ((from, to), texts) in &moves {
        let (from, to) = (from.as_deref(), to.as_deref());
        let deltas = recounts::regraded(&work.tx, texts, from, to).await?;
        regraded += call_edits::regrade(&work.tx, texts, from, to, work.now).await?;
        rollups::apply(&work.tx, &deltas).await?;
    }
    Ok(regraded)
}
