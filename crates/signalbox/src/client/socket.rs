//! Just enough of Socket.IO over WebSocket to follow output: one namespace, events with acknowledgement, pings answered.
//!
//! A text frame starts with the number of its Engine.IO packet: `0` open, `2` ping, `3` pong, `4` message. A message goes on with
//! that of its Socket.IO packet: `0` connect, `1` disconnect, `2` event, `3` acknowledgement, `4` refused.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::base::Base;

/// A server pings at least every 25 s and waits 20 s; what was silent for longer is gone.
const SILENCE: Duration = Duration::from_secs(60);

/// Why there is no connection, or no more.
#[derive(Debug)]
pub(crate) enum Error {
    /// It is gone.
    Lost,
    /// The server said no.
    Refused(String),
}

/// A connection, encrypted or not.
trait Way: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Way for T {}

/// A line of a process that is followed.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Followed {
    pub(crate) process: String,
    #[serde(flatten)]
    pub(crate) line: api::LogLine,
}

/// A connection.
pub(crate) struct Socket {
    stream: WebSocketStream<Box<dyn Way>>,
    /// Lines that came while an acknowledgement was waited for.
    early: VecDeque<Followed>,
    calls: u64,
}

/// What a text frame says, as far as it matters here.
#[derive(Debug, PartialEq)]
enum Packet {
    Open,
    Ping,
    Connected,
    Refused(String),
    Disconnected,
    Event(String, Value),
    Acknowledged(u64, Value),
    Other,
}

impl Socket {
    /// Connects and enters the namespace `/`.
    pub(super) async fn open(
        base: &Base,
        tls: &Arc<ClientConfig>,
        token: Option<&str>,
    ) -> Result<Self, Error> {
        let way = connect(base, tls).await.map_err(|_| Error::Lost)?;
        let (stream, _) = client_async(base.socket(), way).await.map_err(|_| Error::Lost)?;
        let mut socket = Self { stream, early: VecDeque::new(), calls: 0 };
        loop {
            match socket.receive().await? {
                Packet::Open => {
                    let auth = token.map(|token| json!({ "token": token }).to_string());
                    socket.send(format!("40{}", auth.unwrap_or_default())).await?;
                }
                Packet::Connected => return Ok(socket),
                Packet::Refused(message) => return Err(Error::Refused(message)),
                Packet::Disconnected => return Err(Error::Lost),
                Packet::Ping | Packet::Event(..) | Packet::Acknowledged(..) | Packet::Other => {}
            }
        }
    }

    /// Follows a process from now on.
    pub(crate) async fn follow(&mut self, process: &str) -> Result<(), Error> {
        self.calls += 1;
        let call = self.calls;
        let event = json!(["logs:subscribe", { "process": process, "tail": 0 }]);
        self.send(format!("42{call}{event}")).await?;
        loop {
            match self.receive().await? {
                Packet::Acknowledged(answered, answer) if answered == call => {
                    return accepted(&answer);
                }
                Packet::Event(name, payload) => self.early.extend(log_line(&name, payload)),
                Packet::Disconnected => return Err(Error::Lost),
                Packet::Refused(message) => return Err(Error::Refused(message)),
                Packet::Open | Packet::Ping | Packet::Connected => {}
                Packet::Acknowledged(..) | Packet::Other => {}
            }
        }
    }

    /// The next line of a process that is followed.
    pub(crate) async fn next(&mut self) -> Result<Followed, Error> {
        loop {
            if let Some(line) = self.early.pop_front() {
                return Ok(line);
            }
            match self.receive().await? {
                Packet::Event(name, payload) => self.early.extend(log_line(&name, payload)),
                Packet::Disconnected => return Err(Error::Lost),
                Packet::Refused(message) => return Err(Error::Refused(message)),
                Packet::Open | Packet::Ping | Packet::Connected => {}
                Packet::Acknowledged(..) | Packet::Other => {}
            }
        }
    }

    async fn send(&mut self, text: String) -> Result<(), Error> {
        self.stream.send(Message::text(text)).await.map_err(|_| Error::Lost)
    }

    /// The next text frame, a ping already answered.
    async fn receive(&mut self) -> Result<Packet, Error> {
        loop {
            let frame = timeout(SILENCE, self.stream.next()).await.map_err(|_| Error::Lost)?;
            match frame {
                Some(Ok(Message::Text(text))) => {
                    let packet = parse(&text);
                    if packet == Packet::Ping {
                        self.send("3".to_owned()).await?;
                    }
                    return Ok(packet);
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Error::Lost),
                Some(Ok(_)) => {}
            }
        }
    }
}

async fn connect(base: &Base, tls: &Arc<ClientConfig>) -> io::Result<Box<dyn Way>> {
    let stream = TcpStream::connect(base.address()).await?;
    if !base.is_encrypted() {
        return Ok(Box::new(stream));
    }
    let (host, _) = base.address();
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    Ok(Box::new(TlsConnector::from(Arc::clone(tls)).connect(name, stream).await?))
}

fn parse(text: &str) -> Packet {
    match text.as_bytes() {
        [b'0', ..] => Packet::Open,
        [b'1', ..] => Packet::Disconnected,
        [b'2', ..] => Packet::Ping,
        [b'4', b'0', ..] => Packet::Connected,
        [b'4', b'1', ..] => Packet::Disconnected,
        [b'4', b'2', ..] => event(&text[2..]),
        [b'4', b'3', ..] => acknowledgement(&text[2..]),
        [b'4', b'4', ..] => Packet::Refused(refusal(&text[2..])),
        _ => Packet::Other,
    }
}

fn event(text: &str) -> Packet {
    match serde_json::from_str::<(String, Value)>(text) {
        Ok((name, payload)) => Packet::Event(name, payload),
        Err(_) => Packet::Other,
    }
}

fn acknowledgement(text: &str) -> Packet {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (call, answer) = text.split_at(digits);
    match (call.parse(), serde_json::from_str::<(Value,)>(answer)) {
        (Ok(call), Ok((answer,))) => Packet::Acknowledged(call, answer),
        _ => Packet::Other,
    }
}

fn refusal(text: &str) -> String {
    let reason: Option<Value> = serde_json::from_str(text).ok();
    let message = reason.as_ref().and_then(|reason| reason["message"].as_str());
    message.unwrap_or("the server refuses the connection").to_owned()
}

fn accepted(answer: &Value) -> Result<(), Error> {
    if answer["ok"] == Value::Bool(true) {
        return Ok(());
    }
    let message =
        answer["error"]["message"].as_str().unwrap_or("the server refuses to send output");
    Err(Error::Refused(message.to_owned()))
}

fn log_line(name: &str, payload: Value) -> Option<Followed> {
    (name == "log:line").then(|| serde_json::from_value(payload).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{Packet, log_line, parse};
    use serde_json::json;

    #[test]
    fn frames_are_read() {
        assert_eq!(parse("0{\"sid\":\"x\"}"), Packet::Open);
        assert_eq!(parse("2"), Packet::Ping);
        assert_eq!(parse("40{\"sid\":\"y\"}"), Packet::Connected);
        assert_eq!(parse("41"), Packet::Disconnected);
        assert_eq!(parse("42[\"a\",{\"b\":1}]"), Packet::Event("a".to_owned(), json!({ "b": 1 })));
        assert_eq!(parse("4312[{\"ok\":true}]"), Packet::Acknowledged(12, json!({ "ok": true })));
        assert_eq!(parse("44{\"message\":\"no\"}"), Packet::Refused("no".to_owned()));
        assert_eq!(parse("42nonsense"), Packet::Other);
        assert_eq!(parse(""), Packet::Other);
    }

    #[test]
    fn a_line_has_its_process() {
        let payload =
            json!({ "process": "a", "seq": 3, "time": 5, "stream": "stderr", "text": "boom" });
        let followed = log_line("log:line", payload).unwrap();
        assert_eq!((followed.process.as_str(), followed.line.seq), ("a", 3));
        assert_eq!(followed.line.text, "boom");
    }
}
