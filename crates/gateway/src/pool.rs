//! The connections without TLS that wait for their next request.

use http::uri::Authority;
use std::{
    convert::Infallible,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

use crate::http1::Connection;

/// How long a connection may wait. Uvicorn and Node.js, which most local model servers are built
/// on, close theirs after 5 s; a request written just then would be lost.
const LONGEST: Duration = Duration::from_secs(4);

/// How many wait at most, for all upstreams together; more may be in use.
const MOST: usize = 128;

/// How often those are looked for that have waited for too long.
const LOOK: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(crate) struct Pool {
    /// Those that have waited longest come first.
    waiting: Mutex<Vec<Waiting>>,
    /// Whether somebody looks after those that wait.
    is_tended: AtomicBool,
    somebody_waits: Notify,
}

struct Waiting {
    authority: Authority,
    since: Instant,
    connection: Box<Connection>,
}

impl Pool {
    /// The connection there that was used last, if it has not waited for too long.
    pub(crate) fn take(&self, authority: &Authority) -> Option<Box<Connection>> {
        let mut waiting = self.lock();
        let at = waiting.iter().rposition(|it| it.authority == *authority)?;
        let found = waiting.remove(at);
        (found.since.elapsed() < LONGEST).then_some(found.connection)
    }

    /// Keeps a connection for the next request.
    pub(crate) fn put(&self, authority: Authority, connection: Box<Connection>) {
        let mut waiting = self.lock();
        if waiting.len() >= MOST {
            waiting.remove(0);
        }
        waiting.push(Waiting { authority, since: Instant::now(), connection });
        drop(waiting);
        if !self.is_tended.swap(true, Ordering::Relaxed) {
            self.somebody_waits.notify_one();
        }
    }

    /// Closes the connections that have waited for too long, for as long as it is polled.
    pub(crate) async fn tend(&self) -> Infallible {
        loop {
            self.somebody_waits.notified().await;
            while self.is_tended.load(Ordering::Relaxed) {
                sleep(LOOK).await;
                self.close_old();
            }
        }
    }

    fn close_old(&self) {
        let mut waiting = self.lock();
        let young = waiting.partition_point(|it| it.since.elapsed() >= LONGEST);
        waiting.drain(..young);
        if waiting.is_empty() {
            self.is_tended.store(false, Ordering::Relaxed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
