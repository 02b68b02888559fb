//! A supervisor over shell children, and its stream of events.
use std::path::Path;
use std::time::Duration;

use lifecycle::{RestartMode, RestartPolicy};
use serde_json::Value;
use supervisor::{ProcessSpec, ReadySpec, Settings, StopSpec, Supervisor, Told};
use tempfile::TempDir;
use tokio::sync::broadcast::Receiver;
use tokio::time::timeout;

/// Far more than anything here takes; a test that reaches it has failed.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) struct World {
    pub(crate) supervisor: Supervisor,
    pub(crate) told: Receiver<Told>,
    pub(crate) folder: TempDir,
}

impl World {
    pub(crate) fn new(specs: Vec<ProcessSpec>) -> Self {
        Self::within(tempfile::tempdir().unwrap(), specs)
    }

    pub(crate) fn within(folder: TempDir, specs: Vec<ProcessSpec>) -> Self {
        let supervisor = Supervisor::launch(settings(folder.path()), specs).unwrap();
        let (_, told) = supervisor.subscribe();
        Self { supervisor, told, folder }
    }

    async fn recv(&mut self) -> Told {
        timeout(DEADLINE, self.told.recv()).await.expect("nothing told in time").unwrap()
    }

    /// The next event's process object.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            if let Told::Event(event) = self.recv().await {
                let payload: Value = serde_json::from_str(&event.json).unwrap();
                return payload[&*event.process].clone();
            }
        }
    }

    /// What is told next must be what a process says of itself.
    pub(crate) async fn next_detail(&mut self) -> Value {
        match self.recv().await {
            Told::Detail(json) => serde_json::from_str(&json).unwrap(),
            Told::Event(event) => panic!("an event: {}", event.json),
        }
    }

    /// The next events' messages, `id: message`.
    pub(crate) async fn messages(&mut self, count: usize) -> Vec<String> {
        let mut messages = Vec::new();
        for _ in 0..count {
            let process = self.next().await;
            messages.push(format!("{}: {}", text(&process["id"]), text(&process["message"])));
        }
        messages
    }

    /// Waits for an event with this message.
    pub(crate) async fn until(&mut self, message: &str) -> Value {
        loop {
            let process = self.next().await;
            if process["message"] == message {
                return process;
            }
        }
    }

    pub(crate) async fn end(self) -> TempDir {
        timeout(DEADLINE, self.supervisor.shutdown()).await.expect("shutdown hangs");
        self.folder
    }
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub(crate) fn settings(data_dir: &Path) -> Settings {
    Settings {
        data_dir: data_dir.to_owned(),
        environment: vec![("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into())],
        log_file_bytes: 10_000_000,
        log_files: 5,
        journal_bytes: 10_000_000,
        cgroup: true,
        guard: None,
    }
}

/// A process that runs a line of shell, is never restarted, and has no condition.
pub(crate) fn shell(id: &str, line: &str) -> ProcessSpec {
    ProcessSpec {
        id: id.to_owned(),
        title: id.to_owned(),
        command: vec!["sh".to_owned(), "-c".to_owned(), line.to_owned()],
        cwd: ".".into(),
        env: Vec::new(),
        port: None,
        autostart: false,
        primary: false,
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
            max: 5,
            window: Duration::from_secs(60),
            backoff: Duration::from_millis(10),
            backoff_max: Duration::from_millis(100),
        },
        liveness: None,
        builtin: false,
    }
}

/// Like `shell`, ready once a line matches.
pub(crate) fn ready_on(id: &str, pattern: &str, line: &str) -> ProcessSpec {
    let mut spec = shell(id, line);
    spec.ready.stdout = Some(regex::Regex::new(pattern).unwrap());
    spec
}
