//! `dialgraph`: see `dialgraph --help`.

use std::process::ExitCode;

/// Answers are made of many small pieces: measured against glibc's allocator, this one takes a
/// third off the time of a nested query.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> ExitCode {
    dialgraph::cli::run().await
}
