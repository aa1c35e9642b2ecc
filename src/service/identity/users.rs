//! Writing users.

use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    clock::whole_seconds,
    domain::{
        access::Access,
        audit::{Origin, Record},
        change::{Change, GivenId},
        counting::counted,
        look_alikes::Look,
        password,
        problem::{Code, Path, Problems},
        user::{UserFields, UserInput, name_key},
        viewer::Role,
    },
    service::{
        accounts::Accounts,
        audit::{changed, object},
        caller::Claim,
        passwords::Match,
        write::{Result, Work, WriteError, Writer, accepted, check_version},
    },
    store::{
        StoreError, access_tokens, sessions,
        users::{self, UserRow, Users},
    },
};

/// How often a password is compared that is hashed anew each time before it can be changed.
const ATTEMPTS: u32 = 5;

/// Adds a user.
///
/// # Errors
/// Every problem of the input, or when the database fails; nothing is written then.
pub async fn create(
    writer: &Writer<'_>,
    accounts: &Accounts,
    input: UserInput,
    password: &SecretString,
) -> Result<UserRow> {
    let mut problems = Problems::default();
    let fields = UserFields::read(None, input, &mut problems);
    check_password("password", password, fields.as_ref(), &mut problems);
    let fields = &accepted(fields, problems)?;
    let hash = &accounts.0.passwords.hash(password).await?;
    let created = writer.write_claiming(Claim::Users, "createUser", async move |work: &Work| {
        let mut problems = Problems::default();
        check_names(work, None, None, fields, &mut problems).await?;
        accepted(Some(()), problems)?;
        let user = users::create(&work.tx, fields.clone(), hash.clone(), work.now).await?;
        let added = changed(object::USER, &user.id, &Record::default(), &fields.record());
        work.record(vec![added]).await?;
        Ok(user)
    });
    created.await.map_err(taken)
}

/// Changes a user. One who may not sign in any more loses all sessions and access tokens.
///
/// # Errors
/// Every problem of the input, a stale `expected_version` among them, or when the database fails;
/// nothing is written then.
pub async fn update(
    writer: &Writer<'_>,
    accounts: &Accounts,
    id: &GivenId,
    input: UserInput,
    expected_version: Option<i64>,
) -> Result<UserRow> {
    write(writer, accounts, "updateUser", id, input, expected_version).await
}

/// Keeps a user from signing in; all sessions and access tokens end.
///
/// # Errors
/// When there is no such user, or not in the version expected, or it is the last administrator, or
/// when the database fails; nothing is written then.
pub async fn deactivate(
    writer: &Writer<'_>,
    accounts: &Accounts,
    id: &GivenId,
    expected_version: Option<i64>,
) -> Result<UserRow> {
    let input = UserInput {
        is_active: Change::Set(false),
        ..UserInput::default()
    };
    let operation = "deactivateUser";
    write(writer, accounts, operation, id, input, expected_version).await
}

async fn write(
    writer: &Writer<'_>,
    accounts: &Accounts,
    operation: &'static str,
    id: &GivenId,
    input: UserInput,
    expected_version: Option<i64>,
) -> Result<UserRow> {
    let input = &input;
    let written = writer.write_claiming(Claim::Users, operation, async move |work: &Work| {
        // In one order, so that two who take each other's role away do not wait in a circle.
        let admins = users::lock_admins(&work.tx).await?;
        let row = work.lock::<Users>(object::USER, id).await?;
        let mut problems = Problems::default();
        check_version(expected_version, row.version, &mut problems);
        let before = users::fields(&row);
        let after = UserFields::read(Some(&before), input.clone(), &mut problems);
        if let Some(after) = &after {
            check_names(work, Some(row.id), Some(&before), after, &mut problems).await?;
            check_last_admin(&admins, row.id, after, &mut problems);
        }
        let after = accepted(after, problems)?;
        if after == before {
            return Ok(row);
        }
        let change = changed(object::USER, &row.id, &before.record(), &after.record());
        work.record(vec![change]).await?;
        if !after.is_active {
            sessions::revoke_of_user(&work.tx, row.id, work.now).await?;
            access_tokens::revoke_of_user(&work.tx, row.id, work.now).await?;
        }
        Ok(users::update(&work.tx, &row, after, work.now).await?)
    });
    let written = written.await.map_err(taken)?;
    accounts.look_again(Some(Access::User(written.id)));
    Ok(written)
}

/// Another password for a user.
#[derive(Debug)]
pub struct NewPassword {
    /// Whose.
    pub user: GivenId,
    /// The present one; an administrator need not know that of somebody else.
    pub current: Option<SecretString>,
    /// The new one.
    pub new: SecretString,
}

/// Gives a user another password. All their sessions end; access tokens stay.
///
/// # Errors
/// Every problem of the input, or when the database fails; nothing is written then.
pub async fn change_password(
    writer: &Writer<'_>,
    accounts: &Accounts,
    input: &NewPassword,
) -> Result<UserRow> {
    let mut known = match &input.user {
        Ok(id) => users::find(writer.db.read(), *id).await?,
        Err(_) => None,
    };
    let mut problems = Problems::default();
    let own = known.as_ref().map(|known| known.id) == writer.viewer.user_id();
    if own && input.current.is_none() {
        let path = Path::input().field("currentPassword");
        problems.note(path, Code::Required, "your present password is wanted");
    }
    if let (Some(known), Some(current)) = (&known, &input.current) {
        check_current(accounts, known, current, writer.origin, &mut problems).await?;
    }
    let fields = known.as_ref().map(users::fields);
    check_password("newPassword", &input.new, fields.as_ref(), &mut problems);
    accepted(Some(()), problems)?;
    let hash = &accounts.0.passwords.hash(&input.new).await?;
    for _ in 0..ATTEMPTS {
        let compared = &known;
        let written =
            writer.write_claiming(Claim::Users, "changePassword", async move |work: &Work| {
                let row = work.lock::<Users>(object::USER, &input.user).await?;
                // What was compared has to be the present one still.
                if compared.as_ref().map(|known| &known.password_hash) != Some(&row.password_hash) {
                    return Ok(Err(row));
                }
                sessions::revoke_of_user(&work.tx, row.id, work.now).await?;
                work.record_counts(object::USER, Some(row.id.to_string()), [("passwords", 1)])
                    .await?;
                let changed = users::set_password(&work.tx, &row, hash.clone(), work.now).await?;
                Ok(Ok(changed))
            });
        let row = match written.await? {
            Ok(written) => {
                accounts.look_again(Some(Access::User(written.id)));
                return Ok(written);
            }
            Err(row) => row,
        };
        // It was changed meanwhile, or hashed anew by somebody who signed in.
        if let Some(current) = &input.current {
            let passwords = &accounts.0.passwords;
            let compared = passwords.compare(current, Some(&row.password_hash));
            if compared.await? == Match::No {
                break;
            }
        }
        known = Some(row);
    }
    let path = Path::input().field("currentPassword");
    let message = "the password was changed meanwhile";
    Err(WriteError::refused(path, Code::Conflict, message))
}

/// Notes when the present password is not the one that was given, or was tried too often.
async fn check_current(
    accounts: &Accounts,
    user: &UserRow,
    current: &SecretString,
    origin: &Origin,
    problems: &mut Problems,
) -> Result<()> {
    let path = Path::input().field("currentPassword");
    if let Err(early) = accounts.attempt_of_user(user.id, origin) {
        let message = format!(
            "too many wrong passwords: try again in {}",
            counted(whole_seconds(early.wait), "second")
        );
        problems.note(path, Code::TooManyAttempts, message);
        return Ok(());
    }
    let passwords = &accounts.0.passwords;
    match passwords
        .compare(current, Some(&user.password_hash))
        .await?
    {
        Match::Yes | Match::Outdated => accounts.forget_attempts(user.id, origin),
        Match::No => {
            let message = "this is not the present password";
            problems.note(path, Code::WrongPassword, message);
        }
    }
    Ok(())
}

fn check_password(
    field: &str,
    password: &SecretString,
    user: Option<&UserFields>,
    problems: &mut Problems,
) {
    let email = user.and_then(|user| user.email.as_deref());
    let known: Vec<&str> = user
        .map(|user| user.name.as_str())
        .into_iter()
        .chain(email)
        .collect();
    if let Err((code, message)) = password::check(password.expose_secret(), &known) {
        problems.note(Path::input().field(field), code, message);
    }
}

/// Notes when somebody else has the name or the address, or one that looks the same. What stays as it
/// was `before` may look like another.
async fn check_names(
    work: &Work,
    id: Option<i64>,
    before: Option<&UserFields>,
    fields: &UserFields,
    problems: &mut Problems,
) -> Result<()> {
    let name = Some(&fields.name).filter(|name| before.is_none_or(|before| before.name != **name));
    let email = fields.email.as_ref();
    let email =
        email.filter(|email| before.is_none_or(|before| before.email.as_ref() != Some(*email)));
    let others = users::namesakes(&work.tx, id, fields).await?;
    let key = name_key(&fields.name);
    let same_name = name.is_some() && others.iter().any(|other| other.name_key == key);
    let same_email = email.is_some() && others.iter().any(|other| other.email.as_ref() == email);
    for (same, field) in [(same_name, "name"), (same_email, "email")] {
        if same {
            let message = format!("another user has this {field}");
            problems.note(Path::input().field(field), Code::Taken, message);
        }
    }
    let name = name.filter(|_| !same_name);
    let email = email.filter(|_| !same_email);
    if name.is_none() && email.is_none() {
        return Ok(());
    }
    let all = users::names(&work.tx, id).await?;
    if let Some(look) = name.map(|name| Look::of(name)) {
        let mut names = all.iter().map(|(name, _)| name);
        if let Some(like) = names.find(|name| look.is_like(&Look::of(name))) {
            let message = format!("this looks like the name of another user, “{like}”");
            problems.note(Path::input().field("name"), Code::Taken, message);
        }
    }
    if let Some(email) = email {
        let look = Look::of(email);
        // Addresses are given by others: where all is ASCII, 1 and l are told apart.
        let mut emails = all.iter().filter_map(|(_, email)| email.as_deref());
        if emails
            .any(|other| !(email.is_ascii() && other.is_ascii()) && look.is_like(&Look::of(other)))
        {
            let message = "this looks like the e-mail address of another user";
            problems.note(Path::input().field("email"), Code::Taken, message);
        }
    }
    Ok(())
}

/// Notes when nobody would be left who may make users.
fn check_last_admin(admins: &[i64], id: i64, after: &UserFields, problems: &mut Problems) {
    if admins == [id] && !(after.is_active && after.role == Role::Admin) {
        let field = if after.is_active { "role" } else { "id" };
        let message = "this is the last ADMIN who can sign in; make another one first";
        problems.note(Path::input().field(field), Code::Protected, message);
    }
}

/// Two who take the same name at the same time: the database lets one of them.
fn taken(error: WriteError) -> WriteError {
    match error {
        WriteError::Store(StoreError::Constraint(_)) => {
            let message = "another user has this name or e-mail address";
            WriteError::refused(Path::input().field("name"), Code::Taken, message)
        }
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recorded_of_a_user_has_no_password() {
        let fields = UserFields {
            name: "li".to_owned(),
            email: Some("li@example.com".to_owned()),
            role: Role::Agent,
            is_active: true,
        };
        let change = changed(object::USER, &1, &Record::default(), &fields.record());
        let recorded = format!("{:?}", change.changes);
        assert!(
            !recorded.contains("password") && !recorded.contains("li@"),
            "{recorded}"
        );
    }
}
