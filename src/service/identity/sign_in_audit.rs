//! The record of who signed in and out, and who could not.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    clock::whole_seconds,
    domain::{
        audit::{Origin, Recorded},
        principal::Principal,
        viewer::Viewer,
    },
    service::{accounts::Accounts, audit::object},
    store::{
        self, Transaction,
        audit_log::{self, Changed, Doing},
        users::UserRow,
    },
};

/// The role of nobody.
const NO_ROLE: &str = "NONE";

impl Accounts {
    /// Records what became of a session, which is the viewer's.
    pub(in crate::service) async fn record_session(
        &self,
        tx: &Transaction,
        what: &'static str,
        viewer: &Viewer,
        session: i64,
        origin: &Origin,
    ) -> store::Result<()> {
        let doing = Doing {
            actor: &viewer.principal,
            role: viewer.role.into(),
            operation: what,
            origin,
            at: self.0.clock.now(),
        };
        let user = viewer.user_id().map(|id| id.to_string());
        let changed = of_user(user, [("session", json!(session.to_string()))]);
        audit_log::add(tx, doing, vec![changed]).await
    }

    /// Records that somebody could not sign in as `account`, which is a user's name or is not.
    pub(in crate::service) async fn record_failed(
        &self,
        account: &str,
        user: Option<&UserRow>,
        origin: &Origin,
    ) -> store::Result<()> {
        let user = user.map(|user| user.id.to_string());
        let changed = of_user(user, [("account", json!(account))]);
        self.record_nobody("signInFailed", changed, origin).await
    }

    /// Records that somebody tried too often, and from now on has to wait.
    pub(in crate::service) async fn record_throttled(
        &self,
        account: &str,
        wait: TimeDelta,
        origin: &Origin,
    ) -> store::Result<()> {
        let said = [
            ("account", json!(account)),
            ("waitSeconds", json!(whole_seconds(wait))),
        ];
        let changed = of_user(None, said);
        self.record_nobody("signInThrottled", changed, origin).await
    }

    async fn record_nobody(
        &self,
        operation: &'static str,
        changed: Changed,
        origin: &Origin,
    ) -> store::Result<()> {
        let doing = Doing {
            actor: &Principal::Nobody,
            role: NO_ROLE,
            operation,
            origin,
            at: self.0.clock.now(),
        };
        let changed = &changed;
        self.0
            .db
            .transaction(async |tx| audit_log::add(tx, doing, vec![changed.clone()]).await)
            .await
    }
}

fn of_user<const N: usize>(id: Option<String>, said: [(&str, Value); N]) -> Changed {
    let with = |recorded: Recorded, (name, value)| recorded.with(name, value);
    Changed {
        object_type: object::USER,
        object_id: id,
        changes: said.into_iter().fold(Recorded::default(), with),
    }
}
