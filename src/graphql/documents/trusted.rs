//! Trusted documents: the only ones that are executed, where there are any.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::Arc,
};

use super::{
    limits::Limits,
    persisted::{Digest, bare, digest_of},
    reading::{Documents, Read, Unreadable},
    validation::{Validator, told},
};

/// A document as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundDocument {
    /// Where: the file, and within a list the id.
    pub place: String,
    /// By what clients name it, beside the SHA-256 of its text.
    pub id: Option<String>,
    /// Its text.
    pub text: String,
}

/// Why a document is not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct BadDocument {
    /// Where it was found.
    place: String,
    /// What is wrong with it.
    reason: String,
}

/// Documents by their ids. They are good: they mean something in the schema.
#[derive(Debug)]
pub struct TrustedDocuments {
    by_id: HashMap<String, Arc<str>>,
    digests: HashSet<Digest>,
}

impl TrustedDocuments {
    /// Of these documents, checked against a schema.
    pub(in crate::graphql) fn of(
        found: &[FoundDocument],
        limits: Limits,
        sdl: &str,
    ) -> Result<Self, BadDocument> {
        let validator = Validator::of(sdl);
        let readable = Documents::new(limits.tokens);
        let mut trusted = Self {
            by_id: HashMap::new(),
            digests: HashSet::new(),
        };
        for document in found {
            check(document, &readable, &validator)
                .and_then(|()| trusted.add(document))
                .map_err(|reason| BadDocument {
                    place: document.place.clone(),
                    reason,
                })?;
        }
        Ok(trusted)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        let texts: HashSet<&str> = self.by_id.values().map(AsRef::as_ref).collect();
        texts.len()
    }

    /// Whether there are none, and so nothing that could be asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The text of the document with an id.
    pub(in crate::graphql) fn named(&self, id: &str) -> Option<&str> {
        self.by_id.get(bare(id)).map(AsRef::as_ref)
    }

    /// Whether a text is one of them.
    pub(in crate::graphql) fn holds(&self, text: &str) -> bool {
        self.digests.contains(&digest_of(text))
    }

    fn add(&mut self, document: &FoundDocument) -> Result<(), String> {
        let text: Arc<str> = document.text.as_str().into();
        if let Some(id) = &document.id {
            match self.by_id.entry(bare(id).to_owned()) {
                Entry::Occupied(taken) if *taken.get() != text => {
                    return Err(format!("another document has the id {id}"));
                }
                Entry::Occupied(_) => {}
                Entry::Vacant(free) => drop(free.insert(text.clone())),
            }
        }
        // A file ends with a line's end, what a client sends does not.
        for text in [text.as_ref(), text.trim()] {
            let digest = digest_of(text);
            let id = hex::encode(digest);
            self.by_id.entry(id).or_insert_with(|| text.into());
            self.digests.insert(digest);
        }
        Ok(())
    }
}

fn check(
    document: &FoundDocument,
    readable: &Documents,
    validator: &Validator,
) -> Result<(), String> {
    let (mistakes, reason) = match readable.read(&document.text) {
        Ok(Read::Known(_)) => return Ok(()),
        Ok(Read::New(_, tree)) => (validator.mistakes(&tree), None),
        Err(Unreadable::Refused(refusal)) => return Err(refusal.to_string()),
        Err(Unreadable::Broken(mistakes)) => (told(&mistakes), None),
        Err(Unreadable::NotExecutable(tree, reason)) => {
            (validator.mistakes(&tree), Some(reason.to_string()))
        }
    };
    let Some(mistake) = mistakes.first() else {
        return reason.map_or(Ok(()), Err);
    };
    let place = mistake.locations.first();
    let place = place.map(|place| format!("line {}, column {}: ", place.line, place.column));
    Err(place.unwrap_or_default() + &mistake.message)
}
