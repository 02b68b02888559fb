//! An OpenAI-compatible proxy for Qwen.
//!
//! It stands in front of Model Studio's OpenAI-compatible endpoint and sends its own key there.
//! Without a key the server runs, says so in its health, and answers every request with what to
//! set.

#![forbid(unsafe_code)]

use gateway::{
    Application, Destination, Forwarder, Listen, Models, Refusal, Server, Timeouts, Upstream,
};
use http::StatusCode;
use serde_json::{Value, json};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

pub use gateway::{Error, Secret};

/// The base URL in place of which [`Options::base_url`] may name another: Model Studio's
/// international endpoint (Singapore). A key is valid in its own region only.
pub const DEFAULT_BASE_URL: &str = "https://dashscope-intl.aliyuncs.com/compatible-mode/v1";

/// What the provider is called in errors.
const QWEN: &str = "qwen";

/// How keys of a Coding Plan begin. Its terms allow interactive coding tools alone.
const CODING_PLAN_PREFIX: &str = "sk-sp-";

const NO_KEY: &str = "no Qwen credentials: set DASHSCOPE_API_KEY to an API key of Alibaba Cloud \
    Model Studio and start the proxy again; a key of another region than Singapore needs its \
    base URL too (--base-url or QWEN_BASE_URL)";

/// How the proxy runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port to listen on; 0 takes any free one.
    pub port: u16,
    /// The address to listen on.
    pub host: IpAddr,
    /// The base URL in place of [`DEFAULT_BASE_URL`].
    pub base_url: Option<String>,
    /// The key of Model Studio.
    pub api_key: Option<Secret>,
    /// How long requests in flight may go on after the shutdown was asked for.
    pub drain: Duration,
    /// Browser origins that may call besides those on loopback.
    pub allowed_origins: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 3000,
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            base_url: None,
            api_key: None,
            drain: Duration::from_secs(10),
            allowed_origins: Vec::new(),
        }
    }
}

/// Runs the proxy until `shutdown` completes and the drain is over. `on_listening` is called once,
/// with the address in use, when connections are accepted.
///
/// # Errors
/// Everything that keeps the proxy from listening: a port in use, a base URL, a key or an origin
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
    let upstream = Arc::new(upstream(&options)?.elsewhere_than(server.address())?);
    warn_of_coding_plan(&options);
    on_listening(server.address());
    let proxy = QwenProxy { upstream, is_key_rejected: AtomicBool::new(false) };
    server.serve(proxy, Arc::new(Forwarder::default()), shutdown).await;
    Ok(())
}

fn upstream(options: &Options) -> Result<Upstream, Error> {
    let base_url = options.base_url.as_deref().filter(|url| !url.trim().is_empty());
    Upstream::try_new(QWEN, base_url.unwrap_or(DEFAULT_BASE_URL), options.api_key.as_ref())
}

fn warn_of_coding_plan(options: &Options) {
    let is_coding_plan =
        options.api_key.as_ref().is_some_and(|key| key.expose().starts_with(CODING_PLAN_PREFIX));
    if is_coding_plan {
        tracing::warn!(
            "this key belongs to a Coding Plan, which may only be used by interactive coding \
             tools; other use can lead to its suspension"
        );
    }
}

struct QwenProxy {
    upstream: Arc<Upstream>,
    /// Whether the last word of Model Studio about the key was that it is not valid.
    is_key_rejected: AtomicBool,
}

impl Application for QwenProxy {
    fn health(&self) -> Value {
        let valid = self.upstream.has_key() && !self.is_key_rejected.load(Ordering::Relaxed);
        json!({
            "status": "ok",
            "version": env!("CARGO_PKG_VERSION"),
            // A key from the environment does not expire at a known time.
            "credentials": { "valid": valid, "expiresAt": null },
        })
    }

    async fn models(&self, _id: Option<&str>) -> Result<Models, Refusal> {
        self.destination(None).await.map(Models::There)
    }

    async fn destination(&self, _model: Option<&str>) -> Result<Destination, Refusal> {
        if !self.upstream.has_key() {
            let status = StatusCode::UNAUTHORIZED;
            let kind = "authentication_error";
            return Err(Refusal::new(status, kind, "missing_credentials", NO_KEY));
        }
        let upstream = Arc::clone(&self.upstream);
        Ok(Destination { upstream, timeouts: Timeouts::default(), model: None })
    }

    fn answered(&self, _destination: &Destination, answer: Result<StatusCode, &Refusal>) {
        match answer {
            Ok(StatusCode::UNAUTHORIZED) => self.is_key_rejected.store(true, Ordering::Relaxed),
            Ok(status) if status.is_success() => {
                self.is_key_rejected.store(false, Ordering::Relaxed);
            }
            Ok(_) | Err(_) => {}
        }
    }
}
