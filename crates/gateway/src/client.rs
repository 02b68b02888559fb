//! The pooled client for upstreams, built when it is first needed: reading the roots of trust
//! takes longer than all else that happens before the server listens.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        Client, ResponseFuture,
        connect::{Connect, HttpConnector},
    },
    rt::{TokioExecutor, TokioTimer},
};
use rustls::ClientConfig;
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use crate::connector::{ConnectLimit, TimedConnector};

/// How long a plain connection may be kept for reuse. Uvicorn and Node.js, which most local model
/// servers are built on, close theirs after 5 s; a request written just then would be lost.
const PLAIN_IDLE: Duration = Duration::from_secs(4);

/// How long an encrypted one may: it leads to a cloud's front end, which waits a minute or longer,
/// and costs some round trips to open.
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

/// How many connections are kept for reuse; more may be open.
const MAX_IDLE: usize = 64;

type Plain = TimedConnector<HttpConnector>;
type Encrypted = TimedConnector<HttpsConnector<HttpConnector>>;

pub(crate) struct UpstreamClient {
    connect_limit: ConnectLimit,
    plain: OnceLock<Client<Plain, Full<Bytes>>>,
    encrypted: OnceLock<Client<Encrypted, Full<Bytes>>>,
}

impl UpstreamClient {
    pub(crate) fn new(connect_limit: Duration) -> Self {
        let connect_limit = ConnectLimit::new(connect_limit);
        Self { connect_limit, plain: OnceLock::new(), encrypted: OnceLock::new() }
    }

    /// Sends a request, for which a connection is made within `connect_limit` if there is none. Dropping the future, or later the answer's body, closes the connection.
    pub(crate) fn send(
        &self,
        request: Request<Full<Bytes>>,
        connect_limit: Duration,
    ) -> Result<ResponseFuture, rustls::Error> {
        self.connect_limit.set(connect_limit);
        if request.uri().scheme() == Some(&http::uri::Scheme::HTTPS) {
            if let Some(client) = self.encrypted.get() {
                return Ok(client.request(request));
            }
            let connector = encrypted(public_trust()?);
            let built = pooled(self.connect_limit.clone(), connector, ENCRYPTED_IDLE);
            return Ok(self.encrypted.get_or_init(|| built).request(request));
        }
        let build = || pooled(self.connect_limit.clone(), tcp(), PLAIN_IDLE);
        Ok(self.plain.get_or_init(build).request(request))
    }
}

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

fn pooled<C>(
    limit: ConnectLimit,
    connector: C,
    idle: Duration,
) -> Client<TimedConnector<C>, Full<Bytes>>
where
    C: Clone,
    TimedConnector<C>: Connect + Clone,
{
    Client::builder(TokioExecutor::new())
        .pool_idle_timeout(idle)
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
