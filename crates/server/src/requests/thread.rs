//! The thread that hears the proxies, and has written what it heard.

use std::convert::Infallible;
use std::io;
use std::os::unix::net;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use api::QwenState;
use request_log::{KeyNote, KeyState, Line, MalformedLine, Reader, SOCKET_FILE};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::book::ConnectionId;
use crate::app::App;
use crate::catalog::{Verdict, now_ms};

/// How long changes are gathered before they are written together.
const GATHER: Duration = Duration::from_millis(200);

/// How long the proxies' last words may take at the end: they are dead, so that all there is waits in the sockets.
const GOODBYE: Duration = Duration::from_millis(500);

/// How long to wait when no connection can be accepted, such as without free descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The thread. It ends once the server closes.
#[derive(Debug)]
pub(crate) struct Thread {
    thread: Option<JoinHandle<()>>,
    socket: PathBuf,
}

impl Thread {
    /// Listens in this directory, and starts the thread. Where that cannot be done no request is seen, which all are
    /// told who ask for them.
    pub(crate) fn start(app: &Arc<App>, data_dir: &Path) -> Self {
        let of_thread = Arc::clone(app);
        let thread = begin(std::thread::Builder::new(), data_dir, move |listener| {
            if let Err(error) = hear(&of_thread, listener) {
                of_thread.requests.are_unheard(&error);
            }
        });
        let thread = thread.inspect_err(|error| app.requests.are_unheard(error)).ok();
        Self { thread, socket: data_dir.join(SOCKET_FILE) }
    }

    /// Waits for its end.
    pub(crate) fn join(self) {
        let Some(thread) = self.thread else { return };
        if thread.join().is_err() {
            tracing::error!("the thread that hears of requests panicked");
        }
        if let Err(error) = std::fs::remove_file(&self.socket) {
            tracing::debug!(%error, "the socket for requests was not removed");
        }
    }
}

fn begin(
    thread: std::thread::Builder,
    data_dir: &Path,
    hear: impl FnOnce(net::UnixListener) + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    let listener = request_log::listen(data_dir)?;
    thread.name("requests".to_owned()).spawn(move || hear(listener))
}

/// Hears the proxies until the server closes. The runtime is made within the thread: whoever starts the server runs
/// within another one, where this one may not be dropped if the thread cannot be had.
fn hear(app: &Arc<App>, listener: net::UnixListener) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        run(app, &UnixListener::from_std(listener)?).await;
        Ok(())
    })
}

async fn run(app: &Arc<App>, listener: &UnixListener) {
    let mut connections = JoinSet::new();
    tokio::select! {
        () = app.closing.cancelled() => {}
        never = accept(app, listener, &mut connections) => match never {},
        never = write(app) => match never {},
    }
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if timeout(GOODBYE, all_ended).await.is_err() {
        connections.shutdown().await;
    }
    app.requests.write(keep(app));
    app.requests.store.close();
}

async fn accept(
    app: &Arc<App>,
    listener: &UnixListener,
    connections: &mut JoinSet<()>,
) -> Infallible {
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(attend(Arc::clone(app), stream));
                }
                Err(error) => {
                    tracing::warn!(%error, "requests.accept_failed");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_ended) = connections.join_next() => {}
        }
    }
}

/// Has written what has changed, some times a second.
async fn write(app: &App) -> Infallible {
    loop {
        app.requests.unwritten.notified().await;
        sleep(GATHER).await;
        app.requests.write(keep(app));
    }
}

fn keep(app: &App) -> u64 {
    app.catalog.view().contents.settings.request_log_max_rows()
}

/// Hears one proxy until it is gone.
async fn attend(app: Arc<App>, stream: UnixStream) {
    let mut reader = Reader::new(stream);
    let mut ear = Ear { app: &app, connection: None, is_confused: false };
    let mut lines = Vec::new();
    loop {
        let read = reader.read(&mut lines).await;
        lines.drain(..).for_each(|line| ear.hear(line));
        match read {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return tracing::debug!(%error, "requests.connection_ended"),
        }
    }
}

/// One connection. What is in flight there when it is dropped has crashed.
struct Ear<'a> {
    app: &'a App,
    connection: Option<ConnectionId>,
    /// Whether something came that made no sense, so that it is told once.
    is_confused: bool,
}

impl Ear<'_> {
    fn hear(&mut self, line: Result<Line, MalformedLine>) {
        match (line, self.connection) {
            (Ok(Line::Hello(source)), None) => {
                tracing::debug!(process = source.process, pid = source.pid, "requests.connected");
                self.connection = Some(self.app.requests.book().greet(source));
            }
            (Ok(Line::Row(row)), Some(connection)) => {
                let ended = self.app.requests.book().hear(connection, row);
                ended.iter().for_each(|row| self.app.requests.figures.count(row));
                self.app.requests.changed();
            }
            (Ok(Line::Key(note)), Some(_)) => self.app.catalog.hear(verdict(note)),
            (Ok(Line::Dropped(lost)), _) => {
                tracing::warn!(
                    lost,
                    "a proxy had more to tell of its requests than was read in time"
                );
                self.app.requests.figures.lost.inc_by(lost);
            }
            (Ok(line), _) => self.confused(&format!("out of turn: {line:?}")),
            (Err(error), _) => self.confused(&error.to_string()),
        }
    }

    fn confused(&mut self, why: &str) {
        if !std::mem::replace(&mut self.is_confused, true) {
            tracing::warn!(why, "what is told of requests makes no sense");
        }
    }
}

impl Drop for Ear<'_> {
    fn drop(&mut self) {
        let Some(connection) = self.connection else { return };
        let crashed = self.app.requests.book().lose(connection, now_ms());
        crashed.iter().for_each(|row| self.app.requests.figures.count(row));
        if !crashed.is_empty() {
            self.app.requests.changed();
        }
    }
}

fn verdict(note: KeyNote) -> Verdict {
    let state = match note.state {
        KeyState::Valid => QwenState::Valid,
        KeyState::Rejected => QwenState::Rejected,
        KeyState::OutOfQuota => QwenState::OutOfQuota,
    };
    Verdict { written_at_ms: note.written_at, state }
}

#[cfg(test)]
mod tests {
    use std::thread::Builder;

    use super::*;

    #[track_caller]
    fn is_refused(thread: Builder, data_dir: &Path) {
        assert!(begin(thread, data_dir, |_listener| {}).is_err());
    }

    #[tokio::test]
    async fn where_no_socket_can_be_made_the_server_starts_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        is_refused(Builder::new(), &folder.path().join("nowhere"));
    }

    #[tokio::test]
    async fn where_no_thread_can_be_had_the_server_starts_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        is_refused(Builder::new().stack_size(1 << 60), folder.path());
    }
}
