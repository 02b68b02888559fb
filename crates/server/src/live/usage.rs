//! What processes use, every two seconds, for as long as somebody wants to know.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};
use socketioxide::extract::SocketRef;
use socketioxide::socket::Sid;
use supervisor::Usage;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::task::TaskTracker;

use crate::app::App;

/// How often it is told.
const PERIOD: Duration = Duration::from_secs(2);

/// Who wants to know.
pub(super) struct UsageSubscriptions(mpsc::UnboundedSender<Change>);

enum Change {
    Subscribe(SocketRef),
    Unsubscribe(Sid),
}

impl UsageSubscriptions {
    /// Starts the task that tells them.
    pub(super) fn start(app: Arc<App>, tasks: &TaskTracker) -> Self {
        let (sender, changes) = mpsc::unbounded_channel();
        let meter = Meter { app, changes, clients: HashMap::new(), last: None };
        tasks.spawn(meter.run());
        Self(sender)
    }

    pub(super) fn subscribe(&self, socket: SocketRef) {
        self.tell(Change::Subscribe(socket));
    }

    /// Also for those who never subscribed.
    pub(super) fn unsubscribe(&self, id: Sid) {
        self.tell(Change::Unsubscribe(id));
    }

    fn tell(&self, change: Change) {
        // Without the task the server is closing.
        let _closing = self.0.send(change);
    }
}

struct Meter {
    app: Arc<App>,
    changes: mpsc::UnboundedReceiver<Change>,
    clients: HashMap<Sid, SocketRef>,
    last: Option<Sample>,
}

/// What all processes had used by a moment, in the order of the configuration.
struct Sample {
    at: Instant,
    usages: Vec<Option<Usage>>,
}

impl Meter {
    async fn run(mut self) {
        let closing = self.app.closing.clone();
        tokio::select! {
            () = closing.cancelled() => {}
            () = self.watch() => {}
        }
    }

    /// Sleeps while nobody is there.
    async fn watch(&mut self) {
        while let Some(change) = self.changes.recv().await {
            self.on_change(change);
            if !self.clients.is_empty() {
                self.tell_while_wanted().await;
            }
        }
    }

    async fn tell_while_wanted(&mut self) {
        self.last = self.sample().await;
        let mut ticks = interval_at(Instant::now() + PERIOD, PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.clients.is_empty() {
            tokio::select! {
                Some(change) = self.changes.recv() => self.on_change(change),
                _ = ticks.tick() => self.tell().await,
            }
        }
    }

    fn on_change(&mut self, change: Change) {
        match change {
            Change::Subscribe(socket) => drop(self.clients.insert(socket.id, socket)),
            Change::Unsubscribe(id) => drop(self.clients.remove(&id)),
        }
    }

    async fn tell(&mut self) {
        let Some(now) = self.sample().await else { return };
        let payload = self.payload(&now);
        self.last = Some(now);
        // A figure that does not fit into a client's buffer is replaced by the next one anyway.
        self.clients.retain(|_, socket| {
            let _sent = socket.emit("usage:updated", &payload);
            socket.connected()
        });
    }

    async fn sample(&self) -> Option<Sample> {
        let supervisor = self.app.supervisor.clone();
        let read = move || {
            let usages = supervisor.specs().iter().map(|spec| supervisor.usage(&spec.id)).collect();
            Sample { at: Instant::now(), usages }
        };
        // It reads files.
        tokio::task::spawn_blocking(read).await.ok()
    }

    fn payload(&self, now: &Sample) -> Value {
        let specs = self.app.supervisor.specs().iter();
        let mut payload: Map<String, Value> = specs
            .enumerate()
            .map(|(index, spec)| {
                let memory = now.usages[index].as_ref().map_or(0, |usage| usage.memory_bytes);
                let cpu = share(self.last.as_ref(), now, index);
                (spec.id.clone(), json!(api::Usage { cpu, memory }))
            })
            .collect();
        payload.insert("timestamp".to_owned(), now_ms().into());
        Value::Object(payload)
    }
}

/// The share of one core between two samples. A new generation begins at zero.
fn share(last: Option<&Sample>, now: &Sample, index: usize) -> f64 {
    let Some(usage) = &now.usages[index] else { return 0.0 };
    let Some(last) = last else { return 0.0 };
    let before = last.usages[index].as_ref().map_or(0.0, |usage| usage.cpu_seconds);
    let used =
        if usage.cpu_seconds < before { usage.cpu_seconds } else { usage.cpu_seconds - before };
    let elapsed = now.at.duration_since(last.at).as_secs_f64();
    if elapsed > 0.0 { (used / elapsed * 1_000.0).round() / 1_000.0 } else { 0.0 }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
