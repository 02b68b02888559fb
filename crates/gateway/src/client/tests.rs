//! The client over TLS: HTTP/2 where the upstream speaks it, HTTP/1.1 where it does not.

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::BodyExt;
use hyper::{
    body::{Body, Frame, Incoming},
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{ClientConfig, RootCertStore, ServerConfig, pki_types::PrivatePkcs8KeyDer};
use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{UpstreamBody, UpstreamClient, encrypted, pooled};

const CERTIFICATE: &[u8] = include_bytes!("../../tests/fixtures/certificate.der");
const KEY: &[u8] = include_bytes!("../../tests/fixtures/key.der");
const DEADLINE: Duration = Duration::from_secs(20);

/// More than may wait for one who takes nothing, in KiB.
const FLOOD: usize = 1024;

async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(DEADLINE, future).await.unwrap_or_else(|_| panic!("{what}: not in time"))
}

/// What a test has to say to one request; closed when the client has gone away from it.
type Chunks = mpsc::Sender<Bytes>;

struct Script(mpsc::Receiver<Bytes>);

impl Body for Script {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|chunk| chunk.map(|data| Ok(Frame::data(data))))
    }
}

/// A server that speaks the protocols of `alpn` and hands every request to the test.
struct Upstream {
    address: SocketAddr,
    requests: mpsc::Receiver<(Version, Chunks)>,
    connections: mpsc::Receiver<()>,
    _tasks: JoinSet<()>,
}

impl Upstream {
    async fn start(alpn: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let acceptor = TlsAcceptor::from(Arc::new(server_config(alpn)));
        let (tell_request, requests) = mpsc::channel(64);
        let (tell_connection, connections) = mpsc::channel(64);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, tell_request) = (acceptor.clone(), tell_request.clone());
                tell_connection.send(()).await.expect("a test");
                open.spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        converse(stream, tell_request).await;
                    }
                });
            }
        });
        Self { address, requests, connections, _tasks: tasks }
    }

    async fn next(&mut self) -> (Version, Chunks) {
        within("a request", self.requests.recv()).await.expect("the upstream runs")
    }

    /// How many connections were made since this was asked last.
    fn connections(&mut self) -> usize {
        std::iter::from_fn(|| self.connections.try_recv().ok()).count()
    }
}

async fn converse(stream: TlsStream<TcpStream>, requests: mpsc::Sender<(Version, Chunks)>) {
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let service = service_fn(move |request: Request<Incoming>| {
        let requests = requests.clone();
        async move {
            let (chunks, script) = mpsc::channel(1);
            requests.send((request.version(), chunks)).await.expect("a test");
            Ok::<_, Infallible>(Response::new(Script(script)))
        }
    });
    let io = TokioIo::new(stream);
    // A connection that breaks off is what some tests are about.
    if is_http2 {
        let _ = http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await;
    } else {
        let _ = http1::Builder::new().serve_connection(io, service).await;
    }
}

fn server_config(alpn: &[&str]) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().expect("versions");
    let key = PrivatePkcs8KeyDer::from(KEY).into();
    let mut config = builder
        .with_no_client_auth()
        .with_single_cert(vec![CERTIFICATE.into()], key)
        .expect("a certificate");
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    config
}

/// The client as it is, but that it trusts the test's certificate alone.
fn client() -> UpstreamClient {
    let mut roots = RootCertStore::empty();
    roots.add(CERTIFICATE.into()).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().expect("versions");
    let config = builder.with_root_certificates(roots).with_no_client_auth();
    let client = UpstreamClient::new();
    let built = pooled(client.connect_limit.clone(), encrypted(config));
    UpstreamClient { encrypted: OnceLock::from(built), ..client }
}

/// Sends a request, and returns its answer and what the upstream has of it.
async fn post(
    client: &UpstreamClient,
    upstream: &mut Upstream,
) -> (Response<UpstreamBody>, Version, Chunks) {
    let uri = format!("https://localhost:{}/v1/chat/completions", upstream.address.port());
    let request = Request::post(uri).body(Bytes::from_static(b"{}"));
    let sent = client.send(request.expect("a request"), DEADLINE);
    let (answer, (version, chunks)) = tokio::join!(within("an answer", sent), upstream.next());
    (answer.expect("an answer"), version, chunks)
}

async fn chunk(answer: &mut Response<UpstreamBody>) -> Bytes {
    let frame = within("a chunk", answer.body_mut().frame()).await.expect("a chunk");
    frame.expect("whole").into_data().expect("data")
}

#[tokio::test]
async fn one_connection_carries_all_requests_over_http_2() {
    let mut upstream = Upstream::start(&["h2", "http/1.1"]).await;
    let client = client();
    let mut answers = Vec::new();
    for _ in 0..8 {
        let (answer, version, chunks) = post(&client, &mut upstream).await;
        assert_eq!(version, Version::HTTP_2);
        answers.push((answer, chunks));
    }
    assert_eq!(upstream.connections(), 1);
    for (answer, chunks) in answers.iter_mut().rev() {
        chunks.send("data: 1\n\n".into()).await.expect("the client reads");
        assert_eq!(chunk(answer).await, "data: 1\n\n");
    }
}

#[tokio::test]
async fn an_answer_that_is_dropped_ends_its_own_stream_alone() {
    let mut upstream = Upstream::start(&["h2"]).await;
    let client = client();
    let (leaves, _, leaving) = post(&client, &mut upstream).await;
    let (mut stays, _, staying) = post(&client, &mut upstream).await;
    drop(leaves);
    within("the end of a stream", leaving.closed()).await;
    staying.send("data: 1\n\n".into()).await.expect("the client reads");
    assert_eq!(chunk(&mut stays).await, "data: 1\n\n");
    assert_eq!(upstream.connections(), 1);
}

#[tokio::test]
async fn who_takes_nothing_holds_nobody_up_who_shares_the_connection() {
    let mut upstream = Upstream::start(&["h2"]).await;
    let client = client();
    let mut stuck = Vec::new();
    for _ in 0..8 {
        let (answer, _, chunks) = post(&client, &mut upstream).await;
        let mut taken = 0;
        let full = Duration::from_millis(100);
        while timeout(full, chunks.send(vec![b'x'; 16 * 1024].into())).await.is_ok() {
            taken += 16;
            assert!(taken < FLOOD, "{taken} KiB were taken for nobody");
        }
        stuck.push((answer, chunks));
    }
    let (mut answer, _, chunks) = post(&client, &mut upstream).await;
    chunks.send("data: 1\n\n".into()).await.expect("the client reads");
    assert_eq!(chunk(&mut answer).await, "data: 1\n\n");
    assert_eq!(upstream.connections(), 1);
}

#[tokio::test]
async fn who_does_not_speak_http_2_gets_http_1() {
    for alpn in [&["http/1.1"][..], &[]] {
        let mut upstream = Upstream::start(alpn).await;
        let client = client();
        for _ in 0..2 {
            let (answer, version, chunks) = post(&client, &mut upstream).await;
            assert_eq!(version, Version::HTTP_11);
            drop(chunks);
            within("the end", answer.into_body().collect()).await.expect("a whole answer");
        }
        // The connection was kept.
        assert_eq!(upstream.connections(), 1);
    }
}
