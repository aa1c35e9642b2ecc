use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use super::input::{answer, change, payloads, writer};
use crate::{
    domain::{change::Change, leads::PackageInput},
    graphql::{
        connection::shown,
        dialing::{
            LeadPackage,
            package_rule::{PackageRuleInput, rules},
        },
        error::Result,
        id::{self, Kind},
        permissions::Root,
        scalars::{Decimal, Written},
        user_error::UserError,
    },
    service::packages,
};

/// What is said of a package, besides its name.
#[derive(InputObject)]
struct PackageDetails {
    /// Where the leads come from; at most 200 characters.
    source: MaybeUndefined<String>,
    /// The industry of the leads; at most 200 characters.
    industry: MaybeUndefined<String>,
    /// The region of the leads; at most 200 characters.
    region: MaybeUndefined<String>,
    /// How many leads it has; 0 for a new package that says nothing.
    total_leads: MaybeUndefined<i32>,
    /// How many of them can be dialled, never more than totalLeads; 0 for a new package that says
    /// nothing.
    valid_leads: MaybeUndefined<i32>,
    /// Price of one lead in yuan; 0 for a new package that says nothing.
    cost_per_lead: MaybeUndefined<Written<Decimal>>,
    /// Price of the package in yuan; totalLeads × costPerLead for a new package that says nothing. One
    /// that was worked out follows these, one that was given stays; null has it worked out again.
    total_cost: MaybeUndefined<Written<Decimal>>,
    /// Rules that claim tasks by their names, those that are there and those to come, in place of those
    /// that it has: a task that one of them matches belongs to the package. At most 50, and null for
    /// none. Tasks that they claim no longer leave the package, unless a person gave them to it.
    rules: MaybeUndefined<Vec<PackageRuleInput>>,
}

impl PackageDetails {
    fn of(self, name: Change<String>) -> PackageInput {
        PackageInput {
            name,
            source: change(self.source),
            industry: change(self.industry),
            region: change(self.region),
            total_leads: change(self.total_leads),
            valid_leads: change(self.valid_leads),
            cost_per_lead: change(self.cost_per_lead),
            total_cost: change(self.total_cost),
            rules: change(self.rules.map_value(rules)),
        }
    }
}

/// A package to be created.
#[derive(InputObject)]
pub(super) struct CreatePackageInput {
    /// What people call it; at most 200 characters, and no other package's name.
    name: String,
    #[graphql(flatten)]
    details: PackageDetails,
    /// A text of your choice, at most 200 characters: a repeat of this input with the same key
    /// within 24 hours creates nothing and gives the first answer again.
    idempotency_key: Option<String>,
}

/// Changes of a package. What is left out stays as it is; null empties a field.
#[derive(InputObject)]
pub(super) struct UpdatePackageInput {
    /// The package's `id`.
    id: ID,
    /// What people call it; at most 200 characters, and no other package's name.
    name: MaybeUndefined<String>,
    #[graphql(flatten)]
    details: PackageDetails,
    /// The version that the change was made for: another one is a CONFLICT, and nothing is written.
    expected_version: Option<i64>,
}

/// Which package to delete.
#[derive(InputObject)]
pub(super) struct DeletePackageInput {
    /// The package's `id`.
    id: ID,
    /// The version that is to be deleted: another one is a CONFLICT, and nothing is deleted.
    expected_version: Option<i64>,
}

/// What came of creating a package.
#[derive(SimpleObject, Default)]
pub(super) struct CreatePackagePayload {
    /// The new package; null when there are userErrors, or when a repeated one was deleted since.
    package: Option<LeadPackage>,
    /// How many tasks its rules claimed.
    linked_tasks: u64,
    /// How many tasks left a package for none, because this one claims them, too.
    unlinked_tasks: u64,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

/// What came of changing a package.
#[derive(SimpleObject, Default)]
pub(super) struct UpdatePackagePayload {
    /// The package as it is now; null when there are userErrors.
    package: Option<LeadPackage>,
    /// How many tasks came to a package because the rules changed.
    linked_tasks: u64,
    /// How many tasks left a package for none because the rules changed.
    unlinked_tasks: u64,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

/// What came of deleting a package.
#[derive(SimpleObject, Default)]
pub(super) struct DeletePackagePayload {
    /// The `id` that the package had; null when there are userErrors.
    deleted_id: Option<ID>,
    /// How many tasks belonged to it, and now belong to none, or to another one that claims them.
    unlinked_tasks: u64,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

payloads!(
    CreatePackagePayload,
    UpdatePackagePayload,
    DeletePackagePayload
);

/// Changes of packages.
#[derive(Default)]
pub struct PackageMutation;

#[Object(guard = "Root::Mutation")]
impl PackageMutation {
    /// Creates a package, and links the tasks that its rules claim. A name that another package has is
    /// TAKEN. For ADMIN and MANAGER.
    async fn create_package(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The new package.")] input: CreatePackageInput,
    ) -> Result<CreatePackagePayload> {
        let package = input.details.of(Change::Set(input.name));
        let writer = writer(context)?;
        let done = packages::create(&writer, &package, input.idempotency_key.as_deref()).await;
        answer(done, |saved| CreatePackagePayload {
            package: saved.package.map(shown),
            linked_tasks: saved.moved.linked,
            unlinked_tasks: saved.moved.unlinked,
            ..Default::default()
        })
    }

    /// Changes a package, and links the tasks that its rules claim now. A name that another package has
    /// is TAKEN. For ADMIN and MANAGER.
    async fn update_package(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which package, and what of it.")] input: UpdatePackageInput,
    ) -> Result<UpdatePackagePayload> {
        let id = id::given(&input.id, Kind::LeadPackage);
        let package = input.details.of(change(input.name));
        let writer = writer(context)?;
        let done = packages::update(&writer, &id, &package, input.expected_version).await;
        answer(done, |saved| UpdatePackagePayload {
            package: saved.package.map(shown),
            linked_tasks: saved.moved.linked,
            unlinked_tasks: saved.moved.unlinked,
            ..Default::default()
        })
    }

    /// Deletes a package. Its tasks and their calls stay; the tasks belong to no package then, unless
    /// the rules of another one claim them. For ADMIN and MANAGER.
    async fn delete_package(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which package.")] input: DeletePackageInput,
    ) -> Result<DeletePackagePayload> {
        let id = id::given(&input.id, Kind::LeadPackage);
        let done = packages::delete(&writer(context)?, &id, input.expected_version).await;
        answer(done, |deleted| DeletePackagePayload {
            deleted_id: Some(id::global(Kind::LeadPackage, deleted.id)),
            unlinked_tasks: deleted.unlinked_tasks,
            ..Default::default()
        })
    }
}
