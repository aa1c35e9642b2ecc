//! Bringing names and addresses of users to the forms in which they are compared, see [`name_key`] and
//! [`email_key`]: once, in the transaction of the migrations.
//!
//! Nothing is merged: users whose names become one are kept apart, the ones that come later with the key
//! that they had, and are reported; so are those whose names look alike, which cannot be made any more.

use std::collections::HashMap;

use sea_orm::{
    ConnectionTrait, EntityTrait, QueryOrder,
    sea_query::{Expr, ExprTrait, Query, UpdateStatement},
};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        look_alikes::Look,
        privacy::hidden,
        text,
        user::{email_key, name_key},
    },
    entity::user,
    store::{
        Change, Result, Transaction, data_changes,
        one_form::{KeptApart, alone},
    },
};

/// The change in `data_changes`.
const NAME: &str = "USER_NAMES";
/// Most users that were kept apart, and most that look alike, that are named.
const MOST_NAMED: usize = 1_000;

/// What came of bringing names of users to one form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserNamesReport {
    /// Names, keys of names and addresses that were changed.
    pub changed: u64,
    /// What was kept as it was, because another user has its one form.
    pub kept_apart: Vec<KeptApart>,
    /// Ids of users whose names look alike: of each user, with the first one that they look like.
    pub look_alikes: Vec<[i64; 2]>,
}

/// What came of it, if it was done.
pub(in crate::store) async fn report(db: &impl ConnectionTrait) -> Result<Option<UserNamesReport>> {
    data_changes::report(db, NAME).await
}

/// Brings all names to one form, unless that was done. All migrations must have been applied.
pub(in crate::store) async fn bring(tx: &Transaction) -> Result<()> {
    if !data_changes::is_owed(tx, NAME).await? {
        return Ok(());
    }
    let mut report = UserNamesReport::default();
    let all = user::Entity::find().order_by_asc(user::Column::Id);
    for row in all.all(tx).await? {
        let name = Some(text::name(&row.name)).filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| row.name.clone());
        let email = row.email.as_deref().map(email_key);
        let shown = [
            ("name", Some(name.clone()), Some(row.name)),
            ("email", email.filter(|email| !email.is_empty()), row.email),
        ];
        let mut is_changed = false;
        for (column, form, before) in shown {
            if form != before {
                is_changed |= rename(tx, row.id, column, form, &mut report).await?;
            }
        }
        if is_changed {
            let version = Expr::col("version").add(1);
            tx.execute(updated(row.id).value("version", version))
                .await?;
        }
        let key = name_key(&name);
        if key != row.name_key {
            rename(tx, row.id, "name_key", Some(key), &mut report).await?;
        }
    }
    report.look_alikes = look_alikes(tx).await?;
    data_changes::done(tx, NAME, &report).await?;
    if report.changed > 0 {
        tx.note(Change::Anything);
        tracing::info!(
            names = report.changed,
            "names of users were brought to one form"
        );
    }
    if !report.kept_apart.is_empty() || !report.look_alikes.is_empty() {
        tracing::warn!(
            kept_apart = report.kept_apart.len(),
            look_alikes = report.look_alikes.len(),
            "users have the same name in different forms, or names that look alike: `dialgraph migrate status` lists them"
        );
    }
    Ok(())
}

fn updated(id: i64) -> UpdateStatement {
    Query::update()
        .table("users")
        .and_where(Expr::col("id").eq(id))
        .take()
}

/// Gives a column another text, unless another user has it.
async fn rename(
    tx: &Transaction,
    id: i64,
    column: &'static str,
    form: Option<String>,
    report: &mut UserNamesReport,
) -> Result<bool> {
    let is_done = alone(tx, updated(id).value(column, form.clone())).await?;
    if is_done {
        report.changed += 1;
    } else if report.kept_apart.len() < MOST_NAMED {
        report.kept_apart.push(KeptApart {
            table: "users".to_owned(),
            id: id.to_string(),
            column: column.to_owned(),
            form: hidden(&form.unwrap_or_default()).into_owned(),
        });
    }
    Ok(is_done)
}

/// Users whose names look like those of earlier ones.
async fn look_alikes(tx: &Transaction) -> Result<Vec<[i64; 2]>> {
    let mut first: HashMap<String, i64> = HashMap::new();
    let mut found = Vec::new();
    let all = user::Entity::find().order_by_asc(user::Column::Id);
    for row in all.all(tx).await? {
        let mut like = None;
        for seen in Look::of(&row.name).into_texts() {
            let id = *first.entry(seen).or_insert(row.id);
            like = like.or(Some(id).filter(|id| *id != row.id));
        }
        if let Some(like) = like.filter(|_| found.len() < MOST_NAMED) {
            found.push([like, row.id]);
        }
    }
    Ok(found)
}
