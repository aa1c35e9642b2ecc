//! Writing access tokens.

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use crate::{
    domain::{
        access::Access,
        access_token::{AccessTokenFields, AccessTokenInput, Asker, PREFIX, is_visible_to},
        audit::{Origin, Record},
        change::GivenId,
        problem::{Code, Path, Problems},
        viewer::Viewer,
    },
    service::{
        accounts::Accounts,
        audit::{changed, object},
        caller::Claim,
        secrets::{hash_of, new_secret},
        write::{Result, Work, WriteError, Writer, accepted, no},
    },
    store::{
        self,
        access_tokens::{self, AccessTokenRow, AccessTokens},
        audit_log::{self, Changed, Doing},
    },
};

/// Most tokens that somebody has at a time.
const MOST: u64 = 100;

/// Makes a token, and says its secret, which nobody can say again.
///
/// # Errors
/// Every problem of the input, or when the database fails; nothing is written then.
pub async fn create(
    writer: &Writer<'_>,
    accounts: &Accounts,
    input: &AccessTokenInput,
) -> Result<(AccessTokenRow, SecretString)> {
    let viewer = writer.viewer;
    let asker = Asker {
        role: viewer.role,
        longest: (viewer.user_id().is_none()).then_some(accounts.0.options.foreign_token_lifetime),
    };
    let secret = new_secret(PREFIX, &*accounts.0.entropy);
    let hash = &hash_of(&secret);
    let created = writer.write_claiming(
        Claim::Caller,
        "createAccessToken",
        async move |work: &Work| {
            let mut problems = Problems::default();
            let fields = AccessTokenFields::read(input.clone(), asker, work.now, &mut problems);
            let fields = accepted(fields, problems)?;
            let had = access_tokens::count_of(&work.tx, &viewer.principal, work.now).await?;
            if had >= MOST {
                let message = format!("you have {MOST} access tokens: end one of them first");
                return Err(WriteError::refused(Path::input(), Code::TooMany, message));
            }
            let record = fields.record();
            let maker = &viewer.principal;
            let token =
                access_tokens::create(&work.tx, fields, maker, hash.clone(), work.now).await?;
            let added = changed(object::ACCESS_TOKEN, &token.id, &Record::default(), &record);
            work.record(vec![added]).await?;
            Ok(token)
        },
    );
    Ok((created.await?, secret))
}

/// Ends a token. One that has ended stays as it is.
///
/// # Errors
/// When there is none that the viewer may see, or when the database fails; nothing is written then.
pub async fn revoke(
    writer: &Writer<'_>,
    accounts: &Accounts,
    id: &GivenId,
) -> Result<AccessTokenRow> {
    let viewer = writer.viewer;
    let revoked = writer.write_claiming(
        Claim::Caller,
        "revokeAccessToken",
        async move |work: &Work| {
            let row = work.lock::<AccessTokens>(object::ACCESS_TOKEN, id).await?;
            if !is_visible_to(viewer, &row.created_by) {
                let path = Path::input().field("id");
                let message = no(object::ACCESS_TOKEN);
                return Err(WriteError::refused(path, Code::NotFound, message));
            }
            if row.revoked_at.is_some() {
                return Ok(row);
            }
            work.record(vec![revoked_at(row.id, work.now)]).await?;
            Ok(access_tokens::revoke(&work.tx, &row, work.now).await?)
        },
    );
    let revoked = revoked.await?;
    accounts.look_again(Some(Access::Token(revoked.id)));
    Ok(revoked)
}

/// Ends the token that has this secret, for whoever has it. One that nobody knows is as good as ended.
///
/// # Errors
/// When the database fails; nothing is written then.
pub async fn give_back(
    accounts: &Accounts,
    secret: &SecretString,
    origin: &Origin,
) -> store::Result<()> {
    let now = accounts.0.clock.now();
    let hash = &hash_of(secret);
    let given_back = accounts.0.db.transaction(async |tx| {
        let found = access_tokens::find_by_hash(tx, hash).await?;
        let Some((token, _)) = found.filter(|(token, _)| token.revoked_at.is_none()) else {
            return Ok(None);
        };
        let holder = Viewer::access_token(token.id, token.role, &token.created_by);
        let doing = Doing {
            actor: &holder.principal,
            role: holder.role.into(),
            operation: "revokeAccessToken",
            origin,
            at: now,
        };
        audit_log::add(tx, doing, vec![revoked_at(token.id, now)]).await?;
        access_tokens::revoke(tx, &token, now).await?;
        Ok(Some(token.id))
    });
    if let Some(token) = given_back.await? {
        accounts.look_again(Some(Access::Token(token)));
    }
    Ok(())
}

fn revoked_at(id: i64, at: DateTime<Utc>) -> Changed {
    let after = Record::default().with_time("revokedAt", Some(at));
    changed(object::ACCESS_TOKEN, &id, &Record::default(), &after)
}
