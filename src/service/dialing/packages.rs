//! Writing lead packages.

use crate::{
    domain::{
        audit::Record,
        change::GivenId,
        leads::{PackageFields, PackageInput},
        package_rules::{Link, PackageRule},
        problem::{Code, Path, Problems},
    },
    service::{
        audit::{changed, object},
        idempotency::read_key,
        package_rules::{self as linking, Moved},
        write::{Result, Work, Writer, accepted, check_version},
    },
    store::{
        claim_calls, find_by_ids, package_rules,
        packages::{self, PackageRow, Packages},
        task_edits,
    },
};

/// A package that was saved.
#[derive(Debug, Clone)]
pub struct Saved {
    /// It, as it is now; none where a repeated one was deleted since.
    pub package: Option<PackageRow>,
    /// What its rules did.
    pub moved: Moved,
}

/// Adds a package, and links the tasks that it claims. A repeat with the same `key` gives the package that the first one made, as it is
/// now; none if it was deleted since.
///
/// # Errors
/// Every problem of the input, or when the database fails; nothing is written then.
pub async fn create(writer: &Writer<'_>, input: &PackageInput, key: Option<&str>) -> Result<Saved> {
    let created = writer.write("createPackage", async move |work: &Work| {
        // One after the other, so that names stay apart, and without tasks that come meanwhile.
        claim_calls(&work.tx).await?;
        let mut problems = Problems::default();
        let fields = PackageFields::read(None, input.clone(), &mut problems);
        let key = read_key(key, &mut problems);
        if let (Some(fields), true) = (&fields, problems.is_empty())
            && let Some(id) = work.earlier(key.as_deref(), fields).await?
        {
            return Ok(Saved {
                package: find_by_ids::<Packages>(&work.tx, &[id]).await?.pop(),
                moved: Moved::default(),
            });
        }
        check_name(work, None, fields.as_ref(), &mut problems).await?;
        let fields = accepted(fields, problems)?;
        let (record, rules) = (fields.record(), fields.rules.clone());
        let package =
            packages::create(&work.tx, fields, work.now, work.zone.day_of(work.now)).await?;
        work.keep_answer(key.as_deref(), &package.id).await?;
        let added = changed(object::PACKAGE, &package.id, &Record::default(), &record);
        work.record(vec![added]).await?;
        let claims = !rules.is_empty() || package_rules::any_hint(&work.tx).await?;
        Ok(Saved {
            package: Some(package),
            moved: link_tasks(work, claims).await?,
        })
    });
    let created = created.await?;
    writer.prune_keys(key).await;
    Ok(created)
}

/// Notes when another package has a name that counts as the same.
async fn check_name(
    work: &Work,
    id: Option<i64>,
    fields: Option<&PackageFields>,
    problems: &mut Problems,
) -> Result<()> {
    let Some(fields) = fields else { return Ok(()) };
    let namesake = packages::namesake(&work.tx, &fields.name).await?;
    if let Some(other) = namesake.filter(|other| Some(other.id) != id) {
        let message = format!(
            "there is a package of this name: {}, with databaseId {}",
            other.name, other.id
        );
        problems.note(Path::input().field("name"), Code::Taken, message);
    }
    Ok(())
}

/// Links tasks again where what claims them changed.
async fn link_tasks(work: &Work, claims_changed: bool) -> Result<Moved> {
    if !claims_changed {
        return Ok(Moved::default());
    }
    linking::apply(work).await
}

/// Changes a package, and links the tasks that it claims now.
///
/// # Errors
/// Every problem of the input, a stale `expected_version` among them, or when the database fails;
/// nothing is written then.
pub async fn update(
    writer: &Writer<'_>,
    id: &GivenId,
    input: &PackageInput,
    expected_version: Option<i64>,
) -> Result<Saved> {
    writer
        .write("updatePackage", async move |work: &Work| {
            claim_calls(&work.tx).await?;
            let row = work.lock::<Packages>(object::PACKAGE, id).await?;
            let mut problems = Problems::default();
            check_version(expected_version, row.version, &mut problems);
            let before = packages::fields(&row, rules_of(work, row.id).await?);
            let after = PackageFields::read(Some(&before), input.clone(), &mut problems);
            check_name(work, Some(row.id), after.as_ref(), &mut problems).await?;
            let after = accepted(after, problems)?;
            if after == before {
                return Ok(Saved {
                    package: Some(row),
                    moved: Moved::default(),
                });
            }
            let change = changed(object::PACKAGE, &row.id, &before.record(), &after.record());
            work.record(vec![change]).await?;
            let claims = after.rules != before.rules
                || after.name != before.name && package_rules::any_hint(&work.tx).await?;
            let package = packages::update(&work.tx, &row, after, work.now).await?;
            Ok(Saved {
                package: Some(package),
                moved: link_tasks(work, claims).await?,
            })
        })
        .await
}

async fn rules_of(work: &Work, id: i64) -> Result<Vec<PackageRule>> {
    let mut rules = package_rules::of_packages(&work.tx, &[id]).await?;
    Ok(rules.remove(&id).unwrap_or_default())
}

/// What was deleted with a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeletedPackage {
    /// Its id.
    pub id: i64,
    /// Tasks that belonged to it, and now belong to none, or to another one that claims them.
    pub unlinked_tasks: u64,
}

/// Deletes a package; its tasks stay, and belong to none unless another package claims them.
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
        .write("deletePackage", async move |work: &Work| {
            claim_calls(&work.tx).await?;
            let row = work.lock::<Packages>(object::PACKAGE, id).await?;
            let mut problems = Problems::default();
            check_version(expected_version, row.version, &mut problems);
            accepted(Some(()), problems)?;
            let fields = packages::fields(&row, rules_of(work, row.id).await?);
            let tasks = task_edits::lock_of_package(&work.tx, row.id).await?;
            task_edits::link(&work.tx, &tasks, Link::default(), work.now).await?;
            packages::delete(&work.tx, &row).await?;
            let unlinked_tasks = tasks.len() as u64;
            let gone = changed(
                object::PACKAGE,
                &row.id,
                &fields.record(),
                &Record::default(),
            );
            work.record_with(gone, [("unlinkedTasks", unlinked_tasks)])
                .await?;
            linking::apply(work).await?;
            Ok(DeletedPackage {
                id: row.id,
                unlinked_tasks,
            })
        })
        .await
}
