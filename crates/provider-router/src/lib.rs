//! One OpenAI-compatible address in front of all providers.
//!
//! # Theory of operation
//!
//! Where requests may go is a `table`, made of the catalog and made anew whenever that changes; a
//! request keeps the one that it started with. Whose a model is follows from the table alone
//! (`decide`): from the providers, the models and settings of the catalog, and from what each
//! provider said of its models when it was last asked (`listing`). A model that nobody is known to
//! have makes the router ask again, unless it just has, before it takes the active provider for it.
//!
//! Where several providers have the same model, `rotation` puts them in the order in which the
//! gateway asks them until one begins to answer. A `breaker` a provider remembers how it answered
//! lately, and keeps the one that fails out of that order. What is different from one kind of
//! provider to another stands in `kinds`. What is known of the providers is kept fresh in the
//! background, so that no caller waits for one that is dead.
//!
//! In place of all that, the command line may name one upstream for every model.

#![forbid(unsafe_code)]

mod breaker;
mod decide;
#[cfg(test)]
mod examples;
mod health;
mod kinds;
mod listing;
mod merged;
mod refusals;
mod rotation;
mod router;
mod table;

use gateway::{Forwarder, Listen, Server, Upstream};
use live_catalog::LiveCatalog;
use request_log::reporting;
use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio::sync::watch;

use router::{Interest, Router, UPSTREAM};
use table::Table;

pub use gateway::{Error, Secret};
pub use live_catalog::Reload;
pub use request_log::Source;

/// How the router runs.
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
    /// The base URL, ending in `/v1`, of one provider for every model, in place of the catalog's.
    pub upstream: Option<String>,
    /// The key to send there.
    pub upstream_key: Option<Secret>,
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
            port: 3001,
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            data_dir: None,
            reload: Reload::default(),
            upstream: None,
            upstream_key: None,
            max_connections: usize::MAX,
            drain: Duration::from_secs(10),
            allowed_origins: Vec::new(),
            source: None,
        }
    }
}

/// Runs the router until `shutdown` completes and the drain is over. `on_listening` is called
/// once, with the address in use, when connections are accepted; `on_drain` with the number of requests
/// in flight when the drain begins, and as it falls.
///
/// # Errors
/// Everything that keeps the router from listening: a port in use, a base URL, a key or an origin
/// that is not one, a data directory that a newer program has used.
pub async fn run(
    options: Options,
    shutdown: impl Future<Output = ()>,
    on_listening: impl FnOnce(SocketAddr),
    on_drain: impl Fn(usize),
) -> Result<(), Error> {
    let Options { port, host, data_dir, reload, drain, allowed_origins, source, .. } = &options;
    let (allowed_origins, drain) = (allowed_origins.clone(), *drain);
    let max_connections = options.max_connections;
    let served_by = source.as_ref().map(Source::to_string);
    let (host, port) = (*host, *port);
    let listen = Listen { host, port, max_connections, drain, allowed_origins, served_by };
    let (reporter, mut reports) = reporting(source.clone(), data_dir.as_deref());
    let server = Server::bind(listen).await?.reporting_to(reporter);
    let address = server.address();
    let upstream = upstream(&options, address)?;
    let catalog = LiveCatalog::open(data_dir.as_deref()).await;
    let catalog = catalog.map_err(|newer| Error::Stored(newer.into()))?;
    let first = Table::new(catalog.snapshot(), address, &Table::default());
    let (tell, table) = watch::channel(Arc::new(first));
    on_listening(address);

    let forwarder = Arc::new(Forwarder::default());
    let interest = Arc::new(Interest::default());
    let needs_lists = upstream.is_none().then(|| table.clone());
    let asking = ask(needs_lists, Arc::clone(&forwarder), Arc::clone(&interest));
    let router = Router { upstream, table, forwarder: Arc::clone(&forwarder), interest };
    let serving = server.serve(router, forwarder, shutdown, on_drain);
    let following = catalog.follow(Reload::clone(reload), |snapshot| {
        tell.send_modify(|table| *table = Arc::new(Table::new(snapshot, address, table)));
    });
    tokio::select! {
        () = serving => {}
        never = following => match never {},
        never = asking => match never {},
        never = reports.run() => match never {},
    }
    reports.close().await;
    Ok(())
}

fn upstream(options: &Options, address: SocketAddr) -> Result<Option<Arc<Upstream>>, Error> {
    let url = options.upstream.as_deref().filter(|url| !url.trim().is_empty());
    let upstream = url.map(|url| {
        Upstream::try_new(UPSTREAM, url, options.upstream_key.as_ref())?.elsewhere_than(address)
    });
    Ok(upstream.transpose()?.map(Arc::new))
}

/// Keeps the providers' lists fresh, if there are any to be kept.
async fn ask(
    tables: Option<watch::Receiver<Arc<Table>>>,
    forwarder: Arc<Forwarder>,
    interest: Arc<Interest>,
) -> Infallible {
    match tables {
        Some(tables) => router::keep_fresh(tables, forwarder, interest).await,
        None => std::future::pending().await,
    }
}
