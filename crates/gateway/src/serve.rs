//! Listening, and the three phases of the end: nothing new is accepted; what is in flight may
//! finish until the drain is over; what is left then is cut.

use http::HeaderValue;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use request_log::Reporter;
use std::{
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::sleep,
};

use crate::{
    Application, Error, Forwarder,
    access::AccessRules,
    crowd::{Crowd, Guest},
    drain::{self, log_panic},
    gate::Gate,
    threads::Threads,
    traffic::Traffic,
};

/// How long a connection may wait for its next request's head. Clients keep idle connections for
/// up to 90 s; the one who gives up first should be the client, or a request could be lost.
const HEAD_LIMIT: Duration = Duration::from_secs(120);

/// How much is read at once, and how much may wait to be written, in bytes; what an upstream sends
/// while a caller takes nothing stays with the upstream. A request's head must fit into it too.
const BUFFER_LIMIT: usize = 64 * 1024;

/// How long accepting rests when there are no descriptors left, so that it does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How a server listens.
#[derive(Debug, Clone)]
pub struct Listen {
    /// The address to listen on.
    pub host: IpAddr,
    /// The port to listen on; 0 takes any free one.
    pub port: u16,
    /// How many connections there may be at a time; more of them wait, and the most silent ones go for
    /// them. Each may need another descriptor for its upstream.
    pub max_connections: usize,
    /// How long requests in flight may go on after the shutdown was asked for.
    pub drain: Duration,
    /// Browser origins that may call besides those on loopback, such as `https://app.example`.
    pub allowed_origins: Vec<String>,
    /// What every answer names as the process that gave it, such as `providerRouter/7`.
    pub served_by: Option<String>,
}

/// A server whose connections wait to be accepted.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    access: AccessRules,
    max_connections: usize,
    drain: Duration,
    served_by: Option<HeaderValue>,
    reporter: Reporter,
}

impl Server {
    /// Begins to listen.
    ///
    /// # Errors
    /// Everything that keeps the server from listening. Once it listens it does not fail.
    pub async fn bind(listen: Listen) -> Result<Self, Error> {
        let access = AccessRules::try_new(listen.host, &listen.allowed_origins)?;
        let (listener, address) = bind(SocketAddr::new(listen.host, listen.port)).await?;
        // What no header can carry names nobody.
        let served_by = listen.served_by.and_then(|text| HeaderValue::try_from(text).ok());
        let (drain, reporter) = (listen.drain, Reporter::default());
        let max_connections = listen.max_connections;
        Ok(Self { listener, address, access, max_connections, drain, served_by, reporter })
    }

    /// Has every request told of to `reporter`.
    #[must_use]
    pub fn reporting_to(self, reporter: Reporter) -> Self {
        Self { reporter, ..self }
    }

    /// The address in use.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` completes and the drain is over. `on_drain` is called with the number of
    /// requests in flight when the drain begins, and as it falls.
    pub async fn serve(
        self,
        application: impl Application,
        forwarder: Arc<Forwarder>,
        shutdown: impl Future<Output = ()>,
        on_drain: impl Fn(usize),
    ) {
        let Self { listener, access, max_connections, drain, served_by, reporter, .. } = self;
        let traffic = Arc::<Traffic>::default();
        let _end = EndOnDrop(Arc::clone(&traffic));
        let gate = Gate {
            application: Arc::new(application),
            access,
            forwarder: Arc::clone(&forwarder),
            served_by,
            traffic: Arc::clone(&traffic),
            reporter,
        };
        let gate = Arc::new(gate);
        let (tasks, threads) = tokio::select! {
            serving = accept_until(shutdown, listener, max_connections, &gate) => serving,
            never = forwarder.tend() => match never {},
        };
        drain::drain(tasks, drain, &traffic, &on_drain).await;
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread for connections failed");
            }
        }
    }
}

/// A server that is dropped in the middle of its work ends what is in flight like a drain does.
struct EndOnDrop(Arc<Traffic>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.end();
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

/// Accepts until the shutdown and returns what serves the connections that are open then.
async fn accept_until<A: Application>(
    shutdown: impl Future<Output = ()>,
    listener: TcpListener,
    max_connections: usize,
    gate: &Arc<Gate<A>>,
) -> (JoinSet<()>, Vec<JoinHandle<()>>) {
    let mut tasks = JoinSet::new();
    let mut threads = Threads::new(Arc::clone(gate));
    let crowd = Crowd::new(max_connections, gate.traffic.draining.clone());
    // Who is accepted, and has no place yet.
    let mut waiting = None;
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => return (tasks, threads.close()),
            accepted = listener.accept(), if waiting.is_none() => match accepted {
                Ok((stream, _)) => waiting = Some(stream),
                Err(error) => rest(&error).await,
            },
            guest = crowd.admit(), if waiting.is_some() => if let Some(stream) = waiting.take() {
                threads.serve(stream, guest, &mut tasks);
            },
            Some(ended) = tasks.join_next() => log_panic(ended),
        }
    }
}

/// A connection that ended before it was accepted is nobody's loss; all else is this machine's
/// want of something, most likely of descriptors.
pub(crate) async fn rest(error: &io::Error) {
    if error.kind() != io::ErrorKind::ConnectionAborted {
        tracing::warn!(%error, "cannot accept a connection");
        sleep(ACCEPT_PAUSE).await;
    }
}

/// Serves a connection to its end.
pub(crate) async fn converse<A: Application>(stream: TcpStream, guest: Guest, gate: Arc<Gate<A>>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps its delay");
    }
    let traffic = Arc::clone(&gate.traffic);
    let service = service_fn(|request| {
        let (gate, visit) = (Arc::clone(&gate), guest.asks());
        // In a box, which is gone once the answer has begun: a stream may last for an hour.
        Box::pin(async move { Ok::<_, Infallible>(gate.respond(request, visit).await) })
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT).max_buf_size(BUFFER_LIMIT);
    let mut connection = pin!(server.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = guest.has_to_go() => {
            if guest.has_asked_nothing() && !traffic.draining.is_cancelled() {
                // Half a head, if anything, which might be waited for to its limit.
                return;
            }
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection.as_mut() => ended,
                // What is in flight looks for itself whether it has to end.
                () = traffic.over.cancelled() => connection.await,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}
