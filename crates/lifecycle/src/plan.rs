//! What a machine must know of its process's configuration.

use std::time::Duration;

/// The part of a process's configuration that decides about its lifecycle.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Plan {
    /// The port it serves.
    pub port: Option<u16>,
    /// A line of output must match this pattern before it is `running`.
    pub ready_line: Option<String>,
    /// Its port must accept, on a socket of its own tree, before it is `running`.
    pub ready_tcp: bool,
    /// This path on its port must answer 2xx before it is `running`.
    pub ready_http: Option<String>,
    /// It must say by itself that it serves (`READY=1` of `sd_notify`) before it is `running`.
    pub ready_notify: bool,
    /// How long it may take from the spawn until all conditions hold.
    pub ready_timeout: Duration,
    /// How long after the stop signal SIGKILL follows.
    pub stop_timeout: Duration,
    /// When it is started again by itself.
    pub restart: RestartPolicy,
    /// How many liveness probes in a row may fail, the last one being fatal. At least 1.
    pub liveness_failures: u32,
}

/// Which ready conditions hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Held {
    pub(crate) line: bool,
    pub(crate) tcp: bool,
    pub(crate) http: bool,
    pub(crate) notified: bool,
}

impl Plan {
    /// Which conditions are still open, in words; none: it is ready.
    pub(crate) fn open_conditions(&self, held: Held) -> Vec<String> {
        let mut open = Vec::new();
        if let (Some(pattern), false) = (&self.ready_line, held.line) {
            open.push(format!("no output line matched `{pattern}`"));
        }
        if let (true, false, Some(port)) = (self.ready_tcp, held.tcp, self.port) {
            open.push(format!("nothing of its process tree listens on port {port}"));
        }
        if let (Some(path), false) = (&self.ready_http, held.http) {
            open.push(format!("no 2xx answer from {path}"));
        }
        if self.ready_notify && !held.notified {
            open.push("it did not send READY=1".to_owned());
        }
        open
    }
}

/// Which ends are followed by another start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RestartMode {
    /// None.
    Never,
    /// Those in `error`.
    OnFailure,
    /// Those in `error`, and an exit with 0 that nobody asked for.
    Always,
}

/// When a process is started again by itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RestartPolicy {
    /// Which ends are followed by another start.
    pub mode: RestartMode,
    /// How many restarts there may be within the window.
    pub max: u32,
    /// The window.
    pub window: Duration,
    /// The wait before the first restart; it doubles with each one in the window.
    pub backoff: Duration,
    /// The longest wait.
    pub backoff_max: Duration,
}

impl RestartPolicy {
    /// The wait before another restart when there were `recent` ones within the window, before jitter.
    pub fn delay(&self, recent: u32) -> Duration {
        let doubled = 1u32.checked_shl(recent).and_then(|factor| self.backoff.checked_mul(factor));
        doubled.unwrap_or(self.backoff_max).min(self.backoff_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_up_to_its_limit() {
        let policy = RestartPolicy {
            mode: RestartMode::OnFailure,
            max: 5,
            window: Duration::from_secs(60),
            backoff: Duration::from_millis(200),
            backoff_max: Duration::from_secs(10),
        };
        for (recent, ms) in
            [(0, 200), (1, 400), (5, 6_400), (6, 10_000), (31, 10_000), (99, 10_000)]
        {
            assert_eq!(policy.delay(recent), Duration::from_millis(ms));
        }
    }
}
