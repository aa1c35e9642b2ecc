//! From a struct to the declarations of its columns.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{
    Attribute, Error, Expr, ExprLit, Field, Fields, Ident, ItemStruct, Lit, LitStr, Meta, Result,
    Type, ext::IdentExt as _, spanned::Spanned as _,
};

pub fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(arguments, "`row` takes no arguments"));
    }
    let mut item: ItemStruct = syn::parse2(item)?;
    let row = item.ident.clone();
    let Fields::Named(fields) = &mut item.fields else {
        return Err(Error::new(row.span(), "a row has named fields"));
    };
    let mut columns = Vec::new();
    for field in &mut fields.named {
        let api = Api::take(field)?;
        match (is_relation(&field.ty), api) {
            (true, Some(api)) => {
                return Err(Error::new(api.span, "a relation is no column"));
            }
            (true, None) => {}
            (false, api) => columns.push(Column::of(field, api)?),
        }
    }
    check(&columns)?;
    let declarations = columns.iter().map(Column::declaration);
    let values = columns.iter().map(|column| &column.field);
    let constants = columns
        .iter()
        .enumerate()
        .map(|(place, column)| column.constant(place));
    Ok(quote! {
        #item

        impl crate::entity::declared::Declared for #row {
            const COLUMNS: &'static [crate::entity::declared::Declaration] = &[#(#declarations),*];

            fn values(self) -> ::std::vec::Vec<::sea_orm::Value> {
                ::std::vec![#(self.#values.into()),*]
            }
        }

        impl #row {
            #(#constants)*
        }
    })
}

/// Most columns of a table: sets of them are kept in 64 bits.
const MOST_COLUMNS: usize = 64;

/// Refuses two columns of one name in the API, and more columns than there may be.
fn check(columns: &[Column]) -> Result<()> {
    if let Some(column) = columns.get(MOST_COLUMNS) {
        let message = format!("a table has at most {MOST_COLUMNS} columns");
        return Err(Error::new(column.field.span(), message));
    }
    let mut names = BTreeSet::new();
    for column in columns {
        let Some(api) = &column.api else { continue };
        let name = api.name_of(&column.name());
        if !names.insert(name.clone()) {
            let message = format!("another column is called `{name}` in the API");
            return Err(Error::new(api.span, message));
        }
    }
    Ok(())
}

/// What stands in `#[api(...)]`.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the words that stand in the attribute, or do not"
)]
struct Api {
    span: proc_macro2::Span,
    name: Option<LitStr>,
    id: Option<LitStr>,
    key: bool,
    filter: bool,
    order: bool,
    resolved: bool,
    privacy: Option<Ident>,
}

impl Api {
    /// The name in the API of the column `column`.
    fn name_of(&self, column: &str) -> String {
        match &self.name {
            Some(name) => name.value(),
            None if self.key => "databaseId".to_owned(),
            None => camel_case(column),
        }
    }

    /// Takes the attribute off the field.
    fn take(field: &mut Field) -> Result<Option<Self>> {
        let (own, others): (Vec<Attribute>, Vec<Attribute>) = std::mem::take(&mut field.attrs)
            .into_iter()
            .partition(|attribute| attribute.path().is_ident("api"));
        field.attrs = others;
        match own.as_slice() {
            [] => Ok(None),
            [attribute] => Self::read(attribute).map(Some),
            [_, second, ..] => Err(Error::new(second.span(), "a column has one `api`")),
        }
    }

    fn read(attribute: &Attribute) -> Result<Self> {
        let mut api = Self {
            span: attribute.span(),
            name: None,
            id: None,
            key: false,
            filter: false,
            order: false,
            resolved: false,
            privacy: None,
        };
        if matches!(attribute.meta, Meta::Path(_)) {
            return Ok(api);
        }
        attribute.parse_nested_meta(|meta| {
            let word = meta.path.require_ident()?;
            match word.to_string().as_str() {
                "name" => api.name = Some(meta.value()?.parse()?),
                "id" => api.id = Some(meta.value()?.parse()?),
                "key" => api.key = true,
                "filter" => api.filter = true,
                "order" => api.order = true,
                "resolved" => api.resolved = true,
                "open" | "person" | "notes" | "phone" if api.privacy.is_none() => {
                    api.privacy = Some(word.clone());
                }
                "open" | "person" | "notes" | "phone" => {
                    let message = "a column is `open`, `person`, `notes` or `phone`: one of them";
                    return Err(meta.error(message));
                }
                _ => {
                    return Err(meta.error(
                        "expected `filter`, `order`, `name`, `key`, `id`, `resolved`, `open`, `person`, `notes` or `phone`",
                    ));
                }
            }
            Ok(())
        })?;
        if api.key && api.id.is_some() {
            return Err(Error::new(
                api.span,
                "`key` is the row's own key, `id` that of another row",
            ));
        }
        if api.id.is_some() && !api.filter {
            let message = "the key of another row is there to be filtered by: `filter` is missing";
            return Err(Error::new(api.span, message));
        }
        if api.resolved && !api.filter && !api.order && api.privacy.is_none() {
            let message =
                "a column that is resolved, and neither filtered nor ordered by, needs no `api`";
            return Err(Error::new(api.span, message));
        }
        Ok(api)
    }
}

struct Column {
    field: Ident,
    ty: Type,
    description: String,
    api: Option<Api>,
}

impl Column {
    fn of(field: &Field, api: Option<Api>) -> Result<Self> {
        let name = field
            .ident
            .clone()
            .ok_or_else(|| Error::new(field.span(), "a row has named fields"))?;
        let description = description(&field.attrs);
        if let Some(api) = &api
            && description.is_empty()
        {
            let message =
                "a column of the API has a doc comment: its description for readers of the schema";
            return Err(Error::new(api.span, message));
        }
        Ok(Self {
            field: name,
            ty: field.ty.clone(),
            description,
            api,
        })
    }

    fn name(&self) -> String {
        self.field.unraw().to_string()
    }

    fn declaration(&self) -> TokenStream {
        let (name, ty) = (self.name(), &self.ty);
        let api = self.api.as_ref().map_or_else(
            || quote!(::std::option::Option::None),
            |api| {
                let declared = self.api(api);
                quote!(::std::option::Option::Some(#declared))
            },
        );
        let privacy = match self.api.as_ref().and_then(|api| api.privacy.as_ref()) {
            Some(privacy) if privacy == "open" => quote!(::std::option::Option::Some(
                crate::domain::column::Privacy::Open
            )),
            Some(privacy) if privacy == "person" => quote!(::std::option::Option::Some(
                crate::domain::column::Privacy::Person
            )),
            Some(privacy) if privacy == "notes" => quote!(::std::option::Option::Some(
                crate::domain::column::Privacy::Notes
            )),
            Some(_) => quote!(::std::option::Option::Some(
                crate::domain::column::Privacy::Phone
            )),
            None => quote!(::std::option::Option::None),
        };
        quote! {
            crate::entity::declared::Declaration {
                name: #name,
                shape: <#ty as crate::domain::column::Shaped>::SHAPE,
                nullable: <#ty as crate::domain::column::Shaped>::NULLABLE,
                privacy: #privacy,
                api: #api,
                read: crate::entity::declared::read::<#ty>,
            }
        }
    }

    fn api(&self, api: &Api) -> TokenStream {
        let name = api.name_of(&self.name());
        let order_name = if api.key {
            "ID".to_owned()
        } else {
            upper_case(&name)
        };
        let id = api.id.as_ref().map_or_else(
            || quote!(::std::option::Option::None),
            |kind| quote!(::std::option::Option::Some(#kind)),
        );
        let (description, key, filter, order) = (&self.description, api.key, api.filter, api.order);
        let shown = !api.resolved && api.id.is_none();
        quote! {
            crate::domain::column::Api {
                name: #name,
                order_name: #order_name,
                description: #description,
                key: #key,
                id_of: #id,
                shown: #shown,
                filter: #filter,
                order: #order,
            }
        }
    }

    fn constant(&self, place: usize) -> TokenStream {
        let name = self.name();
        let constant = format_ident!("{}", name.to_uppercase());
        let (ty, doc) = (&self.ty, format!("The column `{name}`."));
        quote! {
            #[doc = #doc]
            pub const #constant: crate::entity::declared::Field<Self, #ty> =
                crate::entity::declared::Field::new(#place, #name);
        }
    }
}

/// The doc comment, as async-graphql makes a description of one.
fn description(attributes: &[Attribute]) -> String {
    let mut description = String::new();
    for attribute in attributes {
        if let Meta::NameValue(pair) = &attribute.meta
            && pair.path.is_ident("doc")
            && let Expr::Lit(ExprLit {
                lit: Lit::Str(line),
                ..
            }) = &pair.value
        {
            description.push('\n');
            description.push_str(line.value().trim());
        }
    }
    description.trim().to_owned()
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

fn upper_case(camel: &str) -> String {
    let mut upper = String::new();
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() {
            upper.push('_');
        }
        upper.push(letter.to_ascii_uppercase());
    }
    upper
}

fn is_relation(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| {
        ["HasOne", "HasMany", "BelongsTo"]
            .iter()
            .any(|relation| last.ident == relation)
    })
}
