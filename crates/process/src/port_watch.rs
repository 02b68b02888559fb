//! Looks once a second whether the ports of all running trees are still theirs.
//!
//! Linux tells nobody when a socket is closed by a process that lives on. One thread asks for all
//! trees at once, so that a quiet server wakes up once a second, however many ports it watches, and
//! not at all if there is none.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::ports::{self, Listener};
use crate::tree::Tree;

/// From one look to the next.
const TICK: Duration = Duration::from_secs(1);

/// Watches ports. Dropping it ends its thread.
#[derive(Debug)]
pub struct PortWatch {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    watched: Vec<Watched>,
    closing: bool,
}

#[derive(Debug)]
struct Watched {
    tree: Tree,
    port: u16,
    closed: oneshot::Sender<()>,
}

impl PortWatch {
    /// Starts the thread.
    ///
    /// # Errors
    /// If there can be no more threads.
    pub fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("port-watch".to_owned())
            .spawn(move || for_thread.run())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Returns when nothing of the tree listens on the port any more, a second late at most. Waits
    /// for ever where that cannot be seen.
    pub async fn closed(&self, tree: &Tree, port: u16) {
        let (closed, told) = oneshot::channel();
        {
            let mut state = self.shared.lock();
            if state.watched.is_empty() {
                self.shared.changed.notify_one();
            }
            state.watched.push(Watched { tree: tree.clone(), port, closed });
        }
        let mut waiting = Waiting { shared: &self.shared, told };
        if (&mut waiting.told).await.is_err() {
            std::future::pending().await
        }
    }
}

/// Takes itself off the list when nobody waits any more: a tree that is watched is not given up.
struct Waiting<'a> {
    shared: &'a Shared,
    told: oneshot::Receiver<()>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.told.close();
        self.shared.lock().watched.retain(|watched| !watched.closed.is_closed());
    }
}

impl Drop for PortWatch {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that watches ports panicked");
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut state = self.lock();
        while !state.closing {
            let waited = if state.watched.is_empty() {
                self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
            } else {
                self.tick(state)
            };
            state = waited;
        }
    }

    /// Waits for the next look and takes it, without the lock: reading `/proc` takes its time.
    fn tick<'a>(&'a self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let (mut state, timeout) =
            self.changed.wait_timeout(state, TICK).unwrap_or_else(PoisonError::into_inner);
        if !timeout.timed_out() {
            return state;
        }
        let mut watched = std::mem::take(&mut state.watched);
        drop(state);
        watched.retain(|watched| !watched.closed.is_closed());
        if let Ok(listeners) = ports::all_listeners() {
            watched = watched.into_iter().filter_map(|watched| watched.look(&listeners)).collect();
        }
        let mut state = self.lock();
        state.watched.append(&mut watched);
        state
    }
}

impl Watched {
    /// Itself, unless its port is closed, which it tells.
    fn look(self, listeners: &[Listener]) -> Option<Self> {
        let on_port = listeners.iter().filter(|listener| listener.address.port() == self.port);
        let found: Vec<_> = on_port.copied().collect();
        if matches!(self.tree.listening_among(&found), Ok(None)) {
            // Whoever asked may have gone meanwhile.
            let _gone = self.closed.send(());
            return None;
        }
        Some(self)
    }
}
