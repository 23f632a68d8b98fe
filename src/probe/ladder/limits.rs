//! Time limits and cancellation of one rung.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Why a step did not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The limit has passed.
    Timeout,
    /// The probe was cancelled.
    Cancelled,
}

/// Runs a step within a limit; dropping the future closes whatever it had open.
pub async fn within<T>(
    limit: Duration,
    cancel: &CancellationToken,
    step: impl Future<Output = T>,
) -> Result<T, Stop> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Stop::Cancelled),
        result = tokio::time::timeout(limit, step) => result.map_err(|_| Stop::Timeout),
    }
}
