//! Just enough of Socket.IO over WebSocket to follow output: one namespace, events with acknowledgement, pings answered.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::base::Base;
use super::packet::{Followed, Packet, log_line, parse};

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

/// A connection.
pub(crate) struct Socket {
    stream: WebSocketStream<Box<dyn Way>>,
    /// Lines that came while an acknowledgement was waited for.
    early: VecDeque<Followed>,
    calls: u64,
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

fn accepted(answer: &Value) -> Result<(), Error> {
    if answer["ok"] == Value::Bool(true) {
        return Ok(());
    }
    let message =
        answer["error"]["message"].as_str().unwrap_or("the server refuses to send output");
    Err(Error::Refused(message.to_owned()))
}
