//! dialgraph: one GraphQL service for an outbound call centre and the sales team behind it.
//!
//! Dependencies run one way: `http → graphql → service → store → entity`, `sync → {guanke,
//! service, store}`, `service → notify`, and anything may use `domain`, `clock`, `metrics` and `random`.
//! Within `graphql` and `store`, areas use `lists`, which know no area; `graphql::documents` knows no
//! type of the schema. A test reads the sources and fails on an import that points back.

pub mod app;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod entity;
pub mod graphql;
pub mod guanke;
pub mod http;
pub mod lifecycle;
pub mod metrics;
pub mod notify;
pub mod random;
pub mod service;
pub mod store;
pub mod sync;
pub mod telemetry;
