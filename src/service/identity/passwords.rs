//! Hashing passwords: argon2id, away from the threads that serve requests, and only so many at once.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

use crate::{
    domain::{
        hidden::Hidden,
        password::{LONGEST, form, forms},
    },
    random::Entropy,
};

/// How hard passwords are hashed.
#[derive(Debug, Clone, Copy)]
pub struct PasswordCost {
    /// Memory of one hash, in KiB.
    pub memory: u32,
    /// How often it is gone through.
    pub passes: u32,
    /// Hashes at a time; others wait.
    pub at_once: usize,
}

impl Default for PasswordCost {
    /// 19 MiB twice: what OWASP asks for.
    fn default() -> Self {
        Self {
            memory: 19 * 1024,
            passes: 2,
            at_once: 4,
        }
    }
}

/// How a password compares with a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// It has another one.
    No,
    /// It has this one.
    Yes,
    /// It has this one, which was made of another form of it, or at less cost than now.
    Outdated,
}

/// A password could not be hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a password could not be hashed")]
pub struct HashError;

/// Hashes passwords and compares them.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    places: Arc<Semaphore>,
    entropy: Arc<dyn Entropy>,
    /// A hash that no password has, to compare with where there is no user.
    nobodys: Hidden,
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Passwords")
    }
}

impl Passwords {
    /// Hashes at this cost.
    ///
    /// # Errors
    /// [`HashError`] for a cost that argon2 does not know.
    pub fn new(cost: PasswordCost, entropy: Arc<dyn Entropy>) -> Result<Self, HashError> {
        let params = Params::new(cost.memory, cost.passes, 1, None).map_err(|_| HashError)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobodys = hash(&argon2, &entropy.bytes(), &salt(&*entropy))?;
        Ok(Self {
            argon2,
            places: Arc::new(Semaphore::new(cost.at_once.max(1))),
            entropy,
            nobodys,
        })
    }

    /// The hash of a password in its one form, with a salt of its own.
    ///
    /// # Errors
    /// [`HashError`]
    pub async fn hash(&self, password: &SecretString) -> Result<Hidden, HashError> {
        let (argon2, salt) = (self.argon2.clone(), salt(&*self.entropy));
        let password = form(password);
        self.work(move || hash(&argon2, password.expose_secret().as_bytes(), &salt))
            .await?
    }

    /// Whether `password` has the hash `known`, in its one form or as it was typed. Where there is no
    /// hash, or the password is longer than any, it has not, after the same work.
    ///
    /// # Errors
    /// [`HashError`] when it cannot be told.
    pub async fn compare(
        &self,
        password: &SecretString,
        known: Option<&Hidden>,
    ) -> Result<Match, HashError> {
        let argon2 = self.argon2.clone();
        let forms = forms(password);
        let is_known = known.is_some();
        let hash = known.unwrap_or(&self.nobodys).clone();
        let compared = move || {
            let hash = PasswordHash::new(hash.expose()).map_err(|_| HashError)?;
            let has_hash = |form: &SecretString| {
                let bytes = form.expose_secret().as_bytes();
                let first = &bytes[..bytes.len().min(LONGEST)];
                argon2.verify_password(first, &hash).is_ok() && bytes.len() <= LONGEST
            };
            Ok(match forms.iter().position(has_hash) {
                Some(0) if is_as_costly(&hash, argon2.params()) => Match::Yes,
                Some(_) => Match::Outdated,
                None => Match::No,
            })
        };
        let compared = self.work(compared).await??;
        Ok(if is_known { compared } else { Match::No })
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let place = self.places.clone().acquire_owned().await;
        let place = place.map_err(|_| HashError)?;
        // The place is given back when the work ends, even if nobody waits for it any more.
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        done.await.map_err(|_| HashError)
    }
}

fn salt(entropy: &dyn Entropy) -> [u8; 16] {
    let mut salt = [0; 16];
    salt.copy_from_slice(&entropy.bytes()[..16]);
    salt
}

/// Whether a hash took no less work than one at the cost of `now`.
fn is_as_costly(hash: &PasswordHash, now: &Params) -> bool {
    let is_argon2id = matches!(
        Algorithm::try_from(hash.algorithm.as_str()),
        Ok(Algorithm::Argon2id)
    );
    is_argon2id
        && hash.version == Some(Version::V0x13.into())
        && Params::try_from(hash).is_ok_and(|then| {
            then.m_cost() >= now.m_cost()
                && then.t_cost() >= now.t_cost()
                && then.p_cost() >= now.p_cost()
        })
}

fn hash(argon2: &Argon2<'_>, password: &[u8], salt: &[u8]) -> Result<Hidden, HashError> {
    let hash: PasswordHash = argon2
        .hash_password_with_salt(password, salt)
        .map_err(|_| HashError)?;
    Ok(Hidden::new(hash.to_string()))
}

#[cfg(test)]
mod tests {
    use std::{
        future::poll_fn,
        pin::pin,
        sync::mpsc::{self, Sender},
        task::Poll,
    };

    use super::*;
    use crate::random::SystemEntropy;

    fn passwords(at_once: usize) -> Passwords {
        let cost = PasswordCost {
            memory: 8,
            passes: 1,
            at_once,
        };
        Passwords::new(cost, Arc::new(SystemEntropy)).unwrap()
    }

    /// Work that goes on until it is told to end, or its other side is gone.
    fn held() -> (Sender<()>, impl FnOnce() + Send + 'static) {
        let (end, wait) = mpsc::channel();
        (end, move || {
            let _ = wait.recv();
        })
    }

    #[tokio::test]
    async fn only_so_many_are_hashed_at_once() {
        let passwords = passwords(2);
        let (first, work) = held();
        let busy = tokio::spawn({
            let passwords = passwords.clone();
            async move { passwords.work(work).await }
        });
        let (_second, work) = held();
        // Somebody who goes away: the work goes on, and keeps its place.
        let mut abandoned = Box::pin(passwords.work(work));
        poll_fn(|context| {
            assert!(abandoned.as_mut().poll(context).is_pending());
            if passwords.places.available_permits() == 0 {
                Poll::Ready(())
            } else {
                context.waker().wake_by_ref();
                Poll::Pending
            }
        })
        .await;
        drop(abandoned);
        let password = "correct horse battery".into();
        let mut third = pin!(passwords.hash(&password));
        poll_fn(|context| {
            assert!(third.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
        assert_eq!(passwords.places.available_permits(), 0);
        first.send(()).unwrap();
        assert_eq!(busy.await.unwrap(), Ok(()));
        let hash = third.await.unwrap();
        let same = passwords.compare(&password, Some(&hash)).await;
        assert_eq!(same, Ok(Match::Yes));
    }

    #[tokio::test]
    async fn an_endless_password_is_none() {
        let passwords = passwords(1);
        let longest = SecretString::from("x".repeat(LONGEST));
        let hash = passwords.hash(&longest).await.unwrap();
        let compare = async |password: &SecretString, hash: Option<&Hidden>| {
            passwords.compare(password, hash).await.unwrap()
        };
        assert_eq!(compare(&longest, Some(&hash)).await, Match::Yes);
        let longer = SecretString::from("x".repeat(LONGEST + 1));
        assert_eq!(compare(&longer, Some(&hash)).await, Match::No);
        assert_eq!(compare(&longest, None).await, Match::No);
    }

    #[tokio::test]
    async fn a_hash_of_another_form_or_of_less_cost_is_known_and_outdated() {
        let passwords = passwords(1);
        let of = |bytes: &str, memory, passes| {
            let params = Params::new(memory, passes, 1, None).unwrap();
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            hash(&argon2, bytes.as_bytes(), &[7; 16]).unwrap()
        };
        let (composed, decomposed) = ("caf\u{e9} au lait", "cafe\u{301} au lait");
        for (typed, known, expected) in [
            (composed, of(composed, 8, 1), Match::Yes),
            (decomposed, of(composed, 8, 1), Match::Yes),
            (decomposed, of(decomposed, 8, 1), Match::Outdated),
            // Nobody knows which keyboard it was.
            (composed, of(decomposed, 8, 1), Match::No),
            ("a\tb", of("a\tb", 8, 1), Match::Yes),
            ("Ａ b", of("Ａ\u{3000}b", 8, 1), Match::No),
            ("Ａ\u{3000}b", of("Ａ b", 8, 1), Match::Yes),
            (composed, of(composed, 16, 2), Match::Yes),
        ] {
            let compared = passwords.compare(&typed.into(), Some(&known)).await;
            assert_eq!(compared, Ok(expected), "{typed:?}");
        }
        let costlier = PasswordCost {
            memory: 16,
            passes: 1,
            at_once: 1,
        };
        let costlier = Passwords::new(costlier, Arc::new(SystemEntropy)).unwrap();
        for (memory, passes, expected) in [
            (8, 1, Match::Outdated),
            (8, 9, Match::Outdated),
            (16, 1, Match::Yes),
        ] {
            let known = of("a", memory, passes);
            let compared = costlier.compare(&"a".into(), Some(&known)).await;
            assert_eq!(compared, Ok(expected));
        }
    }
}
