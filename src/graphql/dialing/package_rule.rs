use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};

use super::{DialTask, LeadPackage};
use crate::{
    domain::package_rules,
    graphql::{
        connection::shown,
        context::ContextExt,
        error::{ApiError, Result},
        filter::compared_words,
        id::{self, Kind},
        permissions::Root,
        user_error::UserError,
    },
    service::package_rules::{self as linking, MAX_PREVIEWED, Preview, PreviewedTask},
};

/// How a rule compares its text with the name of a task. Full-width characters, invisible characters, the
/// case of Latin letters, and which blanks stand in a row and how many make no difference; whether there
/// is a blank does: `浙江 -A` is not `浙江-A`. In a PATTERN a blank is one space.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::package_rules::RuleMatch")]
pub(in crate::graphql) enum PackageRuleMatch {
    /// The name starts with it.
    Prefix,
    /// The name has it somewhere.
    Contains,
    /// The name, or a part of it, matches this regular expression; `^` and `$` are its ends. One that
    /// matches names that have nothing in common, such as `.+` or `[^x]`, is refused.
    Pattern,
}

/// What decided to which package a task belongs.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::package_rules::AssignedBy")]
pub(in crate::graphql) enum PackageAssignedBy {
    /// A person. Nothing else overrides it.
    Hand,
    /// A rule of the package on the names of tasks.
    Rule,
    /// The package that was given with the numbers when they were submitted, which the platform's
    /// records carry back in their `params`. It counts more than rules.
    Params,
}

compared_words!(PackageAssignedBy => crate::domain::package_rules::AssignedBy);

/// A rule that claims tasks for a package by their names.
#[derive(SimpleObject)]
pub(in crate::graphql) struct PackageRule {
    /// How it compares.
    r#match: PackageRuleMatch,
    /// With what.
    text: String,
}

impl From<package_rules::PackageRule> for PackageRule {
    fn from(rule: package_rules::PackageRule) -> Self {
        Self {
            r#match: rule.matches.into(),
            text: rule.text,
        }
    }
}

/// A rule that claims tasks for a package by their names.
#[derive(InputObject)]
pub(in crate::graphql) struct PackageRuleInput {
    /// How it compares.
    r#match: PackageRuleMatch,
    /// With what; 1 to 200 characters.
    text: String,
}

impl From<PackageRuleInput> for package_rules::PackageRule {
    fn from(rule: PackageRuleInput) -> Self {
        Self {
            matches: rule.r#match.into(),
            text: rule.text,
        }
    }
}

/// The rules of an input, as services read them.
pub(super) fn rules(given: Vec<PackageRuleInput>) -> Vec<package_rules::PackageRule> {
    given.into_iter().map(Into::into).collect()
}

/// What would become of a task.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::service::package_rules::PreviewChange")]
enum PackageRuleChange {
    /// It would come to the package, or to another one that it would no longer share with it.
    Linked,
    /// It would leave the package that it belongs to, and belong to none.
    Unlinked,
    /// More than one package would claim it: it would belong to none.
    ClaimedTwice,
    /// The rules match it, and it stays where a person, or what its records name, has put it.
    Overridden,
    /// It belongs to the package already, and stays.
    Kept,
}

struct PreviewedTaskObject(PreviewedTask);

/// A task, and what rules would do with it.
#[Object(name = "PackageRulePreviewTask")]
impl PreviewedTaskObject {
    /// The task, as it is now.
    async fn task(&self) -> DialTask {
        shown(self.0.task.clone())
    }

    /// What would become of it.
    async fn change(&self) -> PackageRuleChange {
        self.0.change.into()
    }

    /// The packages whose rules would claim it; the package that rules are tried for is among them
    /// where it exists.
    async fn claimed_by(&self) -> Vec<LeadPackage> {
        self.0.claimed_by.iter().cloned().map(shown).collect()
    }
}

struct PreviewObject(Preview);

impl PreviewObject {
    fn count(&self, change: linking::PreviewChange) -> usize {
        self.0.counts.get(&change).copied().unwrap_or_default()
    }
}

/// What rules would do; nothing was written. All counts are 0 when there are userErrors.
#[Object(name = "PackageRulePreview")]
impl PreviewObject {
    /// Tasks whose names the rules match.
    async fn matched(&self) -> usize {
        self.0.matched
    }

    /// Tasks that would come to the package.
    async fn linked(&self) -> usize {
        self.count(linking::PreviewChange::Linked)
    }

    /// Tasks that would leave a package, and belong to none because nothing claims them.
    async fn unlinked(&self) -> usize {
        self.count(linking::PreviewChange::Unlinked)
    }

    /// Tasks that more than one package would claim, and that would belong to none for that.
    async fn claimed_twice(&self) -> usize {
        self.count(linking::PreviewChange::ClaimedTwice)
    }

    /// Tasks that match, and stay where a person or their records put them.
    async fn overridden(&self) -> usize {
        self.count(linking::PreviewChange::Overridden)
    }

    /// The first of these tasks, and of those that stay: by what would become of them, then oldest
    /// first.
    async fn tasks(&self) -> Vec<PreviewedTaskObject> {
        let tasks = self.0.tasks.iter().cloned();
        tasks.map(PreviewedTaskObject).collect()
    }

    /// What is wrong with the rules, all at once.
    async fn user_errors(&self) -> Vec<UserError> {
        let problems = self.0.problems.clone().into_iter();
        problems.map(UserError::from).collect()
    }
}

/// Queries about the rules of packages.
#[derive(Default)]
pub struct PackageRuleQuery;

#[Object(guard = "Root::Query")]
impl PackageRuleQuery {
    /// What would become of tasks if a package had these rules in place of its own: which it would
    /// get, which would leave it, and which another package claims as well. Writes nothing. For ADMIN
    /// and MANAGER.
    async fn package_rule_preview(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The rules to try; at most 50.")] rules: Vec<PackageRuleInput>,
        #[graphql(desc = "The package's `id`; a new one when left out.")] package_id: Option<ID>,
        #[graphql(desc = "How many tasks to list; 20 by default, at most 200.")] first: Option<i32>,
    ) -> Result<PreviewObject> {
        let first = first.map_or(Ok(20), usize::try_from).ok();
        let first = first
            .filter(|first| *first <= MAX_PREVIEWED)
            .ok_or_else(|| ApiError::BadInput {
                argument: "first",
                message: format!("0 to {MAX_PREVIEWED} tasks can be listed"),
            })?;
        let package = package_id.map(|id| id::given(&id, Kind::LeadPackage));
        let db = &context.services()?.db;
        let preview = linking::preview(db, package.as_ref(), self::rules(rules), first).await;
        Ok(PreviewObject(preview?))
    }
}
