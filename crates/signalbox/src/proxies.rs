//! The subcommands `provider-router` and `qwen-proxy`: the two proxy servers as programs of their own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use provider_router::{Error, Reload, Secret, Source};

use crate::command_line::{ProviderRouter, Proxy, QwenProxy};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::logging;
use crate::notify::NotifySocket;
use crate::signals::{ProxySignals, Wish};
use crate::terminal::{Terminal, print_line, tell};

const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Runs the provider router until it is told to stop.
pub(crate) fn provider_router(
    arguments: ProviderRouter,
    environment: &Environment,
    terminal: Terminal,
) -> Result<(), Failure> {
    let Proxy { data_dir, drain, allowed_origins } = arguments.proxy;
    let reload = Reload::default();
    let options = provider_router::Options {
        port: port(arguments.port, 3001, environment)?,
        host: HOST,
        data_dir: data_dir.or_else(|| environment.data_dir()),
        reload: Reload::clone(&reload),
        upstream: arguments.upstream.or_else(|| owned(environment, "SIGNALBOX_UPSTREAM")),
        upstream_key: secret(environment, "SIGNALBOX_UPSTREAM_KEY"),
        max_connections: most_callers(),
        drain,
        allowed_origins,
        source: source(environment),
    };
    serve(environment, terminal, &reload, async |shutdown, draining| {
        provider_router::run(options, shutdown, announce, draining).await
    })
}

/// Runs the Qwen proxy until it is told to stop.
pub(crate) fn qwen_proxy(
    arguments: QwenProxy,
    environment: &Environment,
    terminal: Terminal,
) -> Result<(), Failure> {
    let Proxy { data_dir, drain, allowed_origins } = arguments.proxy;
    let reload = Reload::default();
    let options = qwen_proxy::Options {
        port: port(arguments.port, 3000, environment)?,
        host: HOST,
        data_dir: data_dir.or_else(|| environment.data_dir()),
        reload: Reload::clone(&reload),
        base_url: arguments.base_url.or_else(|| owned(environment, "QWEN_BASE_URL")),
        api_key: secret(environment, "DASHSCOPE_API_KEY"),
        max_connections: most_callers(),
        drain,
        allowed_origins,
        source: source(environment),
    };
    serve(environment, terminal, &reload, async |shutdown, draining| {
        qwen_proxy::run(options, shutdown, announce, draining).await
    })
}

/// How many callers there may be at a time: each of them may need a second descriptor, for its upstream.
fn most_callers() -> usize {
    process::descriptors_for_connections() / 2
}

type Shutdown = std::pin::Pin<Box<dyn Future<Output = ()>>>;
type OnDrain = Box<dyn Fn(usize)>;

/// Runs a proxy on one thread, which is small; once there are many connections the gateway takes others for them. SIGHUP
/// has it read its catalog again; the first signal that asks it to end has it drain, a second one ends it at once.
fn serve(
    environment: &Environment,
    terminal: Terminal,
    reload: &Reload,
    run: impl AsyncFnOnce(Shutdown, OnDrain) -> Result<(), Error>,
) -> Result<(), Failure> {
    let _log = logging::start(environment, terminal)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Failed(format!("cannot start the runtime: {error}")))?;
    let is_supervised = environment.get("SIGNALBOX_PROCESS_ID").is_some();
    runtime.block_on(async {
        let mut signals = ProxySignals::listen(is_supervised)?;
        let (ask_to_end, asked_to_end) = tokio::sync::oneshot::channel::<()>();
        let shutdown: Shutdown = Box::pin(async move { asked_to_end.await.unwrap_or_default() });
        let obey = async {
            until_end(&mut signals, reload).await;
            // The proxy may have ended already.
            let _ended = ask_to_end.send(());
            until_end(&mut signals, reload).await;
        };
        let whoever_started_this = NotifySocket::find(environment);
        let tell: OnDrain = Box::new(move |in_flight| tell_drain(&whoever_started_this, in_flight));
        tokio::select! {
            served = run(shutdown, tell) => served.map_err(failure),
            () = obey => Ok(()),
        }
    })
}

/// Carries out what signals ask for until one asks to end.
async fn until_end(signals: &mut ProxySignals, reload: &Reload) {
    while signals.next().await == Wish::Reload {
        reload.notify_one();
    }
}

/// Says that connections are accepted. Nobody reading it is no reason not to serve.
fn announce(address: SocketAddr) {
    if let Err(failure) = print_line(format_args!("Server listening on port {}", address.port())) {
        tell(failure);
    }
}

/// Says what the end waits for. Where it waits for no request, it is over before anybody can read that.
fn tell_drain(socket: &NotifySocket, in_flight: usize) {
    let requests = if in_flight == 1 { "request" } else { "requests" };
    if in_flight > 0 {
        socket.tell(&format!("STATUS=Draining: {in_flight} {requests} in flight"));
    }
}

fn failure(error: Error) -> Failure {
    match error {
        Error::PortInUse { port } => {
            let address = SocketAddr::new(HOST, port);
            Failure::AddressInUse { address, holder: crate::up::holder(port) }
        }
        Error::InvalidUpstream { .. } | Error::InvalidKey { .. } | Error::InvalidOrigin { .. } => {
            Failure::Usage(error.to_string())
        }
        Error::Listen { .. } | Error::Stored(_) => Failure::Failed(error.to_string()),
    }
}

fn port(given: Option<u16>, default: u16, environment: &Environment) -> Result<u16, Failure> {
    match (given, environment.text("PORT")) {
        (Some(port), _) => Ok(port),
        (None, None) => Ok(default),
        (None, Some(text)) => u16::from_str(text)
            .map_err(|_| Failure::Usage(format!("PORT is not a port: {text:?}; give --port N"))),
    }
}

/// The process that this is to the control server, and which start of it.
fn source(environment: &Environment) -> Option<Source> {
    let process = owned(environment, "SIGNALBOX_PROCESS_ID")?;
    let generation = environment.text("SIGNALBOX_GENERATION")?.parse().ok()?;
    Some(Source { process, generation, pid: std::process::id() })
}

fn owned(environment: &Environment, name: &str) -> Option<String> {
    environment.text(name).map(str::to_owned)
}

fn secret(environment: &Environment, name: &str) -> Option<Secret> {
    environment.text(name).map(Secret::new)
}
