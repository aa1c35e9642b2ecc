use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use super::input::{answer, change, payloads, writer};
use crate::{
    domain::grade_input,
    graphql::{
        connection::shown,
        dialing::Grade,
        error::Result,
        id::{self, Kind},
        permissions::Root,
        scalars::{Decimal, Written},
        user_error::UserError,
    },
    service::grades,
};

/// A grade to be created, or changes of the one that has this code: what is left out stays as it is.
#[derive(InputObject)]
pub(super) struct UpsertGradeInput {
    /// Its stable name: a letter A-Z, then up to 39 of A-Z, 0-9 and _.
    code: String,
    /// What people call it, at most 200 characters; has to be given for a new one.
    label: MaybeUndefined<String>,
    /// All texts that mean this grade, at most 100, compared whole, whatever their case and width.
    /// No other grade may claim one of them; OTHER takes none. Null for none.
    patterns: MaybeUndefined<Vec<String>>,
    /// What one call of this grade earns, in yuan; 0 at first.
    unit_price: MaybeUndefined<Written<Decimal>>,
    /// Whether the person is interested; false at first.
    is_interested: MaybeUndefined<bool>,
    /// Whether the call is a deal; false at first.
    is_success: MaybeUndefined<bool>,
    /// The version that the change was made for, 0 for a grade that is to be new: another one is a
    /// CONFLICT, and nothing is written.
    expected_version: Option<i64>,
}

/// Which grade to delete.
#[derive(InputObject)]
pub(super) struct DeleteGradeInput {
    /// Its code; OTHER cannot be deleted.
    code: String,
    /// The version that is to be deleted: another one is a CONFLICT, and nothing is deleted.
    expected_version: Option<i64>,
}

/// What came of writing a grade.
#[derive(SimpleObject, Default)]
pub(super) struct UpsertGradePayload {
    /// The grade as it is now; null when there are userErrors.
    grade: Option<Grade>,
    /// Whether it is new.
    created: bool,
    /// How many calls have another gradeCode now.
    regraded_calls: u64,
    /// How many calls that are kept no longer (RETENTION_CALL_DAYS) go on counting at the price, and
    /// as the deal or not, that the grade was before: their figures stay what they were.
    kept_calls: i64,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

/// What came of deleting a grade.
#[derive(SimpleObject, Default)]
pub(super) struct DeleteGradePayload {
    /// The `id` that the grade had; null when there are userErrors.
    deleted_id: Option<ID>,
    /// How many calls have another gradeCode now.
    regraded_calls: u64,
    /// How many calls that are kept no longer (RETENTION_CALL_DAYS) go on counting as this grade:
    /// their figures stay what they were.
    kept_calls: i64,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

payloads!(UpsertGradePayload, DeleteGradePayload);

/// Changes of the grade catalogue.
#[derive(Default)]
pub struct GradeMutation;

#[Object(guard = "Root::Mutation")]
impl GradeMutation {
    /// Creates a grade of the catalogue, or changes it. The calls whose grade means another code
    /// then, and all figures, follow at once, but for figures of calls that are kept no longer. For
    /// ADMIN.
    async fn upsert_grade(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The grade.")] input: UpsertGradeInput,
    ) -> Result<UpsertGradePayload> {
        let grade = grade_input::GradeInput {
            code: input.code,
            label: change(input.label),
            patterns: change(input.patterns),
            unit_price: change(input.unit_price),
            is_interested: change(input.is_interested),
            is_success: change(input.is_success),
        };
        let done = grades::upsert(&writer(context)?, &grade, input.expected_version).await;
        answer(done, |done| UpsertGradePayload {
            grade: Some(shown(done.grade)),
            created: done.created,
            regraded_calls: done.regraded_calls,
            kept_calls: done.kept_calls,
            ..Default::default()
        })
    }

    /// Deletes a grade of the catalogue. Its calls become what the rest of the catalogue makes of
    /// their grade, OTHER where nothing does; figures of calls that are kept no longer stay what they
    /// were. For ADMIN.
    async fn delete_grade(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which grade.")] input: DeleteGradeInput,
    ) -> Result<DeleteGradePayload> {
        let done = grades::delete(&writer(context)?, &input.code, input.expected_version).await;
        answer(done, |deleted| DeleteGradePayload {
            deleted_id: Some(id::global(Kind::Grade, deleted.id)),
            regraded_calls: deleted.regraded_calls,
            kept_calls: deleted.kept_calls,
            ..Default::default()
        })
    }
}
