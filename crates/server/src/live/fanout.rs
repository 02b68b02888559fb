//! One task that hands every lifecycle event to every client.
//!
//! A packet is framed once. Where nothing else is on its way to a client, it is written straight to that client's socket;
//! elsewhere it goes through the library, and nothing overtakes it (`connection::frames`).
//!
//! It owns one subscription to the event log. A client that joins gets the state as it is at that moment, and from then
//! on each event whose `seq` is higher than that of the state: as one task does both, nothing can come in between, and
//! nothing is locked. A client whose buffer is full keeps what it misses in a queue of its own for a moment, in order; if
//! it does not catch up, it is cut off. It is never given a gap, and never holds up the others.
//!
//! What a client asks for is begun by this task too: whatever comes of it comes after the state.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::value::RawValue;
use socketioxide::extract::SocketRef;
use socketioxide::socket::Sid;
use supervisor::{Published, Told};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::commands::{Command, Commands};
use super::{Sent, crowd, cut_off, wire_of};
use crate::app::App;
use crate::catalog::Message;
use crate::connection::{Direct, Wire, text_frame};
use crate::routes::Counted;

/// How many packets a client may miss before it is cut off, beyond what its buffer holds. A thousand processes that are
/// stopped together make two thousand within a moment, and each packet is shared by all who wait for it.
const QUEUE_PACKETS: usize = 16_384;

/// How long a client may take to catch up.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often those that are behind are looked at.
const RETRY: Duration = Duration::from_millis(5);

/// How long the state waits after a settled change, for each client: the event itself goes first, to all.
const STATUS_PAUSE_PER_CLIENT: Duration = Duration::from_micros(4);

/// Likewise for each process: a thousand that start do not each need the state of all thousand.
const STATUS_PAUSE_PER_PROCESS: Duration = Duration::from_micros(250);

/// Up to this many processes there is no such pause.
const FEW_PROCESSES: usize = 64;

/// Tells the task who comes and goes.
#[derive(Clone)]
pub(super) struct News(mpsc::UnboundedSender<Change>);

enum Change {
    Joined(SocketRef),
    Moved(Sid, Wire),
    Asked(Command),
    Left(Sid),
}

impl News {
    /// A client connected.
    pub(super) fn joined(&self, socket: SocketRef) {
        self.tell(Change::Joined(socket));
    }

    /// A client that began with polling goes on with this connection.
    pub(super) fn moved(&self, id: Sid, wire: Wire) {
        self.tell(Change::Moved(id, wire));
    }

    /// A client asks for something.
    pub(super) fn asked(&self, command: Command) {
        self.tell(Change::Asked(command));
    }

    /// A client is gone.
    pub(super) fn left(&self, id: Sid) {
        self.tell(Change::Left(id));
    }

    fn tell(&self, change: Change) {
        // Without the task the server is closing, and all clients with it.
        let _closing = self.0.send(change);
    }
}

/// An event for a client, encoded once for all.
#[derive(Clone)]
struct Packet {
    name: &'static str,
    /// All of it as a frame of a WebSocket. The state of a thousand processes is long: there is no other copy.
    frame: Bytes,
    /// How long the JSON is that stands before its last byte.
    payload_length: usize,
}

struct Client {
    socket: SocketRef,
    wire: Wire,
    /// The `seq` of the state that it joined with: what is not later is in there.
    from: u64,
    queue: VecDeque<Packet>,
    /// When it has to have caught up.
    deadline: Option<Instant>,
    _counted: Counted,
}

/// The task.
pub(super) struct Fanout {
    app: Arc<App>,
    changes: mpsc::UnboundedReceiver<Change>,
    live: broadcast::Receiver<Told>,
    /// What is told of the catalog.
    messages: mpsc::UnboundedReceiver<Message>,
    commands: Commands,
    /// The last event that was handed on.
    seq: u64,
    clients: HashMap<Sid, Client>,
    /// When those that are behind are looked at again.
    retry: Option<Instant>,
    /// When all get the state, because a change settled.
    status: Option<Instant>,
}

impl Fanout {
    /// The task, not running yet, and how to tell it who comes and goes.
    pub(super) fn new(
        app: Arc<App>,
        messages: mpsc::UnboundedReceiver<Message>,
        commands: Commands,
    ) -> (Self, News) {
        let (sender, changes) = mpsc::unbounded_channel();
        let (snapshot, live) = app.supervisor.subscribe();
        let clients = HashMap::new();
        let task = Self {
            app,
            changes,
            live,
            messages,
            commands,
            seq: snapshot.seq,
            clients,
            retry: None,
            status: None,
        };
        (task, News(sender))
    }

    /// Runs until the server closes.
    pub(super) async fn run(mut self) {
        let closing = self.app.closing.clone();
        loop {
            let alarm = self.retry.into_iter().chain(self.status).min();
            tokio::select! {
                biased;
                () = closing.cancelled() => return,
                event = self.live.recv() => self.on_event(event),
                Some(message) = self.messages.recv() => self.pass_on(message.name, &message.json),
                Some(change) = self.changes.recv() => self.on_change(change),
                () = ring(alarm) => {}
            }
            self.retry_if_due();
            self.status_if_due();
        }
    }

    fn on_event(&mut self, told: Result<Told, RecvError>) {
        match told {
            Ok(Told::Event(published)) => self.hand_on(&published),
            Ok(Told::Detail(json)) => self.pass_on("detail:updated", &json),
            // A gap for all: they come back and take the state.
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "live.fanout_lagged");
                self.clients.drain().for_each(|(_, client)| client.cut_off(&self.app));
            }
            Err(RecvError::Closed) => self.app.closing.cancel(),
        }
    }

    fn hand_on(&mut self, published: &Published) {
        self.seq = published.seq;
        self.app.metrics.cut_off.inc_by(self.app.readers.cut_laggards(published.seq));
        if self.clients.is_empty() {
            return;
        }
        let packet = Packet::of_json("lifecycle:update", &published.json);
        self.send_all(&packet, published.seq);
        if published.settled {
            let pause = self.status_pause();
            self.status.get_or_insert_with(|| Instant::now() + pause);
        }
    }

    /// To all who are there: what has no number, such as what was done to the catalog.
    fn pass_on(&mut self, name: &'static str, json: &str) {
        self.send_all(&Packet::of_json(name, json), u64::MAX);
    }

    /// Sends to all that joined before `seq`.
    fn send_all(&mut self, packet: &Packet, seq: u64) {
        let app = &self.app;
        let joined = self.clients.values_mut().filter(|client| client.from < seq);
        let mut clients: Vec<_> = joined.map(|client| (client, true)).collect();
        crowd::for_each(&mut clients, |(client, stays)| *stays = client.send(packet, app));
        let behind = clients.iter().any(|(client, _)| client.deadline.is_some());
        let gone = clients.iter().filter(|(_, stays)| !stays).map(|(client, _)| client.socket.id);
        let gone: Vec<_> = gone.collect();
        gone.iter().for_each(|id| drop(self.clients.remove(id)));
        if behind {
            self.retry.get_or_insert_with(|| Instant::now() + RETRY);
        }
    }

    fn on_change(&mut self, change: Change) {
        match change {
            Change::Joined(socket) => self.join(socket),
            Change::Moved(id, wire) => {
                self.clients.entry(id).and_modify(|client| client.wire = wire);
            }
            // Nothing is begun for one that is gone: nobody would end it.
            Change::Asked(command) if self.clients.contains_key(&command.socket.id) => {
                self.commands.carry_out(command);
            }
            Change::Asked(_) => {}
            Change::Left(id) => {
                self.clients.remove(&id);
                self.commands.left(id);
            }
        }
    }

    fn join(&mut self, socket: SocketRef) {
        let Some((packet, from)) = self.status_packet() else { return };
        let _counted = Counted::new(&self.app.metrics.sockets);
        let queue = VecDeque::new();
        let wire = wire_of(&socket);
        // The answer to its CONNECT goes through the library and must come first.
        wire.fall_behind();
        let mut client = Client { socket, wire, from, queue, deadline: None, _counted };
        if client.send(&packet, &self.app) {
            self.clients.insert(client.socket.id, client);
        }
    }

    fn retry_if_due(&mut self) {
        if self.retry.is_none_or(|due| due > Instant::now()) {
            return;
        }
        self.retry = None;
        let (app, retry) = (&self.app, &mut self.retry);
        self.clients.retain(|_, client| {
            let stays = client.catch_up(app);
            if client.deadline.is_some() {
                retry.get_or_insert_with(|| Instant::now() + RETRY);
            }
            stays
        });
    }

    /// Sends the state once all events it includes were handed on, so that no client sees a state before its events.
    fn status_if_due(&mut self) {
        if self.status.is_none_or(|due| due > Instant::now()) || !self.live.is_empty() {
            return;
        }
        let Some((packet, seq)) = self.status_packet() else { return };
        if seq == self.seq {
            self.status = None;
            self.send_all(&packet, u64::MAX);
        }
    }

    fn status_packet(&self) -> Option<(Packet, u64)> {
        let update = self.app.status_update();
        let text = serde_json::to_string(&update).ok()?;
        Some((Packet::of_json("proxy:status", &text), update.status.seq))
    }

    fn status_pause(&self) -> Duration {
        let processes = self.app.supervisor.specs().len();
        let many = processes.saturating_sub(FEW_PROCESSES);
        let pause = |each: Duration, count: usize| each * u32::try_from(count).unwrap_or(u32::MAX);
        pause(STATUS_PAUSE_PER_CLIENT, self.clients.len()) + pause(STATUS_PAUSE_PER_PROCESS, many)
    }
}

impl Packet {
    fn of_json(name: &'static str, json: &str) -> Self {
        let frame = text_frame(&["42[\"", name, "\",", json, "]"]);
        Self { name, frame, payload_length: json.len() }
    }

    /// As the library takes it.
    fn payload(&self) -> serde_json::Result<&RawValue> {
        let end = self.frame.len() - 1;
        serde_json::from_slice(&self.frame[end - self.payload_length..end])
    }
}

impl Client {
    /// False: it is gone, or had to go.
    fn send(&mut self, packet: &Packet, app: &App) -> bool {
        if self.deadline.is_none() {
            match self.emit(packet) {
                Sent::Yes => return true,
                Sent::Gone => return false,
                Sent::Full => self.deadline = Some(Instant::now() + PATIENCE),
            }
        }
        self.queue.push_back(packet.clone());
        self.queue.len() <= QUEUE_PACKETS || self.end(app)
    }

    /// False: it is gone, or had to go.
    fn catch_up(&mut self, app: &App) -> bool {
        let Some(deadline) = self.deadline else { return true };
        while let Some(packet) = self.queue.pop_front() {
            match self.emit(&packet) {
                Sent::Yes => {}
                Sent::Gone => return false,
                Sent::Full => {
                    self.queue.push_front(packet);
                    break;
                }
            }
        }
        if self.queue.is_empty() && self.wire.finish() {
            self.deadline = None;
            return true;
        }
        deadline > Instant::now() || self.end(app)
    }

    fn emit(&mut self, packet: &Packet) -> Sent {
        match self.wire.send(&packet.frame) {
            Direct::Sent => return Sent::Yes,
            Direct::Begun => {
                self.deadline.get_or_insert_with(|| Instant::now() + PATIENCE);
                return Sent::Yes;
            }
            Direct::Busy => {}
        }
        let sent = match packet.payload() {
            Ok(payload) => Sent::of(&self.socket.emit(packet.name, payload)),
            Err(error) => {
                tracing::error!(%error, packet.name, "live.cannot_encode");
                Sent::Gone
            }
        };
        if sent == Sent::Yes {
            self.wire.await_frame(&packet.frame);
        }
        sent
    }

    fn end(&self, app: &App) -> bool {
        app.metrics.cut_off.inc();
        cut_off(&self.socket);
        false
    }

    fn cut_off(&self, app: &App) {
        self.end(app);
    }
}

async fn ring(alarm: Option<Instant>) {
    match alarm {
        Some(alarm) => sleep_until(alarm).await,
        None => std::future::pending().await,
    }
}
