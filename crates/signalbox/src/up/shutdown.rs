//! The end of a server, in phases, each with a deadline and a line in the log.

use std::time::Duration;

use supervisor::Supervisor;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::signals::Signals;

/// What SIGKILL and the kernel may take on top of all stop timeouts, which add up where each process is in the `after`
/// of the next one.
const KILL_TIME: Duration = Duration::from_secs(10);

/// How long clients may take to let go.
const GOODBYE_TIME: Duration = Duration::from_secs(5);

/// How long the end may take where all processes together may take `stop_timeouts`.
pub(super) fn longest(stop_timeouts: Duration) -> Duration {
    stop_timeouts.saturating_add(2 * KILL_TIME + GOODBYE_TIME)
}

/// Phase 1: all processes end, in their order, while clients still hear of it. Another signal kills them at once.
pub(super) async fn stop_processes(
    supervisor: &Supervisor,
    signals: &mut Signals,
    stop_timeouts: Duration,
) {
    tracing::info!(shutdown.phase = 1, "stopping all processes; a second signal kills them");
    let ended = supervisor.shutdown();
    tokio::pin!(ended);
    let hurried = tokio::select! {
        () = &mut ended => return,
        () = signals.next() => true,
        () = tokio::time::sleep(stop_timeouts.saturating_add(KILL_TIME)) => false,
    };
    if hurried {
        tracing::warn!(shutdown.phase = 1, "second signal: killing all processes");
    } else {
        tracing::error!(shutdown.phase = 1, "processes outlived their stop timeouts: killing them");
    }
    supervisor.kill_all().await;
    if timeout(KILL_TIME, ended).await.is_err() {
        tracing::error!(shutdown.phase = 1, "some processes cannot be killed; leaving them");
    }
}

/// Phase 2: connections end.
pub(super) async fn stop_serving(closing: &CancellationToken, mut serving: JoinSet<()>) {
    tracing::info!(shutdown.phase = 2, "ending connections");
    closing.cancel();
    let ended = timeout(GOODBYE_TIME, async { while serving.join_next().await.is_some() {} }).await;
    if ended.is_err() {
        tracing::warn!(
            shutdown.phase = 2,
            "some connections did not end in time: cutting them off"
        );
        serving.shutdown().await;
    }
}
