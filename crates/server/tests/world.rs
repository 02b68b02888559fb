//! A real server with a real supervisor and shell children, on a free port.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use lifecycle::{RestartMode, RestartPolicy};
use serde_json::Value;
use server::{Options, Server};
use supervisor::{ProcessSpec, ReadySpec, Settings, StopSpec, Supervisor};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tokio_util::sync::CancellationToken;

/// Nothing here takes as long.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(DEADLINE, future).await.unwrap_or_else(|_| panic!("no {what} in time"))
}

/// A process that runs this line in a shell, and is ready at once.
pub(crate) fn shell(id: &str, line: &str) -> ProcessSpec {
    ProcessSpec {
        id: id.to_owned(),
        title: format!("The {id}"),
        command: ["sh", "-c", line].map(str::to_owned).to_vec(),
        cwd: PathBuf::from("/"),
        env: vec![("API_KEY".to_owned(), "very-secret".to_owned())],
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
            max: 0,
            window: Duration::from_secs(60),
            backoff: Duration::from_millis(200),
            backoff_max: Duration::from_secs(10),
        },
        liveness: None,
        builtin: false,
    }
}

/// One that sleeps until it is stopped.
pub(crate) fn sleeper(id: &str) -> ProcessSpec {
    shell(id, "exec sleep 1000")
}

pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) supervisor: Supervisor,
    pub(crate) shutdown: CancellationToken,
    pub(crate) running: JoinHandle<()>,
    client: Client<hyper_util::client::legacy::connect::HttpConnector, Full<Bytes>>,
    data: TempDir,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl World {
    pub(crate) async fn new(specs: Vec<ProcessSpec>) -> Self {
        Self::with(specs, |_| {}).await
    }

    pub(crate) async fn with(
        mut specs: Vec<ProcessSpec>,
        change: impl FnOnce(&mut Options),
    ) -> Self {
        if let Some(first) = specs.first_mut() {
            first.primary = true;
        }
        let data = tempfile::tempdir().unwrap();
        let settings = Settings {
            data_dir: data.path().join("data"),
            environment: std::env::vars_os().collect(),
            log_file_bytes: 1 << 20,
            log_files: 2,
            journal_bytes: 10 << 20,
            cgroup: false,
            guard: None,
        };
        let supervisor = Supervisor::launch(settings, specs).unwrap();
        let mut options = Options {
            listen: "127.0.0.1:0".parse().unwrap(),
            token: None,
            data_dir: data.path().join("data"),
            allowed_origins: Vec::new(),
            tls: None,
            max_connections: 100_000,
        };
        change(&mut options);
        let server = Server::bind(options, supervisor.clone()).await.unwrap();
        let mut address = server.address();
        address.set_ip("127.0.0.1".parse().unwrap());
        let shutdown = CancellationToken::new();
        #[expect(clippy::disallowed_methods, reason = "`end` joins it")]
        let running = tokio::spawn(server.run(shutdown.clone()));
        // A kept connection may be closed by the server just when it is used again, most of all where a clock jumps.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
        Self { address, supervisor, shutdown, running, client, data }
    }

    /// Where everything is kept.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.data.path().join("data")
    }

    /// Stops the processes and the server.
    pub(crate) async fn end(self) {
        within("end of the processes", self.supervisor.shutdown()).await;
        self.shutdown.cancel();
        within("end of the server", self.running).await.unwrap();
    }

    pub(crate) async fn open(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response<Incoming> {
        let uri = format!("http://{}{path}", self.address);
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body.to_owned()))).unwrap();
        within("answer", self.client.request(request)).await.unwrap()
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let (head, body) = self.open(method, path, headers, body).await.into_parts();
        let bytes = within("body", body.collect()).await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { status: head.status.as_u16(), headers: head.headers, text }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str) -> Answer {
        self.call("POST", path, &[], "").await
    }

    /// A Socket.IO client over a WebSocket that has said CONNECT with this payload.
    pub(crate) async fn socket(&self, auth: &str) -> Socket {
        Socket::connect(self.address, auth).await
    }
}

/// Reads server-sent events.
pub(crate) struct Events {
    body: Incoming,
    text: String,
}

impl Events {
    pub(crate) async fn open(world: &World, path: &str, headers: &[(&str, &str)]) -> Self {
        let response = world.open("GET", path, headers, "").await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-cache");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Self { body: response.into_body(), text: String::new() }
    }

    /// Name, id and data of the next event; none at the end.
    pub(crate) async fn next(&mut self) -> Option<(String, u64, Value)> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let event: String = self.text.drain(..end + 2).collect();
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name));
                    line.unwrap_or_default().trim_start().to_owned()
                };
                let data = serde_json::from_str(&field("data:")).unwrap();
                return Some((field("event:"), field("id:").parse().unwrap(), data));
            }
            let frame = within("server-sent event", self.body.frame()).await?.unwrap();
            self.text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
        }
    }
}

/// A Socket.IO client that speaks the protocol by hand, to see every frame as it is.
pub(crate) struct Socket {
    pub(crate) stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    pub(crate) async fn connect(address: SocketAddr, auth: &str) -> Self {
        let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
        let request = url.into_client_request().unwrap();
        let (stream, _) = within("WebSocket", connect_async(request)).await.unwrap();
        let mut socket = Self { stream };
        let open = socket.frame().await.unwrap();
        assert!(open.starts_with("0{"), "{open}");
        socket.send(&format!("40{auth}")).await;
        socket
    }

    /// Connected, and the CONNECT answer read.
    pub(crate) async fn joined(address: SocketAddr) -> Self {
        let mut socket = Self::connect(address, "").await;
        let connected = socket.frame().await.unwrap();
        assert!(connected.starts_with("40{\"sid\":"), "{connected}");
        socket
    }

    pub(crate) async fn send(&mut self, text: &str) {
        within("send", self.stream.send(Message::text(text))).await.unwrap();
    }

    /// The next frame that is no ping; none at the end.
    pub(crate) async fn frame(&mut self) -> Option<String> {
        loop {
            match within("frame", self.stream.next()).await? {
                // What was cut off meanwhile cannot be answered, but may be read to its end.
                Ok(Message::Text(text)) if text == "2" => {
                    drop(self.stream.send(Message::text("3")).await);
                }
                Ok(Message::Text(text)) => return Some(text.to_string()),
                Ok(Message::Close(_))
                | Err(Error::ConnectionClosed | Error::Protocol(_) | Error::Io(_)) => return None,
                other => panic!("unexpected: {other:?}"),
            }
        }
    }

    /// Name and payload of the next event.
    pub(crate) async fn event(&mut self) -> (String, Value) {
        let frame = self.frame().await.expect("an event, not the end");
        let json = frame.strip_prefix("42").unwrap_or_else(|| panic!("no event: {frame}"));
        let mut parts: Vec<Value> = serde_json::from_str(json).unwrap();
        let payload = parts.remove(1);
        (parts[0].as_str().unwrap().to_owned(), payload)
    }

    pub(crate) async fn event_named(&mut self, wanted: &str) -> Value {
        loop {
            let (name, payload) = self.event().await;
            if name == wanted {
                return payload;
            }
        }
    }
}
