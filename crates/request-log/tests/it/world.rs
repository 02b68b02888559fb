//! A data directory with somebody who listens, and a proxy that reports.

use std::path::{Path, PathBuf};
use std::time::Duration;

use request_log::{Begin, Line, Reader, Record, Reporter, Row, Source, Writer, reporting};
use tempfile::TempDir;
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

/// How long anything may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

pub(crate) struct World {
    folder: TempDir,
    pub(crate) listener: UnixListener,
}

/// One connection, as the control server has it.
pub(crate) struct Connection {
    reader: Reader<UnixStream>,
    lines: std::vec::IntoIter<Line>,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = listen(folder.path());
        Self { folder, listener }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The server dies and leaves its socket behind.
    pub(crate) fn without_listener(self) -> (TempDir, PathBuf) {
        let path = self.folder.path().to_owned();
        (self.folder, path)
    }

    /// The next connection, which has greeted.
    pub(crate) async fn accept(&self) -> Connection {
        accept(&self.listener).await
    }
}

pub(crate) fn listen(folder: &Path) -> UnixListener {
    UnixListener::from_std(request_log::listen(folder).unwrap()).unwrap()
}

pub(crate) async fn accept(listener: &UnixListener) -> Connection {
    let (stream, _) = timeout(DEADLINE, listener.accept()).await.unwrap().unwrap();
    let mut connection = Connection { reader: Reader::new(stream), lines: Vec::new().into_iter() };
    assert_eq!(connection.next().await, Some(Line::Hello(source())));
    connection
}

impl Connection {
    /// The next line; none at the end.
    pub(crate) async fn next(&mut self) -> Option<Line> {
        loop {
            if let Some(line) = self.lines.next() {
                return Some(line);
            }
            let mut lines = Vec::new();
            if !timeout(DEADLINE, self.reader.read(&mut lines)).await.unwrap().unwrap() {
                return None;
            }
            self.lines = lines.into_iter().map(Result::unwrap).collect::<Vec<_>>().into_iter();
        }
    }

    pub(crate) async fn next_row(&mut self) -> Row {
        match self.next().await {
            Some(Line::Row(row)) => row,
            other => panic!("no row but {other:?}"),
        }
    }
}

pub(crate) fn source() -> Source {
    Source { process: "providerRouter".to_owned(), generation: 7, pid: 42 }
}

pub(crate) fn reporter(data_dir: &Path) -> (Reporter, Writer) {
    reporting(Some(source()), Some(data_dir))
}

pub(crate) fn begin(reporter: &Reporter) -> Record {
    reporter.begin(Begin { path: "/v1/chat/completions", client: Some("test/1") })
}

/// Runs the writer for as long as the other future runs.
pub(crate) async fn beside<T>(writer: &mut Writer, other: impl Future<Output = T>) -> T {
    tokio::select! {
        biased;
        never = writer.run() => match never {},
        done = other => done,
    }
}
