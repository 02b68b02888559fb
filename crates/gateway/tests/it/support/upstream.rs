//! An HTTP server whose every answer is a test's.

use bytes::Bytes;
use http::{Request, Response, request::Parts};
use http_body_util::BodyExt;
use hyper::{
    body::{Body, Frame, Incoming},
    server::conn::http1 as server,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
    task::JoinSet,
};

use super::{LOOPBACK, within};

/// A request that reached the fake upstream and waits for the test's answer.
pub(crate) struct Received {
    pub(crate) head: Parts,
    pub(crate) body: Bytes,
    reply: oneshot::Sender<Response<Scripted>>,
}

impl Received {
    /// Begins a chunked answer; the chunks follow through the sender. Dropping the sender ends
    /// the answer, an error breaks it off.
    pub(crate) fn begin(self, status: u16, content_type: &str) -> Chunks {
        self.begin_with(Response::builder().status(status).header("content-type", content_type))
    }

    /// The same with any head.
    pub(crate) fn begin_with(self, response: http::response::Builder) -> Chunks {
        let (chunks, script) = mpsc::channel(1);
        let response = response.body(Scripted(script)).expect("a response");
        assert!(self.reply.send(response).is_ok(), "the request is gone");
        Chunks(chunks)
    }

    pub(crate) async fn answer(self, status: u16, content_type: &str, body: impl Into<Bytes>) {
        self.begin(status, content_type).send(body).await;
    }

    pub(crate) async fn answer_json(self, status: u16, body: &Value) {
        self.answer(status, "application/json", body.to_string()).await;
    }

    /// An error in OpenAI's envelope that asks for a wait.
    pub(crate) fn refuse(self, status: u16, retry_after: &str) {
        let response = Response::builder().status(status).header("retry-after", retry_after);
        let body = json!({"error": {"message": "slow down"}}).to_string();
        self.begin_with(response).0.try_send(Ok(body.into())).expect("room for a chunk");
    }

    pub(crate) fn answer_with(self, response: http::response::Builder) {
        drop(self.begin_with(response));
    }

    /// Completes when the connection that the request came on is closed.
    pub(crate) async fn cancelled(mut self) {
        within("cancel of a request", self.reply.closed()).await;
    }
}

pub(crate) struct Chunks(mpsc::Sender<Result<Bytes, io::Error>>);

impl Chunks {
    pub(crate) async fn send(&self, chunk: impl Into<Bytes>) {
        within("a chunk", self.0.send(Ok(chunk.into()))).await.expect("the request is gone");
    }

    pub(crate) async fn break_off(self) {
        let broken = Err(io::ErrorKind::ConnectionReset.into());
        within("the break", self.0.send(broken)).await.expect("the request is gone");
    }

    /// Completes when the connection that the answer goes out on is closed.
    pub(crate) async fn cancelled(self) {
        within("cancel of an answer", self.0.closed()).await;
    }
}

pub(crate) struct Scripted(mpsc::Receiver<Result<Bytes, io::Error>>);

impl Body for Scripted {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(context).map(|next| next.map(|chunk| chunk.map(Frame::data)))
    }
}

/// An HTTP server that hands every request to the test.
pub(crate) struct FakeUpstream {
    pub(crate) address: SocketAddr,
    received: mpsc::Receiver<Received>,
    close: mpsc::Sender<oneshot::Sender<()>>,
    _tasks: JoinSet<()>,
}

impl FakeUpstream {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((LOOPBACK, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (requests, received) = mpsc::channel(64);
        let (close, mut closing) = mpsc::channel::<oneshot::Sender<()>>(1);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        let (stream, _) = accepted.expect("a connection");
                        connections.spawn(Self::converse(stream, requests.clone()));
                    }
                    Some(closed) = closing.recv() => {
                        connections.shutdown().await;
                        closed.send(()).expect("a test that waits");
                    }
                }
            }
        });
        Self { address, received, close, _tasks: tasks }
    }

    /// Closes all connections, as a server does that restarts.
    pub(crate) async fn close_connections(&self) {
        let (closed, close) = oneshot::channel();
        self.close.send(closed).await.expect("the upstream runs");
        within("the connections' end", close).await.expect("the upstream runs");
    }

    async fn converse(stream: TcpStream, requests: mpsc::Sender<Received>) {
        let service = service_fn(move |request: Request<Incoming>| {
            let requests = requests.clone();
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
                let (reply, answer) = oneshot::channel();
                let received = Received { head, body, reply };
                requests.send(received).await.map_err(io::Error::other)?;
                answer.await.map_err(io::Error::other)
            }
        });
        // A connection that breaks off is what several tests are about.
        let _ = server::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub(crate) async fn next(&mut self) -> Received {
        within("a request", self.received.recv()).await.expect("the upstream runs")
    }

    pub(crate) fn has_got_nothing(&mut self) -> bool {
        self.received.try_recv().is_err()
    }
}
