//! What callers spend of their budgets, and what they are told of it.

use std::sync::Arc;

use async_graphql::{Response, Value};

use super::{
    answers,
    budget::{Balance, Budgets},
    limits::{Limits, Refusal, cost as told, tell_cost},
};
use crate::{clock::Clock, domain::viewer::Viewer};

/// The budgets of all callers. Clones are the same.
#[derive(Clone)]
pub(in crate::graphql) struct Purse {
    budgets: Arc<Budgets>,
    clock: Arc<dyn Clock>,
    /// What one request may cost.
    limit: u64,
}

impl Purse {
    /// Nobody has spent anything.
    pub fn new(limits: &Limits, clock: Arc<dyn Clock>) -> Self {
        Self {
            budgets: Arc::new(limits.budgets()),
            clock,
            limit: limits.cost,
        }
    }

    /// Takes `cost` from the caller's budget: what the answer says of it, or the answer to one who
    /// has not so much left.
    pub fn spend(&self, viewer: &Viewer, cost: u64) -> Result<Value, Box<Response>> {
        let now = self.clock.now();
        match self.budgets.spend(&viewer.account(), cost, now) {
            Ok(balance) => Ok(told(cost, self.limit, Some(balance))),
            Err((balance, wait)) => {
                let refusal = Refusal::OverBudget {
                    cost,
                    balance,
                    wait,
                };
                Err(self.refuse(&refusal, cost, Some(balance)))
            }
        }
    }

    /// The answer to a request of this cost that is not executed.
    pub fn refuse(&self, why: &Refusal, cost: u64, balance: Option<Balance>) -> Box<Response> {
        let mut response = answers::refused(why);
        tell_cost(&mut response, Some(told(cost, self.limit, balance)));
        Box::new(response)
    }
}
