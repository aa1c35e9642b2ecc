//! The attribute by which a row of a table declares its columns.

mod row;

use proc_macro::TokenStream;

/// Declares the columns of a row: a struct with named fields, each of them a column, in the order of
/// the table. The struct stays as it is; it gets
///
/// - an implementation of `crate::entity::declared::Declared`, with a declaration for each column, and
/// - a constant for each column, `NAME` for `name`, by which a record gives its value.
///
/// Relations of sea-orm (`HasOne`, `HasMany`, `BelongsTo`) are no columns.
///
/// What a column says of itself stands in `#[api(...)]`; its description is the doc comment. A column
/// without it is not part of the API.
///
/// - `filter`, `order`: a list can be filtered, or ordered, by it.
/// - `name = "from"`: its name in the API, where that is not the column's in camel case.
/// - `key`: the key of the row, which the API calls `databaseId`, and `ID` in orders.
/// - `id = "DialTask"`: the key of a row of this type.
/// - `resolved`: the API shows it by a resolver of its own, or not at all.
/// - `open`: a text of the program's own words, in which nobody writes a telephone number.
/// - `person`: it says who the person dialled is.
/// - `notes`: a text that mostly has a telephone number in it.
/// - `phone`: the telephone number itself.
#[proc_macro_attribute]
pub fn row(arguments: TokenStream, item: TokenStream) -> TokenStream {
    row::expand(arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
