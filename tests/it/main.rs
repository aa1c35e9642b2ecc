//! The integration tests: through the public door, on SQLite always and on PostgreSQL when
//! `TEST_POSTGRES_URL` names a server on which databases may be created.

mod architecture;
mod cli;
mod figures;
mod harness;
mod http;
mod migrations;
mod nested;
mod paging;
mod refresh;
mod rollups;
mod schema;
mod sync;
