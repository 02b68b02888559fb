//! Output of processes for those who subscribed: the tail after the acknowledgement, then every line.
//!
//! Each subscription is a task of its own, so that a slow client holds up nobody. Lines are many: the task waits for
//! room in the client's buffer, while the log keeps what comes meanwhile. Who falls behind further than that is cut off.
//! All subscriptions of a client share its pace, so that its buffer has room for acknowledgements and events.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api::{LogLine, ProcessLogLine};
use socketioxide::extract::{AckSender, SocketRef};
use socketioxide::socket::Sid;
use supervisor::LogBook;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::task::TaskTracker;

use super::commands::acknowledge;
use super::pace::Pace;
use super::{Sent, cut_off};
use crate::app::App;

/// How long a client may leave no room for a line.
const PATIENCE: Duration = Duration::from_secs(5);

/// How soon room is looked for again. Lifecycle events need some of it too.
const RETRY: Duration = Duration::from_millis(2);

/// What a client wants to read.
pub(super) struct Request {
    pub(super) process: String,
    /// How many lines of before.
    pub(super) tail: usize,
}

/// Who reads what.
pub(super) struct LogSubscriptions {
    app: Arc<App>,
    tasks: TaskTracker,
    open: Mutex<HashMap<Sid, OfClient>>,
}

/// What one client reads.
#[derive(Default)]
struct OfClient {
    subscriptions: HashMap<String, Subscription>,
    pace: Arc<Pace>,
}

struct Subscription {
    /// Ends it, with what is to be acknowledged once no line follows.
    stop: oneshot::Sender<AckSender>,
    task: JoinHandle<()>,
}

impl LogSubscriptions {
    pub(super) fn new(app: Arc<App>, tasks: TaskTracker) -> Self {
        Self { app, tasks, open: Mutex::default() }
    }

    /// Subscribes; a second subscription to the same process takes the place of the first.
    pub(super) fn subscribe(&self, socket: SocketRef, request: Request, ack: AckSender) {
        let Request { process, tail } = request;
        let Some(book) = self.app.supervisor.logs(&process) else { return };
        let (stop, stopped) = oneshot::channel();
        let mut open = self.open();
        let of_client = open.entry(socket.id).or_default();
        let follower = Follower {
            app: Arc::clone(&self.app),
            socket,
            process: process.clone(),
            book: Arc::clone(book),
            pace: Arc::clone(&of_client.pace),
        };
        let subscriptions = &mut of_client.subscriptions;
        let before = subscriptions.remove(&process).map(|subscription| subscription.task);
        let task = self.tasks.spawn(follower.run(before, tail, ack, stopped));
        subscriptions.insert(process, Subscription { stop, task });
    }

    /// Ends a subscription, if there is one.
    pub(super) fn unsubscribe(&self, socket: SocketRef, process: &str, ack: AckSender) {
        let mut open = self.open();
        let of_client = open.get_mut(&socket.id);
        let subscription = of_client.and_then(|open| open.subscriptions.remove(process));
        drop(open);
        let unheard = match subscription {
            Some(Subscription { stop, .. }) => stop.send(ack).err(),
            None => Some(ack),
        };
        if let Some(ack) = unheard {
            acknowledge(&socket, ack, Ok(()));
        }
    }

    /// A client is gone; dropping its subscriptions ends them.
    pub(super) fn left(&self, id: Sid) {
        self.open().remove(&id);
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Sid, OfClient>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task of one subscription.
struct Follower {
    app: Arc<App>,
    socket: SocketRef,
    process: String,
    book: Arc<LogBook>,
    pace: Arc<Pace>,
}

impl Follower {
    async fn run(
        self,
        before: Option<JoinHandle<()>>,
        tail: usize,
        ack: AckSender,
        mut stopped: oneshot::Receiver<AckSender>,
    ) {
        if let Some(before) = before {
            // Its last line comes before the first one of this.
            let _ended = before.await;
        }
        let followed = tokio::select! {
            () = self.app.closing.cancelled() => return,
            followed = self.book.follow(tail) => followed,
        };
        let (lines, mut live) = followed;
        acknowledge(&self.socket, ack, Ok(()));
        for line in lines {
            if !self.send(&line, &mut stopped).await {
                return;
            }
        }
        loop {
            let line = tokio::select! {
                biased;
                () = self.app.closing.cancelled() => return,
                ack = &mut stopped => return self.stop(ack.ok()),
                line = live.recv() => line,
            };
            match line {
                Ok(line) if self.send(&line, &mut stopped).await => {}
                Ok(_) | Err(RecvError::Closed) => return,
                Err(RecvError::Lagged(_)) => return self.cut_off(),
            }
        }
    }

    /// Waits for room. False: there is nobody to send to any more.
    async fn send(&self, line: &LogLine, stopped: &mut oneshot::Receiver<AckSender>) -> bool {
        let LogLine { seq, time, stream, text } = line;
        let process = &self.process;
        let line = ProcessLogLine { process, seq: *seq, time: *time, stream: *stream, text };
        while let Some(turn) = self.pace.next_turn() {
            tokio::select! {
                () = self.app.closing.cancelled() => return false,
                ack = &mut *stopped => { self.stop(ack.ok()); return false; }
                () = sleep_until(turn) => {}
            }
        }
        let mut deadline = None;
        loop {
            match Sent::of(&self.socket.emit("log:line", &line)) {
                Sent::Yes => return true,
                Sent::Gone => return false,
                Sent::Full => {}
            }
            if *deadline.get_or_insert_with(|| Instant::now() + PATIENCE) < Instant::now() {
                self.cut_off();
                return false;
            }
            tokio::select! {
                () = self.app.closing.cancelled() => return false,
                ack = &mut *stopped => { self.stop(ack.ok()); return false; }
                () = sleep(RETRY) => {}
            }
        }
    }

    fn stop(&self, ack: Option<AckSender>) {
        if let Some(ack) = ack {
            acknowledge(&self.socket, ack, Ok(()));
        }
    }

    fn cut_off(&self) {
        self.app.metrics.cut_off.inc();
        cut_off(&self.socket);
    }
}
