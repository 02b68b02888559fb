//! The end of a server: what is in flight may finish until the drain is over, and is told then why
//! it has to end.

use std::time::Duration;
use tokio::{
    task::{JoinError, JoinSet},
    time::{interval, timeout},
};

use crate::traffic::Traffic;

/// How often a change of what is in flight is looked for. Nobody reads faster than that.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);

/// How long those whose answers are broken off have to take the last words of it.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Lets `connections` end what they are doing for as long as `limit`, and then cuts them. `tell` is
/// told how many requests are in flight, first and whenever that was seen to change.
pub(crate) async fn drain(
    mut connections: JoinSet<()>,
    limit: Duration,
    traffic: &Traffic,
    tell: &impl Fn(usize),
) {
    let in_flight = traffic.in_flight();
    tracing::info!(requests.in_flight = in_flight, "shutdown: nothing new is accepted");
    tell(in_flight);
    traffic.draining.cancel();
    if timeout(limit, watch(&mut connections, traffic, in_flight, tell)).await.is_ok() {
        return;
    }
    let cut = traffic.in_flight();
    let drain_s = limit.as_secs_f64();
    tracing::warn!(requests.cut = cut, drain_s, "shutdown: what did not finish in time is cut");
    traffic.end();
    if timeout(LAST_WORDS, all_end(&mut connections)).await.is_err() {
        connections.shutdown().await;
    }
}

async fn watch(
    connections: &mut JoinSet<()>,
    traffic: &Traffic,
    mut told: usize,
    tell: &impl Fn(usize),
) {
    let mut looks = interval(LOOK_INTERVAL);
    let all_end = all_end(connections);
    tokio::pin!(all_end);
    loop {
        tokio::select! {
            () = &mut all_end => return,
            _ = looks.tick() => {}
        }
        let in_flight = traffic.in_flight();
        if in_flight != told {
            tracing::info!(requests.in_flight = in_flight, "shutdown: some requests have finished");
            tell(in_flight);
            told = in_flight;
        }
    }
}

/// Returns once all of them have ended.
pub(crate) async fn all_end(connections: &mut JoinSet<()>) {
    while let Some(ended) = connections.join_next().await {
        log_panic(ended);
    }
}

pub(crate) fn log_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection's task failed");
    }
}
