//! The effective configuration, for people and programs, without secrets.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use supervisor::ProcessSpec;

use super::Config;
use super::conditions::mode_name;
use super::secret;

/// The configuration as a file would have it, every default written out.
#[derive(Debug, Serialize)]
pub(crate) struct Shown<'c> {
    server: Server<'c>,
    process: Named<Process<'c>>,
}

#[derive(Debug, Serialize)]
struct Server<'c> {
    listen: SocketAddr,
    data_dir: &'c Path,
    allowed_origins: &'c [String],
    log_file_mb: u32,
    log_files: u32,
    journal_mb: u32,
}

#[derive(Debug, Serialize)]
struct Process<'c> {
    title: &'c str,
    command: &'c [String],
    cwd: &'c Path,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    autostart: bool,
    primary: bool,
    after: &'c [String],
    #[serde(skip_serializing_if = "Named::is_empty")]
    env: Named<Cow<'c, str>>,
    ready: Ready<'c>,
    stop: Stop<'c>,
    restart: Restart,
    #[serde(skip_serializing_if = "Option::is_none")]
    liveness: Option<Liveness<'c>>,
}

#[derive(Debug, Serialize)]
struct Ready<'c> {
    #[serde(skip_serializing_if = "Option::is_none")]
    stdout: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<&'c str>,
    tcp: bool,
    notify: bool,
    timeout: String,
}

#[derive(Debug, Serialize)]
struct Stop<'c> {
    signal: &'c str,
    timeout: String,
}

#[derive(Debug, Serialize)]
struct Restart {
    policy: &'static str,
    max: u32,
    window: String,
    backoff: String,
    backoff_max: String,
}

#[derive(Debug, Serialize)]
struct Liveness<'c> {
    http: &'c str,
    interval: String,
    timeout: String,
    failures: u32,
}

/// A table whose keys the user chose, in its order.
#[derive(Debug)]
struct Named<T>(Vec<(String, T)>);

impl<T> Named<T> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Serialize> Serialize for Named<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl<'c> Shown<'c> {
    /// Shows `config`.
    pub(crate) fn of(config: &'c Config) -> Self {
        let server = Server {
            listen: config.server.listen,
            data_dir: &config.server.data_dir,
            allowed_origins: &config.server.allowed_origins,
            log_file_mb: config.server.log_file_mb,
            log_files: config.server.log_files,
            journal_mb: config.server.journal_mb,
        };
        let processes = config.processes.iter().map(|spec| (spec.id.clone(), process(spec)));
        Self { server, process: Named(processes.collect()) }
    }
}

fn process(spec: &ProcessSpec) -> Process<'_> {
    Process {
        title: &spec.title,
        command: &spec.command,
        cwd: &spec.cwd,
        port: spec.port,
        autostart: spec.autostart,
        primary: spec.primary,
        after: &spec.after,
        env: environment(spec),
        ready: Ready {
            stdout: spec.ready.stdout.as_ref().map(regex::Regex::as_str),
            http: spec.ready.http.as_deref(),
            tcp: spec.ready.tcp,
            notify: spec.ready.notify,
            timeout: duration(spec.ready.timeout),
        },
        stop: Stop { signal: &spec.stop.signal, timeout: duration(spec.stop.timeout) },
        restart: restart(spec),
        liveness: liveness(spec),
    }
}

fn environment(spec: &ProcessSpec) -> Named<Cow<'_, str>> {
    let pairs = spec.env.iter().map(|(name, value)| (name.clone(), secret::shown(name, value)));
    Named(pairs.collect())
}

fn restart(spec: &ProcessSpec) -> Restart {
    Restart {
        policy: mode_name(spec.restart.mode),
        max: spec.restart.max,
        window: duration(spec.restart.window),
        backoff: duration(spec.restart.backoff),
        backoff_max: duration(spec.restart.backoff_max),
    }
}

fn liveness(spec: &ProcessSpec) -> Option<Liveness<'_>> {
    spec.liveness.as_ref().map(|liveness| Liveness {
        http: &liveness.http,
        interval: duration(liveness.interval),
        timeout: duration(liveness.timeout),
        failures: liveness.failures,
    })
}

/// As the configuration writes it: `1m30s`.
fn duration(duration: Duration) -> String {
    humantime::format_duration(duration).to_string().replace(' ', "")
}
