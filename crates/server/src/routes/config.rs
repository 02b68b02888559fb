//! A process's configuration in force.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use api::ErrorBody;
use axum::Json;
use axum::extract::State;
use lifecycle::{RestartMode, RestartPolicy};
use serde::Serialize;
use supervisor::{LivenessSpec, ProcessSpec, ReadySpec, StopSpec};
use utoipa::ToSchema;

use crate::app::Shared;
use crate::failure::Failure;
use crate::request::Id;

/// What stands for a value that is not shown.
const MASK: &str = "***";

/// The configuration in force, with the keys of `signalbox.toml`.
#[derive(Serialize, ToSchema)]
pub(crate) struct Config {
    /// Its name for people.
    title: String,
    /// `argv`.
    command: Vec<String>,
    /// Where it runs.
    #[schema(value_type = String)]
    cwd: PathBuf,
    /// Each value is `***`.
    env: BTreeMap<String, &'static str>,
    /// The port it serves.
    port: Option<u16>,
    /// Whether it is started with the server.
    autostart: bool,
    /// Whether the status bar shows its message.
    primary: bool,
    /// What is spawned before it and stopped after it.
    after: Vec<String>,
    ready: ConfigReady,
    stop: ConfigStop,
    restart: ConfigRestart,
    liveness: Option<ConfigLiveness>,
}

/// When it is ready.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConfigReady {
    /// A regular expression for a line of output.
    stdout: Option<String>,
    /// A path that must answer 2xx.
    http: Option<String>,
    /// Whether its port must accept.
    tcp: bool,
    /// Whether it must say so by itself, with `READY=1` of `sd_notify`.
    notify: bool,
    /// How long it may take.
    #[schema(example = "30s")]
    timeout: String,
}

/// How it is stopped.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConfigStop {
    /// The signal.
    #[schema(example = "SIGTERM")]
    signal: String,
    /// When SIGKILL follows.
    #[schema(example = "10s")]
    timeout: String,
}

/// When it is started again by itself.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConfigRestart {
    /// `never`, `on-failure` or `always`.
    #[schema(example = "on-failure")]
    policy: &'static str,
    /// How many restarts there may be within the window.
    max: u32,
    /// The window.
    #[schema(example = "60s")]
    window: String,
    /// The first wait; it doubles.
    #[schema(example = "200ms")]
    backoff: String,
    /// The longest wait.
    #[schema(example = "10s")]
    backoff_max: String,
}

/// How it is seen to be well.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConfigLiveness {
    /// A path that must answer 2xx.
    http: String,
    /// From one probe to the next.
    #[schema(example = "5s")]
    interval: String,
    /// How long one may take.
    #[schema(example = "2s")]
    timeout: String,
    /// How many in a row may fail.
    failures: u32,
}

/// The configuration in force, values of `env` masked.
#[utoipa::path(
    get, path = "/api/processes/{id}/config", tag = "processes",
    params(("id" = String, Path, description = "Its id", example = "providerRouter")),
    responses(
        (status = 200, description = "Its configuration", body = Config),
        (status = 401, description = "No or a wrong token", body = ErrorBody),
        (status = 404, description = "There is no such process", body = ErrorBody)
    )
)]
pub(crate) async fn config(State(app): Shared, Id(id): Id) -> Result<Json<Config>, Failure> {
    let spec = app.supervisor.spec(&id).ok_or_else(|| app.unknown(&id))?;
    Ok(Json(Config::of(spec)))
}

impl Config {
    fn of(spec: &ProcessSpec) -> Self {
        Self {
            title: spec.title.clone(),
            command: spec.command.clone(),
            cwd: spec.cwd.clone(),
            env: spec.env.iter().map(|(name, _)| (name.clone(), MASK)).collect(),
            port: spec.port,
            autostart: spec.autostart,
            primary: spec.primary,
            after: spec.after.clone(),
            ready: ConfigReady::of(&spec.ready, spec.port),
            stop: ConfigStop::of(&spec.stop),
            restart: ConfigRestart::of(&spec.restart),
            liveness: spec.liveness.as_ref().map(ConfigLiveness::of),
        }
    }
}

impl ConfigReady {
    fn of(spec: &ReadySpec, port: Option<u16>) -> Self {
        Self {
            stdout: spec.stdout.as_ref().map(|pattern| pattern.as_str().to_owned()),
            http: spec.http.clone(),
            tcp: spec.tcp && port.is_some(),
            notify: spec.notify,
            timeout: duration(spec.timeout),
        }
    }
}

impl ConfigStop {
    fn of(spec: &StopSpec) -> Self {
        Self { signal: spec.signal.clone(), timeout: duration(spec.timeout) }
    }
}

impl ConfigRestart {
    fn of(policy: &RestartPolicy) -> Self {
        Self {
            policy: match policy.mode {
                RestartMode::Never => "never",
                RestartMode::OnFailure => "on-failure",
                RestartMode::Always => "always",
            },
            max: policy.max,
            window: duration(policy.window),
            backoff: duration(policy.backoff),
            backoff_max: duration(policy.backoff_max),
        }
    }
}

impl ConfigLiveness {
    fn of(spec: &LivenessSpec) -> Self {
        Self {
            http: spec.http.clone(),
            interval: duration(spec.interval),
            timeout: duration(spec.timeout),
            failures: spec.failures,
        }
    }
}

/// A duration in the largest unit of the two that holds it: `30s`, `1500ms`.
fn duration(duration: Duration) -> String {
    let ms = duration.as_millis();
    if ms.is_multiple_of(1_000) { format!("{}s", ms / 1_000) } else { format!("{ms}ms") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_they_are_written() {
        for (ms, text) in [(30_000, "30s"), (1_500, "1500ms"), (200, "200ms"), (0, "0s")] {
            assert_eq!(duration(Duration::from_millis(ms)), text);
        }
    }
}
