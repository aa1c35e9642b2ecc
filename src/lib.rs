//! dialgraph: one GraphQL service for an outbound call centre and the sales team behind it.
//!
//! Dependencies run one way: `http → graphql → service → store → entity`, `sync → {guanke,
//! service, store}`, and anything may use `domain` and `clock`. A test reads the sources and
//! fails on an import that points back.

pub mod clock;
pub mod domain;
pub mod guanke;
