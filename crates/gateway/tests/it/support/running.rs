//! A server under test.

use bytes::Bytes;
use gateway::{Application, Error, Forwarder, Listen, Server};
use http::Request;
use std::{net::SocketAddr, pin::Pin, sync::Arc};
use tokio::{sync::oneshot, task::JoinSet};

use super::{Answer, Caller, DEADLINE, FakeUpstream, LOOPBACK, OneUpstream, within};

/// Serves `application` as the proxies do.
pub(crate) async fn serve(
    listen: Listen,
    application: impl Application,
    shutdown: impl Future<Output = ()>,
    on_listening: impl FnOnce(SocketAddr),
    on_drain: impl Fn(usize),
) -> Result<(), Error> {
    let server = Server::bind(listen).await?;
    on_listening(server.address());
    server.serve(application, Arc::new(Forwarder::default()), shutdown, on_drain).await;
    Ok(())
}

pub(crate) type Shutdown = Pin<Box<dyn Future<Output = ()> + Send>>;
pub(crate) type OnListening = Box<dyn FnOnce(SocketAddr) + Send>;

/// A server under test.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    shutdown: Option<oneshot::Sender<()>>,
    task: JoinSet<Result<(), Error>>,
}

impl Running {
    /// Starts what `run` makes and waits until it listens.
    pub(crate) async fn start<F>(run: impl FnOnce(Shutdown, OnListening) -> F) -> Self
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        let (shutdown, asked) = oneshot::channel::<()>();
        let (listens, listening) = oneshot::channel();
        let mut task = JoinSet::new();
        let asked = Box::pin(async move { asked.await.unwrap_or(()) });
        task.spawn(run(asked, Box::new(move |address| listens.send(address).expect("a test"))));
        let address = within("listening", listening).await.expect("the server starts");
        Self { address, shutdown: Some(shutdown), task }
    }

    /// Starts the gateway alone, in front of `upstream`.
    pub(crate) async fn gateway(upstream: &FakeUpstream) -> Self {
        Self::gateway_with(listen(), OneUpstream::at(&upstream.base_url())).await
    }

    pub(crate) async fn gateway_with(listen: Listen, application: impl Application) -> Self {
        Self::start(|shutdown, on_listening| {
            serve(listen, application, shutdown, on_listening, |_| {})
        })
        .await
    }

    pub(crate) fn ask_to_stop(&mut self) {
        self.shutdown.take().expect("asked once").send(()).expect("the server runs");
    }

    pub(crate) async fn stopped(mut self) {
        let ended = within("the end", self.task.join_next()).await.expect("one task");
        ended.expect("no panic").expect("a good end");
    }

    pub(crate) async fn call(&self) -> Caller {
        Caller::connect(self.address).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call().await.send(Request::get(path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Bytes>) -> Answer {
        self.call().await.send_body(Request::post(path), body).await
    }
}

/// Any free port of loopback, time to drain.
pub(crate) fn listen() -> Listen {
    Listen {
        host: LOOPBACK,
        port: 0,
        max_connections: usize::MAX,
        drain: DEADLINE,
        allowed_origins: Vec::new(),
        served_by: None,
    }
}
