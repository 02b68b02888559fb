//! Socket.IO: the state first, then every event, and what a client subscribes to.

mod commands;
mod crowd;
mod fanout;
mod logs;
mod pace;
mod requests;
mod usage;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{Extensions, HeaderValue, Method, StatusCode};
use hyper::upgrade::OnUpgrade;
use serde::Deserialize;
use socketioxide::extract::{HttpExtension, SocketRef, TryData};
use socketioxide::handler::ConnectHandler;
use socketioxide::layer::SocketIoLayer;
use socketioxide::socket::Sid;
use socketioxide::{SendError, SocketError, SocketIo};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::access::{Access, Peer};
use crate::app::App;
use crate::catalog::Message;
use crate::connection::Wire;
use crate::guesses::Verdict;
use crate::request::{BODY_TIMEOUT, too_slow};
use commands::Commands;
use fanout::{Fanout, News};

/// How many packets a client may be behind before it counts as slow. An idle client costs none of it.
const BUFFER_PACKETS: usize = 512;

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
    news: News,
}

impl Live {
    /// Starts what serves them; the layer answers their requests.
    pub(crate) fn start(
        app: &Arc<App>,
        access: &Arc<Access>,
        messages: mpsc::UnboundedReceiver<Message>,
    ) -> (SocketIoLayer, Self) {
        let (layer, io) = SocketIo::builder()
            .max_buffer_size(BUFFER_PACKETS)
            .max_payload(MESSAGE_BYTES as u64)
            .ws_max_message_size(MESSAGE_BYTES)
            .ws_max_frame_size(MESSAGE_BYTES)
            .ws_read_buffer_size(READ_BYTES)
            .connect_timeout(CONNECT_TIMEOUT)
            .build_layer();
        let tasks = TaskTracker::new();
        let (fanout, news) = Fanout::new(Arc::clone(app), messages);
        tasks.spawn(fanout.run());
        let commands = Arc::new(Commands::start(app, &tasks));
        io.ns("/", on_connect(news.clone(), commands).with(authenticate(Arc::clone(access))));
        (layer, Self { io, tasks, news })
    }

    /// For [`prepare`].
    pub(crate) fn doorman(&self) -> Doorman {
        Doorman { io: self.io.clone(), news: self.news.clone() }
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

/// Sees every request to Socket.IO before it does.
#[derive(Clone)]
pub(crate) struct Doorman {
    io: SocketIo,
    news: News,
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}

/// Handlers do their work before they return their future: Socket.IO runs the futures in any order.
fn on_connect(
    news: News,
    commands: Arc<Commands>,
) -> impl Fn(SocketRef) -> std::future::Ready<()> + Clone + Send + Sync + 'static {
    move |socket: SocketRef| {
        let (leaving, ended) = (news.clone(), Arc::clone(&commands));
        socket.on_disconnect(move |socket: SocketRef| {
            leaving.left(socket.id);
            ended.left(socket.id);
            std::future::ready(())
        });
        commands.listen(&socket);
        news.joined(socket);
        std::future::ready(())
    }
}

#[derive(Deserialize)]
struct Auth {
    token: String,
}

/// Why a client gets CONNECT_ERROR.
#[derive(Debug, thiserror::Error)]
enum Unauthorized {
    #[error("unauthorized: connect with `auth: {{ token }}`, the token of this server")]
    Wrong,
    #[error("too many wrong tokens came from this address: try again in {} s", .0.as_secs())]
    TooMany(Duration),
}

fn authenticate(
    access: Arc<Access>,
) -> impl Fn(TryData<Auth>, HttpExtension<Peer>) -> std::future::Ready<Result<(), Unauthorized>>
+ Clone
+ Send
+ Sync
+ 'static {
    move |TryData(auth): TryData<Auth>, HttpExtension(peer): HttpExtension<Peer>| {
        let verdict = match auth {
            Ok(auth) => access.judge(peer, &auth.token),
            Err(_) if access.is_open() => Verdict::Right,
            Err(_) => Verdict::Wrong,
        };
        std::future::ready(match verdict {
            Verdict::Right => Ok(()),
            Verdict::Wrong => Err(Unauthorized::Wrong),
            Verdict::TooMany(wait) => Err(Unauthorized::TooMany(wait)),
        })
    }
}

/// Lets a client keep little of its first request, and remembers the connection that it goes on with when it leaves
/// polling for a WebSocket.
pub(crate) async fn prepare(
    State(doorman): State<Doorman>,
    mut request: Request,
    next: Next,
) -> Response {
    if !request.uri().path().starts_with("/socket.io") {
        return next.run(request).await;
    }
    let wire = request.extensions().get::<Wire>().cloned();
    let session = request.uri().query().and_then(session_id);
    slim(&mut request);
    // What is sent by polling is answered once it has been read.
    let posts = request.method() == Method::POST;
    let answering = next.run(request);
    let response = if posts {
        match timeout(BODY_TIMEOUT, answering).await {
            Ok(response) => response,
            Err(_) => return too_slow().into_response(),
        }
    } else {
        answering.await
    };
    if response.status() == StatusCode::SWITCHING_PROTOCOLS
        && let Some(wire) = wire
    {
        wire.upgrade();
        doorman.moved(session, wire);
    }
    response
}

impl Doorman {
    /// A client that began with polling goes on with this connection.
    fn moved(&self, session: Option<Sid>, wire: Wire) {
        if let Some(socket) = session.and_then(|session| self.io.get_socket(session)) {
            socket.extensions.insert(wire.clone());
            self.news.moved(socket.id, wire);
        }
    }
}

/// A client's first request is kept for as long as it is there. Its texts are slices of the connection's read buffer,
/// which they would keep as well: 8 KiB a client. Copies of them are a few hundred bytes.
fn slim(request: &mut Request) {
    let headers = request.headers().iter();
    let copies = headers.filter_map(|(name, value)| {
        Some((name.clone(), HeaderValue::from_bytes(value.as_bytes()).ok()?))
    });
    *request.headers_mut() = copies.collect();
    if let Ok(uri) = request.uri().to_string().parse() {
        *request.uri_mut() = uri;
    }
    let extensions = request.extensions_mut();
    let (wire, upgrade) = (extensions.remove::<Wire>(), extensions.remove::<OnUpgrade>());
    let peer = extensions.remove::<Peer>();
    *extensions = Extensions::new();
    peer.map(|peer| extensions.insert(peer));
    wire.map(|wire| extensions.insert(wire));
    upgrade.map(|upgrade| extensions.insert(upgrade));
}

fn session_id(query: &str) -> Option<Sid> {
    query.split('&').find_map(|pair| pair.strip_prefix("sid="))?.parse().ok()
}

/// Ends the connection of a client that does not take what it is sent. It comes back and gets the whole state.
fn cut_off(socket: &SocketRef) {
    tracing::info!(client = %socket.id, "live.client_cut_off");
    wire_of(socket).cut();
}

/// The connection that a client is on now.
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
