//! One OpenAI-compatible address in front of all providers.
//!
//! At present there is one provider for every model: the upstream that the options name. Without
//! one, the server runs, says so in its health, and answers every request with what to set.

#![forbid(unsafe_code)]

use gateway::{
    Application, Destination, Forwarder, Listen, Models, Refusal, Server, Timeouts, Upstream,
};
use http::StatusCode;
use serde_json::{Value, json};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

pub use gateway::{Error, Secret};

/// What the one provider is called in health and errors.
const UPSTREAM: &str = "upstream";

const NO_UPSTREAM: &str = "no provider is configured: start the router with --upstream URL, or \
    set SIGNALBOX_UPSTREAM=URL, where URL is an OpenAI-compatible base URL that ends in /v1, such \
    as http://127.0.0.1:1234/v1 (its key goes into SIGNALBOX_UPSTREAM_KEY)";

/// How the router runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port to listen on; 0 takes any free one.
    pub port: u16,
    /// The address to listen on.
    pub host: IpAddr,
    /// The base URL, ending in `/v1`, of the one provider for every model.
    pub upstream: Option<String>,
    /// The key to send there.
    pub upstream_key: Option<Secret>,
    /// How long requests in flight may go on after the shutdown was asked for.
    pub drain: Duration,
    /// Browser origins that may call besides those on loopback.
    pub allowed_origins: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 3001,
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            upstream: None,
            upstream_key: None,
            drain: Duration::from_secs(10),
            allowed_origins: Vec::new(),
        }
    }
}

/// Runs the router until `shutdown` completes and the drain is over. `on_listening` is called
/// once, with the address in use, when connections are accepted.
///
/// # Errors
/// Everything that keeps the router from listening: a port in use, a base URL, a key or an origin
/// that is not one.
pub async fn run(
    options: Options,
    shutdown: impl Future<Output = ()>,
    on_listening: impl FnOnce(SocketAddr),
) -> Result<(), Error> {
    let server = Server::bind(Listen {
        host: options.host,
        port: options.port,
        drain: options.drain,
        allowed_origins: options.allowed_origins.clone(),
    })
    .await?;
    let router = Router { upstream: upstream(&options, server.address())? };
    on_listening(server.address());
    server.serve(router, Arc::new(Forwarder::default()), shutdown).await;
    Ok(())
}

fn upstream(options: &Options, address: SocketAddr) -> Result<Option<Arc<Upstream>>, Error> {
    let url = options.upstream.as_deref().filter(|url| !url.trim().is_empty());
    let upstream = url.map(|url| {
        Upstream::try_new(UPSTREAM, url, options.upstream_key.as_ref())?.elsewhere_than(address)
    });
    Ok(upstream.transpose()?.map(Arc::new))
}

struct Router {
    upstream: Option<Arc<Upstream>>,
}

impl Application for Router {
    fn health(&self) -> Value {
        let provider = match &self.upstream {
            Some(upstream) => json!({
                "configured": true, "host": upstream.host(), "hasApiKey": upstream.has_key(),
            }),
            None => json!({ "configured": false, "host": null, "hasApiKey": false }),
        };
        let version = env!("CARGO_PKG_VERSION");
        json!({ "status": "ok", "version": version, "providers": { UPSTREAM: provider } })
    }

    async fn models(&self, _id: Option<&str>) -> Result<Models, Refusal> {
        self.destination(None).await.map(Models::There)
    }

    async fn destination(&self, _model: Option<&str>) -> Result<Destination, Refusal> {
        let upstream = self.upstream.clone().ok_or_else(|| {
            let status = StatusCode::NOT_FOUND;
            Refusal::new(status, "invalid_request_error", "model_not_found", NO_UPSTREAM)
        })?;
        Ok(Destination { upstream, timeouts: Timeouts::default(), model: None })
    }

    fn answered(&self, _destination: &Destination, _answer: Result<StatusCode, &Refusal>) {}
}
