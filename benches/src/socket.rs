//! One Socket.IO client over a WebSocket that waits for what the server says.
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::clock::now_ns;
use crate::failure::{Doing, Outcome, broken};
use crate::frame::{self, Frame};
use crate::http::{self, PATIENCE};

/// The client.
pub(crate) struct Socket {
    stream: TcpStream,
    bytes: Vec<u8>,
    taken: usize,
    read_at_ns: u64,
}

/// A Socket.IO event with the time at which its last byte was read.
pub(crate) struct Message {
    /// `["name",payload]`, as it came.
    pub(crate) text: String,
    /// When the client had it.
    pub(crate) at_ns: u64,
}

impl Socket {
    /// Connects and joins the namespace `/`.
    pub(crate) fn connect(address: SocketAddr) -> Outcome<Self> {
        let (stream, bytes) = http::upgrade(address)?;
        let mut socket = Self { stream, bytes, taken: 0, read_at_ns: now_ns() };
        let open = socket.packet()?;
        if !open.text.starts_with('0') {
            return broken(format!("no Engine.IO handshake: {}", open.text));
        }
        socket.send(&frame::text("40"))?;
        let joined = socket.packet()?;
        if joined.text.starts_with("40") { Ok(socket) } else { broken(joined.text) }
    }

    /// The next event.
    pub(crate) fn message(&mut self) -> Outcome<Message> {
        let packet = self.packet()?;
        match packet.text.strip_prefix("42") {
            Some(text) => Ok(Message { text: text.to_owned(), at_ns: packet.at_ns }),
            None => broken(format!("not an event: {}", packet.text)),
        }
    }

    /// The bare connection, and what came over it and is not read yet.
    pub(crate) fn into_parts(mut self) -> (TcpStream, Vec<u8>) {
        self.bytes.drain(..self.taken);
        (self.stream, self.bytes)
    }

    /// The next packet that is no heartbeat; heartbeats are answered on the way.
    fn packet(&mut self) -> Outcome<Message> {
        let deadline = now_ns() + PATIENCE.as_nanos() as u64;
        loop {
            let rest = self.bytes.get(self.taken..).unwrap_or_default();
            match frame::first(rest)? {
                Some((Frame::Text(b"2"), length)) => {
                    if now_ns() > deadline {
                        return broken("nothing but heartbeats came");
                    }
                    self.taken += length;
                    self.send(&frame::text("3"))?;
                }
                Some((Frame::Text(payload), length)) => {
                    let text = String::from_utf8_lossy(payload).into_owned();
                    self.taken += length;
                    return Ok(Message { text, at_ns: self.read_at_ns });
                }
                Some((Frame::Ping(payload), length)) => {
                    let pong = frame::pong(payload);
                    self.taken += length;
                    self.send(&pong)?;
                }
                None => self.read()?,
            }
        }
    }

    fn read(&mut self) -> Outcome<()> {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        let mut chunk = [0; 65_536];
        let length = self.stream.read(&mut chunk).doing("waiting for an event")?;
        self.read_at_ns = now_ns();
        if length == 0 {
            return broken("the server cut the client off");
        }
        self.bytes.extend_from_slice(&chunk[..length]);
        Ok(())
    }

    fn send(&mut self, bytes: &[u8]) -> Outcome<()> {
        self.stream.write_all(bytes).doing("sending to the server")
    }
}
