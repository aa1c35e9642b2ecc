//! Lists: connections over the tables that the store declares, their arguments, and how what is
//! selected of them is planned and loaded.

pub(in crate::graphql) mod arguments;
mod columns;
pub(in crate::graphql) mod connection;
mod declared;
pub(in crate::graphql) mod filter;
pub(in crate::graphql) mod guard;
pub(in crate::graphql) mod listed;
pub(in crate::graphql) mod loaders;
pub(in crate::graphql) mod ordering;
pub(in crate::graphql) mod plan;
mod query;
mod words;

pub(in crate::graphql) use query::ListQuery;
