//! One connection to a gateway or to the mock, for requests one after another.
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::message::Message;
use super::mock::Model;
use crate::clock::now_ns;
use crate::failure::{Doing, Outcome, broken};
use crate::samples::Samples;

/// How long any answer may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// A prompt of ordinary length, in bytes.
const PROMPT: usize = 200;

/// A client that waits for each answer.
pub(crate) struct Client {
    stream: TcpStream,
    message: Message,
    chunk: Vec<u8>,
}

impl Client {
    /// Connects, without delayed sends.
    pub(crate) fn connect(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address).doing(&format!("connecting to {address}"))?;
        stream.set_nodelay(true).doing("turning off delayed sends")?;
        stream.set_read_timeout(Some(PATIENCE)).doing("setting a deadline")?;
        Ok(Self { stream, message: Message::default(), chunk: vec![0; 256 * 1024] })
    }

    /// Sends a request, of which the answer is not waited for.
    pub(crate) fn send(&mut self, request: &[u8]) -> Outcome<()> {
        self.stream.write_all(request).doing("sending a request")
    }

    /// Reads the whole answer; gives its body, whatever its status.
    pub(crate) fn answer_any(&mut self) -> Outcome<Vec<u8>> {
        let mut body = Vec::new();
        while !self.read(&mut |part| body.extend_from_slice(part))? {}
        Ok(body)
    }

    /// Reads the whole answer, which has to be 200; gives its body.
    fn answer(&mut self) -> Outcome<Vec<u8>> {
        let body = self.answer_any()?;
        check(self.message.head()).map(|()| body)
    }

    /// Reads until the head and, where `chunk` says so, a first piece of the body came.
    pub(crate) fn begin(&mut self, chunk: bool) -> Outcome<()> {
        let mut had = 0;
        while !self.message.has_head() || (chunk && had == 0) {
            self.read(&mut |part| had += part.len())?;
        }
        check(self.message.head())
    }

    /// Reads the answer whole, without keeping it.
    fn finish(&mut self) -> Outcome<()> {
        while !self.read(&mut |_| ())? {}
        check(self.message.head())
    }

    fn read(&mut self, each: &mut dyn FnMut(&[u8])) -> Outcome<bool> {
        let length = self.stream.read(&mut self.chunk).doing("reading an answer")?;
        if length == 0 {
            return broken("the connection ended in the middle of an answer");
        }
        self.message.feed(&self.chunk[..length], each)
    }
}

/// Sends the request again and again, each after the last one's answer.
pub(crate) fn one_by_one(address: SocketAddr, request: &[u8], count: u32) -> Outcome<Samples> {
    let mut client = Client::connect(address)?;
    let mut samples = Samples::default();
    for round in 0..=count {
        let start_ns = now_ns();
        client.send(request)?;
        client.finish()?;
        // The first one makes connections, too.
        if round > 0 {
            samples.add(start_ns, now_ns());
        }
    }
    Ok(samples)
}

/// An answer has to be 200.
pub(crate) fn check(head: &[u8]) -> Outcome<()> {
    if head.starts_with(b"HTTP/1.1 200") {
        return Ok(());
    }
    broken(format!("answer: {}", String::from_utf8_lossy(head)))
}

/// The request that has the mock do this, with a prompt of ordinary length.
pub(crate) fn request(model: &str) -> Vec<u8> {
    with_prompt(model, PROMPT)
}

/// The same with a prompt of so many bytes.
pub(crate) fn with_prompt(model: &str, size: usize) -> Vec<u8> {
    let name = model.rsplit('/').next().unwrap_or(model);
    let is_whole = [Model::Short, Model::Long, Model::Silent].iter().any(|it| it.name() == name);
    let prompt = "word ".repeat(size / 5);
    let body = format!(
        r#"{{"model":"{model}","stream":{},"messages":[{{"role":"user","content":"{prompt}"}}]}}"#,
        !is_whole
    );
    let length = body.len();
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: benches\r\n\
         Accept: */*\r\nAuthorization: Bearer sk-bench\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Asks for a path; gives the answer's body.
pub(crate) fn get(address: SocketAddr, path: &str) -> Outcome<Vec<u8>> {
    let mut client = Client::connect(address)?;
    client.send(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes())?;
    client.answer()
}
