//! An OpenAI-compatible proxy for Qwen.
//!
//! It stands in front of Model Studio's OpenAI-compatible endpoint and sends its own key there: the
//! one in the catalog, else the one that the environment gave. Without a key that may be sent, the
//! server runs, says so in its health, and answers every request with what to do.
//!
//! # Theory of operation
//!
//! What the caller sends and what Model Studio answers travel on unchanged, Qwen's own fields and
//! headers with them; of the body, only the model's name is looked at. Three things are done on the
//! way (`exchange`), each decided by a pure part:
//!
//! - The account's limits are met before they are hit: `lane` and `pace` say when a request for a
//!   model may go out, by what was refused before; `shaper` waits for it.
//! - A model that answers in a stream alone (`key` remembers which) is asked for one (`asked`),
//!   which is made into the one document that the caller wants (`collect`, `assemble`).
//! - An error gets OpenAI's words and what to do about it (`fault`), and says whether the key is
//!   any good (`standing`), which the control server is told (`telling`).

#![forbid(unsafe_code)]

mod asked;
mod assemble;
mod collect;
mod credentials;
mod exchange;
mod fault;
mod key;
mod lane;
mod pace;
#[cfg(test)]
mod rules;
mod shaper;
mod standing;
mod telling;
mod waits;

use gateway::{
    Answer, Application, Destination, Destinations, Forwarder, Listen, Models, Outgoing, Refusal,
    Server,
};
use http::{Method, StatusCode};
use live_catalog::{LiveCatalog, now_ms};
use request_log::reporting;
use serde_json::{Value, json};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio::sync::watch;

use credentials::{Credentials, Given};

pub use gateway::{Error, Secret};
pub use live_catalog::Reload;
pub use request_log::Source;

/// How the proxy runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port to listen on; 0 takes any free one.
    pub port: u16,
    /// The address to listen on.
    pub host: IpAddr,
    /// Where the catalog is.
    pub data_dir: Option<PathBuf>,
    /// Has the catalog read again.
    pub reload: Reload,
    /// The base URL in place of the region's, or of the one in the catalog.
    pub base_url: Option<String>,
    /// The key of Model Studio, if there is none in the catalog.
    pub api_key: Option<Secret>,
    /// How many connections there may be at a time; each may need another descriptor for its upstream.
    pub max_connections: usize,
    /// How long requests in flight may go on after the shutdown was asked for.
    pub drain: Duration,
    /// Browser origins that may call besides those on loopback.
    pub allowed_origins: Vec<String>,
    /// Who this is to the control server that started it, if one did: what every answer names, and
    /// what the control server is told of requests by.
    pub source: Option<Source>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 3000,
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            data_dir: None,
            reload: Reload::default(),
            base_url: None,
            api_key: None,
            max_connections: usize::MAX,
            drain: Duration::from_secs(10),
            allowed_origins: Vec::new(),
            source: None,
        }
    }
}

/// Runs the proxy until `shutdown` completes and the drain is over. `on_listening` is called once,
/// with the address in use, when connections are accepted; `on_drain` with the number of requests in
/// flight when the drain begins, and as it falls.
///
/// # Errors
/// Everything that keeps the proxy from listening: a port in use, a base URL, a key or an origin
/// that is not one, a data directory that a newer program has used.
pub async fn run(
    options: Options,
    shutdown: impl Future<Output = ()>,
    on_listening: impl FnOnce(SocketAddr),
    on_drain: impl Fn(usize),
) -> Result<(), Error> {
    let Options { port, host, data_dir, reload, base_url, api_key, drain, .. } = options;
    let Options { max_connections, allowed_origins, source, .. } = options;
    let served_by = source.as_ref().map(Source::to_string);
    let listen = Listen { host, port, max_connections, drain, allowed_origins, served_by };
    let (reporter, mut reports) = reporting(source, data_dir.as_deref());
    let server = Server::bind(listen).await?.reporting_to(reporter.clone());
    let base_url = base_url.filter(|url| !url.trim().is_empty());
    let given = Given { base_url, api_key, address: server.address() };
    given.upstream()?;
    let catalog = LiveCatalog::open(data_dir.as_deref()).await;
    let catalog = catalog.map_err(|newer| Error::Stored(newer.into()))?;
    let first = Credentials::new(&given, catalog.snapshot(), None);
    let (tell, credentials) = watch::channel(Arc::new(first));
    let telling = telling::tell(credentials.clone(), reporter);
    on_listening(server.address());
    let proxy = QwenProxy { credentials };
    let serving = server.serve(proxy, Arc::new(Forwarder::default()), shutdown, on_drain);
    let following = catalog.follow(reload, |snapshot| {
        tell.send_modify(|credentials| {
            *credentials = Arc::new(Credentials::new(&given, snapshot, Some(credentials)));
        });
    });
    tokio::select! {
        () = serving => {}
        never = following => match never {},
        never = reports.run() => match never {},
        never = telling => match never {},
    }
    reports.close().await;
    Ok(())
}

struct QwenProxy {
    credentials: watch::Receiver<Arc<Credentials>>,
}

impl QwenProxy {
    fn credentials(&self) -> Arc<Credentials> {
        Arc::clone(&self.credentials.borrow())
    }
}

impl Application for QwenProxy {
    fn health(&self) -> Value {
        let credentials = self.credentials();
        let mut health = json!({
            "status": "ok",
            "version": env!("CARGO_PKG_VERSION"),
            "credentials": {
                "valid": credentials.are_valid(now_ms()),
                "expiresAt": credentials.expires_at_ms(),
                "state": credentials.state(now_ms()),
                "warning": credentials.warning(),
            },
        });
        if let Some(fault) = credentials.fault() {
            health["catalog"] = json!({ "error": fault });
        }
        health
    }

    async fn models(&self, _id: Option<&str>) -> Result<Models, Refusal> {
        self.credentials().destination(now_ms()).map(Models::There)
    }

    async fn destinations(&self, _model: Option<&str>) -> Result<Destinations, Refusal> {
        self.credentials().destination(now_ms()).map(Destinations::from)
    }

    async fn exchange(
        &self,
        forwarder: &Forwarder,
        destination: &Destination,
        outgoing: Outgoing<'_>,
    ) -> Result<Answer, Refusal> {
        if outgoing.method == Method::POST {
            return exchange::send(self.credentials.clone(), forwarder, destination, outgoing)
                .await;
        }
        exchange::ask(&self.credentials(), forwarder, destination, outgoing).await
    }

    fn answered(
        &self,
        _destination: &Destination,
        _answer: Result<StatusCode, &Refusal>,
        _wait: Option<Duration>,
    ) {
        // What an answer says was heard where it came in.
    }
}
