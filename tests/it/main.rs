//! The integration tests: through the public door, on SQLite always and on PostgreSQL when
//! `TEST_POSTGRES_URL` names a server on which databases may be created.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::similar_names,
    clippy::needless_raw_string_hashes,
    clippy::items_after_statements,
    reason = "a test that cannot go on fails, and a query is easier to read as it is sent"
)]

mod alerts;
mod architecture;
mod cli;
mod connections;
mod figures;
mod filters;
mod from_rest;
mod graphiql;
mod harness;
mod horizon;
mod http;
mod http_layers;
mod http_spec;
mod identity;
mod kills;
mod limits;
mod metrics;
mod migrations;
mod nested;
mod nulls;
mod paging;
mod persisted;
mod privacy;
mod pushes;
mod rates;
mod reconciliation;
mod refresh;
mod replay;
mod retention;
mod rollups;
mod schedule;
mod schema;
mod selection;
mod simulation;
mod snapshots;
mod subscriptions;
mod sync;
mod sync_views;
mod tags;
mod tokens;
mod transactions;
mod validation;
mod variables;
mod writes;
