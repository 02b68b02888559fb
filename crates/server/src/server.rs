//! Binding, accepting, and ending without hanging.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use supervisor::Supervisor;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::access::{Access, Peer, is_loopback};
use crate::app::{self, App};
use crate::audit::Audit;
use crate::catalog::Catalog;
use crate::connection::{Connection, Wire};
use crate::live::Live;
use crate::metrics::Metrics;
use crate::readers::Readers;
use crate::requests::{self, Requests};
use crate::{Tls, Token};

/// How many connections may wait to be accepted: thousands of clients come back at once after a restart.
const BACKLOG: u32 = 4_096;

/// How long a client may take for the head of a request, the silence before it included.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long the head of a request may be, in bytes. Browsers send some hundred.
const HEAD_BYTES: usize = 64 << 10;

/// How long a client may take for the handshake of TLS.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long clients may take to notice the end before they are cut off.
const GOODBYE: Duration = Duration::from_secs(1);

/// How long to wait when no connection can be accepted, such as without free descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How a server listens and whom it lets in.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What callers must know; needed where others than this machine can reach the address.
    pub token: Option<Token>,
    /// Where providers, models, settings and credentials are kept.
    pub data_dir: PathBuf,
    /// Further browser origins that may call, such as `http://localhost:5173`.
    pub allowed_origins: Vec<String>,
    /// With it, the server speaks https.
    pub tls: Option<Tls>,
    /// How many connections there may be at a time; one more is closed at once. What else needs descriptors, above all
    /// each process that is started, must find some.
    pub max_connections: usize,
}

/// A server cannot listen.
#[derive(Debug, Error)]
pub enum BindError {
    /// Others than this machine could reach it, and it has no token.
    #[error(
        "{address} can be reached from other machines, which needs a token: set SIGNALBOX_TOKEN or --token-file"
    )]
    TokenRequired {
        /// Where it was to listen.
        address: SocketAddr,
    },
    /// Somebody listens there.
    #[error("address {address} is already in use")]
    AddressInUse {
        /// Where it was to listen.
        address: SocketAddr,
    },
    /// The system refuses.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// Where it was to listen.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// A server that listens. Connections wait until it runs.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    live: Live,
    /// The catalog's task, and the one that tells the auditor.
    keeping: JoinSet<()>,
    /// What hears of requests through the proxies.
    requests: requests::Thread,
    door: Door,
    max_connections: usize,
    closing: CancellationToken,
}

/// What stands between an accepted connection and the routes.
#[derive(Clone)]
struct Door {
    tls: Option<TlsAcceptor>,
    router: Router,
    closing: CancellationToken,
}

impl Server {
    /// Listens. Must be called within a runtime; starts nothing that the supervisor would have to know of.
    ///
    /// # Errors
    ///
    /// If a token is needed and missing, or the address cannot be had.
    #[expect(clippy::unused_async, reason = "what listens belongs to a runtime")]
    pub async fn bind(options: Options, supervisor: Supervisor) -> Result<Self, BindError> {
        let address = options.listen;
        if options.token.is_none() && !is_loopback(address.ip()) {
            return Err(BindError::TokenRequired { address });
        }
        let listener = listen(address).map_err(|source| bind_error(address, source))?;
        let address = listener.local_addr().map_err(|source| bind_error(address, source))?;
        let scheme = if options.tls.is_some() { "https" } else { "http" };
        let access =
            Arc::new(Access::new(address, scheme, &options.allowed_origins, options.token));
        let started = Instant::now();
        let (catalog, task, messages) = Catalog::open(&options.data_dir);
        let closing = CancellationToken::new();
        let requests = Arc::new(Requests::open(&options.data_dir));
        let audit = Audit::start(&supervisor);
        let app = Arc::new(App {
            metrics: Metrics::new(supervisor.clone(), started, &requests, &audit),
            audit: audit.clone(),
            requests,
            supervisor: supervisor.clone(),
            catalog,
            readers: Readers::default(),
            is_open: access.is_open(),
            started,
            closing: closing.clone(),
        });
        let (sockets, live) = Live::start(&app, &access, messages);
        let router = app::router(&app, &access, sockets);
        let mut keeping = JoinSet::new();
        keeping.spawn(audit.listen(supervisor.clone(), closing.clone()));
        keeping.spawn(task.run(supervisor, closing.clone()));
        let requests = requests::Thread::start(&app, &options.data_dir);
        let tls = options.tls.as_ref().map(Tls::acceptor);
        let door = Door { tls, router, closing: closing.clone() };
        let max_connections = options.max_connections;
        Ok(Self { listener, address, live, keeping, requests, door, max_connections, closing })
    }

    /// Where it listens, with the port it got.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until told, then tells the clients and returns within seconds, whatever they do.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let mut connections = JoinSet::new();
        let mut crowd = Crowd::default();
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, peer)) => {
                        if crowd.has_room(connections.len(), self.max_connections) {
                            connections.spawn(self.door.clone().pass(stream, Peer(peer.ip())));
                        }
                    }
                    Err(error) => crowd.pause_after(&error).await,
                },
                Some(_ended) = connections.join_next() => {}
            }
        }
        drop(self.listener);
        self.closing.cancel();
        self.live.close(GOODBYE).await;
        let all_ended = async { while connections.join_next().await.is_some() {} };
        if timeout(GOODBYE, all_ended).await.is_err() {
            tracing::debug!(connections = connections.len(), "server.connections_cut");
            connections.shutdown().await;
        }
        let kept = async { while self.keeping.join_next().await.is_some() {} };
        if timeout(GOODBYE, kept).await.is_err() {
            tracing::warn!("server.catalog_still_written");
        }
        let requests = tokio::task::spawn_blocking(move || self.requests.join());
        if timeout(GOODBYE, requests).await.is_err() {
            tracing::warn!("server.requests_still_written");
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Connections of an earlier server that are not forgotten yet are no reason to refuse.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn bind_error(address: SocketAddr, source: io::Error) -> BindError {
    match source.kind() {
        io::ErrorKind::AddrInUse => BindError::AddressInUse { address },
        _ => BindError::Bind { address, source },
    }
}

/// Too many connections, told once until there is room again: a log is no place for a flood.
#[derive(Debug, Default)]
struct Crowd {
    told: bool,
}

impl Crowd {
    fn has_room(&mut self, connections: usize, most: usize) -> bool {
        let has_room = connections < most;
        if !has_room && !self.told {
            tracing::warn!(connections, "server.too_many_connections");
        }
        self.told = !has_room;
        has_room
    }

    async fn pause_after(&mut self, error: &io::Error) {
        if !self.told {
            tracing::warn!(%error, "server.accept_failed");
        }
        self.told = true;
        sleep(ACCEPT_PAUSE).await;
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").finish_non_exhaustive()
    }
}

impl Door {
    /// Serves one connection to its end, encrypted or not.
    async fn pass(self, stream: TcpStream, peer: Peer) {
        let connection = Connection::new(stream, self.tls.is_some());
        let wire = connection.wire();
        let Some(tls) = &self.tls else {
            return serve(connection, wire, peer, self.router, self.closing).await;
        };
        let handshake = tokio::select! {
            handshake = timeout(HANDSHAKE_TIMEOUT, tls.accept(connection)) => handshake,
            () = self.closing.cancelled() => return,
        };
        match handshake {
            Ok(Ok(encrypted)) => serve(encrypted, wire, peer, self.router, self.closing).await,
            Ok(Err(error)) => tracing::debug!(%error, "connection.handshake_failed"),
            Err(_) => tracing::debug!("connection.handshake_timeout"),
        }
    }
}

/// Serves one connection. Once the server closes, it ends with the answer that is under way.
async fn serve(
    connection: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    wire: Wire,
    peer: Peer,
    router: Router,
    closing: CancellationToken,
) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        // By this others write to this client, and end its connection if it is too slow.
        request.extensions_mut().insert(wire.clone());
        request.extensions_mut().insert(peer);
        router.clone().oneshot(request)
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_header_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(connection), service)
        .with_upgrades();
    let mut served = pin!(served);
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = closing.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection.ended");
    }
}
