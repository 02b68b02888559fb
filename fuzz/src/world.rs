//! A real control server in this process, with one process that is never started.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use lifecycle::{RestartMode, RestartPolicy};
use server::{Options, Server, Token};
use supervisor::{ProcessSpec, ReadySpec, Settings, StopSpec, Supervisor};
use tokio_util::sync::CancellationToken;

/// The process that there is.
pub(crate) const PROCESS: &str = "a";

/// What a caller must know.
pub(crate) const TOKEN: &str = "secret";

/// The server, for as long as this process lives.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
}

impl World {
    /// Starts it in a directory for temporary files, which is left there.
    pub(crate) async fn start() -> Self {
        let data_dir = std::env::temp_dir().join(format!("signalbox-fuzz-{}", std::process::id()));
        let settings = Settings {
            data_dir: data_dir.clone(),
            environment: Vec::new(),
            log_file_bytes: 1 << 20,
            log_files: 2,
            journal_bytes: 10 << 20,
            cgroup: false,
            guard: None,
        };
        let supervisor = Supervisor::launch(settings, vec![process()]);
        let supervisor = supervisor.unwrap_or_else(|error| panic!("{error}"));
        let options = Options {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            token: Some(Token::new(TOKEN)),
            data_dir,
            allowed_origins: Vec::new(),
            tls: None,
            max_connections: 1_000,
        };
        let server = Server::bind(options, supervisor).await;
        let server = server.unwrap_or_else(|error| panic!("{error}"));
        let address = server.address();
        tokio::spawn(server.run(CancellationToken::new()));
        Self { address }
    }
}

fn process() -> ProcessSpec {
    ProcessSpec {
        id: PROCESS.to_owned(),
        title: "A".to_owned(),
        command: vec!["sleep".to_owned(), "1".to_owned()],
        cwd: PathBuf::from("/"),
        env: Vec::new(),
        port: None,
        autostart: false,
        primary: true,
        after: Vec::new(),
        ready: ReadySpec {
            stdout: None,
            http: None,
            tcp: false,
            notify: false,
            timeout: Duration::from_secs(10),
        },
        stop: StopSpec { signal: "SIGTERM".to_owned(), timeout: Duration::from_secs(5) },
        restart: RestartPolicy {
            mode: RestartMode::Never,
            max: 0,
            window: Duration::from_secs(60),
            backoff: Duration::from_millis(200),
            backoff_max: Duration::from_secs(10),
        },
        liveness: None,
        builtin: false,
    }
}
