//! `users`.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{Set, Unchanged},
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
    sea_query::Expr,
};

pub use crate::entity::user::Model as UserRow;
use crate::{
    domain::{
        access::Access,
        filter::{Filter, Test},
        hidden::Hidden,
        page::OrderKey,
        scalar::Scalar,
        user::{UserFields, email_key, name_key, name_keys},
        viewer::{Capability, Role},
    },
    entity::user::{ActiveModel, Column, Entity},
    store::{
        Change, Result, Transaction, dialect,
        record::Stored,
        table::{LazyTable, Table},
    },
};

/// The table, to write it.
pub type Users = Entity;

/// All users, in the order in which they were made.
pub static USERS: LazyTable = LazyLock::new(|| {
    let order = &[OrderKey::ascending("id")];
    Table::of::<Entity>("User", order, Vec::new()).seen_by(|viewer| {
        if viewer.may(Capability::ReadUsers) {
            return None;
        }
        let own = viewer.user_id().map_or(Scalar::Null, Scalar::Int);
        Some(Filter::field("id", Test::Equal(own)))
    })
});

impl Stored for UserRow {
    fn table() -> &'static Table {
        &USERS
    }
}

/// What the row says of the user.
#[must_use]
pub fn fields(row: &UserRow) -> UserFields {
    UserFields {
        name: row.name.clone(),
        email: row.email.clone(),
        role: row.role,
        is_active: row.is_active,
    }
}

/// Whoever signs in as `login`: a name, or an e-mail address.
pub async fn find_by_login(db: &impl ConnectionTrait, login: &str) -> Result<Option<UserRow>> {
    let email = email_key(login);
    if email.contains('@') {
        let find = Entity::find().filter(Column::Email.eq(email));
        return Ok(find.one(db).await?);
    }
    let keys = name_keys(login);
    let find = Entity::find().filter(Column::NameKey.is_in(keys.clone()));
    let found = find.all(db).await?;
    // Of users who were kept apart, though their names have one form, the one who is meant exactly.
    let place = |row: &UserRow| keys.iter().position(|key| *key == row.name_key);
    Ok(found.into_iter().min_by_key(place))
}

/// The user with this id.
pub async fn find(db: &impl ConnectionTrait, id: i64) -> Result<Option<UserRow>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// Users other than `id` who have the name or the address of `fields`.
pub async fn namesakes(
    tx: &Transaction,
    id: Option<i64>,
    fields: &UserFields,
) -> Result<Vec<UserRow>> {
    let mut same = Condition::any().add(Column::NameKey.eq(name_key(&fields.name)));
    if let Some(email) = &fields.email {
        same = same.add(Column::Email.eq(email));
    }
    let mut find = Entity::find().filter(same);
    if let Some(id) = id {
        find = find.filter(Column::Id.ne(id));
    }
    Ok(find.all(tx).await?)
}

/// Keeps others from giving users names until the transaction ends: names that look alike are known to
/// no unique key. To be taken before any row is locked.
pub async fn claim_names(tx: &Transaction) -> Result<()> {
    dialect::claim_user_names(tx).await
}

/// The names and the addresses of all users but `id`.
pub async fn names(tx: &Transaction, id: Option<i64>) -> Result<Vec<(String, Option<String>)>> {
    let mut find = Entity::find()
        .select_only()
        .columns([Column::Name, Column::Email])
        .order_by_asc(Column::Id);
    if let Some(id) = id {
        find = find.filter(Column::Id.ne(id));
    }
    Ok(find.into_tuple().all(tx).await?)
}

/// Locks the administrators who may sign in, until the transaction ends, and returns their ids.
pub async fn lock_admins(tx: &Transaction) -> Result<Vec<i64>> {
    let mut find = Entity::find()
        .filter(Column::Role.eq(Role::Admin))
        .filter(Column::IsActive.eq(true))
        .order_by_asc(Column::Id);
    dialect::lock_rows(tx.get_database_backend(), QueryTrait::query(&mut find));
    Ok(find.all(tx).await?.into_iter().map(|row| row.id).collect())
}

/// Adds a user and returns the row.
pub async fn create(
    tx: &Transaction,
    fields: UserFields,
    password_hash: Hidden,
    now: DateTime<Utc>,
) -> Result<UserRow> {
    let row = ActiveModel {
        password_hash: Set(password_hash),
        created_at: Set(now),
        ..columns(fields, now)
    };
    Ok(row.insert(tx).await?)
}

/// Makes the row `before`, which must be locked, what `fields` say, and returns it.
pub async fn update(
    tx: &Transaction,
    before: &UserRow,
    fields: UserFields,
    now: DateTime<Utc>,
) -> Result<UserRow> {
    tx.note(Change::Access(Access::User(before.id)));
    let is_renamed = fields.name != before.name;
    let mut row = ActiveModel {
        id: Unchanged(before.id),
        version: Set(before.version + 1),
        ..columns(fields, now)
    };
    if !is_renamed {
        // One who was kept apart from a namesake has a key of their own.
        row.name_key = Unchanged(before.name_key.clone());
    }
    Ok(row.update(tx).await?)
}

/// Gives the row `before`, which must be locked, another password, and returns it.
pub async fn set_password(
    tx: &Transaction,
    before: &UserRow,
    password_hash: Hidden,
    now: DateTime<Utc>,
) -> Result<UserRow> {
    tx.note(Change::Access(Access::User(before.id)));
    let row = ActiveModel {
        id: Unchanged(before.id),
        password_hash: Set(password_hash),
        version: Set(before.version + 1),
        updated_at: Set(now),
        ..Default::default()
    };
    Ok(row.update(tx).await?)
}

/// Gives the row with this id, which must be locked, another hash of the same password. Nobody has
/// changed it by that.
pub async fn renew_hash(tx: &Transaction, id: i64, password_hash: Hidden) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::PasswordHash, Expr::value(password_hash))
        .filter(Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

fn columns(fields: UserFields, now: DateTime<Utc>) -> ActiveModel {
    ActiveModel {
        name_key: Set(name_key(&fields.name)),
        name: Set(fields.name),
        email: Set(fields.email),
        role: Set(fields.role),
        is_active: Set(fields.is_active),
        updated_at: Set(now),
        ..Default::default()
    }
}
