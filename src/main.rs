//! `dialgraph`: see `dialgraph --help`.

use std::process::ExitCode;

/// Answers are made of many small pieces: measured against glibc's allocator, this one takes a
/// third off the time of a nested query.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Stack of each thread, in bytes: inputs are read by functions that call themselves, as deep as
/// JSON may be nested (127).
const STACK: usize = 8 * 1024 * 1024;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK)
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(dialgraph::cli::run()),
        Err(error) => {
            eprintln!("error: there are no threads to work with: {error}");
            ExitCode::FAILURE
        }
    }
}
