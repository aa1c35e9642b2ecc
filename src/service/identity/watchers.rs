//! Who goes on with an access that may be changed, and is told when it is.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::Notify;

use crate::domain::access::Access;

/// So many may have gone before they are looked for.
const SWEPT: usize = 1_000;

/// By what they depend on. Those that have gone are forgotten now and then.
#[derive(Debug, Default)]
pub(in crate::service) struct Watchers(Mutex<Registered>);

#[derive(Debug, Default)]
struct Registered {
    watchers: HashMap<Access, Vec<Weak<Notify>>>,
    /// How many, with those that have gone.
    count: usize,
    /// How many there were after those that had gone were forgotten.
    swept: usize,
}

impl Watchers {
    /// Is notified when one of these is changed, as long as it exists.
    pub fn watch(&self, accesses: &[Access]) -> Arc<Notify> {
        let told = Arc::new(Notify::new());
        let mut registered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for access in accesses {
            let watchers = registered.watchers.entry(*access).or_default();
            watchers.push(Arc::downgrade(&told));
            registered.count += 1;
        }
        if registered.count > 2 * registered.swept + SWEPT {
            registered.sweep();
        }
        told
    }

    /// Notifies those who depend on `access`; all, when nobody knows what was changed.
    pub fn tell(&self, access: Option<Access>) {
        let registered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tell = |watchers: &Vec<Weak<Notify>>| {
            let here = watchers.iter().filter_map(Weak::upgrade);
            here.for_each(|watcher| watcher.notify_one());
        };
        match access {
            Some(access) => registered.watchers.get(&access).into_iter().for_each(tell),
            None => registered.watchers.values().for_each(tell),
        }
    }
}

impl Registered {
    fn sweep(&mut self) {
        self.watchers.retain(|_, watchers| {
            watchers.retain(|watcher| watcher.strong_count() > 0);
            !watchers.is_empty()
        });
        self.count = self.watchers.values().map(Vec::len).sum();
        self.swept = self.count;
    }
}
