//! A kept-alive HTTP connection for orders, and the handshake of a WebSocket.
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::failure::{Doing, Outcome, broken};

/// How long any answer may take before the run says that something broke.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// One connection.
pub(crate) struct Http {
    stream: TcpStream,
    address: SocketAddr,
}

impl Http {
    /// Connects, without delayed sends.
    pub(crate) fn connect(address: SocketAddr) -> Outcome<Self> {
        Ok(Self { stream: connect(address)?, address })
    }

    /// Sends a POST; [`Http::answer`] takes the answer.
    pub(crate) fn post(&mut self, path: &str, body: &str) -> Outcome<()> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        if self.is_closed()? {
            // A server may close a connection that was not used for a while.
            self.stream = connect(self.address)?;
        }
        self.stream.write_all(request.as_bytes()).doing("sending an order")
    }

    fn is_closed(&self) -> Outcome<bool> {
        self.stream.set_nonblocking(true).doing("looking at a connection")?;
        let found = self.stream.peek(&mut [0]);
        self.stream.set_nonblocking(false).doing("looking at a connection")?;
        Ok(!found.is_err_and(|error| error.kind() == ErrorKind::WouldBlock))
    }

    /// Reads the answer to what was sent, which has to be 200.
    pub(crate) fn answer(&mut self) -> Outcome<()> {
        let (head, body) = head(&mut self.stream)?;
        let mut had = body.len();
        let length = content_length(&head);
        let mut chunk = [0; 16_384];
        while had < length {
            match self.stream.read(&mut chunk).doing("reading an answer")? {
                0 => return broken("the server hung up in the middle of an answer"),
                more => had += more,
            }
        }
        if head.starts_with("HTTP/1.1 200") { Ok(()) } else { broken(format!("answer: {head}")) }
    }
}

/// A connection that has become a WebSocket of Engine.IO, and what already came over it.
pub(crate) fn upgrade(address: SocketAddr) -> Outcome<(TcpStream, Vec<u8>)> {
    let mut stream = connect(address)?;
    stream.write_all(handshake(address).as_bytes()).doing("asking for a WebSocket")?;
    let (head, rest) = head(&mut stream)?;
    let upgraded = head.starts_with("HTTP/1.1 101");
    if upgraded { Ok((stream, rest)) } else { broken(format!("no upgrade: {head}")) }
}

/// The request that makes a connection a WebSocket of Engine.IO, protocol 4.
fn handshake(address: SocketAddr) -> String {
    format!(
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {address}\r\n\
         Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

fn connect(address: SocketAddr) -> Outcome<TcpStream> {
    let stream = TcpStream::connect(address).doing(&format!("connecting to {address}"))?;
    stream.set_nodelay(true).doing("turning off delayed sends")?;
    stream.set_read_timeout(Some(PATIENCE)).doing("setting a deadline")?;
    Ok(stream)
}

/// Reads until the end of the head; gives it and what came after it.
pub(crate) fn head(stream: &mut TcpStream) -> Outcome<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 16_384];
    loop {
        let length = stream.read(&mut chunk).doing("reading an answer")?;
        if length == 0 {
            return broken("the connection ended before a head came");
        }
        bytes.extend_from_slice(&chunk[..length]);
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            return Ok((head, bytes.split_off(end + 4)));
        }
    }
}

/// The length of the body that follows this head.
pub(crate) fn content_length(head: &str) -> usize {
    let field = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    field.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::content_length;

    #[test]
    fn the_length_is_found_in_any_case() {
        assert_eq!(content_length("HTTP/1.1 200 OK\r\nContent-LENGTH: 17"), 17);
        assert_eq!(content_length("HTTP/1.1 204 No Content"), 0);
    }
}
