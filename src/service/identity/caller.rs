//! Whether whoever sent a mutation may still write when its transaction begins: they were looked up
//! before, and it may have waited since.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        principal::Principal,
        viewer::{Role, Viewer},
    },
    service::{
        accounts::role_of,
        write::{Result, WriteError},
    },
    store::{
        self, Transaction, access_tokens, lock_row, sessions,
        users::{self, Users},
    },
};

/// Why a caller may not write any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// The session or the access token is over, or its user may not come in any more.
    #[error("your session or access token ended before this was written: sign in again")]
    Access,
    /// The role is another one, which may do less.
    #[error("your role was changed before this was written: send it again if you may still do it")]
    Role,
}

/// What a write claims before anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::service) enum Claim {
    /// Nothing: it counts as done before what changes the caller's access meanwhile.
    Nothing,
    /// The caller as they are. Whoever changes their access meanwhile waits for this, or this for them.
    Caller,
    /// That, and the names of users, for what changes users.
    Users,
}

/// That the caller may still come in with what they came in with, and do what they might do then.
pub(in crate::service) async fn check(
    tx: &Transaction,
    viewer: &Viewer,
    claim: Claim,
    now: DateTime<Utc>,
) -> Result<()> {
    // In this order everywhere: the names, then users, then their sessions and tokens.
    if claim == Claim::Users {
        users::claim_names(tx).await?;
    }
    let role = match viewer.principal {
        Principal::User(id) => {
            if claim != Claim::Nothing {
                lock_row::<Users>(tx, id).await?;
            }
            role_of_user(tx, id, viewer.session, now).await?
        }
        Principal::AccessToken(id) => role_of_token(tx, id, now).await?,
        // Whose access ends elsewhere, if it does.
        Principal::CommandLine | Principal::Nobody | Principal::Foreign(_) => Some(viewer.role),
    };
    match role {
        None => Err(WriteError::Lost(Lost::Access)),
        Some(role) if !role.covers(viewer.role) => Err(WriteError::Lost(Lost::Role)),
        Some(_) => Ok(()),
    }
}

async fn role_of_user(
    tx: &Transaction,
    id: i64,
    session: Option<i64>,
    now: DateTime<Utc>,
) -> store::Result<Option<Role>> {
    let user = match session {
        Some(session) => {
            let open = sessions::find_open(tx, session).await?;
            open.filter(|(session, user)| user.id == id && now < session.expires_at)
                .map(|(_, user)| user)
        }
        None => users::find(tx, id).await?,
    };
    Ok(user.filter(|user| user.is_active).map(|user| user.role))
}

async fn role_of_token(
    tx: &Transaction,
    id: i64,
    now: DateTime<Utc>,
) -> store::Result<Option<Role>> {
    let found = access_tokens::find(tx, id).await?;
    let goes_on = found.filter(|(token, _)| token.expires_at.is_none_or(|end| now < end));
    Ok(goes_on.and_then(|(token, maker)| role_of(&token, maker.as_ref())))
}
