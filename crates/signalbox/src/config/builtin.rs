//! The two servers that this program brings along, as processes.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is supervised where no file says otherwise.
pub(super) const DEFAULT_PROCESSES: &str = r#"
[process.qwenProxy]
builtin = "qwen-proxy"

[process.providerRouter]
builtin = "provider-router"
after = ["qwenProxy"]
"#;

/// What the built-in servers and the checks over all processes must know of `[server]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerConfig {
    /// Where the control server listens.
    pub(crate) listen: SocketAddr,
    /// Where everything is kept.
    pub(crate) data_dir: PathBuf,
    /// Further browser origins that may call.
    pub(crate) allowed_origins: Vec<String>,
    /// When a log file of a process is rotated away, in MB.
    pub(crate) log_file_mb: u32,
    /// How many log files each process has.
    pub(crate) log_files: u32,
    /// How much room the journal of events has, in MB.
    pub(crate) journal_mb: u32,
}

/// One of the servers that this program brings along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Builtin {
    ProviderRouter,
    QwenProxy,
}

impl Builtin {
    /// Each under its name in the configuration, which is its subcommand too.
    pub(super) const NAMES: [(&'static str, Self); 2] =
        [("provider-router", Self::ProviderRouter), ("qwen-proxy", Self::QwenProxy)];

    /// Its name for people.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::ProviderRouter => "Provider Router",
            Self::QwenProxy => "Qwen Proxy",
        }
    }

    /// The port that it serves unless told otherwise.
    pub(super) fn port(self) -> u16 {
        match self {
            Self::ProviderRouter => 3001,
            Self::QwenProxy => 3000,
        }
    }

    /// The line by which it says that it accepts.
    pub(super) fn ready_line(self) -> &'static str {
        "^Server listening on port {port}$"
    }

    /// Its `argv`. It is told to drain a little shorter than it is given, so that it ends by itself.
    pub(super) fn command(
        self,
        program: &Path,
        server: &ServerConfig,
        stop_timeout: Duration,
    ) -> Vec<String> {
        let drain = stop_timeout.saturating_sub(Duration::from_millis(500)).max(stop_timeout / 2);
        let mut command = vec![
            program.display().to_string(),
            self.subcommand().to_owned(),
            "--port={port}".to_owned(),
            format!("--data-dir={}", server.data_dir.display()),
            format!("--drain={}ms", drain.as_millis().max(1)),
        ];
        command.extend(
            server.allowed_origins.iter().map(|origin| format!("--allowed-origin={origin}")),
        );
        command
    }

    fn subcommand(self) -> &'static str {
        match self {
            Self::ProviderRouter => "provider-router",
            Self::QwenProxy => "qwen-proxy",
        }
    }
}
