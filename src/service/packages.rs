//! Writing lead packages.

use super::{
    audit::{changed, object},
    idempotency::read_key,
    write::{Result, Work, Writer, accepted, check_version},
};
use crate::{
    domain::{
        audit::Record,
        change::GivenId,
        leads::{PackageFields, PackageInput},
        problem::Problems,
    },
    store::{
        find_by_ids, package_edits,
        packages::{self, NewPackage, PackageRow, Packages},
        task_edits,
    },
};

/// Adds a package. A repeat with the same `key` gives the package that the first one made, as it is
/// now; none if it was deleted since.
///
/// # Errors
/// Every problem of the input, or when the database fails; nothing is written then.
pub async fn create(
    writer: &Writer<'_>,
    input: &PackageInput,
    key: Option<&str>,
) -> Result<Option<PackageRow>> {
    let created = writer.write("createPackage", || {
        async move |work: &Work| {
            let mut problems = Problems::default();
            let fields = PackageFields::read(None, input.clone(), &mut problems);
            let key = read_key(key, &mut problems);
            let fields = accepted(fields, problems)?;
            if let Some(id) = work.earlier(key.as_deref(), &fields).await? {
                return Ok(find_by_ids::<Packages>(&work.tx, &[id]).await?.pop());
            }
            let record = fields.record();
            let package = packages::create(&work.tx, new(work, fields)).await?;
            work.keep_answer(key.as_deref(), &package.id).await?;
            let added = changed(object::PACKAGE, &package.id, &Record::default(), &record);
            work.record(vec![added]).await?;
            Ok(Some(package))
        }
    });
    let created = created.await?;
    writer.prune_keys(key).await;
    Ok(created)
}

fn new(work: &Work, fields: PackageFields) -> NewPackage {
    NewPackage {
        name: fields.name,
        source: fields.source,
        industry: fields.industry,
        region: fields.region,
        total_leads: fields.total_leads,
        valid_leads: fields.valid_leads,
        cost_per_lead: fields.cost_per_lead,
        total_cost: fields.total_cost,
        created_at: work.now,
        created_date: work.zone.day_of(work.now),
    }
}

/// Changes a package.
///
/// # Errors
/// Every problem of the input, a stale `expected_version` among them, or when the database fails;
/// nothing is written then.
pub async fn update(
    writer: &Writer<'_>,
    id: &GivenId,
    input: &PackageInput,
    expected_version: Option<i64>,
) -> Result<PackageRow> {
    writer
        .write("updatePackage", || {
            async move |work: &Work| {
                let row = work.lock::<Packages>(object::PACKAGE, id).await?;
                let mut problems = Problems::default();
                check_version(expected_version, row.version, &mut problems);
                let before = package_edits::fields(&row);
                let after = PackageFields::read(Some(&before), input.clone(), &mut problems);
                let after = accepted(after, problems)?;
                if after == before {
                    return Ok(row);
                }
                let change = changed(object::PACKAGE, &row.id, &before.record(), &after.record());
                work.record(vec![change]).await?;
                Ok(package_edits::update(&work.tx, &row, after, work.now).await?)
            }
        })
        .await
}

/// What was deleted with a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeletedPackage {
    /// Its id.
    pub id: i64,
    /// Tasks that belonged to it, and now belong to none.
    pub unlinked_tasks: u64,
}

/// Deletes a package; its tasks stay, and belong to none.
///
/// # Errors
/// When there is no such package or not in the version expected, or when the database fails;
/// nothing is written then.
pub async fn delete(
    writer: &Writer<'_>,
    id: &GivenId,
    expected_version: Option<i64>,
) -> Result<DeletedPackage> {
    writer
        .write("deletePackage", || {
            async move |work: &Work| {
                let row = work.lock::<Packages>(object::PACKAGE, id).await?;
                let mut problems = Problems::default();
                check_version(expected_version, row.version, &mut problems);
                accepted(Some(()), problems)?;
                let tasks = task_edits::lock_of_package(&work.tx, row.id).await?;
                task_edits::link(&work.tx, &tasks, None, work.now).await?;
                package_edits::delete(&work.tx, &row).await?;
                let unlinked_tasks = tasks.len() as u64;
                let before = package_edits::fields(&row).record();
                let gone = changed(object::PACKAGE, &row.id, &before, &Record::default());
                work.record_with(gone, [("unlinkedTasks", unlinked_tasks)])
                    .await?;
                Ok(DeletedPackage {
                    id: row.id,
                    unlinked_tasks,
                })
            }
        })
        .await
}
