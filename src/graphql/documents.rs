//! Documents that were read lately. Clients send the same few texts again and again, and reading
//! one takes longer than looking a call up.

use std::{collections::HashMap, iter::Peekable, str::Chars, sync::Arc};

use async_graphql::{
    Request,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};
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

/// Deepest nesting of brackets in a text: a selection is 20 deep at most, a filter as well.
const MAX_NESTING: usize = 64;

/// Whether a text nests brackets so deep that reading it could take more stack than there is.
#[must_use]
pub fn is_nested_too_deep(text: &str) -> bool {
    let mut depth: usize = 0;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => depth = depth.saturating_sub(1),
            '#' => {
                while characters
                    .next_if(|next| !matches!(next, '\n' | '\r'))
                    .is_some()
                {}
            }
            '"' => skip_string(&mut characters),
            _ => {}
        }
        if depth > MAX_NESTING {
            return true;
        }
    }
    false
}

/// Goes to the end of a string whose first quote was read.
fn skip_string(characters: &mut Peekable<Chars<'_>>) {
    let block = characters.next_if_eq(&'"').is_some();
    if block && characters.next_if_eq(&'"').is_none() {
        // Two quotes are an empty string.
        return;
    }
    let mut quotes = 0;
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                quotes = 0;
                characters.next();
            }
            '"' => {
                quotes += 1;
                if !block || quotes == 3 {
                    return;
                }
            }
            '\n' if !block => return,
            _ => quotes = 0,
        }
    }
}

/// Most fields that a document has once every fragment is written out.
const MAX_FIELDS: u64 = 50_000;

/// Whether fragments that spread fragments make a short text a long one: the checks of a document
/// would walk all of it.
fn is_too_long(document: &ExecutableDocument) -> bool {
    let mut sizes = HashMap::new();
    let operations = document.operations.iter();
    let fields = operations
        .map(|(_, operation)| size(&operation.node.selection_set.node, document, &mut sizes));
    fields.fold(0, u64::saturating_add) > MAX_FIELDS
}

fn size<'a>(
    selection: &'a SelectionSet,
    document: &'a ExecutableDocument,
    sizes: &mut HashMap<&'a str, u64>,
) -> u64 {
    let mut fields: u64 = 0;
    for item in &selection.items {
        let of_item = match &item.node {
            Selection::Field(field) => {
                size(&field.node.selection_set.node, document, sizes).saturating_add(1)
            }
            Selection::InlineFragment(fragment) => {
                size(&fragment.node.selection_set.node, document, sizes)
            }
            Selection::FragmentSpread(spread) => {
                let name = spread.node.fragment_name.node.as_str();
                match (sizes.get(name), document.fragments.get(name)) {
                    (Some(known), _) => *known,
                    (None, Some(fragment)) => {
                        // One that spreads itself is refused later, for that.
                        sizes.insert(name, 0);
                        let known = size(&fragment.node.selection_set.node, document, sizes);
                        sizes.insert(name, known);
                        known
                    }
                    (None, None) => 0,
                }
            }
        };
        fields = fields.saturating_add(of_item);
    }
    fields
}

impl Documents {
    /// Gives the request its document, and returns it; none for a text that is no document, which
    /// the execution refuses.
    ///
    /// # Errors
    /// Why a text is not looked at any further. What is remembered has passed.
    pub fn read(
        &self,
        request: &mut Request,
    ) -> Result<Option<Arc<ExecutableDocument>>, &'static str> {
        if let Some(document) = self.0.get(request.query.as_str()) {
            request.set_parsed_query(ExecutableDocument::clone(&document));
            return Ok(Some(document));
        }
        if is_nested_too_deep(&request.query) {
            return Err("the document nests brackets too deep");
        }
        let Ok(document) = request.parsed_query() else {
            return Ok(None);
        };
        if is_too_long(document) {
            return Err("the document has too many fields, fragments written out");
        }
        let document = Arc::new(document.clone());
        if request.query.len() <= LONGEST {
            self.0.insert(request.query.clone(), document.clone());
        }
        Ok(Some(document))
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn brackets_are_counted_outside_of_strings_and_comments() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(!is_nested_too_deep(&nested(64)));
        assert!(is_nested_too_deep(&nested(65)));
        assert!(!is_nested_too_deep(&nested(1).repeat(1_000)));
        for quiet in [
            "\"{}\"",
            "\"\"\"{}\"\"\"",
            "# {}\n",
            "\"\\\" {}\"",
            "\"\" \"{}\"",
        ] {
            assert!(
                !is_nested_too_deep(&quiet.replace("{}", &"(".repeat(99))),
                "{quiet}"
            );
            let after = format!("{}{}", quiet.replace("{}", "("), "(".repeat(65));
            assert!(is_nested_too_deep(&after), "{quiet}");
        }
    }

    #[test]
    fn fragments_that_double_each_other_are_too_long() {
        let doubling = |fragments: u32| {
            let mut text = format!("{{ ...F0 }} fragment F{fragments} on T {{ a }}");
            for n in 0..fragments {
                let next = n + 1;
                write!(
                    text,
                    " fragment F{n} on T {{ a {{ ...F{next} }} b {{ ...F{next} }} }}"
                )
                .unwrap();
            }
            parse_query(text).unwrap()
        };
        assert!(!is_too_long(&doubling(13)));
        assert!(is_too_long(&doubling(60)));
        let circle = parse_query("{ ...A } fragment A on T { ...A }").unwrap();
        assert!(!is_too_long(&circle));
    }
}
