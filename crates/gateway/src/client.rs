//! The client for upstreams, over connections that are kept: without TLS those of `http1`, which are
//! made for upstreams on this machine; with TLS those of a client that speaks HTTP/2 as well. That
//! one is built when it is first needed: reading the roots of trust takes longer than all else that
//! happens before the server listens.

use bytes::Bytes;
use http::{Request, Response, Uri, uri::Scheme};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{self, Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use rustls::ClientConfig;
use std::{
    convert::Infallible,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tower_service::Service;

use crate::{
    connector::{BoxError, ConnectError, ConnectLimit, TimedConnector, within},
    http1::{Connection, Failure, Malformed, PlainBody},
    pool::Pool,
};

/// How long an encrypted connection may be kept for reuse: it leads to a cloud's front end, which
/// waits a minute or longer, and costs some round trips to open.
const ENCRYPTED_IDLE: Duration = Duration::from_secs(45);

/// How much of one answer, in bytes, may wait for a caller that takes nothing, and how much of all
/// answers that share a connection over HTTP/2: enough that sixty such callers leave the others of
/// the connection untouched.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 16 * 1024 * 1024;

/// How much is read at once, and how much may wait to be read, in bytes.
const BUFFER_LIMIT: usize = 64 * 1024;

/// After how much silence an upstream's machine is asked whether it still lives, and how long it
/// may take to say so. Unlike the upstream's program, which may think for minutes, it answers at
/// once; and what stands in between does not take the connection for a dead one.
const ASKED_AFTER: Duration = Duration::from_secs(30);
const ANSWERED_WITHIN: Duration = Duration::from_secs(15);

/// How many encrypted connections are kept for reuse; more may be open.
const MAX_IDLE: usize = 64;

type Encrypted = TimedConnector<HttpsConnector<HttpConnector>>;

pub(crate) struct UpstreamClient {
    tcp: HttpConnector,
    pool: Arc<Pool>,
    connect_limit: ConnectLimit,
    encrypted: OnceLock<Client<Encrypted, Full<Bytes>>>,
}

/// Why an upstream has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    #[error("there is no connection")]
    Connect(#[source] BoxError),
    #[error("the connection broke off")]
    Cut(#[source] BoxError),
    #[error("the answer is malformed")]
    Malformed(#[source] Malformed),
}

impl UpstreamClient {
    pub(crate) fn new() -> Self {
        let connect_limit = ConnectLimit::default();
        Self { tcp: tcp(), pool: Arc::default(), connect_limit, encrypted: OnceLock::new() }
    }

    /// Sends a request, for which a connection is made within `connect_limit` if there is none.
    /// Dropping the future, or later the answer's body, closes the connection, or ends the request
    /// where others share it.
    pub(crate) async fn send(
        &self,
        request: Request<Bytes>,
        connect_limit: Duration,
    ) -> Result<Response<UpstreamBody>, SendError> {
        if request.uri().scheme() == Some(&Scheme::HTTPS) {
            let client = self.encrypted().map_err(|error| SendError::Connect(error.into()))?;
            self.connect_limit.set(connect_limit);
            // Its future is large, and most requests have no need of it.
            let answer = Box::pin(client.request(request.map(Full::new))).await?;
            return Ok(answer.map(Either::Right));
        }
        self.send_plain(&request, connect_limit).await
    }

    /// Closes kept connections once they are too old, for as long as it is polled.
    pub(crate) async fn tend(&self) -> Infallible {
        self.pool.tend().await
    }

    fn encrypted(&self) -> Result<&Client<Encrypted, Full<Bytes>>, rustls::Error> {
        if let Some(client) = self.encrypted.get() {
            return Ok(client);
        }
        let built = pooled(self.connect_limit.clone(), encrypted(public_trust()?));
        Ok(self.encrypted.get_or_init(|| built))
    }

    /// A connection that was kept may turn out to be closed: then the next one is tried, unless
    /// something of the request was sent.
    async fn send_plain(
        &self,
        request: &Request<Bytes>,
        connect_limit: Duration,
    ) -> Result<Response<UpstreamBody>, SendError> {
        let Some(authority) = request.uri().authority() else {
            return Err(SendError::Connect("the address names no host".into()));
        };
        loop {
            let kept = self.pool.take(authority);
            let was_kept = kept.is_some();
            let mut connection = match kept {
                Some(connection) => connection,
                None => Box::pin(self.connect(request.uri(), connect_limit)).await?,
            };
            match connection.send(request, authority).await {
                Ok(answer) => {
                    let (authority, pool) = (authority.clone(), Arc::clone(&self.pool));
                    return Ok(answer.map(|decoder| {
                        Either::Left(PlainBody::new(decoder, connection, authority, pool))
                    }));
                }
                Err(Failure::Unsent) if was_kept => {}
                Err(failure) => return Err(failure.into()),
            }
        }
    }

    async fn connect(&self, uri: &Uri, limit: Duration) -> Result<Box<Connection>, SendError> {
        let stream = within(limit, self.tcp.clone().call(uri.clone())).await?;
        Ok(Box::new(Connection::new(stream.into_inner())))
    }
}

impl From<Failure> for SendError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Malformed(malformed) => Self::Malformed(malformed),
            Failure::Cut(error) => Self::Cut(error.into()),
            Failure::Unsent => Self::Cut(failure.into()),
        }
    }
}

impl From<ConnectError> for SendError {
    fn from(error: ConnectError) -> Self {
        Self::Connect(error.into())
    }
}

impl From<legacy::Error> for SendError {
    fn from(error: legacy::Error) -> Self {
        if error.is_connect() { Self::Connect(error.into()) } else { Self::Cut(error.into()) }
    }
}

/// An answer's body as it comes from an upstream: without TLS, or with it.
pub(crate) type UpstreamBody = Either<PlainBody, Incoming>;

fn tcp() -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    tcp.enforce_http(false);
    tcp.set_keepalive(Some(ASKED_AFTER));
    tcp.set_keepalive_interval(Some(ANSWERED_WITHIN / 3));
    tcp.set_keepalive_retries(Some(3));
    tcp
}

/// Trusts the authorities that browsers trust.
fn public_trust() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions()?;
    Ok(builder.with_webpki_roots().with_no_client_auth())
}

/// Speaks HTTP/2 where the upstream does, else HTTP/1.1.
fn encrypted(config: ClientConfig) -> HttpsConnector<HttpConnector> {
    let builder = HttpsConnectorBuilder::new().with_tls_config(config);
    builder.https_only().enable_all_versions().wrap_connector(tcp())
}

fn pooled(
    limit: ConnectLimit,
    connector: HttpsConnector<HttpConnector>,
) -> Client<Encrypted, Full<Bytes>> {
    Client::builder(TokioExecutor::new())
        .pool_idle_timeout(ENCRYPTED_IDLE)
        .pool_max_idle_per_host(MAX_IDLE)
        .pool_timer(TokioTimer::new())
        .timer(TokioTimer::new())
        .http1_max_buf_size(BUFFER_LIMIT)
        .http2_initial_stream_window_size(STREAM_WINDOW)
        .http2_initial_connection_window_size(CONNECTION_WINDOW)
        .http2_keep_alive_interval(ASKED_AFTER)
        .http2_keep_alive_timeout(ANSWERED_WITHIN)
        .build(TimedConnector::new(connector, limit))
}

#[cfg(test)]
mod tests;
