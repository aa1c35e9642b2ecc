//! Documents that clients name instead of sending them: by the id of a trusted one, or by the
//! SHA-256 of one that was sent before (automatic persisted queries, Apollo's protocol).

use std::sync::Arc;

use async_graphql::{Request, Value, parser::types::ExecutableDocument};
use aws_lc_rs::digest::{SHA256, digest};
use quick_cache::{Weighter, sync::Cache};

use super::{limits::Refusal, reading::only_reads, trusted::TrustedDocuments};
use crate::domain::privacy::is_personal;

/// Where a request names its document, in its extensions.
pub const PERSISTED_QUERY: &str = "persistedQuery";

/// Most bytes of texts that are remembered, of all clients together. A text that is asked for again
/// stays longer than those that came once, so that a flood of new ones does not push it out.
const CAPACITY: u64 = 8 * 1024 * 1024;
/// Longest text that is remembered, in bytes.
const LONGEST: usize = 64 * 1024;
/// About how many texts there are.
const TEXTS: usize = 4_000;
/// What an entry takes beside its text, in bytes.
const ENTRY: u64 = 128;

/// A document's id without the word that it is a SHA-256.
#[must_use]
pub fn bare(id: &str) -> &str {
    id.strip_prefix("sha256:").unwrap_or(id)
}

/// A SHA-256.
pub(in crate::graphql) type Digest = [u8; 32];

/// The SHA-256 of a text.
pub(in crate::graphql) fn digest_of(text: &str) -> Digest {
    let mut bytes = Digest::default();
    let computed = digest(&SHA256, text.as_bytes());
    for (to, from) in bytes.iter_mut().zip(computed.as_ref()) {
        *to = *from;
    }
    bytes
}

/// Counts a text by its length.
#[derive(Clone)]
pub(in crate::graphql) struct Length;

impl Weighter<Digest, Arc<str>> for Length {
    fn weight(&self, _: &Digest, text: &Arc<str>) -> u64 {
        text.len() as u64 + ENTRY
    }
}

/// The documents that clients may name.
#[derive(Clone)]
pub(in crate::graphql) enum Persisted {
    /// Those that were sent with their SHA-256 lately; others can be sent.
    Automatic(Arc<Cache<Digest, Arc<str>, Length>>),
    /// Those that were there at start; no others are taken.
    Trusted(Arc<TrustedDocuments>),
}

impl Persisted {
    /// The trusted ones, or none yet.
    pub fn new(trusted: Option<Arc<TrustedDocuments>>) -> Self {
        match trusted {
            Some(trusted) => Self::Trusted(trusted),
            None => Self::Automatic(Arc::new(Cache::with_weighter(TEXTS, CAPACITY, Length))),
        }
    }

    /// Gives a request that names its document the text of it. Returns the SHA-256 under which the
    /// text that it brought is to be remembered.
    ///
    /// # Errors
    /// Why the request is refused: what it names is not known, is not what it brought, or what it
    /// brought is not trusted.
    pub fn complete(&self, request: &mut Request) -> Result<Option<Digest>, Refusal> {
        let id = named(request)?;
        match (self, id) {
            (Self::Trusted(trusted), Some(id)) if request.query.is_empty() => {
                let text = trusted.named(&id).ok_or(Refusal::UnknownDocument)?;
                request.query = text.to_string();
                Ok(None)
            }
            (Self::Trusted(trusted), _) if trusted.holds(&request.query) => Ok(None),
            (Self::Trusted(_), _) => Err(Refusal::NotTrusted),
            (Self::Automatic(_), None) => Ok(None),
            (Self::Automatic(known), Some(id)) => automatic(known, &id, request),
        }
    }

    /// Remembers the text of a request that passed everything.
    ///
    /// Changes may have secrets in their texts and are not kept, nor are telephone numbers and
    /// addresses: that a text is known would tell others that it was asked for.
    pub fn remember(&self, digest: Digest, text: &str, document: &ExecutableDocument) {
        if let Self::Automatic(known) = self
            && text.len() <= LONGEST
            && only_reads(document)
            && !is_personal(text)
        {
            known.insert(digest, text.into());
        }
    }
}

fn automatic(
    known: &Cache<Digest, Arc<str>, Length>,
    id: &str,
    request: &mut Request,
) -> Result<Option<Digest>, Refusal> {
    let mut wanted = Digest::default();
    let is_digest = hex::decode_to_slice(id, &mut wanted).is_ok();
    if !request.query.is_empty() {
        return match digest_of(&request.query) {
            digest if is_digest && digest == wanted => Ok(Some(digest)),
            _ => Err(Refusal::WrongHash),
        };
    }
    let text = known.get(&wanted).filter(|_| is_digest);
    request.query = text.ok_or(Refusal::PersistedQueryNotFound)?.to_string();
    Ok(None)
}

/// The id by which a request names its document.
fn named(request: &Request) -> Result<Option<String>, Refusal> {
    let Some(Value::Object(named)) = request.extensions.get(PERSISTED_QUERY) else {
        return match request.extensions.get(PERSISTED_QUERY) {
            None | Some(Value::Null) => Ok(None),
            Some(_) => Err(Refusal::OddPersistedQuery),
        };
    };
    match (named.get("version"), named.get("sha256Hash")) {
        (Some(Value::Number(version)), Some(Value::String(id))) if version.as_u64() == Some(1) => {
            Ok(Some(id.clone()))
        }
        _ => Err(Refusal::OddPersistedQuery),
    }
}
