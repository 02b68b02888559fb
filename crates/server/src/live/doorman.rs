//! Sees every request to Socket.IO before the library does, and sees to what the protocol asks for and the library does
//! not: which version is spoken, that a session leaves polling once, and that it sends one body at a time.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use http::{Extensions, HeaderValue, Method, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use serde_json::json;
use socketioxide::SocketIo;
use socketioxide::socket::Sid;
use tokio::time::timeout;

use super::ender::{Ender, Service};
use super::fanout::News;
use crate::access::Peer;
use crate::connection::Wire;
use crate::request::{BODY_TIMEOUT, too_slow};

/// The version of Engine.IO that is spoken here.
const VERSION: &str = "4";

/// How many sessions that left polling are remembered before those that are over are looked for.
const FEW_SESSIONS: usize = 64;

/// Numbers of errors as the reference has them (`engine.io`, `lib/server.ts`).
const BAD_REQUEST: u8 = 3;
const UNSUPPORTED_VERSION: u8 = 5;

/// Knows what goes on in each session.
#[derive(Clone)]
pub(crate) struct Doorman {
    io: SocketIo,
    news: News,
    sessions: Arc<Sessions>,
    ender: Ender,
}

/// What a request to Socket.IO says in its query.
struct Asked {
    is_ours: bool,
    is_web_socket: bool,
    session: Option<Sid>,
}

/// The routes of Socket.IO, behind the doorman.
pub(crate) fn routes(service: Service, doorman: Doorman) -> Router {
    Router::new()
        .route("/socket.io", service.clone())
        .route("/socket.io/", service.clone())
        .route("/socket.io/{*rest}", service)
        .layer(axum::middleware::from_fn_with_state(doorman, prepare))
}

/// Lets a client keep little of its first request, and remembers the connection that it goes on with when it leaves
/// polling for a WebSocket.
async fn prepare(State(doorman): State<Doorman>, mut request: Request, next: Next) -> Response {
    let asked = Asked::by(request.uri().query().unwrap_or_default());
    if !asked.is_ours {
        let message = format!(
            "Unsupported protocol version: this server speaks Engine.IO {VERSION} (EIO={VERSION}), as clients of \
             Socket.IO 3 and later do"
        );
        return refused(UNSUPPORTED_VERSION, &message);
    }
    if asked.is_web_socket && !begins_web_socket(&request) {
        return refused(BAD_REQUEST, "Bad request: this is no handshake of a WebSocket");
    }
    let wire = request.extensions_mut().remove::<Wire>().unwrap_or_default();
    slim(&mut request);
    // A connection that carries a poll carries other requests as well, behind a proxy even those of other clients.
    if asked.is_web_socket {
        request.extensions_mut().insert(wire.clone());
    }
    match asked.session {
        Some(session) if asked.is_web_socket => doorman.upgrade(session, wire, request, next).await,
        Some(session) if request.method() == Method::POST => {
            doorman.take(session, request, next).await
        }
        _ => switching(&wire, next.run(request).await),
    }
}

impl Doorman {
    pub(super) fn new(io: SocketIo, news: News, sessions: Arc<Sessions>, ender: Ender) -> Self {
        Self { io, news, sessions, ender }
    }

    /// A session that polls goes on with this connection.
    async fn upgrade(&self, session: Sid, wire: Wire, request: Request, next: Next) -> Response {
        if !self.sessions.move_to(session, &wire) {
            return refused(BAD_REQUEST, "Bad request: this session has a WebSocket already");
        }
        let response = switching(&wire, next.run(request).await);
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            self.sessions.forget(session);
        } else if let Some(socket) = self.io.get_socket(session) {
            socket.extensions.insert(wire.clone());
            self.news.moved(session, wire);
        }
        response
    }

    /// What is sent by polling is answered once it has been read, and only then may more be sent: two bodies at a time
    /// have no order.
    async fn take(&self, session: Sid, request: Request, next: Next) -> Response {
        let Some(_posting) = self.sessions.post(session) else {
            self.ender.end(session);
            return refused(BAD_REQUEST, "Bad request: this session sends something already");
        };
        match timeout(BODY_TIMEOUT, next.run(request)).await {
            Ok(response) => response,
            Err(_) => too_slow().into_response(),
        }
    }
}

/// The library looks at the key alone (RFC 6455, section 4.2.1).
fn begins_web_socket(request: &Request) -> bool {
    let is = |name, wanted: &str| {
        let value = request.headers().get(name).map(HeaderValue::as_bytes);
        value.is_some_and(|value| value.eq_ignore_ascii_case(wanted.as_bytes()))
    };
    is(header::UPGRADE, "websocket")
        && is(header::SEC_WEBSOCKET_VERSION, "13")
        && request.headers().contains_key(header::SEC_WEBSOCKET_KEY)
        && request.extensions().get::<OnUpgrade>().is_some()
}

fn switching(wire: &Wire, response: Response) -> Response {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        wire.upgrade();
    }
    response
}

fn refused(code: u8, message: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"code": code, "message": message}))).into_response()
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
    let (peer, upgrade) = (extensions.remove::<Peer>(), extensions.remove::<OnUpgrade>());
    *extensions = Extensions::new();
    peer.map(|peer| extensions.insert(peer));
    upgrade.map(|upgrade| extensions.insert(upgrade));
}

impl Asked {
    fn by(query: &str) -> Self {
        let value = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        Self {
            is_ours: value("EIO") == Some(VERSION),
            is_web_socket: value("transport") == Some("websocket"),
            session: value("sid").and_then(|sid| Sid::from_str(sid).ok()),
        }
    }
}

/// What the library does not tell of its sessions.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    /// The connections of those that left polling.
    moved: Mutex<HashMap<Sid, Wire>>,
    /// Those of which a body is being read.
    posting: Mutex<HashSet<Sid>>,
}

impl Sessions {
    /// The connection that a session went on with.
    pub(super) fn moved(&self, session: Sid) -> Option<Wire> {
        lock(&self.moved).get(&session).cloned()
    }

    /// False: it went on with another one before, which is still there.
    fn move_to(&self, session: Sid, wire: &Wire) -> bool {
        let mut moved = lock(&self.moved);
        if moved.get(&session).is_some_and(Wire::is_open) {
            return false;
        }
        // A session ends with its WebSocket. Looked for whenever there is no room, it costs next to nothing.
        if moved.len() >= FEW_SESSIONS && moved.len() == moved.capacity() {
            moved.retain(|_, wire| wire.is_open());
        }
        moved.insert(session, wire.clone());
        true
    }

    fn forget(&self, session: Sid) {
        lock(&self.moved).remove(&session);
    }

    /// None: a body of it is being read.
    fn post(&self, session: Sid) -> Option<Posting<'_>> {
        let is_first = lock(&self.posting).insert(session);
        // Not `then_some`: what that makes in vain is dropped, and takes the place of the other one away.
        if is_first { Some(Posting { sessions: self, session }) } else { None }
    }
}

/// A body of this session is being read.
struct Posting<'a> {
    sessions: &'a Sessions,
    session: Sid,
}

impl Drop for Posting<'_> {
    fn drop(&mut self) {
        lock(&self.sessions.posting).remove(&self.session);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
