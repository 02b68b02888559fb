//! Socket.IO: the state first, then every event, and what a client subscribes to.

mod commands;
mod crowd;
mod doorman;
mod ender;
mod fanout;
mod logs;
mod pace;
mod requests;
mod said;
mod usage;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::any_service;
use serde_json::Value;
use socketioxide::extract::{AckSender, Event, HttpExtension, SocketRef};
use socketioxide::handler::ConnectHandler;
use socketioxide::{SendError, SocketError, SocketIo, TransportType};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::access::{Access, Peer};
use crate::app::App;
use crate::catalog::Message;
use crate::connection::Wire;
use crate::guesses::Verdict;
use commands::{Command, Commands};
use doorman::{Doorman, Sessions};
use ender::Ender;
use fanout::{Fanout, News};
use said::{Auth, Payload};

/// How many packets a client may be behind before it counts as slow. An idle client costs none of it.
const BUFFER_PACKETS: usize = 2_048;

/// The longest message that a client may send, in bytes.
const MESSAGE_BYTES: usize = 64 << 10;

/// How long a client may take from the transport's opening to its CONNECT.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How much is read from a client at once, in bytes: they say little.
const READ_BYTES: usize = 1 << 10;

/// All Socket.IO clients.
pub(crate) struct Live {
    io: SocketIo,
    tasks: TaskTracker,
}

impl Live {
    /// Starts what serves them; the routes answer their requests.
    pub(crate) fn start(
        app: &Arc<App>,
        access: &Arc<Access>,
        messages: mpsc::UnboundedReceiver<Message>,
    ) -> (Router, Self) {
        let (service, io) = SocketIo::builder()
            .max_buffer_size(BUFFER_PACKETS)
            .max_payload(MESSAGE_BYTES as u64)
            .ws_max_message_size(MESSAGE_BYTES)
            .ws_max_frame_size(MESSAGE_BYTES)
            .ws_read_buffer_size(READ_BYTES)
            .connect_timeout(CONNECT_TIMEOUT)
            .build_svc();
        let service = any_service(service);
        let tasks = TaskTracker::new();
        let commands = Commands::start(app, &tasks);
        let (fanout, news) = Fanout::new(Arc::clone(app), messages, commands);
        tasks.spawn(fanout.run());
        let (ender, ending) = Ender::new();
        tasks.spawn(ender::run(service.clone(), ending, app.closing.clone()));
        let sessions = Arc::new(Sessions::default());
        let doorman = Doorman::new(io.clone(), news.clone(), Arc::clone(&sessions), ender.clone());
        let serve = on_connect(news, sessions, ender);
        io.ns("/", serve.with(authenticate(Arc::clone(access))));
        (doorman::routes(service, doorman), Self { io, tasks })
    }

    /// Says goodbye to all clients; who does not take it in time is cut off.
    pub(crate) async fn close(self, goodbye: Duration) {
        let sockets = self.io.sockets();
        if timeout(goodbye, self.io.close()).await.is_err() {
            sockets.iter().for_each(cut_off);
        }
        self.tasks.close();
        if timeout(goodbye, self.tasks.wait()).await.is_err() {
            tracing::warn!("live.tasks_still_running");
        }
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}

/// Handlers do their work before they return their future: Socket.IO runs the futures in any order.
fn on_connect(
    news: News,
    sessions: Arc<Sessions>,
    ender: Ender,
) -> impl Fn(SocketRef) -> std::future::Ready<()> + Clone + Send + Sync + 'static {
    move |socket: SocketRef| {
        let (leaving, asking) = (news.clone(), news.clone());
        // Who began with a WebSocket has no need of these.
        if socket.transport_type() == TransportType::Polling {
            socket.extensions.insert(ender.clone());
        }
        if let Some(wire) = sessions.moved(socket.id) {
            socket.extensions.insert(wire);
        }
        socket.on_disconnect(move |socket: SocketRef| {
            leaving.left(socket.id);
            std::future::ready(())
        });
        // One handler for every name: an idle client then costs one.
        socket.on_fallback(
            move |socket: SocketRef,
                  Event(name): Event,
                  Payload(payload): Payload,
                  ack: AckSender| {
                match payload {
                    Some(payload) => asking.asked(Command { socket, name, payload, ack }),
                    None => end(&socket),
                }
                std::future::ready(())
            },
        );
        news.joined(socket);
        std::future::ready(())
    }
}

/// Why a client gets CONNECT_ERROR.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("malformed: what comes with CONNECT must be JSON")]
    Malformed,
    #[error("unauthorized: connect with `auth: {{ token }}`, the token of this server")]
    Wrong,
    #[error("too many wrong tokens came from this address: try again in {} s", .0.as_secs())]
    TooMany(Duration),
}

fn authenticate(
    access: Arc<Access>,
) -> impl Fn(Auth, HttpExtension<Peer>) -> std::future::Ready<Result<(), Refused>>
+ Clone
+ Send
+ Sync
+ 'static {
    move |Auth(auth): Auth, HttpExtension(peer): HttpExtension<Peer>| {
        std::future::ready(match auth {
            Some(auth) => admit(&access, peer, &auth),
            None => Err(Refused::Malformed),
        })
    }
}

fn admit(access: &Access, peer: Peer, auth: &Value) -> Result<(), Refused> {
    let verdict = match auth.get("token").and_then(Value::as_str) {
        Some(token) => access.judge(peer, token),
        None if access.is_open() => Verdict::Right,
        None => Verdict::Wrong,
    };
    match verdict {
        Verdict::Right => Ok(()),
        Verdict::Wrong => Err(Refused::Wrong),
        Verdict::TooMany(wait) => Err(Refused::TooMany(wait)),
    }
}

/// Ends the connection of a client that does not take what it is sent. It comes back and gets the whole state.
fn cut_off(socket: &SocketRef) {
    tracing::info!(client = %socket.id, "live.client_cut_off");
    end(socket);
}

/// Ends the connection of a client, on whichever transport it is.
fn end(socket: &SocketRef) {
    wire_of(socket).cut();
    if let Some(ender) = socket.extensions.get::<Ender>() {
        ender.end(socket.id);
    }
}

/// The WebSocket that a client is on now, if it is on one.
fn wire_of(socket: &SocketRef) -> Wire {
    let first = || socket.req_parts().extensions.get::<Wire>().cloned();
    socket.extensions.get::<Wire>().or_else(first).unwrap_or_default()
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    /// It is on its way.
    Yes,
    /// The client has too much before it.
    Full,
    /// The client is gone, or nothing can be sent to it.
    Gone,
}

impl Sent {
    fn of(result: &Result<(), SendError>) -> Self {
        match result {
            Ok(()) => Self::Yes,
            Err(SendError::Socket(SocketError::InternalChannelFull)) => Self::Full,
            Err(SendError::Socket(SocketError::Closed)) => Self::Gone,
            Err(SendError::Serialize(error)) => {
                tracing::error!(%error, "live.cannot_encode");
                Self::Gone
            }
        }
    }
}
