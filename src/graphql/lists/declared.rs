//! Types of the schema that are made of what tables declare.

use std::borrow::Cow;

use async_graphql::{
    indexmap::IndexMap,
    registry::{Deprecation, MetaEnumValue, MetaField, MetaInputValue, MetaType, Registry},
};

/// The fields of an input object.
pub(in crate::graphql) struct InputFields(IndexMap<String, MetaInputValue>);

impl InputFields {
    /// Registers an input object, unless it is there already.
    pub fn register(
        registry: &mut Registry,
        name: &str,
        description: &str,
        fill: impl FnOnce(&mut Registry, &mut Self),
    ) {
        if registry.types.contains_key(name) {
            return;
        }
        // Types that lead back to this one find it.
        registry.types.insert(
            name.to_owned(),
            input_object(name, description, IndexMap::new()),
        );
        let mut fields = Self(IndexMap::new());
        fill(registry, &mut fields);
        registry
            .types
            .insert(name.to_owned(), input_object(name, description, fields.0));
    }

    /// Adds a field of the type `ty`.
    pub fn add(&mut self, name: &str, description: &str, ty: &str) {
        self.add_with_default(name, description, ty, None);
    }

    /// Adds a field that has `default_value` where it is left out.
    pub fn add_with_default(
        &mut self,
        name: &str,
        description: &str,
        ty: &str,
        default_value: Option<String>,
    ) {
        let field = MetaInputValue {
            name: name.to_owned(),
            description: Some(description.to_owned()),
            ty: ty.to_owned(),
            deprecation: Deprecation::NoDeprecated,
            default_value,
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            is_secret: false,
            directive_invocations: Vec::new(),
        };
        self.0.insert(name.to_owned(), field);
    }
}

fn input_object(
    name: &str,
    description: &str,
    input_fields: IndexMap<String, MetaInputValue>,
) -> MetaType {
    MetaType::InputObject {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        input_fields,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        oneof: false,
        directive_invocations: Vec::new(),
    }
}

/// Registers an enum of these words with their descriptions.
pub(in crate::graphql) fn register_enum<'a>(
    registry: &mut Registry,
    name: &str,
    description: &str,
    words: impl Iterator<Item = (&'a str, Cow<'a, str>)>,
) {
    let value = |(word, description): (&str, Cow<'_, str>)| {
        let value = MetaEnumValue {
            name: word.to_owned(),
            description: Some(description.into_owned()),
            deprecation: Deprecation::NoDeprecated,
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            directive_invocations: Vec::new(),
        };
        (word.to_owned(), value)
    };
    let words = MetaType::Enum {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        enum_values: words.map(value).collect(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    };
    registry.types.insert(name.to_owned(), words);
}

/// A field of an object that takes no arguments.
pub(in crate::graphql) fn plain_field(name: &str, description: &str, ty: String) -> MetaField {
    MetaField {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        args: IndexMap::new(),
        ty,
        deprecation: Deprecation::NoDeprecated,
        cache_control: async_graphql::CacheControl::default(),
        external: false,
        requires: None,
        provides: None,
        visible: None,
        shareable: false,
        inaccessible: false,
        tags: Vec::new(),
        override_from: None,
        compute_complexity: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

/// The type that may be null, of one that may not.
pub(in crate::graphql) fn nullable(ty: String) -> String {
    match ty.strip_suffix('!') {
        Some(ty) => ty.to_owned(),
        None => ty,
    }
}
