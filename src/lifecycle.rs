//! Ending in order: the first signal asks for it, the second one does not wait.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// How long an orderly end may take before the process ends anyway.
pub const GRACE: Duration = Duration::from_secs(30);

/// A token that is cancelled by Ctrl-C or SIGTERM. A second signal ends the process at once.
#[must_use]
pub fn shutdown_on_signal() -> CancellationToken {
    let token = CancellationToken::new();
    let cancel = token.clone();
    tokio::spawn(async move {
        signal().await;
        tracing::info!("stopping; a second signal stops at once");
        cancel.cancel();
        signal().await;
        tracing::warn!("stopped at once");
        std::process::exit(130);
    });
    token
}

async fn signal() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
