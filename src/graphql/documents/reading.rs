//! Documents that were read lately. Clients send the same few texts again and again, and reading
//! one takes longer than looking a call up.

use std::{collections::HashMap, iter::Peekable, str::Chars, sync::Arc};

use apollo_compiler::validation::DiagnosticList;
use async_graphql::Name;
use async_graphql::parser::types::{
    ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};
use quick_cache::{Weighter, sync::Cache};

use super::{
    limits::Refusal,
    parsing::{self, NotExecutable, Tree},
};

/// Most bytes of texts that are remembered; their documents take some ten times as much.
const CAPACITY: u64 = 1024 * 1024;
/// Longest text that is remembered, in bytes.
const LONGEST: usize = 16 * 1024;
/// About how many texts there are.
const TEXTS: usize = 1_000;

/// Counts a document by the length of its text.
#[derive(Clone)]
struct Length;

impl Weighter<String, Known> for Length {
    fn weight(&self, text: &String, _: &Known) -> u64 {
        text.len() as u64
    }
}

/// Documents by their text.
#[derive(Clone)]
pub(in crate::graphql) struct Documents {
    known: Arc<Cache<String, Known, Length>>,
    most_tokens: usize,
}

/// A document that is good, and what was found out about it.
#[derive(Debug, Clone)]
pub(in crate::graphql) struct Known {
    /// The document.
    pub document: Arc<ExecutableDocument>,
    /// Whether its fields have to be [collected](super::collecting) before it is executed.
    pub is_collected: bool,
}

/// Deepest nesting of brackets in a text: a selection is 20 deep at most, a filter as well.
const MAX_NESTING: usize = 64;

/// Longest text that is read, in bytes. The tokens that are taken fit in easily; long values belong
/// into variables.
const MAX_LENGTH: usize = 256 * 1024;

/// What a text is made of.
#[derive(Debug, Default, PartialEq, Eq)]
struct Scan {
    /// Deepest nesting of brackets, as far as it was looked at.
    depth: usize,
    /// Words, numbers, strings and signs.
    tokens: usize,
}

/// Goes through a text once, up to where it nests too deep.
fn scan(text: &str) -> Scan {
    let mut scan = Scan::default();
    let mut depth: usize = 0;
    let mut in_word = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let continues = in_word;
        in_word = character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
        let is_blank = character.is_whitespace() || matches!(character, ',' | '#' | '\u{feff}');
        scan.tokens += usize::from(!(is_blank || in_word && continues));
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
        scan.depth = scan.depth.max(depth);
        if depth > MAX_NESTING {
            break;
        }
    }
    scan
}

/// Goes to the end of a string whose first quote was read, as the parser does: to look at another
/// part of the text as code than the parser would be to overlook what it nests.
fn skip_string(characters: &mut Peekable<Chars<'_>>) {
    if characters.next_if_eq(&'"').is_none() {
        while let Some(character) = characters.next() {
            match character {
                '\\' => drop(characters.next()),
                '"' => return,
                _ => {}
            }
        }
    } else if characters.next_if_eq(&'"').is_some() {
        skip_block(characters);
    }
    // Else two quotes: an empty string.
}

/// The same for a block, in which a backslash means something before three quotes only.
fn skip_block(characters: &mut Peekable<Chars<'_>>) {
    let mut quotes = 0;
    let mut is_escaped = false;
    for character in characters {
        if character == '"' {
            quotes += 1;
        } else {
            quotes = 0;
            is_escaped = character == '\\';
        }
        if quotes == 3 && !std::mem::take(&mut is_escaped) {
            return;
        }
        quotes %= 3;
    }
}

/// Most fields that a document has once every fragment is written out.
const MAX_FIELDS: u64 = 50_000;

/// How many fields a document has once every fragment is written out: fragments that spread
/// fragments make a short text a long one, and the checks of a document would walk all of it.
fn written_out(document: &ExecutableDocument) -> u64 {
    let mut sizes = HashMap::new();
    let operations = document.operations.iter();
    let fields = operations
        .map(|(_, operation)| size(&operation.node.selection_set.node, document, &mut sizes));
    fields.fold(0, u64::saturating_add)
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

/// Whether nothing of a document changes anything.
pub(in crate::graphql) fn only_reads(document: &ExecutableDocument) -> bool {
    let mut operations = document.operations.iter();
    operations.all(|(_, operation)| operation.node.ty != OperationType::Mutation)
}

/// A text that was read.
pub(in crate::graphql) enum Read {
    /// It was remembered, and so is good.
    Known(Known),
    /// What it says, and how it was parsed, to be checked.
    New(Arc<ExecutableDocument>, Box<Tree>),
}

impl Read {
    /// What it says.
    pub const fn document(&self) -> &Arc<ExecutableDocument> {
        match self {
            Self::Known(known) => &known.document,
            Self::New(document, _) => document,
        }
    }
}

/// Why a text is not executed.
#[derive(Debug)]
pub(in crate::graphql) enum Unreadable {
    /// It would take long to read.
    Refused(Refusal),
    /// It is no GraphQL.
    Broken(DiagnosticList),
    /// It is, and nothing that can be executed: check it for a better reason.
    NotExecutable(Box<Tree>, NotExecutable),
}

impl From<Refusal> for Unreadable {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Documents {
    /// None yet; texts of more than `most_tokens` words and signs are not read.
    pub fn new(most_tokens: usize) -> Self {
        Self {
            known: Arc::new(Cache::with_weighter(TEXTS, CAPACITY, Length)),
            most_tokens,
        }
    }

    /// Reads a text, unless it was read lately.
    ///
    /// # Errors
    /// Why it is not executed. What is remembered has passed.
    pub fn read(&self, text: &str) -> Result<Read, Unreadable> {
        if let Some(known) = self.known.get(text) {
            return Ok(Read::Known(known));
        }
        self.look_at(text)?;
        let tree = parsing::parse(text).map_err(Unreadable::Broken)?;
        let document = match parsing::executable(&tree, text) {
            Ok(document) => document,
            Err(reason) => return Err(Unreadable::NotExecutable(Box::new(tree), reason)),
        };
        let fields = written_out(&document);
        if fields > MAX_FIELDS {
            return Err(Unreadable::Refused(Refusal::TooMuch {
                what: "has, with its fragments written out, fields to the number of",
                asked: fields,
                allowed: MAX_FIELDS,
                hint: "send it as several queries",
            }));
        }
        Ok(Read::New(Arc::new(document), Box::new(tree)))
    }

    /// The types of a text's operations, with their names; none for a text that is not executed.
    pub fn operations(&self, text: &str) -> Vec<(Option<String>, OperationType)> {
        if let Some(known) = self.known.get(text) {
            let operations = known.document.operations.iter();
            return operations
                .map(|(name, operation)| (name.map(ToString::to_string), operation.node.ty))
                .collect();
        }
        let tree = self
            .look_at(text)
            .ok()
            .and_then(|()| parsing::parse(text).ok());
        tree.iter()
            .flat_map(parsing::operations)
            .map(|(name, ty)| (name.map(str::to_owned), ty))
            .collect()
    }

    /// Remembers a document that is good.
    pub fn remember(&self, text: &str, known: &Known) {
        // Changes may have secrets in their texts, and are not kept.
        if only_reads(&known.document) && text.len() <= LONGEST {
            self.known.insert(text.to_owned(), known.clone());
        }
    }

    /// Refuses a text that would take long to read.
    fn look_at(&self, text: &str) -> Result<(), Refusal> {
        let scan = if text.len() > MAX_LENGTH {
            Scan::default()
        } else {
            scan(text)
        };
        let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        for (what, asked, allowed, hint) in [
            (
                "has a length in bytes of",
                text.len(),
                MAX_LENGTH,
                "put values into variables",
            ),
            (
                "nests brackets to a depth of",
                scan.depth,
                MAX_NESTING,
                "write it flatter",
            ),
            (
                "has words and signs to the number of",
                scan.tokens,
                self.most_tokens,
                "put values into variables, or send it as several queries",
            ),
        ] {
            if asked > allowed {
                return Err(Refusal::TooMuch {
                    what,
                    asked: number(asked),
                    allowed: number(allowed),
                    hint,
                });
            }
        }
        Ok(())
    }
}

/// The operation that will be executed.
pub(in crate::graphql) fn chosen<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Option<&'a OperationDefinition> {
    let mut operations = document.operations.iter();
    let chosen = |(operation, _): &(Option<&Name>, _)| match (operation, name) {
        (Some(operation), Some(name)) => operation.as_str() == name,
        _ => true,
    };
    operations
        .find(chosen)
        .map(|(_, operation)| &operation.node)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use async_graphql::parser::parse_query;

    use super::*;

    fn is_nested_too_deep(text: &str) -> bool {
        scan(text).depth > MAX_NESTING
    }

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
            "\"\"\"\\\\\"\"\" {}\"\"\"",
            "\"\"\"\\\"\"\" {} \"\" \\\"\"\"\"\"\"",
            "\"\n {}\"",
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
        // Each fragment has two fields that spread the next one: 2 + 4 + … + 2^13, and the last.
        assert_eq!(written_out(&doubling(13)), 16_382 + 8_192);
        assert_eq!(written_out(&doubling(70)), u64::MAX);
        let circle = parse_query("{ ...A } fragment A on T { ...A }").unwrap();
        assert_eq!(written_out(&circle), 0);
    }
}
