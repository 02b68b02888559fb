//! `signalbox up`: the control server in the foreground, from reading its configuration to its last phase.

mod manager;
mod shutdown;
pub(crate) mod token;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use process::PortHolder;
use server::{BindError, Options, Server, Tls};
use supervisor::{Settings, Supervisor};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::command_line::Up;
use crate::config::{self, Config, LoadError, Surroundings};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::guard;
use crate::logging;
use crate::signals::Signals;
use crate::terminal::{Terminal, print_line, tell};
use manager::ServiceManager;
use token::from_file_or_environment;

/// A megabyte of the configuration, in bytes.
const MEGABYTE: u64 = 1024 * 1024;

/// How many threads may do what blocks: reading the journal, log files and `/proc` for those who ask.
const BLOCKING_THREADS: usize = 16;

/// They stay once they are there: a machine that is out of processes could not give them again.
const KEPT_THREAD: Duration = Duration::from_secs(u32::MAX as u64);

/// Runs the control server until it is told to stop.
pub(crate) fn up(
    arguments: &Up,
    environment: &Environment,
    terminal: Terminal,
) -> Result<(), Failure> {
    let config = read_configuration(arguments, environment)?;
    let token = from_file_or_environment(arguments.token_file.as_deref(), environment)?;
    if token.is_none() && !is_loopback(&config) {
        return Err(Failure::TokenRequired { address: config.server.listen });
    }
    let tls = load_tls(arguments)?;
    let _log = logging::start(environment, terminal)?;
    if let Some(token) = &token {
        token::concerns(token, arguments.token_file.as_deref())
            .iter()
            .for_each(|concern| tracing::warn!("{concern}"));
    }
    if tls.is_none() && !is_loopback(&config) {
        tracing::warn!(
            "others on the network can read what is sent, the token too: give --tls-cert and --tls-key, or let a proxy in front do it"
        );
    }
    // One thread: from an order or a death to the client, an event passes through four tasks, and each hop to another
    // thread would take longer than all the work. What blocks (the journal, log files, the log) has threads of its own.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_keep_alive(KEPT_THREAD)
        .build()
        .map_err(|error| Failure::Failed(format!("cannot start the runtime: {error}")))?;
    // With one there is always somebody who does it, if later than usual.
    let _idle = runtime.spawn_blocking(|| {});
    runtime.block_on(run(config, token, tls, arguments, environment))
}

/// What https is served with, if it is.
pub(crate) fn load_tls(arguments: &Up) -> Result<Option<Tls>, Failure> {
    match (&arguments.tls_cert, &arguments.tls_key) {
        (Some(certificate), Some(key)) => Tls::load(certificate, key)
            .map(Some)
            .map_err(|error| Failure::Usage(format!("TLS: {error}"))),
        // Neither goes without the other: clap sees to that.
        _ => Ok(None),
    }
}

/// Whether only this machine reaches the server's address.
pub(crate) fn is_loopback(config: &Config) -> bool {
    config.server.listen.ip().to_canonical().is_loopback()
}

/// The configuration that `up` runs with.
pub(crate) fn read_configuration(
    arguments: &Up,
    environment: &Environment,
) -> Result<Config, LoadError> {
    let surroundings = Surroundings {
        listen: arguments.listen,
        data_dir: arguments.data_dir.clone(),
        ..config::surroundings(environment)?
    };
    config::load(config::find(arguments.config.as_deref(), environment).as_deref(), &surroundings)
}

async fn run(
    config: Config,
    token: Option<String>,
    tls: Option<Tls>,
    arguments: &Up,
    environment: &Environment,
) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let settings = supervision(&config, environment);
    let stop_timeouts = config.processes.iter().map(|spec| spec.stop.timeout).sum();
    let supervisor = Supervisor::launch(settings, config.processes)
        .map_err(|error| Failure::Failed(error.to_string()))?;
    let kept =
        token::keep(&config.server.data_dir, token.as_deref(), arguments.token_file.as_deref());
    let scheme = if tls.is_some() { "https" } else { "http" };
    let options = Options {
        tls,
        max_connections: process::descriptors_for_connections(),
        listen: config.server.listen,
        token: token.map(server::Token::new),
        data_dir: config.server.data_dir.clone(),
        allowed_origins: config.server.allowed_origins,
    };
    let server = bind(options, &supervisor).await?;
    let closing = CancellationToken::new();
    let address = server.address();
    let mut serving = JoinSet::new();
    serving.spawn(server.run(closing.clone()));
    announce(scheme, address, config.file.as_deref());
    let manager = ServiceManager::find(environment);
    let informing = manager.ready(address, &supervisor);
    if !arguments.no_start {
        supervisor.autostart().await;
    }
    signals.next().await;
    drop(informing);
    manager.stopping(shutdown::longest(stop_timeouts));
    shutdown::stop_processes(&supervisor, &mut signals, stop_timeouts).await;
    shutdown::stop_serving(&closing, serving).await;
    drop(kept);
    Ok(())
}

/// What the supervisor is told.
fn supervision(config: &Config, environment: &Environment) -> Settings {
    Settings {
        data_dir: config.server.data_dir.clone(),
        environment: for_children(environment),
        log_file_bytes: u64::from(config.server.log_file_mb) * MEGABYTE,
        log_files: config.server.log_files,
        journal_bytes: u64::from(config.server.journal_mb) * MEGABYTE,
        cgroup: true,
        guard: guard::command(),
    }
}

/// What every child's environment begins with. `PORT` is each process's own, or nobody's.
fn for_children(environment: &Environment) -> Vec<(OsString, OsString)> {
    let own = ["SIGNALBOX_TOKEN", "PORT"].into_iter().chain(manager::VARIABLES);
    environment.without(&own.collect::<Vec<_>>())
}

/// Binds the server's address. Nothing was started yet, so the supervisor ends at once if that fails.
async fn bind(options: Options, supervisor: &Supervisor) -> Result<Server, Failure> {
    let error = match Server::bind(options, supervisor.clone()).await {
        Ok(server) => return Ok(server),
        Err(error) => error,
    };
    supervisor.shutdown().await;
    Err(match error {
        BindError::TokenRequired { address } => Failure::TokenRequired { address },
        BindError::AddressInUse { address } => {
            Failure::AddressInUse { address, holder: holder(address.port()) }
        }
        BindError::Bind { .. } => Failure::Failed(error.to_string()),
    })
}

/// Says that connections are accepted. Nobody reading it is no reason not to serve.
fn announce(scheme: &str, address: SocketAddr, file: Option<&Path>) {
    if let Err(failure) = print_line(format_args!("Server listening on {scheme}://{address}")) {
        tell(failure);
    }
    let file = file.map_or_else(|| "built in".to_owned(), |file| file.display().to_string());
    tracing::info!(server.address = %address, config.file = %file, "serving");
}

/// Who listens on a port, as far as we may see.
pub(crate) fn holder(port: u16) -> Option<String> {
    match process::port_holder(port) {
        Ok(PortHolder::Known { pid, name }) => Some(format!("{name} (pid {pid})")),
        Ok(PortHolder::Nobody | PortHolder::Unknown) | Err(_) => None,
    }
}
