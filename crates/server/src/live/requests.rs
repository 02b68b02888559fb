//! Requests through the proxies for those who subscribed, some times a second while there are any.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api::RequestsUpdate;
use serde_json::value::{RawValue, to_raw_value};
use socketioxide::extract::SocketRef;
use socketioxide::socket::Sid;
use tokio::time::sleep;
use tokio_util::task::TaskTracker;

use super::{Sent, cut_off};
use crate::app::App;

/// How soon one update may follow another.
const PAUSE: Duration = Duration::from_millis(250);

/// Who wants to know.
pub(super) struct RequestSubscriptions {
    app: Arc<App>,
    clients: Arc<Mutex<HashMap<Sid, SocketRef>>>,
}

impl RequestSubscriptions {
    /// Starts the task that tells them.
    pub(super) fn start(app: Arc<App>, tasks: &TaskTracker) -> Self {
        let clients = Arc::default();
        tasks.spawn(tell_all(Arc::clone(&app), Arc::clone(&clients)));
        Self { app, clients }
    }

    /// From now on: what changes after this returns is told.
    pub(super) fn subscribe(&self, socket: SocketRef) {
        let mut clients = lock(&self.clients);
        clients.insert(socket.id, socket);
        self.app.requests.listen(true);
    }

    /// Also for those who never subscribed.
    pub(super) fn unsubscribe(&self, id: Sid) {
        let mut clients = lock(&self.clients);
        clients.remove(&id);
        if clients.is_empty() {
            self.app.requests.listen(false);
        }
    }
}

async fn tell_all(app: Arc<App>, clients: Arc<Mutex<HashMap<Sid, SocketRef>>>) {
    let tell = async {
        loop {
            app.requests.news.notified().await;
            if let Some(update) = app.requests.take_news() {
                let sockets: Vec<_> = lock(&clients).values().cloned().collect();
                send(&app, &sockets, &update);
            }
            sleep(PAUSE).await;
        }
    };
    tokio::select! {
        () = app.closing.cancelled() => {}
        () = tell => {}
    }
}

/// Whoever does not take it is cut off, and comes back to the whole list: nobody waits for it.
fn send(app: &App, sockets: &[SocketRef], update: &RequestsUpdate) {
    let payload: Box<RawValue> = match to_raw_value(update) {
        Ok(payload) => payload,
        Err(error) => return tracing::error!(%error, "live.cannot_encode"),
    };
    for socket in sockets {
        if Sent::of(&socket.emit("requests:updated", &payload)) == Sent::Full {
            app.metrics.cut_off.inc();
            cut_off(socket);
        }
    }
}

fn lock(clients: &Mutex<HashMap<Sid, SocketRef>>) -> MutexGuard<'_, HashMap<Sid, SocketRef>> {
    clients.lock().unwrap_or_else(PoisonError::into_inner)
}
