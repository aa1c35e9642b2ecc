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
mod amounts;
mod architecture;
mod big_sums;
mod cli;
mod clocks;
mod coercion;
mod configuration;
mod connections;
mod day_states;
mod documents;
mod examples;
mod figures;
mod filters;
mod from_rest;
mod full_disk;
mod graphiql;
mod harness;
mod hidden_numbers;
mod horizon;
mod horizon_pushes;
mod http;
mod http_layers;
mod http_spec;
mod identity;
mod instants;
mod kills;
mod limits;
mod load;
mod metrics;
mod migrations;
mod names;
mod nested;
mod nulls;
mod one_form;
mod package_rules;
mod paging;
mod persisted;
mod privacy;
#[cfg(unix)]
mod private_files;
mod pushes;
mod rates;
mod reconciliation;
mod refresh;
mod replay;
mod retention;
mod rezone;
mod rollups;
mod schedule;
mod schema;
mod selected_figures;
mod selection;
mod simulation;
mod snapshots;
mod sources;
mod subscriptions;
mod sync;
mod sync_views;
mod tags;
mod tokens;
mod transactions;
mod validation;
mod variables;
mod writes;
