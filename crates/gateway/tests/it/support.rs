//! A fake upstream that does what a test tells it, a server under test, and a caller.

use bytes::Bytes;
use gateway::{
    Application, Destination, Destinations, Error, Forwarder, LeftOut, Listen, Models, Refusal,
    Secret, Server, Timeouts, Upstream,
};
use http::{Request, Response, StatusCode, request::Parts};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::{Body, Frame, Incoming},
    client::conn::http1 as client,
    server::conn::http1 as server,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::timeout,
};

/// No test waits longer than this for anything.
const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Waits for `future`, but not for ever.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(DEADLINE, future).await.unwrap_or_else(|_| panic!("{what}: not in time"))
}

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
        let (chunks, script) = mpsc::channel(1);
        let response = Response::builder().status(status).header("retry-after", retry_after);
        let response = response.body(Scripted(script)).expect("a response");
        let body = json!({"error": {"message": "slow down"}}).to_string();
        chunks.try_send(Ok(body.into())).expect("room for a chunk");
        assert!(self.reply.send(response).is_ok(), "the request is gone");
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

/// An application with one upstream and nothing else.
pub(crate) struct OneUpstream(pub(crate) Destination);

impl OneUpstream {
    pub(crate) fn at(url: &str) -> Self {
        Self::with(url, Timeouts::default())
    }

    pub(crate) fn with(url: &str, timeouts: Timeouts) -> Self {
        let key = Secret::new("upstream-key");
        let upstream = Upstream::try_new("fake", url, Some(&key)).expect("a valid base URL");
        Self(Destination::new(upstream.into(), timeouts))
    }
}

impl Application for OneUpstream {
    fn health(&self) -> Value {
        json!({ "status": "ok" })
    }

    async fn models(&self, _id: Option<&str>) -> Result<Models, Refusal> {
        Ok(Models::There(self.0.clone()))
    }

    async fn destinations(&self, _model: Option<&str>) -> Result<Destinations, Refusal> {
        Ok(self.0.clone().into())
    }

    fn answered(
        &self,
        _destination: &Destination,
        _answer: Result<StatusCode, &Refusal>,
        _wait: Option<Duration>,
    ) {
    }
}

/// An application with several upstreams, to be asked one after the other.
pub(crate) struct Several(pub(crate) Vec<OneUpstream>);

impl Several {
    /// Named `a`, `b` and so on.
    pub(crate) fn at(urls: &[&str], timeouts: Timeouts) -> Self {
        let destination = |(url, name): (&&str, char)| {
            let upstream = Upstream::try_new(&name.to_string(), url, None).expect("a base URL");
            OneUpstream(Destination::new(upstream.into(), timeouts))
        };
        Self(urls.iter().zip('a'..).map(destination).collect())
    }
}

fn asleep() -> LeftOut {
    LeftOut { reason: "z (asleep)".to_owned(), wait: Some(Duration::from_secs(40)) }
}

impl Application for Several {
    fn health(&self) -> Value {
        json!({ "status": "ok" })
    }

    async fn models(&self, _id: Option<&str>) -> Result<Models, Refusal> {
        Ok(Models::There(self.0[0].0.clone()))
    }

    async fn destinations(&self, _model: Option<&str>) -> Result<Destinations, Refusal> {
        let mut all = self.0.iter().map(|one| one.0.clone());
        let first = all.next().expect("an upstream");
        Ok(Destinations { first, others: all.collect(), left_out: vec![asleep()] })
    }

    fn answered(
        &self,
        _destination: &Destination,
        _answer: Result<StatusCode, &Refusal>,
        _wait: Option<Duration>,
    ) {
    }
}

/// Serves `application` as the proxies do.
pub(crate) async fn serve(
    listen: Listen,
    application: impl Application,
    shutdown: impl Future<Output = ()>,
    on_listening: impl FnOnce(SocketAddr),
) -> Result<(), Error> {
    let server = Server::bind(listen).await?;
    on_listening(server.address());
    server.serve(application, Arc::new(Forwarder::default()), shutdown).await;
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
        Self::start(|shutdown, on_listening| serve(listen, application, shutdown, on_listening))
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
        drain: DEADLINE,
        allowed_origins: Vec::new(),
        served_by: None,
    }
}

/// One connection to a server under test, closed when dropped.
pub(crate) struct Caller {
    sender: client::SendRequest<Full<Bytes>>,
    address: SocketAddr,
    connection: JoinSet<()>,
}

impl Caller {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        let (sender, connection) =
            client::handshake(TokioIo::new(stream)).await.expect("a handshake");
        let mut task = JoinSet::new();
        task.spawn(async move { connection.await.unwrap_or(()) });
        Self { sender, address, connection: task }
    }

    pub(crate) async fn send(self, request: http::request::Builder) -> Answer {
        self.send_body(request, Bytes::new()).await
    }

    pub(crate) async fn send_body(
        self,
        request: http::request::Builder,
        body: impl Into<Bytes>,
    ) -> Answer {
        within("an answer", self.try_send(request, body)).await.expect("an answer")
    }

    pub(crate) async fn try_send(
        mut self,
        request: http::request::Builder,
        body: impl Into<Bytes>,
    ) -> hyper::Result<Answer> {
        let mut request = request.body(Full::new(body.into())).expect("a request");
        let host = self.address.to_string().parse().expect("a header");
        request.headers_mut().entry("host").or_insert(host);
        let response = self.sender.send_request(request).await?;
        Ok(Answer { response, caller: self })
    }

    /// Completes when the server has closed the connection.
    pub(crate) async fn closed(mut self) {
        within("the connection's end", self.connection.join_next()).await;
    }
}

/// An answer under way. Dropping it closes the connection.
pub(crate) struct Answer {
    pub(crate) response: Response<Incoming>,
    caller: Caller,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name).map(|value| value.to_str().expect("a text"))
    }

    /// The next chunk, none at a proper end, an error where the connection broke off.
    pub(crate) async fn chunk(&mut self) -> Option<hyper::Result<Bytes>> {
        let frame = within("a chunk", self.response.body_mut().frame()).await?;
        Some(frame.map(|frame| frame.into_data().expect("data")))
    }

    pub(crate) async fn text(mut self) -> String {
        let body = within("the body", self.response.body_mut().collect()).await;
        String::from_utf8(body.expect("a whole body").to_bytes().to_vec()).expect("text")
    }

    pub(crate) async fn json(self) -> Value {
        serde_json::from_str(&self.text().await).expect("JSON")
    }

    /// Gives the connection back for another request.
    pub(crate) async fn into_caller(mut self) -> Caller {
        let body = within("the body", self.response.body_mut().collect()).await;
        body.expect("a whole body");
        self.caller
    }
}

/// Checks OpenAI's envelope and returns its message.
#[track_caller]
pub(crate) fn expect_error(body: &Value, kind: &str, code: &str) -> String {
    let error = body["error"].as_object().unwrap_or_else(|| panic!("no envelope: {body}"));
    assert_eq!(error["type"], kind, "{body}");
    assert_eq!(error["code"], code, "{body}");
    assert!(error.contains_key("param"), "{body}");
    error["message"].as_str().expect("a message").to_owned()
}
