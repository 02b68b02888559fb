//! The request log as the control server reads it.

use crate::support::{OnListening, Running, within};
use gateway::{Application, Forwarder, Listen, Server};
use request_log::{Entry, Line, Reader, Reporter, Source};
use std::{collections::VecDeque, path::Path, sync::Arc};
use tempfile::TempDir;
use tokio::{
    net::{UnixListener, UnixStream},
    task::JoinSet,
};

/// Reads what a server under test reports.
pub(crate) struct Log {
    reader: Reader<UnixStream>,
    ends: VecDeque<Entry>,
    _writing: JoinSet<()>,
    _ear: Ear,
}

/// Where a server under test reports to.
pub(crate) struct Ear {
    listener: UnixListener,
    directory: TempDir,
}

impl Ear {
    pub(crate) fn open() -> Self {
        let directory = TempDir::new().expect("a directory");
        let listener = request_log::listen(directory.path()).expect("a socket");
        let listener = UnixListener::from_std(listener).expect("a runtime");
        Self { listener, directory }
    }

    /// The data directory of who reports here.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Who reports here.
    pub(crate) fn source() -> Source {
        Source { process: "test".to_owned(), generation: 1, pid: 1 }
    }

    /// What is reported, once somebody does.
    pub(crate) async fn hear(self, writing: JoinSet<()>) -> Log {
        let (stream, _) = within("the writer", self.listener.accept()).await.expect("a connection");
        let (reader, ends) = (Reader::new(stream), VecDeque::new());
        Log { reader, ends, _writing: writing, _ear: self }
    }
}

impl Log {
    pub(crate) async fn start() -> (Self, Reporter) {
        let ear = Ear::open();
        let (reporter, mut writer) =
            request_log::reporting(Some(Ear::source()), Some(ear.directory()));
        let mut writing = JoinSet::new();
        writing.spawn(async move { match writer.run().await {} });
        (ear.hear(writing).await, reporter)
    }

    /// What is told of the next request that ends.
    pub(crate) async fn next_end(&mut self) -> Entry {
        loop {
            if let Some(entry) = self.ends.pop_front() {
                return entry;
            }
            let mut lines = Vec::new();
            within("a line", self.reader.read(&mut lines)).await.expect("the writer writes");
            for line in lines {
                if let Line::Row(row) = line.expect("a line")
                    && row.entry.outcome.is_some()
                {
                    self.ends.push_back(row.entry);
                }
            }
        }
    }
}

/// Starts the gateway alone, with a log of what becomes of requests.
pub(crate) async fn reporting(
    application: impl Application,
    listen: Listen,
    reporter: Reporter,
) -> Running {
    Running::start(async move |shutdown, on_listening: OnListening| {
        let server = Server::bind(listen).await?.reporting_to(reporter);
        on_listening(server.address());
        server.serve(application, Arc::new(Forwarder::default()), shutdown, |_| {}).await;
        Ok(())
    })
    .await
}
