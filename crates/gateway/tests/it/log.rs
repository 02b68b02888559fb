//! The request log as the control server reads it.

use crate::support::{OnListening, Running, within};
use gateway::{Application, Forwarder, Listen, Server};
use request_log::{Entry, Line, Reader, Reporter, Source};
use std::{collections::VecDeque, sync::Arc};
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
    _directory: TempDir,
}

impl Log {
    pub(crate) async fn start() -> (Self, Reporter) {
        let directory = TempDir::new().expect("a directory");
        let listener = request_log::listen(directory.path()).expect("a socket");
        let listener = UnixListener::from_std(listener).expect("a runtime");
        let source = Source { process: "test".to_owned(), generation: 1, pid: 1 };
        let (reporter, mut writer) = request_log::reporting(Some(source), Some(directory.path()));
        let mut writing = JoinSet::new();
        writing.spawn(async move { match writer.run().await {} });
        let (stream, _) = within("the writer", listener.accept()).await.expect("a connection");
        let reader = Reader::new(stream);
        let log = Self { reader, ends: VecDeque::new(), _writing: writing, _directory: directory };
        (log, reporter)
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
