//! What clients send over Socket.IO to a real server in this process.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::LazyLock;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Runtime;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::connection::frame_rules::assert_order;
use crate::world::{PROCESS, TOKEN, World};

/// Nothing here takes as long, on a busy machine either.
const DEADLINE: Duration = Duration::from_secs(60);

/// The number of the last call, after all others.
const LAST: u64 = 999_999_999;

/// The most lines that a subscription may ask for.
const MOST_LINES: u64 = 10_000;

static WORLD: LazyLock<(Runtime, World)> = LazyLock::new(|| {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("{error}"));
    let world = runtime.block_on(World::start());
    (runtime, world)
});

/// What goes over a connection between two packets that are to go straight to it.
pub fn frames(data: &[u8]) {
    assert_order(data);
}

/// The first line is what a client shows on connecting, each further one a text frame.
///
/// Who shows the token is let in, nobody else. Each call is acknowledged once, in the way that it deserves; a client that
/// says nothing wrong is still served after all of them.
pub fn socketio(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (runtime, world) = &*WORLD;
    let mut lines = text.split('\n');
    let auth = lines.next().unwrap_or_default();
    let frames: Vec<&str> = lines.take(50).collect();
    // Each is somebody else, as far as wrong tokens are counted.
    let source = Ipv4Addr::from_bits(0x7f00_0000 | fastrand::u32(2..0xff_fffe));
    let told = runtime.block_on(async {
        timeout(DEADLINE, exchange(source, world.address, auth, &frames)).await
    });
    let told = told.unwrap_or_else(|_| panic!("no answer in time"));
    check(auth, &frames, &told);
}

/// All that the server says to a client that sends these frames.
async fn exchange(
    source: Ipv4Addr,
    server: SocketAddr,
    auth: &str,
    frames: &[&str],
) -> Vec<String> {
    let mut stream = connected(source, server).await;
    let last = format!("42{LAST}[\"logs:subscribe\",{{\"process\":\"{PROCESS}\"}}]");
    let _closed = stream.send(Message::text(format!("40{auth}"))).await;
    let mut told = Vec::new();
    while let Some(Ok(frame)) = stream.next().await {
        let Message::Text(text) = frame else { continue };
        told.push(text.to_string());
        // Nobody says anything before it was let in.
        if text.starts_with("40{") {
            for frame in frames.iter().copied().chain([last.as_str()]) {
                // A server that was sent nonsense may have closed the connection.
                let _closed = stream.send(Message::text(frame)).await;
            }
        }
        if text.starts_with(&format!("43{LAST}[")) || text.starts_with("44") {
            break;
        }
    }
    told
}

async fn connected(source: Ipv4Addr, server: SocketAddr) -> WebSocketStream<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap_or_else(|error| panic!("{error}"));
    socket.bind((source, 0).into()).unwrap_or_else(|error| panic!("{error}"));
    let stream = socket.connect(server).await.unwrap_or_else(|error| panic!("{error}"));
    // Nothing is left of the connection when it is over: there are very many.
    socket2::SockRef::from(&stream)
        .set_linger(Some(Duration::ZERO))
        .unwrap_or_else(|error| panic!("{error}"));
    let url = format!("ws://{server}/socket.io/?EIO=4&transport=websocket");
    client_async(url, stream).await.unwrap_or_else(|error| panic!("{error}")).0
}

fn check(auth: &str, frames: &[&str], told: &[String]) {
    // In front of what it shows, a namespace and a number may stand.
    let shown = auth.find('{').and_then(|start| auth.get(start..)).unwrap_or_default();
    let shown: Option<Value> = serde_json::from_str(shown).ok();
    let knows = shown.is_some_and(|shown| shown["token"] == TOKEN);
    let is_in = told.iter().any(|frame| frame.starts_with("40{"));
    assert!(knows || !is_in, "{auth:?} was let in: {told:?}");
    if !is_in {
        assert!(
            !told.iter().any(|frame| frame.starts_with("42") || frame.starts_with("43")),
            "{told:?}"
        );
        return;
    }
    let calls: Vec<Option<Call>> = frames.iter().map(|frame| Call::read(frame)).collect();
    let numbers: Vec<u64> = calls.iter().flatten().map(|call| call.number).collect();
    for call in calls.iter().flatten() {
        let is_one = numbers.iter().filter(|number| **number == call.number).count() == 1;
        if is_one && call.number != LAST {
            call.check(told);
        }
    }
    if calls.iter().all(Option::is_some) {
        let is_served = told.iter().any(|frame| *frame == format!("43{LAST}[{{\"ok\":true}}]"));
        assert!(is_served, "the client was cut off: {told:?}");
    }
}

/// An event that is to be acknowledged.
struct Call {
    number: u64,
    name: String,
    /// The payload, unless there are several.
    payload: Option<Value>,
}

impl Call {
    /// Reads what every server must take for one.
    fn read(frame: &str) -> Option<Self> {
        let rest = frame.strip_prefix("42")?;
        let digits = rest.find('[')?;
        let number = &rest[..digits];
        let is_number = !number.is_empty()
            && number.len() < 10
            && number.bytes().all(|one| one.is_ascii_digit());
        let parts: Vec<Value> = serde_json::from_str(&rest[digits..]).ok()?;
        let (name, payloads) = parts.split_first()?;
        let payload = match payloads {
            [] => Some(Value::Null),
            [one] => Some(one.clone()),
            _ => None,
        };
        let name = name.as_str()?.to_owned();
        is_number.then(|| Some(Self { number: number.parse().ok()?, name, payload }))?
    }

    fn check(&self, told: &[String]) {
        let begins = format!("43{}[", self.number);
        let answers: Vec<&str> =
            told.iter().filter_map(|frame| frame.strip_prefix(&begins)).collect();
        // What came before a violation may have been cut off with it.
        assert!(answers.len() <= 1, "{} was acknowledged twice: {told:?}", self.name);
        let Some(answer) = answers.first().and_then(|answer| answer.strip_suffix(']')) else {
            return;
        };
        let answer: Value = serde_json::from_str(answer).unwrap_or_else(|error| panic!("{error}"));
        let is_ok = answer["ok"].as_bool().unwrap_or_else(|| panic!("{answer}"));
        assert!(is_ok || answer["error"]["code"].is_string(), "{answer}");
        if let Some(payload) = &self.payload {
            assert_eq!(is_ok, is_right(&self.name, payload), "{} {payload}: {answer}", self.name);
        }
    }
}

/// Whether a call can be carried out.
fn is_right(name: &str, payload: &Value) -> bool {
    let is_known = payload.get("process").and_then(Value::as_str) == Some(PROCESS);
    match name {
        "logs:subscribe" => {
            is_known
                && payload.get("tail").is_none_or(|tail| {
                    tail.is_null() || tail.as_u64().is_some_and(|tail| tail <= MOST_LINES)
                })
        }
        "logs:unsubscribe" => is_known,
        "usage:subscribe" | "usage:unsubscribe" | "requests:subscribe" | "requests:unsubscribe" => {
            true
        }
        _ => false,
    }
}
