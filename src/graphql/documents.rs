//! Documents that were read lately. Clients send the same few texts again and again, and reading
//! one takes longer than looking a call up.

use std::sync::Arc;

use async_graphql::{Request, parser::types::ExecutableDocument};
use quick_cache::{Weighter, sync::Cache};

/// Most bytes of texts that are remembered; their documents take some ten times as much.
const CAPACITY: u64 = 1024 * 1024;
/// Longest text that is remembered, in bytes.
const LONGEST: usize = 16 * 1024;
/// About how many texts there are.
const TEXTS: usize = 1_000;

/// Counts a document by the length of its text.
#[derive(Clone)]
struct Length;

impl Weighter<String, Arc<ExecutableDocument>> for Length {
    fn weight(&self, text: &String, _: &Arc<ExecutableDocument>) -> u64 {
        text.len() as u64
    }
}

/// Documents by their text.
#[derive(Clone)]
pub(super) struct Documents(Arc<Cache<String, Arc<ExecutableDocument>, Length>>);

impl Default for Documents {
    fn default() -> Self {
        Self(Arc::new(Cache::with_weighter(TEXTS, CAPACITY, Length)))
    }
}

impl Documents {
    /// Gives the request its document, and returns it; none for a text that is no document, which
    /// the execution refuses.
    pub fn read(&self, request: &mut Request) -> Option<Arc<ExecutableDocument>> {
        if let Some(document) = self.0.get(request.query.as_str()) {
            request.set_parsed_query(ExecutableDocument::clone(&document));
            return Some(document);
        }
        let document = Arc::new(request.parsed_query().ok()?.clone());
        if request.query.len() <= LONGEST {
            self.0.insert(request.query.clone(), document.clone());
        }
        Some(document)
    }
}
