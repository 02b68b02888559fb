//! Listening, and the three phases of the end: nothing new is accepted; what is in flight may
//! finish until the drain is over; what is left then is cut.

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{Application, Error, Forwarder, access::AccessRules, gate::Gate};

/// How long a connection may wait for its next request's head. Clients keep idle connections for
/// up to 90 s; the one who gives up first should be the client, or a request could be lost.
const HEAD_LIMIT: Duration = Duration::from_secs(120);

/// How long accepting rests when there are no descriptors left, so that it does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How a server listens.
#[derive(Debug, Clone)]
pub struct Listen {
    /// The address to listen on.
    pub host: IpAddr,
    /// The port to listen on; 0 takes any free one.
    pub port: u16,
    /// How long requests in flight may go on after the shutdown was asked for.
    pub drain: Duration,
    /// Browser origins that may call besides those on loopback, such as `https://app.example`.
    pub allowed_origins: Vec<String>,
}

/// A server whose connections wait to be accepted.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    access: AccessRules,
    drain: Duration,
}

impl Server {
    /// Begins to listen.
    ///
    /// # Errors
    /// Everything that keeps the server from listening. Once it listens it does not fail.
    pub async fn bind(listen: Listen) -> Result<Self, Error> {
        let access = AccessRules::try_new(listen.host, &listen.allowed_origins)?;
        let (listener, address) = bind(SocketAddr::new(listen.host, listen.port)).await?;
        Ok(Self { listener, address, access, drain: listen.drain })
    }

    /// The address in use.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` completes and the drain is over.
    pub async fn serve(
        self,
        application: impl Application,
        forwarder: Arc<Forwarder>,
        shutdown: impl Future<Output = ()>,
    ) {
        let gate = Arc::new(Gate { application, access: self.access, forwarder });
        let draining = CancellationToken::new();
        let connections = accept_until(shutdown, self.listener, &gate, &draining).await;
        tracing::info!(connections = connections.len(), "shutdown: nothing new is accepted");
        draining.cancel();
        drain(connections, self.drain).await;
    }
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => Error::PortInUse { port: address.port() },
        _ => Error::Listen { address, source },
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Accepts until the shutdown and returns the connections that are open then.
async fn accept_until<A: Application>(
    shutdown: impl Future<Output = ()>,
    listener: TcpListener,
    gate: &Arc<Gate<A>>,
    draining: &CancellationToken,
) -> JoinSet<()> {
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => return connections,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(stream, Arc::clone(gate), draining.clone()));
                }
                Err(error) => rest(&error).await,
            },
            Some(ended) = connections.join_next() => log_panic(ended),
        }
    }
}

/// A connection that ended before it was accepted is nobody's loss; all else is this machine's
/// want of something, most likely of descriptors.
async fn rest(error: &io::Error) {
    if error.kind() != io::ErrorKind::ConnectionAborted {
        tracing::warn!(%error, "cannot accept a connection");
        sleep(ACCEPT_PAUSE).await;
    }
}

async fn converse<A: Application>(
    stream: TcpStream,
    gate: Arc<Gate<A>>,
    draining: CancellationToken,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps its delay");
    }
    let service = service_fn(move |request| {
        let gate = Arc::clone(&gate);
        async move { Ok::<_, Infallible>(gate.respond(request).await) }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT);
    let mut connection = pin!(server.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = draining.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

async fn drain(mut connections: JoinSet<()>, limit: Duration) {
    let finish = async {
        while let Some(ended) = connections.join_next().await {
            log_panic(ended);
        }
    };
    if timeout(limit, finish).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            drain_s = limit.as_secs_f64(),
            "shutdown: what did not finish in time is cut"
        );
        connections.shutdown().await;
    }
}

fn log_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection's task failed");
    }
}
